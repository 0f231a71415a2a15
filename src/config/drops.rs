//! A connection of the connector `file`: the folder, what its files hold, and how they are written.

use super::connections::FileConnection;
use super::daemon::join;
use super::kind::{Kind, Names};
use super::kinds::{one_of, path, text, whole_number};
use super::reader::{At, Fault, Section, fault, unknown_remedy};
use super::values::{quoted, read_text as any_text};
use crate::connectors::file::{DecimalMark, FileDrop, LARGEST_MB, Mapping, Preset, SETTLE_SECS, tidy};
use chrono::NaiveDate;
use serde_json::json;
use std::path::Path;
use toml::de::DeValue;

/// Reads it; `None` after noting what is wrong. The folder starts at `data_dir`.
pub(super) fn read(
    mut section: Section<'_>,
    id: Option<At<String>>,
    since: Option<NaiveDate>,
    data_dir: &Path,
) -> Option<FileConnection> {
    let line = section.line;
    let folder = section.required(
        "folder",
        "\"drops/influencer\"",
        path().about("Where files are dropped, relative to data_dir."),
    );
    let given = section.rivals(&["preset", "mapping"]);
    let preset = section.optional(
        "preset",
        one_of(&Preset::WORDS).about("What the files hold, under the column names of `daybook connectors`."),
    );
    let mapped = section.section("mapping").and_then(mapping);
    if given != 1 {
        let message = format!("{}: exactly one of preset and mapping must be given", section.name);
        let presets: Vec<&str> = Preset::WORDS.iter().map(|(word, _)| *word).collect();
        section.problem(line, &message, &format!("add preset = \"…\": {}", presets.join(", ")));
    }
    let prefix = section.optional(
        "prefix",
        Kind::text(json!({ "pattern": "^[^./\\\\][^/\\\\]*$" }), prefix)
            .about("Letters that the files' names begin with."),
    );
    let decimal_mark = section.optional(
        "decimal_mark",
        one_of(&[(".", DecimalMark::Point), (",", DecimalMark::Comma)])
            .about("The sign before decimals; a point if left out."),
    );
    let date_format = section.optional(
        "date_format",
        Kind::text(json!({}), date_format).about("How days are written, in the words of strptime, as \"%d.%m.%Y\"."),
    );
    let settle_secs = section.optional(
        "settle_secs",
        whole_number(0, 86_400).about("A file that was changed more recently is left for the next sync."),
    );
    let max_mb = section.optional("max_mb", whole_number(1, 4096).about("A larger file is refused."));
    section.finish();
    let (preset, mapping) = match (preset, mapped) {
        (Some(preset), _) => (preset.value, None),
        (None, Some((preset, mapping))) => (preset, Some(mapping)),
        (None, None) => return None,
    };
    let drop = FileDrop {
        folder: join(data_dir, &folder?.value),
        preset,
        mapping,
        prefix: prefix.map(|at| at.value).unwrap_or_default(),
        decimal_mark: decimal_mark.map(|at| at.value).unwrap_or_default(),
        date_format: date_format.map(|at| at.value),
        since,
        settle_secs: settle_secs.map_or(SETTLE_SECS, |at| at.value),
        max_mb: max_mb.map_or(LARGEST_MB, |at| at.value),
    };
    Some(FileConnection { id: id?.value, drop, line })
}

/// `mapping = { target = "…", columns = { "Their name" = "field" }, constants = { field = "value" } }`.
fn mapping(mut section: Section<'_>) -> Option<(Preset, Mapping)> {
    section.about("Stands in for the preset where columns have other names.");
    let line = section.line;
    let target = section.required(
        "target",
        "\"offline_conversions\"",
        one_of(&Preset::WORDS).about("The preset whose fields are filled."),
    );
    let columns = section.entries("columns", &Names::Any, text().about("\"Their name\" = \"field\"."));
    let constants =
        section.entries("constants", &Names::Any, text().about("field = \"value\", the same for every row."));
    let preset = target.map(|at| at.value)?;
    let fields: Vec<&str> = preset.spec().fields.iter().map(|field| field.name).collect();
    let mut given: Vec<&str> = Vec::new();
    let named = columns.iter().map(|(_, at)| (at.value.as_str(), at.line));
    for (field, line) in named.chain(constants.iter().map(|(field, at)| (field.as_str(), at.line))) {
        if !fields.contains(&field) {
            let message = format!("{} has no field {}", preset.spec().name, quoted(field));
            section.problem(line, &message, &unknown_remedy(field, &fields, "fields"));
        } else if given.contains(&field) {
            section.problem(line, &format!("the field {} is given twice", quoted(field)), "keep one of the two");
        }
        given.push(field);
    }
    for (column, at) in &columns {
        if tidy(column).is_empty() {
            let message = format!("{} is no name of a column", quoted(column));
            section.problem(at.line, &message, "write the column's name as the file's first line has it");
        }
    }
    if let Some(missing) = preset.spec().fields.iter().find(|field| field.is_required && !given.contains(&field.name)) {
        let message = format!("{}: no column is mapped to {}", section.name, quoted(missing.name));
        let remedy = format!("add \"its column\" = \"{}\" to columns", missing.name);
        section.problem(line, &message, &remedy);
    }
    section.finish();
    let pairs = |entries: Vec<(String, At<String>)>| entries.into_iter().map(|(name, at)| (name, at.value)).collect();
    Some((preset, Mapping { columns: pairs(columns), constants: pairs(constants) }))
}

fn prefix(value: &DeValue<'_>) -> Result<String, Fault> {
    let text = any_text(value)?;
    if text.contains(['/', '\\']) || text.starts_with('.') {
        return Err(fault(
            format!("{} begins no file's name", quoted(&text)),
            "write letters that the names begin with, and put folders in folder",
        ));
    }
    Ok(text)
}

/// A format of whole days, in the words of DuckDB's strptime.
fn date_format(value: &DeValue<'_>) -> Result<String, Fault> {
    const REMEDY: &str = "write day, month and year as %d, %m (or %b, %B) and %Y (or %y), as \"%d/%m/%Y\"";
    const KNOWN: &str = "dmYybBHIMSpfgjaA%";
    let text = any_text(value)?;
    let mut words = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '%' {
            words.push(letters.find(|next| *next != '-').unwrap_or(' '));
        }
    }
    if let Some(unknown) = words.iter().find(|word| !KNOWN.contains(**word)) {
        return Err(fault(format!("%{unknown} means nothing in a date format"), REMEDY));
    }
    let has = |any: &str| words.iter().any(|word| any.contains(*word));
    if (has("d") && has("mbB") || has("j")) && has("Yy") {
        return Ok(text);
    }
    Err(fault(format!("{} does not tell day, month and year", quoted(&text)), REMEDY))
}
