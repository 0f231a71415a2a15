//! Landed pages that are no JSON, as JSON that queries read.

use crate::connectors::ConnectorError;
use crate::connectors::decode::{Form, decode};
use crate::connectors::spec::BodyKind;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// The pages in pieces that bear their numbers.
#[derive(Debug)]
pub struct DecodedPages {
    pub files: Vec<PathBuf>,
    /// Bytes of the largest piece.
    pub largest: u64,
    /// How they were read, where that is not as usual.
    pub notes: Vec<String>,
    /// Where the pieces are, as long as they are needed.
    pub folder: Arc<TempDir>,
}

/// Why pages could not be decoded.
#[derive(Debug)]
pub enum NotDecoded {
    Io(io::Error),
    /// The body is not of the form, though it was when it came: the connector says otherwise now.
    Body(ConnectorError),
}

/// Where a piece tells a line that is no row: without such lines an answer is not whole.
pub fn bad_lines(body: BodyKind) -> Option<String> {
    (!body.is_json()).then(|| "$.bad[0].reason".to_owned())
}

/// Decodes pages, in a folder beside them in `folder`; blocking.
pub fn decoded_pages(files: &[PathBuf], form: &Form, folder: &Path) -> Result<DecodedPages, NotDecoded> {
    let scratch = tempfile::tempdir_in(folder).map_err(NotDecoded::Io)?;
    let mut pages = DecodedPages { files: Vec::new(), largest: 0, notes: Vec::new(), folder: Arc::new(scratch) };
    for (number, file) in files.iter().enumerate() {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let name = format!("{}.json", name.split('.').next().unwrap_or_default());
        let mut failed = None;
        let mut piece = 0;
        let done = decode(file, form, &mut |body| {
            // Pages are known by their numbers, and pieces of one lie in folders of their own.
            let own = pages.folder.path().join(number.to_string()).join(piece.to_string());
            piece += 1;
            let path = own.join(&name);
            if let Err(error) = std::fs::create_dir_all(&own).and_then(|()| std::fs::write(&path, body)) {
                let note = error.to_string();
                failed = Some(error);
                return Err(ConnectorError::Landing { note });
            }
            pages.largest = pages.largest.max(body.len() as u64);
            pages.files.push(path);
            Ok(())
        });
        match (failed, done) {
            (Some(error), _) => return Err(NotDecoded::Io(error)),
            (None, Err(error)) => return Err(NotDecoded::Body(error)),
            (None, Ok(done)) => pages.notes.extend(done.notes),
        }
    }
    Ok(pages)
}
