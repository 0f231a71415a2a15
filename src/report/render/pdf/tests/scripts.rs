//! Names in every script come back out of the file as they were given.

use super::reader::texts;
use super::*;
use crate::report::document::{Bar, Block, Plot, Row, Table};
use crate::report::sample;

/// The sample with these names in its table of channels and among the bars of its chart.
fn named(names: &[&str]) -> Document {
    let mut document = sample::document();
    for block in document.sections.iter_mut().flat_map(|section| &mut section.blocks) {
        if let Block::Table(Table { id, rows, .. }) = block
            && id == "channels"
        {
            let row = rows[0].clone();
            *rows = names.iter().map(|name| Row { name: (*name).to_owned(), ..row.clone() }).collect();
        }
        if let Block::Chart(chart) = block
            && let Plot::Bars { bars } = &mut chart.plot
        {
            let bar = bars[0].clone();
            *bars = names.iter().map(|name| Bar { label: (*name).to_owned(), ..bar.clone() }).collect();
        }
    }
    document
}

const NAMES: [&str; 17] = [
    "مُحَمَّد بن سلمان",
    "عروض الصيف",
    "سلام لا إله",
    "قمة ۲۰۲۶ في دبي",
    "קמפיין אביב 25%",
    "Sale مرحبا 2026 (جديد)",
    "ग्रीष्मकालीन बिक्री",
    "क्षत्रिय श्री ज्ञान",
    "แคมเปญฤดูใบไม้ผลิ ลดราคา",
    "বসন্ত বিক্রয়",
    "தமிழ் விற்பனை",
    "తెలుగు అమ్మకం ಕನ್ನಡ ಮಾರಾಟ",
    "മലയാളം ગુજરાતી ਪੰਜਾਬੀ",
    "ភាសាខ្មែរ ພາສາລາວ",
    "Tiếng Việt Bu\u{308}ro ქართული Հայերեն",
    "日本語 キャンペーン 🚀 한국어",
    "ሰላም አዲስ",
];

#[test]
fn names_of_every_script_can_be_read_out_as_given() {
    let shown = texts(&render(&named(&NAMES), Paper::A4).expect("a PDF"));
    let letters = |text: &str| {
        // Drawn order is another one than reading order: what counts is that all letters are given.
        let mut letters: Vec<char> = showable(text).chars().filter(|letter| !letter.is_whitespace()).collect();
        letters.sort_unstable();
        letters
    };
    let shown: Vec<Vec<char>> = shown.iter().map(|text| letters(text)).collect();
    for name in NAMES {
        assert!(shown.contains(&letters(name)), "{name}");
    }
}

/// Look at it: `DAYBOOK_LOOK`.
#[test]
fn the_scripts_are_written_where_somebody_wants_to_look() {
    let Some(folder) = crate::support::environment::variable("DAYBOOK_LOOK").map(std::path::PathBuf::from) else {
        return crate::support::skip::skip("pictures are for DAYBOOK_LOOK=<folder>");
    };
    let bytes = render(&named(&NAMES), Paper::A4).expect("a PDF");
    std::fs::write(folder.join("scripts.pdf"), bytes).expect("written");
    let document = named(&NAMES);
    let bars = document.charts().find(|chart| matches!(chart.plot, Plot::Bars { .. }));
    let picture = chart::draw(bars.expect("bars"), &document, 584.0);
    std::fs::write(
        folder.join("scripts.png"),
        chart::png(&picture, 2.0, &crate::report::look::Palette::default()).expect("a PNG"),
    )
    .expect("written");
    std::fs::write(folder.join("scripts.svg"), chart::svg(&picture, "", &crate::report::look::Palette::default()))
        .expect("written");
}
