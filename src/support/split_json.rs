//! A JSON body in pieces: the list of records at a path is cut into shorter ones, each in a copy of the body
//! around it. What reads a body as a whole need not hold a large one. Bytes go through as they came.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;

/// What stands around the list is repeated in each piece, so it must be small.
const LARGEST_REST: usize = 256 << 10;
/// Keys on the way to the list are no longer.
const LONGEST_KEY: usize = 256;

/// Whether a body could be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// It is; so many records were too large and are in no piece, and so many texts in others were cut.
    Pieces { too_large: usize, cut: usize },
    /// There is no list at the path, or what stands around it is large: the body is as it was.
    Not,
}

/// Cuts the body's list at `path` (object keys from the top; none where the body is the list) into pieces of
/// about `most` bytes of records. `piece` names the file of a piece's number, counted from 0. Texts in records are
/// cut at about `longest` bytes. Records still larger than `largest` are left out; where all are, one piece has an
/// empty list.
pub fn split(
    source: impl Read,
    path: &[&str],
    (most, largest, longest): (usize, usize, usize),
    mut piece: impl FnMut(usize) -> io::Result<PathBuf>,
) -> io::Result<Split> {
    let mut walk = Walk::new(path);
    let mut out = Pieces::default();
    let (mut length, mut too_large, mut is_list) = (0, 0, false);
    let (mut text, mut cut, mut cut_here) = (Text::default(), 0, 0);
    for byte in io::BufReader::with_capacity(1 << 16, source).bytes() {
        let byte = byte?;
        let was_in_text = walk.in_text;
        let step = walk.step(byte);
        if was_in_text && walk.in_text {
            let was_cut = text.is_cut;
            // Where many are long, those that come late are cut to make room for the record's other values.
            text.take(byte, longest.min((largest / 2).saturating_sub(length)).max(SHORTEST_CUT.min(longest)));
            cut_here += usize::from(step == Step::Record && text.is_cut && !was_cut);
        } else {
            text = Text::default();
        }
        match step {
            Step::Head => out.head.push(byte),
            Step::Record if text.is_cut => {}
            Step::Record => {
                length += 1;
                if length <= largest {
                    out.record.push(byte);
                }
            }
            Step::End => {
                if length > largest {
                    too_large += 1;
                } else if out.record.iter().any(|byte| !byte.is_ascii_whitespace()) {
                    // Space alone is no record.
                    out.keep(most, &mut piece)?;
                    cut += cut_here;
                }
                out.record.clear();
                (length, cut_here) = (0, 0);
                if byte == b']' {
                    is_list = true;
                    out.tail.push(byte);
                }
            }
            Step::Tail => out.tail.push(byte),
        }
        if out.head.len() + out.tail.len() > LARGEST_REST {
            return Ok(Split::Not);
        }
    }
    if !is_list {
        return Ok(Split::Not);
    }
    out.finish(&mut piece)?;
    Ok(Split::Pieces { too_large, cut })
}

/// A text of so many bytes stays whole, however large its record is.
const SHORTEST_CUT: usize = 4096;
/// Bytes of an escape, or of two that are one character: nothing of them may be parted.
const LONGEST_ESCAPE: usize = 12;

/// A text that is being read.
#[derive(Clone, Copy, Debug, Default)]
struct Text {
    length: usize,
    since_backslash: usize,
    is_cut: bool,
}

impl Text {
    fn take(&mut self, byte: u8, longest: usize) {
        self.length += 1;
        self.since_backslash = if byte == b'\\' { 0 } else { self.since_backslash + 1 };
        // Before a letter of ASCII, whole characters and escapes end.
        self.is_cut |= self.length > longest && self.since_backslash > LONGEST_ESCAPE && byte.is_ascii();
    }
}

#[derive(Default)]
struct Pieces {
    head: Vec<u8>,
    tail: Vec<u8>,
    record: Vec<u8>,
    /// Bytes of records in the piece that is being written.
    length: usize,
    files: Vec<PathBuf>,
    open: Option<BufWriter<File>>,
}

impl Pieces {
    fn keep(&mut self, most: usize, piece: &mut impl FnMut(usize) -> io::Result<PathBuf>) -> io::Result<()> {
        if self.length > 0 && self.length + self.record.len() > most {
            self.close()?;
        }
        let is_first = self.open.is_none();
        if is_first {
            self.begin(piece)?;
        }
        if let Some(file) = &mut self.open {
            if !is_first {
                file.write_all(b",")?;
            }
            file.write_all(&self.record)?;
            self.length += self.record.len();
        }
        Ok(())
    }

    fn begin(&mut self, piece: &mut impl FnMut(usize) -> io::Result<PathBuf>) -> io::Result<()> {
        let path = piece(self.files.len())?;
        let mut file = BufWriter::new(File::create_new(&path)?);
        file.write_all(&self.head)?;
        self.files.push(path);
        self.open = Some(file);
        self.length = 0;
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        match self.open.take() {
            Some(mut file) => file.flush(),
            None => Ok(()),
        }
    }

    /// Ends every piece with what follows the list, which is known last.
    fn finish(&mut self, piece: &mut impl FnMut(usize) -> io::Result<PathBuf>) -> io::Result<()> {
        if self.files.is_empty() {
            self.begin(piece)?;
        }
        self.close()?;
        for path in &self.files {
            OpenOptions::new().append(true).open(path)?.write_all(&self.tail)?;
        }
        Ok(())
    }
}

/// Where a byte belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Before the list and its opening bracket.
    Head,
    Record,
    /// The comma after a record, or the bracket that closes the list.
    End,
    Tail,
}

/// Follows the body byte by byte; knows where the list at the path begins and ends.
struct Walk<'a> {
    path: &'a [&'a str],
    /// How many brackets are open.
    depth: usize,
    /// How many keys of the path have been gone down.
    down: usize,
    in_text: bool,
    is_escaped: bool,
    /// The key that was read last at the depth that matters, raw.
    key: Vec<u8>,
    reads_key: bool,
    is_value: bool,
    /// The depth within the list; absent outside.
    list: Option<usize>,
    is_over: bool,
}

impl<'a> Walk<'a> {
    fn new(path: &'a [&'a str]) -> Self {
        let key = Vec::new();
        Self {
            path,
            depth: 0,
            down: 0,
            in_text: false,
            is_escaped: false,
            key,
            reads_key: false,
            is_value: true,
            list: None,
            is_over: false,
        }
    }

    fn step(&mut self, byte: u8) -> Step {
        let place = match (self.is_over, self.list) {
            (true, _) => Step::Tail,
            (false, Some(_)) => Step::Record,
            (false, None) => Step::Head,
        };
        if self.in_text {
            self.text(byte);
            return place;
        }
        match byte {
            b'"' => {
                self.in_text = true;
                let is_key = self.list.is_none() && !self.is_value && self.depth == self.down;
                self.reads_key = is_key && !self.is_over;
                if self.reads_key {
                    self.key.clear();
                }
            }
            b':' => self.is_value = true,
            b',' if self.list == Some(self.depth) => return Step::End,
            b',' => self.is_value = false,
            b'{' | b'[' => {
                let is_wanted = !self.is_over && self.list.is_none() && self.depth == self.down;
                let is_at_end = self.down == self.path.len();
                let leads_on = is_wanted && (self.depth == 0 || self.leads_on());
                self.depth += 1;
                if leads_on && byte == b'[' && (is_at_end || self.down + 1 == self.depth && self.is_last_key()) {
                    self.list = Some(self.depth);
                } else if leads_on && byte == b'{' && !is_at_end {
                    self.down = self.depth;
                }
                self.is_value = byte == b'[';
            }
            b'}' | b']' => {
                if self.list == Some(self.depth) {
                    self.list = None;
                    self.is_over = true;
                    self.depth -= 1;
                    return Step::End;
                }
                self.depth = self.depth.saturating_sub(1);
                self.down = self.down.min(self.depth);
            }
            _ => {}
        }
        place
    }

    fn text(&mut self, byte: u8) {
        match byte {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' => self.is_escaped = true,
            b'"' => {
                self.in_text = false;
                self.reads_key = false;
                return;
            }
            _ => {}
        }
        if self.reads_key && self.key.len() <= LONGEST_KEY {
            self.key.push(byte);
        }
    }

    /// Whether the key read last is the next of the path.
    fn leads_on(&self) -> bool {
        self.is_value && self.down > 0 && self.path.get(self.down - 1).is_some_and(|key| key.as_bytes() == self.key)
    }

    fn is_last_key(&self) -> bool {
        self.down == self.path.len() && self.down > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn pieces(body: &str, path: &[&str], most: usize) -> Option<Vec<Value>> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut files = Vec::new();
        let done = split(body.as_bytes(), path, (most, 200, 1000), |number| {
            files.push(folder.path().join(number.to_string()));
            Ok(files[number].clone())
        });
        let read = |path: &PathBuf| serde_json::from_slice(&std::fs::read(path).expect("a piece")).expect("JSON");
        match done.expect("read") {
            Split::Not => None,
            Split::Pieces { .. } => Some(files.iter().map(read).collect()),
        }
    }

    #[test]
    fn each_piece_is_the_body_with_a_part_of_the_list() {
        let body = r#"{"object": "list", "next": {"data": [1]}, "data": [{"id": "a,]\"", "data": [1,2]}, 2 , [3]], "has_more": true}"#;
        let found = pieces(body, &["data"], 1).expect("pieces");
        let of = |record: Value| json!({"object": "list", "next": {"data": [1]}, "data": [record], "has_more": true});
        assert_eq!(found, [of(json!({"id": "a,]\"", "data": [1, 2]})), of(json!(2)), of(json!([3]))]);
        assert_eq!(pieces(body, &["data"], 1000).expect("a piece").len(), 1);
        assert_eq!(pieces("[1, 2, 3]", &[], 3).expect("pieces"), [json!([1, 2]), json!([3])]);
        assert_eq!(
            pieces(r#"{"a": {"b": [1, 2]}, "b": [3]}"#, &["a", "b"], 1).expect("pieces"),
            [json!({"a": {"b": [1]}, "b": [3]}), json!({"a": {"b": [2]}, "b": [3]})]
        );
    }

    #[test]
    fn a_body_without_the_list_is_left_as_it_is() {
        for body in
            [r#"{"data": {"a": [1]}}"#, r#"{"x": {"data": [1]}}"#, "{}", "", "[1]", "\"data\"", "{\"data\": [1, 2"]
        {
            assert_eq!(pieces(body, &["data"], 1), None, "{body}");
        }
        assert_eq!(pieces(r#"{"data": []}"#, &["data"], 1), Some(vec![json!({"data": []})]));
        let huge = format!(r#"{{"data": [1, "{}", 2]}}"#, "y".repeat(300));
        assert_eq!(pieces(&huge, &["data"], 100), Some(vec![json!({"data": [1, 2]})]));
        let large = format!(r#"{{"x": "{}", "data": [1]}}"#, "y".repeat(LARGEST_REST));
        assert_eq!(pieces(&large, &["data"], 1), None);
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_its_record_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let long = format!("{}\u{e9}\"\\", "\u{1f600}é\\\"".repeat(20));
        let base64 = "QUJD".repeat(500);
        let body = json!({"data": [{"id": "a", "note": base64, "b": 1}, {"id": "b", "note": long.clone() + &"x".repeat(900)}, {"id": "c"}]});
        let plain = body.to_string();
        let ascii = plain.chars().map(|letter| match letter.is_ascii() {
            true => letter.to_string(),
            false => letter.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        });
        for body in [ascii.collect(), plain.clone()] {
            for longest in 20..60 {
                let path = folder.path().join(format!("{longest}-{}", body.len()));
                let done = split(body.as_bytes(), &["data"], (10_000, 1000, longest), |_| Ok(path.clone()));
                assert_eq!(done.expect("split"), Split::Pieces { too_large: 0, cut: 2 });
                let found: Value = serde_json::from_slice(&std::fs::read(&path).expect("a piece")).expect("JSON");
                let text =
                    |record: usize, key: &str| found["data"][record][key].as_str().unwrap_or_default().to_owned();
                assert!(base64.starts_with(&text(0, "note")) && text(0, "note").len() >= longest);
                assert!((long.clone() + &"x".repeat(900)).starts_with(&text(1, "note")));
                assert_eq!(
                    (text(0, "id"), found["data"][0]["b"].clone(), text(2, "id")),
                    ("a".into(), json!(1), "c".into())
                );
            }
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i32>().prop_map(Value::from),
            r#"[a-d"\\\[\]{},: é]{0,8}"#.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-d]{1,2}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_pieces_hold_every_record_once_and_in_order(
            records in prop::collection::vec(value(), 1..12), before in value(), after in value(), most in 1usize..60,
        ) {
            let body = json!({"before": before, "data": records, "zafter": after}).to_string();
            let found = pieces(&body, &["data"], most).expect("pieces");
            let together: Vec<Value> = found.iter().flat_map(|piece| piece["data"].as_array().expect("a list").clone()).collect();
            prop_assert_eq!(together, records);
            for piece in &found {
                prop_assert_eq!(&piece["before"], &before);
                prop_assert_eq!(&piece["zafter"], &after);
            }
        }
    }
}
