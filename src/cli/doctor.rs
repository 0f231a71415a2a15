//! `daybook doctor`: what is wrong with the installation, and what to do.

use super::Outcome;
use super::show::{plain, wrapped};
use crate::config::{self, Settings};
use crate::daemon::app::database_file;
use crate::daemon::{App, AppError};
use crate::jobs::doctor::{Patient, doctor};
use crate::support::clock::Clock;
use crate::warehouse::care::backup::default_dir;
use crate::warehouse::care::doctor::Health;
use crate::warehouse::{Warehouse, WarehouseError};
use std::path::Path;

/// Opens the installation to look at it: a database that does not open is a finding like others.
pub async fn run(root: &Path, json: bool) -> anyhow::Result<Outcome> {
    let settings = config::load(root).map_err(AppError::Config)?;
    let opened = match App::open(root, Clock::System) {
        Ok(app) => Ok(app),
        Err(AppError::Warehouse(error)) => Err(error),
        Err(other) => return Err(other.into()),
    };
    examine(&settings, opened.as_ref().map(|app| app.warehouse.clone()), json).await
}

/// Looks at what a daemon has open.
pub async fn of_app(app: &App, json: bool) -> anyhow::Result<Outcome> {
    examine(&app.settings, Ok(app.warehouse.clone()), json).await
}

async fn examine(
    settings: &Settings,
    warehouse: Result<Warehouse, &WarehouseError>,
    json: bool,
) -> anyhow::Result<Outcome> {
    let database = database_file(settings);
    let patient = Patient {
        warehouse: warehouse.as_ref().map_err(|error| *error),
        data_dir: &settings.data_dir,
        backups: settings.care.backup.dir.clone().unwrap_or_else(|| default_dir(&database)),
        keep_landing_days: settings.landing.keep_days,
        compact_at_free_percent: settings.care.compact_at_free_percent.0,
        has_person_key: settings.privacy.person_key.is_some(),
        checks: settings.checks.iter().map(|check| (check.name.clone(), check.text.clone())).collect(),
    };
    let findings = tokio::task::block_in_place(|| doctor(&patient, Clock::System.now()));
    let worst = findings.iter().map(|finding| finding.health).max().unwrap_or(Health::Good);
    if json {
        say!("{}", serde_json::json!({ "health": worst, "findings": findings }));
    } else {
        for finding in &findings {
            let mark = match finding.health {
                Health::Good => "good   ",
                Health::Warning => "WARNING",
                Health::Bad => "BAD    ",
            };
            say!("{}", wrapped(&format!("{mark} "), &format!("{}: {}", finding.subject, plain(&finding.says))));
            if let Some(remedy) = &finding.remedy {
                say!("{}", wrapped("        -> ", &plain(remedy)));
            }
        }
    }
    Ok(if worst == Health::Bad { Outcome::Partly } else { Outcome::Done })
}
