//! A connection of the connector `file`: the folder, what its files hold, and how they are written.

mod answers;
mod files;
mod written;

use super::pattern::Pattern;
use super::preset::Preset;
use super::presets::Presets;
use super::{FileDrop, LARGEST_MB, OnRemoval, SETTLE_SECS, Versions};
use crate::settings::Kind;
use crate::settings::files::join;
use crate::settings::kinds::{one_of, path, whole_number};
use crate::settings::reader::{At, Section, fault, unknown_remedy};
use crate::settings::values::{self, quoted, read_text as any_text};
use chrono::NaiveDate;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// A folder that people or systems drop files in.
#[derive(Clone, Debug, PartialEq)]
pub struct FileConnection {
    /// Unique in its workspace.
    pub id: String,
    pub drop: FileDrop,
    /// Where the connection begins in its file.
    pub line: usize,
}

/// Reads it; `None` after noting what is wrong. The folder starts at `data_dir`.
pub fn read(
    mut section: Section<'_>,
    id: Option<At<String>>,
    since: Option<NaiveDate>,
    (data_dir, workspace): (&Path, &str),
    presets: &Presets,
) -> Option<FileConnection> {
    let line = section.line;
    let places = section.exclusive_keys(&["folder", "url"]);
    let folder = section.optional("folder", path().about("Where files are dropped, relative to data_dir."));
    let address = section.optional(
        "url",
        files::address().about("In place of folder: where a published file is fetched from, such as a sheet as CSV."),
    );
    if places != 1 {
        let message = format!("{}: exactly one of folder and url must be given", section.name);
        section.problem(line, &message, "add folder = \"drops/influencer\"");
    }
    let preset = content(&mut section, presets);
    let pattern = files::read(&mut section);
    let versions = section.optional(
        "versions",
        one_of(&[("parts", Versions::Parts), ("newest", Versions::Newest)]).about(
            "Whether each file says something of its own (parts, if left out), or the newest of a series says all.",
        ),
    );
    let on_removal = section.optional(
        "on_removal",
        one_of(&[("keep", OnRemoval::Keep), ("unload", OnRemoval::Unload)])
            .about("Whether the rows of a file that is removed stay (keep, if left out) or are taken out."),
    );
    let written = written::read(&mut section);
    let settle_secs = section.optional(
        "settle_secs",
        whole_number(0, 86_400).about("A file that was changed more recently is left for the next sync."),
    );
    let max_mb = section.optional("max_mb", whole_number(1, 4096).about("A larger file is refused."));
    let most_bad = section.optional(
        "most_bad_percent",
        whole_number(0, 100)
            .about("More bad rows than this refuse the file; 5 if left out, none in budgets, targets and rates."),
    );
    section.finish();
    let (preset, id) = (preset?, id?);
    // What is fetched comes whole.
    let settles = if address.is_some() { 0 } else { SETTLE_SECS };
    // A published file is kept where nobody drops one by accident.
    let folder = match folder {
        Some(folder) => join(data_dir, &folder.value),
        None => data_dir.join("published").join(workspace).join(&id.value),
    };
    let drop = FileDrop {
        written: written.or(&preset.written),
        address: address.map(|at| at.value),
        pattern: pattern.unwrap_or_else(Pattern::all),
        versions: versions.map_or(Versions::Parts, |at| at.value),
        on_removal: on_removal.map_or(OnRemoval::Keep, |at| at.value),
        since,
        settle_secs: settle_secs.map_or(settles, |at| at.value),
        max_mb: max_mb.map_or(LARGEST_MB, |at| at.value),
        most_bad_percent: most_bad.and_then(|at| u32::try_from(at.value).ok()),
        ..FileDrop::new(folder, preset)
    };
    Some(FileConnection { id: id.value, drop, line })
}

/// What the files hold: a preset with what the admin says of it, or a mapping.
fn content(section: &mut Section<'_>, presets: &Presets) -> Option<Arc<Preset>> {
    let given = section.exclusive_keys(&["preset", "mapping"]);
    let preset = section.optional(
        "preset",
        preset(presets).about("Which kind of export the files are; `daybook connectors` lists them."),
    );
    let mapped = section.section("mapping").and_then(|section| answers::mapping(section, presets.targets()));
    if given != 1 {
        let message = format!("{}: exactly one of preset and mapping must be given", section.name);
        section.problem(section.line, &message, &format!("add preset = \"…\": {}", presets.names().join(", ")));
    }
    let answers = answers::read(section, preset.as_ref().map(|at| &*at.value));
    match (preset, mapped) {
        (Some(preset), _) => Some(Arc::new((*preset.value).clone().answered(&answers))),
        (None, mapped) => mapped.map(Arc::new),
    }
}

/// One of the presets at hand.
fn preset(presets: &Presets) -> Kind<'_, Arc<Preset>> {
    Kind::new(
        move || json!({ "anyOf": [{ "enum": presets.names() }, { "type": "string", "pattern": values::ID_PATTERN }] }),
        move |value| {
            let name = any_text(value)?;
            presets.get(&name).ok_or_else(|| {
                let remedy = unknown_remedy(&name, &presets.names(), "presets");
                fault(format!("there is no preset {}", quoted(&name)), remedy)
            })
        },
    )
}
