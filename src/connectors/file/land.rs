//! Copies a dropped file into the landing folder, unpacked: text compressed as pages are, Parquet as
//! it is, because DuckDB must be able to jump about in it.

use super::folder::{Dropped, failed, open};
use super::unpack::unpack;
use super::{FileDrop, Shape, refused};
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
        stream: drop.preset.spec().name.to_owned(),
        slice: dropped.slice(drop),
        fetched_at: now,
        pages: Vec::new(),
        notes: Vec::new(),
        is_folded: false,
        quota_note: None,
        caveats: Vec::new(),
        is_refused: false,
    };
    let mut landing = Landing::begin(landing_root, manifest)?;
    copy(&mut landing, drop, dropped)?;
    landing.finish()
}

fn copy(landing: &mut Landing, drop: &FileDrop, dropped: &Dropped) -> Result<(), ConnectorError> {
    let mut page = match dropped.shape {
        Shape::Parquet => landing.plain_file(dropped.shape.ending())?,
        Shape::Delimited | Shape::Ndjson => landing.file(dropped.shape.ending())?,
    };
    let file = open(&dropped.path)?;
    let mut hashed = Hashed { inner: file, hash: Sha256::new() };
    let unpacked = unpack(&mut hashed, &dropped.name, drop, |chunk| page.write(chunk));
    // A packing may end before its file does; the rest belongs to the file's sum as well.
    io::copy(&mut hashed, &mut io::sink()).map_err(|error| failed(&dropped.path, &error))?;
    if hex(&hashed.hash.finalize()) != dropped.sha256 {
        let remedy = "the next run takes it once it rests";
        return Err(refused(&dropped.name, None, "the file changed while it was read", remedy));
    }
    unpacked?;
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
