//! Whatever people and vendors call things: the mail keeps its headers, its parts and its reader.

use super::tests::{context, files, images};
use super::*;
use crate::report::document::{Block, Cell};
use crate::report::sample;
use mail_parser::{MessageParser, MimeHeaders};
use proptest::prelude::*;

/// Texts that have broken mails before, and anything else.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "x\r\nBcc: all@example.com\r\n\r\n<script>alert(1)</script>",
        "x\nContent-Type: text/html\n\n",
        "x\rX-Evil: 1",
        "=?utf-8?B?DQpCY2M6IGFsbEBleGFtcGxlLmNvbQ==?=",
        "=?utf-8?Q?=0D=0ABcc:_all@example.com?=",
        "\"><img src=x onerror=alert(1)>",
        "{{ page.gaps }}{% raw %}",
        "a@b.c>, <d@e.f",
        "\u{202e}fdp.exe\u{0}\u{2028}",
        "--=_alternative_m_1--",
        "\"\\\"",
        "../../etc/passwd",
    ]);
    let free = prop::collection::vec(any::<char>(), 0..120).prop_map(|chars| chars.into_iter().collect::<String>());
    let lines = "([A-Za-z-]{1,20}: ?[ -~]{0,40}\r?\n){1,4}";
    prop_oneof![known.prop_map(str::to_owned), free, lines]
}

/// Every name a document carries.
pub(crate) fn renamed(names: &[String]) -> Document {
    let mut document = sample::document();
    let name = |index: usize| names[index % names.len()].clone();
    (document.workspace_name, document.title) = (name(0), name(1));
    (document.workspace_id, document.report) = (name(2), name(3));
    document.summary = name(4);
    document.gaps = vec![name(5)];
    for section in &mut document.sections {
        section.title = name(1);
        for block in &mut section.blocks {
            match block {
                Block::Cards { cards } => cards.iter_mut().for_each(|card| card.label = name(2)),
                Block::Table(table) => {
                    for (index, row) in table.rows.iter_mut().enumerate() {
                        row.name = name(index);
                        for cell in &mut row.cells {
                            if let Cell::Text { text } = cell {
                                *text = name(index + 1);
                            }
                        }
                    }
                }
                Block::Chart(chart) => chart.title = name(3),
                Block::Text { text } => *text = name(4),
            }
        }
    }
    document
}

const HEADERS: [&str; 12] = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "List-ID",
    "List-Unsubscribe",
    "MIME-Version",
    "Content-Type",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_name_adds_a_header_a_part_or_an_element(
        names in prop::collection::vec(hostile(), 6),
        file_name in hostile(),
    ) {
        let (templates, _) = Templates::new(None);
        let mut attached = files();
        attached[0].file_name = file_name;
        let document = renamed(&names);
        let mail = render(&document, &templates, &images(), &attached, &context()).expect("a mail");
        prop_assert!(mail.raw.is_ascii());
        prop_assert!(mail.raw.split(|byte| *byte == b'\n').all(|line| line.len() <= 998));
        prop_assert!(!mail.subject.contains(['\r', '\n', '\0']));
        let read = MessageParser::default().parse(&mail.raw).expect("a mail");
        let mut found: Vec<&str> = read.headers().iter().map(|header| header.name()).collect();
        found.sort_unstable();
        let mut known = HEADERS;
        known.sort_unstable();
        prop_assert_eq!(found, known);
        let to: Vec<_> = read.to().into_iter().flat_map(|to| to.iter()).filter_map(|one| one.address()).collect();
        prop_assert_eq!(to, ["ceo@example.com"]);
        prop_assert_eq!(read.attachments().filter(|part| part.content_id().is_none()).count(), 2);
        // mixed, related, alternative, text, HTML, one image, two files.
        prop_assert_eq!(read.parts.len(), 8);
        let html = mail.html.to_ascii_lowercase();
        prop_assert!(!html.contains("<script") && !html.contains("<img src=x"));
        prop_assert!(mail.html.len() < 100_000);
    }

    #[test]
    fn a_readers_own_name_makes_no_second_reader(name in hostile()) {
        let (templates, _) = Templates::new(None);
        let context = MailContext { to: format!("{name} <ceo@example.com>"), ..context() };
        // A name that is no name is refused; what is taken leads to one reader.
        if let Ok(mail) = render(&sample::document(), &templates, &[], &[], &context) {
            let read = MessageParser::default().parse(&mail.raw).expect("a mail");
            prop_assert!(read.bcc().is_none() && read.cc().is_none());
            let to: Vec<_> = read.to().into_iter().flat_map(|to| to.iter()).filter_map(|one| one.address()).collect();
            prop_assert_eq!(to, ["ceo@example.com"]);
        }
    }
}
