//! What about a proof cannot work, known without a connection.

use super::AuthSpec;
use crate::connectors::environment::{asked, environment};
use crate::connectors::spec::SettingSpec;
use std::collections::BTreeMap;

impl AuthSpec {
    /// What is wrong with it, beside the settings that the connector has.
    pub fn problems(&self, settings: &BTreeMap<String, SettingSpec>) -> Vec<String> {
        let mut problems = Vec::new();
        for template in self.schemes().into_iter().flat_map(|scheme| scheme.templates()) {
            if let Err(error) = environment().template_from_str(template) {
                problems.push(format!("auth: the template {template:?}: {error}"));
            }
        }
        let Some(one_of) = self.one_of() else { return problems };
        match settings.get(&one_of.setting) {
            None => problems.push(format!("auth: setting names {:?}, which is no setting", one_of.setting)),
            Some(setting) => {
                let default = setting.default.as_ref().and_then(toml::Value::as_str);
                if let Some(default) = default.filter(|default| !one_of.choices.contains_key(*default)) {
                    let (setting, names) = (&one_of.setting, one_of.names());
                    problems.push(format!("auth: the default {default:?} of the setting {setting} is none of {names}"));
                }
            }
        }
        problems
    }

    /// Why a request cannot be made of this template, where it asks for what no answer of a token endpoint has.
    pub fn unknown_value(&self, template: &str) -> Option<String> {
        let schemes = self.schemes();
        let is_known = |name: &str| schemes.iter().all(|scheme| scheme.values().contains(&name));
        let unknown = asked(template).into_iter().find(|name| {
            name == "auth" || name.strip_prefix("auth.").is_some_and(|name| schemes.is_empty() || !is_known(name))
        })?;
        Some(format!("the template {template:?} asks for {unknown}, which `values` of the answer does not name"))
    }
}

#[cfg(test)]
mod tests {
    use crate::connectors::spec::ConnectorSpec;
    use std::path::Path;

    fn spec(auth: &str) -> ConnectorSpec {
        let text = format!(
            r#"name = "shop"
label = "Shop"
docs = "https://shop.example/api"
{auth}
[streams.rows]
about = "Rows."
records = "$.rows[*]"
request = {{ url = "https://shop.example" }}
[[streams.rows.loads]]
table = "payment"
mode = {{ kind = "replace_all" }}
"#
        );
        ConnectorSpec::parse(Path::new("connector.toml"), &text).unwrap_or_else(|found| panic!("{found:#?}"))
    }

    fn problems(auth: &str) -> Vec<String> {
        let spec = spec(auth);
        spec.auth.problems(&spec.settings)
    }

    #[test]
    fn a_choice_needs_its_setting_and_a_default_that_is_one() {
        let choices = "[auth]\nkind = \"one_of\"\nsetting = \"way\"\n[auth.choices.user]\nabout = \"A user.\"\n\
                       kind = \"bearer\"\ntoken = \"{{ secrets.token }}\"\n";
        assert_eq!(problems(choices), ["auth: setting names \"way\", which is no setting"]);
        let wrong = format!("[settings.way]\nabout = \"How.\"\ndefault = \"users\"\n{choices}");
        assert_eq!(problems(&wrong), ["auth: the default \"users\" of the setting way is none of \"user\""]);
        assert_eq!(problems(&wrong.replace("\"users\"", "\"user\"")), [""; 0]);
        let broken = choices.replace("{{ secrets.token }}", "{{ secrets.token ");
        assert_eq!(problems(&broken).len(), 2, "{:?}", problems(&broken));
    }

    #[test]
    fn a_request_asks_only_for_what_the_answer_is_said_to_hold() {
        let auth = "[auth]\nkind = \"client_credentials\"\ntoken_url = \"https://shop.example/token\"\n\
                    answer = { values = { host = \"/instance_url\" } }\n";
        let spec = spec(auth);
        assert_eq!(spec.auth.unknown_value("{{ auth.host }}/rows"), None);
        assert_eq!(spec.auth.unknown_value("{{ settings.base_url }}/auth.x"), None);
        let told = spec.auth.unknown_value("{{ auth.instance_url }}/rows").expect("unknown");
        assert!(told.contains("asks for auth.instance_url"), "{told}");
    }
}
