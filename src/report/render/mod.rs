//! One document, many formats: HTML page, PDF, mail, Slack message, CSV; charts as one list of marks.

pub mod chart;
pub mod csv;
pub mod email;
pub mod html;
pub mod pdf;
pub mod slack;
pub mod typeface;
pub mod view;
pub mod words;

use crate::report::templates::Templates;
use minijinja::Value;

/// Each template with the context a sample report gives it.
pub(crate) fn sample_contexts(templates: &Templates) -> Vec<(&'static str, Value)> {
    let document = crate::report::sample::document();
    let mut contexts = vec![
        (crate::report::templates::STYLE, templates.style_context()),
        (html::TEMPLATE, html::sample_context(&document, templates)),
    ];
    contexts.extend(email::sample_contexts(&document, templates));
    contexts
}
