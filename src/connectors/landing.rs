//! The landing folder: pages as received, compressed, and a manifest written last. What has a
//! manifest is complete; what has none is the rest of a crash.

mod manifest;
mod page;
mod record;

pub use manifest::{LandedSlice, Manifest};
pub use page::{PageWriter, read_page};
pub use record::{PageLabel, PageRecord};

use super::error::ConnectorError;
use crate::support::names;
use crate::support::owner::{ran_short, why};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use tokio::task::JoinHandle;

/// How a slice's folder says when it was fetched.
const STAMP: &str = "%Y%m%dT%H%M%S%6fZ";
/// Beside the pages, where there is something of the kind.
const UNREAD: &str = "unread.json";

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
        self.create(&format!("{ending}.zst"), false)
    }

    /// A writer for the next page that is kept as it comes: for what is compressed in itself.
    pub fn plain_file(&self, ending: &str) -> Result<PageWriter, ConnectorError> {
        self.create(ending, true)
    }

    fn create(&self, ending: &str, is_plain: bool) -> Result<PageWriter, ConnectorError> {
        let name = format!("page-{:05}.{ending}", self.count() + 1);
        PageWriter::create(self.folder.join(&name), name, is_plain)
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

fn failed(path: &Path, error: &std::io::Error) -> ConnectorError {
    let note = format!("{}: {}", path.display(), why(error));
    if ran_short(error) { ConnectorError::RanShort { note } } else { ConnectorError::Landing { note } }
}
