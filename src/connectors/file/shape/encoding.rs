//! Which encoding a file is written in, decided over the whole file with evidence: one bad byte in
//! the last line counts as much as in the first.

use super::evidence::{Evidence, Verdict};
use super::source::{Source, broken};
use super::text::{Decoded, Text};
use super::{Ask, Refusal, shown, zeros};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::{memchr, memmem};
use std::io::{self, Read};

/// Looks at all of the file; refuses what cannot be decoded, with its line.
pub fn decide(source: &Source, ask: &Ask, head: &[u8]) -> Result<Text, Refusal> {
    let mut notes = Vec::new();
    let stated = match ask.encoding.as_deref() {
        None => None,
        Some(label) => Some(Encoding::for_label(label.as_bytes()).ok_or_else(|| {
            let message = format!("no encoding is called {:?}", shown(label));
            Refusal::new(None, message, "write encoding = \"windows-1252\", \"utf-8\" or another label of the WHATWG")
        })?),
    };
    let marked = Encoding::for_bom(head).map(|(encoding, _)| encoding);
    if let (Some(marked), Some(stated)) = (marked, stated)
        && marked != stated
    {
        notes.push(format!(
            "the file begins with the mark of {} and is read so, not as {}",
            marked.name(),
            stated.name()
        ));
    }
    let encoding = marked.or(stated).or_else(|| unmarked_utf16(head)).unwrap_or(UTF_8);
    if encoding != UTF_8 {
        let zeros = decodes(source, encoding)?;
        notes.extend(zeros.told()?);
        return Ok(Text { encoding, has_inner_marks: true, has_zeros: zeros.count > 0, notes });
    }
    let mut scan = scan_utf8(source)?;
    if let Some(place) = scan.first_zero {
        scan.zeros.line = line_at(source, place)?;
    }
    let has_zeros = scan.zeros.count > 0;
    let told = scan.zeros.told()?;
    let Some((place, byte)) = scan.invalid else {
        notes.extend(told);
        return Ok(Text { encoding, has_inner_marks: scan.has_inner_marks, has_zeros, notes });
    };
    let line = line_at(source, place)?;
    let bad = format!("the text is not UTF-8 (byte 0x{byte:02X})");
    if marked.is_some() || stated.is_some() {
        return Err(Refusal::new(
            Some(line),
            bad,
            "save the file as \"CSV UTF-8\", or write encoding = \"windows-1252\" if it is that",
        ));
    }
    match Evidence::of(source)?.verdict() {
        Verdict::Western => {
            decodes(source, WINDOWS_1252)?;
            notes.push(format!(
                "the text is not UTF-8 (first in line {line}) and is read as windows-1252; write encoding = \"windows-1252\" to say so"
            ));
            notes.extend(told);
            Ok(Text { encoding: WINDOWS_1252, has_inner_marks: false, has_zeros, notes })
        }
        Verdict::Mixed => Err(Refusal::new(
            Some(line),
            format!("{bad}, although other parts are"),
            "join files of one encoding only, or save it anew as \"CSV UTF-8\"",
        )),
        Verdict::Other(guess) => Err(Refusal::new(
            Some(line),
            bad,
            format!("write encoding = \"{guess}\" if it is that, or save the file as \"CSV UTF-8\""),
        )),
    }
}

/// Text of the West in UTF-16 has a zero in every other byte.
fn unmarked_utf16(head: &[u8]) -> Option<&'static Encoding> {
    let head = &head[..head.len().min(4096)];
    let pairs = head.len() / 2;
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    match (zeros(0), zeros(1)) {
        (even, odd) if pairs >= 2 && odd * 10 >= pairs * 6 && even * 20 <= pairs => Some(UTF_16LE),
        (even, odd) if pairs >= 2 && even * 10 >= pairs * 6 && odd * 20 <= pairs => Some(UTF_16BE),
        _ => None,
    }
}

/// Zero bytes of a text.
#[derive(Default)]
struct Zeros {
    count: u64,
    /// Of how many bytes.
    of: u64,
    /// The line of the first.
    line: u64,
}

impl Zeros {
    /// What is said of them; refuses a file that is full of them.
    fn told(&self) -> Result<Option<String>, Refusal> {
        if self.count > 0 && self.count.saturating_mul(2) >= self.of {
            let remedy = "export the file again: this one is damaged";
            return Err(Refusal::new(Some(self.line), "the text is full of zero bytes", remedy));
        }
        Ok((self.count > 0).then(|| zeros::told(self.count, self.line)))
    }
}

/// Decodes all of it once, so that no row is handed out of a file that breaks later.
fn decodes(source: &Source, encoding: &'static Encoding) -> Result<Zeros, Refusal> {
    let mut counted = 0;
    let mut zeros = Zeros::default();
    let mut line = 1;
    let mut last = 0;
    let mut text = Decoded::new(Capped { inner: source.open()?, left: source.max_bytes() }, encoding);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match text.read(&mut buffer) {
            Ok(0) => return Ok(Zeros { of: counted as u64, ..zeros }),
            Ok(count) => {
                counted += count;
                for byte in &buffer[..count] {
                    line += u64::from(*byte == b'\r' || (*byte == b'\n' && last != b'\r'));
                    last = *byte;
                    if *byte == 0 {
                        zeros.count += 1;
                        zeros.line = if zeros.count == 1 { line } else { zeros.line };
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let message = format!("the text is not {} (after {counted} bytes of text)", encoding.name());
                return Err(Refusal::new(
                    Some(line),
                    message,
                    "write another encoding, or save the file as \"CSV UTF-8\"",
                ));
            }
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                return Err(super::source::too_large(source.max_bytes()));
            }
            Err(error) => return Err(broken(&error)),
        }
    }
}

struct Capped<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(count)
    }
}

#[derive(Default)]
struct Scan {
    /// Where the first byte lies that is not UTF-8.
    invalid: Option<(u64, u8)>,
    first_zero: Option<u64>,
    zeros: Zeros,
    has_inner_marks: bool,
}

fn scan_utf8(source: &Source) -> Result<Scan, Refusal> {
    let mut scan = Scan::default();
    let mut carried: Vec<u8> = Vec::new();
    let mut place = 0;
    let mark = memmem::Finder::new(b"\xef\xbb\xbf");
    let mut zeros = Zeros::default();
    let mut judge = |bytes: &[u8], place: u64, is_last: bool| -> usize {
        if scan.first_zero.is_none() {
            scan.first_zero = memchr(0, bytes).map(|at| place + at as u64);
        }
        scan.has_inner_marks |= mark.find_iter(bytes).any(|at| place + at as u64 > 0);
        if scan.invalid.is_some() {
            return bytes.len();
        }
        let valid = Encoding::utf8_valid_up_to(bytes);
        let rest = &bytes[valid..];
        let is_cut = std::str::from_utf8(rest).is_err_and(|error| error.error_len().is_none());
        if let Some(byte) = rest.first()
            && (is_last || !is_cut)
        {
            scan.invalid = Some((place + valid as u64, *byte));
            return bytes.len();
        }
        valid
    };
    source.each(|chunk| {
        zeros.of += chunk.len() as u64;
        zeros.count += memchr::memchr_iter(0, chunk).count() as u64;
        // A letter cut by the end of the last chunk is judged with the first bytes of this one.
        let mut chunk = chunk;
        while !carried.is_empty() && !chunk.is_empty() {
            carried.push(chunk[0]);
            chunk = &chunk[1..];
            let done = judge(&carried, place, false);
            place += done as u64;
            carried.drain(..done);
        }
        let done = judge(chunk, place, false);
        place += done as u64;
        carried.extend_from_slice(&chunk[done..]);
        Ok(())
    })?;
    judge(&carried, place, true);
    scan.zeros = zeros;
    Ok(scan)
}

/// The line of the byte at `place`, counted from 1.
fn line_at(source: &Source, place: u64) -> Result<u64, Refusal> {
    let mut line = 1;
    let mut last = 0;
    let mut bytes = source.open()?.take(place);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = bytes.read(&mut buffer).map_err(|error| broken(&error))?;
        if count == 0 {
            return Ok(line);
        }
        for byte in &buffer[..count] {
            line += u64::from(*byte == b'\r' || (*byte == b'\n' && last != b'\r'));
            last = *byte;
        }
    }
}
