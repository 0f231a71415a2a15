//! What can go wrong in the warehouse, as a caller would decide on it.

use crate::support::owner;
use crate::support::shown::for_terminal;
use std::path::{Path, PathBuf};

/// What to do about a load of another account.
pub const OTHER_ACCOUNT: &str =
    "the key may be of another account, which needs a connection of its own; nothing was loaded";

const TOO_MANY_FILES: &str = "too many files are open, so that file handles are lacking";
const MORE_HANDLES: &str = "if it comes again, raise LimitNOFILE of the service";

/// An error of the warehouse.
#[derive(Debug, thiserror::Error)]
pub enum WarehouseError {
    /// Another process holds the file. `holder` names it as DuckDB does.
    #[error(
        "{path} is in use by another process, {holder}: stop that one first, or read a copy made by `daybook snapshot`"
    )]
    Locked { path: PathBuf, holder: String },
    /// Written by a newer Daybook.
    #[error(
        "the database is at version {found}, written by a newer Daybook ({by}); this is Daybook {own}, which knows versions up to {known}: install the newer one again, or go back with `daybook restore` to a backup made before the upgrade; nothing was changed"
    )]
    TooNew { found: u32, by: String, known: u32, own: &'static str },
    /// The shared library is not the one that this is built for.
    #[error(
        "the DuckDB library here is {found}, and this Daybook is built for libduckdb {wanted}: put that version where the library is found, or use a Daybook with DuckDB compiled in, as builds are by default; nothing was changed"
    )]
    OtherLibrary { found: String, wanted: &'static str },
    /// The file is not what DuckDB wrote.
    #[error(
        "{path} is damaged ({reason}): put a good backup in its place with `daybook restore latest`; the damaged file is kept aside"
    )]
    Damaged { path: PathBuf, reason: String },
    /// The disk is full.
    #[error(
        "no space is left on the device ({context}): free some (`daybook maintain` removes landed pages past their age) or move the data folder, then try again; what was loaded before is kept"
    )]
    NoSpace { context: String, is_fatal: bool },
    /// File handles or memory ran short, which others give back.
    #[error("{what} ({context}): what was loaded before is kept, and the next try may find enough; {remedy}")]
    RanShort { context: String, what: &'static str, remedy: &'static str, is_fatal: bool },
    /// The folder or file refuses to be written.
    #[error("{path} cannot be written ({reason}): {}", to_write(reason))]
    Unwritable { path: PathBuf, reason: String },
    /// A query of ours or an admin's that DuckDB refuses.
    #[error("{context}: {}", said(.source))]
    Query { context: String, source: duckdb::Error },
    /// The pages do not have the shape the stream's query expects, or a request makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// What came is not of the account that the rows held are of.
    #[error("{0}; {OTHER_ACCOUNT}")]
    OtherAccount(String),
    /// Reading or writing beside the database failed.
    #[error("{path}: {}", owner::why(.source))]
    Io { path: PathBuf, source: std::io::Error },
    /// A database was here, and is gone.
    #[error(
        "there is no database at {path}, but there was one ({evidence}): mount or move it back, or put a backup in its place with `daybook restore latest`; to begin with an empty one, repeat the command with --accept-empty: messages that went out are known from handed-over.log and are not sent again"
    )]
    Missing { path: PathBuf, evidence: String },
    /// The database is an older copy of itself.
    #[error(
        "{path} is older than it was when Daybook last wrote it: put the right file back, or a backup with `daybook restore latest`; to go on with this one, repeat the command with --accept-older: what is missing is fetched again, people who were erased since are erased again, and messages that went out are known from handed-over.log and are not sent again"
    )]
    WentBack { path: PathBuf },
    /// The database's file was moved, deleted or replaced while it was open.
    #[error(
        "{path} {how} while Daybook runs, and nothing more is written or sent: move it back, or stop Daybook and put a backup in its place with `daybook restore latest`"
    )]
    Lost { path: PathBuf, how: &'static str },
    /// Readers did not make room in time.
    #[error("the database is being read and could not be closed within {0} seconds: try again later")]
    Busy(u64),
    /// A piece of work panicked; its transaction is rolled back.
    #[error("a fault of Daybook itself ended this, and nothing of it was written; its log says where")]
    Panicked,
    /// The writer thread is gone.
    #[error("the warehouse is closed")]
    Closed,
}

/// Letters of what DuckDB says, which repeats a query's own.
const LONGEST: usize = 4000;

/// What DuckDB says, in bounds and fit for a terminal.
fn said(error: &duckdb::Error) -> String {
    let text: String = error.to_string().chars().take(LONGEST).collect();
    for_terminal(&text, false).into_owned()
}

/// What helps where nothing can be written.
fn to_write(reason: &str) -> &'static str {
    match reason.to_lowercase().contains("read-only") {
        true => "mount the disk for writing; a system mounts a disk with faults read-only, and its log says why",
        false => "give the user that Daybook runs as write access to the folder and its files",
    }
}

impl WarehouseError {
    /// Whether the same call may succeed later without anybody's help.
    pub fn can_retry(&self) -> bool {
        matches!(self, Self::Locked { .. } | Self::Io { .. } | Self::Busy(_)) || self.ran_short()
    }

    /// Whether something ran short that others give back: room on the disk, file handles, memory.
    pub fn ran_short(&self) -> bool {
        match self {
            Self::NoSpace { .. } | Self::RanShort { .. } => true,
            Self::Io { source, .. } => owner::ran_short(source),
            _ => false,
        }
    }

    /// Whether the fault is not of what was to be written, so that the next call fails as well.
    pub fn concerns_all(&self) -> bool {
        !matches!(self, Self::Query { .. } | Self::Invalid(_)) || self.is_fatal()
    }

    /// Whether DuckDB will refuse everything until the file is opened anew.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::NoSpace { is_fatal, .. } | Self::RanShort { is_fatal, .. } => *is_fatal,
            Self::Query { source, .. } => is_fatal(&source.to_string()),
            _ => false,
        }
    }

    /// What `error` means where handles for the database at `path` were looked for.
    pub fn of_handles(path: &Path, error: std::io::Error) -> Self {
        let context = || format!("opening {}", path.display());
        match owner::ran_short(&error) {
            true => Self::RanShort { context: context(), what: TOO_MANY_FILES, remedy: MORE_HANDLES, is_fatal: false },
            false => Self::io(path, error),
        }
    }

    /// What `error` means where `path` was being opened.
    pub fn opening(path: &Path, error: duckdb::Error) -> Self {
        let reason = error.to_string();
        let path = path.to_owned();
        if reason.contains("Could not set lock") {
            return Self::Locked { path, holder: holder(&reason) };
        }
        if reason.contains("Permission denied") || reason.contains("Read-only file system") {
            return Self::Unwritable { path, reason: system_reason(&reason) };
        }
        let context = || format!("opening {}", path.display());
        if let Some(short) = short(&reason, context) {
            return short;
        }
        if is_damaged(&reason) {
            return Self::Damaged { reason: in_short(&reason), path };
        }
        Self::Query { context: context(), source: error }
    }

    /// The same of the database at `path`, which DuckDB may find damaged only when it reads a block.
    pub fn of_file(self, path: &Path) -> Self {
        match self {
            Self::Query { context, source } if is_damaged(&source.to_string()) => {
                Self::Damaged { path: path.to_owned(), reason: format!("{context}: {}", in_short(&source.to_string())) }
            }
            other => other,
        }
    }

    /// A failure of the file system at `path`, with a remedy where there is one.
    pub fn io(path: &Path, source: std::io::Error) -> Self {
        use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        match source.kind() {
            StorageFull | QuotaExceeded => {
                Self::NoSpace { context: format!("writing {}", path.display()), is_fatal: false }
            }
            PermissionDenied | ReadOnlyFilesystem => {
                Self::Unwritable { path: path.to_owned(), reason: source.kind().to_string() }
            }
            _ => Self::Io { path: path.to_owned(), source },
        }
    }
}

/// DuckDB says `Conflicting lock is held in /usr/bin/daybook (PID 123) by user x. See also …`.
fn holder(reason: &str) -> String {
    let told = reason.split("Conflicting lock is held in ").nth(1).unwrap_or_default();
    let told = told.split(". See also").next().and_then(|told| told.lines().next()).unwrap_or_default().trim();
    if told.is_empty() { "which DuckDB does not name".to_owned() } else { told.replace("(PID ", "(process ") }
}

/// What the system reported, from `Cannot open file "x": Permission denied`.
fn system_reason(reason: &str) -> String {
    reason.rsplit(": ").next().unwrap_or(reason).lines().next().unwrap_or_default().to_lowercase()
}

/// What DuckDB says of a file that is not as it wrote it.
fn is_damaged(reason: &str) -> bool {
    ["not a valid DuckDB database", "Corrupt database file", "Could not read enough bytes"]
        .iter()
        .any(|sign| reason.contains(sign))
        || reason.starts_with("Serialization Error")
        || reason.contains("Failure while replaying WAL")
}

/// The first line without the kind of error before it.
fn in_short(reason: &str) -> String {
    let reason = reason.split(" Error: ").last().unwrap_or(reason).lines().next().unwrap_or_default();
    reason.replace('"', "'")
}

/// What ran short, if that is why a step failed.
fn short(reason: &str, context: impl FnOnce() -> String) -> Option<WarehouseError> {
    let has = |signs: &[&str]| signs.iter().any(|sign| reason.contains(sign));
    let is_fatal = is_fatal(reason);
    if has(&["No space left on device", "Disk quota exceeded"]) {
        return Some(WarehouseError::NoSpace { context: context(), is_fatal });
    }
    let (what, remedy) = if has(&["Too many open files"]) {
        (TOO_MANY_FILES, MORE_HANDLES)
    } else if has(&["Out of Memory Error", "Cannot allocate memory", "std::bad_alloc"]) {
        ("the memory did not suffice", "if it comes again, raise memory_limit_mb under [warehouse]")
    } else {
        return None;
    };
    Some(WarehouseError::RanShort { context: context(), what, remedy, is_fatal })
}

fn is_fatal(reason: &str) -> bool {
    reason.contains("database has been invalidated because of a previous fatal error") || reason.contains("FATAL Error")
}

/// Names the step that failed.
pub trait Context<T> {
    fn context(self, context: impl FnOnce() -> String) -> Result<T, WarehouseError>;
}

impl<T> Context<T> for Result<T, duckdb::Error> {
    fn context(self, context: impl FnOnce() -> String) -> Result<T, WarehouseError> {
        self.map_err(|source| {
            let context = context();
            short(&source.to_string(), || context.clone()).unwrap_or(WarehouseError::Query { context, source })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> WarehouseError {
        let error = duckdb::Error::DuckDBFailure(duckdb::ffi::Error::new(1), Some(text.to_owned()));
        WarehouseError::opening(Path::new("/data/daybook.duckdb"), error)
    }

    #[test]
    fn each_fault_of_the_file_names_its_remedy() {
        let locked = said(
            "IO Error: Could not set lock on file \"/data/daybook.duckdb\": Conflicting lock is held in /usr/bin/daybook (PID 4711) by user root. See also https://duckdb.org/docs",
        );
        assert_eq!(
            locked.to_string(),
            "/data/daybook.duckdb is in use by another process, /usr/bin/daybook (process 4711) by user root: stop that one first, or read a copy made by `daybook snapshot`"
        );
        let damaged = said("IO Error: Corrupt database file: computed checksum 1 does not match stored checksum 2");
        assert!(damaged.to_string().contains("`daybook restore latest`"), "{damaged}");
        let unwritable = said("IO Error: Cannot open file \"/data/daybook.duckdb\": Permission denied");
        assert!(
            unwritable.to_string().contains("cannot be written (permission denied): give the user"),
            "{unwritable}"
        );
        let hostile =
            said(&format!("Parser Error: syntax error\n\nLINE 1: a\u{feff}b\u{1b}{}", "x".repeat(9000))).to_string();
        assert!(hostile.contains("a\u{fffd}b\u{fffd}xxx") && hostile.len() < 5000, "{hostile}");
        // As systems mount a disk with faults.
        let mounted = said("IO Error: Cannot open file \"/data/daybook.duckdb\": Read-only file system");
        assert!(mounted.to_string().contains("mount the disk for writing"), "{mounted}");
        let read = said("IO Error: x");
        let WarehouseError::Query { .. } = read else { panic!("{read}") };
        let block = duckdb::Error::DuckDBFailure(
            duckdb::ffi::Error::new(1),
            Some("IO Error: Corrupt database file: computed checksum 1 does not match stored checksum 2".to_owned()),
        );
        let block: Result<(), _> = Err(block);
        let later = block.context(|| "reading the database's version".to_owned()).expect_err("damaged");
        let later = later.of_file(Path::new("/data/daybook.duckdb")).to_string();
        assert!(later.starts_with("/data/daybook.duckdb is damaged (reading the database's version: "), "{later}");
        assert!(later.contains("`daybook restore latest`") && !later.contains("rror code"), "{later}");
        for (text, words) in [
            ("IO Error: Cannot open file \"/data/x\": Too many open files", "too many files are open"),
            ("Out of Memory Error: failed to allocate data of size 128.0 MiB", "memory_limit_mb"),
        ] {
            let short = said(text);
            assert!(short.can_retry() && short.to_string().contains(words), "{short}");
        }
        let full = said("IO Error: Could not write file \"/data/daybook.duckdb.wal\": No space left on device");
        assert!(full.can_retry() && full.to_string().contains("free some"), "{full}");
    }
}
