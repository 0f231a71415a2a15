//! The structure of files as programs for people who do not see them read it.

use super::reader::{Part, Read};
use super::*;
use crate::report::render::pdf::boxes::generated;
use crate::report::sample;

fn read(document: &Document) -> Read {
    Read::of(&render(document, Paper::A4).expect("a PDF"))
}

/// All parts below a part, it included.
fn all<'a>(part: &'a Part, found: &mut Vec<&'a Part>) {
    found.push(part);
    part.parts.iter().for_each(|kid| all(kid, found));
}

fn parts<'a>(read: &'a Read, name: &str) -> Vec<&'a Part> {
    let mut found = Vec::new();
    all(&read.root, &mut found);
    found.retain(|part| part.name == name);
    found
}

#[test]
fn the_file_says_that_it_is_tagged_and_shows_its_title() {
    let bytes = render(&sample::document(), Paper::A4).expect("a PDF");
    let pdf = lopdf::Document::load_mem(&bytes).expect("a sound PDF");
    let catalog = pdf.catalog().expect("a catalog");
    let is_true = |of: &[u8], key: &[u8]| catalog.get(of).and_then(|of| of.as_dict()?.get(key)?.as_bool());
    assert!(is_true(b"MarkInfo", b"Marked").expect("marked"));
    assert!(is_true(b"ViewerPreferences", b"DisplayDocTitle").expect("shown"));
    let metadata = catalog.get(b"Metadata").and_then(lopdf::Object::as_reference).expect("metadata");
    let metadata = pdf.get_object(metadata).and_then(lopdf::Object::as_stream).expect("a stream");
    let metadata = String::from_utf8(metadata.content.clone()).expect("text");
    assert!(metadata.contains("Sample &amp; Söhne · Daily performance"), "{metadata}");
    for page in pdf.page_iter() {
        let page = pdf.get_dictionary(page).expect("a page");
        assert_eq!(page.get(b"Tabs").and_then(lopdf::Object::as_name).expect("an order"), b"S");
    }
}

#[test]
fn a_report_is_read_in_its_order() {
    let document = sample::document();
    let read = read(&document);
    let headings: Vec<(&str, String)> = {
        let mut found = Vec::new();
        all(&read.root, &mut found);
        found.retain(|part| part.name.starts_with('H'));
        found.iter().map(|part| (part.name.as_str(), part.text.trim().to_owned())).collect()
    };
    assert_eq!(headings[0], ("H1", "Daily performance".to_owned()));
    assert_eq!(headings[1], ("H2", "Yesterday at a glance".to_owned()));
    let sections: Vec<&String> = headings.iter().filter(|(name, _)| *name == "H2").map(|(_, text)| text).collect();
    assert_eq!(
        sections[..7].iter().map(|text| text.as_str()).collect::<Vec<_>>(),
        document.sections.iter().map(|section| section.title.as_str()).collect::<Vec<_>>()
    );
    let alts: Vec<&str> = parts(&read, "Figure").iter().map(|figure| figure.alt.as_str()).collect();
    assert_eq!(alts, document.charts().map(|chart| chart.alt.as_str()).collect::<Vec<_>>());
}

/// A head that is drawn again on the next page is not read again.
#[test]
fn a_table_over_three_pages_has_one_head() {
    let read = read(&sample::document());
    let tables = parts(&read, "Table");
    let campaigns = tables.iter().find(|table| table.parts.len() > 60).expect("a long table");
    assert_eq!(campaigns.parts.len(), 65);
    assert!(campaigns.parts[0].parts.iter().all(|cell| cell.name == "TH" && cell.scope == "Column"));
    for row in &campaigns.parts[1..] {
        let kinds: Vec<(&str, &str)> = row.parts.iter().map(|cell| (cell.name.as_str(), cell.scope.as_str())).collect();
        assert_eq!(kinds, [("TH", "Row"), ("TD", ""), ("TD", ""), ("TD", ""), ("TD", "")]);
    }
    assert!(campaigns.parts[64].text.starts_with("Campaign 60"), "{}", campaigns.parts[64].text);
    let again = read.untold.iter().filter(|text| text.as_str() == "Campaign").count();
    assert!(again >= 1, "{:?}", read.untold);
}

#[test]
fn heads_and_feet_of_pages_are_not_read() {
    let document = sample::document();
    let read = read(&document);
    let running = format!("{} · {}", document.workspace_name, document.title);
    assert!(read.untold.contains(&running) && read.untold.iter().any(|text| text.starts_with("Issued ")));
    assert!(!read.root.text.contains("Issued "));
}

#[test]
fn a_name_drawn_from_the_right_is_read_as_it_was_given() {
    let read = read(&sample::document());
    assert!(parts(&read, "Span").iter().any(|span| span.actual == "مرحبا العربية"));
}

#[test]
fn a_paragraph_of_several_lines_is_read_without_joined_words() {
    let read = read(&sample::document());
    assert!(read.root.text.contains("Paid search cost per lead"), "{}", read.root.text);
}

/// What validators of PDF/UA stumble over: latex3/tagging-project#977 (a key of the parent tree twice),
/// LaurenzV/krilla#220 (a link whose parent is itself), veraPDF/veraPDF-library#1629 and #1630 (parents
/// that are in no tree). [`Read::of`] fails at each of them.
#[test]
fn every_mark_and_link_leads_back_to_its_part_in_generated_reports() {
    for seed in (0..40).step_by(4) {
        let read = read(&generated::document(seed));
        let mut level = 0;
        let mut found = Vec::new();
        all(&read.root, &mut found);
        for part in found {
            if let Some(next) = part.name.strip_prefix('H').and_then(|level| level.parse::<u32>().ok()) {
                assert!(next <= level + 1, "document {seed}: H{next} after H{level}");
                level = next;
            }
            if part.name == "Table" {
                let cells = part.parts[0].parts.len();
                assert!(part.parts.iter().all(|row| row.name == "TR" && row.parts.len() == cells), "document {seed}");
            }
            if part.name == "L" {
                assert!(part.parts.iter().all(|item| item.name == "LI"), "document {seed}");
            }
            assert!(part.name != "Figure" || part.has_alt, "document {seed}");
        }
    }
}
