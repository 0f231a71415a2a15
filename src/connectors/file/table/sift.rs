//! Which rows count, by a column that says so: a payment that failed is in the export and is no revenue.

use crate::connectors::file::columns::Sieve;
use crate::connectors::file::shape::{shown, tidy};
use std::collections::BTreeMap;

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sifted {
    Counts,
    LeftOut,
    /// Nobody has said whether it counts.
    Unknown(String),
}

/// The sieves of a file at work.
#[derive(Debug)]
pub struct Sift<'a> {
    sieves: &'a [Sieve],
    columns: &'a [String],
    /// Columns of the key: further rows of one that is left out are left out with it.
    key: Vec<usize>,
    last_out: Option<Vec<String>>,
    /// How many rows each column and value left out.
    left_out: BTreeMap<(usize, String), u64>,
}

impl<'a> Sift<'a> {
    pub fn new(sieves: &'a [Sieve], columns: &'a [String], key: Vec<usize>) -> Self {
        Self { sieves, columns, key, last_out: None, left_out: BTreeMap::new() }
    }

    /// Judges a row; what is left out by one column is left out whatever the others say.
    pub fn judge(&mut self, values: &[Option<&str>]) -> Sifted {
        if self.sieves.is_empty() {
            return Sifted::Counts;
        }
        let text = |at: usize| values.get(at).copied().flatten().map(str::trim).filter(|text| !text.is_empty());
        let key = || -> Vec<String> { self.key.iter().map(|at| text(*at).unwrap_or_default().to_owned()).collect() };
        let mut unknown = None;
        let mut blank = 0;
        for Sieve { column, filter } in self.sieves {
            let Some(value) = text(*column) else {
                blank += 1;
                continue;
            };
            let tidied = tidy(value);
            let is_out = !filter.is_strict && !filter.counts.contains(&tidied);
            if is_out || filter.leaves_out.contains(&tidied) {
                self.last_out = Some(key());
                *self.left_out.entry((*column, shown(value))).or_default() += 1;
                return Sifted::LeftOut;
            }
            if !filter.counts.contains(&tidied) {
                let name = shown(&self.columns[*column]);
                unknown.get_or_insert_with(|| format!("{name}: nobody has said whether {:?} counts", shown(value)));
            }
        }
        if blank == self.sieves.len() && self.last_out.as_ref().is_some_and(|out| *out == key() && !out.is_empty()) {
            return Sifted::LeftOut;
        }
        unknown.map_or(Sifted::Counts, Sifted::Unknown)
    }

    /// What was left out, in words.
    pub fn notes(&self) -> Vec<String> {
        let told = self.left_out.iter().map(|((column, value), count)| {
            let name = shown(&self.columns[*column]);
            let (rows, are) = if *count == 1 { ("row", "is") } else { ("rows", "are") };
            format!("{count} {rows} with {name} {value:?} {are} left out")
        });
        told.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::file::preset::Filter;

    #[test]
    fn an_order_that_was_not_paid_is_left_out_with_all_its_lines() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let filter = Filter {
            headers: words(&["Status"]),
            counts: words(&["paid"]),
            leaves_out: words(&["pending"]),
            is_needed: true,
            is_strict: true,
        };
        let sieves = [Sieve { column: 1, filter }];
        let columns = words(&["Name", "Status"]);
        let mut sift = Sift::new(&sieves, &columns, vec![0]);
        let rows =
            [["#1", "Paid"], ["#1", ""], ["#2", "pending"], ["#2", ""], ["#3", "PAID"], ["#3", ""], ["#4", "odd"]];
        let judged: Vec<Sifted> = rows.iter().map(|row| sift.judge(&row.map(Some))).collect();
        let counts = || Sifted::Counts;
        assert_eq!(judged[..6], [counts(), counts(), Sifted::LeftOut, Sifted::LeftOut, counts(), counts()]);
        assert_eq!(judged[6], Sifted::Unknown("Status: nobody has said whether \"odd\" counts".to_owned()));
        assert_eq!(sift.notes(), ["1 row with Status \"pending\" is left out"]);
    }
}
