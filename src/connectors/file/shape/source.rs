//! The bytes inside a file: `.gz` and `.zst` are unpacked as they are read, so that a bomb is noticed
//! while it swells and never lies in memory.

use super::sniff::{self, Kind};
use super::{Ask, Refusal, shown};
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A window of 128 MB is the most that a .zst may ask for.
const LARGEST_WINDOW_LOG: u32 = 27;
/// So many bytes show what a file is, its delimiter and its header.
pub const HEAD: usize = 256 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pack {
    Plain,
    Gzip,
    Zstd,
}

/// A file that can be read from its start as often as needed.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    pack: Pack,
    max_bytes: u64,
    scratch: Option<PathBuf>,
}

impl Source {
    /// Its first bytes say whether it is packed; its name must not contradict them.
    pub fn new(path: &Path, ask: &Ask) -> Result<Self, Refusal> {
        let mut start = Vec::new();
        File::open(path).and_then(|file| file.take(8).read_to_end(&mut start)).map_err(|error| broken(&error))?;
        let pack = match sniff::kind(&start) {
            Kind::Packed(".gz") => Pack::Gzip,
            Kind::Packed(".zst") => Pack::Zstd,
            _ => Pack::Plain,
        };
        let lower = ask.name.trim().to_ascii_lowercase();
        if pack == Pack::Plain && !start.is_empty() && (lower.ends_with(".gz") || lower.ends_with(".zst")) {
            let message = "the file is not packed, although its name says so";
            return Err(Refusal::new(None, message, "take the last ending off its name, or drop it packed"));
        }
        Ok(Self { path: path.to_owned(), pack, max_bytes: ask.max_bytes, scratch: ask.scratch.clone() })
    }

    /// From the start.
    pub fn open(&self) -> Result<Box<dyn Read>, Refusal> {
        let file = File::open(&self.path).map_err(|error| broken(&error))?;
        Ok(match self.pack {
            Pack::Plain => Box::new(file),
            Pack::Gzip => Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(1 << 16, file))),
            Pack::Zstd => {
                let mut decoder = zstd::Decoder::new(file).map_err(|error| broken(&error))?;
                decoder.window_log_max(LARGEST_WINDOW_LOG).map_err(|error| broken(&error))?;
                Box::new(decoder)
            }
        })
    }

    /// The first bytes, unpacked.
    pub fn head(&self) -> Result<Vec<u8>, Refusal> {
        let mut head = Vec::new();
        self.open()?.take(HEAD as u64).read_to_end(&mut head).map_err(|error| broken(&error))?;
        Ok(head)
    }

    /// Unpacked.
    pub fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// Hands all bytes to `to`, and refuses the file where it is larger than allowed.
    pub fn each(&self, mut to: impl FnMut(&[u8]) -> Result<(), Refusal>) -> Result<(), Refusal> {
        copy(&mut *self.open()?, self.max_bytes, &mut to)
    }

    /// A file on the disk with the unpacked bytes, for readers that jump about.
    pub fn seekable(&self) -> Result<Seekable, Refusal> {
        if self.pack == Pack::Plain {
            let size = std::fs::metadata(&self.path).map_err(|error| broken(&error))?.len();
            return if size > self.max_bytes {
                Err(too_large(self.max_bytes))
            } else {
                Ok(Seekable::Own(self.path.clone()))
            };
        }
        let file = unpacked(&mut *self.open()?, self.max_bytes, self.scratch.as_deref())?;
        Ok(Seekable::Scratch(file))
    }
}

/// A file to jump about in; a scratch file vanishes with it.
#[derive(Debug)]
pub enum Seekable {
    Own(PathBuf),
    Scratch(NamedTempFile),
}

impl Seekable {
    pub fn path(&self) -> &Path {
        match self {
            Self::Own(path) => path,
            Self::Scratch(file) => file.path(),
        }
    }
}

/// Copies `from` to a scratch file, at most `max_bytes`.
pub fn unpacked(from: &mut dyn Read, max_bytes: u64, scratch: Option<&Path>) -> Result<NamedTempFile, Refusal> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("unpacked-");
    let file = scratch.map_or_else(|| builder.tempfile(), |folder| builder.tempfile_in(folder));
    let full = |error: &io::Error| {
        Refusal::new(
            None,
            format!("the file cannot be unpacked to the disk ({})", shown(&error.to_string())),
            "look whether the disk is full",
        )
        .because(error)
    };
    let mut file = file.map_err(|error| full(&error))?;
    copy(from, max_bytes, &mut |bytes| file.write_all(bytes).map_err(|error| full(&error)))?;
    file.flush().map_err(|error| full(&error))?;
    Ok(file)
}

fn copy(from: &mut dyn Read, max_bytes: u64, to: &mut dyn FnMut(&[u8]) -> Result<(), Refusal>) -> Result<(), Refusal> {
    let mut buffer = vec![0; 1 << 18];
    let mut bytes = 0;
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(broken(&error)),
        };
        bytes += count as u64;
        if bytes > max_bytes {
            return Err(too_large(max_bytes));
        }
        to(&buffer[..count])?;
    }
}

pub fn too_large(max_bytes: u64) -> Refusal {
    let message = format!("the file unpacks to more than {} MB", max_bytes >> 20);
    Refusal::new(None, message, "split it, or raise max_mb of the connection")
}

/// What to say when bytes do not come.
pub fn broken(error: &io::Error) -> Refusal {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Refusal::new(
            None,
            "the packed file ends too early: it seems cut",
            "drop it again once it is complete, or drop it unpacked",
        ),
        _ => Refusal::new(
            None,
            format!("the file cannot be read ({})", shown(&error.to_string())),
            "drop it again, or drop it unpacked",
        )
        .because(error),
    }
}
