//! Competitors: who they are on the web and in social networks.

use std::collections::BTreeMap;

/// Networks that a competitor may have an account in.
pub const NETWORKS: [&str; 8] = ["facebook", "instagram", "linkedin", "pinterest", "threads", "tiktok", "x", "youtube"];

/// Somebody who sells to the same people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Competitor {
    /// As printed.
    pub name: String,
    /// In lower case, in the spelling of DNS, without `www.`.
    pub domain: String,
    /// Account by network, without `@`.
    pub social: BTreeMap<String, String>,
}

/// The domain that a text means, in the spelling of DNS; the reason where it is none. A home page's address
/// means its domain; an address with more than that does not.
pub fn domain(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let bare = ["https://", "http://"]
        .into_iter()
        .find_map(|scheme| text.get(..scheme.len()).filter(|start| start.eq_ignore_ascii_case(scheme)))
        .map_or(text, |scheme| &text[scheme.len()..]);
    let bare = bare.strip_suffix('/').unwrap_or(bare);
    if bare.contains(['/', '?', '#', ':', '@']) {
        return Err("this is an address, not a domain");
    }
    // The final point of DNS means the same domain.
    let bare = bare.strip_suffix('.').unwrap_or(bare);
    let ascii = idna::domain_to_ascii_strict(bare).map_err(|_| "this is not a domain")?;
    let ascii = ascii.strip_prefix("www.").unwrap_or(&ascii);
    let has_top = ascii.rsplit_once('.').is_some_and(|(rest, top)| {
        !rest.is_empty() && top.len() >= 2 && top.starts_with(|c: char| c.is_ascii_alphabetic())
    });
    if has_top { Ok(ascii.to_owned()) } else { Err("this is not a domain") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_domain_is_spelled_in_one_way() {
        let known = [
            ("example.com", "example.com"),
            ("  WWW.Example.COM. ", "example.com"),
            ("https://www.example.com/", "example.com"),
            ("HTTP://shop.example.co.uk", "shop.example.co.uk"),
            ("münchen.example", "xn--mnchen-3ya.example"),
        ];
        for (text, expected) in known {
            assert_eq!(domain(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn addresses_with_more_than_a_domain_are_refused() {
        for text in ["https://example.com/shop", "example.com/shop", "example.com?a=1", "example.com:8080", "a@b.com"] {
            assert_eq!(domain(text), Err("this is an address, not a domain"), "{text}");
        }
        for text in ["", "example", "two words.com", "192.0.2.1", "example..com", "-a.com", "€.1"] {
            assert!(domain(text).is_err(), "{text}");
        }
    }
}
