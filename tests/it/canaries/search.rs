//! Looks for marked secrets in all that is written, unpacked where it is packed.

use super::MARK;
use crate::support::texts;
use daybook::warehouse::Warehouse;
use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;

/// The files below a folder that hold one of these, each with what stands around it.
pub fn holders(folder: &Path, marks: &[String], is_looked_into: &dyn Fn(&Path) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holders(&path, marks, is_looked_into));
        } else if is_looked_into(&path) {
            let text = unpacked(fs::read(&path).unwrap_or_default());
            found.extend(around(&text, marks).map(|text| format!("{}: {text}", path.display())));
        }
    }
    found
}

/// What stands around the first of these in a text.
pub fn around(text: &str, marks: &[String]) -> Option<String> {
    let at = marks.iter().filter_map(|mark| text.find(mark.as_str())).min()?;
    let from = text.floor_char_boundary(at.saturating_sub(80));
    Some(text[from..text.ceil_char_boundary((at + 80).min(text.len()))].to_owned())
}

/// The bytes as a text, without zstd, gzip and zip around them.
fn unpacked(bytes: Vec<u8>) -> String {
    let inner = match bytes.as_slice() {
        [0x28, 0xb5, 0x2f, 0xfd, ..] => zstd::decode_all(bytes.as_slice()).ok(),
        [0x1f, 0x8b, ..] => {
            let mut inner = Vec::new();
            flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut inner).ok().map(|_| inner)
        }
        [b'P', b'K', 3, 4, ..] => zip::ZipArchive::new(Cursor::new(bytes.clone())).ok().map(|mut archive| {
            let mut inner = Vec::new();
            for index in 0..archive.len() {
                archive.by_index(index).expect("a member").read_to_end(&mut inner).expect("unpacked");
            }
            inner
        }),
        _ => None,
    };
    inner.map_or_else(|| String::from_utf8_lossy(&bytes).into_owned(), unpacked)
}

/// The columns of the database that hold one of these.
pub fn in_tables(warehouse: &Warehouse, marks: &[String]) -> Vec<String> {
    let columns = "SELECT concat_ws(' ', schema_name || '.' || table_name, column_name) FROM duckdb_columns()
        WHERE database_name = current_database() AND NOT internal";
    let mut found = Vec::new();
    for column in texts(warehouse, columns) {
        let (table, name) = column.split_once(' ').expect("two words");
        let values = texts(warehouse, &format!("SELECT DISTINCT coalesce(CAST({name} AS VARCHAR), '') FROM {table}"));
        found.extend(values.iter().filter_map(|value| Some(format!("{column}: {}", around(value, marks)?))));
    }
    found
}

#[test]
fn what_is_packed_is_looked_into() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("a {MARK}secret b");
    let packed = [
        ("plain.txt", text.clone().into_bytes()),
        ("page.zst", zstd::encode_all(text.as_bytes(), 1).expect("packed")),
        ("zip.zst", zstd::encode_all(crate::contract::script::zipped(&text).as_slice(), 1).expect("packed")),
    ];
    for (name, bytes) in packed {
        fs::write(folder.path().join(name), bytes).expect("written");
    }
    assert_eq!(holders(folder.path(), &[MARK.to_owned()], &|_| true).len(), 3);
    assert_eq!(holders(folder.path(), &["other".to_owned()], &|_| true), Vec::<String>::new());
}
