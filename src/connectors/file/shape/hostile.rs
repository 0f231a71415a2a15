//! Whatever the bytes, reading ends with rows or a refusal: nothing panics.

use super::testing::{row, with, workbook, zipped};
use super::{Ask, Shape};
use proptest::prelude::*;

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop_oneof![
        Just(b"a,b\n".to_vec()),
        Just(b"\"".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\xef\xbb\xbf".to_vec()),
        Just(b"\xff\xfe".to_vec()),
        Just(b"{\"a\":".to_vec()),
        Just(b"[{\"a\":1},".to_vec()),
        Just(b"sep=;".to_vec()),
        Just(b"PK\x03\x04".to_vec()),
        Just(b"\x1f\x8b\x08".to_vec()),
        Just(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..40),
        "[a-z0-9,;\t|\n#]{0,40}".prop_map(String::into_bytes),
    ];
    proptest::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

/// Some bytes of a sound file are changed, and its end may be cut.
fn spoilt(sound: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = sound.len();
    (proptest::collection::vec((0..length, any::<u8>()), 0..8), prop_oneof![4 => Just(length), 1 => 0..length])
        .prop_map(move |(changes, end)| {
            let mut bytes = sound.clone();
            for (place, byte) in changes {
                bytes[place] = byte;
            }
            bytes.truncate(end);
            bytes
        })
}

fn book() -> Vec<u8> {
    workbook(&[("a", "visible", &(row(1, &["day", "cost"]) + &row(2, &["2026-11-01", "=5"])))])
}

/// Errors of the readers quote the file.
#[test]
fn a_refusal_stays_one_line_whatever_the_file_says() {
    let content = "<office:document-content><table:table table:name=\"a\"></table:ta\n\u{1b}[2Jb>".to_owned();
    let content = format!("{content}{}</office:document-content>", "</x\ny>".repeat(99));
    let kind = b"application/vnd.oasis.opendocument.spreadsheet";
    let bytes = zipped(&[("mimetype", kind), ("content.xml", content.as_bytes())]);
    let told = with(&Ask::new("x"), Shape::Workbook, &bytes).expect_err("refused").to_string();
    assert!(!told.chars().any(char::is_control) && told.len() < 400, "{told:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_end_well_in_every_shape(bytes in any_bytes(), named in prop_oneof![Just("x"), Just("x.gz")]) {
        for shape in [Shape::Delimited, Shape::Ndjson, Shape::Workbook, Shape::Zip, Shape::Parquet] {
            let ask = Ask { max_bytes: 1 << 20, ..Ask::new(named) };
            let _ = with(&ask, shape, &bytes);
            let stated = Ask { encoding: Some("windows-1252".to_owned()), delimiter: Some(b';'), ..ask };
            let _ = with(&stated, shape, &bytes);
        }
    }

    #[test]
    fn spoilt_workbooks_end_well(bytes in spoilt(book())) {
        let _ = with(&Ask { max_bytes: 1 << 20, ..Ask::new("x") }, Shape::Workbook, &bytes);
    }

    #[test]
    fn spoilt_old_workbooks_end_well(bytes in spoilt(include_bytes!("testdata/plan.xls").to_vec())) {
        let _ = with(&Ask { max_bytes: 1 << 20, ..Ask::new("x") }, Shape::Workbook, &bytes);
    }

    #[test]
    fn spoilt_archives_end_well(bytes in spoilt(zipped(&[("a.csv", b"a,b\n1,2\n")]))) {
        let _ = with(&Ask { max_bytes: 1 << 20, ..Ask::new("x") }, Shape::Zip, &bytes);
    }

    /// Rows of simple values come out as they went in, whatever is between them.
    #[test]
    fn plain_rows_come_out_as_they_went_in(
        rows in proptest::collection::vec(("[a-z]{1,6}", "[0-9]{1,6}", "[ -~äöü]{1,20}"), 1..30),
        sign in prop_oneof![Just(','), Just(';'), Just('\t'), Just('|')],
        end in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
    ) {
        let mut text = format!("name{sign}number{sign}note{end}");
        for (name, number, note) in &rows {
            let note = note.replace('"', "\"\"");
            text += &format!("{name}{sign}{number}{sign}\"{note}\"{end}");
        }
        let ask = super::testing::hoping(&["name", "number", "note"]);
        let got = with(&ask, Shape::Delimited, text.as_bytes()).expect("read");
        prop_assert_eq!(got.bad.len(), 0);
        let expected: Vec<(u64, String)> =
            rows.iter().enumerate().map(|(at, (a, b, c))| (at as u64 + 2, format!("{a}|{b}|{c}"))).collect();
        prop_assert_eq!(got.rows, expected);
    }
}
