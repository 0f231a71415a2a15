//! Blanks between a delimiter and a quotation mark, as in `"a", "b, c"`: a reader of CSV takes such a mark for a part
//! of the value and splits it. They are taken away while the text is read.

use super::header::Sampled;
use std::collections::BTreeMap;
use std::io::{self, Read};

/// Nobody indents further.
const MOST: usize = 64;

/// Takes blanks away that stand between a delimiter, or the start of a line, and a quotation mark.
pub struct Unpadded<R> {
    inner: R,
    delimiter: u8,
    place: Place,
    /// Blanks held back at the start of a value.
    held: usize,
    buffer: Vec<u8>,
    /// What of the buffer is not handed out yet.
    from: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Plain,
    Quoted,
    /// Behind a mark that ends the value, or is the first of two.
    Mark,
}

impl<R: Read> Unpadded<R> {
    pub fn new(inner: R, delimiter: u8) -> Self {
        Self { inner, delimiter, place: Place::Start, held: 0, buffer: Vec::new(), from: 0 }
    }

    fn push(&mut self, byte: u8) {
        let ends = byte == self.delimiter || matches!(byte, b'\n' | b'\r');
        if self.place == Place::Start {
            if byte == b' ' && self.held < MOST && byte != self.delimiter {
                self.held += 1;
                return;
            }
            if byte != b'"' {
                self.buffer.resize(self.buffer.len() + self.held, b' ');
            }
            self.held = 0;
        }
        self.place = match (self.place, byte) {
            (Place::Start | Place::Mark, b'"') => Place::Quoted,
            (Place::Quoted, b'"') => Place::Mark,
            (Place::Quoted, _) => Place::Quoted,
            _ if ends => Place::Start,
            _ => Place::Plain,
        };
        self.buffer.push(byte);
    }
}

impl<R: Read> Read for Unpadded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.from == self.buffer.len() {
            let mut chunk = [0; 8192];
            let count = self.inner.read(&mut chunk)?;
            self.from = 0;
            self.buffer.clear();
            if count == 0 {
                self.buffer.resize(self.held, b' ');
                self.held = 0;
                if self.buffer.is_empty() {
                    return Ok(0);
                }
            }
            chunk[..count].iter().for_each(|byte| self.push(*byte));
        }
        let count = out.len().min(self.buffer.len() - self.from);
        out[..count].copy_from_slice(&self.buffer[self.from..self.from + count]);
        self.from += count;
        Ok(count)
    }
}

/// Whether a value may have been quoted behind blanks.
pub fn is_suspect(rows: &[Sampled]) -> bool {
    rows.iter().flat_map(|row| &row.values).any(|value| is_indented_quote(value))
}

fn is_indented_quote(value: &str) -> bool {
    value.starts_with(' ') && value.trim_start_matches(' ').starts_with('"')
}

/// Whether rows are better read without such blanks: more of them have as many values as most, or else
/// all values in question end with a quotation mark too.
pub fn is_better(plain: &[Sampled], unpadded: &[Sampled]) -> bool {
    let is_closed = |value: &String| value.trim().len() >= 2 && value.trim_end().ends_with('"');
    let mut suspects = plain.iter().flat_map(|row| &row.values).filter(|value| is_indented_quote(value));
    let (before, after) = (evenness(plain), evenness(unpadded));
    after > before || (after >= before && suspects.all(is_closed))
}

/// The share of rows that have the number of values that most have.
fn evenness(rows: &[Sampled]) -> f64 {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for row in rows {
        *counts.entry(row.values.len()).or_default() += 1;
    }
    counts.values().max().map_or(0.0, |most| *most as f64 / rows.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::super::Shape;
    use super::super::testing::{got, hoping, with};
    use super::*;

    fn through(text: &str) -> String {
        let mut out = String::new();
        Unpadded::new(text.as_bytes(), b',').read_to_string(&mut out).expect("read");
        out
    }

    #[test]
    fn only_blanks_before_a_mark_that_opens_a_value_go() {
        assert_eq!(through("a,  \"b, \"\" c\" , d\n \"e\",f \"g\", h"), "a,\"b, \"\" c\" , d\n\"e\",f \"g\", h");
        assert_eq!(through("\" \"\" \", \"x\"\r  \"y\"  "), "\" \"\" \",\"x\"\r\"y\"  ");
        assert_eq!(through("a,   "), "a,   ");
        let long = " ".repeat(1 << 18);
        assert_eq!(through(&long), long);
    }

    #[test]
    fn values_quoted_behind_blanks_are_whole() {
        let rows =
            got(Shape::Delimited, b"\"day\", \"amount\", \"note\"\n\"2026-11-02\", \"1,234.50\", \"3\"\" nail\"\n");
        assert_eq!(rows.found.columns, ["day", "amount", "note"]);
        assert_eq!(rows.rows, [(2, "2026-11-02|1,234.50|3\" nail".to_owned())]);
        // One such value, and rows that end with blank ones.
        let rows = got(Shape::Delimited, b"day , a , b , c\n1 , \"x, y\" , 5 ,\n2 , x , 5 , 6\n3 , z ,  , 6\n");
        assert_eq!(rows.rows[0].1, "1 |x, y | 5 |-");
    }

    #[test]
    fn a_quotation_in_a_text_stays_as_it_is() {
        let text = "day\tnote\n2026-11-02\t \"hi\" he said\n2026-11-03\t \"open\n";
        let rows = with(&hoping(&["day", "note"]), Shape::Delimited, text.as_bytes()).expect("read");
        let right = ["2026-11-02| \"hi\" he said", "2026-11-03| \"open"];
        assert_eq!(rows.rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>(), right);
        let rows = got(Shape::Delimited, b"Report\nAll\nOf it\na,b\n1, \"x\n2,z\n");
        assert_eq!(rows.rows, [(5, "1| \"x".to_owned()), (6, "2|z".to_owned())]);
    }
}
