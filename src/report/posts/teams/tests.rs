use super::*;
use crate::report::render::email::hostile::{hostile, renamed};
use crate::report::sample;
use proptest::prelude::*;

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields.values().for_each(|item| texts(item, found)),
        _ => {}
    }
}

fn body(message: &Value) -> &Value {
    &message["attachments"][0]["content"]["body"]
}

#[test]
fn the_card_reads_as_agreed() {
    let message = serde_json::to_string_pretty(&render(&sample::document())).expect("JSON");
    insta::assert_snapshot!(message);
}

#[test]
fn headline_figures_are_those_of_the_document() {
    let document = sample::document();
    let text = render(&document).to_string();
    let headline = document.figures().into_iter().filter(|(path, _)| path.starts_with("headline/"));
    assert!(headline.into_iter().all(|(_, figure)| text.contains(&figure.text)));
}

#[test]
fn a_huge_document_stays_within_the_limit_of_teams() {
    let mut document = sample::document();
    document.gaps = (0..200).map(|n| format!("{n} & {}", "漢".repeat(900))).collect();
    document.summary = "\"".repeat(9000);
    if let Some(lead) = &mut document.lead {
        lead.sentence = "\"*".repeat(9000);
        lead.moved = vec!["[x](y)".repeat(9000); 9];
    }
    document.workspace_name = "W".repeat(10_000);
    let sections = document.sections.clone();
    (0..40).for_each(|_| document.sections.extend(sections.clone()));
    assert!(fits(&render(&document)));
}

#[test]
fn a_note_is_a_card_without_markup() {
    let long = format!("[click](https://evil.example) {{{{DATE(2026-01-01)}}}} <at>all</at>\n\n{}", "x".repeat(9000));
    let note = note("**3 failed**", &long);
    assert_eq!(body(&note).as_array().map(Vec::len), Some(3), "subject and two lines: {note}");
    let text = note.to_string();
    for markup in ["**", "](", "{{", "<at>"] {
        assert!(!text.contains(markup), "{markup}");
    }
    assert!(fits(&note));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn no_name_breaks_the_limit_or_becomes_markup(names in prop::collection::vec(hostile(), 6)) {
        let message = render(&renamed(&names));
        prop_assert!(fits(&message));
        let mut found = Vec::new();
        texts(body(&message), &mut found);
        for text in found {
            for markup in ["**", "](", "{{", "<at", "__", "~~"] {
                prop_assert!(!text.contains(markup), "{}", text);
            }
            prop_assert!(!text.contains(char::is_control));
        }
        for block in body(&message).as_array().expect("a body") {
            let is_text = block["type"] == "TextBlock";
            prop_assert!(!is_text || block["text"].as_str().is_some_and(|text| !text.trim().is_empty()));
        }
    }
}
