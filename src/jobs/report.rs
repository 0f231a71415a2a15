//! A document in every format, and the messages born with it in one transaction.

use crate::delivery::unsubscribe::targets;
use crate::delivery::{ChannelRef, Route};
use crate::domain::period::Period;
use crate::report::definition::Definition;
use crate::report::document::Document;
use crate::report::format::Locale;
use crate::report::posts;
use crate::report::receipt::Expression;
use crate::report::render::chart::{draw, draw_printed, png, spark, svg};
use crate::report::render::email::{Attachment, InlineChart, MailContext, MailError, RenderedMail};
use crate::report::render::html::ChartPainter;
use crate::report::render::{csv, email, html, pdf, xlsx};
use crate::report::sections::ReceiptDraft;
use crate::report::templates::Templates;
use crate::support::ids::{hex, stable_id};
use crate::support::mailbox::mailbox;
use crate::support::secret::Secret;
use crate::warehouse::WarehouseError;
use crate::warehouse::issued::{IssuedFile, Localized, NewIssued, Receipt};
use crate::warehouse::outbox::{NewMessage, NewReport};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Who gets what.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Audience {
    /// The sender of mails, if mail is configured.
    pub mail_from: Option<String>,
    pub mail_to: Vec<String>,
    /// Which of the files those who said so want attached, by address; the others get all of them.
    pub attachments: BTreeMap<String, Formats>,
    /// How numbers and dates are written for all but those who want it otherwise, by address.
    pub locale: Locale,
    pub locales: BTreeMap<String, Locale>,
    pub reply_to: Option<String>,
    /// Where List-Unsubscribe leads.
    pub unsubscribe: Vec<String>,
    /// For the readers' tokens in it; never written anywhere.
    #[serde(skip)]
    pub unsubscribe_key: Option<Secret>,
    pub channels: Vec<ChannelRef>,
    /// Those that take files: they get the PDF as well.
    pub with_files: BTreeSet<ChannelRef>,
    pub formats: Formats,
    /// The ways out that wait for the installation's release, e.g. `mail`, `slack:marketing`.
    #[serde(default)]
    pub held_lanes: BTreeSet<String>,
    /// Whether the files go to the folder for report files.
    pub files: bool,
}

impl Audience {
    /// How a report is to be worded for an address.
    pub fn locale_of(&self, address: &str) -> Locale {
        self.locales.get(address).copied().unwrap_or(self.locale)
    }

    /// The files that an address gets: those that are made, and wanted there.
    pub fn formats_of(&self, address: &str) -> Formats {
        let wanted = self.attachments.get(address).copied().unwrap_or(self.formats);
        Formats {
            pdf: self.formats.pdf && wanted.pdf,
            html: self.formats.html && wanted.html,
            csv: self.formats.csv && wanted.csv,
            xlsx: self.formats.xlsx && wanted.xlsx,
        }
    }

    /// Every locale that somebody gets; the one of folder and channels even if it is nobody's.
    pub fn all_locales(&self) -> BTreeSet<Locale> {
        self.mail_to.iter().map(|address| self.locale_of(address)).chain([self.locale]).collect()
    }
}

/// The files made of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Formats {
    pub pdf: bool,
    pub html: bool,
    pub csv: bool,
    /// Where nobody asked, there is none: stored audiences of earlier versions.
    #[serde(default)]
    pub xlsx: bool,
}

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

impl Formats {
    pub const ALL: Self = Self { pdf: true, html: true, csv: true, xlsx: true };
}

impl Default for Formats {
    fn default() -> Self {
        Self { pdf: true, html: true, csv: true, xlsx: false }
    }
}

/// What a message was made with besides its document. No reader stands in it: the route names them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeWith {
    /// The files that this reader got.
    pub formats: Formats,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Where List-Unsubscribe leads, before the reader's token.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsubscribe: Vec<String>,
}

/// A report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    #[error("the page does not render: {0}")]
    Page(#[from] crate::report::templates::TemplateError),
    #[error("the mail does not render: {0}")]
    Mail(#[from] MailError),
    #[error(transparent)]
    Pdf(#[from] pdf::PdfError),
    #[error(transparent)]
    Chart(#[from] crate::report::render::chart::ChartError),
    #[error("the workbook cannot be written: {0}")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    #[error("the CSV cannot be written: {0}")]
    Csv(#[from] ::csv::Error),
    #[error("what is kept of the report cannot be read or written: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the preview does not render: {0}")]
    Preview(#[from] minijinja::Error),
    /// Figures of days that are not over would be presented as final.
    #[error("{period} is not over: today is {today}; ask for earlier days, or wait for the scheduled report")]
    NotOver { period: Period, today: chrono::NaiveDate },
    #[error("this version makes no message for a channel of the kind {0:?}")]
    NoMessage(String),
    #[error("the report was not made in the locale {0}")]
    Unworded(Locale),
}

/// A document in every format, as one reader gets it.
#[derive(Clone, Debug)]
pub struct Rendered {
    pub pdf: Vec<u8>,
    pub html: String,
    pub csv: String,
    pub xlsx: Vec<u8>,
    /// By kind of channel.
    pub posts: BTreeMap<&'static str, serde_json::Value>,
    pub charts: Vec<InlineChart>,
}

/// A report, and the same again in each other locale that somebody gets.
#[derive(Clone, Debug)]
pub struct Built {
    /// As the ledger keeps it.
    pub standard: Document,
    pub others: Vec<Document>,
    pub receipts: Vec<ReceiptDraft>,
    /// Whether a figure of an earlier issue is another now.
    pub differs: bool,
}

impl Built {
    /// The document in a locale, if it was built in it.
    pub fn worded(&self, locale: Locale) -> Option<&Document> {
        std::iter::once(&self.standard).chain(&self.others).find(|document| document.locale == locale)
    }
}

/// What is made of a report, by locale.
#[derive(Clone, Debug)]
pub struct Renderings(BTreeMap<Locale, (Document, Rendered)>);

impl Renderings {
    /// Renders a report in each of `locales`.
    pub fn new(built: &Built, locales: &BTreeSet<Locale>, templates: &Templates) -> Result<Self, ReportError> {
        let print = |locale: &Locale| {
            let document = built.worded(*locale).ok_or(ReportError::Unworded(*locale))?;
            Ok((*locale, (document.clone(), render_all(document, &built.standard, templates)?)))
        };
        locales.iter().map(print).collect::<Result<_, ReportError>>().map(Self)
    }

    fn get(&self, locale: Locale) -> Result<(&Document, &Rendered), ReportError> {
        let found = self.0.get(&locale).ok_or(ReportError::Unworded(locale))?;
        Ok((&found.0, &found.1))
    }
}

/// Renders a document in every format. `data` is the same report in the standard locale: a CSV is read by
/// programs, so it is the same for all readers.
pub fn render_all(document: &Document, data: &Document, templates: &Templates) -> Result<Rendered, ReportError> {
    let (csv, palette) = (csv::render(data)?, templates.palette());
    let painter = ChartPainter {
        chart: |chart, document, width, palette| svg(&draw(chart, document, width), "", palette),
        spark: |values, palette| svg(&spark(values, 220.0, 36.0), "", palette),
    };
    let charts = document.charts().map(|chart| {
        Ok(InlineChart { chart_id: chart.id.clone(), png: png(&draw_printed(chart, document, 584.0), 2.0, &palette)? })
    });
    Ok(Rendered {
        pdf: pdf::render_with(document, &paper(document, templates))?,
        html: html::render(document, &csv, templates, painter)?,
        csv,
        xlsx: xlsx::render(data)?,
        posts: posts::render(document),
        charts: charts.collect::<Result<_, ReportError>>()?,
    })
}

/// How an edition's pages are made: a brief one leaves detail to HTML and data files.
fn paper(document: &Document, templates: &Templates) -> pdf::Options {
    pdf::Options {
        paper: templates.theme().paper,
        palette: templates.palette(),
        appendix: !document.is_brief,
        logo: templates.logo().cloned(),
    }
}

impl Rendered {
    /// The files of the formats that are wanted: ending, media type, bytes.
    pub fn files(&self, formats: Formats) -> Vec<(&'static str, &'static str, &[u8])> {
        let all: [(bool, &'static str, &'static str, &[u8]); 4] = [
            (formats.pdf, "pdf", "application/pdf", &self.pdf),
            (formats.html, "html", "text/html; charset=utf-8", self.html.as_bytes()),
            (formats.csv, "csv", "text/csv; charset=utf-8", self.csv.as_bytes()),
            (formats.xlsx, "xlsx", XLSX, &self.xlsx),
        ];
        all.into_iter().filter(|(wanted, ..)| *wanted).map(|(_, ending, media, bytes)| (ending, media, bytes)).collect()
    }

    /// The message for a kind of channel.
    pub fn post(&self, kind: &str) -> Result<Vec<u8>, ReportError> {
        let message = self.posts.get(kind).ok_or_else(|| ReportError::NoMessage(kind.to_owned()))?;
        Ok(serde_json::to_vec(message)?)
    }

    /// Name and sum of every file, wanted or not.
    pub fn sums(&self, stem: &str) -> Vec<IssuedFile> {
        let file = |(ending, _, bytes): (&str, &str, &[u8])| IssuedFile {
            name: format!("{stem}.{ending}"),
            bytes: bytes.len() as u64,
            sha256: hex(&Sha256::digest(bytes)),
        };
        self.files(Formats::ALL).into_iter().map(file).collect()
    }
}

/// The report as it goes into the ledger: document, receipts and messages.
pub fn new_report(
    document: &Document,
    definition: &Definition,
    receipts: Vec<Receipt>,
    prints: &Renderings,
    audience: &Audience,
    templates: &Templates,
) -> Result<NewReport, ReportError> {
    let stem = &document.file_stem;
    let other = |(locale, (document, rendered)): (&Locale, &(Document, Rendered))| {
        let document = serde_json::to_string(document)?;
        Ok(Localized { locale: locale.to_string(), document, files: rendered.sums(stem) })
    };
    let others = prints.0.iter().filter(|(locale, _)| !locale.is_standard()).map(other);
    let issued = NewIssued {
        report_id: document.id.clone(),
        workspace: document.workspace_id.clone(),
        report: document.report.clone(),
        variant: definition.variant(),
        period: document.period,
        document: serde_json::to_string(document)?,
        receipts,
        files: prints.0.get(&Locale::STANDARD).map(|(_, rendered)| rendered.sums(stem)).unwrap_or_default(),
        locale: audience.locale.to_string(),
        templates: templates.fingerprint(),
        others: others.collect::<Result<_, ReportError>>()?,
    };
    let held_lanes = audience.held_lanes.clone();
    Ok(NewReport { issued, messages: messages_of(prints, audience, templates)?, held_lanes })
}

/// A report's message to each place.
pub fn messages_of(
    prints: &Renderings,
    audience: &Audience,
    templates: &Templates,
) -> Result<Vec<NewMessage>, ReportError> {
    let (document, rendered) = prints.get(audience.locale)?;
    let stem = &document.file_stem;
    let formats = audience.formats;
    let mut messages = Vec::new();
    let mut add = |route: Route,
                   (made, made_with): (Result<Vec<u8>, String>, Option<MadeWith>),
                   locale: Locale|
     -> Result<(), ReportError> {
        let route = serde_json::to_string(&route)?;
        let message_id = stable_id("msg", &[&document.id, &route]);
        let (payload, refused) = made.map_or_else(|why| (Vec::new(), Some(why)), |payload| (payload, None));
        let made_with = made_with.map(|made| serde_json::to_string(&made)).transpose()?;
        messages.push(NewMessage { message_id, route, payload, locale: Some(locale.to_string()), made_with, refused });
        Ok(())
    };
    if audience.files {
        for (ending, _, bytes) in rendered.files(formats) {
            let path = format!("{}/{stem}.{ending}", document.workspace_id);
            add(Route::File { path }, (Ok(bytes.to_vec()), None), audience.locale)?;
        }
    }
    for (from, to) in audience.mail_from.iter().flat_map(|from| audience.mail_to.iter().map(move |to| (from, to))) {
        let locale = audience.locale_of(to);
        let (document, rendered) = prints.get(locale)?;
        let made = match mail(document, rendered, audience, templates, (from, to)) {
            Ok(mail) => Ok(mail.raw),
            Err(MailError::Template(error)) => return Err(error.into()),
            // One odd address is one reader's trouble: the others get theirs.
            Err(error) => Err(format!("the mail cannot be made: {error}; correct the address for the next report")),
        };
        let made_with = MadeWith {
            formats: audience.formats_of(to),
            reply_to: audience.reply_to.clone(),
            unsubscribe: audience.unsubscribe.clone(),
        };
        add(Route::Mail { from: from.clone(), to: to.clone() }, (made, Some(made_with)), locale)?;
    }
    for channel in &audience.channels {
        let route = Route::Channel(channel.clone());
        add(route, (Ok(rendered.post(&channel.kind)?), None), audience.locale)?;
        if formats.pdf && audience.with_files.contains(channel) {
            let file_name = format!("{}-{stem}.pdf", document.workspace_id);
            let title = format!("{}: {}, {}", document.workspace_name, document.title, document.period.last_day());
            let made = (Ok(rendered.pdf.clone()), None);
            add(Route::ChannelFile { channel: channel.clone(), file_name, title }, made, audience.locale)?;
        }
    }
    Ok(messages)
}

/// The mail to one reader, with the files that this reader wants.
pub fn mail(
    document: &Document,
    rendered: &Rendered,
    audience: &Audience,
    templates: &Templates,
    (from, to): (&str, &str),
) -> Result<RenderedMail, MailError> {
    let attachments: Vec<Attachment> = rendered
        .files(audience.formats_of(to))
        .into_iter()
        .map(|(ending, media, bytes)| Attachment {
            file_name: format!("{}-{}.{ending}", document.workspace_id, document.file_stem),
            media_type: media.to_owned(),
            bytes: bytes.to_vec(),
        })
        .collect();
    let context = MailContext {
        from: from.to_owned(),
        to: to.to_owned(),
        reply_to: audience.reply_to.clone(),
        message_id_domain: mail_domain(from),
        list_unsubscribe: targets(&audience.unsubscribe, audience.unsubscribe_key.as_ref(), to),
    };
    email::render(document, templates, &rendered.charts, &attachments, &context)
}

/// What Message-IDs and Content-IDs of a sender end with.
pub fn mail_domain(from: &str) -> String {
    mailbox(from).map_or_else(|| "daybook.invalid".to_owned(), |read| read.email.domain().to_owned())
}

/// A receipt as it is kept; `define` words what a basis stands for.
pub fn kept(draft: ReceiptDraft, define: &dyn Fn(&Expression) -> String) -> Result<Receipt, serde_json::Error> {
    Ok(Receipt {
        receipt: draft.receipt,
        label: draft.label,
        basis: serde_json::to_string(&draft.basis)?,
        unit: serde_json::to_string(&draft.unit)?,
        definition: define(&draft.basis),
        value: draft.value.map(|value| value.normalize().to_string()),
        text: draft.text,
    })
}
