//! All that can be wrong with an installation, reported at once, without touching the network.

mod connector;
mod dropped;
mod statements;
mod templates;

pub use crate::app::{TEMPLATES, template_problems};

pub use connector::check_connectors;

use super::unmatched::unmatched;
use crate::app::{AppError, SecretsAre, catalog, database_file, sources, version_ends, version_problems};
use crate::config::{self, Problem, Settings, review};
use crate::jobs::template_trial::bounded;
use crate::report::templates::Templates;
use crate::warehouse::Warehouse;
use crate::warehouse::maintenance::checksum::open_read_only;
use chrono::{DateTime, Utc};
use connector::own_sources;
use serde::Serialize;
use statements::{connector_queries, rollups_and_checks};
use std::collections::BTreeSet;
use std::path::Path;
use templates::said_better;

/// What may be meant but should be looked at, in an installation without mistakes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reservations {
    pub warnings: Vec<Problem>,
    /// Dropped files that cannot be read, in sentences.
    pub dropped: Vec<String>,
    /// Drop folders that are not there, in sentences.
    pub missing: Vec<String>,
}

/// What should be looked at. Reads the files in drop folders, and loads nothing. Blocking.
pub fn reservations(settings: &Settings, secrets: SecretsAre, now: DateTime<Utc>) -> Result<Reservations, AppError> {
    let (dropped, missing) = dropped::look_through(settings, now);
    Ok(Reservations { warnings: warnings(settings, secrets, now)?, dropped, missing })
}

/// The settings of an installation in which nothing is wrong. Blocking.
///
/// # Errors
/// All that is wrong, at once.
pub fn inspect(root: &Path, secrets: SecretsAre, now: DateTime<Utc>) -> Result<Settings, AppError> {
    let settings = config::load(root).map_err(AppError::Config)?;
    let catalog = catalog(&settings.root)?;
    let mut problems = match secrets {
        SecretsAre::Assumed => Vec::new(),
        SecretsAre::Needed => [settings.missing_secrets(), review::secrets(&settings, &catalog).errors].concat(),
    };
    let warehouse = Warehouse::in_memory_with(settings.warehouse.clone())?;
    let mut connectors = BTreeSet::new();
    for workspace in &settings.workspaces {
        let (found, wrong) = sources(&settings, workspace, &catalog, now.date_naive(), SecretsAre::Assumed);
        problems.extend(wrong);
        for source in found {
            if connectors.insert(source.connection.connector.spec.name.clone()) {
                problems.extend(connector_queries(&settings.root, &warehouse, &source, now));
            }
        }
    }
    // What nothing connects yet is tried as well.
    for source in own_sources(root, &catalog) {
        if connectors.insert(source.connection.connector.spec.name.clone()) {
            problems.extend(connector_queries(&settings.root, &warehouse, &source, now));
        }
    }
    let ends = version_ends(&settings, &catalog, now.date_naive());
    problems.extend(version_problems(&ends, true));
    problems.extend(rollups_and_checks(&settings, &warehouse, now));
    // Certificates and addresses of hooks are only known once the secrets are there.
    if secrets == SecretsAre::Needed {
        problems.extend(settings.unusable_ways());
    }
    let (templates, broken) = bounded(&settings.root.join("report-templates"));
    let of_templates = [template_problems(&broken), template_problems(&templates.check())].concat();
    problems.extend(of_templates.into_iter().map(|problem| said_better(&settings.root, problem)));
    if !problems.is_empty() {
        problems.sort();
        problems.dedup();
        return Err(AppError::Config(problems));
    }
    Ok(settings)
}

/// What may be meant but should be looked at: in the files, in the secrets, and held against the data.
fn warnings(settings: &Settings, secrets: SecretsAre, now: DateTime<Utc>) -> Result<Vec<Problem>, AppError> {
    let mut found = settings.warnings(now);
    let ends = version_ends(settings, &catalog(&settings.root)?, now.date_naive());
    found.extend(version_problems(&ends, false));
    found.extend(template_problems(&Templates::warnings(&settings.root.join(TEMPLATES))));
    if secrets == SecretsAre::Needed {
        found.extend(review::secrets(settings, &catalog(&settings.root)?).warnings);
        found.extend(review::rights(settings));
    }
    let database = database_file(settings);
    // A daemon has it open: `daybook status` reports the same then.
    if database.exists()
        && let Ok(reader) = open_read_only(&database)
    {
        for workspace in &settings.workspaces {
            found.extend(unmatched(settings, workspace, &reader, now)?);
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}
