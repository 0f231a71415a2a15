//! A connection of the connector `file`: the folder, what its files hold, and how they are written.

mod words;

use crate::connectors::file::{
    Answers, FileDrop, LARGEST_MB, Mark, NONE, OnRemoval, Pattern, Preset, Presets, SETTLE_SECS, Target, Targets,
    Versions, Written, tidy,
};
use crate::domain::dropped::Repeats;
use crate::settings::files::join;
use crate::settings::kinds::{decimal, list_of, one_of, path, text, time_zone, whole_number};
use crate::settings::reader::{At, Section, fault, unknown_remedy};
use crate::settings::values::{self, quoted, read_text as any_text};
use crate::settings::{Kind, Names};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use words::{address, date_format, encoding, pattern, prefix, range};

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
pub(super) fn read(
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
        Kind::text(json!({ "pattern": "^https?://" }), address)
            .about("In place of folder: where a published file is fetched from, such as a sheet as CSV."),
    );
    if places != 1 {
        let message = format!("{}: exactly one of folder and url must be given", section.name);
        section.problem(line, &message, "add folder = \"drops/influencer\"");
    }
    let given = section.exclusive_keys(&["preset", "mapping"]);
    let preset = section.optional(
        "preset",
        preset(presets).about("Which kind of export the files are; `daybook connectors` lists them."),
    );
    let mapped = section.section("mapping").and_then(|section| mapping(section, presets.targets()));
    if given != 1 {
        let message = format!("{}: exactly one of preset and mapping must be given", section.name);
        section.problem(line, &message, &format!("add preset = \"…\": {}", presets.names().join(", ")));
    }
    let answers = answers(&mut section, preset.as_ref().map(|at| &*at.value));
    let has_both = section.has("pattern") && section.has("prefix");
    let pattern = section.optional(
        "pattern",
        Kind::text(json!({ "pattern": "^[^./\\\\][^/\\\\]*$" }), pattern).about(
            "Which files of the folder are read: * stands for any signs, {series} for those that tell series of versions apart.",
        ),
    );
    let prefix = section.optional(
        "prefix",
        Kind::text(json!({ "pattern": "^[^./\\\\][^/\\\\]*$" }), prefix)
            .about("Letters that the files' names begin with; the same as pattern = \"letters*\"."),
    );
    if has_both {
        let message = format!("{}: pattern and prefix cannot both be given", section.name);
        section.problem(line, &message, "keep pattern");
    }
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
    let decimal_mark = section.optional(
        "decimal_mark",
        one_of(&[(".", Mark::Point), (",", Mark::Comma)])
            .about("The sign before decimals; found out over the whole file if left out."),
    );
    let date_format = section.optional(
        "date_format",
        Kind::text(json!({}), date_format).about("How days are written, in the words of strptime, as \"%d.%m.%Y\"; found out over the whole file if left out."),
    );
    let zone =
        section.optional("zone", time_zone().about("Zone of times without an offset; the workspace's if left out."));
    let encoding = section.optional(
        "encoding",
        Kind::text(json!({}), encoding).about("How the text is encoded, as \"windows-1252\"; found out if left out."),
    );
    let delimiter = section.optional(
        "delimiter",
        one_of(&[(",", b','), (";", b';'), ("\t", b'\t'), ("|", b'|')])
            .about("The sign between values; found out if left out."),
    );
    let header_line = section.optional(
        "header_line",
        whole_number(1, 10_000).about("The line of the columns' names; looked for if left out."),
    );
    let sheet = section.optional("sheet", text().about("The sheet of a workbook; its only one with data if left out."));
    let range = section.optional(
        "range",
        Kind::text(json!({ "pattern": "^[A-Za-z]{1,3}[0-9]+:[A-Za-z]{1,3}[0-9]+$" }), range)
            .about("The cells of a workbook's table, as \"A3:F200\"."),
    );
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
    let preset = match (preset, mapped) {
        (Some(preset), _) => Arc::new((*preset.value).clone().answered(&answers)),
        (None, Some(mapped)) => Arc::new(mapped),
        (None, None) => return None,
    };
    let id = id?;
    // What is fetched comes whole.
    let settles = if address.is_some() { 0 } else { SETTLE_SECS };
    // A published file is kept where nobody drops one by accident.
    let folder = match folder {
        Some(folder) => join(data_dir, &folder.value),
        None => data_dir.join("published").join(workspace).join(&id.value),
    };
    let written = Written {
        decimal_mark: decimal_mark.map(|at| at.value),
        date_format: date_format.map(|at| at.value),
        zone: zone.map(|at| at.value),
        encoding: encoding.map(|at| at.value),
        delimiter: delimiter.map(|at| at.value),
        header_line: header_line.map(|at| at.value),
        sheet: sheet.map(|at| at.value),
        range: range.map(|at| at.value),
    };
    let drop = FileDrop {
        written: written.or(&preset.written),
        address: address.map(|at| at.value),
        pattern: pattern.or(prefix).map_or_else(Pattern::all, |at| at.value),
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

/// One of the targets at hand.
fn target(targets: &Targets) -> Kind<'_, Target> {
    Kind::new(
        move || json!({ "anyOf": [{ "enum": targets.words() }, { "type": "string", "pattern": values::ID_PATTERN }] }),
        move |value| {
            let name = any_text(value)?;
            targets.named(&name).ok_or_else(|| {
                let remedy = unknown_remedy(&name, &targets.words(), "targets");
                fault(format!("there is no target {}", quoted(&name)), remedy)
            })
        },
    )
}

/// `columns` and `constants` beside a preset: what an admin says of its files.
fn answers(section: &mut Section<'_>, preset: Option<&Preset>) -> Answers {
    let columns = section.entries(
        "columns",
        &Names::Any,
        text().about("\"Their name\" = \"field\", before what the preset says; \"none\" leaves a column out."),
    );
    let constants = section.entries(
        "constants",
        &Names::Any,
        text().about("field = \"value\", the same for every row that has no other."),
    );
    let factors = factors(section, preset.map(|preset| preset.target));
    if let Some(preset) = preset {
        check_fields(section, preset.target, &columns, &constants);
    }
    let counts = section.entries(
        "counts",
        &Names::Any,
        list_of(text())
            .about("\"Their column\" = [\"Paid\"]: only rows with one of these values count; the others are left out."),
    );
    let repeats = section.optional("repeats", repeats());
    Answers {
        counts: counts.into_iter().map(|(name, at)| (name, at.value)).collect(),
        repeats: repeats.map(|at| at.value.clone()),
        ..answered(columns, constants, factors)
    }
}

/// What several rows of one key mean.
fn repeats<'k>() -> Kind<'k, Repeats> {
    const WORDS: [&str; 4] = ["sum", "items", "same", "quarantine"];
    Kind::new(
        || json!({ "enum": WORDS }),
        |value| match any_text(value)?.as_str() {
            "sum" => Ok(Repeats::Sum),
            "items" => Ok(Repeats::Items),
            "same" => Ok(Repeats::Same),
            "quarantine" => Ok(Repeats::Quarantine),
            other => Err(fault(format!("unknown choice {}", quoted(other)), unknown_remedy(other, &WORDS, "choices"))),
        },
    )
    .about("What several rows of one key are: parts (sum), lines of one order of which one has the amount (items) or each repeats it (same), or a fault (quarantine); as the preset has it if left out.")
}

/// `factors = { amount = "1000" }`: what numbers are multiplied by.
fn factors(section: &mut Section<'_>, target: Option<Target>) -> Vec<(String, Decimal)> {
    let factors = section.entries(
        "factors",
        &Names::Any,
        decimal().about("field = \"1000\": what its numbers are multiplied by, where they are in thousands."),
    );
    let fields: Vec<&str> =
        target.map(|target| target.spec().fields.iter().map(|field| field.name).collect()).unwrap_or_default();
    for (field, at) in &factors {
        if target.is_some() && !fields.contains(&field.as_str()) {
            section.problem(
                at.line,
                &format!("there is no field {}", quoted(field)),
                &unknown_remedy(field, &fields, "fields"),
            );
        }
    }
    factors.into_iter().map(|(name, at)| (name, at.value)).collect()
}

fn answered(
    columns: Vec<(String, At<String>)>,
    constants: Vec<(String, At<String>)>,
    factors: Vec<(String, Decimal)>,
) -> Answers {
    let pairs = |entries: Vec<(String, At<String>)>| entries.into_iter().map(|(name, at)| (name, at.value)).collect();
    Answers { columns: pairs(columns), constants: pairs(constants), factors, ..Answers::default() }
}

/// Reports fields that the target does not have, or that are given twice.
fn check_fields(
    section: &Section<'_>,
    target: Target,
    columns: &[(String, At<String>)],
    constants: &[(String, At<String>)],
) {
    let fields: Vec<&str> = target.spec().fields.iter().map(|field| field.name).collect();
    let mut given: Vec<&str> = Vec::new();
    let named = columns.iter().map(|(_, at)| (at.value.as_str(), at.line)).filter(|(field, _)| *field != NONE);
    for (field, line) in named {
        if !fields.contains(&field) {
            let message = format!("{} has no field {}", target.spec().name, quoted(field));
            section.problem(line, &message, &unknown_remedy(field, &fields, "fields"));
        } else if given.contains(&field) {
            section.problem(line, &format!("the field {} is given twice", quoted(field)), "keep one of the two");
        }
        given.push(field);
    }
    for (field, at) in constants {
        if !fields.contains(&field.as_str()) {
            let message = format!("{} has no field {}", target.spec().name, quoted(field));
            section.problem(at.line, &message, &unknown_remedy(field, &fields, "fields"));
        } else if given.contains(&field.as_str()) {
            section.problem(at.line, &format!("the field {} is given twice", quoted(field)), "keep one of the two");
        }
    }
    for (column, at) in columns {
        if tidy(column).is_empty() {
            let message = format!("{} is no name of a column", quoted(column));
            section.problem(at.line, &message, "write the column's name as the file's first line has it");
        }
    }
}

/// `mapping = { target = "…", columns = { "Their name" = "field" }, constants = { field = "value" } }`.
fn mapping(mut section: Section<'_>, targets: &Targets) -> Option<Preset> {
    section.about("Stands in for the preset: nothing is read that it does not name.");
    let line = section.line;
    let target = section.required(
        "target",
        "\"offline_conversions\"",
        target(targets).about("What the files are about: a kind that ships, or a fact of your own by its name."),
    );
    let columns = section.entries("columns", &Names::Any, text().about("\"Their name\" = \"field\"."));
    let constants =
        section.entries("constants", &Names::Any, text().about("field = \"value\", the same for every row."));
    let target = target.map(|at| at.value);
    let factors = factors(&mut section, target);
    let target = target?;
    check_fields(&section, target, &columns, &constants);
    let is_given =
        |name: &str| columns.iter().any(|(_, at)| at.value == name) || constants.iter().any(|(field, _)| field == name);
    if let Some(missing) = target.spec().fields.iter().find(|field| field.is_required && !is_given(field.name)) {
        let message = format!("{}: no column is mapped to {}", section.name, quoted(missing.name));
        let remedy = format!("add \"its column\" = \"{}\" to columns", missing.name);
        section.problem(line, &message, &remedy);
    }
    section.finish();
    Some(Preset::mapped(target, &answered(columns, constants, factors)))
}
