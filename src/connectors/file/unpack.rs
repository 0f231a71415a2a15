//! The bytes inside a dropped file: `.gz` and `.zst` are unpacked as they are read, so that a bomb
//! is noticed while it swells and never lies in memory.

use super::{FileDrop, refused};
use crate::connectors::error::ConnectorError;
use std::io::{self, Read};

/// A window of 128 MB is the most that a .zst may ask for.
const LARGEST_WINDOW_LOG: u32 = 27;

/// Copies what is inside `file`, called `name`, to `to`, at most as much as the drop allows.
pub fn unpack(
    file: impl Read,
    name: &str,
    drop: &FileDrop,
    mut to: impl FnMut(&[u8]) -> Result<(), ConnectorError>,
) -> Result<(), ConnectorError> {
    let broken = |error: &io::Error| {
        let message = match error.kind() {
            io::ErrorKind::UnexpectedEof => "the packed file ends too early".to_owned(),
            _ => format!("the file cannot be unpacked ({error})"),
        };
        refused(name, None, &message, "drop it again once it is complete, or drop it unpacked")
    };
    let lower = name.to_ascii_lowercase();
    let mut inside: Box<dyn Read + '_> = if lower.ends_with(".gz") {
        Box::new(flate2::read::MultiGzDecoder::new(file))
    } else if lower.ends_with(".zst") {
        let mut decoder = zstd::Decoder::new(file).map_err(|error| broken(&error))?;
        decoder.window_log_max(LARGEST_WINDOW_LOG).map_err(|error| broken(&error))?;
        Box::new(decoder)
    } else {
        Box::new(file)
    };
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let count = match inside.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(broken(&error)),
        };
        bytes += count as u64;
        if bytes > drop.max_bytes() {
            let message = format!("the file unpacks to more than {} MB", drop.max_mb);
            return Err(refused(name, None, &message, "split it, or raise max_mb of the connection"));
        }
        to(&buffer[..count])?;
    }
}
