//! `[[connections]]` of a workspace: vendors' accounts, and folders that files are dropped in.

use super::Gathered;
use super::vendor_schema as vendors;
use crate::connectors::file::settings::{self as drops, FileConnection};
use crate::connectors::timing::StreamTiming;
use crate::settings::Names;
use crate::settings::SecretPlace;
use crate::settings::kinds::{any_value, date, id, secret_ref, whole_number};
use crate::settings::reader::Section;
use crate::settings::values::quoted;
use crate::support::secret::SecretRef;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

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
    /// The day on which a secret ends, by its name, where an admin wrote it down.
    pub secret_ends: BTreeMap<String, NaiveDate>,
    /// How often and how far back streams are read, in place of the connector's own word.
    pub streams: BTreeMap<String, StreamTiming>,
    /// Where the connection begins in its file.
    pub line: usize,
    /// Where each setting and secret stands, by name.
    pub lines: BTreeMap<String, usize>,
}

/// A connection of either kind.
pub(super) enum AnyConnection {
    Vendor(ConnectionSettings),
    Files(Box<FileConnection>),
}

/// Reads one entry; `None` after noting what is wrong. Folders start at `data_dir`.
pub(super) fn read(
    mut section: Section<'_>,
    workspace: &str,
    data_dir: &Path,
    gathered: &Gathered,
) -> Option<AnyConnection> {
    section.about("An account of a vendor, or a folder that files are dropped in.");
    let id =
        section.required("id", "\"google_ads\"", id().about("Its name in jobs and answers; unique in the workspace."));
    let about = "The vendor, or \"file\"; `daybook connectors` lists what each needs.";
    let connector =
        section.variant("connector", "\"google_ads\"", crate::settings::kinds::id().about(about), vendors::names);
    if let Some(id) = &id {
        section.name = format!("connection {}", quoted(&id.value));
    }
    let since = section
        .optional("since", date().about("The first day to load; the connector's own start if left out."))
        .map(|at| at.value);
    let Some(connector) = connector else {
        // Without it, no key can be called unknown.
        return None;
    };
    if connector.value == "file" {
        return drops::read(section, id, since, (data_dir, workspace), &gathered.presets)
            .map(|files| AnyConnection::Files(Box::new(files)));
    }
    let line = section.line;
    let settings = section.entries("settings", &Names::Any, any_value().about("What the connector takes."));
    let secrets =
        section.entries("secrets", &Names::Ids("a secret's name"), secret_ref().about("Where each secret is kept."));
    let owner = id.as_ref().map_or("", |id| id.value.as_str());
    for (name, secret) in &secrets {
        let owner = format!("the connection \"{owner}\" of {workspace} ({name})");
        gathered.secrets.add(SecretPlace::new(&section, secret.line, &owner, &secret.value));
    }
    let secret_ends = read_ends(&mut section, &secrets.iter().map(|(name, _)| name.clone()).collect());
    let streams = read_streams(&mut section);
    section.describe("settings", || vendors::settings(&connector.value));
    section.describe("secrets", || vendors::secrets(&connector.value));
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
        secret_ends,
        streams,
        line,
        lines,
    }))
}

/// `secret_ends`: of secrets of this connection alone.
fn read_ends(section: &mut Section<'_>, secrets: &BTreeSet<String>) -> BTreeMap<String, NaiveDate> {
    let about = "The day on which a secret ends, by its name, where the vendor named one when it was made, e.g. \
                 api_key = \"2027-01-31\". The operator is told 14, 7 and 1 days ahead.";
    let names = Names::Ids("a secret's name");
    let mut ends = BTreeMap::new();
    for (name, at) in section.entries("secret_ends", &names, date().about(about)) {
        if secrets.contains(&name) {
            ends.insert(name, at.value);
        } else {
            let message = format!("{}: secret_ends names {name:?}, which is none of its secrets", section.name);
            section.problem(at.line, &message, "name one that stands in `secrets`");
        }
    }
    ends
}

/// `[connections.streams.<stream>]`; the names are checked by whoever knows the catalog.
fn read_streams(section: &mut Section<'_>) -> BTreeMap<String, StreamTiming> {
    let about = "How far back streams are read again, by stream, in place of the connector's own word.";
    let mut streams = BTreeMap::new();
    for (name, mut section) in section.named_sections("streams", about, &Names::Ids("a stream's name")) {
        let days = |section: &mut Section<'_>, key: &'static str, about: &'static str| {
            let days = section.optional(key, whole_number(0, 3650).about(about))?;
            u32::try_from(days.value).ok()
        };
        let timing = StreamTiming {
            reread_days: days(&mut section, "reread_days", "Every run reads so many days before today again."),
            nightly_days: days(&mut section, "nightly_days", "The first run of a day reads so many days back again."),
            weekly_days: days(&mut section, "weekly_days", "Once in seven days so many days back are read again."),
            settles_after_days: days(&mut section, "settles_after_days", "Days until a day's figures are final."),
            overlap_secs: section
                .optional(
                    "overlap_secs",
                    whole_number(0, 31_536_000).about("Every run begins so long before the last one ended."),
                )
                .map(|at| at.value),
        };
        section.finish();
        streams.insert(name.value, timing);
    }
    streams
}
