//! A report as files to look at: what each reader would get, without issuing or sending anything.

use crate::jobs::report::{Audience, ReportError, mail, mail_domain, render_all};
use crate::report::document::Document;
use crate::report::posts::POSTS;
use crate::report::preview::{Format, Sheet};
use crate::report::render::email::{self, InlineChart};
use crate::report::sample;
use crate::report::templates::Templates;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Who writes where mail is not configured, and who reads where nobody is named.
const SENDER: &str = "Daybook <daybook@example.com>";
const READER: &str = "reader@example.com";

/// A document as it would be issued now, and who would get it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Draft {
    pub document: Document,
    /// The same in the standard locale, which the CSV has for all.
    pub data: Document,
    /// What sets it apart from other copies of the report; empty for the standard one.
    pub variant: String,
    pub audience: Audience,
}

impl Draft {
    /// The sample document, for whom nobody is configured.
    pub fn sample() -> Self {
        let document = sample::document();
        Self { data: document.clone(), document, variant: String::new(), audience: Audience::default() }
    }
}

/// A file of a preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewFile {
    /// Relative to the preview's folder.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// A draft in every format, wanted by its readers or not: below `folder`, which is empty or ends with
/// `/`, and how the index shows them; blocking.
pub fn sheet(draft: &Draft, templates: &Templates, folder: &str) -> Result<(Sheet, Vec<PreviewFile>), ReportError> {
    let Draft { document, data, audience, .. } = draft;
    let rendered = render_all(document, data, templates)?;
    let from = audience.mail_from.as_deref().unwrap_or(SENDER);
    let to = audience.mail_to.first().map_or(READER, String::as_str);
    let mail = mail(document, &rendered, audience, templates, (from, to))?;
    let logo = email::logo(templates);
    let mail_page = with_images(&mail.html, rendered.charts.iter().chain(&logo), &mail_domain(from));
    let sent = document.issued_at.with_timezone(&document.time_zone).format("%H:%M").to_string();

    let (mut formats, mut files) = (Vec::new(), Vec::new());
    let mut add = |label: &str, name: &str, is_shown: bool, note: String, bytes: Vec<u8>| {
        let name = format!("{folder}{name}");
        formats.push(Format { label: label.to_owned(), file: name.clone(), note, is_shown });
        files.push(PreviewFile { name, bytes });
    };
    let lines = rendered.csv.lines().count();
    add("Page", "page.html", true, size(rendered.html.len()), rendered.html.into_bytes());
    add("PDF", "report.pdf", true, size(rendered.pdf.len()), rendered.pdf);
    let shown = format!("“{}”; {} of the 102 kB that Gmail shows", mail.subject, size(mail.html.len()));
    add("Mail", "mail.html", true, shown, mail_page.into_bytes());
    add("Mail as text", "mail.txt", true, "where HTML is not read".to_owned(), mail.text.into_bytes());
    for post in &POSTS {
        let Some(message) = rendered.posts.get(post.channel) else { continue };
        let picture = (post.picture)(message, &document.title, &sent, templates.theme())?;
        let json = serde_json::to_string_pretty(message)? + "\n";
        add(post.label, &format!("{}.html", post.channel), true, (post.size)(message), picture.into_bytes());
        let label = format!("{} as JSON", post.label);
        add(&label, &format!("{}.json", post.channel), true, "as it is posted".to_owned(), json.into_bytes());
    }
    let whole = format!("{} from {from} to {to}", size(mail.raw.len()));
    add("Mail file", "mail.eml", false, whole, mail.raw);
    add("CSV", "report.csv", false, format!("{lines} lines"), rendered.csv.into_bytes());
    Ok((Sheet { title: draft.variant.clone(), formats }, files))
}

/// A mail's HTML as a page: the images, which the mail carries beside its HTML, are put inside.
fn with_images<'a>(html: &str, images: impl Iterator<Item = &'a InlineChart>, domain: &str) -> String {
    images.fold(html.to_owned(), |html, chart| {
        let picture = format!("data:image/png;base64,{}", STANDARD.encode(&chart.png));
        html.replace(&format!("\"cid:{}@{domain}\"", chart.chart_id), &format!("\"{picture}\""))
    })
}

fn size(bytes: usize) -> String {
    format!("{} kB", bytes.div_ceil(1000))
}
