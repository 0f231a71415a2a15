//! `[[connections]]` of a workspace: vendors' accounts, and folders that files are dropped in.

use super::Gathered;
use super::daemon::join;
use super::reader::{At, Fault, Section, fault};
use super::secrets::SecretPlace;
use super::values::{date, expected, id, is_id, one_of, path, quoted, secret_ref, text};
use crate::support::secret::SecretRef;
use chrono::NaiveDate;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::de::DeValue;

/// An account of a vendor. Settings and secrets are checked against the connector's own description
/// by whoever knows the catalog; `line` and `lines` are for what it has to say.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectionSettings {
    /// Unique in its workspace.
    pub id: String,
    /// The connector's name in the catalog.
    pub connector: String,
    /// The first day to load; the connector's own start if absent.
    pub since: Option<NaiveDate>,
    pub settings: BTreeMap<String, toml::Value>,
    pub secrets: BTreeMap<String, SecretRef>,
    /// Where the connection begins in its file.
    pub line: usize,
    /// Where each setting and secret stands, by name.
    pub lines: BTreeMap<String, usize>,
}

/// A folder that people or systems drop files in.
#[derive(Clone, Debug, PartialEq)]
pub struct FileConnection {
    /// Unique in its workspace.
    pub id: String,
    /// Absolute; written relative to the data folder.
    pub folder: PathBuf,
    pub mapping: FileMapping,
    /// Only files whose name begins so; all if empty.
    pub prefix: String,
    /// The sign before decimals, `.` or `,`.
    pub decimal_mark: char,
    /// As strptime writes it, e.g. `%d/%m/%Y`; ISO days if absent.
    pub date_format: Option<String>,
    /// The first day to load; every day if absent.
    pub since: Option<NaiveDate>,
    /// Where the connection begins in its file.
    pub line: usize,
}

/// What a dropped file's columns mean.
#[derive(Clone, Debug, PartialEq)]
pub enum FileMapping {
    Preset(FilePreset),
    /// As written; whoever loads files checks it.
    Explicit(toml::Value),
}

/// Kinds of file that need no mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilePreset {
    Influencer,
    Budgets,
    Targets,
    Fx,
    OfflineConversions,
}

impl FilePreset {
    const WORDS: [(&'static str, Self); 5] = [
        ("influencer", Self::Influencer),
        ("budgets", Self::Budgets),
        ("targets", Self::Targets),
        ("fx", Self::Fx),
        ("offline_conversions", Self::OfflineConversions),
    ];

    /// The word it is written as.
    pub fn id(self) -> &'static str {
        Self::WORDS.iter().find(|(_, preset)| *preset == self).map_or("", |(word, _)| word)
    }
}

/// A connection of either kind.
pub(super) enum AnyConnection {
    Vendor(ConnectionSettings),
    Files(FileConnection),
}

/// Reads one entry; `None` after noting what is wrong. Folders start at `data_dir`.
pub(super) fn read(
    mut section: Section<'_>,
    workspace: &str,
    data_dir: &Path,
    gathered: &Gathered,
) -> Option<AnyConnection> {
    let id = section.required("id", "\"google_ads\"", id);
    let connector = section.required("connector", "\"google_ads\"", super::values::id);
    if let Some(id) = &id {
        section.name = format!("connection {}", quoted(&id.value));
    }
    let since = section.optional("since", date).map(|at| at.value);
    let Some(connector) = connector else {
        // Without it, no key can be called unknown.
        return None;
    };
    if connector.value == "file" {
        return files(section, id, since, data_dir).map(AnyConnection::Files);
    }
    let line = section.line;
    let settings = section.entries("settings", |_, value| plain_value(value));
    let secrets = section.entries("secrets", |_, value| secret_ref(value));
    let owner = id.as_ref().map_or("", |id| id.value.as_str());
    for (name, secret) in &secrets {
        if !is_id(name) {
            section.problem(
                secret.line,
                &format!("{} is not a secret's name", quoted(name)),
                "use the connector's own",
            );
        }
        let owner = format!("the connection \"{owner}\" of {workspace} ({name})");
        gathered.secret(SecretPlace::new(&section, secret.line, &owner, &secret.value));
    }
    section.finish();
    let lines = settings
        .iter()
        .map(|(name, at)| (name.clone(), at.line))
        .chain(secrets.iter().map(|(name, at)| (name.clone(), at.line)))
        .collect();
    Some(AnyConnection::Vendor(ConnectionSettings {
        id: id?.value,
        connector: connector.value,
        since,
        settings: settings.into_iter().map(|(name, at)| (name, at.value)).collect(),
        secrets: secrets.into_iter().map(|(name, at)| (name, at.value)).collect(),
        line,
        lines,
    }))
}

fn files(
    mut section: Section<'_>,
    id: Option<At<String>>,
    since: Option<NaiveDate>,
    data_dir: &Path,
) -> Option<FileConnection> {
    let line = section.line;
    let folder = section.required("folder", "\"drops/influencer\"", path);
    let (has_preset, has_mapping) = (section.has("preset"), section.has("mapping"));
    let preset = section.optional("preset", one_of(&FilePreset::WORDS));
    let mapping = section.optional("mapping", mapping);
    if has_preset == has_mapping {
        let message = format!("{}: exactly one of preset and mapping must be given", section.name);
        let presets: Vec<&str> = FilePreset::WORDS.iter().map(|(word, _)| *word).collect();
        section.problem(line, &message, &format!("add preset = \"…\": {}", presets.join(", ")));
    }
    let prefix = section.optional("prefix", text);
    let decimal_mark = section.optional("decimal_mark", one_of(&[(".", '.'), (",", ',')]));
    let date_format = section.optional("date_format", text);
    section.finish();
    let mapping = match (preset, mapping) {
        (Some(preset), _) => FileMapping::Preset(preset.value),
        (None, Some(mapping)) => FileMapping::Explicit(mapping.value),
        (None, None) => return None,
    };
    Some(FileConnection {
        id: id?.value,
        folder: join(data_dir, &folder?.value),
        mapping,
        prefix: prefix.map(|at| at.value).unwrap_or_default(),
        decimal_mark: decimal_mark.map_or('.', |at| at.value),
        date_format: date_format.map(|at| at.value),
        since,
        line,
    })
}

fn mapping(value: &DeValue<'_>) -> Result<toml::Value, Fault> {
    if value.is_table() {
        return plain_value(value);
    }
    Err(expected(value, "a table", "write mapping = { … }, or choose a preset"))
}

/// The value without its places in the file.
fn plain_value(value: &DeValue<'_>) -> Result<toml::Value, Fault> {
    let spanned = toml::Spanned::new(0..0, value.clone());
    toml::Value::deserialize(toml::de::ValueDeserializer::from(spanned))
        .map_err(|_| fault("this value is out of range", "write it as text, in quotes"))
}
