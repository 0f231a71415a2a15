//! A tenant's connections, from its settings and the catalog.

use super::AppError;
use crate::config::{Problem, Settings, WorkspaceSettings};
use crate::connectors::catalog::CatalogProblem;
use crate::connectors::listed::Listed;
use crate::connectors::{Catalog, Connection};
use crate::jobs::sync::Source;
use crate::support::secret::{Secret, SecretError, SecretRef};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Days loaded at first where a connection does not say.
const FIRST_DAYS: u64 = 400;

/// The connectors at hand, an admin's own included.
pub fn catalog(root: &Path) -> Result<Catalog, AppError> {
    let wrong = |problems: Vec<CatalogProblem>| {
        let told = problems.into_iter().map(|problem| {
            let file = Path::new("config/connectors").join(&problem.file);
            Problem::new(&file, problem.line, &problem.message, &problem.remedy)
        });
        AppError::Config(told.collect())
    };
    let mut catalog = Catalog::built_in().map_err(wrong)?;
    catalog.add_folder(&root.join("config/connectors")).map_err(wrong)?;
    Ok(catalog)
}

/// Whether secrets must be at hand, or are taken for granted while the rest is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretsAre {
    Needed,
    Assumed,
}

/// A tenant's connections, and what is wrong with the rest.
pub fn sources(
    settings: &Settings,
    workspace: &WorkspaceSettings,
    catalog: &Catalog,
    today: NaiveDate,
    secrets_are: SecretsAre,
) -> (Vec<Source>, Vec<Problem>) {
    let config = settings.config_dir();
    sources_by(settings, workspace, catalog, today, |reference| match secrets_are {
        SecretsAre::Needed => reference.resolve(&config),
        SecretsAre::Assumed => Ok(Secret::new("assumed")),
    })
}

pub(super) fn sources_by(
    settings: &Settings,
    workspace: &WorkspaceSettings,
    catalog: &Catalog,
    today: NaiveDate,
    mut read: impl FnMut(&SecretRef) -> Result<Secret, SecretError>,
) -> (Vec<Source>, Vec<Problem>) {
    let (mut sources, mut problems) = (Vec::new(), Vec::new());
    for own in &workspace.connections {
        let mut tell = |message: &str, remedy: &str| {
            // The line of the setting or secret that is meant, if one is.
            let named = own.lines.iter().find(|(name, _)| message.contains(&format!("{name:?}")));
            let line = named.map_or(own.line, |(_, line)| *line);
            problems.push(Problem::new(&workspace.file, Some(line), &format!("{}: {message}", own.id), remedy));
        };
        let Some(connector) = catalog.get(&own.connector) else {
            let known: Vec<&str> = catalog.names().collect();
            tell(&format!("there is no connector {:?}", own.connector), &format!("choose one of {}", known.join(", ")));
            continue;
        };
        let connector = match connector.timed(&own.streams) {
            _ if own.streams.is_empty() => connector,
            Ok(timed) => Arc::new(timed),
            Err(found) => {
                found.iter().for_each(|message| tell(message, "see the connector's connector.toml for what it has"));
                continue;
            }
        };
        let mut secrets = BTreeMap::new();
        for (name, reference) in &own.secrets {
            match read(reference) {
                Ok(secret) => drop(secrets.insert(name.clone(), secret)),
                Err(error) => tell(&error.to_string(), "set it, or refer to another place"),
            }
        }
        let missing = own.secrets.len() - secrets.len();
        let tenant = &workspace.workspace;
        match Connection::new(&tenant.id, &own.id, connector, own.settings.clone(), secrets, tenant.time_zone) {
            Ok(connection) => sources.push(Source {
                connection: Connection {
                    listed: Listed::read(&settings.data_dir.join("landing"), &tenant.id, &own.id),
                    ..connection
                },
                currency: tenant.currency,
                since: own.since.unwrap_or(today - chrono::Days::new(FIRST_DAYS)),
            }),
            Err(found) => {
                for message in found.into_iter().filter(|message| missing == 0 || !message.starts_with("the secret")) {
                    tell(&message, "`daybook connectors` lists what it takes");
                }
            }
        }
    }
    (sources, problems)
}
