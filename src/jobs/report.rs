//! The daily report: readings out of the warehouse, one document, every format, and the messages
//! born with it in one transaction.

use crate::delivery::Route;
use crate::domain::metric::Registry;
use crate::domain::period::Period;
use crate::domain::workspace::Workspace;
use crate::report::build::{DailyReadings, ReceiptDraft, SourceReach, daily};
use crate::report::document::Document;
use crate::report::render::chart::{draw, png, spark, svg};
use crate::report::render::email::{Attachment, InlineChart, MailContext};
use crate::report::render::html::ChartPainter;
use crate::report::render::{csv, email, html, pdf, slack};
use crate::report::templates::Templates;
use crate::support::ids::stable_id;
use crate::warehouse::outbox::{NewMessage, NewReceipt, NewReport};
use crate::warehouse::{WarehouseError, readings, rollup};
use chrono::{DateTime, Days, NaiveDate, Utc};
use duckdb::Connection;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// What a report of one tenant is made from besides the warehouse.
#[derive(Clone, Debug)]
pub struct ReportContext {
    pub workspace: Workspace,
    pub metrics: Registry,
    pub channel_labels: BTreeMap<String, String>,
    /// Budgets of the config by month and channel; they come before those of dropped files.
    pub budgets: BTreeMap<(NaiveDate, String), Decimal>,
    /// Targets of the config by month and metric.
    pub targets: BTreeMap<(NaiveDate, String), Decimal>,
    /// Label and settling time of each stream, by `connection/stream`, with the fact it fills.
    pub streams: BTreeMap<String, StreamFacts>,
    /// The query that finds amounts without an exchange rate.
    pub rate_check: String,
}

/// What a report says of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamFacts {
    pub label: String,
    pub settles_after_days: u32,
    pub fact: String,
}

/// Who gets what.
#[derive(Clone, Debug, Default)]
pub struct Audience {
    /// The sender of mails, if mail is configured.
    pub mail_from: Option<String>,
    pub mail_to: Vec<String>,
    /// Which of the files those who said so want attached, by address; the others get all of them.
    pub attachments: BTreeMap<String, Formats>,
    pub reply_to: Option<String>,
    /// Where List-Unsubscribe leads.
    pub unsubscribe: Vec<String>,
    pub slack_hooks: Vec<String>,
    /// The hooks that take files: they get the PDF as well.
    pub slack_bots: BTreeSet<String>,
    pub formats: Formats,
    /// Whether the files go to the folder for report files.
    pub files: bool,
}

/// The files made of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formats {
    pub pdf: bool,
    pub html: bool,
    pub csv: bool,
}

impl Formats {
    fn has(self, ending: &str) -> bool {
        match ending {
            "pdf" => self.pdf,
            "html" => self.html,
            _ => self.csv,
        }
    }
}

impl Default for Formats {
    fn default() -> Self {
        Self { pdf: true, html: true, csv: true }
    }
}

/// A report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    #[error("the page does not render: {0}")]
    Page(#[from] crate::report::templates::TemplateError),
    #[error("the mail does not render: {0}")]
    Mail(#[from] email::MailError),
    #[error(transparent)]
    Pdf(#[from] pdf::PdfError),
    #[error(transparent)]
    Chart(#[from] crate::report::render::chart::ChartError),
    #[error("the CSV cannot be written: {0}")]
    Csv(#[from] ::csv::Error),
    #[error("the report cannot be stored: {0}")]
    Json(#[from] serde_json::Error),
}

/// Reads what the daily report of `date` needs; blocking.
pub fn read_daily(
    reader: &Connection,
    context: &ReportContext,
    date: NaiveDate,
    issued_at: DateTime<Utc>,
) -> Result<DailyReadings, WarehouseError> {
    let workspace = &context.workspace;
    let id = workspace.id.as_str();
    let day = Period::day(date);
    let month = Period::month_of(date);
    let month_to_date = Period { start: month.start, end: day.end };
    let planned = |own: &BTreeMap<(NaiveDate, String), Decimal>, dropped: BTreeMap<String, Decimal>| {
        let mut planned = dropped;
        for ((of, name), amount) in own.iter().filter(|((of, _), _)| *of == month.start) {
            debug_assert_eq!(*of, month.start);
            planned.insert(name.clone(), *amount);
        }
        planned
    };
    let missing = rollup::unconverted(reader, id, &context.rate_check)?;
    let known_gaps = missing.iter().map(|(currency, days)| {
        format!("There is no exchange rate for {currency} on {days} days: its amounts count as nothing there.")
    });
    Ok(DailyReadings {
        workspace: workspace.clone(),
        date,
        issued_at,
        day: readings::total(reader, id, day, None)?,
        day_before: readings::total(reader, id, day.back(1), None)?,
        same_weekday: readings::total(reader, id, day.back(7), None)?,
        days: readings::by_day(reader, id, Period { start: date - Days::new(55), end: day.end })?,
        channels: readings::by_channel(reader, id, day)?,
        channels_before: readings::by_channel(reader, id, day.back(7))?,
        channel_labels: context.channel_labels.clone(),
        campaigns: readings::by_campaign(reader, id, day)?,
        month_to_date: readings::by_channel(reader, id, month_to_date)?,
        budgets: planned(&context.budgets, readings::budgets(reader, id, month.start)?),
        targets: planned(&context.targets, readings::targets(reader, id, month.start)?),
        mrr: readings::mrr(reader, id, date)?,
        mrr_before: readings::mrr(reader, id, date - Days::new(1))?,
        reach: reach(reader, context)?,
        known_gaps: known_gaps.collect(),
    })
}

/// Streams that cover days, in the order of their labels; `source` ends in the fact they fill.
fn reach(reader: &Connection, context: &ReportContext) -> Result<Vec<SourceReach>, WarehouseError> {
    let found = readings::reach(reader, &context.workspace.id)?;
    let rows = context.streams.iter().map(|(key, stream)| {
        let reached = found.iter().find(|reach| format!("{}/{}", reach.connection, reach.stream) == *key);
        SourceReach {
            source: format!("{key}/{}", stream.fact),
            label: stream.label.clone(),
            whole_through: reached.and_then(|reach| reach.whole_through),
            last_success_at: reached.and_then(|reach| reach.last_success_at),
            settles_after_days: stream.settles_after_days,
        }
    });
    Ok(rows.collect())
}

/// The document of a day.
pub fn build_daily(
    reader: &Connection,
    context: &ReportContext,
    date: NaiveDate,
    issued_at: DateTime<Utc>,
) -> Result<(Document, Vec<ReceiptDraft>), WarehouseError> {
    Ok(daily(&read_daily(reader, context, date, issued_at)?, &context.metrics))
}

/// A document in every format, as one reader gets it.
#[derive(Clone, Debug)]
pub struct Rendered {
    pub pdf: Vec<u8>,
    pub html: String,
    pub csv: String,
    pub slack: serde_json::Value,
    pub charts: Vec<InlineChart>,
}

/// Renders a document in every format.
pub fn render_all(document: &Document, templates: &Templates) -> Result<Rendered, ReportError> {
    let painter = ChartPainter {
        chart: |chart, currency| svg(&draw(chart, currency, 760.0), &chart.alt),
        spark: |values| svg(&spark(values, 220.0, 36.0), ""),
    };
    let charts = document.charts().map(|chart| {
        let picture = svg(&draw(chart, document.currency, 584.0), &chart.alt);
        Ok(InlineChart { chart_id: chart.id.clone(), png: png(&picture, 2.0)? })
    });
    Ok(Rendered {
        pdf: pdf::render(document)?,
        html: html::render(document, templates, painter)?,
        csv: csv::render(document)?,
        slack: slack::render(document),
        charts: charts.collect::<Result<_, ReportError>>()?,
    })
}

/// The report as it goes into the books: document, receipts and a message to each place.
pub fn new_report(
    document: &Document,
    receipts: Vec<ReceiptDraft>,
    rendered: &Rendered,
    audience: &Audience,
    templates: &Templates,
) -> Result<NewReport, ReportError> {
    let stem = format!("daily-{}", document.period.last_day());
    let formats = audience.formats;
    let files: Vec<(&str, &str, &[u8])> = [
        (formats.pdf, "pdf", "application/pdf", rendered.pdf.as_slice()),
        (formats.html, "html", "text/html; charset=utf-8", rendered.html.as_bytes()),
        (formats.csv, "csv", "text/csv; charset=utf-8", rendered.csv.as_bytes()),
    ]
    .into_iter()
    .filter(|(wanted, ..)| *wanted)
    .map(|(_, ending, media, bytes)| (ending, media, bytes))
    .collect();
    let mut messages = Vec::new();
    let mut add = |route: Route, payload: Vec<u8>| -> Result<(), ReportError> {
        let route = serde_json::to_string(&route)?;
        let message_id = stable_id("msg", &[&document.id, &route]);
        messages.push(NewMessage { message_id, route, payload });
        Ok(())
    };
    if audience.files {
        for (ending, _, bytes) in &files {
            add(Route::File { path: format!("{}/{stem}.{ending}", document.workspace_id) }, bytes.to_vec())?;
        }
    }
    let attachments = |to: &str| -> Vec<Attachment> {
        let wanted = audience.attachments.get(to).copied().unwrap_or(formats);
        let chosen = files.iter().filter(|(ending, ..)| wanted.has(ending));
        chosen
            .map(|(ending, media, bytes)| Attachment {
                file_name: format!("{}-{stem}.{ending}", document.workspace_id),
                media_type: (*media).to_owned(),
                bytes: bytes.to_vec(),
            })
            .collect()
    };
    for (from, to) in audience.mail_from.iter().flat_map(|from| audience.mail_to.iter().map(move |to| (from, to))) {
        let domain = from.rsplit_once('@').map_or("daybook.invalid", |(_, domain)| domain.trim_end_matches('>').trim());
        let context = MailContext {
            from: from.clone(),
            to: to.clone(),
            reply_to: audience.reply_to.clone(),
            message_id_domain: domain.to_owned(),
            list_unsubscribe: audience.unsubscribe.clone(),
        };
        let mail = email::render(document, templates, &rendered.charts, &attachments(to), &context)?;
        add(Route::Mail { from: from.clone(), to: to.clone() }, mail.raw)?;
    }
    for hook in &audience.slack_hooks {
        add(Route::Slack { hook: hook.clone() }, serde_json::to_vec(&rendered.slack)?)?;
        if formats.pdf && audience.slack_bots.contains(hook) {
            let file_name = format!("{}-{stem}.pdf", document.workspace_id);
            let title = format!("{}: {}, {}", document.workspace_name, document.title, document.period.last_day());
            add(Route::SlackFile { hook: hook.clone(), file_name, title }, rendered.pdf.clone())?;
        }
    }
    Ok(NewReport {
        report_id: document.id.clone(),
        workspace: document.workspace_id.clone(),
        report: document.report.clone(),
        period_start: document.period.start,
        period_end: document.period.end,
        document: serde_json::to_string(document)?,
        receipts: receipts.into_iter().map(new_receipt).collect(),
        messages,
    })
}

fn new_receipt(draft: ReceiptDraft) -> NewReceipt {
    NewReceipt {
        receipt: draft.receipt,
        metric: draft.reading.metric,
        period_start: draft.reading.period.start,
        period_end: draft.reading.period.end,
        channel: draft.reading.channel,
        campaign: draft.reading.campaign,
        value: draft.value,
        text: draft.text,
    }
}
