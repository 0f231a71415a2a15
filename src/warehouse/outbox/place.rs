//! Where a message goes, by its route.

/// The sender that a message needs, and whom it is for.
pub(super) struct Place {
    pub lane: String,
    pub recipient: Option<String>,
}

/// Which sender a route needs, and whom it addresses.
pub(super) fn place(route: &str) -> Place {
    let route: serde_json::Value = serde_json::from_str(route).unwrap_or_default();
    let text = |key: &str| route.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
    let lane = match (text("kind"), text("hook")) {
        (kind, "") => kind.to_owned(),
        // Files for a channel wait with its messages.
        (kind, hook) => format!("{}:{hook}", kind.strip_suffix("_file").unwrap_or(kind)),
    };
    let recipient = (text("kind") == "mail").then(|| bare(text("to")));
    Place { lane, recipient }
}

/// `Name <Name@Example.com>` as `name@example.com`.
pub(super) fn bare(address: &str) -> String {
    let inner = address.trim_end().strip_suffix('>').and_then(|rest| rest.rsplit_once('<')).map(|(_, inner)| inner);
    inner.unwrap_or(address).trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_without_its_name() {
        assert_eq!(bare("Jörg <CEO@Example.com> "), "ceo@example.com");
        assert_eq!(bare("ceo@example.com"), "ceo@example.com");
    }

    #[test]
    fn each_hook_is_a_lane_of_its_own() {
        let lane = |route: &str| place(route).lane;
        assert_eq!(lane(r#"{"kind":"slack","hook":"team"}"#), "slack:team");
        assert_eq!(lane(r#"{"kind":"slack_file","hook":"team","file_name":"x.pdf","title":"x"}"#), "slack:team");
        assert_eq!(lane(r#"{"kind":"mail","from":"a@b.c","to":"d@e.f"}"#), "mail");
        assert_eq!(lane("not JSON"), "");
    }
}
