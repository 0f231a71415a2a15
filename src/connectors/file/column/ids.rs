//! Ids stay texts, digit for digit. A spreadsheet or a program that took them for numbers has lost
//! digits or added some, and two orders may now have one id, or one order two.

use super::words::{is_invisible, is_sheet_error, is_unknown, quoted, tidy_cell};
use super::{Doubt, Seen};
use std::collections::BTreeSet;

/// What the values of a column of ids have shown so far.
#[derive(Clone, Debug, Default)]
pub struct IdProof {
    scientific: Option<Seen>,
    float: Option<Seen>,
    cut: Option<Seen>,
    /// Up to [`MOST_LONG`] different ids of more than 15 digits, with as many zeros at their end.
    long: BTreeSet<String>,
    zeros: usize,
    has_whole_long: bool,
}

/// A spreadsheet keeps 15 digits of a number.
const KEPT: usize = 15;
const MOST_LONG: usize = 8;
/// So many digits at the end of different ids are zero by chance once in ten thousand files.
const ZEROS_OF_A_SHEET: usize = 4;

impl IdProof {
    pub fn see(&mut self, line: u64, text: &str) {
        let id = tidy_cell(text);
        if id.len() > 60 || !id.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return;
        }
        if is_scientific(id) {
            self.scientific.get_or_insert_with(|| Seen::new(line, text));
        } else if is_float(id) {
            self.float.get_or_insert_with(|| Seen::new(line, text));
        } else if id.len() > KEPT && is_digits(id) {
            let end = id[KEPT..].len();
            if id[KEPT..].bytes().any(|digit| digit != b'0') {
                self.has_whole_long = true;
            } else if self.long.len() < MOST_LONG && self.long.insert(id.to_owned()) {
                self.zeros += end;
                self.cut.get_or_insert_with(|| Seen::new(line, text));
            }
        }
    }

    /// Why the column's ids cannot be trusted.
    pub fn doubt(&self, column: usize) -> Option<Doubt> {
        let told = |seen: &Seen, what: &str, remedy: &str| {
            Some(Doubt { column, line: Some(seen.line), message: format!("{seen}{what}"), remedy: remedy.to_owned() })
        };
        let again = "export again with the column as text, without opening the file in a spreadsheet";
        if let Some(seen) = &self.scientific {
            return told(seen, ", an id in scientific notation: its last digits are lost", again);
        }
        if let Some(seen) = &self.float {
            let remedy = "write the ids as text (in pandas: dtype=str), so that an id is the same in every file";
            return told(seen, ", an id that a program took for a number", remedy);
        }
        match &self.cut {
            Some(seen) if !self.has_whole_long && self.zeros >= ZEROS_OF_A_SHEET && self.long.len() > 1 => {
                told(seen, ", and all ids of more than 15 digits end with zeros: their last digits are lost", again)
            }
            _ => None,
        }
    }
}

/// The id of a row, or why there is none.
pub fn read(text: &str) -> Result<String, String> {
    let id = tidy_cell(text);
    if id.is_empty() {
        return Err("the id is missing".to_owned());
    }
    if is_unknown(id) {
        return Err(format!("{} stands for an unknown id", quoted(text)));
    }
    if is_sheet_error(id) {
        return Err(format!("{} is an error of a spreadsheet, not an id", quoted(text)));
    }
    if id.contains(is_invisible) {
        return Err(format!("{} holds an invisible sign", quoted(text)));
    }
    // The whole column was refused for these; a value that was not seen must not slip through.
    if is_scientific(id) || is_float(id) {
        return Err(format!("{} is a number, not an id", quoted(text)));
    }
    Ok(id.to_owned())
}

/// `2.02611E+11`; not `12E5`, which may well be an id.
fn is_scientific(id: &str) -> bool {
    let Some((mantissa, exponent)) = id.split_once(['E', 'e']) else { return false };
    let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_number = is_digits(whole) && is_digits(fraction) && is_digits(digits) && digits.len() <= 3;
    is_number && (digits.len() < exponent.len() || mantissa.len() > whole.len())
}

/// `1001.0`
fn is_float(id: &str) -> bool {
    id.split_once(['.', ',']).is_some_and(|(whole, fraction)| {
        is_digits(whole) && !fraction.is_empty() && fraction.bytes().all(|digit| digit == b'0')
    })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubt(ids: &[&str]) -> Option<String> {
        let mut proof = IdProof::default();
        (2..).zip(ids).for_each(|(line, id)| proof.see(line, id));
        proof.doubt(0).map(|doubt| doubt.message)
    }

    #[test]
    fn ids_keep_every_digit_and_lose_what_a_sheet_put_around_them() {
        let ids = ["0010", " 0012\u{a0}", "'007", "=\"0012\"", "INV-0007", "12E5", "9007199254740993", "1.2.3"];
        let right = ["0010", "0012", "007", "0012", "INV-0007", "12E5", "9007199254740993", "1.2.3"];
        assert_eq!(ids.map(|id| read(id).expect("an id")), right);
        assert_eq!(doubt(&ids), None);
    }

    #[test]
    fn words_for_unknown_and_errors_are_no_ids() {
        for id in ["", "N/A", "-", "(not set)", "#N/A", "#REF!", "A\u{202e}1", "1001.0", "2.02611E+11"] {
            assert!(read(id).is_err(), "{id}");
        }
    }

    #[test]
    fn a_column_that_was_taken_for_numbers_is_refused() {
        assert!(
            doubt(&["A-1", "2.02611E+11"]).is_some_and(|message| message.starts_with("line 3 has \"2.02611E+11\""))
        );
        assert!(doubt(&["2,02611E+11"]).is_some() && doubt(&["2.02611e11"]).is_some());
        assert!(doubt(&["1001.0"]).is_some() && doubt(&["1001,00"]).is_some());
        assert!(doubt(&["120210000000001000", "120210000000002000"]).is_some());
        assert!(doubt(&["120210000000001000", "120210000000001000"]).is_none());
        assert!(doubt(&["120210000000001000", "120210000000002001"]).is_none());
        assert!(doubt(&["1234567890123450", "1234567890123460"]).is_none());
    }
}
