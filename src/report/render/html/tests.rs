//! The page of the sample report, with a painter that marks where it drew.

use super::*;
use crate::report::document::Plot;
use crate::report::format::Locale;
use crate::report::sample;

fn painter() -> ChartPainter {
    ChartPainter {
        chart: |chart, _, width, _| {
            format!("<svg class=\"chart\" data-id=\"{}\" data-width=\"{width}\"></svg>", chart.id)
        },
        spark: |values, _| format!("<svg class=\"spark\" data-points=\"{}\"></svg>", values.len()),
    }
}

fn page_of(document: &Document) -> String {
    let (templates, problems) = Templates::new(None);
    assert_eq!(problems, Vec::new());
    let csv = crate::report::render::csv::render(document).expect("CSV");
    render(document, &csv, &templates, painter()).expect("a page")
}

/// The page as a browser's parser would cut it: tags, without what is between them.
fn tags(page: &str) -> Vec<String> {
    let mut rest = page;
    let mut found = Vec::new();
    while let Some(start) = rest.find('<') {
        let end = rest[start..].find('>').map_or(rest.len(), |end| start + end + 1);
        found.push(rest[start..end].to_owned());
        rest = &rest[end..];
        if found.last().is_some_and(|tag| tag == "<script>" || tag == "<style>") {
            let close = if found.last().is_some_and(|tag| tag == "<script>") { "</script>" } else { "</style>" };
            rest = &rest[rest.find(close).expect("a closed element")..];
        }
    }
    found
}

#[test]
fn the_skeleton_of_the_page_stays() {
    let mut document = sample::document();
    for section in &mut document.sections {
        for block in &mut section.blocks {
            if let crate::report::document::Block::Table(table) = block {
                table.rows.truncate(3);
            }
        }
    }
    let page = page_of(&document);
    let start = page.find("<body>").expect("a body");
    let end = page.find("<script>").expect("a script");
    let body = &page[start..end];
    let uri = body.find("data:text").expect("the figures");
    let uri_end = uri + body[uri..].find('"').expect("an end");
    insta::assert_snapshot!(format!("{}data:…{}", &body[..uri], &body[uri_end..]));
}

#[test]
fn every_figure_is_on_the_page_as_the_document_words_it() {
    let document = sample::document();
    // The template engine writes a slash as an entity.
    let page = page_of(&document).replace("&#x2f;", "/");
    assert!(document.figures().iter().all(|(_, figure)| page.contains(&figure.text)));
}

#[test]
fn every_receipt_can_be_reached() {
    let document = sample::document();
    let page = page_of(&document);
    let figures = document.figures();
    let mut receipts = figures.iter().filter_map(|(_, figure)| figure.receipt.as_ref());
    assert!(receipts.all(|receipt| page.contains(&format!("data-receipt=\"{receipt}\""))));
}

#[test]
fn every_value_of_a_chart_stands_in_its_table() {
    let document = sample::document();
    let page = page_of(&document);
    for chart in document.charts() {
        let start = page.find(&format!("id=\"chart-{}\"", chart.id)).expect("its figure");
        let figure = &page[start..start + page[start..].find("</figure>").expect("an end")];
        let values: Vec<Option<Decimal>> = match &chart.plot {
            Plot::Lines { series, .. } => series.iter().flat_map(|line| line.values.clone()).collect(),
            Plot::Heat { cells, .. } => cells.iter().flatten().copied().collect(),
            Plot::Bars { bars } | Plot::Waterfall { bars } | Plot::Funnel { stages: bars } => {
                bars.iter().map(|bar| bar.figure.value).collect()
            }
        };
        assert_eq!(figure.matches("<td class=\"num\"").count(), values.len(), "{}", chart.id);
        for value in values.into_iter().flatten() {
            let text = Locale::STANDARD.value_text(Some(value), chart.unit, document.currency);
            assert!(figure.contains(&format!(">{text}<")), "{}: {text}", chart.id);
        }
        assert_eq!(figure.matches("<svg").count(), DRAWINGS.len());
    }
}

#[test]
fn a_hostile_name_stays_text() {
    let mut document = sample::document();
    document.workspace_name = "\"><img src=x onerror=alert(1)>".to_owned();
    document.gaps = vec!["</aside><script>alert(2)</script>".to_owned()];
    let page = page_of(&document);
    let tags = tags(&page);
    assert_eq!(tags.iter().filter(|tag| tag.starts_with("<script")).count(), 1);
    assert!(!tags.iter().any(|tag| tag.starts_with("<img") || tag.contains("onerror")));
    assert!(page.contains("&lt;&#x2f;script&gt;&lt;script&gt;alert(1)"));
}

#[test]
fn the_page_asks_for_nothing_and_runs_only_its_own_script() {
    let page = page_of(&sample::document());
    let inside = |open: &str, close: &str| {
        let text = page.split(open).nth(1).and_then(|rest| rest.split(close).next()).expect("an element");
        STANDARD.encode(Sha256::digest(text))
    };
    let (script, style) = (inside("<script>", "</script>"), inside("<style>", "</style>"));
    // The `+` and `/` of base64 may be written as entities.
    let policy = tags(&page).into_iter().find(|tag| tag.contains("Content-Security-Policy")).expect("a policy");
    let policy = policy.replace("&#x27;", "'").replace("&#x2f;", "/").replace("&#x3d;", "=").replace("&#x2b;", "+");
    for part in ["default-src 'none'", &format!("script-src 'sha256-{script}'"), &format!("style-src 'sha256-{style}'")]
    {
        assert!(policy.contains(part), "{policy}");
    }
    for tag in tags(&page) {
        assert!(!["<link", "<iframe", "<object", "<img"].iter().any(|start| tag.starts_with(start)), "{tag}");
        assert!(!tag.contains("href=\"http") && !tag.contains("src=") && !tag.contains(" style="), "{tag}");
    }
}

#[test]
fn elements_close_in_the_order_they_open() {
    let mut open = Vec::new();
    for tag in tags(&page_of(&sample::document())) {
        let name: String = tag.trim_start_matches(['<', '/']).chars().take_while(char::is_ascii_alphanumeric).collect();
        if tag.starts_with("</") {
            assert_eq!(open.pop().as_ref(), Some(&name), "at {tag}");
        } else if !tag.starts_with("<!")
            && !tag.ends_with("/>")
            && !matches!(name.as_str(), "meta" | "br" | "img" | "input" | "hr")
        {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn a_provisional_figure_is_marked_and_explained() {
    let mut document = sample::document();
    let Some(crate::report::document::Block::Cards { cards }) = document.sections[0].blocks.first_mut() else {
        panic!("cards come first");
    };
    cards[0].figure.provisional = true;
    let page = page_of(&document);
    assert!(page.contains("€12,480<abbr title=\"provisional") && page.contains("are provisional: their source"));
}

#[test]
fn titles_of_long_names_are_short() {
    let page = page_of(&sample::document());
    let longest = tags(&page).into_iter().filter(|tag| tag.contains("title=")).map(|tag| tag.chars().count()).max();
    assert!(longest.expect("titles") < 400);
}

/// A metric that some rows lack has a dash there, which stood on the left under a heading on the left.
#[test]
fn a_text_in_a_column_of_figures_stands_in_line_with_them() {
    use crate::report::document::{Block, Cell};
    let mut document = sample::document();
    let mut blocks = document.sections.iter_mut().flat_map(|section| &mut section.blocks);
    let table = blocks.find_map(|block| match block {
        Block::Table(table) if table.rows.len() > 1 && table.columns.len() > 1 => Some(table),
        _ => None,
    });
    let table = table.expect("a table");
    assert!(table.rows[1].cells.iter().all(|cell| !matches!(cell, Cell::Text { .. })), "figures alone");
    table.rows[0].cells[0] = Cell::Text { text: "not known".to_owned() };
    let page = page_of(&document);
    assert!(page.contains("class=\"num\">not known</td>"));
    let left = |page: &str| page.matches("class=\"txt\"").count();
    assert_eq!(left(&page), left(&page_of(&sample::document())), "no heading moves to the left");
}

/// Pages may show no image but the logo, which is in the page.
#[test]
fn a_logo_stands_on_top_and_is_the_only_image_a_page_may_show() {
    assert!(!page_of(&sample::document()).contains("<img"));
    let dir = tempfile::tempdir().expect("a folder");
    crate::report::templates::testing::with_logo(dir.path());
    let (templates, problems) = Templates::new(Some(dir.path()));
    assert_eq!(problems, Vec::new());
    let page = render(&sample::document(), "", &templates, painter()).expect("a page");
    assert!(page.contains("; img-src data:; style-src"));
    let image = tags(&page).into_iter().find(|tag| tag.starts_with("<img")).expect("an image");
    assert!(
        image.contains("src=\"data:image&#x2f;png;base64,iVBOR")
            && image.contains("width=\"120\" height=\"12\" alt=\"Acme &amp; Co\""),
        "{image}"
    );
}
