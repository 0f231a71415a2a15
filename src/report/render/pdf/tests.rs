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

/// `cargo test --release -- look_at_the_sample --nocapture` with DAYBOOK_LOOK set to a folder.
#[test]
fn the_sample_is_written_where_somebody_wants_to_look() {
    if let Some(folder) = std::env::var_os("DAYBOOK_LOOK") {
        let bytes = render(&sample::document(), Paper::A4).expect("a PDF");
        std::fs::write(std::path::Path::new(&folder).join("sample.pdf"), bytes).expect("written");
    }
}
