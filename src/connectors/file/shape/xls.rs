//! Old Excel files, looked through before they are read: the reader lays each sheet out in memory as
//! wide and long as its outermost cells, which a damaged or hostile file may put anywhere.

use super::{Refusal, shown};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// A sheet of more cells is to be split; the reader needs some 50 bytes for each.
const MOST_CELLS: u64 = 4_000_000;
/// Old Excel files are small: 65,536 rows a sheet.
const LARGEST: u64 = 64 << 20;
const MOST_SHEETS: usize = 256;

/// Refuses what would swell, and what needs a password.
pub fn check(path: &Path) -> Result<(), Refusal> {
    let damaged = |error: std::io::Error| {
        Refusal::new(
            None,
            format!("the workbook cannot be read ({})", shown(&error.to_string())),
            "open and save it as .xlsx, and drop that",
        )
    };
    let size = std::fs::metadata(path).map_err(damaged)?.len();
    if size > LARGEST {
        return Err(Refusal::new(None, "the workbook is larger than 64 MB", "save it as .xlsx and drop that"));
    }
    let mut file = cfb::CompoundFile::open(File::open(path).map_err(damaged)?).map_err(damaged)?;
    let names: Vec<(String, std::path::PathBuf)> =
        file.read_root_storage().map(|entry| (entry.name().to_ascii_lowercase(), entry.path().to_owned())).collect();
    if names.iter().any(|(name, _)| name == "encryptedpackage") {
        return Err(Refusal::new(None, "the workbook needs a password", "save it without a password and drop that"));
    }
    let Some((_, book)) = names.iter().find(|(name, _)| name == "workbook" || name == "book") else {
        let message = "this is a file of old Office, but no workbook";
        return Err(Refusal::new(None, message, "save the table as .xlsx and drop that"));
    };
    let stream = file.open_stream(book).map_err(damaged)?;
    records(BufReader::new(stream))
}

/// Walks the records of all sheets and measures them.
fn records(mut stream: impl Read) -> Result<(), Refusal> {
    let (mut rows, mut columns) = (0u64, 0u64);
    let mut sheets = 0;
    let mut head = [0; 4];
    let mut body = Vec::new();
    while stream.read_exact(&mut head).is_ok() {
        let kind = u16::from_le_bytes([head[0], head[1]]);
        let length = u64::from(u16::from_le_bytes([head[2], head[3]]));
        body.clear();
        if stream.by_ref().take(length).read_to_end(&mut body).is_err() || body.len() as u64 != length {
            break;
        }
        let at = |place: usize| {
            u64::from(u16::from_le_bytes([
                body.get(place).copied().unwrap_or(0),
                body.get(place + 1).copied().unwrap_or(0),
            ]))
        };
        match kind {
            0x0809 => {
                sheets += 1;
                (rows, columns) = (0, 0);
            }
            // Dimensions: the reader makes room for as many cells at once.
            0x0200 if body.len() >= 14 => (rows, columns) = (rows.max(at(4) + (at(6) << 16)), columns.max(at(10))),
            0x0200 if body.len() >= 10 => (rows, columns) = (rows.max(at(2)), columns.max(at(6))),
            0x0006 | 0x0203..=0x0205 | 0x00d6 | 0x027e | 0x00fd | 0x00bd => {
                let last = if kind == 0x00bd { at(body.len().saturating_sub(2)) } else { at(2) };
                (rows, columns) = (rows.max(at(0) + 1), columns.max(last.max(at(2)) + 1));
            }
            0x002f => {
                return Err(Refusal::new(
                    None,
                    "the workbook needs a password",
                    "save it without a password and drop that",
                ));
            }
            _ => {}
        }
        if rows.saturating_mul(columns) > MOST_CELLS || columns > 16_384 || sheets > MOST_SHEETS {
            let message = format!("a sheet of the workbook reaches over {rows} rows and {columns} columns");
            return Err(Refusal::new(None, message, "save it as .xlsx and drop that"));
        }
    }
    Ok(())
}
