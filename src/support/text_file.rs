//! Text files that people write: regular ones, small, in UTF-8. What is none is reported in one way everywhere.

use std::io::{self, Read};
use std::path::Path;

/// A larger file is refused before it is read.
const LARGEST: u64 = 1 << 20;

/// Why a file is not read: the line if known, what is wrong, and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    pub line: Option<usize>,
    pub message: String,
    pub remedy: &'static str,
}

impl Unread {
    fn of(error: &io::Error) -> Self {
        let message = format!("the file cannot be read: {}", error.kind());
        Self { line: None, message, remedy: "check its permissions" }
    }
}

/// The text of a file; `None` where there is no such file. A pipe or a device is not opened, and a link
/// counts as what it leads to.
pub fn read(path: &Path) -> Result<Option<String>, Unread> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Unread::of(&error)),
    };
    let too_large = || Unread {
        line: None,
        message: "this is not a regular file of at most 1 MB".to_owned(),
        remedy: "keep only text files that people write here",
    };
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    // It may have grown since, and files of the system do not say how long they are.
    let opened = std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
    opened.map_err(|error| Unread::of(&error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(too_large());
    }
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let (line, message) = not_utf8(error.as_bytes());
        Unread { line, message: message.to_owned(), remedy: "save it again with the encoding UTF-8" }
    })
}

/// The text of a file that is read again for its lines; empty where it cannot be read.
pub fn text_or_nothing(path: &Path) -> String {
    read(path).ok().flatten().unwrap_or_default()
}

/// The line that is no UTF-8, and what the text probably is.
fn not_utf8(bytes: &[u8]) -> (Option<usize>, &'static str) {
    if bytes.starts_with(&[0xff, 0xfe])
        || bytes.starts_with(&[0xfe, 0xff])
        || bytes.get(..64).is_some_and(|head| head.contains(&0))
    {
        return (None, "the file is not UTF-8 text but UTF-16, as some editors write it");
    }
    let good = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let before = bytes.get(..good).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    (Some(line), "the file is not UTF-8 text: this line has a letter in another encoding, such as Latin-1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_of_people_is_refused_unread() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("good"), "a = 1\n").expect("written");
        std::fs::write(path("latin"), b"a = 1\nb = '\xe4'\n").expect("written");
        std::fs::write(path("large"), vec![b'#'; (1 << 20) + 1]).expect("written");
        std::fs::create_dir(path("folder")).expect("made");
        std::os::unix::fs::symlink("loop", path("loop")).expect("a link");
        std::os::unix::fs::symlink("/dev/zero", path("zero")).expect("a link");
        assert_eq!(read(&path("good")), Ok(Some("a = 1\n".to_owned())));
        assert_eq!(read(&path("missing")), Ok(None));
        for (name, line, words) in [
            ("latin", Some(2), "not UTF-8"),
            ("large", None, "at most 1 MB"),
            ("folder", None, "not a regular file"),
            ("zero", None, "not a regular file"),
            ("loop", None, "cannot be read"),
        ] {
            let told = read(&path(name)).expect_err(name);
            assert!(told.line == line && told.message.contains(words), "{name}: {told:?}");
        }
    }
}
