//! Renders the documents and writes the files, each of them whole or not at all.

use crate::app::{AppError, template_problems};
use crate::config::Problem;
use crate::jobs::preview::{Draft, PreviewFile, sheet};
use crate::jobs::template_trial::bounded;
use crate::report::preview::{Index, Remark, index};
use crate::report::render::words::period_text;
use crate::report::templates::Templates;
use crate::support::ids::hex;
use sha2::{Digest, Sha256};
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where the files that replace templates lie, below the root.
pub const TEMPLATES: &str = "report-templates";
/// What notifies a page that it is no longer the newest.
const VERSION: &str = "version.js";
/// By what an index of ours is known.
const OURS: &str = "<title>Preview: ";

/// What is shown, and where.
#[derive(Clone, Debug)]
pub struct Stage {
    root: PathBuf,
    pub out: PathBuf,
    pub drafts: Vec<Draft>,
    /// What is wrong with the configuration, while the documents are those of an earlier one.
    pub mistakes: Vec<Problem>,
    pub is_watched: bool,
}

/// What came of a rendering.
#[derive(Clone, Debug)]
pub struct Made {
    pub title: String,
    pub about: String,
    pub out: PathBuf,
    /// Name, what it is, and bytes.
    pub files: Vec<(String, String, u64)>,
    /// Templates of the folder in use.
    pub replaced: Vec<String>,
    pub problems: Vec<Problem>,
    pub took: Duration,
}

impl Stage {
    /// Looks whether the folder can be had: one that holds another index is left alone.
    pub fn new(root: &Path, out: &Path) -> Result<Self, AppError> {
        let there = fs::read(out.join("index.html")).unwrap_or_default();
        if !there.is_empty() && !String::from_utf8_lossy(&there).contains(OURS) {
            let message = format!("{} holds an index.html of somebody else: choose another --out", out.display());
            return Err(AppError::Usage(message));
        }
        Ok(Self {
            root: root.to_owned(),
            out: out.to_owned(),
            drafts: Vec::new(),
            mistakes: Vec::new(),
            is_watched: false,
        })
    }

    /// The folder that holds `config/` and the rest.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Makes the folder if it is not there.
    pub fn prepare(&self) -> Result<(), AppError> {
        let failed = |source| AppError::Io { path: self.out.clone(), source };
        if !self.out.exists() {
            fs::create_dir_all(&self.out).map_err(failed)?;
            // Figures of a company do not belong into git by accident.
            fs::write(self.out.join(".gitignore"), "*\n").map_err(failed)?;
        }
        Ok(())
    }

    /// Renders every draft in every format; blocking.
    pub fn make(&self) -> anyhow::Result<Made> {
        let begun = Instant::now();
        let (templates, mut found) = bounded(&self.root.join(TEMPLATES));
        for draft in &self.drafts {
            // A replacement may suit the sample and fail on a real document.
            found.extend(templates.check_with(&draft.document));
        }
        let mut problems = self.mistakes.clone();
        problems.extend(template_problems(&found));
        problems.extend(template_problems(&Templates::warnings(&self.root.join(TEMPLATES))));
        problems.sort();
        problems.dedup();

        let replaced: Vec<String> = templates.replaced().map(str::to_owned).collect();
        let mut shown = self.heading(&replaced);
        shown.theme = templates.theme().clone();
        let mut files = Vec::new();
        for draft in &self.drafts {
            let folder = match (self.drafts.len(), draft.variant.as_str()) {
                (1, _) => String::new(),
                (_, "") => "standard/".to_owned(),
                (_, variant) => format!("{variant}/"),
            };
            let (mut sheet, made) = sheet(draft, &templates, &folder)?;
            sheet.title = folder.trim_end_matches('/').to_owned();
            shown.sheets.push(sheet);
            files.extend(made);
        }
        shown.problems = problems.iter().map(remark).collect();
        let sum = sum(&files, &problems);
        shown.version = self.is_watched.then(|| sum.clone());
        for file in &files {
            self.write(&file.name, &file.bytes)?;
        }
        self.write("index.html", index(&shown)?.as_bytes())?;
        if self.is_watched {
            self.write(VERSION, format!("daybookPreview(\"{sum}\");\n").as_bytes())?;
        }
        let formats = shown.sheets.into_iter().flat_map(|sheet| sheet.formats).zip(&files);
        Ok(Made {
            title: shown.title,
            about: shown.about,
            out: self.out.clone(),
            files: formats.map(|(format, file)| (format.file, format.label, file.bytes.len() as u64)).collect(),
            replaced,
            problems,
            took: begun.elapsed(),
        })
    }

    /// Notifies an open page that nobody watches any more.
    pub fn close(&self) -> Result<(), AppError> {
        self.write(VERSION, b"daybookPreview(null);\n")
    }

    fn heading(&self, replaced: &[String]) -> Index {
        let Some(Draft { document, .. }) = self.drafts.first() else {
            return Index { title: "the configuration has mistakes".to_owned(), ..Index::default() };
        };
        let kind = if document.id == Draft::sample().document.id { "the sample" } else { "not issued" };
        let mut about = format!("{}, {kind}", period_text(document));
        if !replaced.is_empty() {
            about += &format!("; in place of built-in templates: {}", replaced.join(", "));
        }
        Index { title: format!("{}: {}", document.workspace_name, document.title), about, ..Index::default() }
    }

    /// A browser or a mail program never sees half a file.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), AppError> {
        let path = self.out.join(name);
        let folder = path.parent().unwrap_or(&self.out);
        let put = || -> std::io::Result<()> {
            fs::create_dir_all(folder)?;
            // As usual for files: what the user's own mask allows.
            let permissions = Permissions::from_mode(0o666);
            let mut file = tempfile::Builder::new().permissions(permissions).tempfile_in(folder)?;
            file.write_all(bytes)?;
            file.persist(&path)?;
            Ok(())
        };
        put().map_err(|source| AppError::Io { path: path.clone(), source })
    }
}

fn remark(problem: &Problem) -> Remark {
    Remark { place: problem.place(), message: problem.message.clone(), remedy: problem.remedy.clone() }
}

/// The same for the same files and problems.
fn sum(files: &[PreviewFile], problems: &[Problem]) -> String {
    let mut sum = Sha256::new();
    for file in files {
        sum.update(file.name.as_bytes());
        sum.update(&file.bytes);
    }
    for problem in problems {
        sum.update(problem.to_string().as_bytes());
    }
    hex(&sum.finalize()[..8])
}
