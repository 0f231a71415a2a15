//! What lies in a drop folder: the files to read, and what is left alone, with the reason.

use super::FileDrop;
use super::shape::{Known, Member, Packing, Shape, folder as nested, members, shape_of, shown};
use crate::connectors::error::ConnectorError;
use crate::connectors::slice::{Slice, Window};
use crate::domain::clock::lies_ahead;
use crate::domain::dropped::FileState;
use crate::support::ids::hex;
use crate::support::owner::{ran_short, why};
use chrono::{DateTime, SubsecRound, Utc};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Changes where files are read otherwise than before, so that all of them are read anew.
const READER: u32 = 3;

/// No more files of a folder are read than this.
const MOST_FILES: usize = 10_000;
/// No more files of an archive are read than this.
const MOST_MEMBERS: usize = 500;

/// A file that lies in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    pub path: PathBuf,
    pub name: String,
    pub sha256: String,
    pub shape: Shape,
    pub packing: Packing,
    /// Its name in the archive that lies at `path`.
    pub member: Option<String>,
    /// As it lies there.
    pub bytes: u64,
    /// Absent where the file's time cannot be believed: then the order of arrival decides.
    pub modified_at: Option<DateTime<Utc>>,
    /// Its time, where that has not come yet.
    pub ahead: Option<DateTime<Utc>>,
}

/// A folder as found: every entry but hidden ones is in one of the lists.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The oldest first, by the files' own clock, then by name.
    pub files: Vec<Dropped>,
    /// Files that are not read now, by name.
    pub left: Vec<Left>,
}

/// A file that is not read, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    pub name: String,
    pub state: FileState,
    /// What is wrong and what to do about it.
    pub reason: String,
    pub modified_at: Option<DateTime<Utc>>,
}

impl Dropped {
    /// Names this content of this file under this way of reading it: a changed file or a changed
    /// mapping is another slice, and is loaded.
    pub fn slice(&self, drop: &FileDrop) -> Slice {
        // What a file was refused for may be mended in the settings alone.
        let bounds = (&drop.known, drop.most_bad_percent, drop.max_mb, drop.since);
        let way = format!("{:?} {:?} {bounds:?} {} {READER}", drop.preset, drop.written, drop.preset.target.spec().sql);
        let mut hash = Sha256::new();
        hash.update(&self.sha256);
        hash.update(way);
        let fingerprint = hex(&hash.finalize()[..6]);
        Slice { partition: format!("{fingerprint}-{}", self.name), window: Window::Whole }
    }
}

/// The files of a drop folder that are ready at `now`. Links are never followed; folders and hidden
/// files are nobody's drop.
pub fn list(drop: &FileDrop, now: DateTime<Utc>) -> Result<Listing, ConnectorError> {
    list_at_most(drop, now, MOST_FILES)
}

fn list_at_most(drop: &FileDrop, now: DateTime<Utc>, most: usize) -> Result<Listing, ConnectorError> {
    let folder = &drop.folder;
    let entries = fs::read_dir(folder).map_err(|error| {
        let remedy =
            if error.kind() == std::io::ErrorKind::NotFound { "; create it, or change the configuration" } else { "" };
        ConnectorError::Landing { note: format!("the drop folder {}: {error}{remedy}", folder.display()) }
    })?;
    let mut listing = Listing::default();
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| failed(folder, &error))?;
        match entry.file_name().into_string() {
            Ok(name) if matches!(shape_of(&name), Known::Junk(_)) => {}
            Ok(name) if drop.is_stray(&name) => listing.left.push(Left {
                reason: "no connection reads files of this name in this folder; rename it, or change a pattern"
                    .to_owned(),
                state: FileState::Unread,
                name,
                modified_at: None,
            }),
            Ok(name) if !drop.is_of_it(&name) => {}
            Ok(name) => names.push(name),
            Err(name) => listing.left.push(Left {
                name: shown(&name.to_string_lossy()),
                state: FileState::Unread,
                reason: "its name is not UTF-8; rename it".to_owned(),
                modified_at: None,
            }),
        }
    }
    // Files that are read come first, so that what lies about beside them never takes their place.
    let is_data = |name: &String| matches!(shape_of(name), Known::Data(..));
    names.sort_by_cached_key(|name| (!is_data(name), name.clone()));
    let left_out = names.iter().skip(most).filter(|name| is_data(name)).count();
    if left_out > 0 {
        let reason = format!(
            "{left_out} files are left out, the last by name: no more than {most} are read; move away what was loaded long ago"
        );
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        listing.left.push(Left { name: shown(&name), state: FileState::Refused, reason, modified_at: None });
    }
    for name in names.iter().take(most) {
        match look(&folder.join(name), name, drop, now)? {
            Look::Ready(file) if file.shape == Shape::Zip => unpack(file, &mut listing),
            Look::Ready(file) => listing.files.push(file),
            Look::Left(left) => listing.left.push(left),
        }
    }
    listing.files.sort_by(|a, b| (a.modified_at, &a.name).cmp(&(b.modified_at, &b.name)));
    listing.left.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(listing)
}

enum Look {
    Ready(Dropped),
    Left(Left),
}

fn look(path: &Path, name: &str, drop: &FileDrop, now: DateTime<Utc>) -> Result<Look, ConnectorError> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        // It went while the folder was read: the next sync sees what is left.
        Err(error) => return Err(failed(path, &error)),
    };
    // As the ledger keeps it.
    let modified_at = metadata.modified().ok().map(|at| DateTime::<Utc>::from(at).trunc_subsecs(6));
    let (ahead, believed) = match modified_at {
        Some(at) if lies_ahead(at, now) => (Some(at), None),
        other => (None, other),
    };
    let left =
        |state, reason: String| Ok(Look::Left(Left { name: name.to_owned(), state, reason, modified_at: believed }));
    if metadata.is_symlink() {
        return left(FileState::Unread, "it is a link; put the file itself in the folder".to_owned());
    }
    if !metadata.is_file() && !metadata.is_dir() {
        return left(FileState::Unread, "it is no file".to_owned());
    }
    let known = if metadata.is_dir() { nested() } else { shape_of(name) };
    let (shape, packing) = match known {
        Known::Data(shape, packing) => (shape, packing),
        Known::Waiting => return left(FileState::Waiting, "it is still being written, as its name says".to_owned()),
        Known::Junk(why) => return left(FileState::Unread, why.to_owned()),
        Known::Unread { reason, remedy } => return left(FileState::Unread, format!("{reason}; {remedy}")),
    };
    if let Some(age) = modified_at.map(|at| (now - at).abs())
        && age < chrono::TimeDelta::seconds(i64::try_from(drop.settle_secs).unwrap_or(i64::MAX / 1000))
    {
        let reason =
            format!("left for the next run, it changed less than {} s ago and may still be written", drop.settle_secs);
        return left(FileState::Waiting, reason);
    }
    if metadata.len() > drop.max_bytes() {
        return left(FileState::Refused, too_large_text(drop));
    }
    let mut file = match open(path) {
        Ok(file) => file,
        Err(error) => return left(FileState::Refused, error.to_string()),
    };
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let count = match file.read(&mut buffer) {
            Ok(count) => count,
            Err(error) => return left(FileState::Refused, failed(path, &error).to_string()),
        };
        if count == 0 {
            break;
        }
        bytes += count as u64;
        if bytes > drop.max_bytes() {
            return left(FileState::Refused, too_large_text(drop));
        }
        hash.update(&buffer[..count]);
    }
    let sha256 = hex(&hash.finalize());
    Ok(Look::Ready(Dropped {
        path: path.to_owned(),
        name: name.to_owned(),
        sha256,
        shape,
        packing,
        member: None,
        bytes,
        modified_at: believed,
        ahead,
    }))
}

/// An archive with several data files is each of them; with one it is read under its own name.
fn unpack(file: Dropped, listing: &mut Listing) {
    let members = match members(&file.path) {
        Ok(members) if members.len() > 1 => members,
        // What is wrong with it is reported when it is read.
        _ => return listing.files.push(file),
    };
    if members.len() > MOST_MEMBERS {
        let reason = format!("the archive holds more than {MOST_MEMBERS} data files; drop several archives");
        let (state, modified_at) = (FileState::Refused, file.modified_at);
        return listing.left.push(Left { name: file.name, state, reason, modified_at });
    }
    for Member { name, bytes } in members {
        let whole = format!("{}/{name}", file.name);
        let Known::Data(shape, packing) = shape_of(name.rsplit(['/', '\\']).next().unwrap_or(&name)) else { continue };
        let sha256 = hex(&Sha256::digest(format!("{} {name}", file.sha256)));
        let (path, modified_at, ahead) = (file.path.clone(), file.modified_at, file.ahead);
        listing.files.push(Dropped {
            path,
            name: whole,
            sha256,
            shape,
            packing,
            member: Some(name),
            bytes,
            modified_at,
            ahead,
        });
    }
}

fn too_large_text(drop: &FileDrop) -> String {
    format!("the file is larger than {} MB; split it, or raise max_mb of the connection", drop.max_mb)
}

/// Opens the file itself: what was swapped for a link since the folder was read is not followed.
pub fn open(path: &Path) -> Result<File, ConnectorError> {
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    let (opened, named) = (
        file.metadata().map_err(|error| failed(path, &error))?,
        fs::symlink_metadata(path).map_err(|error| failed(path, &error))?,
    );
    let is_same = opened.dev() == named.dev() && opened.ino() == named.ino();
    if named.is_file() && is_same {
        return Ok(file);
    }
    Err(ConnectorError::Landing { note: format!("{}: the file was swapped while it was opened", path.display()) })
}

pub fn failed(path: &Path, error: &std::io::Error) -> ConnectorError {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let note = format!("{}: {}", shown(&name), why(error));
    if ran_short(error) { ConnectorError::RanShort { note } } else { ConnectorError::Landing { note } }
}

#[cfg(test)]
mod tests {
    use super::super::Presets;
    use super::*;

    #[test]
    fn hidden_and_foreign_files_take_no_ones_place_and_files_left_out_are_reported() {
        let dir = tempfile::tempdir().expect("a folder");
        for name in [".a.csv", "a.md", "b.csv", "c.csv", "d.csv"] {
            fs::write(dir.path().join(name), "x").expect("written");
        }
        let drop = FileDrop {
            settle_secs: 0,
            ..FileDrop::new(dir.path().to_owned(), Presets::built_in().get("budgets").expect("a preset"))
        };
        let list = |most| list_at_most(&drop, DateTime::UNIX_EPOCH, most).expect("a listing");
        let names = |listing: &Listing| listing.files.iter().map(|file| file.name.clone()).collect::<Vec<_>>();
        let all = list(3);
        assert_eq!((names(&all).join(" "), all.left.len()), ("b.csv c.csv d.csv".to_owned(), 0));
        let some = list(2);
        assert_eq!(names(&some), ["b.csv", "c.csv"]);
        assert!(some.left[0].reason.contains("1 files are left out"), "{:?}", some.left);
        let names: Vec<String> = list(9).left.into_iter().map(|left| left.name).collect();
        assert_eq!(names, ["a.md"]);
    }
}
