//! `daybook report --dry-run` and `--no-deliver`: what a report would be and to whom it would go. The ledger
//! stays as it is, so that the due report still goes out.

use super::out::place;
use super::show::{bytes, plain};
use crate::app::issue::drafts;
use crate::app::{App, AppError};
use crate::config::{Job, ReportJob, WorkspaceSettings};
use crate::delivery::Route;
use crate::domain::period::Period;
use crate::jobs::preview::Draft;
use crate::jobs::report::{Built, Renderings, messages_of, render_all};
use crate::report::render::email::subject;
use serde::Serialize;
use std::path::PathBuf;

/// A copy of a report that was not issued.
#[derive(Serialize)]
pub struct TrialEntry {
    workspace: String,
    /// Names its files.
    report: String,
    job: String,
    subject: String,
    /// What is missing, in sentences.
    notes: Vec<String>,
    /// Files in the report folder, where they were asked for.
    written: Vec<PathBuf>,
    /// What would go out, where no files were asked for.
    messages: Vec<TrialMessage>,
    /// Whether some readers get other number formats than shown.
    has_other_locales: bool,
}

/// A message that would go out.
#[derive(Serialize)]
struct TrialMessage {
    /// Where to, in words.
    route: String,
    /// Its size.
    bytes: u64,
    /// Why it cannot be made.
    refused: Option<String>,
}

/// Every copy of a report; with `writes` its files go into the report folder.
pub async fn trials(
    app: &App,
    workspace: &WorkspaceSettings,
    (job, report, period): (&Job, &ReportJob, Period),
    writes: bool,
) -> anyhow::Result<Vec<TrialEntry>> {
    let mut all = Vec::new();
    for draft in drafts(app, workspace, report, period, None).await? {
        let mut entry = TrialEntry {
            workspace: draft.document.workspace_id.clone(),
            report: draft.document.file_stem.clone(),
            job: job.id.clone(),
            subject: subject(&draft.document),
            notes: draft.document.gaps.clone(),
            written: Vec::new(),
            messages: Vec::new(),
            has_other_locales: !writes && draft.audience.all_locales().len() > 1,
        };
        if writes {
            entry.written = written(app, &draft)?;
        } else {
            entry.messages = messages(app, draft)?;
        }
        all.push(entry);
    }
    Ok(all)
}

fn written(app: &App, Draft { document, data, audience, .. }: &Draft) -> anyhow::Result<Vec<PathBuf>> {
    let rendered = render_all(document, data, &app.templates())?;
    let folder = place(&app.settings.delivery.files.path).join(&document.workspace_id);
    std::fs::create_dir_all(&folder).map_err(|source| AppError::Io { path: folder.clone(), source })?;
    let mut all = Vec::new();
    for (ending, _, content) in rendered.files(audience.formats) {
        let path = folder.join(format!("{}.{ending}", document.file_stem));
        std::fs::write(&path, content).map_err(|source| AppError::Io { path: path.clone(), source })?;
        all.push(path);
    }
    Ok(all)
}

fn messages(app: &App, Draft { document, data, mut audience, .. }: Draft) -> anyhow::Result<Vec<TrialMessage>> {
    audience.locales.clear();
    let built = Built { standard: data, others: vec![document], receipts: Vec::new(), differs: false };
    let prints = Renderings::new(&built, &[audience.locale].into(), &app.templates())?;
    let messages = messages_of(&prints, &audience, &app.templates())?;
    let entry = messages.into_iter().map(|message| TrialMessage {
        route: serde_json::from_str(&message.route).map_or(message.route.clone(), |route: Route| route.text()),
        bytes: message.payload.len() as u64,
        refused: message.refused,
    });
    Ok(entry.collect())
}

/// Prints one copy.
pub fn show(entry: &TrialEntry) {
    outln!("{} {} ({})", entry.workspace, entry.report, entry.job);
    outln!("  subject: {}", plain(&entry.subject));
    for gap in &entry.notes {
        outln!("  note: {}", plain(gap));
    }
    for path in &entry.written {
        outln!("  wrote {}", path.display());
    }
    for message in &entry.messages {
        let state = match &message.refused {
            Some(reason) => format!("cannot be made: {reason}"),
            None => bytes(message.bytes),
        };
        outln!("  would go: {}, {}", plain(&message.route), plain(&state));
    }
    if entry.has_other_locales {
        outln!("  some readers get other number formats: report preview --reader ADDRESS shows theirs");
    }
}
