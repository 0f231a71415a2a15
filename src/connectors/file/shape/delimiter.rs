//! Which sign stands between values, decided over the first lines with quotes respected. Pure.

use super::LAST_HEADER_LINE;
use super::header::{Sampled, Wanted, is_name, usual_width};
use super::lines::{END, Lines, Watch};
use super::padding::{self, Unpadded};
use std::io::Read;

/// No more rows than these are looked at.
const MOST_SAMPLED: usize = 400;

const SIGNS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Excel's own hint, `sep=;`, which no other program expects: the sign and the hint's length.
pub fn hint(head: &str) -> Option<u8> {
    let line = head.split(['\n', '\r']).next()?.trim_end_matches([',', ' ']).trim_matches('"');
    let full = head.split(['\n', '\r']).next()?.trim_matches('"');
    let is_hint = |line: &str| line.len() == 5 && line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sep="));
    let line = if is_hint(full) { full } else { line };
    let sign = *line.as_bytes().get(4)?;
    (is_hint(line) && sign.is_ascii() && !sign.is_ascii_alphanumeric() && sign != b'"').then_some(sign)
}

/// The delimiter of a text that begins with `head`.
pub fn decide(head: &str, wanted: &Wanted) -> u8 {
    let mut best = (b',', (0, 0.0));
    for sign in SIGNS {
        let (rows, _) = sample(head, sign);
        let score = score(&rows, wanted, sign);
        if score.0 > best.1.0 || (score.0 == best.1.0 && score.1 > best.1.1) {
            best = (sign, score);
        }
    }
    best.0
}

/// The wanted names found in one row count most; then how many rows are split into equally many values,
/// many values weighing more, and whether the first of them looks like names: decimal commas
/// split rows as evenly as semicolons do, but not their header.
fn score(rows: &[Sampled], wanted: &Wanted, sign: u8) -> (usize, f64) {
    let width = usual_width(rows);
    if width < 2 {
        return (0, 0.0);
    }
    let held = |row: &Sampled| if row.width() < 2 { 0 } else { wanted.held(&row.values).0 };
    let names = rows.iter().filter(|row| row.line <= LAST_HEADER_LINE).map(held).max().unwrap_or(0);
    let filled = rows.iter().filter(|row| row.width() > 0).count().max(1) as f64;
    let even = rows.iter().filter(|row| row.width() == width).count() as f64;
    let first = rows.iter().find(|row| row.width() == width);
    let looks_named = first.is_some_and(|row| row.values[..width].iter().all(|value| is_name(value)));
    // A sign with a blank behind it stands in a sentence.
    let is_prose =
        |row: &&Sampled| row.width() > 1 && row.values[1..row.width()].iter().all(|value| value.starts_with(' '));
    let prose = rows.iter().filter(is_prose).count() as f64;
    // Another sign beside a quotation mark: that one stands between the values.
    let others = SIGNS.iter().filter(|other| **other != sign).map(|other| char::from(*other));
    let borders: Vec<String> = others.flat_map(|other| [format!("\"{other}"), format!("{other}\"")]).collect();
    let is_split = |value: &String| value.contains('"') && borders.iter().any(|border| value.contains(border));
    let split_wrong = rows.iter().filter(|row| row.values.iter().any(is_split)).count() as f64;
    let doubt = if prose * 2.0 > filled || split_wrong * 2.0 > filled { 0.4 } else { 1.0 };
    // The header of a wide table has one wanted name.
    let hope = if names == 1 { 1.5 } else { 1.0 };
    let score = even / filled * (width as f64).ln() * doubt * hope * if looks_named { 2.0 } else { 1.0 };
    (if names >= 2 { names } else { 0 }, score)
}

/// The first rows of a text, split at `sign`, and whether blanks before quotation marks are no part of values.
pub fn sample(head: &str, sign: u8) -> (Vec<Sampled>, bool) {
    let lines = |watch: &Watch| Lines::new(head.as_bytes(), watch.clone(), false);
    let watch = Watch::default();
    let (plain, plain_is_open) = rows(lines(&watch), &watch, sign);
    if padding::is_suspect(&plain) {
        let watch = Watch::default();
        let (unpadded, is_open) = rows(Unpadded::new(lines(&watch), sign), &watch, sign);
        // A mark that nothing closes belongs to a text.
        if is_open <= plain_is_open && padding::is_better(&plain, &unpadded) {
            return (unpadded, true);
        }
    }
    (plain, false)
}

/// Rows, and whether a quotation mark was open at the end.
fn rows(lines: impl Read, watch: &Watch, sign: u8) -> (Vec<Sampled>, bool) {
    let mut reader = csv::ReaderBuilder::new().delimiter(sign).has_headers(false).flexible(true).from_reader(lines);
    let mut record = csv::StringRecord::new();
    let (mut rows, mut is_open) = (Vec::new(), false);
    while rows.len() < MOST_SAMPLED {
        let begins = reader.position().line();
        watch.since_record.set(0);
        if !matches!(reader.read_record(&mut record), Ok(true)) {
            break;
        }
        if record.iter().any(|value| value.ends_with(END)) {
            break;
        }
        // Within a value the end of the text is followed by the end of its line.
        is_open = record.iter().next_back().is_some_and(|value| value.ends_with("\0\n"));
        let line = begin_of(&record, begins, reader.position().line());
        // Names are short; what is long need not be kept to judge.
        let values = record.iter().map(|value| value.chars().take(600).collect()).collect();
        rows.push(Sampled { line, values });
    }
    (rows, is_open)
}

/// The line a record begins on, counted back from its end: blank lines before it are no part of it.
pub fn begin_of(record: &csv::StringRecord, begins: u64, ends: u64) -> u64 {
    if ends == begins + 1 {
        return begins;
    }
    let inside = memchr::memchr_iter(b'\n', record.as_slice().as_bytes()).count() as u64;
    ends.saturating_sub(inside + 1).max(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(head: &str) -> char {
        char::from(decide(head, &Wanted::default()))
    }

    #[test]
    fn signs_inside_values_do_not_deceive() {
        assert_eq!(decided("date;a;b\n2026-11-01;1,5;2,5\n2026-11-02;3,5;4,5\n"), ';');
        assert_eq!(decided("a\tb, c, d\n1\t\"x, y, z\"\n"), '\t');
        assert_eq!(decided("name|note\nx|a, b\ny|c\n"), '|');
        assert_eq!(decided("\"Channel\"\t\"2026-03\"\n\"a\"\t\"1,2\"\n\"b, c\"\t\"3,4\"\n"), '\t');
        let sums =
            "Channel|2026-03|2026-04|2026-05\n".to_owned() + &"\"a\"|\"1,234.5\"|\"6,789.5\"|\"1,111.5\"\n".repeat(9);
        assert_eq!(decided(&sums), '|');
        let months =
            "Channel;2026-03;2026-04\n".to_owned() + &"a;1 200,50;3 400,50\nb;800;950,25\nc;7,5;900,25\n".repeat(9);
        assert_eq!(decided(&months), ';');
        assert_eq!(decided("just one column\n1\n2\n"), ',');
        assert_eq!(decided(""), ',');
    }

    #[test]
    fn the_hint_of_excel_is_one_line_with_one_sign() {
        assert_eq!(hint("sep=;\r\na;b\n"), Some(b';'));
        assert_eq!(hint("SEP=,\na,b\n"), Some(b','));
        assert_eq!(hint("\"sep=\t\"\na\tb\n"), Some(b'\t'));
        assert_eq!(hint("sep=ab\n"), None);
        assert_eq!(hint("separator\n"), None);
    }
}
