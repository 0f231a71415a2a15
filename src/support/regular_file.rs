//! Files that are opened only where they are files: a pipe would keep its reader waiting for ever.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Whether a path may be opened: there is nothing yet, or a regular file. A link counts as what it leads to.
///
/// # Errors
/// `InvalidInput` for a pipe, a device, a socket or a folder.
pub fn require(path: &Path) -> io::Result<()> {
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            Err(io::Error::new(ErrorKind::InvalidInput, "this is no regular file: move it away"))
        }
        _ => Ok(()),
    }
}

/// # Errors
/// As [`require`], and what opening says.
pub fn open(path: &Path) -> io::Result<File> {
    require(path)?;
    File::open(path)
}

/// The bytes of a file.
///
/// # Errors
/// As [`open`], and what reading says.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of a file.
///
/// # Errors
/// As [`read`]; `InvalidData` where it is not UTF-8.
pub fn read_to_string(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path)?).map_err(|error| io::Error::new(ErrorKind::InvalidData, error.utf8_error()))
}
