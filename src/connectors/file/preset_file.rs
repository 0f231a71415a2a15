//! A preset as its TOML file describes it.

mod columns;
mod fields;
mod rows;

#[cfg(test)]
mod tests;

use super::own_target::Targets;
use super::preset::{Column, Preset, Unpivot};
use super::target::Target;
use super::written::{DELIMITERS, MARKS, Written, encoding};
use crate::connectors::fields::{optional_number, optional_text};
use crate::settings::kinds::{one_of, time_zone};
use crate::settings::values::{ID_PATTERN, expected};
use crate::settings::{Kind, Section, Source, fault, read_toml};
pub use columns::definitions;
use fields::Fields;
use serde_json::{Value, json};

/// Of the sentence about the export, in characters.
const LONGEST_ABOUT: usize = 120;

/// Reads the file of a preset; `None` after noting all that is wrong with it.
pub fn read(source: Source<'_>, name: &str, targets: &Targets) -> Option<Preset> {
    let before = source.problems.count();
    let preset = read_toml(source, |top| read_top(top, name, targets)).flatten();
    preset.filter(|_| source.problems.count() == before)
}

/// Reads the top level.
pub fn read_top(mut top: Section<'_>, name: &str, targets: &Targets) -> Option<Preset> {
    top.about("How the files of one kind of export are read.");
    let about = top.required("about", "\"Awin: commissions by day\"", about());
    let target = top.variant("target", "\"ad_cost\"", target(targets), || words(targets));
    let target_line = target.as_ref().map_or(top.line, |at| at.line);
    let target = target.and_then(|at| at.value);
    let fields = Fields::of(target);
    let repeats = top.optional("repeats", rows::repeats(fields));
    let written = written(&mut top);
    // Which columns a faulty table stands for, nobody knows.
    let are_tables = ["columns", "constants"].into_iter().all(|key| !top.has(key) || top.is_table(key));
    let columns = columns::read(&mut top, fields);
    let questions = columns::questions(&mut top, fields);
    let filters = rows::filters(&mut top);
    let has_unpivot = top.has("unpivot");
    let unpivot = top.section("unpivot").and_then(|section| unpivot(section, fields));
    if are_tables && has_unpivot == unpivot.is_some() {
        check_required(&top, target_line, fields, &columns, unpivot.as_ref());
    }
    top.finish();
    Some(Preset {
        name: name.to_owned(),
        about: about?.value,
        target: target?,
        repeats: repeats.map(|at| at.value).unwrap_or_default(),
        columns,
        questions,
        ignored: Vec::new(),
        filters,
        unpivot,
        written,
    })
}

/// The sentence about the export.
fn about<'k>() -> Kind<'k, String> {
    let schema = || json!({ "type": "string", "pattern": "\\S", "maxLength": LONGEST_ABOUT });
    let kind = Kind::new(schema, |value| {
        let text = value.as_str().ok_or_else(|| expected(value, "a text", "put it in quotes"))?;
        if text.trim().is_empty() || text.chars().count() > LONGEST_ABOUT {
            return Err(fault("it must be one sentence of at most 120 characters", "say which export it is"));
        }
        Ok(text.trim().to_owned())
    });
    kind.about("Which export it is: one sentence of at most 120 characters.")
}

/// What the rows are about.
fn target(targets: &Targets) -> Kind<'_, Option<Target>> {
    let kind = Kind::new(|| targets.kind().schema(), |value| targets.kind().read(value).map(Some));
    kind.about("What the rows are about: a kind that ships, or a fact of your own by its name.")
}

/// Each target for a schema; none stands for a fact of the installation's own, whose fields are not known there.
fn words(targets: &Targets) -> Vec<(Value, Option<Target>)> {
    let own = json!({ "type": "string", "pattern": ID_PATTERN, "not": { "enum": targets.words() } });
    let known = targets.all().iter().map(|(word, target)| (json!({ "const": word }), Some(*target)));
    known.chain([(own, None)]).collect()
}

/// How the values are written; what is absent is found out. What only some files can have, such as a sheet, is looked
/// at when one is read.
fn written(top: &mut Section<'_>) -> Written {
    let mark = one_of(&MARKS).about("The sign before decimals; found out over the whole file if left out.");
    let date_format = "How days are written, in the words of strftime, as \"%d.%m.%Y\"; found out if left out.";
    let zone = time_zone().about("Zone of times without an offset; the workspace's if left out.");
    let label = encoding().about("How the text is encoded, as \"windows-1252\"; found out if left out.");
    let delimiter = one_of(&DELIMITERS).about("The sign between values; found out if left out.");
    let header_line = "The line of the columns' names; looked for if left out.";
    Written {
        decimal_mark: top.optional("decimal_mark", mark).map(|at| at.value),
        date_format: optional_text(top, "date_format", date_format),
        zone: top.optional("zone", zone).map(|at| at.value),
        encoding: top.optional("encoding", label).map(|at| at.value),
        delimiter: top.optional("delimiter", delimiter).map(|at| at.value),
        header_line: optional_number(top, "header_line", header_line),
        sheet: optional_text(top, "sheet", "The sheet of a workbook; its only one with data if left out."),
        range: optional_text(top, "range", "The cells of a workbook's table, as \"A3:F200\" or \"A:F\"."),
    }
}

fn unpivot(mut section: Section<'_>, fields: Fields) -> Option<Unpivot> {
    section.about("Wide tables: headers that no field names are values themselves.");
    let names = section.required("names", "\"month\"", fields.kind().about("The field whose values the headers are."));
    let values = section.required("values", "\"amount\"", fields.kind().about("The field whose values stand below."));
    section.finish();
    Some(Unpivot { names: names?.value?, values: values?.value? })
}

/// Notes the fields that every row needs and the file does not mention.
fn check_required(top: &Section<'_>, line: usize, fields: Fields, columns: &[Column], unpivot: Option<&Unpivot>) {
    for field in fields.required() {
        let is_there = columns.iter().any(|column| column.field.name == field.name)
            || unpivot.is_some_and(|wide| [wide.names.name, wide.values.name].contains(&field.name));
        if !is_there {
            let message = format!("nothing says where {:?} is found, which {} needs", field.name, fields.target());
            top.problem(line, &message, "name its headers in [columns], or give it a value in [constants]");
        }
    }
}
