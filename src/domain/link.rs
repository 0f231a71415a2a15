//! Addresses with tags that web analytics reads (`utm_source` and so on), and which tags are refused.

use super::channel::Tags;
use crate::support::nearest::unknown_remedy;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands for itself in every part of an address (RFC 3986, unreserved).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Addresses grow no longer than browsers and mail programs take them.
const LONGEST: usize = 2000;

/// Why an address cannot be tagged: what is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {remedy}")]
pub struct LinkError {
    pub message: String,
    pub remedy: String,
}

fn refused(message: impl Into<String>, remedy: impl Into<String>) -> LinkError {
    LinkError { message: message.into(), remedy: remedy.into() }
}

/// A tag by its name in addresses, e.g. `utm_source` and `newsletter`.
pub type Tag<'t> = (&'static str, &'t str);

/// `address` with `tags` in place of any `utm_` parameters it has; the rest of its query, and its
/// fragment, stay letter by letter.
///
/// # Errors
/// Where the address is none of a web page, or a tag is refused.
pub fn tagged(address: &str, tags: &[Tag<'_>], allowed: &Tags) -> Result<String, LinkError> {
    let address = address.trim();
    check_address(address)?;
    for (name, value) in tags {
        check_tag(name, value, allowed)?;
    }
    let (rest, fragment) = match address.split_once('#') {
        Some((rest, fragment)) => (rest, format!("#{fragment}")),
        None => (address, String::new()),
    };
    let (page, query) = rest.split_once('?').unwrap_or((rest, ""));
    let is_tag = |pair: &&str| pair.to_ascii_lowercase().starts_with("utm_");
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !is_tag(pair)).map(str::to_owned);
    let added = tags.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ENCODED)));
    let pairs: Vec<String> = kept.chain(added).collect();
    let link = format!("{page}?{}{fragment}", pairs.join("&"));
    if link.len() > LONGEST {
        let message = format!("the address would have {} characters", link.len());
        return Err(refused(message, format!("some programs cut addresses after {LONGEST}: shorten it")));
    }
    Ok(link)
}

fn check_address(address: &str) -> Result<(), LinkError> {
    const EXAMPLE: &str = "write it as https://www.example.com/page";
    let lower = address.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let Some(rest) = rest else { return Err(refused(format!("{address:?} is no address of a web page"), EXAMPLE)) };
    if address.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(refused(format!("{address:?} has a blank in it"), "write %20 in place of a blank"));
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        return Err(refused("the address holds a login", "remove what stands before the @"));
    }
    if host.trim_matches('.').is_empty() || reqwest::Url::parse(address).is_err() {
        return Err(refused(format!("{address:?} is no address of a web page"), EXAMPLE));
    }
    Ok(())
}

fn check_tag(name: &str, value: &str, allowed: &Tags) -> Result<(), LinkError> {
    if value.is_empty() {
        return Err(refused(format!("{name} is empty"), "write the tag, or leave it out"));
    }
    if value.chars().any(char::is_control) {
        return Err(refused(format!("{name} holds control characters"), "write letters, digits, _ and -"));
    }
    if let Some(what) = personal(value) {
        let remedy = "tags reach web analytics, and vendors forbid personal data there: use a code of your own";
        return Err(refused(format!("{name} = {value:?} holds {what}"), remedy));
    }
    if value.chars().any(char::is_whitespace) {
        let better = value.split_whitespace().collect::<Vec<_>>().join("_").to_lowercase();
        return Err(refused(format!("{name} = {value:?} has a blank"), format!("write {better:?}")));
    }
    if value.chars().any(char::is_uppercase) {
        let remedy = format!("write {:?}: web analytics keeps capital and small letters apart", value.to_lowercase());
        return Err(refused(format!("{name} = {value:?} has capital letters"), remedy));
    }
    let list = match name {
        "utm_source" => &allowed.sources,
        "utm_medium" => &allowed.media,
        "utm_campaign" if !allowed.takes_campaign(value) => {
            let pattern = allowed.campaigns.as_deref().unwrap_or_default();
            let message = format!("{name} = {value:?} does not match '{pattern}'");
            return Err(refused(message, "config/channels.toml says under [tags] how campaigns are called"));
        }
        _ => return Ok(()),
    };
    if list.is_empty() || list.iter().any(|known| known == value) {
        return Ok(());
    }
    let known: Vec<&str> = list.iter().map(String::as_str).collect();
    let remedy = unknown_remedy(value, &known, if name == "utm_source" { "sources" } else { "media" });
    Err(refused(format!("{name} = {value:?} is not among the tags of config/channels.toml"), remedy))
}

/// What in a tag reveals who somebody is.
fn personal(value: &str) -> Option<&'static str> {
    let lower = value.to_lowercase();
    let is_mail = |at: char| {
        lower.split_once(at).is_some_and(|(name, host)| !name.is_empty() && host.trim_matches('.').contains('.'))
    };
    if is_mail('@') || lower.contains("%40") {
        return Some("a mail address");
    }
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let is_number = value.chars().all(|c| c.is_ascii_digit() || "+-() .".contains(c));
    (is_number && digits >= 9 && value.starts_with(['+', '0'])).then_some("a telephone number")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags() -> Tags {
        Tags {
            sources: vec!["newsletter".to_owned(), "google".to_owned()],
            media: vec!["email".to_owned(), "cpc".to_owned()],
            campaigns: Some("[a-zäöü0-9]+([_-][a-zäöü0-9]+)*".to_owned()),
        }
    }

    fn link(address: &str, campaign: &str) -> Result<String, LinkError> {
        let given = [("utm_source", "newsletter"), ("utm_medium", "email"), ("utm_campaign", campaign)];
        tagged(address, &given, &tags())
    }

    #[test]
    fn query_and_fragment_stay_and_old_tags_go() {
        const TAGS: &str = "utm_source=newsletter&utm_medium=email&utm_campaign=spring";
        for (address, expected) in [
            ("https://example.com", format!("https://example.com?{TAGS}")),
            ("https://example.com/a?", format!("https://example.com/a?{TAGS}")),
            ("https://example.com/a?b=c%20d&e", format!("https://example.com/a?b=c%20d&e&{TAGS}")),
            (
                "https://example.com/a?utm_source=x&b=1&UTM_Term=y#part?z",
                format!("https://example.com/a?b=1&{TAGS}#part?z"),
            ),
            ("https://example.com/#/route", format!("https://example.com/?{TAGS}#/route")),
            ("https://müller.example/straße?q=ü", format!("https://müller.example/straße?q=ü&{TAGS}")),
            ("HTTPS://example.com/A", format!("HTTPS://example.com/A?{TAGS}")),
        ] {
            assert_eq!(link(address, "spring"), Ok(expected), "{address}");
        }
        let encoded = link("https://example.com", "grün_1").expect("a link");
        assert!(encoded.ends_with("utm_campaign=gr%C3%BCn_1"), "{encoded}");
    }

    #[test]
    fn what_would_be_counted_apart_or_reveals_people_is_refused() {
        let none = Tags::default();
        for (name, value, part) in [
            ("utm_source", "newsleter", "did you mean \"newsletter\"?"),
            ("utm_source", "Newsletter", "write \"newsletter\""),
            ("utm_medium", "e mail", "write \"e_mail\""),
            ("utm_medium", "social", "known media: cpc, email"),
            ("utm_campaign", "jo.doe@example.com", "a mail address"),
            ("utm_campaign", "jo%40example.com", "a mail address"),
            ("utm_campaign", "+49-170-1234567", "a telephone number"),
            ("utm_campaign", "spring__sale", "does not match"),
            ("utm_campaign", "", "is empty"),
            ("utm_content", "a\u{7}b", "control characters"),
        ] {
            let error = tagged("https://example.com", &[(name, value)], &tags()).expect_err(value);
            assert!(error.to_string().contains(part), "{error}");
        }
        assert!(tagged("https://example.com", &[("utm_source", "anything")], &none).is_ok());
        assert!(tagged("https://example.com", &[("utm_campaign", "20261126")], &none).is_ok());
    }

    #[test]
    fn only_addresses_of_web_pages_are_tagged() {
        for (address, part) in [
            ("example.com", "no address of a web page"),
            ("mailto:a@example.com", "no address of a web page"),
            ("https://", "no address of a web page"),
            ("https://exa mple.com", "has a blank"),
            ("https://me:secret@example.com/", "holds a login"),
            ("javascript:alert(1)", "no address of a web page"),
        ] {
            let error = link(address, "spring").expect_err(address);
            assert!(error.to_string().contains(part), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        let long = format!("https://example.com/?a={}", "x".repeat(LONGEST));
        assert!(link(&long, "spring").is_err());
    }
}
