//! What lies in a drop folder: the files to read, and what is left alone, with the reason.

use super::{FileDrop, Shape, refused, shown};
use crate::connectors::error::ConnectorError;
use crate::connectors::slice::{Slice, Window};
use crate::support::ids::hex;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// No more files of a folder are read than this.
const MOST_FILES: usize = 10_000;

/// Endings of data that people drop and Daybook does not read.
const FOREIGN: [&str; 10] = ["xlsx", "xls", "ods", "zip", "json", "txt", "7z", "bz2", "xz", "numbers"];

/// A file that lies in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    pub path: PathBuf,
    pub name: String,
    pub sha256: String,
    pub shape: Shape,
}

/// A folder as found.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// By name.
    pub files: Vec<Dropped>,
    /// What was left alone and why.
    pub notes: Vec<String>,
    /// Files that ought to be read and cannot be.
    pub refused: Vec<ConnectorError>,
}

impl Dropped {
    /// Names this content of this file under this way of reading it: a changed file or a changed
    /// mapping is another slice, and is loaded.
    pub fn slice(&self, drop: &FileDrop) -> Slice {
        let spec = drop.preset.spec();
        let written = (&drop.mapping, drop.decimal_mark, &drop.date_format, drop.since);
        let way = format!("{written:?} {}", spec.sql);
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
            Ok(name) if name.starts_with('.') || !name.starts_with(&drop.prefix) => {}
            Ok(name) if Shape::of(&name).is_some() || is_foreign(&name) => names.push(name),
            Ok(_) => {}
            Err(name) => {
                let name = name.to_string_lossy();
                listing.notes.push(format!("{}: left alone, its name is not UTF-8; rename it", shown(&name)));
            }
        }
    }
    // Files that are read come first, so that what lies about beside them never takes their place.
    names.sort_by_cached_key(|name| (Shape::of(name).is_none(), name.clone()));
    let left_out = names.iter().skip(most).filter(|name| Shape::of(name).is_some()).count();
    if left_out > 0 {
        let message = format!("{left_out} files are left out, the last by name: no more than {most} are read");
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        listing.refused.push(refused(&name, None, &message, "move away what was loaded long ago"));
    }
    for name in names.iter().take(most) {
        match look(&folder.join(name), name, drop, now) {
            Ok(Look::Ready(file)) => listing.files.push(file),
            Ok(Look::LeftAlone(note)) => listing.notes.push(format!("{}: {note}", shown(name))),
            Ok(Look::Foreign) => {}
            Err(error) => listing.refused.push(error),
        }
    }
    listing.files.sort_by(|a, b| a.name.cmp(&b.name));
    listing.notes.sort();
    Ok(listing)
}

/// Whether a name is that of data which is not read.
fn is_foreign(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| FOREIGN.contains(&ending.to_ascii_lowercase().as_str()))
}

enum Look {
    Ready(Dropped),
    LeftAlone(String),
    Foreign,
}

fn look(path: &Path, name: &str, drop: &FileDrop, now: DateTime<Utc>) -> Result<Look, ConnectorError> {
    let metadata = fs::symlink_metadata(path).map_err(|error| failed(path, &error))?;
    let Some(shape) = Shape::of(name) else {
        let is_data = metadata.is_file() && is_foreign(name);
        let note = "left alone, its kind is not read; save it as CSV (UTF-8), NDJSON or Parquet".to_owned();
        return Ok(if is_data { Look::LeftAlone(note) } else { Look::Foreign });
    };
    if metadata.is_symlink() {
        return Ok(Look::LeftAlone("left alone, it is a link; put the file itself in the folder".to_owned()));
    }
    if !metadata.is_file() {
        return Ok(Look::Foreign);
    }
    if let Some(age) = metadata.modified().ok().map(|at| (now - DateTime::<Utc>::from(at)).abs())
        && age < chrono::TimeDelta::seconds(i64::try_from(drop.settle_secs).unwrap_or(i64::MAX / 1000))
    {
        let note =
            format!("left for the next run, it changed less than {} s ago and may still be written", drop.settle_secs);
        return Ok(Look::LeftAlone(note));
    }
    if metadata.len() > drop.max_bytes() {
        return Err(too_large(name, drop));
    }
    let mut file = open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let count = file.read(&mut buffer).map_err(|error| failed(path, &error))?;
        if count == 0 {
            break;
        }
        bytes += count as u64;
        if bytes > drop.max_bytes() {
            return Err(too_large(name, drop));
        }
        hash.update(&buffer[..count]);
    }
    let sha256 = hex(&hash.finalize());
    Ok(Look::Ready(Dropped { path: path.to_owned(), name: name.to_owned(), sha256, shape }))
}

/// Why a file is refused for its size.
pub fn too_large(name: &str, drop: &FileDrop) -> ConnectorError {
    let message = format!("the file is larger than {} MB", drop.max_mb);
    refused(name, None, &message, "split it, or raise max_mb of the connection")
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
    ConnectorError::Landing { note: format!("{}: {error}", shown(&name)) }
}

#[cfg(test)]
mod tests {
    use super::super::Preset;
    use super::*;

    #[test]
    fn hidden_and_foreign_files_take_no_ones_place_and_files_left_out_are_told() {
        let dir = tempfile::tempdir().expect("a folder");
        for name in [".a.csv", "a.md", "a.zip", "b.csv", "c.csv", "d.csv"] {
            fs::write(dir.path().join(name), "x").expect("written");
        }
        let drop = FileDrop { settle_secs: 0, ..FileDrop::new(dir.path().to_owned(), Preset::Budgets) };
        let list = |most| list_at_most(&drop, DateTime::UNIX_EPOCH, most).expect("a listing");
        let names = |listing: &Listing| listing.files.iter().map(|file| file.name.clone()).collect::<Vec<_>>();
        let all = list(3);
        assert_eq!((names(&all).join(" "), all.refused.len()), ("b.csv c.csv d.csv".to_owned(), 0));
        let some = list(2);
        assert_eq!(names(&some), ["b.csv", "c.csv"]);
        assert!(some.refused[0].to_string().contains("1 files are left out"), "{:?}", some.refused);
    }
}
