//! Which watched files changed since the last look.
//!
//! Files are looked at four times a second instead of asking the kernel for events (`notify`): events
//! do not arrive through NFS, from outside of many containers' mounts or after a folder was exchanged
//! as Kubernetes does it, and editors that replace files or write them in two steps need guesses
//! there. A configuration has dozens of files, so a look takes a fraction of a millisecond.

use crate::support::blocking::off_thread;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(250);
/// An edit is over when two looks in a row see the same.
const SETTLING: Duration = Duration::from_millis(40);
/// A file that somebody writes all the time is shown all the same.
const MOST_LOOKS: usize = 25;
/// What people edit here; swap files and backups of editors end otherwise.
const ENDINGS: [&str; 6] = ["toml", "sql", "html", "txt", "css", "js"];
const DEEPEST: usize = 6;
const MOST_FILES: usize = 5000;

/// Time of change with nanoseconds, size, and number of the file, which changes when it is replaced.
type Stamp = (i64, i64, u64, u64);
type Seen = BTreeMap<PathBuf, Stamp>;

/// Files below some folders, as they were seen last.
#[derive(Clone, Debug)]
pub struct Stamps {
    root: PathBuf,
    folders: Vec<&'static str>,
    /// Not looked at: what is written there would be seen as an edit.
    except: PathBuf,
    seen: Seen,
}

impl Stamps {
    /// Files below `folders` of `root` as they are now; `except` is left out.
    pub fn new(root: &Path, folders: &[&'static str], except: &Path) -> Self {
        let mut stamps =
            Self { root: root.to_owned(), folders: folders.to_vec(), except: except.to_owned(), seen: Seen::new() };
        stamps.seen = stamps.look();
        stamps
    }

    /// Waits for an edit and its end: the files, relative to the root. What is cut short is seen again.
    pub async fn changed(&mut self) -> Vec<PathBuf> {
        loop {
            tokio::time::sleep(PAUSE).await;
            let mut now = self.look_aside().await;
            if now == self.seen {
                continue;
            }
            for _ in 0..MOST_LOOKS {
                tokio::time::sleep(SETTLING).await;
                let later = self.look_aside().await;
                let is_over = later == now;
                now = later;
                if is_over {
                    break;
                }
            }
            let edited = differing(&self.seen, &now);
            self.seen = now;
            // An editor that writes a file anew through another name may leave all as it was.
            if !edited.is_empty() {
                return edited;
            }
        }
    }

    async fn look_aside(&self) -> Seen {
        let stamps = Self { seen: Seen::new(), ..self.clone() };
        off_thread(move || stamps.look()).await
    }

    fn look(&self) -> Seen {
        let mut seen = Seen::new();
        for folder in &self.folders {
            self.walk(Path::new(folder), DEEPEST, &mut seen);
        }
        seen
    }

    /// What cannot be read counts as absent; rendering reports why.
    fn walk(&self, folder: &Path, depth: usize, seen: &mut Seen) {
        let path = self.root.join(folder);
        // It may come into being only after the first look.
        let is_ours = path.canonicalize().is_ok_and(|path| self.except.canonicalize().is_ok_and(|own| own == path));
        let Ok(entries) = std::fs::read_dir(&path) else { return };
        if is_ours || depth == 0 {
            return;
        }
        for entry in entries.flatten() {
            let file = folder.join(entry.file_name());
            let name = entry.file_name().to_string_lossy().into_owned();
            // Links are followed: deployments exchange them.
            let Ok(found) = std::fs::metadata(self.root.join(&file)) else { continue };
            if name.starts_with('.') || seen.len() >= MOST_FILES {
                continue;
            }
            if found.is_dir() {
                self.walk(&file, depth - 1, seen);
            } else if name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending)) {
                seen.insert(file, (found.mtime(), found.mtime_nsec(), found.len(), found.ino()));
            }
        }
    }
}

/// Files that came, went or are others now.
fn differing(before: &Seen, now: &Seen) -> Vec<PathBuf> {
    let gone = before.keys().filter(|file| !now.contains_key(*file));
    let new = now.iter().filter(|(file, stamp)| before.get(*file) != Some(stamp)).map(|(file, _)| file);
    gone.chain(new).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn seen(root: &Path) -> Seen {
        Stamps::new(root, &["jobs", "templates"], &root.join("templates/out")).seen
    }

    #[test]
    fn an_edit_a_replacement_a_new_file_and_a_missing_one_are_seen_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let (root, jobs) = (folder.path(), folder.path().join("jobs"));
        fs::create_dir_all(jobs.join("checks")).expect("a folder");
        for (file, text) in [("a.toml", "1"), ("b.toml", "1"), ("checks/c.sql", "1")] {
            fs::write(jobs.join(file), text).expect("written");
        }
        let before = seen(root);
        assert_eq!(before.len(), 3);

        fs::write(jobs.join("a.toml"), "12").expect("written");
        fs::write(jobs.join("b.new"), "1").expect("written");
        fs::rename(jobs.join("b.new"), jobs.join("b.toml")).expect("replaced");
        fs::remove_file(jobs.join("checks/c.sql")).expect("removed");
        fs::create_dir_all(root.join("templates/html")).expect("a folder");
        fs::write(root.join("templates/html/d.css"), "").expect("written");
        // What editors leave lying about, and what a preview writes, is no edit.
        for file in ["jobs/.a.toml.swp", "jobs/a.toml~", "jobs/4913"] {
            fs::write(root.join(file), "x").expect("written");
        }
        fs::create_dir_all(root.join("templates/out")).expect("a folder");
        fs::write(root.join("templates/out/index.html"), "x").expect("written");
        let edited = differing(&before, &seen(root));
        let edited: Vec<String> = edited.iter().map(|file| file.display().to_string()).collect();
        assert_eq!(edited, ["jobs/checks/c.sql", "jobs/a.toml", "jobs/b.toml", "templates/html/d.css"]);
    }

    #[test]
    fn links_that_lead_in_circles_end() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join("jobs")).expect("a folder");
        std::os::unix::fs::symlink(folder.path().join("jobs"), folder.path().join("jobs/again")).expect("a link");
        fs::write(folder.path().join("jobs/a.toml"), "1").expect("written");
        assert_eq!(seen(folder.path()).len(), DEEPEST);
    }
}
