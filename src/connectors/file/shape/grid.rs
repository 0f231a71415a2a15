//! Cells as they come, put together to rows. A row holds no more than 500 columns and 1 MB.

use super::{LONGEST_RECORD, MOST_COLUMNS, Refusal};

/// The part of a sheet to read, rows and columns counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub first: (u32, u32),
    pub last: (u32, u32),
}

impl Area {
    /// `A3:F200`, `A3:F` or `A:F`.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once(':')?;
        let corner = |text: &str, row_if_absent: u32| {
            let text = text.trim().trim_matches('$');
            let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (column, row) = text.split_at(letters);
            let place = column.bytes().try_fold(0u32, |place, letter| {
                place.checked_mul(26)?.checked_add(u32::from(letter.to_ascii_uppercase() - b'A') + 1)
            })?;
            let row = match row.trim_start_matches('$') {
                "" => row_if_absent,
                row => row.parse::<u32>().ok()?.checked_sub(1)?,
            };
            Some((row, place.checked_sub(1)?))
        };
        let (first, last) = (corner(from, 0)?, corner(to, u32::MAX)?);
        (first.0 <= last.0 && first.1 <= last.1).then_some(Self { first, last })
    }
}

/// What of a sheet is read, and how much text may come out of it: cells may share one long text, and
/// rows may be declared as repeated.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub area: Option<Area>,
    pub max_bytes: u64,
}

/// A column's letters, counted from 0.
pub fn letters(mut column: u32) -> String {
    let mut letters = Vec::new();
    loop {
        letters.insert(0, char::from(b'A' + (column % 26) as u8));
        if column < 26 {
            return letters.into_iter().collect();
        }
        column = column / 26 - 1;
    }
}

/// A row of a sheet.
pub struct Row<'a> {
    /// Counted from 1.
    pub number: u32,
    pub values: &'a [String],
    /// The first filled column that no table reaches to.
    pub beyond: Option<u32>,
}

/// Takes cells, gives rows; `false` from `take` ends the reading.
pub struct Grid<'a> {
    area: Option<Area>,
    max_bytes: u64,
    total: u64,
    take: &'a mut dyn FnMut(Row<'_>) -> Result<bool, Refusal>,
    row: Option<u32>,
    values: Vec<String>,
    bytes: usize,
    beyond: Option<u32>,
    merged: Vec<Merged>,
}

/// Cells of several rows that are one cell: what it says holds for each row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// Rows and columns, counted from 0.
    pub first: (u32, u32),
    pub last_row: u32,
    text: String,
}

impl Merged {
    pub fn new(first: (u32, u32), last_row: u32) -> Self {
        Self { first, last_row, text: String::new() }
    }
}

impl<'a> Grid<'a> {
    pub fn new(part: Part, take: &'a mut dyn FnMut(Row<'_>) -> Result<bool, Refusal>) -> Self {
        Self {
            area: part.area,
            max_bytes: part.max_bytes,
            total: 0,
            take,
            row: None,
            values: Vec::new(),
            bytes: 0,
            beyond: None,
            merged: Vec::new(),
        }
    }

    /// Cells that reach over several rows.
    pub fn merge(&mut self, cells: Vec<Merged>) {
        self.merged = cells;
    }

    /// Keeps a text for the further rows of its cell. Numbers are not: an amount over three rows is one amount.
    pub fn say(&mut self, place: (u32, u32), text: &str) {
        if let Some(cell) = self.merged.iter_mut().find(|cell| cell.first == place) {
            text.clone_into(&mut cell.text);
        }
    }

    /// Fills in what cells above say of a row.
    fn fill(&mut self, row: u32) {
        let first_column = self.area.map_or(0, |area| area.first.1);
        for cell in &self.merged {
            if cell.text.is_empty() || row <= cell.first.0 || row > cell.last_row || cell.first.1 < first_column {
                continue;
            }
            let place = (cell.first.1 - first_column) as usize;
            if place < MOST_COLUMNS && self.values.get(place).is_none_or(String::is_empty) {
                if self.values.len() <= place {
                    self.values.resize(place + 1, String::new());
                }
                cell.text.clone_into(&mut self.values[place]);
            }
        }
    }

    /// Whether a cell of this place is wanted at all.
    pub fn wants(&self, row: u32, column: u32) -> bool {
        self.area.is_none_or(|area| {
            (area.first.0..=area.last.0).contains(&row) && (area.first.1..=area.last.1).contains(&column)
        })
    }

    /// A filled cell, rows in their order; `false` if no more are wanted.
    pub fn cell(&mut self, row: u32, column: u32, text: String) -> Result<bool, Refusal> {
        if !self.wants(row, column) || text.is_empty() {
            return Ok(true);
        }
        if self.row != Some(row) {
            if self.row.is_some_and(|before| before > row) {
                let message = "the rows of the sheet are out of order";
                return Err(Refusal::new(
                    Some(u64::from(row) + 1),
                    message,
                    "open and save it in Excel or LibreOffice",
                ));
            }
            if !self.flush()? {
                return Ok(false);
            }
            self.row = Some(row);
        }
        let place = (column - self.area.map_or(0, |area| area.first.1)) as usize;
        if place >= MOST_COLUMNS {
            self.beyond = self.beyond.or(Some(column));
            return Ok(true);
        }
        self.bytes += text.len();
        self.total += text.len() as u64 + 1;
        if self.total > self.max_bytes {
            return Err(super::source::too_large(self.max_bytes));
        }
        if self.bytes > LONGEST_RECORD {
            let message = "the row is longer than 1 MB";
            return Err(Refusal::new(Some(u64::from(row) + 1), message, "take the long texts out of the sheet"));
        }
        if self.values.len() <= place {
            self.values.resize(place + 1, String::new());
        }
        self.values[place] = text;
        Ok(true)
    }

    /// Hands out the last row.
    pub fn flush(&mut self) -> Result<bool, Refusal> {
        let Some(row) = self.row.take() else { return Ok(true) };
        self.fill(row);
        let goes_on = (self.take)(Row { number: row + 1, values: &self.values, beyond: self.beyond })?;
        self.values.clear();
        self.bytes = 0;
        self.beyond = None;
        Ok(goes_on)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_excel_writes_it() {
        assert_eq!(Area::parse("A3:F200"), Some(Area { first: (2, 0), last: (199, 5) }));
        assert_eq!(Area::parse("$B$1:aa2"), Some(Area { first: (0, 1), last: (1, 26) }));
        assert_eq!(Area::parse("A:C"), Some(Area { first: (0, 0), last: (u32::MAX, 2) }));
        for wrong in ["", "A3", "F1:A1", "A0:B2", "1:2", "ZZZZZZZZZ1:A2", "A1:B2:C3"] {
            assert_eq!(Area::parse(wrong), None, "{wrong}");
        }
        assert_eq!([letters(0), letters(25), letters(26), letters(16383)], ["A", "Z", "AA", "XFD"]);
    }
}
