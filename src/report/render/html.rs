//! The interactive page: one file without any request, light and dark, phone to desktop, print.

use crate::report::document::{Chart, Document};
use crate::report::look::Logo;
use crate::report::look::{Palette, Theme};
use crate::report::render::view::{BlockView, DrawingView, Limits, PageView, page};
use crate::report::templates::{TemplateError, Templates};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::Value;
use minijinja::value::Serde;
use rust_decimal::Decimal;
use serde::Serialize;
use sha2::{Digest, Sha256};

pub(crate) const TEMPLATE: &str = "html/report.html";

/// Each chart is drawn for three classes of screens (the style sheet shows one of them), so that its
/// texts never shrink below their size: class, and width in pixels of the drawing.
const DRAWINGS: [(&str, f32); 3] = [("narrow", 300.0), ("medium", 480.0), ("wide", 760.0)];

/// Who draws: both give a complete `<svg>` element without scripts or outside references.
#[derive(Clone, Copy, Debug)]
pub struct ChartPainter {
    /// A chart of the given width.
    pub chart: fn(&Chart, &Document, f32, &Palette) -> String,
    /// A small line of the last days, oldest first.
    pub spark: fn(&[Option<Decimal>], &Palette) -> String,
}

#[derive(Serialize)]
struct Context {
    page: PageView,
    theme: Theme,
    csp: String,
    style: String,
    script: String,
    logo: Option<LogoView>,
    /// The figures as a `data:` URI.
    csv_uri: String,
    csv_name: String,
}

/// The logo as a template shows it, in pixels.
#[derive(Serialize)]
pub(crate) struct LogoView {
    pub src: String,
    pub width: u32,
    pub height: u32,
}

impl LogoView {
    /// The image at `src`.
    pub(crate) fn new(logo: &Logo, src: String) -> Self {
        let (width, height) = logo.size();
        Self { src, width: width.round().max(1.0) as u32, height: height.round().max(1.0) as u32 }
    }
}

/// The page, from which the figures can be had as `csv`. Fails only where the built-in template fails, which the tests rule out.
pub fn render(
    document: &Document,
    csv: &str,
    templates: &Templates,
    painter: ChartPainter,
) -> Result<String, TemplateError> {
    templates.render(TEMPLATE, context(document, csv, templates, painter, templates.style()?))
}

/// What the template is given when it is checked: empty drawings.
pub(crate) fn check_context(document: &Document, templates: &Templates) -> Value {
    let blank = ChartPainter { chart: |_, _, _, _| String::new(), spark: |_, _| String::new() };
    let csv = super::csv::render(document).unwrap_or_default();
    Value::from(Serde(context(document, &csv, templates, blank, String::new())))
}

fn context(document: &Document, csv: &str, templates: &Templates, painter: ChartPainter, style: String) -> Context {
    let (mut page, palette) = (page(document, Limits::NONE), templates.palette());
    for block in page.sections.iter_mut().flat_map(|section| &mut section.blocks) {
        match block {
            BlockView::Cards { cards } => {
                for card in cards.iter_mut().filter(|card| !card.spark_values.is_empty()) {
                    card.spark = (painter.spark)(&card.spark_values, &palette);
                }
            }
            BlockView::Chart(chart) => {
                let draw =
                    |(name, width)| DrawingView { name, svg: (painter.chart)(&chart.chart, document, width, &palette) };
                chart.drawings = DRAWINGS.into_iter().map(draw).collect();
            }
            BlockView::Table(_) | BlockView::Text { .. } => {}
        }
    }
    let script = templates.script();
    Context {
        page,
        theme: templates.theme().clone(),
        csp: policy(&style, &script, templates.logo().is_some()),
        logo: templates
            .logo()
            .map(|logo| LogoView::new(logo, format!("data:image/png;base64,{}", STANDARD.encode(logo.png())))),
        csv_uri: if csv.is_empty() { String::new() } else { format!("data:text/csv;base64,{}", STANDARD.encode(csv)) },
        csv_name: format!("{}_{}.csv", document.report, document.period.start),
        style,
        script,
    }
}

/// Nothing may be loaded or sent, and no style sheet or script but ours counts.
fn policy(style: &str, script: &str, has_images: bool) -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let images = if has_images { " img-src data:;" } else { "" };
    format!(
        "default-src 'none';{images} style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(style),
        hash(script)
    )
}

#[cfg(test)]
mod tests;
