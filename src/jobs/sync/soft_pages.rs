//! Landed pages as the warehouse may read them. What is landed stays as the vendor sent it; where DuckDB
//! would end the process or refuse the whole page for one record, it is given a copy without that.

use crate::support::soft_json::{DEEPEST, Replaced, is_sound, soften};
use std::fs::File;
use std::io::{self, BufWriter, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// The pages, some of them copies.
#[derive(Debug)]
pub struct SoftPages {
    pub files: Vec<PathBuf>,
    /// Bytes of the largest, unpacked.
    pub largest: u64,
    /// Where the copies are, as long as they are needed.
    pub copies: Option<Arc<TempDir>>,
    /// What was replaced, in words.
    pub notes: Vec<String>,
}

/// Looks through pages of at most `largest` bytes; blocking.
pub fn soft_pages(files: Vec<PathBuf>, largest: u64) -> io::Result<SoftPages> {
    let mut pages = SoftPages { files, largest, copies: None, notes: Vec::new() };
    let mut all = Replaced::default();
    for number in 0..pages.files.len() {
        let path = &pages.files[number];
        // One that cannot be read is reported by the query that wants it.
        let Ok(false) = unpacked(path, largest).and_then(is_sound) else { continue };
        let folder = match &pages.copies {
            Some(folder) => folder,
            None => pages.copies.insert(Arc::new(tempfile::tempdir()?)),
        };
        let copy = folder.path().join(plain_name(path));
        let replaced = soften(unpacked(path, largest)?, BufWriter::new(File::create(&copy)?))?;
        if replaced.is_none() {
            std::fs::remove_file(&copy)?;
            continue;
        }
        all.deep += replaced.deep;
        all.letters += replaced.letters;
        all.values += replaced.values;
        all.signs += replaced.signs;
        pages.largest = pages.largest.max(std::fs::metadata(&copy)?.len());
        pages.files[number] = copy;
    }
    pages.notes = told(all);
    pages.copies = pages.copies.filter(|_| !pages.notes.is_empty());
    Ok(pages)
}

/// At most so much, so that a bomb ends where the page would.
fn unpacked(path: &Path, largest: u64) -> io::Result<Box<dyn Read>> {
    let file = File::open(path)?;
    Ok(match path.extension().is_some_and(|ending| ending == "zst") {
        true => Box::new(zstd::Decoder::new(file)?.take(largest + 1)),
        false => Box::new(file.take(largest + 1)),
    })
}

/// `page-00012.json` for `page-00012.json.zst`: pages are known by their numbers.
fn plain_name(path: &Path) -> PathBuf {
    let name = if path.extension().is_some_and(|ending| ending == "zst") { path.file_stem() } else { path.file_name() };
    PathBuf::from(name.unwrap_or_default())
}

fn told(all: Replaced) -> Vec<String> {
    let some = |count: u64, one: &str, many: &str| match count {
        0 => None,
        1 => Some(one.to_owned()),
        count => Some(format!("{count} {many}")),
    };
    let letters = some(
        all.letters,
        "a damaged character of the answer is replaced by \u{fffd}",
        "damaged characters of the answer are replaced by \u{fffd}",
    );
    let deep = some(
        all.deep,
        &format!("a value of the answer that lies more than {DEEPEST} levels deep is left out"),
        &format!("values of the answer that lie more than {DEEPEST} levels deep are left out"),
    );
    let values = some(
        all.values,
        "a word of the answer that is no JSON, such as NaN, counts as no value",
        "words of the answer that are no JSON, such as NaN, count as no values",
    );
    let signs = some(
        all.signs,
        "a sign of the answer that JSON does not allow, such as a control character, is read as it was meant",
        "signs of the answer that JSON does not allow, such as control characters, are read as they were meant",
    );
    letters.into_iter().chain(deep).chain(values).chain(signs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_that_need_it_are_copied_and_what_was_replaced_is_reported() {
        let landed = tempfile::tempdir().expect("a folder");
        let write = |name: &str, body: &[u8]| {
            let packed = zstd::encode_all(body, 1).expect("packed");
            std::fs::write(landed.path().join(name), packed).expect("written");
            landed.path().join(name)
        };
        let deep = format!("[{}1{}]", "[".repeat(5000), "]".repeat(5000));
        let files = vec![
            write("page-00001.json.zst", br#"["\ud83d\ude00"]"#),
            write("page-00002.json.zst", br#"["a\ud83d", "b\ud83d"]"#),
            write("page-00003.json.zst", deep.as_bytes()),
        ];
        let pages = soft_pages(files.clone(), 20_000).expect("read");
        assert_eq!(pages.files[0], files[0], "a whole emoji needs nothing");
        let copy = |number: usize| std::fs::read_to_string(&pages.files[number]).expect("a copy");
        assert!(pages.files[1].ends_with("page-00002.json"));
        assert_eq!(copy(1), r#"["a\ufffd", "b\ufffd"]"#);
        assert!(copy(2).len() < 300);
        assert_eq!(
            pages.notes,
            [
                "2 damaged characters of the answer are replaced by \u{fffd}",
                "a value of the answer that lies more than 100 levels deep is left out"
            ]
        );
        let sound = soft_pages(vec![files[0].clone(), landed.path().join("gone.json")], 20_000).expect("read");
        assert!(sound.copies.is_none() && sound.notes.is_empty());
    }
}
