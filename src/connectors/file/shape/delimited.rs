//! Delimited text: CSV and its kin. The delimiter and the header are found in the first lines, a row
//! may span lines, and every row knows the line it begins on.

use super::delimiter::{self, begin_of};
use super::header::{self, Wanted};
use super::lines::{END, Lines, Watch};
use super::padding::Unpadded;
use super::source::{HEAD, Source};
use super::zeros::MARK;
use super::{Ask, Found, MOST_ROWS, Refusal, Sink, encoding, shown};
use csv::StringRecord;
use std::io::{self, Read};

/// Reads `source` into `sink`.
pub fn read(source: &Source, ask: &Ask, head: &[u8], sink: &mut dyn Sink, name: &str) -> Result<Found, Refusal> {
    let text = encoding::decide(source, ask, head)?;
    let start = text.head(head, head.len() < HEAD);
    let hint = delimiter::hint(&start);
    let wanted = Wanted::new(&ask.wanted, ask.required);
    let delimiter = ask.delimiter.or(hint).unwrap_or_else(|| delimiter::decide(&start, &wanted));
    let (mut sampled, is_padded) = delimiter::sample(&start, delimiter);
    if hint.is_some() && !sampled.is_empty() {
        sampled.remove(0);
    }
    let joint = char::from(delimiter).to_string();
    let header = header::search(&sampled, &wanted, ask.header_line, &joint)?;
    let found = Found {
        name: name.to_owned(),
        columns: header.columns,
        encoding: text.encoding.name(),
        delimiter: Some(char::from(delimiter)),
        header_line: header.line,
        sheet: None,
        above: header.above,
        holds_required: header.holds_required,
        notes: text.notes.clone(),
    };
    sink.header(&found)?;
    let watch = Watch::default();
    let lines = Lines::new(text.open(source)?, watch.clone(), text.has_inner_marks);
    let lines: Box<dyn Read> = if is_padded { Box::new(Unpadded::new(lines, delimiter)) } else { Box::new(lines) };
    let mut rows = Rows { found, watch, sink, has_zeros: text.has_zeros, counts: Counts::default() };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(1 << 17)
        .from_reader(lines);
    let mut record = StringRecord::new();
    loop {
        let begins = reader.position().line();
        rows.watch.since_record.set(0);
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(unreadable(begins, &error)),
        }
        let ends = reader.position().line();
        let line = begin_of(&record, begins, ends);
        if record.iter().next_back().is_some_and(|value| value.ends_with("\0\n") || value.ends_with(END)) {
            if record.len() == 1 && record.get(0) == Some(END) {
                break;
            }
            let message = "a quotation mark is open from here to the end of the file: it seems cut";
            return Err(Refusal::new(Some(line), message, "drop the whole file, or close the quotation mark"));
        }
        if line > rows.found.header_line {
            rows.take(&record, line, ends > line + 1)?;
        }
    }
    rows.finish()
}

/// Ctrl-Z.
const FILE_END: char = '\u{1a}';

/// What is reported once, at the end.
#[derive(Default)]
struct Counts {
    rows: u64,
    /// The first line, and how many there are.
    headers: (u64, u64),
    comments: (u64, u64),
    widest: usize,
    /// Line and number of values of the last row.
    last: Option<(u64, usize)>,
}

/// Rows on their way to the sink, with what is reported once at the end.
pub struct Rows<'a> {
    found: Found,
    watch: Watch,
    sink: &'a mut dyn Sink,
    /// Whether zero bytes were taken out of the text.
    has_zeros: bool,
    counts: Counts,
}

impl<'a> Rows<'a> {
    /// Of a sheet: nothing can be cut there.
    pub fn new(found: Found, sink: &'a mut dyn Sink) -> Self {
        Self { found, watch: Watch::default(), sink, has_zeros: false, counts: Counts::default() }
    }

    /// Something that is no row.
    pub fn bad(&mut self, line: u64, reason: &str, values: &[String]) -> Result<(), Refusal> {
        self.counts.rows += 1;
        self.sink.bad(line, reason, &values.join(","))
    }

    pub fn take(&mut self, record: &StringRecord, line: u64, spans_lines: bool) -> Result<(), Refusal> {
        let columns = self.found.columns.len();
        let count = record.len();
        // Programs of before end a file with a sign of its own.
        if record.as_slice().trim().trim_end_matches(FILE_END).is_empty() {
            return Ok(());
        }
        if self.is_header(record) {
            note(&mut self.counts.headers, line);
            return Ok(());
        }
        if is_comment(record, columns) {
            note(&mut self.counts.comments, line);
            return Ok(());
        }
        self.counts.rows += 1;
        if self.counts.rows > MOST_ROWS {
            return Err(Refusal::new(Some(line), "the file has more than 5,000,000 rows", "split it"));
        }
        if self.has_zeros && record.as_slice().contains(MARK) {
            let raw: Vec<&str> = record.iter().collect();
            self.counts.last = None;
            let reason = "zero bytes stand where a part of the row is missing";
            return self.sink.bad(line, reason, &raw.join(",").replace(MARK, "\u{fffd}"));
        }
        let has_surplus = count > columns && record.iter().skip(columns).any(|value| !value.trim().is_empty());
        if has_surplus || (spans_lines && count < columns) {
            let open = if spans_lines { "; it spans several lines: is a quotation mark not closed?" } else { "" };
            let reason = format!("the row has {count} values for {columns} columns{open}");
            let raw: Vec<&str> = record.iter().collect();
            self.counts.last = None;
            return self.sink.bad(line, &reason, &raw.join(","));
        }
        if self.counts.last.is_some_and(|(_, last)| last > self.counts.widest) {
            self.counts.widest = self.counts.last.map_or(0, |(_, last)| last);
        }
        self.counts.last = Some((line, count));
        let mut values: Vec<Option<&str>> = Vec::with_capacity(columns);
        values.extend(record.iter().take(columns).map(|value| (!value.is_empty()).then_some(value)));
        values.resize(columns, None);
        self.sink.row(line, &values)
    }

    /// Files joined together repeat it.
    fn is_header(&self, record: &StringRecord) -> bool {
        let columns = &self.found.columns;
        let is_same = |(value, column): (&str, &String)| {
            let value = value.trim();
            value == column || (value.is_empty() && column.starts_with("(column "))
        };
        record.get(0).zip(columns.first()).is_some_and(is_same)
            && record.len() >= columns.len()
            && columns.iter().any(|column| !column.starts_with("(column "))
            && record.iter().zip(columns).all(is_same)
    }

    pub fn finish(mut self) -> Result<Found, Refusal> {
        // A row cut off has fewer values than the header and than the rows before it.
        if let Some((line, count)) = self.counts.last
            && self.watch.is_open.get()
            && count < self.found.columns.len()
            && (self.counts.widest == 0 || count < self.counts.widest)
        {
            let message = format!(
                "the file seems cut in line {line}: the last row has {count} values for {} columns and no line end",
                self.found.columns.len()
            );
            return Err(Refusal::new(Some(line), message, "drop the whole file"));
        }
        let told = |(first, count): (u64, u64), what: &str| {
            (count > 0).then(|| format!("{what} (line {first}{})", more(count)))
        };
        self.found.notes.extend(told(self.counts.headers, "the header is repeated further down and skipped there"));
        self.found.notes.extend(told(self.counts.comments, "lines that begin with # are skipped"));
        Ok(self.found)
    }
}

fn more(count: u64) -> String {
    if count > 1 { format!(" and {} more", count - 1) } else { String::new() }
}

fn note(place: &mut (u64, u64), line: u64) {
    if place.1 == 0 {
        place.0 = line;
    }
    place.1 += 1;
}

/// Google Analytics writes lines of `#` between its tables.
fn is_comment(record: &StringRecord, columns: usize) -> bool {
    columns > 1
        && record.get(0).is_some_and(|value| value.starts_with('#'))
        && record.iter().skip(1).all(|value| value.trim().is_empty())
}

fn unreadable(line: u64, error: &csv::Error) -> Refusal {
    if matches!(error.kind(), csv::ErrorKind::Io(inner) if inner.kind() == io::ErrorKind::FileTooLarge) {
        let remedy = "look for a quotation mark that is not closed, or for a file that is no CSV";
        return Refusal::new(Some(line), "the row that begins here is longer than 1 MB", remedy);
    }
    Refusal::new(Some(line), format!("the file cannot be read ({})", shown(&error.to_string())), "drop it again")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{got, refused};
    use super::super::{Ask, Shape};

    #[test]
    fn rows_know_their_lines_whatever_ends_them() {
        let rows = got(Shape::Delimited, b"a,b\r\n1,\"x\r\ny\"\r\n\r\n2,z\r\n");
        assert_eq!(rows.rows, [(2, "1|x\ny".to_owned()), (5, "2|z".to_owned())]);
        let mac = got(Shape::Delimited, b"a,b\r1,2\r3,4");
        assert_eq!(mac.rows, [(2, "1|2".to_owned()), (3, "3|4".to_owned())]);
    }

    #[test]
    fn the_header_s_line_is_right_below_blank_lines() {
        // F21, emptytop.csv.
        let rows = got(Shape::Delimited, b"\n\n,,,\norder_id,date,value,currency\nE-1,2026-11-02,10.00,EUR\n");
        assert_eq!((rows.found.header_line, rows.found.columns.len()), (4, 4));
        assert_eq!(rows.rows, [(5, "E-1|2026-11-02|10.00|EUR".to_owned())]);
    }

    #[test]
    fn a_cut_file_is_refused_and_a_whole_one_without_a_last_line_end_is_not() {
        assert_eq!(got(Shape::Delimited, b"a,b,c\n1,2,3\n4,5,6").rows.len(), 2);
        let cut = refused(Shape::Delimited, b"a,b,c\n1,2,3\n4,5");
        assert!(cut.contains("x, line 3: the file seems cut in line 3: the last row has 2 values"), "{cut}");
        let open = refused(Shape::Delimited, b"a,b,c\n1,2,3\n4,\"5,6\n7,8,9\n");
        assert!(open.contains("x, line 3: a quotation mark is open from here"), "{open}");
        let open = refused(Shape::Delimited, b"a,b,c\n1,2,3\n4,\"5,6");
        assert!(open.contains("x, line 3: a quotation mark is open from here"), "{open}");
        // Rows that all lack the last value were written so.
        assert_eq!(got(Shape::Delimited, b"a,b,c\n1,2\n4,5").rows.len(), 2);
    }

    #[test]
    fn a_ragged_row_is_quarantined_with_its_reason() {
        let rows = got(Shape::Delimited, b"a,b\n1,2,3\n4\n\"5\n6\"\n7,8,\n");
        assert_eq!(rows.bad[0], (2, "the row has 3 values for 2 columns".to_owned()));
        assert!(rows.bad[1].1.contains("is a quotation mark not closed?"), "{:?}", rows.bad);
        assert_eq!(rows.rows, [(3, "4|-".to_owned()), (6, "7|8".to_owned())]);
    }

    #[test]
    fn what_is_stated_wins() {
        let mut ask = Ask::new("x");
        (ask.header_line, ask.delimiter) = (Some(3), Some(b';'));
        let rows = super::super::testing::with(&ask, Shape::Delimited, b"a,b\n1,2\nc;d\n3;4\n").expect("read");
        assert_eq!(
            (rows.found.columns, rows.rows),
            (vec!["c".to_owned(), "d".to_owned()], vec![(4, "3|4".to_owned())])
        );
        ask.header_line = Some(9);
        let none = super::super::testing::with(&ask, Shape::Delimited, b"a,b\n1,2\n").expect_err("refused");
        assert!(none.to_string().contains("no row begins in line 9"), "{none}");
    }

    /// Quartz/bad-data-guide#40: a file was taken to end at such a sign within a text. z4r/python-rtkit#52: a vertical tab
    /// was taken for the end of a line.
    #[test]
    fn control_characters_end_neither_a_line_nor_a_file() {
        let read = got(Shape::Delimited, b"a,b\n1,2\x1a3\n4,x\x0by\x1fz\n5,6\n\x1a");
        let row = |line, text: &str| (line, text.to_owned());
        assert_eq!(read.rows, [row(2, "1|2\u{1a}3"), row(3, "4|x\u{b}y\u{1f}z"), row(4, "5|6")]);
        assert!(read.bad.is_empty() && read.found.notes.is_empty(), "{read:?}");
    }

    #[test]
    fn an_endless_record_is_refused_with_its_line() {
        let mut text = b"a,b\n1,\"".to_vec();
        text.resize(3 << 20, b'x');
        assert!(refused(Shape::Delimited, &text).contains("line 2: the row that begins here is longer than 1 MB"));
    }
}
