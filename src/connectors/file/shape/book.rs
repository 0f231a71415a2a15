//! A workbook of any kind: its sheets, and their cells in order. Nothing is read before its unpacked size
//! is known.

use super::cells::{Writing, borrowed};
use super::grid::{Grid, Merged, Part, Row};
use super::source::too_large;
use super::{Ask, Refusal, archive, ods, shown, sniff, xls};
use calamine::{DataRef, Reader, SheetType, SheetVisible, Xls, Xlsb, Xlsx};
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Texts shared by all sheets lie in memory.
const MOST_SHARED: u64 = 64 << 20;
/// Styles, names and links lie in memory as well.
const MOST_OTHER: u64 = 16 << 20;
/// Cells over several rows that are looked at.
const MOST_MERGED: usize = 1000;

/// Excel and LibreOffice end at 1,048,576; some versions go on to 16,777,216.
const MOST_ROWS_OF_A_SHEET: u32 = 1 << 24;

type Reading<T> = Result<T, Refusal>;

/// Opened.
pub enum Book {
    Xlsx(Box<Xlsx<BufReader<File>>>),
    Xlsb(Box<Xlsb<BufReader<File>>>),
    Xls(Box<Xls<Cursor<Vec<u8>>>>),
    Ods(PathBuf),
}

impl Book {
    /// The workbook at `path`, which begins with `head`.
    pub fn open(path: &Path, head: &[u8], ask: &Ask) -> Reading<Self> {
        let file = || File::open(path).map(BufReader::new).map_err(|error| super::source::broken(&error));
        if sniff::kind(head) == sniff::Kind::Compound {
            let file = xls::measured(path)?;
            return Ok(Self::Xls(Box::new(guarded(|| Xls::new(file).map_err(unreadable))?)));
        }
        let kind = measured(path, ask.max_bytes)?;
        Ok(match kind {
            "content.xml" => Self::Ods(path.to_owned()),
            "xl/workbook.bin" => Self::Xlsb(Box::new(guarded(|| Xlsb::new(file()?).map_err(unreadable))?)),
            _ => Self::Xlsx(Box::new(guarded(|| Xlsx::new(file()?).map_err(unreadable))?)),
        })
    }

    /// Names and whether they are visible.
    fn sheets(&self) -> Reading<Vec<(String, bool)>> {
        let metadata = match self {
            Self::Xlsx(book) => book.sheets_metadata(),
            Self::Xlsb(book) => book.sheets_metadata(),
            Self::Xls(book) => book.sheets_metadata(),
            Self::Ods(path) => return with_content(path, |xml| ods::sheets(xml)),
        };
        let sheets = metadata.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        Ok(sheets.map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible)).collect())
    }

    /// The sheet that is asked for, or the only visible one with data.
    pub fn choose(&mut self, ask: &Ask) -> Reading<String> {
        let sheets = self.sheets()?;
        let list = |names: &[&String]| {
            let names: Vec<String> = names.iter().take(12).map(|name| format!("{:?}", shown(name))).collect();
            names.join(", ")
        };
        let all: Vec<&String> = sheets.iter().map(|(name, _)| name).collect();
        if let Some(wanted) = &ask.sheet {
            let fold = |name: &str| name.trim().to_lowercase();
            let found =
                all.iter().find(|name| **name == wanted).or_else(|| all.iter().find(|name| fold(name) == fold(wanted)));
            return found.map(|name| (*name).clone()).ok_or_else(|| {
                let message = format!("there is no sheet {:?}", shown(wanted));
                Refusal::new(None, message, format!("it has {}", list(&all)))
            });
        }
        let mut filled = Vec::new();
        for (name, is_visible) in &sheets {
            if *is_visible && self.is_filled(name)? {
                filled.push(name);
            }
        }
        match filled.as_slice() {
            [only] => Ok((*only).clone()),
            [] => Err(Refusal::new(
                None,
                "no visible sheet of the workbook holds data",
                format!("fill one, or name one of {} with sheet = \"…\"", list(&all)),
            )),
            [first, ..] => Err(Refusal::new(
                None,
                format!("the workbook has several sheets with data: {}", list(&filled)),
                format!("name one, for instance sheet = {:?}", shown(first)),
            )),
        }
    }

    fn is_filled(&mut self, sheet: &str) -> Reading<bool> {
        let mut is_filled = false;
        let mut writing = Writing { decimal_mark: '.', long_number: None };
        self.each(sheet, Part { area: None, max_bytes: u64::MAX }, &mut writing, &mut |_| {
            is_filled = true;
            Ok(false)
        })?;
        Ok(is_filled)
    }

    /// Hands out the rows that hold anything, in their order, until `take` has enough.
    pub fn each(
        &mut self,
        sheet: &str,
        part: Part,
        writing: &mut Writing,
        take: &mut dyn FnMut(Row<'_>) -> Reading<bool>,
    ) -> Reading<()> {
        let mut grid = Grid::new(part, take);
        match self {
            Self::Xlsx(book) => {
                let regions = guarded(|| book.merge_cells_by_sheet_name(sheet).map_err(unreadable))?;
                let tall = regions.into_iter().filter(|region| region.end.0 > region.start.0).take(MOST_MERGED);
                grid.merge(tall.map(|region| Merged::new(region.start, region.end.0)).collect());
                let mut cells = guarded(|| book.worksheet_cells_reader(sheet).map_err(unreadable))?;
                while let Some(cell) = guarded(|| cells.next_cell().map_err(unreadable))? {
                    if !give(&mut grid, cell.get_position(), cell.get_value(), writing)? {
                        return Ok(());
                    }
                }
            }
            Self::Xlsb(book) => {
                let mut cells = guarded(|| book.worksheet_cells_reader(sheet).map_err(unreadable))?;
                while let Some(cell) = guarded(|| cells.next_cell().map_err(unreadable))? {
                    if !give(&mut grid, cell.get_position(), cell.get_value(), writing)? {
                        return Ok(());
                    }
                }
            }
            Self::Xls(book) => {
                let range = guarded(|| book.worksheet_range(sheet).map_err(unreadable))?;
                let (first_row, first_column) = range.start().unwrap_or((0, 0));
                for (row, column, cell) in range.used_cells() {
                    let place = (first_row + row as u32, first_column + column as u32);
                    if !give(&mut grid, place, &borrowed(cell), writing)? {
                        return Ok(());
                    }
                }
            }
            Self::Ods(path) => return with_content(path, |xml| ods::read(xml, sheet, writing.decimal_mark, &mut grid)),
        }
        grid.flush()?;
        Ok(())
    }
}

fn give(grid: &mut Grid<'_>, place: (u32, u32), value: &DataRef<'_>, writing: &mut Writing) -> Reading<bool> {
    if matches!(value, DataRef::Empty) || !grid.wants(place.0, place.1) {
        return Ok(true);
    }
    if place.0 >= MOST_ROWS_OF_A_SHEET {
        return Err(unreadable("a cell lies below the last row that a sheet can have"));
    }
    let text = writing.text(value, place.0 + 1);
    if matches!(value, DataRef::String(_) | DataRef::SharedString(_)) {
        grid.say(place, &text);
    }
    grid.cell(place.0, place.1, text)
}

/// Unpacks every part once, to nowhere: what an archive says of its sizes may be a lie. Yields the part
/// that says which kind of workbook it is.
fn measured(path: &Path, max_bytes: u64) -> Reading<&'static str> {
    let mut archive = archive::open(path)?;
    let mut kind = None;
    let mut total = 0;
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(|error| {
            let message = format!(
                "the workbook cannot be opened: it seems cut, damaged or locked ({})",
                shown(&error.to_string())
            );
            Refusal::new(None, message, "drop it again once it is complete, without a password")
        })?;
        let name = part.name().map(|name| name.trim_start_matches('/').to_ascii_lowercase()).unwrap_or_default();
        for known in ["content.xml", "xl/workbook.bin", "xl/workbook.xml"] {
            if name == known {
                kind = Some(known);
            }
        }
        // Pictures and macros are never read.
        if !(name.ends_with(".xml") || name.ends_with(".rels") || name.ends_with(".bin")) || name.contains("vbaproject")
        {
            continue;
        }
        let is_streamed = name.contains("worksheets/") || name == "content.xml";
        let most = if is_streamed {
            max_bytes
        } else if name.contains("sharedstrings") {
            MOST_SHARED
        } else {
            MOST_OTHER
        };
        let mut buffer = [0; 1 << 14];
        let mut size = 0;
        loop {
            let count = part.read(&mut buffer).map_err(|error| super::source::broken(&error))?;
            if count == 0 {
                break;
            }
            size += count as u64;
            total += count as u64;
            if size > most || total > max_bytes {
                return Err(if total > max_bytes {
                    too_large(max_bytes)
                } else {
                    let message = format!("the texts of the workbook unpack to more than {} MB", most >> 20);
                    Refusal::new(None, message, "save the sheet as CSV (UTF-8) and drop that")
                });
            }
        }
    }
    kind.ok_or_else(|| {
        Refusal::new(None, "this is an archive, but no workbook", "give it the ending .zip, or drop what is inside")
    })
}

fn with_content<T>(path: &Path, use_it: impl FnOnce(BufReader<&mut dyn Read>) -> Reading<T>) -> Reading<T> {
    let mut archive = archive::open(path)?;
    let mut part = archive.by_name("content.xml").map_err(|error| {
        Refusal::new(
            None,
            format!("the workbook cannot be read ({})", shown(&error.to_string())),
            "save it anew and drop it again",
        )
    })?;
    use_it(BufReader::new(&mut part as &mut dyn Read))
}

/// The readers of workbooks may panic on hostile files; that is a refusal like any other.
fn guarded<T>(read: impl FnOnce() -> Reading<T>) -> Reading<T> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(unreadable("its records make no sense")))
}

fn unreadable(error: impl std::fmt::Display) -> Refusal {
    let text = error.to_string();
    if text.to_ascii_lowercase().contains("password") {
        return Refusal::new(None, "the workbook needs a password", "save it without a password and drop that");
    }
    let message = format!("the workbook cannot be read: it seems damaged ({})", shown(&text));
    Refusal::new(None, message, "open and save it in Excel or LibreOffice, and drop it again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_below_the_last_row_is_a_refusal() {
        let mut take = |_: Row<'_>| Ok(true);
        let mut grid = Grid::new(Part { area: None, max_bytes: 99 }, &mut take);
        let mut writing = Writing { decimal_mark: '.', long_number: None };
        assert!(give(&mut grid, (u32::MAX, 0), &DataRef::Int(1), &mut writing).is_err());
        assert!(give(&mut grid, (1, 0), &DataRef::Int(1), &mut writing).is_ok());
    }
}
