//! Where the files of the configuration say that secrets are kept.

use super::problems::Problem;
use super::reader::Section;
use crate::support::secret::{SecretError, SecretRef};
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

    /// Why the secret cannot be read, if it cannot. Its value is dropped at once; a relative file starts at
    /// `config_dir`.
    pub fn problem(&self, config_dir: &Path) -> Option<Problem> {
        let error = self.reference.resolve(config_dir).err()?;
        let message = format!("the secret of {} cannot be read: {}", self.owner, reason(&error, &self.reference));
        let remedy = match &error {
            SecretError::Marked(_) => "save it again as plain UTF-8, without a byte order mark (BOM)".to_owned(),
            _ => remedy(&self.reference),
        };
        Some(Problem::new(&self.file, Some(self.line), &message, &remedy))
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

/// The reason with the path as the admin wrote it.
fn reason(error: &SecretError, reference: &SecretRef) -> String {
    match (error, reference) {
        (SecretError::UnreadableFile { reason, .. }, SecretRef::File(path)) => {
            // The system's own words say "entity".
            let reason = if reason == "entity not found" { "file not found" } else { reason };
            format!("{}: {reason}", path.display())
        }
        (SecretError::Empty(_), SecretRef::File(path)) => format!("{} is empty", path.display()),
        (SecretError::Marked(_), SecretRef::File(path)) => {
            format!("{} begins with a byte order mark, which would be sent with it", path.display())
        }
        _ => error.to_string(),
    }
}

fn remedy(reference: &SecretRef) -> String {
    match reference {
        SecretRef::Env(name) => format!("set the environment variable {name} for the daemon"),
        SecretRef::File(path) => {
            format!("write the secret to {} (relative to config/), readable by the daemon alone", path.display())
        }
        SecretRef::Credential(name) => format!("add LoadCredential={name}:… to the systemd unit"),
    }
}
