//! `[[filters]]` and `repeats` of a preset: which rows count, and what several of one key mean.

use super::fields::{Fields, only_key};
use crate::connectors::fields::{required_texts, texts};
use crate::connectors::file::column::Meaning;
use crate::connectors::file::preset::{Filter, REPEATS};
use crate::connectors::file::shape::tidy;
use crate::connectors::file::target::Field;
use crate::domain::dropped::Repeats;
use crate::settings::kinds::boolean;
use crate::settings::values::{expected, quoted};
use crate::settings::{Fault, Kind, Section, fault, with};
use serde_json::json;
use std::borrow::Cow;
use toml::de::DeValue;

const REMEDY: &str = "write sum, items, same, quarantine or { newest_by = \"field\" }";

/// `[[filters]]`: which rows count.
pub fn filters(top: &mut Section<'_>) -> Vec<Filter> {
    top.list("filters").into_iter().map(filter).collect()
}

fn filter(mut section: Section<'_>) -> Filter {
    section.about("A column that says which rows count; a value in neither list quarantines its row.");
    let tidied = |words: Vec<String>| words.iter().map(|word| tidy(word)).collect();
    let needed = boolean().about("Whether a file without the column is refused; it is if left out.");
    let filter = Filter {
        headers: required_texts(&mut section, "columns", "[\"Status\"]", "Names that the column goes by."),
        counts: tidied(texts(&mut section, "counts", "Values of rows that count.")),
        leaves_out: tidied(texts(&mut section, "leaves_out", "Values of rows that do not.")),
        is_needed: section.optional("needed", needed).is_none_or(|at| at.value),
        is_strict: true,
    };
    section.finish();
    filter
}

/// A word, or the field of days by which one is the newest.
pub fn repeats<'k>(fields: Fields) -> Kind<'k, Repeats> {
    let schema = move || {
        let newest = json!({ "description": "The field of days; the row with the latest counts." });
        let newest = with(newest, &fields.schema(is_day, &[]));
        let table = json!({ "newest_by": newest });
        json!({ "anyOf": [
            { "enum": REPEATS.map(|(word, _)| word) },
            { "type": "object", "properties": table, "required": ["newest_by"], "additionalProperties": false },
        ] })
    };
    let kind = Kind::new(schema, move |value| match value {
        DeValue::Table(table) => newest(only_key(table, "newest_by", "\"metrics_as_of\"")?, fields),
        _ => word(value),
    });
    kind.about("What several rows of one key are: parts (sum), lines of one order of which one has the amount (items) or each repeats it (same), a fault (quarantine, if left out), or versions: { newest_by = \"field\" }.")
}

fn word(value: &DeValue<'_>) -> Result<Repeats, Fault> {
    let text = value.as_str().ok_or_else(|| expected(value, "a text", REMEDY))?;
    let found = REPEATS.into_iter().find(|(word, _)| *word == text).map(|(_, repeats)| repeats);
    found.ok_or_else(|| fault(format!("unknown choice {}", quoted(text)), REMEDY))
}

fn newest(value: &DeValue<'_>, fields: Fields) -> Result<Repeats, Fault> {
    let name = value.as_str().ok_or_else(|| expected(value, "a field", "put its name in quotes"))?;
    match fields.find(name)? {
        Some(field) if !is_day(field) => {
            Err(fault(format!("{} is no day", quoted(name)), "name a field of days, such as metrics_as_of"))
        }
        Some(field) => Ok(Repeats::Last(Cow::Borrowed(field.name))),
        None => Ok(Repeats::Last(Cow::Owned(name.to_owned()))),
    }
}

fn is_day(field: &Field) -> bool {
    field.meaning == Meaning::Day
}
