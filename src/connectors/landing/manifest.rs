//! What a landed slice says of itself, and a slice that is complete.

use super::page::HashWriter;
use super::record::PageRecord;
use super::{STAMP, UNREAD};
use crate::connectors::connection::Connection;
use crate::connectors::error::ConnectorError;
use crate::connectors::slice::{Slice, Window};
use crate::support::ids::hex;
use crate::support::names;
use crate::support::regular_file;
use crate::support::shown::shown;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What a hundred thousand pages come to.
const LARGEST_MANIFEST: u64 = 32 << 20;

/// What was fetched of a slice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub workspace: String,
    pub connection: String,
    pub connector: String,
    pub stream: String,
    pub slice: Slice,
    pub fetched_at: DateTime<Utc>,
    pub pages: Vec<PageRecord>,
    /// What an admin should know about this fetch.
    pub notes: Vec<String>,
    /// Whether the vendor says that it folded rows of several days or names together.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_folded: bool,
    /// What readers of the figures should know, e.g. that a list ended before its total.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caveats: Vec<String>,
    /// That little is left of the account's allowance, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_note: Option<String>,
    /// Why its answer is not whole, where the vendor cut it and no smaller window can be asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<String>,
    /// The vendor refused it: it speaks for no days, and is to be asked for again.
    #[serde(default)]
    pub is_refused: bool,
}

impl Manifest {
    /// Reads what was fetched, without a look at the pages.
    pub fn read(manifest: &Path) -> Result<Self, ConnectorError> {
        let failed = |what: String| ConnectorError::Landing { note: format!("{}: {what}", manifest.display()) };
        let mut text = Vec::new();
        let file = regular_file::open(manifest).map_err(|error| failed(error.kind().to_string()))?;
        file.take(LARGEST_MANIFEST + 1).read_to_end(&mut text).map_err(|error| failed(error.kind().to_string()))?;
        if text.len() as u64 > LARGEST_MANIFEST {
            return Err(failed(format!("is larger than {} MB; fetch the slice again", LARGEST_MANIFEST >> 20)));
        }
        serde_json::from_slice(&text).map_err(|_| failed("is not a manifest".to_owned()))
    }

    /// A fetch that begins: no page yet.
    pub fn begun(connection: &Connection, stream: &str, slice: Slice, fetched_at: DateTime<Utc>) -> Self {
        Self {
            workspace: connection.workspace.clone(),
            connection: connection.id.clone(),
            connector: connection.connector.spec.name.clone(),
            stream: stream.to_owned(),
            slice,
            fetched_at,
            pages: Vec::new(),
            notes: Vec::new(),
            is_folded: false,
            quota_note: None,
            caveats: Vec::new(),
            cut: None,
            is_refused: false,
        }
    }
}

/// A complete landed slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LandedSlice {
    pub folder: PathBuf,
    pub manifest: Manifest,
}

impl LandedSlice {
    /// Opens a landed slice and proves that its pages are as they were written.
    pub fn open(manifest: &Path) -> Result<Self, ConnectorError> {
        let failed = |what: String| ConnectorError::Landing { note: format!("{}: {what}", manifest.display()) };
        let parsed = Manifest::read(manifest)?;
        let folder = manifest.parent().unwrap_or(Path::new(".")).to_owned();
        for page in &parsed.pages {
            if Path::new(&page.file).components().count() != 1 || page.file.contains("..") {
                return Err(failed("names a page outside its folder".to_owned()));
            }
            let mut file = regular_file::open(&folder.join(&page.file))
                .map_err(|error| failed(format!("{}: {}", shown(&page.file), error.kind())))?;
            let mut hash = Sha256::new();
            std::io::copy(&mut file, &mut HashWriter(&mut hash)).map_err(|error| failed(error.kind().to_string()))?;
            if hex(&hash.finalize()) != page.sha256 {
                return Err(failed(format!("the page {} is damaged; fetch the slice again", shown(&page.file))));
            }
        }
        Ok(Self { folder, manifest: parsed })
    }

    /// Whether the manifest names what its place below the landing folder `root` says, and lies there.
    ///
    /// # Errors
    /// `Landing` with what does not agree.
    pub fn belongs(&self, root: &Path) -> Result<(), ConnectorError> {
        let wrong =
            |note: String| Err(ConnectorError::Landing { note: format!("{}: {note}", self.manifest_path().display()) });
        let (Ok(root), Ok(folder)) = (root.canonicalize(), self.folder.canonicalize()) else {
            return wrong("its folder cannot be found".to_owned());
        };
        let Ok(inner) = folder.strip_prefix(&root) else {
            return wrong(format!("it does not lie in the landing folder {}", root.display()));
        };
        let parts: Vec<String> = inner.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let of = &self.manifest;
        let stamp = of.fetched_at.format(STAMP).to_string();
        let is_its = match parts.as_slice() {
            [workspace, connection, stream, slice, at] => {
                names::is_of(workspace, &of.workspace)
                    && names::is_of(connection, &of.connection)
                    && names::is_of(stream, &of.stream)
                    && of.slice.is_named(slice)
                    && *at == stamp
            }
            _ => false,
        };
        if is_its {
            Ok(())
        } else {
            wrong("it names another slice than the folder it lies in: it was moved or changed".to_owned())
        }
    }

    /// A slice in which the vendor had nothing, for trying a stream's queries out.
    pub fn empty(connection: &Connection, stream: &str, fetched_at: DateTime<Utc>) -> Self {
        let slice = Slice { partition: String::new(), window: Window::Whole };
        let manifest = Manifest::begun(connection, stream, slice, fetched_at);
        Self { folder: PathBuf::new(), manifest }
    }

    /// The pages' files, in order.
    pub fn files(&self) -> Vec<PathBuf> {
        self.manifest.pages.iter().map(|page| self.folder.join(&page.file)).collect()
    }

    /// Removes what was landed and could not be used.
    pub fn remove(&self) {
        let _ = fs::remove_dir_all(&self.folder);
    }

    /// Objects that were named and could not be read, with the reason.
    pub fn unread(&self) -> Vec<(String, String)> {
        let text = fs::read(self.folder.join(UNREAD)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    pub fn manifest_path(&self) -> PathBuf {
        self.folder.join("manifest.json")
    }

    /// Bytes as received, of all pages and of the largest.
    pub fn bytes(&self) -> (u64, u64) {
        let sizes = || self.manifest.pages.iter().map(|page| page.bytes);
        (sizes().sum(), sizes().max().unwrap_or(0))
    }
}
