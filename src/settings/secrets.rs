//! Where the files of the configuration say that secrets are kept.

use super::reader::Section;
use crate::support::secret::SecretRef;
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// A secret that some part needs, and the line that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretPlace {
    /// Relative to the root folder.
    pub file: PathBuf,
    pub line: usize,
    /// Who needs it, e.g. `the connection "ads" of acme (access_token)`.
    pub owner: String,
    pub reference: SecretRef,
}

impl SecretPlace {
    /// A place in the file of `section`.
    pub fn new(section: &Section<'_>, line: usize, owner: &str, reference: &SecretRef) -> Self {
        let file = section.source.file.to_owned();
        Self { file, line, owner: owner.to_owned(), reference: reference.clone() }
    }
}

/// Collects the places of all files.
#[derive(Debug, Default)]
pub struct Secrets(RefCell<Vec<SecretPlace>>);

impl Secrets {
    /// Notes that a secret is needed.
    pub fn add(&self, place: SecretPlace) {
        self.0.borrow_mut().push(place);
    }

    /// All of them, in the order they were read.
    pub fn into_places(self) -> Vec<SecretPlace> {
        self.0.into_inner()
    }
}

/// What readers of sections need besides the section.
#[derive(Clone, Copy, Debug)]
pub struct ReadContext<'a> {
    /// Absolute; folders in files start there.
    pub data_dir: &'a Path,
    pub secrets: &'a Secrets,
}
