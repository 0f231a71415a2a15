//! The landing folder: pages as received, compressed, and a manifest written last. What has a
//! manifest is complete; what has none is the rest of a crash.

use super::connection::Connection;
use super::error::ConnectorError;
use super::mask::Mask;
use super::slice::{Slice, Window};
use crate::support::ids::hex;
use crate::support::names;
use crate::support::owner::{ran_short, why};
use crate::support::regular_file;
use crate::support::shown::shown;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use tokio::task::JoinHandle;

/// How a slice's folder says when it was fetched.
const STAMP: &str = "%Y%m%dT%H%M%S%6fZ";
/// Beside the pages, where there is something of the kind.
const UNREAD: &str = "unread.json";

/// What a hundred thousand pages come to.
const LARGEST_MANIFEST: u64 = 32 << 20;

/// Fast, and a tenth of the size for JSON.
const ZSTD_LEVEL: i32 = 1;

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

/// One page as it lies in the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRecord {
    pub file: String,
    /// As received, decompressed.
    pub bytes: u64,
    /// Of the compressed file.
    pub sha256: String,
    #[serde(flatten)]
    pub label: PageLabel,
}

/// What a page is of, within its slice.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PageLabel {
    /// The stream's part; empty for its own request.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub part: String,
    /// The id of the object whose page it is, where it was asked for by that id alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub parent: String,
}

impl PageLabel {
    /// A part's pages.
    pub fn of_part(part: &str) -> Self {
        Self { part: part.to_owned(), parent: String::new() }
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

/// A slice on its way into the landing folder. One that is dropped unfinished leaves nothing behind: a
/// fetch may fail or be given up, and a disk that is full needs the room.
#[derive(Debug)]
pub struct Landing {
    folder: PathBuf,
    manifest: Manifest,
    /// The last page, which may still be on its way to the disk.
    packing: Option<PendingWrite>,
    /// What pages are of that are kept from now on.
    label: PageLabel,
    unread: Vec<(String, String)>,
    is_finished: bool,
}

/// A page that is being compressed and written while the next one is asked for.
pub type PendingWrite = JoinHandle<Result<PageRecord, ConnectorError>>;

impl Drop for Landing {
    fn drop(&mut self) {
        if !self.is_finished {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

impl Landing {
    /// Begins `landing/<workspace>/<connection>/<stream>/<slice>/<fetched at>/`.
    pub fn begin(root: &Path, manifest: Manifest) -> Result<Self, ConnectorError> {
        let folder = [&manifest.workspace, &manifest.connection, &manifest.stream]
            .iter()
            .fold(root.to_owned(), |path, part| path.join(names::safe(part)))
            .join(manifest.slice.id())
            .join(manifest.fetched_at.format(STAMP).to_string());
        // Only the rest of a crash at the very same instant can be here.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
        Ok(Self {
            folder,
            manifest,
            packing: None,
            label: PageLabel::default(),
            unread: Vec::new(),
            is_finished: false,
        })
    }

    /// A writer for the next page of JSON.
    pub fn page(&self) -> Result<PageWriter, ConnectorError> {
        self.file("json")
    }

    /// A writer for the next page, of a kind named by its ending.
    pub fn file(&self, ending: &str) -> Result<PageWriter, ConnectorError> {
        let (name, path, sink) = self.create(&format!("{ending}.zst"))?;
        let encoder = zstd::Encoder::new(sink, ZSTD_LEVEL).map_err(|error| failed(&path, &error))?;
        Ok(PageWriter { name, path, sink: Sink::Packed(encoder), bytes: 0, mask: Mask::default() })
    }

    /// A writer for the next page that is kept as it comes: for what is compressed in itself.
    pub fn plain_file(&self, ending: &str) -> Result<PageWriter, ConnectorError> {
        let (name, path, sink) = self.create(ending)?;
        Ok(PageWriter { name, path, sink: Sink::Plain(sink), bytes: 0, mask: Mask::default() })
    }

    fn create(&self, ending: &str) -> Result<(String, PathBuf, HashingFile), ConnectorError> {
        let name = format!("page-{:05}.{ending}", self.count() + 1);
        let path = self.folder.join(&name);
        // An attempt that was given up may still be writing to its own.
        let _ = fs::remove_file(&path);
        let file = File::create_new(&path).map_err(|error| failed(&path, &error))?;
        Ok((name, path, HashingFile { file, hash: Sha256::new() }))
    }

    /// Keeps a finished page.
    pub fn keep(&mut self, page: PageRecord) {
        self.manifest.pages.push(page);
    }

    /// Keeps a page that is being written, once the one before it is.
    pub async fn keep_packing(&mut self, page: PendingWrite) -> Result<(), ConnectorError> {
        self.settle().await?;
        self.packing = Some(page);
        Ok(())
    }

    /// Waits for the page that is being written.
    pub async fn settle(&mut self) -> Result<(), ConnectorError> {
        if let Some(page) = self.packing.take() {
            let stopped = |_| ConnectorError::Landing { note: "the writer stopped".to_owned() };
            let page = page.await.map_err(stopped)??;
            let label = self.label.clone();
            self.keep(PageRecord { label, ..page });
        }
        Ok(())
    }

    /// Pages that are kept from now on are of this; the one that is being written is waited for.
    pub async fn label(&mut self, label: PageLabel) -> Result<(), ConnectorError> {
        if label != self.label {
            self.settle().await?;
            self.label = label;
        }
        Ok(())
    }

    /// Notes that the vendor folded rows together.
    pub fn note_folded(&mut self) {
        self.manifest.is_folded = true;
    }

    /// What it is of.
    pub fn place(&self) -> super::spent::Place {
        let of = &self.manifest;
        [&of.workspace, &of.connection, &of.stream, &of.slice.partition].map(String::clone)
    }

    /// Notes that the pages are all that the vendor lists, and not known to be all there is.
    pub fn cut(&mut self, note: String) {
        self.manifest.cut = Some(note);
    }

    /// Notes what readers of the figures should know.
    pub fn limit(&mut self, caveat: Option<String>) {
        self.manifest.caveats.extend(caveat);
    }

    /// Keeps the id of an object that could not be read, and why.
    pub fn unread(&mut self, id: String, reason: String) {
        self.unread.push((id, reason));
    }

    /// Notes that little is left of the allowance.
    pub fn note_quota(&mut self, note: &str) {
        self.manifest.quota_note = Some(note.to_owned());
    }

    /// How many pages there are, the one that is being written included.
    pub fn count(&self) -> usize {
        self.manifest.pages.len() + usize::from(self.packing.is_some())
    }

    /// The pages kept so far, once settled.
    pub fn pages(&self) -> &[PageRecord] {
        &self.manifest.pages
    }

    /// Where a kept page lies.
    pub fn path(&self, page: &PageRecord) -> PathBuf {
        self.folder.join(&page.file)
    }

    /// Forgets all pages, once settled, but the first `count`: a listing begins anew, or has served.
    pub fn truncate(&mut self, count: usize) {
        for page in self.manifest.pages.drain(count.min(self.manifest.pages.len())..) {
            let _ = fs::remove_file(self.folder.join(page.file));
        }
    }

    /// Marks the slice as refused, with what cannot be reported for it.
    pub fn refuse(&mut self, note: String) {
        self.manifest.is_refused = true;
        self.note(note);
    }

    pub fn note(&mut self, note: String) {
        if !self.manifest.notes.contains(&note) {
            self.manifest.notes.push(note);
        }
    }

    /// Writes the manifest, last and as a whole: from here on the slice is landed.
    ///
    /// # Errors
    /// Also where the last page is not settled.
    pub fn finish(mut self) -> Result<LandedSlice, ConnectorError> {
        let path = self.folder.join("manifest.json");
        if self.packing.is_some() {
            return Err(failed(&path, &std::io::Error::other("the last page is still being written")));
        }
        if !self.unread.is_empty() {
            let text = serde_json::to_vec_pretty(&self.unread).map_err(|error| failed(&path, &error.into()))?;
            fs::write(self.folder.join(UNREAD), text).map_err(|error| failed(&path, &error))?;
        }
        let text = serde_json::to_vec_pretty(&self.manifest).map_err(|error| failed(&path, &error.into()))?;
        let write = || -> std::io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(&text)?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error| failed(&path, &error))?;
        self.is_finished = true;
        Ok(LandedSlice { folder: self.folder.clone(), manifest: self.manifest.clone() })
    }
}

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

struct HashWriter<'a>(&'a mut Sha256);

impl Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn failed(path: &Path, error: &std::io::Error) -> ConnectorError {
    let note = format!("{}: {}", path.display(), why(error));
    if ran_short(error) { ConnectorError::RanShort { note } } else { ConnectorError::Landing { note } }
}
