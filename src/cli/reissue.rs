//! An issued report again: its files byte for byte, or what it would say now.

use super::Outcome;
use super::out::{self, place};
use super::show::{plain, table};
use crate::app::{App, AppError};
use crate::jobs::report::Formats;
use crate::jobs::stored_report::StoredReport;
use crate::queries::restated::{Difference, Restated, restated};
use crate::report::format::Locale;
use crate::support::ids::hex;
use crate::warehouse::issued::{Localized, locale_of};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

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

/// An issued report that was rendered again.
#[derive(Serialize)]
struct Rendered {
    report_id: String,
    locale: String,
    /// All that somebody got.
    locales: Vec<String>,
    /// The earlier names of the two.
    wording: String,
    wordings: Vec<String>,
    files: Vec<RenderedFile>,
}

#[derive(Serialize)]
struct RenderedFile {
    path: PathBuf,
    /// Whether it has the bytes of its issue; absent where their sum was not kept.
    is_same: Option<bool>,
}

/// Renders the stored document and holds each file against the sum kept when it was issued.
pub fn again(app: &App, id: &str, of: &Of, to: &Path, json: bool) -> anyhow::Result<Outcome> {
    let report = found(app, id)?;
    let (chosen, locales) = chosen(app, &report, of)?;
    let templates = app.templates();
    let rendered = report.render(&chosen.locale, &templates)?;
    let (document, rendered) = rendered.ok_or_else(|| AppError::Usage(format!("{id} is not kept any more")))?;
    let folder = place(to);
    std::fs::create_dir_all(&folder).map_err(|source| AppError::Io { path: folder.clone(), source })?;
    let mut lines = Vec::new();
    for (ending, _, bytes) in rendered.files(Formats::ALL) {
        let stem = if document.file_stem.is_empty() { &document.id } else { &document.file_stem };
        let name = format!("{stem}.{ending}");
        let path = folder.join(&name);
        std::fs::write(&path, bytes).map_err(|source| AppError::Io { path: path.clone(), source })?;
        let sum = hex(&Sha256::digest(bytes));
        let is_same = chosen.files.iter().find(|file| file.name == name).map(|file| file.sha256 == sum);
        lines.push((path, is_same));
    }
    if json {
        let files = lines.iter().map(|(path, is_same)| RenderedFile { path: path.clone(), is_same: *is_same });
        out::json(&Rendered {
            report_id: report.issued.report_id.clone(),
            locale: chosen.locale.clone(),
            locales: locales.clone(),
            wording: chosen.locale.clone(),
            wordings: locales,
            files: files.collect(),
        })?;
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
    let found = restated(app, &issued)?;
    if json {
        // Cleaned as the table is.
        let differences = found.differences.into_iter().map(|one| Difference {
            figure: plain(&one.figure),
            why: plain(&one.why),
            ..one
        });
        return out::json(&Restated { differences: differences.collect(), ..found });
    }
    if found.differences.is_empty() {
        outln!("all {} figures of {id} would be printed the same now", found.figures);
        return Ok(Outcome::Done);
    }
    outln!("{} of {} figures of {id} are others now", found.differences.len(), found.figures);
    let rows = found.differences.into_iter().map(|one| vec![one.figure, one.said, one.now, one.why]);
    outln!("{}", table(&["figure", "we said", "it is now", "why"], &[1, 2], rows.collect()));
    Ok(Outcome::Done)
}
