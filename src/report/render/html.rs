//! The interactive page: one file without any request, light and dark, phone to desktop, print.

use crate::domain::money::Currency;
use crate::report::document::{Chart, Document};
use crate::report::render::view::{BlockView, Limits, PageView, page};
use crate::report::templates::{TemplateError, Templates, Theme};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::Value;
use minijinja::value::Serde;
use rust_decimal::Decimal;
use serde::Serialize;
use sha2::{Digest, Sha256};

pub(crate) const TEMPLATE: &str = "html/report.html";

/// Who draws: both give a complete `<svg>` element without scripts or outside references.
#[derive(Clone, Copy, Debug)]
pub struct ChartPainter {
    pub chart: fn(&Chart, Currency) -> String,
    /// A small line of the last days, oldest first.
    pub spark: fn(&[Option<Decimal>]) -> String,
}

#[derive(Serialize)]
struct Context {
    page: PageView,
    theme: Theme,
    csp: String,
    script: String,
    /// The figures as a `data:` URI.
    csv_uri: String,
    csv_name: String,
}

/// The page. Fails only where the built-in template fails, which the tests rule out.
pub fn render(document: &Document, templates: &Templates, painter: ChartPainter) -> Result<String, TemplateError> {
    templates.render(TEMPLATE, context(document, templates, painter))
}

/// What the template is given for the sample report, with empty drawings.
pub(crate) fn sample_context(document: &Document, templates: &Templates) -> Value {
    let blank = ChartPainter { chart: |_, _| String::new(), spark: |_| String::new() };
    Value::from(Serde(context(document, templates, blank)))
}

fn context(document: &Document, templates: &Templates, painter: ChartPainter) -> Context {
    let mut page = page(document, Limits::NONE);
    for block in page.sections.iter_mut().flat_map(|section| &mut section.blocks) {
        match block {
            BlockView::Cards { cards } => {
                for card in cards.iter_mut().filter(|card| !card.spark_values.is_empty()) {
                    card.spark = (painter.spark)(&card.spark_values);
                }
            }
            BlockView::Chart(chart) => chart.svg = (painter.chart)(&chart.chart, document.currency),
            BlockView::Table(_) | BlockView::Text { .. } => {}
        }
    }
    let script = templates.script();
    let csv = super::csv::render(document).unwrap_or_default();
    Context {
        page,
        theme: templates.theme().clone(),
        csp: policy(&script),
        csv_uri: if csv.is_empty() { csv } else { format!("data:text/csv;base64,{}", STANDARD.encode(csv)) },
        csv_name: format!("{}_{}.csv", document.report, document.period.start),
        script,
    }
}

/// Nothing may be loaded or sent, and no script but ours runs. Styles stay open to attributes:
/// drawings and bars carry their sizes there.
fn policy(script: &str) -> String {
    let hash = STANDARD.encode(Sha256::digest(script));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; img-src data:; \
         base-uri 'none'; form-action 'none'"
    )
}

#[cfg(test)]
mod tests;
