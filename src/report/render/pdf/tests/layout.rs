//! What stands where, by what readers of reports stumbled over.

use super::run::Part;
use super::*;
use crate::domain::period::Period;
use crate::report::document::{Block, Cell, Column, Plot, Row, Section, Table, Tone};
use crate::report::look::Logo;
use crate::report::sample;
use chrono::NaiveDate;
use rust_decimal::{Decimal, dec};

fn pages(document: &Document) -> Pages {
    lay_out(document, &Options::whole(Paper::A4), None)
}

fn texts(pages: &Pages, page: usize) -> Vec<String> {
    pages.sheets[page].runs.iter().map(|run| run.text.clone()).collect()
}

fn table_of(document: &Document, id: &str) -> Table {
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    let found = blocks.into_iter().find_map(|block| match block {
        Block::Table(table) if table.id == id => Some(table.clone()),
        _ => None,
    });
    found.expect("a table")
}

/// A report of one section.
fn with_blocks(blocks: Vec<Block>) -> Document {
    let mut document = sample::document();
    document.sections = vec![Section { id: "s".to_owned(), title: "A section".to_owned(), lead: None, blocks }];
    document
}

#[test]
fn a_long_title_is_broken_and_never_cut() {
    let mut document = sample::document();
    document.title = "Weekly performance · Executive summary for the board of directors".to_owned();
    let shown = texts(&pages(&document), 0).join(" ");
    assert!(shown.contains("Executive summary for the") && shown.contains("board of directors"), "{shown}");
}

#[test]
fn each_page_is_headed_by_the_whole_period() {
    let mut document = sample::document();
    let day = |day| NaiveDate::from_ymd_opt(2026, 10, day).expect("a date");
    document.period = Period { start: day(1), end: NaiveDate::from_ymd_opt(2026, 11, 1).expect("a date") };
    let pages = pages(&document);
    let wanted = period_text(&document);
    assert!(pages.sheets.len() > 2);
    for page in 1..pages.sheets.len() {
        assert!(texts(&pages, page).contains(&wanted), "page {page}");
    }
}

// simonbengtsson/jsPDF-AutoTable#960 and DavBfr/dart_pdf#1618: in a table of many columns headings are broken within words.
#[test]
fn words_of_headings_are_whole_in_a_table_of_many_columns() {
    let headings = [
        "Sessions",
        "Platform conversions",
        "Thursday, November 19",
        "Engagement rate",
        "Customers",
        "Impressions",
        "Cost",
        "Orders",
        "Wednesday, November 18",
        "Revenue",
    ];
    let mut table = table_of(&sample::document(), "channels");
    let (column, row) = (table.columns[0].clone(), table.rows[0].clone());
    table.columns =
        headings.iter().map(|heading| Column { heading: (*heading).to_owned(), ..column.clone() }).collect();
    table.rows = vec![Row { cells: vec![row.cells[0].clone(); headings.len()], ..row }; 3];
    table.total = None;
    let shown: Vec<String> = pages(&with_blocks(vec![Block::Table(table)]))
        .sheets
        .iter()
        .flat_map(|s| s.runs.iter().map(|run| run.text.clone()))
        .collect();
    let words: Vec<&str> = shown.iter().flat_map(|text| text.split(' ')).collect();
    for word in headings.iter().flat_map(|heading| heading.split(' ')) {
        assert!(words.contains(&word), "{word}: {shown:?}");
    }
}

#[test]
fn words_of_cards_are_whole() {
    let mut document = sample::document();
    if let Block::Cards { cards } = &mut document.sections[0].blocks[0] {
        cards[0].comparisons[0].label = "weekly share of the target of the month".to_owned();
        cards[0].label = "Net revenue of new and of returning customers".to_owned();
        cards.truncate(4);
    }
    let shown = texts(&pages(&document), 0);
    assert!(!shown.iter().any(|text| text.contains('…')), "{shown:?}");
    let together = shown.join(" ");
    assert!(together.contains("of the month €11,534"), "{together}");
}

#[test]
fn four_cards_stand_in_one_row() {
    let mut document = sample::document();
    if let Block::Cards { cards } = &mut document.sections[0].blocks[0] {
        cards.truncate(4);
    }
    let pages = pages(&document);
    let of = |label: &str| pages.sheets[0].runs.iter().find(|run| run.text == label).expect("a label").y;
    assert_eq!(of("Net revenue"), of("Leads"));
}

#[test]
fn a_table_prints_its_title_unless_the_section_has_shown_it() {
    let document = sample::document();
    let titled = |title: &str| {
        let table = Table { title: Some(title.to_owned()), ..table_of(&document, "channels") };
        let pages = pages(&with_blocks(vec![Block::Table(table)]));
        let is_title = |run: &&super::run::Run| run.part == Part::Heading && run.text == title;
        pages.sheets[0].runs.iter().filter(is_title).count()
    };
    assert_eq!((titled("Results of the month"), titled("A section")), (1, 1));
}

/// wkhtmltopdf/wkhtmltopdf#5071 and asciidoctor/asciidoctor-pdf#2608 at the beginning of a table; the
/// same at its end.
#[test]
fn neither_a_tables_head_nor_its_last_rows_stand_alone() {
    let document = sample::document();
    let table = table_of(&document, "campaigns");
    for rows in 4..90 {
        let rows: Vec<Row> = (0..rows).map(|n| Row { name: format!("Row {n}"), ..table.rows[5].clone() }).collect();
        let count = rows.len();
        let pages = pages(&with_blocks(vec![Block::Table(Table { rows, ..table.clone() })]));
        for (page, sheet) in pages.sheets.iter().enumerate() {
            let mut here: Vec<usize> = sheet
                .runs
                .iter()
                .filter_map(|run| if let Part::Row(1, row) = run.part { Some(row) } else { None })
                .collect();
            here.dedup();
            assert!(here.is_empty() || here.len() >= 3, "{count} rows: {here:?} alone on page {page}");
        }
    }
}

/// A heading that leaves more than a third of its page white pushed a whole table away.
#[test]
fn no_page_but_the_last_is_more_than_a_third_white() {
    let mut document = sample::document();
    let long = table_of(&document, "campaigns");
    document.sections = (3..60)
        .step_by(7)
        .map(|rows| Section {
            id: format!("s{rows}"),
            title: format!("Section {rows}"),
            lead: Some("What to see here.".to_owned()),
            blocks: vec![Block::Table(Table { rows: long.rows[4..4 + rows].to_vec(), ..long.clone() })],
        })
        .collect();
    let pages = pages(&document);
    let room = pages.paper.room();
    for (page, sheet) in pages.sheets.iter().enumerate().take(pages.sheets.len() - 2) {
        let lowest = sheet.runs.iter().filter(|run| run.part != Part::Running).map(|run| run.y).fold(0.0, f32::max);
        let white = (room.bottom() - lowest) / room.height;
        assert!(white < 0.34, "page {}: {:.0}% white", page + 1, white * 100.0);
    }
}

#[test]
fn a_long_chart_of_bars_goes_on_on_the_next_page() {
    let mut document = sample::document();
    let mut charts = document.sections.iter_mut().flat_map(|section| &mut section.blocks);
    let chart = charts.find_map(|block| match block {
        Block::Chart(chart) if matches!(chart.plot, Plot::Bars { .. }) => Some(chart.clone()),
        _ => None,
    });
    let mut chart = chart.expect("bars");
    if let Plot::Bars { bars } = &mut chart.plot {
        *bars =
            (0..70).map(|n| crate::report::document::Bar { label: format!("Bar {n}"), ..bars[0].clone() }).collect();
    }
    let pages = pages(&with_blocks(vec![Block::Chart(chart)]));
    let on = |page: usize, label: &str| texts(&pages, page).contains(&label.to_owned());
    assert!(on(0, "Bar 0") && !on(0, "Bar 69") && pages.sheets.len() >= 3);
    let bars = pages.sheets.iter().flat_map(|sheet| &sheet.runs).filter(|run| run.text.starts_with("Bar "));
    assert_eq!(bars.count(), 70, "each once");
    let sizes: Vec<f32> = pages
        .sheets
        .iter()
        .flat_map(|sheet| &sheet.runs)
        .filter(|run| run.text == "Bar 1")
        .map(|run| run.size)
        .collect();
    assert_eq!(sizes, [9.0], "as large as in a short chart");
}

/// eJourn-al/eJournal#659, nuxt/ui#939: what is beyond a goal looks as if it were just reached.
#[test]
fn a_bar_beyond_its_goal_is_longer_than_one_that_reached_it() {
    let document = sample::document();
    let table = table_of(&document, "budget");
    let long = |share: Decimal| {
        let mut table = table.clone();
        for (row, share) in table.rows.iter_mut().zip([share, dec!(1.5)]) {
            if let Cell::Progress { share: of, tone, .. } = &mut row.cells[0] {
                (*of, *tone) = (Some(share), Tone::Good);
            }
        }
        let pages = pages(&with_blocks(vec![Block::Table(table)]));
        bars(&pages)[0]
    };
    let (short, reached, beyond) = (long(dec!(0.929)), long(dec!(1)), long(dec!(1.4)));
    assert!(short < reached - 2.0 && beyond > reached * 1.35, "{short} {reached} {beyond}");
}

/// The lengths of what is filled in the colour of a good figure.
fn bars(pages: &Pages) -> Vec<f32> {
    let (mut lengths, mut is_good) = (Vec::new(), false);
    for op in pages.sheets.iter().flat_map(|sheet| &sheet.ops) {
        match op {
            printpdf::Op::SetFillColor { col: printpdf::Color::Rgb(color) } => {
                is_good = (color.g - f32::from(page::GOOD.1) / 255.0).abs() < 0.001;
            }
            printpdf::Op::DrawPolygon { polygon } if is_good => {
                let across: Vec<f32> = polygon.rings[0].points.iter().map(|point| point.p.x.0).collect();
                lengths.push(across[1] - across[0]);
            }
            _ => {}
        }
    }
    lengths
}

#[test]
fn an_edition_may_leave_out_the_appendix_and_bear_a_logo() {
    let document = sample::document();
    let svg = br##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 20"><rect width="60" height="20" fill="#c00"/></svg>"##;
    let options =
        Options { appendix: false, logo: Some(Logo::read(svg).expect("a logo")), ..Options::whole(Paper::A4) };
    let bytes = render_with(&document, &options).expect("a PDF");
    let whole = render(&document, Paper::A4).expect("a PDF");
    let count = |bytes: &[u8]| lopdf::Document::load_mem(bytes).expect("a sound PDF").get_pages().len();
    assert_eq!(count(&bytes), count(&whole) - 1);
    let shown = reader::texts(&bytes);
    assert!(!shown.iter().any(|text| text == "Receipts" || text == "Data through"));
    let pdf = lopdf::Document::load_mem(&bytes).expect("a sound PDF");
    let images = pdf.objects.values().filter(|object| {
        object.as_stream().is_ok_and(|stream| {
            stream.dict.get(b"Subtype").is_ok_and(|of| of == &lopdf::Object::Name(b"Image".to_vec()))
        })
    });
    assert_eq!(images.count(), 1);
    if let Some(folder) = crate::support::environment::variable("DAYBOOK_LOOK") {
        std::fs::write(std::path::Path::new(&folder).join("edition.pdf"), bytes).expect("written");
    }
}

#[test]
fn a_long_report_has_a_list_of_contents_wherever_it_ends_up() {
    let mut document = sample::document();
    document.summary = "A long summary. ".repeat(200);
    assert!(document.sections.len() > 5);
    let pages = pages(&document);
    assert!((0..pages.sheets.len()).any(|page| texts(&pages, page).contains(&"In this report".to_owned())));
}
