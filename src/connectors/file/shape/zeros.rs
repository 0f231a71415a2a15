//! Zero bytes in a text, which no text has: programs pad values with them, and leave them where something was lost.
//! They are taken out while the text is read. Where it is not sure that nothing else is missing, a mark stays, by
//! which the row is known.

use std::io::{self, Read};

/// Stands where something may be missing.
pub const MARK: char = '\u{1}';

/// Nobody pads by so many: what stood there was lost, as after a crash of the machine that wrote it.
const HOLE: usize = 16;

/// Takes zero bytes out; of a hole, and of what stood within a number, a `MARK` is left.
pub struct Zeroless<R> {
    inner: R,
    raw: Vec<u8>,
    out: Vec<u8>,
    /// What of `out` is not handed out yet.
    from: usize,
    /// The last byte that was none.
    last: u8,
    /// Zero bytes since then.
    run: usize,
}

impl<R: Read> Zeroless<R> {
    pub fn new(inner: R) -> Self {
        Self { inner, raw: vec![0; 1 << 16], out: Vec::new(), from: 0, last: 0, run: 0 }
    }

    fn push(&mut self, byte: u8) {
        if byte == 0 {
            self.run += 1;
            return;
        }
        let run = std::mem::take(&mut self.run);
        if run >= HOLE || run > 0 && is_number(self.last, byte) {
            self.out.push(MARK as u8);
        }
        self.out.push(byte);
        self.last = byte;
    }
}

/// Whether two bytes may be neighbours in a number or a day.
fn is_number(one: u8, other: u8) -> bool {
    let is_part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    is_part(one) && is_part(other) && (one.is_ascii_digit() || other.is_ascii_digit())
}

impl<R: Read> Read for Zeroless<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.from == self.out.len() {
            let count = self.inner.read(&mut self.raw)?;
            (self.from, self.out) = (0, Vec::with_capacity(count));
            for index in 0..count {
                self.push(self.raw[index]);
            }
            if count == 0 {
                if std::mem::take(&mut self.run) < HOLE {
                    return Ok(0);
                }
                self.out.push(MARK as u8);
            }
        }
        let count = buffer.len().min(self.out.len() - self.from);
        buffer[..count].copy_from_slice(&self.out[self.from..self.from + count]);
        self.from += count;
        Ok(count)
    }
}

/// A text without them.
pub fn without(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Reading from memory does not fail, and what was text stays text.
    let read = Zeroless::new(text.as_bytes()).read_to_string(&mut out);
    if read.is_ok() { out } else { text.replace('\0', "") }
}

/// What is said of zero bytes that were taken out.
pub fn told(count: u64, line: u64) -> String {
    match count {
        1 => format!("a zero byte is taken out (line {line})"),
        count => format!("{count} zero bytes are taken out (first in line {line})"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Shape;
    use super::super::testing::{got, refused};
    use super::*;

    #[test]
    fn padding_goes_and_what_may_be_missing_is_marked() {
        assert_eq!(without("\0A-1,Shoes\0,\"x\0\",\0\"y, z\"\0,2\0\n"), "A-1,Shoes,\"x\",\"y, z\",2\n");
        assert_eq!(without("1\u{0}2,3\0.5,2026-\u{0}11"), "1\u{1}2,3\u{1}.5,2026-\u{1}11");
        assert_eq!(without(&format!("a{}b{}", "\0".repeat(15), "\0".repeat(16))), "ab\u{1}");
    }

    #[test]
    fn it_is_the_same_wherever_a_chunk_ends() {
        struct Steps<'a>(&'a [u8]);
        impl Read for Steps<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let count = self.0.len().min(1).min(buffer.len());
                buffer[..count].copy_from_slice(&self.0[..count]);
                self.0 = &self.0[count..];
                Ok(count)
            }
        }
        let mut out = String::new();
        Zeroless::new(Steps(b"a\0b1\0\x002\0\n\0")).read_to_string(&mut out).expect("read");
        assert_eq!(out, "ab1\u{1}2\n");
    }

    /// singer-io/tap-bing-ads#78, codeinthehole/csvfilter#8, OpenRefine/OpenRefine#653, taers232c/GAM-Scripts3#10: the
    /// file failed, or the quotation mark behind the zero was taken for a part of the value.
    #[test]
    fn rows_with_a_zero_byte_are_read_and_told() {
        let read = got(Shape::Delimited, b"id,name,n\n1,\"Shoes\0\",2\0\n2,\0\"Red, blue\",3\n3,Sho\0es,4\0");
        assert_eq!(
            read.rows,
            [(2, "1|Shoes|2".to_owned()), (3, "2|Red, blue|3".to_owned()), (4, "3|Shoes|4".to_owned())]
        );
        assert_eq!(
            (read.bad.len(), &read.found.notes[..]),
            (0, &["5 zero bytes are taken out (first in line 2)".to_owned()][..])
        );
        let header = got(Shape::Delimited, b"\0id,na\0me\n1,x\n");
        assert_eq!(header.found.columns, ["id", "name"]);
    }

    /// weewx/weewx#607, john-corcoran/backblaze-backup-checker#1: blocks of zeros where a program was stopped.
    #[test]
    fn a_row_that_lost_something_is_kept_apart_and_the_others_are_read() {
        let hole =
            format!("id,name of it,n\n1,Shoes,10\n2,Shirts,1{}\n3,Socks,1\x00\x000\n4,Hats,40\n", "\0".repeat(20));
        let read = got(Shape::Delimited, hole.as_bytes());
        assert_eq!(read.rows, [(2, "1|Shoes|10".to_owned()), (5, "4|Hats|40".to_owned())]);
        assert_eq!(read.bad.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4]);
        assert!(read.bad[0].1.contains("zero bytes stand where a part of the row is missing"), "{:?}", read.bad);
        let lines = format!("{{\"id\":\"an order\"}}\n{{\"id\":\"2{}\"}}\n{{\"id\":\"3\\u0000\"}}\n", "\0".repeat(20));
        let read = got(Shape::Ndjson, lines.as_bytes());
        assert_eq!((read.rows.len(), read.bad.len()), (1, 2));
    }

    /// fxcm/FXCMTickData#7: UTF-16 is no text with zeros. What is mostly zeros is none at all.
    #[test]
    fn text_of_another_encoding_is_that_and_a_file_of_zeros_is_refused() {
        let utf16: Vec<u8> = "a,b\n1,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let read = got(Shape::Delimited, &utf16);
        assert_eq!((read.found.encoding, read.found.notes.len()), ("UTF-16LE", 0));
        let zeros = [&b"a,b\n1,2\n"[..], &[0; 40]].concat();
        assert!(refused(Shape::Delimited, &zeros).contains("zero bytes"), "{zeros:?}");
    }
}
