//! What an admin says of the columns of its files: beside a preset, or in a `mapping` in its place.

use crate::connectors::file::own_target::Targets;
use crate::connectors::file::preset::{Answers, NONE, Preset, REPEATS};
use crate::connectors::file::shape::tidy;
use crate::connectors::file::target::Target;
use crate::domain::dropped::Repeats;
use crate::settings::kinds::{decimal, list_of, text};
use crate::settings::reader::{At, Section, fault, unknown_remedy};
use crate::settings::values::{quoted, read_text as any_text};
use crate::settings::{Kind, Names};
use rust_decimal::Decimal;
use serde_json::json;

/// `columns` and `constants` beside a preset: what an admin says of its files.
pub fn read(section: &mut Section<'_>, preset: Option<&Preset>) -> Answers {
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

/// `mapping = { target = "…", columns = { "Their name" = "field" }, constants = { field = "value" } }`.
pub fn mapping(mut section: Section<'_>, targets: &Targets) -> Option<Preset> {
    section.about("Stands in for the preset: nothing is read that it does not name.");
    let line = section.line;
    let target = section.required(
        "target",
        "\"offline_conversions\"",
        targets.kind().about("What the files are about: a kind that ships, or a fact of your own by its name."),
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

/// What several rows of one key mean.
fn repeats<'k>() -> Kind<'k, Repeats> {
    let words = || REPEATS.map(|(word, _)| word);
    Kind::new(
        move || json!({ "enum": words() }),
        move |value| {
            let text = any_text(value)?;
            let found = REPEATS.into_iter().find(|(word, _)| *word == text).map(|(_, repeats)| repeats);
            found.ok_or_else(|| {
                fault(format!("unknown choice {}", quoted(&text)), unknown_remedy(&text, &words(), "choices"))
            })
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
