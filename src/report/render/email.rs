//! The report as a mail: text and HTML with the same figures, line charts as images inside it,
//! files attached. The same document and recipient always give the same bytes.

mod mime;
mod tables;
mod text;

pub use mime::{Smaller, smaller};

use crate::report::document::{Document, Tone};
use crate::report::format::in_sentence;
use crate::report::look::Theme;
use crate::report::render::html::LogoView;
use crate::report::render::view::{BlockView, Limits, PageView, WATERFALL, page};
use crate::report::render::words::{clipped, first_card, period_text, plain, shortened};
use crate::report::templates::{TemplateError, Templates};
use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

const HTML_TEMPLATE: &str = "mail/report.html";
const TEXT_TEMPLATE: &str = "mail/report.txt";

/// Gmail cuts a mail's HTML at 102 KB; this leaves room for what relays add.
const HTML_BYTES: usize = 85_000;
/// Rows of a table and sections in the mail, most generous first; the next is tried while the HTML is
/// too big. A few whole sections say more than the headings of all.
const LADDER: [(usize, usize); 11] = [
    (12, usize::MAX),
    (8, usize::MAX),
    (5, usize::MAX),
    (5, 12),
    (5, 9),
    (5, 6),
    (2, 6),
    (0, usize::MAX),
    (0, 20),
    (0, 8),
    (0, 3),
];
/// The image that is no chart.
const LOGO: &str = "logo";
const NAME_CHARS: usize = 60;
const SUBJECT_CHARS: usize = 160;
/// The width charts are shown at, in pixels; their images have twice as many.
const CHART_WIDTH: u32 = 584;

/// Who writes to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailContext {
    /// e.g. `Daybook <reports@example.com>`.
    pub from: String,
    pub to: String,
    pub reply_to: Option<String>,
    /// The right half of Message-ID and Content-IDs: a domain of the sender.
    pub message_id_domain: String,
    /// `mailto:` addresses and `https:` URLs that take people off the list; a URL takes a one-click POST.
    pub list_unsubscribe: Vec<String>,
}

/// A chart as an image of twice the size it is shown at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlineChart {
    /// [`crate::report::document::Chart::id`].
    pub chart_id: String,
    pub png: Vec<u8>,
}

/// A file that goes with the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    pub file_name: String,
    /// e.g. `application/pdf`.
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// A mail ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedMail {
    /// RFC 5322, lines end with CRLF.
    pub raw: Vec<u8>,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Why a mail could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// An address or a media type in the configuration is wrong.
    #[error("{what} {value:?} is not valid")]
    Invalid { what: &'static str, value: String },
    #[error("the mail cannot be put together: {0}")]
    Message(#[from] lettre::error::Error),
}

#[derive(Serialize)]
struct HtmlContext<'a> {
    page: PageView,
    theme: &'a Theme,
    logo: Option<LogoView>,
    preheader: String,
    rest: &'static str,
}

#[derive(Serialize)]
struct TextContext<'a> {
    page: &'a PageView,
    theme: &'a Theme,
    body: text::Body,
}

/// The mail for one recipient. Bars and funnels are drawn with table cells, which show even where
/// images are blocked; of `charts` only those of the other kinds are put inside.
pub fn render(
    document: &Document,
    templates: &Templates,
    charts: &[InlineChart],
    attachments: &[Attachment],
    context: &MailContext,
) -> Result<RenderedMail, MailError> {
    let rest = rest(attachments);
    let logo = logo(templates);
    let logo_cid = cid(LOGO, context);
    let (mut html, mut text, mut images) = (String::new(), String::new(), Vec::new());
    for (rows, sections) in LADDER {
        let mut view = page(document, Limits { rows, name_chars: NAME_CHARS });
        keep_sections(&mut view, sections, rest);
        images = place(&mut view, charts, context);
        html = templates.render(HTML_TEMPLATE, html_context(document, &view, templates, &logo_cid, rest))?;
        text = templates.render(TEXT_TEMPLATE, text_context(&view, templates, rest))?;
        if html.len() <= HTML_BYTES {
            break;
        }
    }
    images.extend(logo.iter().map(|logo| (logo_cid.clone(), logo)));
    let subject = subject(document);
    let raw = mime::assemble(document, &subject, &text, &html, &images, attachments, context)?;
    Ok(RenderedMail { raw, subject, text, html })
}

/// The image that goes inside beside the charts.
pub fn logo(templates: &Templates) -> Option<InlineChart> {
    templates.logo().map(|logo| InlineChart { chart_id: LOGO.to_owned(), png: logo.png().to_vec() })
}

/// What it is first, then the result as page one says it: `[corrected] Sample & Söhne, Fri 20 Nov 2026: net
/// revenue €12,480.30, +8.2% vs Friday before, 3.1% above target`. The days keep mail programs from folding
/// reports into one thread.
pub fn subject(document: &Document) -> String {
    let corrected = if document.correction.is_some() { "[corrected] " } else { "" };
    let late = if document.is_late() { "[incomplete] " } else { "" };
    let result = match (&document.lead, first_card(document)) {
        (Some(lead), _) => plain(&lead.result),
        (None, None) => plain(&document.title),
        (None, Some(card)) => format!("{} {}", in_sentence(&plain(&card.label)), card.figure.text),
    };
    let name = shortened(&document.workspace_name, 60);
    // Mails of one subject are folded into one and cut (mjmlio/mjml#2631): who gets two editions sees which.
    let edition = document
        .title
        .split_once(" · ")
        .map(|(_, edition)| format!(", {}", in_sentence(&plain(edition)).replace(" · ", ", ")));
    let (period, edition) = (period_text(document), edition.unwrap_or_default());
    clipped(&format!("{corrected}{late}{name}, {period}{edition}: {result}"), SUBJECT_CHARS)
}

/// The templates with what they are given when they are checked.
pub(crate) fn check_contexts(document: &Document, templates: &Templates) -> Vec<(&'static str, Value)> {
    let mut view = page(document, Limits { rows: LADDER[0].0, name_chars: NAME_CHARS });
    for block in view.sections.iter_mut().flat_map(|section| &mut section.blocks) {
        if let BlockView::Chart(chart) = block {
            chart.cid = Some("sample@daybook".to_owned());
        }
    }
    let rest = rest(&[]);
    vec![
        (HTML_TEMPLATE, Value::from(Serde(html_context(document, &view, templates, "logo@daybook", rest)))),
        (TEXT_TEMPLATE, Value::from(Serde(text_context(&view, templates, rest)))),
    ]
}

fn html_context<'a>(
    document: &Document,
    page: &PageView,
    templates: &'a Templates,
    logo_cid: &str,
    rest: &'static str,
) -> HtmlContext<'a> {
    HtmlContext {
        page: tables::fitted(page),
        theme: templates.theme(),
        logo: templates.logo().map(|logo| LogoView::new(logo, format!("cid:{logo_cid}"))),
        preheader: preheader(document),
        rest,
    }
}

fn text_context<'a>(page: &'a PageView, templates: &'a Templates, rest: &'static str) -> TextContext<'a> {
    TextContext { page, theme: templates.theme(), body: text::lay_out(page, rest) }
}

/// What inboxes show beside the subject: what is missing unless something went wrong, then the finding, in
/// front of what is merely to be read with care (cyclestreets/cyclescape#809: the first letters are all that
/// many read).
fn preheader(document: &Document) -> String {
    let bad = first_card(document).is_some_and(|card| card.comparisons.iter().any(|item| item.tone == Tone::Bad));
    let gap = document.gaps.first().map(String::as_str);
    let parts = match document.is_late() && !bad {
        true => [gap, Some(&document.summary)],
        false => [Some(document.summary.as_str()), gap],
    };
    clipped(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "), 180)
}

/// Leaves out later sections, and says so.
fn keep_sections(view: &mut PageView, limit: usize, rest: &str) {
    if view.sections.len() > limit {
        let hidden = view.sections.len() - limit;
        view.sections.truncate(limit);
        view.notes.insert(0, format!("{hidden} more sections are {rest}."));
    }
}

fn rest(attachments: &[Attachment]) -> &'static str {
    if attachments.is_empty() { "in the full report" } else { "in the attached report" }
}

/// Gives each chart that has an image its Content-ID and size, and returns the images in use.
fn place<'a>(view: &mut PageView, charts: &'a [InlineChart], context: &MailContext) -> Vec<(String, &'a InlineChart)> {
    let mut used = Vec::new();
    for block in view.sections.iter_mut().flat_map(|section| &mut section.blocks) {
        let BlockView::Chart(chart) = block else { continue };
        if !chart.bars.is_empty() && chart.plot != WATERFALL {
            continue;
        }
        let Some((image, (width, height))) = charts
            .iter()
            .find(|image| image.chart_id == chart.id)
            .and_then(|image| png_size(&image.png).map(|size| (image, size)))
        else {
            continue;
        };
        chart.width = CHART_WIDTH.min(width.div_ceil(2));
        chart.height = (u64::from(height) * u64::from(chart.width) / u64::from(width)) as u32;
        let cid = cid(&chart.id, context);
        chart.cid = Some(cid.clone());
        used.push((cid, image));
    }
    used
}

fn cid(image: &str, context: &MailContext) -> String {
    format!("{image}@{}", context.message_id_domain)
}

/// Width and height in pixels, from the header every PNG starts with.
fn png_size(png: &[u8]) -> Option<(u32, u32)> {
    let header = png.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let number = |at: usize| header.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    let (width, height) = (number(8)?, number(12)?);
    (width > 0 && height > 0).then_some((width, height))
}

#[cfg(test)]
pub(crate) mod hostile;
#[cfg(test)]
pub(crate) mod tests;
