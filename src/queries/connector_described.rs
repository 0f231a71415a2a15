//! `daybook connectors describe`: all that a connector asks for, and what it reads how.

use super::connectors::is_own;
use crate::app::{AppError, catalog};
use crate::connectors::Connector;
use crate::connectors::spec::{BodyKind, LoadMode, SettingKind, SlicingSpec, StreamSpec};
use crate::settings::unknown_remedy;
use serde::Serialize;
use std::path::Path;

/// A connector as it is described.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Described {
    pub name: String,
    pub label: String,
    pub docs: String,
    /// The installation's own, not one that ships.
    pub is_own: bool,
    pub settings: Vec<DescribedSetting>,
    pub secrets: Vec<DescribedSecret>,
    /// Ways to prove who asks, where a setting takes one of several.
    pub ways: Vec<(String, String)>,
    /// What the vendor allows, in words.
    pub limits: String,
    pub streams: Vec<DescribedStream>,
}

/// What an admin sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DescribedSetting {
    pub name: String,
    pub kind: &'static str,
    pub about: String,
    /// As TOML; absent where it must be given.
    pub default: Option<String>,
}

/// A secret, with the rights that it must have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DescribedSecret {
    pub name: String,
    pub about: String,
    pub is_optional: bool,
}

/// What is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DescribedStream {
    pub name: String,
    pub about: String,
    pub tables: Vec<DescribedTable>,
    /// How the past is cut into requests, in words.
    pub slicing: String,
    /// How further pages are asked for, in words.
    pub paging: String,
    /// The setting or list that it runs over.
    pub partition_over: Option<String>,
    /// The setting without which it is not read.
    pub needs_setting: Option<String>,
    pub body: BodyKind,
    pub settles_after_days: u32,
    /// What cannot be told where the vendor refuses it.
    pub if_refused: Option<String>,
}

/// A table that a stream fills.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DescribedTable {
    pub table: String,
    /// What new rows take the place of, in words.
    pub replaces: String,
    pub query: String,
}

/// Describes a connector.
///
/// # Errors
/// There is none of that name, or the installation's own have mistakes.
pub fn describe(root: &Path, name: &str) -> Result<Described, AppError> {
    let catalog = catalog(root)?;
    let connector = catalog.get(name).ok_or_else(|| {
        let names: Vec<&str> = catalog.names().collect();
        AppError::Usage(format!("there is no connector {name:?}: {}", unknown_remedy(name, &names, "connectors")))
    })?;
    let entry = super::connectors::connectors(root)?.into_iter().find(|entry| entry.name == name);
    let ways = entry.map(|entry| entry.ways.into_iter().map(|way| (way.name, way.about)).collect()).unwrap_or_default();
    Ok(Described { ways, is_own: is_own(root, name), ..of(&connector) })
}

fn of(connector: &Connector) -> Described {
    let spec = &connector.spec;
    let settings = spec.settings.iter().map(|(name, setting)| DescribedSetting {
        name: name.clone(),
        kind: match setting.kind {
            SettingKind::Text => "text",
            SettingKind::Number => "number",
            SettingKind::Boolean => "true or false",
            SettingKind::List => "list",
            SettingKind::TimeZone => "time zone",
            SettingKind::Url => "address",
        },
        about: setting.about.clone(),
        default: setting.default.as_ref().map(ToString::to_string),
    });
    let secrets = spec.secrets.iter().map(|(name, secret)| DescribedSecret {
        name: name.clone(),
        about: secret.about.clone(),
        is_optional: secret.optional || spec.auth.spares(&format!("secrets.{name}"), &Default::default()),
    });
    let limits = &spec.limits;
    Described {
        name: spec.name.clone(),
        label: spec.label.clone(),
        docs: spec.docs.clone(),
        is_own: false,
        settings: settings.collect(),
        secrets: secrets.collect(),
        ways: Vec::new(),
        limits: format!(
            "{} requests in {} s, {} at once, {} attempts, answers up to {} MB within {} s",
            limits.requests,
            limits.per_secs,
            limits.concurrency,
            limits.attempts,
            limits.max_body_mb,
            limits.timeout_secs
        ),
        streams: spec.streams.iter().map(|(name, stream)| stream_of(name, stream)).collect(),
    }
}

fn stream_of(name: &str, stream: &StreamSpec) -> DescribedStream {
    let tables = stream.loads.iter().map(|load| DescribedTable {
        table: load.table.clone(),
        replaces: match &load.mode {
            LoadMode::ReplaceWindow { column, .. } => format!("rows of the days asked for, by {column}"),
            LoadMode::ReplaceAll => "all rows of the connection".to_owned(),
            LoadMode::Upsert { scope } if scope.is_empty() => "rows of the same key".to_owned(),
            LoadMode::Upsert { scope } => format!("rows of the same {}", scope.join(", ")),
        },
        query: load.sql_file(),
    });
    DescribedStream {
        name: name.to_owned(),
        about: stream.about.clone(),
        tables: tables.collect(),
        slicing: slicing(stream),
        paging: match stream.paging.word() {
            "none" => "one answer".to_owned(),
            word => word.replace('_', " "),
        },
        partition_over: stream.partition_over.clone(),
        needs_setting: stream.needs_setting.clone(),
        body: stream.body,
        settles_after_days: stream.settles_after_days,
        if_refused: stream.if_refused.clone(),
    }
}

fn slicing(stream: &StreamSpec) -> String {
    let often = match (stream.once_a_day, stream.every_hours) {
        (true, _) => ", once a day",
        (_, Some(_)) => ", again after some hours only",
        _ => "",
    };
    let how = match &stream.slicing {
        SlicingSpec::Whole => "everything, every time".to_owned(),
        SlicingSpec::Days { step_days, reread_days, nightly_days, weekly_days, .. } => format!(
            "by {step_days} days; read again: {reread_days} days by each sync, {nightly_days} each night, {weekly_days} each week"
        ),
        SlicingSpec::Before { from, .. } => format!("what was before the first day, from {from} on, once"),
        SlicingSpec::Instants { step_days, overlap_secs, .. } => {
            format!("what changed since the last reading less {overlap_secs} s, by {step_days} days")
        }
    };
    how + often
}
