//! An issued report again: its files byte for byte, or what it would say now.

use super::Outcome;
use super::out::place;
use super::show::{plain, table};
use crate::app::{App, AppError};
use crate::jobs::report::Formats;
use crate::jobs::restatement::{StoredReceipt, differences};
use crate::jobs::stored_report::StoredReport;
use crate::report::format::Locale;
use crate::support::ids::hex;
use crate::warehouse::issued::{Localized, locale_of, receipts};
use sha2::{Digest, Sha256};
use std::path::Path;

fn found(app: &App, id: &str) -> anyhow::Result<StoredReport> {
    let found = app.warehouse.read_blocking(|reader| StoredReport::read(reader, id))?;
    Ok(found
        .ok_or_else(|| AppError::Usage(format!("no report {id:?} was issued; `daybook runs` and mails name them")))?)
}

/// Whose copy of a report is asked for.
#[derive(Clone, Debug)]
pub enum Of {
    /// The report folder's and Slack's.
    Folder,
    /// A reader's, by address.
    Reader(String),
    Locale(Locale),
}

/// The report in the locale that is asked for, and the locales that somebody got.
fn chosen(app: &App, report: &StoredReport, of: &Of) -> anyhow::Result<(Localized, Vec<String>)> {
    let id = &report.issued.report_id;
    let all = report.all();
    let sent = |one: &&Localized| !one.files.is_empty() || report.issued.locale == one.locale;
    let names: Vec<String> = all.iter().filter(sent).map(|one| one.locale.clone()).collect();
    let known = names.join(", ");
    let wanted = match of {
        Of::Folder => report.issued.locale.clone(),
        Of::Locale(locale) => locale.to_string(),
        Of::Reader(address) => {
            let of_reader = app.warehouse.read_blocking(|reader| locale_of(reader, id, address))?;
            of_reader.ok_or_else(|| {
                AppError::Usage(format!("no mail of {id} to {address:?} is in the outbox; it was made in: {known}"))
            })?
        }
    };
    let found = all.into_iter().find(|one| one.locale == wanted && names.contains(&wanted));
    let found = found.ok_or_else(|| AppError::Usage(format!("{id} was not made in {wanted}, but in: {known}")))?;
    Ok((found, names))
}

/// Renders the stored document and holds each file against the sum kept when it was issued.
pub fn again(app: &App, id: &str, of: &Of, out: &Path, json: bool) -> anyhow::Result<Outcome> {
    let report = found(app, id)?;
    let (chosen, locales) = chosen(app, &report, of)?;
    let templates = app.templates();
    let rendered = report.render(&chosen.locale, &templates)?;
    let (document, rendered) = rendered.ok_or_else(|| AppError::Usage(format!("{id} is not kept any more")))?;
    let out = place(out);
    std::fs::create_dir_all(&out).map_err(|source| AppError::Io { path: out.clone(), source })?;
    let mut lines = Vec::new();
    for (ending, _, bytes) in rendered.files(Formats::ALL) {
        let stem = if document.file_stem.is_empty() { &document.id } else { &document.file_stem };
        let name = format!("{stem}.{ending}");
        let path = out.join(&name);
        std::fs::write(&path, bytes).map_err(|source| AppError::Io { path: path.clone(), source })?;
        let sum = hex(&Sha256::digest(bytes));
        let is_same = chosen.files.iter().find(|file| file.name == name).map(|file| file.sha256 == sum);
        lines.push((path, is_same));
    }
    if json {
        let files = lines.iter().map(|(path, is_same)| serde_json::json!({"path": path, "is_same": is_same}));
        outln!(
            "{}",
            // `wording` and `wordings` are the earlier names.
            serde_json::json!({"report_id": report.issued.report_id, "locale": chosen.locale, "locales": locales,
                "wording": chosen.locale, "wordings": locales, "files": files.collect::<Vec<_>>()})
        );
    } else {
        let otherwise = format!("other bytes, as {}; the figures are the same", report.why_other(&templates));
        for (path, is_same) in &lines {
            let state = match is_same {
                Some(true) => "the same bytes as when it was issued",
                Some(false) => &otherwise,
                None => "its sum was not kept: it was issued by an older Daybook",
            };
            outln!("{}: {state}", path.display());
        }
        let others: Vec<&str> = locales.iter().map(String::as_str).filter(|one| *one != chosen.locale).collect();
        if !others.is_empty() {
            outln!("numbers and dates in {}; some readers got: {} (see --locale)", chosen.locale, others.join(", "));
        }
    }
    let is_same = lines.iter().all(|(_, is_same)| *is_same != Some(false));
    Ok(if is_same { Outcome::Done } else { Outcome::Partly })
}

/// Each figure that would be printed otherwise now.
pub fn as_known_now(app: &App, id: &str, json: bool) -> anyhow::Result<Outcome> {
    let StoredReport { issued, .. } = found(app, id)?;
    let workspace = app.settings.workspace(&issued.workspace).ok_or_else(|| {
        AppError::Usage(format!(
            "the report is of the workspace {}, which is not configured any more",
            issued.workspace
        ))
    })?;
    let context = app.report_context(workspace);
    let (differing, figures) = app.warehouse.snapshot_blocking(|reader| {
        Ok((differences(reader, &context, &issued)?, receipts(reader, &issued.report_id)?.len()))
    })?;
    let rows: Vec<Vec<String>> = differing
        .iter()
        .map(|item| {
            let kept = StoredReceipt { basis: item.basis.clone(), unit: item.unit, value: item.said.value };
            vec![plain(&item.label), item.said.text.clone(), kept.text(item.now, &context), plain(&item.why)]
        })
        .collect();
    if json {
        let rows =
            rows.iter().map(|row| serde_json::json!({"figure": row[0], "said": row[1], "now": row[2], "why": row[3]}));
        outln!(
            "{}",
            serde_json::json!({"report_id": issued.report_id, "figures": figures, "differences": rows.collect::<Vec<_>>()})
        );
    } else if rows.is_empty() {
        outln!("all {figures} figures of {id} would be printed the same now");
    } else {
        outln!("{} of {figures} figures of {id} are others now", rows.len());
        outln!("{}", table(&["figure", "we said", "it is now", "why"], &[1, 2], rows));
    }
    Ok(Outcome::Done)
}
