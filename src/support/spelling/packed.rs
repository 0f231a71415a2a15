//! What is compressed: recognised by its first bytes, whatever it is called.

use super::lenient;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use std::io::{self, Cursor, Read, Seek};

/// Packed values within a text are read so far.
const MOST_WITHIN: u64 = 16 << 20;
/// An archive within an archive is held in memory.
const MOST_HELD: u64 = 256 << 20;
/// Archives may lie in one another so deep.
const DEEPEST: usize = 4;

/// Streams of what a file holds, each shown to `look` until it says yes. What cannot be unpacked, and what
/// holds its values in a form of its own (Parquet), is an error.
pub fn each(mut source: impl Read + Seek, look: &mut dyn FnMut(&mut dyn Read) -> io::Result<bool>) -> io::Result<bool> {
    let mut head = [0; 4];
    let count = fill(&mut source, &mut head)?;
    source.rewind()?;
    if is_zip(&head[..count]) { in_zip(source, DEEPEST, look) } else { in_stream(&mut source, DEEPEST, look) }
}

fn in_stream(
    source: &mut dyn Read,
    depth: usize,
    look: &mut dyn FnMut(&mut dyn Read) -> io::Result<bool>,
) -> io::Result<bool> {
    let unreadable = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidData, what));
    let mut head = [0; 4];
    let count = fill(source, &mut head)?;
    let mut whole = Cursor::new(head[..count].to_vec()).chain(source);
    let kind = &head[..count];
    if depth == 0 && (is_gzip(kind) || is_zstd(kind) || is_zip(kind)) {
        return unreadable("archives lie too deep in one another");
    }
    if is_gzip(kind) {
        return in_stream(&mut MultiGzDecoder::new(whole), depth - 1, look);
    }
    if is_zstd(kind) {
        return in_stream(&mut zstd::Decoder::new(whole)?, depth - 1, look);
    }
    if is_zip(kind) {
        let mut held = Vec::new();
        if whole.take(MOST_HELD + 1).read_to_end(&mut held)? as u64 > MOST_HELD {
            return unreadable("an archive within is too large to be looked into");
        }
        return in_zip(Cursor::new(held), depth - 1, look);
    }
    if kind == b"PAR1" {
        return unreadable("Parquet packs its values");
    }
    look(&mut whole)
}

fn in_zip(
    source: impl Read + Seek,
    depth: usize,
    look: &mut dyn FnMut(&mut dyn Read) -> io::Result<bool>,
) -> io::Result<bool> {
    let mut archive = zip::ZipArchive::new(source)?;
    for number in 0..archive.len() {
        let mut member = archive.by_index(number)?;
        let name = member.name_raw().to_vec();
        if look(&mut name.as_slice())? || in_stream(&mut member, depth.saturating_sub(1), look)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Text of a packed value; none where it is not packed, or nothing of it can be read.
pub fn unpacked(bytes: &[u8]) -> Option<String> {
    let mut text = Vec::new();
    // The end may be cut off, and what came before it is read all the same.
    let _ = if is_gzip(bytes) {
        MultiGzDecoder::new(bytes).take(MOST_WITHIN).read_to_end(&mut text)
    } else if is_zstd(bytes) {
        zstd::Decoder::new(bytes).and_then(|decoder| decoder.take(MOST_WITHIN).read_to_end(&mut text))
    } else if matches!(bytes, [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..]) {
        ZlibDecoder::new(bytes).take(MOST_WITHIN).read_to_end(&mut text)
    } else if is_zip(bytes) {
        let mut taken = 0;
        in_zip(Cursor::new(bytes), DEEPEST, &mut |member| {
            taken += member.take(MOST_WITHIN - taken).read_to_end(&mut text)? as u64;
            text.push(b'\n');
            Ok(taken >= MOST_WITHIN)
        })
        .map(|_| text.len())
    } else {
        return None;
    };
    (!text.is_empty()).then(|| lenient(&text))
}

fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&[0x1f, 0x8b])
}

fn is_zstd(head: &[u8]) -> bool {
    head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
}

fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04")
}

fn fill(source: &mut (impl Read + ?Sized), head: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < head.len() {
        match source.read(&mut head[count..])? {
            0 => break,
            more => count += more,
        }
    }
    Ok(count)
}
