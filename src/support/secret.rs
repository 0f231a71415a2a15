//! A secret that cannot be printed by accident.

use super::{environment, redact};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::path::{Path, PathBuf};

/// A secret value. `Debug`, `Display` and `Serialize` all give `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value read from the environment, a file or a credential.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one line that puts it on the wire.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A token that was fetched or made, which no log and no stored text is to hold.
    pub fn fetched(value: impl Into<String>) -> Self {
        let secret = Self(value.into());
        redact::keep_token(&secret.0);
        secret
    }

    /// `text` with every occurrence of this secret replaced by `***`, however it is spelt; [`redact`] has the rule.
    pub fn redact(&self, text: &str) -> String {
        redact::one(text, &self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

/// Where a secret is kept. Config files hold references, never values.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SecretRef {
    /// An environment variable.
    Env(String),
    /// A file, relative to the config folder; one trailing line break is dropped.
    File(PathBuf),
    /// A systemd credential, read from `$CREDENTIALS_DIRECTORY`.
    Credential(String),
}

/// Why a secret could not be read; never holds the value.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum SecretError {
    #[error("the environment variable {0} is not set")]
    MissingEnv(String),
    #[error("the secret file {path} cannot be read: {reason}")]
    UnreadableFile { path: String, reason: String },
    /// Not the file's fault, and nobody needs to do anything about it.
    #[error("{place} cannot be read now: {reason}; the next try may succeed")]
    RanShort { place: String, reason: String },
    #[error("no systemd credential {0}: $CREDENTIALS_DIRECTORY is not set or lacks it")]
    MissingCredential(String),
    #[error("{0} is empty")]
    Empty(String),
    #[error("{0} begins with a byte order mark, which would be sent as part of the secret")]
    Marked(String),
}

impl SecretError {
    /// Whether the same secret may be read later without anybody's help.
    pub fn can_retry(&self) -> bool {
        matches!(self, Self::RanShort { .. })
    }
}

impl SecretRef {
    /// Reads the secret; relative file paths start at `config_dir`.
    pub fn resolve(&self, config_dir: &Path) -> Result<Secret, SecretError> {
        let (value, origin) = match self {
            Self::Env(name) => {
                let value = environment::text(name).ok_or_else(|| SecretError::MissingEnv(name.clone()))?;
                (value, format!("the environment variable {name}"))
            }
            Self::File(path) => {
                let path = config_dir.join(path);
                (read_file(&path)?, format!("the secret file {}", path.display()))
            }
            Self::Credential(name) => {
                let missing = || SecretError::MissingCredential(name.clone());
                let dir = environment::variable("CREDENTIALS_DIRECTORY").ok_or_else(missing)?;
                let value = read_file(&Path::new(&dir).join(name))
                    .map_err(|error| if error.can_retry() { error } else { missing() })?;
                (value, format!("the systemd credential {name}"))
            }
        };
        if value.chars().all(is_nothing) {
            return Err(SecretError::Empty(origin));
        }
        if value.starts_with(BYTE_ORDER_MARK) {
            return Err(SecretError::Marked(origin));
        }
        redact::keep(&value);
        Ok(Secret(value))
    }
}

/// Some editors write one before the text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Signs that nobody sees.
fn is_nothing(sign: char) -> bool {
    sign.is_whitespace() || sign.is_control() || matches!(sign, BYTE_ORDER_MARK | '\u{200b}'..='\u{200f}')
}

fn read_file(path: &Path) -> Result<String, SecretError> {
    let text = std::fs::read_to_string(path).map_err(|error| match super::owner::ran_short(&error) {
        true => {
            SecretError::RanShort { place: format!("the secret file {}", path.display()), reason: error.to_string() }
        }
        false => SecretError::UnreadableFile { path: path.display().to_string(), reason: error.kind().to_string() },
    })?;
    let trimmed = text.strip_suffix('\n').unwrap_or(&text);
    Ok(trimmed.strip_suffix('\r').unwrap_or(trimmed).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_prints_itself() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?} {secret}"), "*** ***");
        assert_eq!(secret.redact("token=hunter2&x"), "token=***&x");
    }

    #[test]
    fn a_secret_file_loses_its_last_line_break_only() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("key"), "two\nlines\n").expect("a file");
        let secret = SecretRef::File("key".into()).resolve(dir.path()).expect("a secret");
        assert_eq!(secret.expose(), "two\nlines");
    }

    /// apache/airflow#16007: an empty secret was taken for one.
    #[test]
    fn an_empty_secret_is_an_error_that_names_its_place() {
        let dir = tempfile::tempdir().expect("a folder");
        for text in ["", "\n", " ", "\t \r\n", "\u{feff}", "\u{200b}\n"] {
            std::fs::write(dir.path().join("key"), text).expect("a file");
            let error = SecretRef::File("key".into()).resolve(dir.path()).expect_err("empty");
            assert!(error.to_string().contains("key is empty"), "{text:?}: {error}");
        }
    }

    #[test]
    fn a_mark_that_an_editor_wrote_before_a_secret_is_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("key"), "\u{feff}k3y").expect("a file");
        let error = SecretRef::File("key".into()).resolve(dir.path()).expect_err("marked");
        assert!(error.to_string().contains("key begins with a byte order mark"), "{error}");
    }
}
