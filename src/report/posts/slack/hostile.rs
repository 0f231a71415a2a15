//! Whatever people and vendors call things: the message keeps Slack's limits, and pings nobody.

use super::*;
use crate::report::render::email::hostile::{hostile, renamed};
use proptest::prelude::*;

/// What Slack would refuse or read as more than text, of one object with `type` and `text`.
fn fault(text: &Value, limit: usize) -> Option<String> {
    let content = text["text"].as_str()?;
    let chars = content.chars().count();
    if content.trim().is_empty() || chars > limit {
        return Some(format!("{chars} characters"));
    }
    if text["type"] != "mrkdwn" {
        return None;
    }
    let is_entity = |rest: &str| ["amp;", "lt;", "gt;"].iter().any(|entity| rest.starts_with(entity));
    let loose = content.match_indices('&').any(|(at, _)| !is_entity(&content[at + 1..]));
    (loose || content.contains(['<', '>'])).then(|| content.to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn no_name_breaks_a_limit_or_an_escape(names in prop::collection::vec(hostile(), 6), sections in 1_usize..30) {
        let mut document = renamed(&names);
        let own = document.sections.clone();
        document.sections = own.into_iter().cycle().take(sections).collect();
        let message = render(&document);
        prop_assert!(message["text"].as_str().is_some_and(|text| (1..=FALLBACK_CHARS).contains(&text.chars().count())));
        let blocks = message["blocks"].as_array().expect("blocks");
        prop_assert!(blocks.len() <= 50);
        for block in blocks {
            let limit = if block["type"] == "header" { HEADER_CHARS } else { SECTION_CHARS };
            prop_assert_eq!(fault(&block["text"], limit), None);
            let fields = block["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
            prop_assert!(fields.len() <= FIELDS);
            let elements = block["elements"].as_array().map(Vec::as_slice).unwrap_or_default();
            prop_assert!(elements.len() <= 10);
            for text in fields.iter().chain(elements) {
                prop_assert_eq!(fault(text, FIELD_CHARS), None);
            }
        }
    }
}
