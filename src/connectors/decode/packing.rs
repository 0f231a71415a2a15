//! What stands around a body: gzip, and an archive with one member.

use super::{Form, unexpected};
use crate::connectors::error::ConnectorError;
use crate::connectors::file::shape::{self, Refusal};
use crate::connectors::landing::read_page;
use crate::connectors::spec::BodyKind;
use crate::support::owner::{ran_short, why};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// The landed page as a file without packing; a workbook, itself an archive, stays one.
pub fn unpacked(page: &Path, form: &Form) -> Result<NamedTempFile, ConnectorError> {
    let mut plain = scratch()?;
    fill(&mut plain, &mut read_page(page)?, form.max_bytes)?;
    // A zip in a gzip is as far as vendors go.
    for _ in 0..2 {
        let mut head = [0; 4];
        let mut file = File::open(plain.path()).map_err(|error| failed(&error))?;
        let read = file.read(&mut head).map_err(|error| failed(&error))?;
        file.rewind().map_err(|error| failed(&error))?;
        plain = match &head[..read] {
            [0x1f, 0x8b, ..] => {
                let mut inner = scratch()?;
                fill(&mut inner, &mut flate2::read::MultiGzDecoder::new(BufReader::new(file)), form.max_bytes)?;
                inner
            }
            [b'P', b'K', 3 | 5, ..] if form.kind != BodyKind::Workbook => member(plain.path(), form)?,
            _ => return Ok(plain),
        };
    }
    Ok(plain)
}

/// The only member of an archive that is no folder.
fn member(archive: &Path, form: &Form) -> Result<NamedTempFile, ConnectorError> {
    let members = shape::members(archive).map_err(|refusal| super::refused(&refusal))?;
    let [only] = members.as_slice() else {
        let names: Vec<String> = members.iter().take(5).map(|member| shape::shown(&member.name)).collect();
        let note =
            format!("the answer is an archive of {} files, where one was due: {}", members.len(), names.join(", "));
        return Err(unexpected(note));
    };
    let mut inner = scratch()?;
    let mut write = |bytes: &[u8]| {
        inner.write_all(bytes).map_err(|error| Refusal::new(None, why(&error).to_string(), "").because(&error))
    };
    shape::unpack(archive, &only.name, form.max_bytes, &mut write).map_err(|refusal| super::refused(&refusal))?;
    Ok(inner)
}

fn scratch() -> Result<NamedTempFile, ConnectorError> {
    NamedTempFile::new().map_err(|error| failed(&error))
}

fn fill(into: &mut NamedTempFile, from: &mut dyn Read, most: u64) -> Result<(), ConnectorError> {
    let copied = io::copy(&mut from.take(most + 1), into).map_err(|error| failed(&error))?;
    if copied > most {
        return Err(unexpected(format!("the answer unpacks to more than {} MB", most >> 20)));
    }
    into.flush().map_err(|error| failed(&error))
}

/// What cannot be read back was cut on its way, unless the machine ran short.
pub fn failed(error: &io::Error) -> ConnectorError {
    let note = format!("the answer cannot be unpacked: {}", why(error));
    match error.kind() {
        _ if ran_short(error) => ConnectorError::RanShort { note },
        io::ErrorKind::UnexpectedEof => ConnectorError::Unavailable { note: "the answer is cut short".to_owned() },
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => ConnectorError::UnexpectedPayload { note },
        _ => ConnectorError::Landing { note },
    }
}
