//! What is wrong with connectors, whether a connection uses them or not.

use super::statements::connector_queries;
use crate::app::{AppError, catalog};
use crate::config::{self, Problem};
use crate::connectors::listed::Listed;
use crate::connectors::spec::{SettingKind, SettingSpec};
use crate::connectors::{Catalog, Connection, Connector};
use crate::domain::money::Currency;
use crate::jobs::sync::Source;
use crate::queries::connectors::is_own;
use crate::support::secret::Secret;
use crate::warehouse::{Warehouse, WarehouseConfig};
use chrono::{DateTime, NaiveDate, Utc};
use std::path::Path;
use std::sync::Arc;

/// Checks the named connector, or every one of the installation's own; answers which were checked. Blocking.
///
/// # Errors
/// All that is wrong with their files, at once.
pub fn check_connectors(root: &Path, name: Option<&str>, now: DateTime<Utc>) -> Result<Vec<String>, AppError> {
    let mut problems = Vec::new();
    let mut take = |error| match error {
        AppError::Config(found) => {
            problems.extend(found);
            Ok(())
        }
        other => Err(other),
    };
    let settings = config::load(root)
        .map_err(AppError::Config)
        .map_or_else(|error| take(error).map(|()| None), |s| Ok(Some(s)))?;
    let catalog = catalog(root).map_or_else(|error| take(error).map(|()| None), |catalog| Ok(Some(catalog)))?;
    let mut checked = Vec::new();
    if let (Some(settings), Some(catalog)) = (&settings, &catalog) {
        let warehouse = Warehouse::in_memory_with(WarehouseConfig { threads: 1, ..settings.warehouse.clone() })?;
        let named = match name {
            Some(name) => vec![known(catalog, name)?],
            None => own(root, catalog),
        };
        for source in named.into_iter().filter_map(source) {
            checked.push(source.connection.connector.spec.name.clone());
            problems.extend(connector_queries(root, &warehouse, &source, now));
        }
    }
    // Others' mistakes are told where they are in the way.
    let folder = name.map(|name| Path::new("config/connectors").join(name));
    let is_of = |problem: &Problem| folder.as_ref().is_none_or(|folder| problem.file.starts_with(folder));
    if problems.iter().any(is_of) {
        problems.retain(is_of);
    }
    match problems.is_empty() {
        true => Ok(checked),
        false => {
            problems.sort();
            problems.dedup();
            Err(AppError::Config(problems))
        }
    }
}

/// A connector by its name.
pub(super) fn known(catalog: &Catalog, name: &str) -> Result<Arc<Connector>, AppError> {
    catalog.get(name).ok_or_else(|| {
        let names: Vec<&str> = catalog.names().collect();
        let remedy = crate::settings::unknown_remedy(name, &names, "connectors");
        AppError::Usage(format!("there is no connector {name:?}: {remedy}; `daybook connectors new {name}` writes one"))
    })
}

fn own(root: &Path, catalog: &Catalog) -> Vec<Arc<Connector>> {
    catalog.names().filter(|name| is_own(root, name)).filter_map(|name| catalog.get(name)).collect()
}

/// A source of each connector of the installation's own, to try its queries by.
pub(super) fn own_sources(root: &Path, catalog: &Catalog) -> Vec<Source> {
    own(root, catalog).into_iter().filter_map(source).collect()
}

/// A connector with settings that stand for any.
fn source(connector: Arc<Connector>) -> Option<Source> {
    let settings = connector.spec.settings.iter().map(|(name, spec)| (name.clone(), example(spec))).collect();
    let secrets = connector.spec.secrets.keys().map(|name| (name.clone(), Secret::new("assumed"))).collect();
    let connection = Connection {
        workspace: "check".to_owned(),
        id: connector.spec.name.clone(),
        connector,
        settings,
        secrets,
        workspace_zone: chrono_tz::UTC,
        listed: Listed::default(),
        answer: Arc::default(),
    };
    Some(Source { connection, currency: Currency::new("EUR").ok()?, since: NaiveDate::from_ymd_opt(2026, 1, 1)? })
}

fn example(spec: &SettingSpec) -> toml::Value {
    spec.default.clone().unwrap_or_else(|| match spec.kind {
        SettingKind::Text => "1".into(),
        SettingKind::Number => 1.into(),
        SettingKind::Boolean => true.into(),
        SettingKind::List => toml::Value::Array(vec!["1".into()]),
        SettingKind::TimeZone => "UTC".into(),
        SettingKind::Url => "https://api.example.com".into(),
    })
}
