//! Whether two paths lead to one folder, however they are spelt: through links, "..", or letters that the
//! disk does not distinguish.

use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// Whether both paths are of one folder, be it there or not.
pub fn is_same_folder(one: &Path, other: &Path) -> bool {
    place(one) == place(other) || place(&without_dots(one)) == place(&without_dots(other))
}

/// Whether `inner` is `outer`, or lies below it.
pub fn is_within(inner: &Path, outer: &Path) -> bool {
    inner.ancestors().any(|above| !above.as_os_str().is_empty() && is_same_folder(above, outer))
}

/// The nearest folder above that is there, by its number, and what is still to be made below it.
fn place(path: &Path) -> Option<((u64, u64), PathBuf)> {
    path.ancestors().find_map(|above| {
        let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        let found = std::fs::metadata(above).ok()?;
        let rest = path.strip_prefix(above).unwrap_or(path);
        Some(((found.dev(), found.ino()), rest.components().collect()))
    })
}

/// "a/../b" is "b" once "a" is made.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if plain.file_name().is_some() => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    /// airbytehq/airbyte#5171: two names for one thing counted it twice.
    #[test]
    fn one_folder_is_the_same_under_each_of_its_names() {
        let root = tempfile::tempdir().expect("a folder");
        let path = |text: &str| root.path().join(text);
        std::fs::create_dir_all(path("drops/a")).expect("made");
        std::fs::create_dir_all(path("drops/b")).expect("made");
        std::os::unix::fs::symlink("a", path("drops/l")).expect("a link");
        std::os::unix::fs::symlink(path("drops"), path("out")).expect("a link");
        for name in
            ["drops/./a", "drops//a/", "drops/l", "drops/x/../a", "drops/b/../a", "out/a", "out/l", "out/../drops/a"]
        {
            assert!(is_same_folder(&path("drops/a"), &path(name)), "{name}");
        }
        assert!(is_same_folder(&path("out/new/deep"), &path("drops/new/deep")), "neither is there yet");
        for name in ["drops/b", "drops", "drops/a/c", "drops/new", "a"] {
            assert!(!is_same_folder(&path("drops/a"), &path(name)), "{name}");
        }
        assert!(is_within(&path("out/a/c/d"), &path("drops/a")) && !is_within(&path("drops"), &path("drops/a")));
    }
}
