//! One document, many formats: HTML page, PDF, mail, Slack message, CSV; charts as one list of marks.

pub mod chart;
pub mod csv;
pub mod email;
pub mod html;
pub mod logo;
pub mod pdf;
pub mod typeface;
pub mod view;
pub mod words;
pub mod xlsx;

use crate::report::document::Document;
use crate::report::templates::Templates;
use minijinja::Value;

/// Each template with the context that a document gives it.
pub(crate) fn contexts(document: &Document, templates: &Templates) -> Vec<(&'static str, Value)> {
    let mut contexts = vec![
        (crate::report::templates::STYLE, templates.style_context()),
        (html::TEMPLATE, html::check_context(document, templates)),
    ];
    contexts.extend(email::check_contexts(document, templates));
    contexts
}
