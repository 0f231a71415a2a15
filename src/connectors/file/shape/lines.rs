//! Lines that count the same whichever machine wrote them, and no record that swells without end.

use super::LONGEST_RECORD;
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// Stands behind the end of the text. A value that holds it was still open when the text ended: no
/// text that is read here has a zero byte, `zeros` sees to that.
pub const END: &str = "\0";

/// What the filter reports to whoever reads through it.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// Bytes handed out since the last record began; the reader sets it back.
    pub since_record: Rc<Cell<usize>>,
    /// Whether the text ended without a line end.
    pub is_open: Rc<Cell<bool>>,
}

/// Ends every line with `\n` alone, takes byte order marks off the starts of lines, and puts `END`
/// behind the text.
pub struct Lines<R> {
    inner: R,
    watch: Watch,
    has_inner_marks: bool,
    /// As received.
    last: Option<u8>,
    /// So many bytes of a mark were held back.
    held: usize,
    end: &'static [u8],
    is_over: bool,
}

const MARK: [u8; 3] = *b"\xef\xbb\xbf";

impl<R: Read> Lines<R> {
    pub fn new(inner: R, watch: Watch, has_inner_marks: bool) -> Self {
        Self { inner, watch, has_inner_marks, last: None, held: 0, end: b"", is_over: false }
    }

    /// Filters `bytes` of which `count` are new; yields how many are left. The first two bytes are room
    /// for what was held back.
    fn filter(&mut self, buffer: &mut [u8], count: usize) -> usize {
        let mut kept = 0;
        for index in 2..2 + count {
            let byte = buffer[index];
            if self.has_inner_marks {
                let is_start = self.held > 0 || matches!(self.last, None | Some(b'\n' | b'\r'));
                if is_start && byte == MARK[self.held] {
                    self.held = (self.held + 1) % 3;
                    continue;
                }
                for held in MARK.iter().take(self.held) {
                    buffer[kept] = *held;
                    kept += 1;
                    self.last = Some(*held);
                }
                self.held = 0;
            }
            if byte != b'\n' || self.last != Some(b'\r') {
                buffer[kept] = if byte == b'\r' { b'\n' } else { byte };
                kept += 1;
            }
            self.last = Some(byte);
        }
        kept
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.watch.since_record.get() > LONGEST_RECORD {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if buffer.len() < 8 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if self.is_over {
            let count = self.end.len();
            buffer[..count].copy_from_slice(self.end);
            self.end = b"";
            return Ok(count);
        }
        loop {
            let count = self.inner.read(&mut buffer[2..])?;
            if count == 0 {
                let is_open = !matches!(self.last, None | Some(b'\n' | b'\r'));
                self.watch.is_open.set(is_open);
                self.is_over = true;
                self.end = if is_open { b"\n\0\n" } else { b"\0\n" };
                return self.read(buffer);
            }
            let fresh = &buffer[2..2 + count];
            let kept = if self.has_inner_marks || self.last == Some(b'\r') || memchr::memchr(b'\r', fresh).is_some() {
                self.filter(buffer, count)
            } else {
                self.last = fresh.last().copied();
                buffer.copy_within(2..2 + count, 0);
                count
            };
            if kept > 0 {
                self.watch.since_record.set(self.watch.since_record.get() + kept);
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(bytes: &[u8], step: usize) -> String {
        struct Steps<'a>(&'a [u8], usize);
        impl Read for Steps<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let count = self.0.len().min(self.1).min(buffer.len());
                buffer[..count].copy_from_slice(&self.0[..count]);
                self.0 = &self.0[count..];
                Ok(count)
            }
        }
        let mut lines = Lines::new(Steps(bytes, step), Watch::default(), true);
        let mut out = Vec::new();
        let mut buffer = [0; 16];
        loop {
            match lines.read(&mut buffer).expect("read") {
                0 => return String::from_utf8(out).expect("text"),
                count => out.extend_from_slice(&buffer[..count]),
            }
        }
    }

    #[test]
    fn lines_end_alike_and_marks_vanish_wherever_a_chunk_ends() {
        for step in 1..9 {
            assert_eq!(through(b"a\r\nb\rc\n\nd", step), "a\nb\nc\n\nd\n\0\n");
            assert_eq!(through("x\u{feff}y\n\u{feff}z\n".as_bytes(), step), "x\u{feff}y\nz\n\0\n");
        }
    }
}
