//! The connectors at hand, and what each needs.

use crate::app::{AppError, catalog};
use crate::config;
use crate::connectors::Connector;
use crate::connectors::file::Presets;
use crate::connectors::spec::{Choice, ConnectorSpec, OneOf};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::path::Path;

/// A connector; of settings, secrets and streams the names are serialised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConnectorEntry {
    pub name: String,
    pub label: String,
    /// The vendor's documentation.
    pub docs: String,
    #[serde(serialize_with = "names")]
    pub settings: Vec<Named>,
    #[serde(serialize_with = "names")]
    pub secrets: Vec<Named>,
    /// Ways to prove who asks, where a setting takes one of several.
    #[serde(serialize_with = "names", skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<Named>,
    #[serde(serialize_with = "names")]
    pub streams: Vec<Named>,
}

/// What has a name and a sentence about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    pub about: String,
    /// Of a setting: whether it has no default.
    pub is_required: bool,
}

/// How dropped files can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFormats {
    /// Kinds of exports, each with the target it fills.
    pub presets: Vec<(Named, String)>,
    /// What files can be about, each with its fields.
    pub targets: Vec<(Named, Vec<Named>)>,
}

/// Every connector, those of the installation as well.
pub fn connectors(root: &Path) -> Result<Vec<ConnectorEntry>, AppError> {
    let catalog = catalog(root)?;
    Ok(catalog.names().filter_map(|name| catalog.get(name)).map(|connector| entry(&connector)).collect())
}

/// An installation with mistakes still has what ships.
pub fn file_formats(root: &Path) -> FileFormats {
    let presets = config::load(root).map_or_else(|_| Presets::built_in(), |settings| settings.presets);
    let preset = presets.all().map(|preset| {
        let named = Named { name: preset.name.clone(), about: preset.about.clone(), is_required: false };
        (named, preset.target.spec().name.to_owned())
    });
    let target = presets.targets().all().iter().map(|(word, target)| {
        let fields = target.spec().fields.iter().map(|field| Named {
            name: field.name.to_owned(),
            about: String::new(),
            is_required: field.is_required,
        });
        let named = Named { name: (*word).to_owned(), about: target.spec().about.to_owned(), is_required: false };
        (named, fields.collect())
    });
    FileFormats { presets: preset.collect(), targets: target.collect() }
}

fn entry(connector: &Connector) -> ConnectorEntry {
    let spec = &connector.spec;
    let named =
        |name: &String, about: &str, is_required| Named { name: name.clone(), about: about.to_owned(), is_required };
    let setting = |(name, setting): (&String, &crate::connectors::spec::SettingSpec)| {
        let is_required = setting.default.is_none() && !spec.auth.may_spare(&format!("settings.{name}"));
        named(name, &setting.about, is_required)
    };
    ConnectorEntry {
        name: spec.name.clone(),
        label: spec.label.clone(),
        docs: spec.docs.clone(),
        settings: spec.settings.iter().map(setting).collect(),
        secrets: spec.secrets.iter().map(|(name, secret)| named(name, &secret.about, true)).collect(),
        ways: spec.auth.one_of().map(|one_of| ways(spec, one_of)).unwrap_or_default(),
        streams: spec.streams.iter().map(|(name, stream)| named(name, &stream.about, false)).collect(),
    }
}

/// Each way with the setting that takes it and the secrets that it asks for.
fn ways(spec: &ConnectorSpec, one_of: &OneOf) -> Vec<Named> {
    let way = |(name, choice): (&String, &Choice)| {
        let taken = BTreeMap::from([(one_of.setting.clone(), toml::Value::from(name.as_str()))]);
        let asked = spec.secrets.keys().filter(|secret| !spec.spares(&format!("secrets.{secret}"), &taken));
        let secrets: Vec<&str> = asked.map(String::as_str).collect();
        let about = format!("{} ({} = \"{name}\"; secrets: {})", choice.about, one_of.setting, secrets.join(", "));
        Named { name: name.clone(), about, is_required: false }
    };
    one_of.choices.iter().map(way).collect()
}

fn names<S: Serializer>(all: &[Named], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(all.iter().map(|named| &named.name))
}

/// Whether a connector is the installation's own.
pub fn is_own(root: &Path, name: &str) -> bool {
    root.join("config/connectors").join(name).is_dir()
}

/// A connector in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedConnector {
    pub name: String,
    pub label: String,
    /// The installation's own, not one that ships.
    pub is_own: bool,
    pub streams: Vec<String>,
}

/// Every connector, in a line each.
pub fn list(root: &Path) -> Result<Vec<ListedConnector>, AppError> {
    let catalog = catalog(root)?;
    let listed = |connector: &Connector| ListedConnector {
        name: connector.spec.name.clone(),
        label: connector.spec.label.clone(),
        is_own: is_own(root, &connector.spec.name),
        streams: connector.spec.streams.keys().cloned().collect(),
    };
    Ok(catalog.names().filter_map(|name| catalog.get(name)).map(|connector| listed(&connector)).collect())
}
