//! The templates of HTML pages and mails: built in, and replaceable file by file from a folder.
//! Replacements are treated as hostile: they have no functions that read files, an amount of work
//! and output they may not exceed, and the built-in template steps in where they fail.

mod sources;
#[cfg(test)]
pub(crate) mod testing;

use super::look::logo::MOST_BYTES;
use super::look::{Logo, Palette, Theme, theme};
use crate::settings::Problem;
use crate::support::ids::hex;
use crate::support::shown::fault;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sources::Sources;
use std::io::{self, Write};
use std::path::Path;

pub(crate) const STYLE: &str = "html/report.css";
/// Instructions one rendering may take; a report of 10,000 figures takes about a million.
const FUEL: u64 = 10_000_000;
/// Bytes one rendering may give.
const OUTPUT_BYTES: usize = 32 << 20;

/// What is wrong with a template file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TemplateProblem {
    /// Relative to the folder of templates, e.g. `html/report.html`.
    pub file: String,
    /// Starting at 1; 0 where the file as a whole is meant.
    pub line: usize,
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl TemplateProblem {
    /// A problem of a file whose place the built-in one takes.
    pub fn new(file: &str, line: usize, message: impl Into<String>) -> Self {
        let remedy = "mend it, or remove the file to use the built-in one".to_owned();
        Self { file: file.to_owned(), line, message: message.into(), remedy }
    }
}

impl From<&Problem> for TemplateProblem {
    fn from(problem: &Problem) -> Self {
        Self {
            file: problem.file.display().to_string(),
            line: problem.line.unwrap_or_default(),
            message: problem.message.clone(),
            remedy: problem.remedy.clone(),
        }
    }
}

impl From<TemplateError> for TemplateProblem {
    fn from(error: TemplateError) -> Self {
        Self::new(&error.file, error.line, error.message)
    }
}

/// A template could not be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct TemplateError {
    pub file: String,
    pub line: usize,
    pub message: String,
}

/// All templates, parsed.
#[derive(Debug)]
pub struct Templates {
    /// With the replacements that work.
    active: Environment<'static>,
    builtin: Environment<'static>,
    sources: Sources,
    theme: Theme,
    logo: Option<Logo>,
}

impl Templates {
    /// The built-in templates, with the files of `folder` in place of those of the same name, but for those that were
    /// `refused` before; they are among the problems. A replacement that cannot be read or parsed is left out and
    /// reported. Whether it renders is not tried: `Templates::new` does that.
    pub(crate) fn parsed(folder: Option<&Path>, refused: Vec<TemplateProblem>) -> (Self, Vec<TemplateProblem>) {
        let (mut sources, mut problems) = Sources::load(folder);
        refused.iter().for_each(|problem| sources.restore(&problem.file));
        problems.extend(refused);
        let read = theme::read(sources.text(theme::FILE));
        problems.extend(read.problems.iter().map(TemplateProblem::from));
        let logo = folder.zip(read.theme.logo.as_ref()).and_then(|(folder, name)| {
            let told = |message| TemplateProblem::new(theme::FILE, read.logo_line.unwrap_or_default(), message);
            logo(folder, name).map_err(|message| problems.push(told(fault(&message)))).ok()
        });
        let (active, builtin) = (environment(), environment());
        let mut templates = Self { active, builtin, sources: sources.clone(), theme: read.theme, logo };
        for (file, builtin) in sources.builtin() {
            problems.extend(add(&mut templates.builtin, file, builtin));
            if let Some(problem) = add(&mut templates.active, file, sources.text(file)) {
                templates.restore(file);
                problems.push(problem);
            }
        }
        (templates, problems)
    }

    /// What of a folder is used in another form than it is written in, such as a colour that cannot be read.
    pub fn warnings(folder: &Path) -> Vec<TemplateProblem> {
        let (sources, _) = Sources::load(Some(folder));
        theme::read(sources.text(theme::FILE)).warnings.iter().map(TemplateProblem::from).collect()
    }

    /// Whether a folder replaces any template by another text.
    pub fn replaces_any(folder: &Path) -> bool {
        Sources::load(Some(folder)).0.changed().next().is_some()
    }

    /// The files of a folder with another text than the built-in ones, and that text.
    pub(crate) fn changed(folder: &Path) -> Vec<(String, String)> {
        let (sources, _) = Sources::load(Some(folder));
        sources.changed().map(|file| (file.to_owned(), sources.text(file).to_owned())).collect()
    }

    /// Puts a text in the place of a template; whether it can be parsed.
    pub(crate) fn replace(&mut self, file: &str, text: &str) -> bool {
        self.sources.replace(file, text);
        add(&mut self.active, file, text).is_none()
    }

    /// Renders one template without the built-in one stepping in.
    pub(crate) fn render_active(&self, file: &str, context: Value) -> Result<String, TemplateError> {
        render_in(&self.active, file, context)
    }

    /// Whether a file of the folder is in use for this one.
    pub(crate) fn is_replaced(&self, file: &str) -> bool {
        self.sources.replaced(file)
    }

    /// Renders one template. Where a replacement fails on this document, the built-in one is used
    /// and the failure logged.
    pub fn render(&self, file: &str, context: impl Serialize) -> Result<String, TemplateError> {
        let context = Value::from(Serde(context));
        match render_in(&self.active, file, context.clone()) {
            Err(error) if self.sources.any_replaced() => {
                tracing::warn!(
                    template.file = error.file,
                    template.line = error.line,
                    reason = error.message,
                    "a replaced template failed, the built-in one is used"
                );
                render_in(&self.builtin, file, context)
            }
            result => result,
        }
    }

    /// The script of HTML pages, as it stands between the script tags.
    pub fn script(&self) -> String {
        let files = ["html/report.js", "html/charts.js"].map(|file| self.sources.text(file));
        // `</` would let a replaced script end its own element.
        files.concat().replace("</", "<\\/")
    }

    /// The style sheet of HTML pages, as it stands between the style tags.
    pub fn style(&self) -> Result<String, TemplateError> {
        let style = self.render(STYLE, self.style_context())?;
        Ok(style.replace("</", "<\\/"))
    }

    /// What the style sheet is given.
    pub(crate) fn style_context(&self) -> Value {
        minijinja::context! { theme => Value::from(Serde(self.theme.clone())) }
    }

    /// The files of the folder that are in use.
    pub fn replaced(&self) -> impl Iterator<Item = &str> {
        self.sources.builtin().map(|(file, _)| file).filter(|file| self.sources.replaced(file))
    }

    /// A sum of every template in use, the theme and the logo: reports with equal ones look alike.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        let mut add = |part: &[u8]| {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        };
        for (file, _) in self.sources.builtin() {
            add(file.as_bytes());
            add(self.sources.text(file).as_bytes());
        }
        add(self.logo.as_ref().map_or(&[][..], Logo::png));
        hex(&hash.finalize()[..10])
    }

    /// Colours and the name on top.
    pub fn theme(&self) -> &Theme {
        &self.theme
    }

    /// The colours of charts and PDFs.
    pub fn palette(&self) -> Palette {
        self.theme.palette()
    }

    /// The logo that the theme names.
    pub fn logo(&self) -> Option<&Logo> {
        self.logo.as_ref()
    }

    /// Goes back to the built-in file.
    pub(crate) fn restore(&mut self, file: &str) {
        self.sources.restore(file);
        let text = self.sources.text(file).to_owned();
        // The built-in text was parsed before.
        let _ = self.active.add_template_owned(file.to_owned(), text);
    }
}

/// The logo of this name in the folder, or why there is none.
fn logo(folder: &Path, name: &str) -> Result<Logo, String> {
    match sources::bytes(folder, name, MOST_BYTES) {
        Ok(Some(bytes)) => Logo::read(&bytes),
        Ok(None) => Err(format!("there is no file {name:?} beside this file")),
        Err(message) => Err(format!("{name:?} {message}")),
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(
        |name| {
            if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None }
        },
    );
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(50);
    // Only delimiters that clash can make this fail, and these are the usual ones.
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    environment
}

fn add(environment: &mut Environment<'static>, file: &str, text: &str) -> Option<TemplateProblem> {
    if !(file.ends_with(".html") || file.ends_with(".txt") || file.ends_with(".css")) {
        return None;
    }
    let error = environment.add_template_owned(file.to_owned(), text.to_owned()).err()?;
    Some(template_error(file, &error).into())
}

fn render_in(environment: &Environment<'static>, file: &str, context: Value) -> Result<String, TemplateError> {
    let mut out = Capped(Vec::new());
    let template = environment.get_template(file).map_err(|error| template_error(file, &error))?;
    template.render_captured_to(context, &mut out).map_err(|error| template_error(file, &error))?;
    String::from_utf8(out.0).map_err(|_| TemplateError {
        file: file.to_owned(),
        line: 0,
        message: "the result is not UTF-8".to_owned(),
    })
}

fn template_error(file: &str, error: &minijinja::Error) -> TemplateError {
    // A file that another one includes is at fault itself.
    let mut error = error;
    while let Some(inner) = std::error::Error::source(error).and_then(|inner| inner.downcast_ref()) {
        error = inner;
    }
    let message = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    TemplateError {
        file: error.name().unwrap_or(file).to_owned(),
        line: error.line().unwrap_or_default(),
        message: fault(&message),
    }
}

/// A buffer that refuses more than [`OUTPUT_BYTES`].
struct Capped(Vec<u8>);

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > OUTPUT_BYTES {
            return Err(io::Error::other("the result is larger than 32 MB"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
