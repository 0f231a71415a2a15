//! A file's bytes as UTF-8, decoded as they come.

use super::Refusal;
use super::source::{Source, broken};
use super::zeros::{self, Zeroless};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, WINDOWS_1252};
use std::io::{self, Read};

/// How a file's text is written, once `encoding::decide` has looked at all of it.
#[derive(Clone, Debug)]
pub struct Text {
    pub encoding: &'static Encoding,
    /// Whether byte order marks stand further on, as in files joined together.
    pub has_inner_marks: bool,
    /// Whether zero bytes are among it, which are taken out.
    pub has_zeros: bool,
    pub notes: Vec<String>,
}

impl Text {
    /// The text as UTF-8 without a mark at its start, and without zero bytes.
    pub fn open(&self, source: &Source) -> Result<Box<dyn Read>, Refusal> {
        let text = self.decoded(source)?;
        Ok(if self.has_zeros { Box::new(Zeroless::new(text)) } else { text })
    }

    fn decoded(&self, source: &Source) -> Result<Box<dyn Read>, Refusal> {
        let mut bytes = source.open()?;
        if self.encoding == UTF_8 {
            let mut start = [0; 3];
            let count = fill(&mut *bytes, &mut start).map_err(|error| broken(&error))?;
            let mark = if start == *b"\xef\xbb\xbf" { 3 } else { 0 };
            return Ok(Box::new(io::Cursor::new(start[mark..count.max(mark)].to_vec()).chain(bytes)));
        }
        Ok(Box::new(Decoded::new(bytes, self.encoding)))
    }

    /// The text of the file's first bytes, whole lines only where the file goes on.
    pub fn head(&self, head: &[u8], is_whole: bool) -> String {
        let (text, _) = self.encoding.decode_with_bom_removal(head);
        let text = if self.has_zeros { zeros::without(&text).into() } else { text };
        match text.rfind(['\n', '\r']) {
            Some(end) if !is_whole => text[..=end].to_owned(),
            _ => text.into_owned(),
        }
    }
}

fn fill(from: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Decodes while reading; ends with `InvalidData` at what cannot be decoded, all before it handed out.
pub struct Decoded<R> {
    inner: R,
    decoder: Decoder,
    encoding: &'static Encoding,
    state: State,
    raw: Vec<u8>,
    /// What of `raw` is not decoded yet.
    from: usize,
    to: usize,
    out: Vec<u8>,
    out_from: usize,
    out_to: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// All is read; the decoder says whether the end came too early.
    Ending,
    /// A byte that means nothing follows.
    Odd,
    Over,
    Broken,
}

impl<R: Read> Decoded<R> {
    pub fn new(inner: R, encoding: &'static Encoding) -> Self {
        Self {
            inner,
            decoder: encoding.new_decoder_with_bom_removal(),
            encoding,
            state: State::Open,
            raw: vec![0; 1 << 16],
            from: 0,
            to: 0,
            out: vec![0; 1 << 17],
            out_from: 0,
            out_to: 0,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.to = self.inner.read(&mut self.raw)?;
        self.from = 0;
        if self.to == 0 {
            self.state = State::Ending;
        } else if self.encoding == WINDOWS_1252 {
            // WHATWG gives these five bytes a meaning that no text has.
            let is_odd = |byte: &u8| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d);
            if let Some(odd) = self.raw[..self.to].iter().position(is_odd) {
                self.to = odd;
                self.state = State::Odd;
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.out_from == self.out_to {
            match self.state {
                State::Over => return Ok(0),
                State::Broken => return Err(io::ErrorKind::InvalidData.into()),
                State::Open if self.from == self.to => self.fill()?,
                State::Open | State::Ending | State::Odd => {}
            }
            let is_last = self.state == State::Ending;
            let raw = &self.raw[self.from..self.to];
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(raw, &mut self.out, is_last);
            self.from += read;
            (self.out_from, self.out_to) = (0, written);
            match result {
                DecoderResult::Malformed(..) => self.state = State::Broken,
                DecoderResult::InputEmpty if self.state == State::Odd => self.state = State::Broken,
                DecoderResult::InputEmpty if is_last => self.state = State::Over,
                DecoderResult::InputEmpty | DecoderResult::OutputFull => {}
            }
        }
        let count = buffer.len().min(self.out_to - self.out_from);
        buffer[..count].copy_from_slice(&self.out[self.out_from..self.out_from + count]);
        self.out_from += count;
        Ok(count)
    }
}
