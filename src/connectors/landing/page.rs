//! Pages of the landing folder: written as they come, compressed and hashed, and read back.

use super::failed;
use super::record::{PageLabel, PageRecord};
use crate::connectors::error::ConnectorError;
use crate::connectors::mask::Mask;
use crate::support::ids::hex;
use crate::support::regular_file;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

/// Fast, and a tenth of the size for JSON.
const ZSTD_LEVEL: i32 = 1;

/// Writes one page to its file, compressed unless it is so already.
pub struct PageWriter {
    name: String,
    path: PathBuf,
    sink: Sink,
    bytes: u64,
    mask: Mask,
}

enum Sink {
    Packed(zstd::Encoder<'static, HashingFile>),
    Plain(HashingFile),
}

impl std::fmt::Debug for PageWriter {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "PageWriter({})", self.path.display())
    }
}

impl PageWriter {
    /// A new file, whose content is compressed unless it `is_plain`: compressed in itself.
    pub(super) fn create(path: PathBuf, name: String, is_plain: bool) -> Result<Self, ConnectorError> {
        // An attempt that was given up may still be writing to its own.
        let _ = fs::remove_file(&path);
        let file = File::create_new(&path).map_err(|error| failed(&path, &error))?;
        let file = HashingFile { file, hash: Sha256::new() };
        let sink = match is_plain {
            true => Sink::Plain(file),
            false => Sink::Packed(zstd::Encoder::new(file, ZSTD_LEVEL).map_err(|error| failed(&path, &error))?),
        };
        Ok(Self { name, path, sink, bytes: 0, mask: Mask::default() })
    }

    /// The same, which leaves out what `mask` hides.
    pub fn hiding(self, mask: Mask) -> Self {
        Self { mask, ..self }
    }

    pub fn write(&mut self, chunk: &[u8]) -> Result<(), ConnectorError> {
        if self.mask.is_empty() {
            return self.put(chunk);
        }
        let passed = self.mask.pass(chunk);
        self.put(&passed)
    }

    fn put(&mut self, chunk: &[u8]) -> Result<(), ConnectorError> {
        self.bytes += chunk.len() as u64;
        let written = match &mut self.sink {
            Sink::Packed(encoder) => encoder.write_all(chunk),
            Sink::Plain(file) => file.write_all(chunk),
        };
        written.map_err(|error| failed(&self.path, &error))
    }

    pub fn finish(mut self) -> Result<PageRecord, ConnectorError> {
        let rest = self.mask.rest();
        self.put(&rest)?;
        let sink = match self.sink {
            Sink::Packed(encoder) => encoder.finish().map_err(|error| failed(&self.path, &error))?,
            Sink::Plain(file) => file,
        };
        Ok(PageRecord {
            file: self.name,
            bytes: self.bytes,
            sha256: hex(&sink.hash.finalize()),
            label: PageLabel::default(),
        })
    }

    /// The page's file, to read it back once finished.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Reads a landed page back, decompressed.
pub fn read_page(path: &Path) -> Result<impl Read + use<>, ConnectorError> {
    let file = regular_file::open(path).map_err(|error| failed(path, &error))?;
    zstd::Decoder::with_buffer(BufReader::new(file)).map_err(|error| failed(path, &error))
}

struct HashingFile {
    file: File,
    hash: Sha256,
}

impl Write for HashingFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

pub(super) struct HashWriter<'a>(pub &'a mut Sha256);

impl Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
