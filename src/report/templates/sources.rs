//! The template files: embedded in the binary, and read from the folder that replaces them.

use super::TemplateProblem;
use crate::support::shown::shown;
use include_dir::{Dir, DirEntry, include_dir};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// The folders of templates; the typefaces beside them are embedded where they are used.
static FOLDERS: [(&str, Dir<'static>); 2] = [
    ("html", include_dir!("$CARGO_MANIFEST_DIR/report-templates/html")),
    ("mail", include_dir!("$CARGO_MANIFEST_DIR/report-templates/mail")),
];
const THEME: (&str, &str) = ("theme.toml", include_str!("../../../report-templates/theme.toml"));

/// No sensible template is larger.
const FILE_BYTES: u64 = 256 << 10;

/// The text of each template file.
#[derive(Clone, Debug)]
pub struct Sources {
    builtin: BTreeMap<String, &'static str>,
    replaced: BTreeMap<String, String>,
}

impl Sources {
    /// Reads the embedded files and those that replace them.
    pub fn load(override_dir: Option<&Path>) -> (Self, Vec<TemplateProblem>) {
        let mut sources = Self { builtin: BTreeMap::new(), replaced: BTreeMap::new() };
        for (folder, files) in &FOLDERS {
            collect(folder, files, &mut sources.builtin);
        }
        sources.builtin.insert(THEME.0.to_owned(), THEME.1);
        let mut problems = Vec::new();
        if let Some(dir) = override_dir {
            for file in sources.builtin.keys() {
                match read(dir, file) {
                    Ok(Some(text)) => {
                        sources.replaced.insert(file.clone(), text);
                    }
                    Ok(None) => {}
                    Err(message) => problems.push(TemplateProblem::new(file, 0, message)),
                }
            }
            problems.extend(strangers(dir, &sources.builtin));
        }
        (sources, problems)
    }

    /// The embedded files, with their names.
    pub fn builtin(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.builtin.iter().map(|(file, text)| (file.as_str(), *text))
    }

    /// The text in use; empty for a file that does not exist.
    pub fn text(&self, file: &str) -> &str {
        match self.replaced.get(file) {
            Some(text) => text,
            None => self.builtin.get(file).copied().unwrap_or_default(),
        }
    }

    /// Whether a file of the folder is in use for this one.
    pub fn replaced(&self, file: &str) -> bool {
        self.replaced.contains_key(file)
    }

    pub fn any_replaced(&self) -> bool {
        !self.replaced.is_empty()
    }

    /// Files of the folder with another text than the embedded ones.
    pub fn changed(&self) -> impl Iterator<Item = &str> {
        let is_changed = |(file, text): &(&String, &String)| self.builtin.get(*file).is_none_or(|own| own != text);
        self.replaced.iter().filter(is_changed).map(|(file, _)| file.as_str())
    }

    /// Puts a text in the place of the embedded one.
    pub fn replace(&mut self, file: &str, text: &str) {
        self.replaced.insert(file.to_owned(), text.to_owned());
    }

    /// Goes back to the embedded file.
    pub fn restore(&mut self, file: &str) {
        self.replaced.remove(file);
    }
}

fn collect(folder: &str, dir: &'static Dir<'static>, files: &mut BTreeMap<String, &'static str>) {
    for entry in dir.entries() {
        match entry {
            DirEntry::Dir(dir) => collect(folder, dir, files),
            DirEntry::File(file) => {
                let name = format!("{folder}/{}", file.path().to_string_lossy().replace('\\', "/"));
                let template = [".html", ".txt", ".css", ".js"].iter().any(|ending| name.ends_with(ending));
                if let (true, Some(text)) = (template, file.contents_utf8()) {
                    files.insert(name, text);
                }
            }
        }
    }
}

/// The replacement's text; `None` if there is none.
fn read(dir: &Path, file: &str) -> Result<Option<String>, String> {
    let Some(bytes) = bytes(dir, file, FILE_BYTES)? else { return Ok(None) };
    String::from_utf8(bytes).map(Some).map_err(|_| "is not UTF-8".to_owned())
}

/// A file of the folder; `None` if there is none. Links may not lead out of the folder.
pub fn bytes(dir: &Path, file: &str, most: u64) -> Result<Option<Vec<u8>>, String> {
    let path = dir.join(file);
    let reason = |error: std::io::Error| format!("cannot be read: {}", error.kind());
    match path.canonicalize() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(reason(error)),
        Ok(real) if !dir.canonicalize().is_ok_and(|root| real.starts_with(root)) => {
            return Err("is a link that leads out of the folder of templates".to_owned());
        }
        Ok(real) if !real.is_file() => return Err("is not a file".to_owned()),
        Ok(_) => {}
    }
    let mut bytes = Vec::new();
    let source = std::fs::File::open(&path).map_err(reason)?;
    source.take(most + 1).read_to_end(&mut bytes).map_err(reason)?;
    if bytes.len() as u64 > most {
        return Err(format!("is larger than {} KB", most >> 10));
    }
    Ok(Some(bytes))
}

/// A replacement whose name matches nothing is most likely misspelt.
fn strangers(dir: &Path, builtin: &BTreeMap<String, &'static str>) -> Vec<TemplateProblem> {
    let mut problems = Vec::new();
    for folder in ["html", "mail"] {
        let Ok(entries) = std::fs::read_dir(dir.join(folder)) else { continue };
        for entry in entries.flatten().take(100) {
            let file = format!("{folder}/{}", shown(&entry.file_name().to_string_lossy()));
            if !builtin.contains_key(&file) {
                problems.push(TemplateProblem::new(&file, 0, "replaces no built-in template and is not used"));
            }
        }
    }
    problems.sort_by(|a, b| a.file.cmp(&b.file));
    problems
}
