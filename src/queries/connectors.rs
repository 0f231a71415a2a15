//! The connectors at hand, and what each needs.

use crate::app::{AppError, catalog};
use crate::config;
use crate::connectors::Connector;
use crate::connectors::file::Presets;
use serde::{Serialize, Serializer};
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
        named(name, &setting.about, setting.default.is_none())
    };
    ConnectorEntry {
        name: spec.name.clone(),
        label: spec.label.clone(),
        docs: spec.docs.clone(),
        settings: spec.settings.iter().map(setting).collect(),
        secrets: spec.secrets.iter().map(|(name, secret)| named(name, &secret.about, true)).collect(),
        streams: spec.streams.iter().map(|(name, stream)| named(name, &stream.about, false)).collect(),
    }
}

fn names<S: Serializer>(all: &[Named], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(all.iter().map(|named| &named.name))
}
