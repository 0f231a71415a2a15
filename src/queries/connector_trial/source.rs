//! The connection that a connector is tried by: a configured one, or one for the trial alone.

use crate::app::{AppError, SecretsAre, catalog, sources};
use crate::config::Settings;
use crate::connectors::{Connection, Connector};
use crate::domain::money::Currency;
use crate::jobs::sync::Source;
use crate::support::secret::{Secret, SecretRef};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Settings and secrets for a trial.
#[derive(Clone, Debug, Default)]
pub struct AdHoc {
    pub settings: BTreeMap<String, toml::Value>,
    /// `NAME=env:VARIABLE` or `NAME=file:PATH`, relative to the current folder.
    pub secrets: Vec<String>,
    /// The place that these files are relative to.
    pub folder: PathBuf,
    /// Whether nothing is asked, so that no secret is needed.
    pub is_offline: bool,
}

/// The configured connections of a connector, with their names: `acme/shop`.
///
/// # Errors
/// What is wrong with the one that is named.
pub fn configured(
    settings: &Settings,
    connector: &str,
    (workspace, connection): (Option<&str>, Option<&str>),
    today: NaiveDate,
) -> Result<Vec<(Source, String)>, AppError> {
    if let Some(unknown) = workspace.filter(|id| settings.workspace(id).is_none()) {
        return Err(AppError::Usage(format!("there is no workspace {unknown:?}")));
    }
    let catalog = catalog(&settings.root)?;
    let mut found = Vec::new();
    for own in settings.workspaces.iter().filter(|own| workspace.is_none_or(|id| own.workspace.id == id)) {
        let is_asked = |id: &str| connection.is_none_or(|named| named == id);
        if !own.connections.iter().any(|own| own.connector == connector && is_asked(&own.id)) {
            continue;
        }
        let (all, problems) = sources(settings, own, &catalog, today, SecretsAre::Needed);
        let of = all
            .into_iter()
            .filter(|source| source.connection.connector.spec.name == connector && is_asked(&source.connection.id));
        let before = found.len();
        found.extend(of.map(|source| {
            let named = format!("{}/{}", source.connection.workspace, source.connection.id);
            (source, named)
        }));
        if found.len() == before && !problems.is_empty() {
            return Err(AppError::Config(problems));
        }
    }
    match connection {
        Some(id) if found.is_empty() => Err(AppError::Usage(format!("no connection {id:?} is one of {connector}"))),
        _ => Ok(found),
    }
}

/// A connection that exists for the trial alone.
///
/// # Errors
/// What the connector lacks.
pub fn ad_hoc(
    settings: &Settings,
    connector: Arc<Connector>,
    given: &AdHoc,
    today: NaiveDate,
) -> Result<(Source, String), AppError> {
    let tenant = settings.workspaces.first().map(|own| own.workspace.clone());
    let zone = tenant.as_ref().map_or(chrono_tz::UTC, |tenant| tenant.time_zone);
    let currency = match &tenant {
        Some(tenant) => tenant.currency,
        None => Currency::new("EUR").map_err(|error| AppError::Usage(error.to_string()))?,
    };
    let mut secrets = BTreeMap::new();
    for text in &given.secrets {
        let (name, place) = place_of(text)?;
        secrets.insert(name, place.resolve(&given.folder)?);
    }
    if given.is_offline {
        for name in connector.spec.secrets.keys() {
            secrets.entry(name.clone()).or_insert_with(|| Secret::new("none"));
        }
    }
    let name = connector.spec.name.clone();
    let workspace = tenant.map_or_else(|| "trial".to_owned(), |tenant| tenant.id);
    let made = Connection::new(&workspace, "trial", connector, given.settings.clone(), secrets, zone);
    let connection = made.map_err(|found| {
        AppError::Usage(format!(
            "{name} cannot be tried: {}; say it with --setting NAME=VALUE or --secret NAME=env:VARIABLE, or name a \
             connection with -c",
            found.join("; ")
        ))
    })?;
    let source = Source { connection, currency, since: today };
    Ok((source, "made for this trial".to_owned()))
}

fn place_of(text: &str) -> Result<(String, SecretRef), AppError> {
    let wrong = || {
        let name = text.split('=').next().unwrap_or_default();
        AppError::Usage(format!(
            "--secret {name}=…: write NAME=env:VARIABLE or NAME=file:PATH, never the secret itself"
        ))
    };
    let (name, place) = text.split_once('=').ok_or_else(wrong)?;
    match place.split_once(':') {
        Some(("env", variable)) => Ok((name.to_owned(), SecretRef::Env(variable.to_owned()))),
        Some(("file", path)) => Ok((name.to_owned(), SecretRef::File(PathBuf::from(path)))),
        _ => Err(wrong()),
    }
}
