//! The files that are the same in every new installation, whoever writes it.

use include_dir::{Dir, DirEntry, include_dir};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

static JOBS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/jobs");

/// Jobs with their SQL, metrics, channels and benchmarks as shipped: place below the root, and text.
pub fn shipped() -> Vec<(String, &'static str)> {
    let mut files = vec![
        ("config/channels.toml".to_owned(), include_str!("../../config/channels.toml")),
        ("config/benchmarks.toml".to_owned(), include_str!("../../config/benchmarks.toml")),
    ];
    add(&JOBS, &mut files);
    files
}

fn add(folder: &Dir<'static>, files: &mut Vec<(String, &'static str)>) {
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(inner) => add(inner, files),
            DirEntry::File(file) => {
                let text = file.contents_utf8().map(|text| (format!("jobs/{}", file.path().display()), text));
                files.extend(text);
            }
        }
    }
}

/// Writes a file that is not there yet, with its folders; what is there stays. A secret is its owner's from
/// the first byte on.
pub fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    if path.components().any(|part| part.as_os_str() == "secrets") {
        options.mode(0o600);
    }
    options.open(path)?.write_all(text.as_bytes())
}
