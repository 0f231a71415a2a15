//! Rows that add others up: exports end, or begin, with totals, which must not count a second time.

use rust_decimal::Decimal;

/// What a total is called where people and vendors write one, in lower case.
const WORDS: [&str; 14] = [
    "total",
    "totals",
    "grand total",
    "sum",
    "summe",
    "gesamt",
    "gesamtsumme",
    "insgesamt",
    "totale",
    "total general",
    "total général",
    "totaal",
    "suma",
    "subtotal",
];

/// Whether the first value of a row names it as a total: `Total`, `Total: Account`, `Gesamt - Filter`.
pub fn is_named_total(values: &[Option<&str>]) -> bool {
    let Some(first) = values.iter().flatten().map(|value| value.trim()).find(|value| !value.is_empty()) else {
        return false;
    };
    is_total(first)
}

/// Whether a text names a total.
pub fn is_total(text: &str) -> bool {
    if text.len() > 60 {
        return false;
    }
    let lower = text.to_lowercase();
    let head = lower.split([':', '-', '–', '(']).next().unwrap_or_default().trim();
    WORDS.contains(&head)
}

/// Rows that lack what they are about and only have numbers, with the first of these: whether they add the
/// others up is known once all are read.
#[derive(Debug, Default)]
pub struct Nameless {
    rows: Vec<(u64, Decimal, String)>,
    sum: Decimal,
}

/// A file has one such row, or one a level; more are no totals.
const MOST: usize = 5;

impl Nameless {
    /// Counts a row that names what it is about.
    pub fn add(&mut self, amount: Option<Decimal>) {
        self.sum = self.sum.saturating_add(amount.unwrap_or_default());
    }

    /// Whether another row can be kept for later.
    pub fn has_room(&self) -> bool {
        self.rows.len() < MOST
    }

    /// Keeps a row for later, with the record that it becomes if it is no total.
    pub fn keep(&mut self, line: u64, amount: Decimal, record: String) {
        self.rows.push((line, amount, record));
    }

    /// The lines of totals, and the records of rows that are none.
    pub fn settle(self) -> (Vec<u64>, Vec<String>) {
        let (mut totals, mut others) = (Vec::new(), Vec::new());
        for (line, amount, record) in self.rows {
            // Vendors round each row to a cent.
            let is_total = (amount - self.sum).abs() <= Decimal::new(5, 1) && !amount.is_zero();
            if is_total { totals.push(line) } else { others.push(record) }
        }
        (totals, others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_known_by_what_they_are_called() {
        for text in ["Total", "Total: Account", "Grand Total:", "GESAMT", "Summe", "Total – Search campaigns"] {
            assert!(is_named_total(&[None, Some(text), Some("12")]), "{text}");
        }
        for text in ["Totally Fit", "Total Wine & More", "", "Sum 41", "2026-11-01"] {
            assert!(!is_named_total(&[Some(text), Some("12")]), "{text}");
        }
    }

    #[test]
    fn a_nameless_row_is_a_total_if_it_adds_the_others_up() {
        let mut nameless = Nameless::default();
        nameless.keep(2, Decimal::new(4124, 1), "sum".to_owned());
        nameless.add(Some(Decimal::new(21015, 2)));
        nameless.add(Some(Decimal::new(20222, 2)));
        nameless.keep(9, Decimal::ONE, "other".to_owned());
        assert!(nameless.has_room());
        assert_eq!(nameless.settle(), (vec![2], vec!["other".to_owned()]));
    }
}
