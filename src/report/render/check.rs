//! Tries templates by rendering the sample report with them.

use super::{email, html};
use crate::report::document::Document;
use crate::report::sample;
use crate::report::templates::{STYLE, TemplateError, TemplateProblem, Templates};
use minijinja::Value;
use std::path::Path;

/// Each template with the context that a document gives it.
pub(crate) fn contexts(document: &Document, templates: &Templates) -> Vec<(&'static str, Value)> {
    let mut contexts =
        vec![(STYLE, templates.style_context()), (html::TEMPLATE, html::check_context(document, templates))];
    contexts.extend(email::check_contexts(document, templates));
    contexts
}

impl Templates {
    /// The built-in templates, with the files of `folder` in place of those of the same name.
    /// A replacement that cannot be read, parsed or rendered is left out and reported.
    pub fn new(folder: Option<&Path>) -> (Self, Vec<TemplateProblem>) {
        Self::without(folder, Vec::new())
    }

    /// The same without replacements that were refused before; they are among the problems.
    pub fn without(folder: Option<&Path>, refused: Vec<TemplateProblem>) -> (Self, Vec<TemplateProblem>) {
        let (mut templates, mut problems) = Self::parsed(folder, refused);
        // A replacement may parse and still name a field that does not exist, in a file that includes it or that it
        // includes. Each round puts one file back, so this ends.
        while let Some((rendered, error)) = templates.failure() {
            let named = [error.file.as_str(), rendered].into_iter().find(|file| templates.is_replaced(file));
            let Some(file) = named.or_else(|| templates.replaced().next()).map(str::to_owned) else { break };
            let line = if file == error.file { error.line } else { 0 };
            templates.restore(&file);
            problems.push(TemplateProblem::new(&file, line, error.message));
        }
        (templates, problems)
    }

    /// Renders the sample report with each replacement of a folder alone, named to `announce` before, whatever
    /// comes of it: for a process that may die of it.
    pub fn try_each(folder: &Path, refused: &[String], announce: impl Fn(&str)) {
        for (file, text) in Self::changed(folder).iter().filter(|(file, _)| !refused.contains(file)) {
            announce(file);
            let mut templates = Self::new(None).0;
            if templates.replace(file, text) {
                drop(templates.check());
            }
        }
    }

    /// The first template that does not render with the sample report, and why.
    fn failure(&self) -> Option<(&'static str, TemplateError)> {
        contexts(&sample::document(), self)
            .into_iter()
            .find_map(|(file, context)| Some((file, self.render_active(file, context).err()?)))
    }

    /// Renders every template with the sample report; empty means that all are sound.
    pub fn check(&self) -> Vec<TemplateProblem> {
        self.check_with(&sample::document())
    }

    /// Renders every template with a document, without the built-in ones stepping in.
    pub fn check_with(&self, document: &Document) -> Vec<TemplateProblem> {
        let mut problems: Vec<TemplateProblem> = contexts(document, self)
            .into_iter()
            .filter_map(|(file, context)| self.render_active(file, context).err())
            .map(TemplateProblem::from)
            .collect();
        problems.dedup();
        problems
    }
}

#[cfg(test)]
mod tests;
