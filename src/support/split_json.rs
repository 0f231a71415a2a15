//! A JSON body in pieces: the list of records at a path is cut into shorter ones, each in a copy of the body
//! around it. What reads a body as a whole need not hold a large one. Bytes go through as they came.

use std::io::{self, Read, Write};

/// What stands around the list is repeated in each piece, so it must be small.
const LARGEST_REST: usize = 256 << 10;
/// Keys on the way to the list are no longer.
const LONGEST_KEY: usize = 256;

/// Whether a body could be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Into so many pieces.
    Pieces(usize),
    /// There is no list at the path, or what stands around it is large: the body is as it was.
    Not,
}

/// Cuts the body's list at `path` (object keys from the top; none where the body is the list) into pieces of
/// about `most` bytes of records. `piece` opens the piece of a number, counted from 0. A record larger than
/// `most` is a piece of its own.
pub fn split<W: Write>(
    source: impl Read,
    path: &[&str],
    most: usize,
    mut piece: impl FnMut(usize) -> io::Result<W>,
) -> io::Result<Split> {
    let mut walk = Walk::new(path);
    let mut out = Pieces { head: Vec::new(), tail: Vec::new(), record: Vec::new(), length: 0, files: Vec::new() };
    for byte in io::BufReader::with_capacity(1 << 16, source).bytes() {
        let byte = byte?;
        match walk.step(byte) {
            Step::Head => out.head.push(byte),
            Step::Record => out.record.push(byte),
            Step::End => {
                // Space alone is no record.
                if out.record.iter().any(|byte| !byte.is_ascii_whitespace()) {
                    out.keep(most, &mut piece)?;
                }
                out.record.clear();
                if byte == b']' {
                    out.tail.push(byte);
                }
            }
            Step::Tail => out.tail.push(byte),
        }
        if out.head.len() + out.tail.len() > LARGEST_REST {
            return Ok(Split::Not);
        }
    }
    if out.tail.is_empty() || out.files.is_empty() {
        return Ok(Split::Not);
    }
    for file in &mut out.files {
        file.write_all(&out.tail)?;
        file.flush()?;
    }
    Ok(Split::Pieces(out.files.len()))
}

struct Pieces<W> {
    head: Vec<u8>,
    tail: Vec<u8>,
    record: Vec<u8>,
    /// Bytes of records in the last piece.
    length: usize,
    files: Vec<W>,
}

impl<W: Write> Pieces<W> {
    fn keep(&mut self, most: usize, piece: &mut impl FnMut(usize) -> io::Result<W>) -> io::Result<()> {
        let is_full = self.length > 0 && self.length + self.record.len() > most;
        if self.files.is_empty() || is_full {
            let mut file = piece(self.files.len())?;
            file.write_all(&self.head)?;
            self.files.push(file);
            self.length = 0;
        }
        if let Some(file) = self.files.last_mut() {
            if self.length > 0 {
                file.write_all(b",")?;
            }
            file.write_all(&self.record)?;
            self.length += self.record.len();
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
    use std::cell::RefCell;
    use std::rc::Rc;

    #[derive(Clone, Default)]
    struct Sink(Rc<RefCell<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn pieces(body: &str, path: &[&str], most: usize) -> Option<Vec<Value>> {
        let mut sinks = Vec::new();
        let done = split(body.as_bytes(), path, most, |_| {
            let sink = Sink::default();
            sinks.push(sink.clone());
            Ok(sink)
        });
        match done.expect("read") {
            Split::Not => None,
            Split::Pieces(count) => {
                assert_eq!(count, sinks.len());
                Some(sinks.iter().map(|sink| serde_json::from_slice(&sink.0.borrow()).expect("JSON")).collect())
            }
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
        for body in [
            r#"{"data": {"a": [1]}}"#,
            r#"{"x": {"data": [1]}}"#,
            r#"{"data": []}"#,
            "{}",
            "",
            "[1]",
            "\"data\"",
            "{\"data\": [1, 2",
        ] {
            assert_eq!(pieces(body, &["data"], 1), None, "{body}");
        }
        let large = format!(r#"{{"x": "{}", "data": [1]}}"#, "y".repeat(LARGEST_REST));
        assert_eq!(pieces(&large, &["data"], 1), None);
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
