//! NDJSON, one object a line, and small JSON lists of objects. The text is read twice: all names are
//! known before the first row is handed out.

use super::json::{Columns, Fields};
use super::source::{HEAD, Source, broken};
use super::{Ask, Found, LONGEST_RECORD, MOST_ROWS, Refusal, Sink, encoding, shown};
use serde_json::value::RawValue;
use std::io::{BufRead, BufReader, Read};

/// A list is read whole.
const LARGEST_LIST: u64 = 64 << 20;

/// Of a record that is too long so much is kept.
const SHOWN: usize = 200;

/// A record's text, or of one that is too long how it begins.
type Record<'a> = Result<&'a str, &'a str>;
type Take<'a> = dyn FnMut(u64, Record<'_>) -> Result<(), Refusal> + 'a;

/// Reads `source` into `sink`.
pub fn read(source: &Source, ask: &Ask, head: &[u8], sink: &mut dyn Sink, name: &str) -> Result<Found, Refusal> {
    let text = encoding::decide(source, ask, head)?;
    let start = text.head(head, head.len() < HEAD);
    let is_list = start.trim_start().starts_with('[');
    let each = |take: &mut Take<'_>| {
        let open = text.open(source)?;
        if is_list { each_element(open, take) } else { each_line(open, take) }
    };
    let mut columns = Columns::default();
    let (mut objects, mut others, mut too_long) = (0, 0, None);
    let mut first_line = 0;
    each(&mut |line, record| match record.map(serde_json::from_str::<Fields<'_>>) {
        Ok(Ok(fields)) => {
            objects += 1;
            if objects == 1 {
                first_line = line;
            }
            columns.learn(&fields, line)
        }
        Ok(Err(_)) => {
            others += 1;
            Ok(())
        }
        Err(_) => {
            too_long.get_or_insert(line);
            Ok(())
        }
    })?;
    if objects == 0 {
        return Err(if let (0, Some(line)) = (others, too_long) {
            Refusal::new(Some(line), "the line is longer than 1 MB", "write one object a line, at most 1 MB")
        } else if others > 0 {
            let remedy = "write one object a line, such as {\"date\": \"2026-11-01\"}, or one list of such objects";
            Refusal::new(Some(1), "no line is a JSON object", remedy)
        } else {
            Refusal::new(None, "the file holds no objects", "drop it again with rows, or remove it")
        });
    }
    let found = Found {
        name: name.to_owned(),
        columns: columns.names.clone(),
        encoding: text.encoding.name(),
        header_line: first_line,
        holds_required: super::header::Wanted::new(&ask.wanted, ask.required).held(&columns.names).1,
        notes: text.notes.clone(),
        ..Found::default()
    };
    sink.header(&found)?;
    let mut rows = 0;
    each(&mut |line, record| {
        rows += 1;
        if rows > MOST_ROWS {
            return Err(Refusal::new(Some(line), "the file has more than 5,000,000 rows", "split it"));
        }
        let text = match record {
            Ok(text) => text,
            Err(beginning) if is_list => return sink.bad(line, "the object is longer than 1 MB", beginning),
            Err(beginning) => return sink.bad(line, "the line is longer than 1 MB", beginning),
        };
        let fields: Fields<'_> = match serde_json::from_str(text) {
            Ok(fields) => fields,
            Err(error) if is_list => {
                return sink.bad(
                    line,
                    &format!("the list holds something that is no object ({})", shown(&error.to_string())),
                    text,
                );
            }
            Err(error) => {
                return sink.bad(line, &format!("the line is not a JSON object (column {})", error.column()), text);
            }
        };
        match columns.values(&fields, ask.decimal_mark) {
            Ok(values) => {
                let values: Vec<Option<&str>> = values.iter().map(Option::as_deref).collect();
                sink.row(line, &values)
            }
            Err(reason) => sink.bad(line, &reason, text),
        }
    })?;
    Ok(found)
}

fn each_line(text: Box<dyn Read>, take: &mut Take<'_>) -> Result<(), Refusal> {
    let mut text = BufReader::with_capacity(1 << 16, text);
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        let most = LONGEST_RECORD as u64 + 1;
        let count = text.by_ref().take(most).read_until(b'\n', &mut bytes).map_err(|error| broken(&error))?;
        if count == 0 {
            break;
        }
        if count as u64 == most && bytes.last() != Some(&b'\n') {
            // One bad line, whatever it holds; its beginning shows which.
            text.skip_until(b'\n').map_err(|error| broken(&error))?;
            take(number, Err(&String::from_utf8_lossy(&bytes[..SHOWN])))?;
            continue;
        }
        let line = std::str::from_utf8(&bytes)
            .map_err(|_| Refusal::new(Some(number), "the file has changed while it was read", "drop it again"))?
            .trim_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
        if !line.is_empty() {
            take(number, Ok(line))?;
        }
    }
    Ok(())
}

fn each_element(text: Box<dyn Read>, take: &mut Take<'_>) -> Result<(), Refusal> {
    let mut whole = String::new();
    text.take(LARGEST_LIST + 1).read_to_string(&mut whole).map_err(|error| broken(&error))?;
    if whole.len() as u64 > LARGEST_LIST {
        let remedy = "write one object a line, without [ ] and commas between them (.ndjson)";
        return Err(Refusal::new(Some(1), "the file is one JSON list of more than 64 MB", remedy));
    }
    let elements: Vec<&RawValue> = serde_json::from_str(&whole).map_err(|error| {
        let cut = if error.is_eof() { ": it seems cut" } else { "" };
        let message = format!("the JSON list cannot be read in column {}{cut}", error.column());
        Refusal::new(Some(error.line() as u64), message, "drop the whole file")
    })?;
    let start = whole.as_ptr() as usize;
    let (mut line, mut counted) = (1, 0);
    for element in elements {
        let at = (element.get().as_ptr() as usize - start).min(whole.len());
        line += memchr::memchr_iter(b'\n', &whole.as_bytes()[counted..at.max(counted)]).count() as u64;
        counted = at.max(counted);
        let text = element.get();
        let is_long = text.len() > LONGEST_RECORD;
        take(line, if is_long { Err(&text[..text.floor_char_boundary(SHOWN)]) } else { Ok(text) })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Shape;
    use super::super::testing::{got, refused};

    #[test]
    fn whole_lines_load_and_a_cut_last_one_is_quarantined() {
        // F23: brimdata/super#4537.
        let rows =
            got(Shape::Ndjson, b"{\"id\":\"J-1\",\"v\":10.10}\n{\"id\":\"J-2\",\"v\":20.20}\n{\"id\":\"J-3\",\"v");
        assert_eq!(rows.rows, [(1, "J-1|10.10".to_owned()), (2, "J-2|20.20".to_owned())]);
        assert_eq!(rows.bad, [(3, "the line is not a JSON object (column 14)".to_owned())]);
    }

    /// airbytehq/airbyte#32589, elastic/logstash#10881: one bad line stopped the file.
    #[test]
    fn a_record_of_more_than_a_megabyte_is_one_bad_record() {
        let long = format!("{{\"id\":\"{}\"}}", "ä".repeat(3 << 20));
        let lines = format!("{{\"id\":\"1\"}}\n{long}\n{{\"id\":\"2\"}}\n{long}");
        let rows = got(Shape::Ndjson, lines.as_bytes());
        assert_eq!(rows.rows, [(1, "1".to_owned()), (3, "2".to_owned())]);
        assert_eq!(rows.bad, [2, 4].map(|line| (line, "the line is longer than 1 MB".to_owned())));
        let rows = got(Shape::Ndjson, format!("[{{\"id\":\"1\"}},\n{long},\n{{\"id\":\"2\"}}]").as_bytes());
        assert_eq!(rows.rows, [(1, "1".to_owned()), (3, "2".to_owned())]);
        assert_eq!(rows.bad, [(2, "the object is longer than 1 MB".to_owned())]);
    }

    #[test]
    fn a_key_given_twice_is_no_row_and_all_names_come_first() {
        // F23b: gabriel-vasile/mimetype#745 points at such files.
        let rows = got(Shape::Ndjson, b"{\"a\":1,\"a\":2}\n{\"a\":9007199254740993,\"b\":{\"c\":[1]}}\n");
        assert_eq!(rows.found.columns, ["a", "b"]);
        assert_eq!(rows.bad, [(1, "the field \"a\" is given twice".to_owned())]);
        assert_eq!(rows.rows, [(2, "9007199254740993|{\"c\":[1]}".to_owned())]);
    }

    #[test]
    fn a_list_is_read_with_its_lines_and_refused_when_cut() {
        let rows = got(Shape::Ndjson, b"[\n {\"a\": 1.50},\n {\"a\": null,\n  \"b\": true}\n]\n");
        assert_eq!(rows.rows, [(2, "1.50|-".to_owned()), (3, "-|true".to_owned())]);
        assert!(refused(Shape::Ndjson, b"[{\"a\":1},\n{\"a\"").contains("line 2: the JSON list cannot be read"));
        assert!(refused(Shape::Ndjson, b"{\"error\": {\"code\": 401}}").contains("error answer of a service"));
        assert!(refused(Shape::Ndjson, b"a,b\n1,2\n").contains("no line is a JSON object"));
    }
}
