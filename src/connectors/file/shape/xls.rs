//! Old Excel files, looked through before they are read: the reader lays each sheet out in memory as
//! wide and long as the file says, which a damaged or hostile one may put anywhere. What is handed on is
//! a new container around the records that were measured here, so that both see the same bytes.

use super::{Refusal, shown};
use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

/// Sheets of more cells together are to be split; the reader needs some 50 bytes for each, twice for formulas.
const MOST_CELLS: u64 = 4_000_000;
/// Old Excel files are small: 65,536 rows a sheet.
const LARGEST: u64 = 64 << 20;
const MOST_SHEETS: usize = 256;

const BEGINNING: u16 = 0x0809;
const END: u16 = 0x000a;
const SHEET: u16 = 0x0085;
const DIMENSIONS: u16 = 0x0200;
const PASSWORD: u16 = 0x002f;
const CONTINUED: u16 = 0x003c;
const NUMBERS: u16 = 0x00bd;

/// The workbook at `path` without anything that swells: refuses what reaches too far or needs a password.
pub fn measured(path: &Path) -> Result<Cursor<Vec<u8>>, Refusal> {
    let size = std::fs::metadata(path).map_err(damaged)?.len();
    if size > LARGEST {
        return Err(refused("the workbook is larger than 64 MB"));
    }
    let mut file = cfb::CompoundFile::open(File::open(path).map_err(damaged)?).map_err(damaged)?;
    let names: Vec<(String, PathBuf)> =
        file.read_root_storage().map(|entry| (entry.name().to_ascii_lowercase(), entry.path().to_owned())).collect();
    if names.iter().any(|(name, _)| name == "encryptedpackage") {
        return Err(locked());
    }
    let Some((_, book)) = names.iter().find(|(name, _)| name == "workbook" || name == "book") else {
        return Err(refused("this is a file of old Office, but no workbook"));
    };
    let mut stream = Vec::new();
    file.open_stream(book).map_err(damaged)?.take(LARGEST).read_to_end(&mut stream).map_err(damaged)?;
    measure(&mut stream)?;
    wrapped(&stream).map_err(damaged)
}

/// Measures the sheets where the reader will look for them, and empties what they say of their own size.
fn measure(stream: &mut [u8]) -> Result<(), Refusal> {
    let mut sheets = Vec::new();
    for record in (Records { stream, place: 0 }) {
        match record.kind {
            END => break,
            PASSWORD => return Err(locked()),
            SHEET => sheets.push(record.long(stream, 0) as usize),
            _ => {}
        }
    }
    if sheets.len() > MOST_SHEETS {
        return Err(refused("the workbook has more than 256 sheets"));
    }
    let (mut cells, mut bytes) = (0u64, 0u64);
    let mut said = Vec::new();
    for place in sheets {
        let (mut rows, mut columns, mut depth) = (0u64, 0u64, 0u64);
        for record in (Records { stream, place }) {
            bytes += record.length as u64;
            let at = |place| u64::from(record.short(stream, place));
            match record.kind {
                BEGINNING => depth += 1,
                END if depth <= 1 => break,
                END => depth -= 1,
                DIMENSIONS => said.push(record),
                0x0006 | 0x0203..=0x0205 | 0x00d6 | 0x027e | 0x00fd | NUMBERS => {
                    let last = if record.kind == NUMBERS { at(record.length.saturating_sub(2)) } else { at(2) };
                    (rows, columns) = (rows.max(at(0) + 1), columns.max(last.max(at(2)) + 1));
                }
                _ => {}
            }
        }
        cells += rows * columns;
        if cells > MOST_CELLS || columns > 16_384 {
            return Err(refused(&format!("a sheet of the workbook reaches over {rows} rows and {columns} columns")));
        }
        // Sheets may claim the same records over and over.
        if bytes > 2 * LARGEST {
            return Err(refused("the sheets of the workbook overlap"));
        }
    }
    for record in said {
        stream[record.place..record.place + record.length].fill(0);
    }
    Ok(())
}

/// A container with nothing in it but the records.
fn wrapped(stream: &[u8]) -> std::io::Result<Cursor<Vec<u8>>> {
    // calamine refuses a later version without short streams.
    let mut file = cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new()))?;
    file.create_stream("/Workbook")?.write_all(stream)?;
    file.flush()?;
    let mut inner = file.into_inner();
    inner.set_position(0);
    Ok(inner)
}

/// Where a record's body lies.
#[derive(Clone, Copy)]
struct Record {
    kind: u16,
    place: usize,
    length: usize,
}

impl Record {
    /// Two bytes of the body, zero behind its end.
    fn short(self, stream: &[u8], at: usize) -> u16 {
        let byte = |at: usize| if at < self.length { stream[self.place + at] } else { 0 };
        u16::from_le_bytes([byte(at), byte(at + 1)])
    }

    fn long(self, stream: &[u8], at: usize) -> u32 {
        u32::from(self.short(stream, at)) | u32::from(self.short(stream, at + 2)) << 16
    }
}

struct Records<'a> {
    stream: &'a [u8],
    place: usize,
}

impl Iterator for Records<'_> {
    type Item = Record;

    /// Ends at a record that is cut: the reader refuses there.
    fn next(&mut self) -> Option<Record> {
        loop {
            let head = self.stream.get(self.place..)?.get(..4)?;
            let kind = u16::from_le_bytes([head[0], head[1]]);
            let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
            let place = self.place + 4;
            self.stream.get(place..place + length)?;
            self.place = place + length;
            if kind != CONTINUED {
                return Some(Record { kind, place, length });
            }
        }
    }
}

fn refused(message: &str) -> Refusal {
    Refusal::new(None, message, "save the table as .xlsx and drop that")
}

fn locked() -> Refusal {
    Refusal::new(None, "the workbook needs a password", "save it without a password and drop that")
}

fn damaged(error: std::io::Error) -> Refusal {
    let message = format!("the workbook cannot be read ({})", shown(&error.to_string()));
    Refusal::new(None, message, "open and save it as .xlsx, and drop that").because(&error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Reader, Xls};

    fn plan() -> Vec<u8> {
        let mut file = cfb::CompoundFile::open(Cursor::new(include_bytes!("testdata/plan.xls"))).expect("opened");
        let mut stream = Vec::new();
        file.open_stream("/Workbook").expect("stream").read_to_end(&mut stream).expect("read");
        stream
    }

    fn dimensions(stream: &[u8]) -> Record {
        Records { stream, place: 0 }.find(|record| record.kind == DIMENSIONS).expect("dimensions")
    }

    /// The reader makes room for as many rows as the file says it has, before it reads one.
    #[test]
    fn a_size_that_only_the_file_claims_takes_no_room() {
        let mut stream = plan();
        let said = dimensions(&stream);
        stream[said.place + 4..said.place + 8].copy_from_slice(&u32::MAX.to_le_bytes());
        measure(&mut stream).expect("measured");
        let mut book = Xls::new(wrapped(&stream).expect("wrapped")).expect("read");
        assert!(book.worksheets().iter().any(|(_, range)| !range.is_empty()));
    }

    #[test]
    fn cells_far_apart_are_refused() {
        let mut stream = plan();
        let far =
            Records { stream: &stream, place: 0 }.filter(|record| matches!(record.kind, 0x0203 | 0x027e | 0x00fd));
        let far = far.last().expect("a cell");
        stream[far.place..far.place + 4].copy_from_slice(&[255, 255, 255, 0]);
        assert!(measure(&mut stream).expect_err("refused").to_string().contains("65536 rows and 256 columns"));
    }
}
