//! Large pages in pieces: a query holds several times what it reads, and no more than its memory.

use crate::support::split_json::{Split, split};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// Bytes of records in a piece, by the megabytes that the database may hold: a query holds many times what it
/// reads, on each thread.
fn piece_bytes(memory_limit_mb: u64) -> usize {
    usize::try_from(memory_limit_mb << 11).unwrap_or(usize::MAX).clamp(64 << 10, 1 << 20)
}

/// Smaller pages are read whole.
const LARGEST_WHOLE: u64 = 4 << 20;
/// A longer text is a picture or a document, and no figure is made of it.
const LONGEST_TEXT: usize = 1 << 20;
/// No record of a report's facts is larger.
const LARGEST_RECORD: usize = 4 << 20;

/// Pages, the large ones as pieces that bear their numbers.
#[derive(Debug)]
pub struct SplitPages {
    pub files: Vec<PathBuf>,
    /// Where the pieces are, as long as they are needed.
    pub pieces: Option<Arc<TempDir>>,
    /// Bytes of the largest of these files, unpacked; absent where the path leads to no list.
    pub largest: Option<u64>,
    /// What was left out, in words.
    pub caveat: Option<String>,
}

/// Cuts large pages of `files` at the list that `records_path` (`$.data[*]`) names, beside the pages in
/// `folder`, where any has more bytes than are read at once; blocking.
pub fn split_pages(
    files: Vec<PathBuf>,
    records_path: &str,
    folder: &Path,
    (largest_page, memory_limit_mb): (u64, u64),
) -> io::Result<SplitPages> {
    let mut pages = SplitPages { files: Vec::new(), pieces: None, largest: None, caveat: None };
    let Some(path) = keys(records_path).filter(|_| largest_page > LARGEST_WHOLE) else {
        pages.files = files;
        return Ok(pages);
    };
    let (mut left_out, mut cut, mut largest) = (0, 0, 0);
    for (number, file) in files.into_iter().enumerate() {
        // What cannot be read is reported by the query that wants it.
        let size = size(&file).unwrap_or(0);
        if size <= LARGEST_WHOLE {
            largest = largest.max(size);
            pages.files.push(file);
            continue;
        }
        let folder = match &pages.pieces {
            Some(folder) => folder.clone(),
            None => pages.pieces.insert(Arc::new(tempfile::tempdir_in(folder)?)).clone(),
        };
        let mut made = Vec::new();
        let done =
            split(unpacked(&file)?, &path, (piece_bytes(memory_limit_mb), LARGEST_RECORD, LONGEST_TEXT), |piece| {
                let own = folder.path().join(number.to_string()).join(piece.to_string());
                std::fs::create_dir_all(&own)?;
                let own = own.join(plain_name(&file));
                made.push(own.clone());
                // Files are closed in turn, however many there are.
                Ok(own)
            })?;
        match done {
            Split::Pieces { too_large, cut: here } => {
                left_out += too_large;
                cut += here;
                for file in &made {
                    largest = largest.max(std::fs::metadata(file)?.len());
                }
                pages.files.append(&mut made);
            }
            Split::Not => {
                made.iter().for_each(|file| drop(std::fs::remove_file(file)));
                largest = largest.max(size);
                pages.files.push(file);
            }
        }
    }
    pages.largest = Some(largest);
    let mb = LARGEST_RECORD >> 20;
    let records = match left_out {
        0 => None,
        1 => Some(format!("a record of more than {mb} MB is left out")),
        count => Some(format!("{count} records of more than {mb} MB each are left out")),
    };
    let texts = match cut {
        0 => None,
        1 => Some("a long text of a large record is cut".to_owned()),
        count => Some(format!("{count} long texts of large records are cut")),
    };
    pages.caveat = records.into_iter().chain(texts).reduce(|records, texts| format!("{records}; {texts}"));
    Ok(pages)
}

/// The keys of a path such as `$.data.rows[*]`; `None` where it is another one.
fn keys(path: &str) -> Option<Vec<&str>> {
    let inner = path.strip_prefix('$')?.strip_suffix("[*]")?;
    if inner.is_empty() {
        return Some(Vec::new());
    }
    let keys: Vec<&str> = inner.strip_prefix('.')?.split('.').collect();
    let is_plain =
        |key: &&str| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    keys.iter().all(is_plain).then_some(keys)
}

/// Bytes of a page, unpacked; read to its end.
fn size(file: &Path) -> io::Result<u64> {
    let packed = std::fs::metadata(file)?.len();
    match is_packed(file) {
        false => Ok(packed),
        true => io::copy(&mut unpacked(file)?, &mut io::sink()),
    }
}

fn unpacked(file: &Path) -> io::Result<Box<dyn Read>> {
    let source = File::open(file)?;
    Ok(if is_packed(file) { Box::new(zstd::Decoder::new(source)?) } else { Box::new(source) })
}

fn is_packed(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "zst")
}

/// `page-00012.json` for `page-00012.json.zst`: pages are known by their numbers.
fn plain_name(file: &Path) -> PathBuf {
    let name = if is_packed(file) { file.file_stem() } else { file.file_name() };
    PathBuf::from(name.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_pages_become_pieces_and_small_ones_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, records: usize, text: usize| {
            let record = format!(r#"{{"id": "x", "text": "{}"}}"#, "y".repeat(text));
            let body = format!(r#"{{"data": [{}], "has_more": false}}"#, vec![record; records].join(","));
            let path = folder.path().join(name);
            std::fs::write(&path, zstd::encode_all(body.as_bytes(), 1).expect("packed")).expect("written");
            path
        };
        let files = vec![write("page-00001.json.zst", 2, 100), write("page-00002.json.zst", 60_000, 100)];
        let pages = split_pages(files.clone(), "$.data[*]", folder.path(), (u64::MAX, 512)).expect("split");
        assert_eq!(pages.files[0], files[0]);
        assert!(pages.files.len() > 6 && pages.files[1..].iter().all(|file| file.ends_with("page-00002.json")));
        let count: usize = pages.files[1..]
            .iter()
            .map(|file| {
                let body: serde_json::Value =
                    serde_json::from_slice(&std::fs::read(file).expect("a piece")).expect("JSON");
                assert_eq!(body["has_more"], false);
                body["data"].as_array().expect("records").len()
            })
            .sum();
        assert_eq!((count, pages.caveat), (60_000, None));
        let huge = vec![write("page-00003.json.zst", 2, 5 << 20)];
        let pages = split_pages(huge.clone(), "$.data[*]", folder.path(), (u64::MAX, 512)).expect("split");
        assert_eq!(pages.caveat.as_deref(), Some("2 long texts of large records are cut"));
        // airbytehq/airbyte#34887: the key of a large record, and what can be kept of it, came with no record at all.
        let texts: String = (0..9).map(|number| format!(r#""t{number}": "{}", "#, "y".repeat(900_000))).collect();
        let path = folder.path().join("page-00005.json");
        std::fs::write(&path, format!(r#"{{"data": [{{"id": "x", {texts}"last": "short"}}]}}"#)).expect("written");
        let pages = split_pages(vec![path], "$.data[*]", folder.path(), (u64::MAX, 512)).expect("split");
        let kept = std::fs::read_to_string(&pages.files[0]).expect("a piece");
        assert!(kept.contains(r#""id": "x""#) && kept.contains(r#""last": "short""#) && kept.len() < 4 << 20);
        assert_eq!(pages.caveat.as_deref(), Some("8 long texts of large records are cut"));
        let many = format!(r#"{{"data": [{{"id": [{}]}}]}}"#, vec!["\"yyyy\""; 800_000].join(","));
        let path = folder.path().join("page-00004.json");
        std::fs::write(&path, many).expect("written");
        let pages = split_pages(vec![path], "$.data[*]", folder.path(), (u64::MAX, 512)).expect("split");
        assert_eq!(pages.caveat.as_deref(), Some("a record of more than 4 MB is left out"));
        assert_eq!(split_pages(huge.clone(), "$.rows[*]", folder.path(), (u64::MAX, 512)).expect("left").files, huge);
    }

    #[test]
    fn only_plain_paths_are_followed() {
        assert_eq!(keys("$.data[*]"), Some(vec!["data"]));
        assert_eq!(keys("$[*]"), Some(vec![]));
        assert_eq!(keys("$.a.b-c[*]"), Some(vec!["a", "b-c"]));
        for odd in ["$.data", "$..data[*]", "$.data[*].x[*]", "$.\"a b\"[*]", "data[*]", ""] {
            assert_eq!(keys(odd), None, "{odd}");
        }
    }
}
