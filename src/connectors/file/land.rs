//! Copies a dropped file into the landing folder as it came; plain text is compressed as pages are.

use super::folder::{Dropped, failed, open};
use super::shape::{Packing, Refusal, Shape, unpack};
use super::{FileDrop, refused};
use crate::connectors::error::ConnectorError;
use crate::connectors::landing::{LandedSlice, Landing, Manifest};
use crate::support::ids::hex;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// Lands `dropped`; nothing stays of a file that cannot be unpacked or changes meanwhile.
pub fn land(
    landing_root: &std::path::Path,
    workspace: &str,
    connection: &str,
    drop: &FileDrop,
    dropped: &Dropped,
    now: DateTime<Utc>,
) -> Result<LandedSlice, ConnectorError> {
    let manifest = Manifest {
        workspace: workspace.to_owned(),
        connection: connection.to_owned(),
        connector: "file".to_owned(),
        stream: drop.preset.target.spec().name.to_owned(),
        slice: dropped.slice(drop),
        fetched_at: now,
        pages: Vec::new(),
        notes: Vec::new(),
        is_folded: false,
        quota_note: None,
        caveats: Vec::new(),
        cut: None,
        is_refused: false,
    };
    let mut landing = Landing::begin(landing_root, manifest)?;
    copy(&mut landing, dropped, drop.max_bytes())?;
    landing.finish()
}

fn copy(landing: &mut Landing, dropped: &Dropped, max_bytes: u64) -> Result<(), ConnectorError> {
    let ending = match dropped.shape {
        Shape::Delimited => "csv",
        Shape::Ndjson => "ndjson",
        Shape::Workbook => "workbook",
        Shape::Parquet => "parquet",
        Shape::Zip => "zip",
    };
    let is_text = matches!(dropped.shape, Shape::Delimited | Shape::Ndjson) && dropped.packing == Packing::None;
    let mut page = if is_text { landing.file(ending)? } else { landing.plain_file(ending)? };
    if let Some(member) = &dropped.member {
        let mut failure = None;
        let done = unpack(&dropped.path, member, max_bytes, &mut |bytes| {
            page.write(bytes).map_err(|error| {
                let refusal = Refusal::new(None, error.to_string(), "look whether the disk is full");
                failure = Some(error);
                refusal
            })
        });
        return match (done, failure) {
            (_, Some(error)) => Err(error),
            (Err(refusal), None) => Err(refused(&dropped.name, None, &refusal.message, &refusal.remedy)),
            (Ok(()), None) => {
                landing.keep(page.finish()?);
                Ok(())
            }
        };
    }
    let mut hashed = Hashed { inner: open(&dropped.path)?, hash: Sha256::new() };
    let mut buffer = vec![0; 1 << 16];
    loop {
        match hashed.read(&mut buffer).map_err(|error| failed(&dropped.path, &error))? {
            0 => break,
            count => page.write(&buffer[..count])?,
        }
    }
    if hex(&hashed.hash.finalize()) != dropped.sha256 {
        let remedy = "the next run takes it once it rests";
        return Err(refused(&dropped.name, None, "the file changed while it was read", remedy));
    }
    landing.keep(page.finish()?);
    Ok(())
}

/// Sums up what is read through it.
struct Hashed<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}
