mod layout;
mod reader;
mod scripts;
mod structure;

use super::*;
use crate::report::sample;

fn text_of(bytes: &[u8]) -> String {
    let pdf = lopdf::Document::load_mem(bytes).expect("a sound PDF");
    let pages: Vec<u32> = pdf.get_pages().keys().copied().collect();
    pdf.extract_text(&pages).expect("text")
}

#[test]
fn every_figure_of_the_sample_can_be_read_out_of_the_pdf() {
    let document = sample::document();
    let text = text_of(&render(&document, Paper::A4).expect("a PDF")).replace(['\n', ' '], "");
    for (path, figure) in document.figures() {
        assert!(text.contains(&figure.text.replace(' ', "")), "{path}: {}", figure.text);
    }
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let document = sample::document();
    assert!(render(&document, Paper::A4).expect("a PDF") == render(&document, Paper::A4).expect("a PDF"));
}

#[test]
fn long_tables_repeat_their_headings_on_each_page() {
    let bytes = render(&sample::document(), Paper::A4).expect("a PDF");
    let pdf = lopdf::Document::load_mem(&bytes).expect("a sound PDF");
    let pages: Vec<u32> = pdf.get_pages().keys().copied().collect();
    assert!(pages.len() >= 4, "{} pages", pages.len());
    let with_row = pages.iter().filter(|page| {
        let text = pdf.extract_text(&[**page]).expect("text");
        text.contains("Campaign 1") || text.contains("Campaign 4")
    });
    for page in with_row {
        assert!(pdf.extract_text(&[*page]).expect("text").contains("Net revenue"), "page {page}");
    }
}

fn annotations(pdf: &lopdf::Document) -> Vec<lopdf::Dictionary> {
    let of_page = |page: lopdf::ObjectId| {
        let page = pdf.get_dictionary(page).expect("a page");
        page.get(b"Annots").and_then(lopdf::Object::as_array).expect("annotations").clone()
    };
    let link = |id: lopdf::Object| pdf.get_dictionary(id.as_reference().expect("a link")).expect("a link").clone();
    pdf.page_iter().flat_map(of_page).map(link).collect()
}

#[test]
fn bookmarks_follow_the_sections_and_the_file_names_its_language() {
    let document = sample::document();
    let bytes = render(&document, Paper::A4).expect("a PDF");
    let pdf = lopdf::Document::load_mem(&bytes).expect("a sound PDF");
    let catalog = pdf.catalog().expect("a catalog");
    assert_eq!(catalog.get(b"Lang").and_then(lopdf::Object::as_str).expect("a language"), b"en");
    let outline = catalog.get(b"Outlines").and_then(lopdf::Object::as_reference).expect("an outline");
    let mut next = pdf.get_dictionary(outline).and_then(|outline| outline.get(b"First")).cloned();
    let mut titles = Vec::new();
    while let Ok(lopdf::Object::Reference(id)) = next {
        let item = pdf.get_dictionary(id).expect("a bookmark");
        titles.push(lopdf::decode_text_string(item.get(b"Title").expect("a title")).expect("text"));
        next = item.get(b"Next").cloned();
    }
    let sections = document.sections.iter().map(|section| section.title.clone());
    let appended = ["Notes", "Data through", "Receipts"].map(str::to_owned);
    assert_eq!(titles, sections.chain(appended).collect::<Vec<_>>());
}

#[test]
fn every_figure_with_a_receipt_leads_to_a_page_of_receipts() {
    let document = sample::document();
    let bytes = render(&document, Paper::A4).expect("a PDF");
    let pdf = lopdf::Document::load_mem(&bytes).expect("a sound PDF");
    let pages: Vec<lopdf::ObjectId> = pdf.page_iter().collect();
    let first = (1..=pages.len() as u32).find(|page| pdf.extract_text(&[*page]).expect("text").contains("Receipts"));
    let receipts = &pages[first.expect("receipts") as usize - 1..];
    let in_cards_and_tables = |path: &str| !path.contains("channel_revenue") && !path.starts_with("funnel");
    let figures = document.figures();
    let wanted = figures.iter().filter(|(path, figure)| figure.receipt.is_some() && in_cards_and_tables(path)).count();
    let leads = |annotation: &&lopdf::Dictionary| {
        let action = annotation.get(b"A").and_then(lopdf::Object::as_dict).expect("an action");
        let place = action.get(b"D").and_then(lopdf::Object::as_array).expect("a place");
        receipts.contains(&place[0].as_reference().expect("a page"))
    };
    let links = annotations(&pdf);
    assert_eq!(links.iter().filter(|link| leads(link)).count(), wanted);
    assert_eq!(links.len(), wanted + document.sections.len() - 1, "and the contents lead to the other sections");
}

#[test]
fn letter_paper_has_letter_pages_and_foreign_names_can_be_read_out() {
    let bytes = render(&sample::document(), Paper::Letter).expect("a PDF");
    let pdf = lopdf::Document::load_mem(&bytes).expect("a sound PDF");
    let page = pdf.page_iter().next().expect("a page");
    let page = pdf.get_dictionary(page).expect("a page");
    let size: Vec<f32> = page
        .get(b"MediaBox")
        .and_then(lopdf::Object::as_array)
        .expect("a size")
        .iter()
        .map(|side| side.as_float().expect("a number"))
        .collect();
    assert!((size[2] - 612.0).abs() < 0.1 && (size[3] - 792.0).abs() < 0.1, "{size:?}");
    assert!(text_of(&bytes).contains("日本語"), "set in the fallback typeface");
    assert!(bytes.len() < 90_000, "{} bytes", bytes.len());
}

/// `cargo test --release --lib written_where` with DAYBOOK_LOOK set to a folder; stored documents
/// (`*.json`) in it are laid out as well.
#[test]
fn the_sample_is_written_where_somebody_wants_to_look() {
    let Some(folder) = crate::support::environment::variable("DAYBOOK_LOOK").map(std::path::PathBuf::from) else {
        return crate::support::skip::skip("pictures are for DAYBOOK_LOOK=<folder>");
    };
    let write = |document: &Document, name: &str| {
        let bytes = render(document, Paper::A4).expect("a PDF");
        std::fs::write(folder.join(name).with_extension("pdf"), bytes).expect("written");
    };
    write(&sample::document(), "sample");
    for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            let text = std::fs::read_to_string(&path).expect("a document");
            write(&serde_json::from_str(&text).expect("a document"), &entry.file_name().to_string_lossy());
        }
    }
}
