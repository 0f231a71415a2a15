//! What is wrong with the installation, and what to do.

use super::kept_tokens;
use super::status::{Health as Standing, status};
use crate::app::{App, AppError, database_file, file_modes};
use crate::config::{self, Settings};
use crate::jobs::agreement::FigureCheck;
use crate::jobs::doctor::{Patient, doctor};
use crate::support::clock::Clock;
use crate::warehouse::maintenance::backup::default_dir;
use crate::warehouse::maintenance::doctor::{Finding, Health};
use crate::warehouse::{Warehouse, WarehouseError};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::path::Path;

/// What an examination has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Examination {
    /// The worst of the findings.
    pub health: Health,
    pub findings: Vec<Finding>,
}

/// Opens the installation to look at it: a database that does not open is a finding like others. Blocking.
///
/// # Errors
/// The configuration has mistakes, or another process has the data folder.
pub fn examine(root: &Path, clock: Clock) -> Result<Examination, AppError> {
    let settings = config::load(root).map_err(AppError::Config)?;
    let now = clock.now();
    let opened = match App::open(root, clock) {
        Ok(app) => Ok(app),
        Err(AppError::Warehouse(error)) => Err(error),
        Err(other) => return Err(other),
    };
    let sources = opened.as_ref().map(of_sources).unwrap_or_default();
    let figures = opened.as_ref().ok().map(App::figures);
    Ok(of_parts(&settings, opened.as_ref().map(|app| app.warehouse.clone()), (sources, figures), now))
}

/// Looks at what is open. Blocking.
pub fn examine_opened(app: &App) -> Examination {
    let parts = (of_sources(app), Some(app.figures()));
    of_parts(&app.settings, Ok(app.warehouse.clone()), parts, app.clock.now())
}

/// Every source that is not as it should be, as `daybook status` says it.
fn of_sources(app: &App) -> Vec<Finding> {
    let found = match status(app, None, app.clock.now()) {
        Ok(found) => found,
        Err(error) => return vec![Finding::bad("sources", error.to_string(), "see daybook status")],
    };
    let blocked = found.ways.iter().map(|way| {
        let says = format!("{} (messages that wait: {})", way.trouble, way.messages);
        Finding::bad(&format!("way out {}", way.way), says, way.remedy.clone())
    });
    let mut findings: Vec<Finding> = blocked.collect();
    findings.extend(found.incidents.iter().map(|incident| {
        let remedy = "look at `daybook deliveries` for messages that are unknown, then run daybook sync";
        Finding::warning("database's past", incident.clone(), remedy)
    }));
    findings.extend(
        found.failed_jobs.iter().map(|job| {
            Finding::warning("jobs", job.clone(), "mend that, then daybook run-job, or wait for its next run")
        }),
    );
    findings.extend(found.versions.iter().map(|end| {
        let subject = format!("version of {}/{}", end.workspace, end.connection);
        match end.is_over() {
            true => Finding::bad(&subject, end.says.clone(), end.remedy.clone()),
            false => Finding::warning(&subject, end.says.clone(), end.remedy.clone()),
        }
    }));
    findings.extend(found.credentials.iter().map(|end| {
        let subject = format!("credential of {}/{}", end.workspace, end.connection);
        match end.is_over() {
            true => Finding::bad(&subject, end.says.clone(), end.remedy.clone()),
            false => Finding::warning(&subject, end.says.clone(), end.remedy.clone()),
        }
    }));
    findings.push(match &found.clock {
        Some(clock) => Finding::warning("clock", clock.says.clone(), clock.remedy.clone()),
        None => Finding::good("clock", "nothing that was noted lies in the future"),
    });
    for workspace in &found.workspaces {
        for source in workspace.sources.iter().filter(|source| source.health != Standing::Fine) {
            let subject = format!("source {}/{}", workspace.workspace, source.connection);
            let says = source.trouble.clone().unwrap_or_else(|| source.health.name().to_owned());
            let more = source.notes.len().saturating_sub(1);
            let says = if more > 0 { format!("{says} (and {more} more: daybook status)") } else { says };
            let remedy = source.remedy.clone().unwrap_or_else(|| "see daybook status".to_owned());
            findings.push(match source.health {
                Standing::NeedsYou => Finding::bad(&subject, says, remedy),
                _ => Finding::warning(&subject, says, remedy),
            });
        }
        for told in &workspace.cross_checks {
            findings.push(Finding::warning(
                &format!("check of {}", workspace.workspace),
                told.clone(),
                "compare both at the vendor; daybook explain names the loads behind a figure",
            ));
        }
    }
    findings
}

fn of_parts(
    settings: &Settings,
    warehouse: Result<Warehouse, &WarehouseError>,
    (sources, figures): (Vec<Finding>, Option<FigureCheck>),
    now: DateTime<Utc>,
) -> Examination {
    let database = database_file(settings);
    let patient = Patient {
        warehouse: warehouse.as_ref().map_err(|error| *error),
        data_dir: &settings.data_dir,
        backups: settings.maintenance.backup.dir.clone().unwrap_or_else(|| default_dir(&database)),
        keep_landing_days: settings.landing.keep_days,
        compact_at_free_percent: settings.maintenance.compact_at_free_percent.0,
        has_person_key: settings.privacy.person_key.is_some(),
        figures: figures.as_ref(),
        checks: settings.checks.iter().map(|check| (check.name.clone(), check.text.clone())).collect(),
    };
    let mut findings = doctor(&patient, now);
    findings.extend(file_modes::findings(settings));
    findings.extend(kept_tokens::findings(settings, now));
    findings.extend(sources);
    let health = findings.iter().map(|finding| finding.health).max().unwrap_or(Health::Good);
    Examination { health, findings }
}
