//! `[columns]`, `[constants]`, `[factors]` and `[questions]` of a preset: where the fields of a row are found.

use super::fields::{Fields, only_key};
use crate::connectors::fields::{any_text, list_of};
use crate::connectors::file::preset::{COUNTS, Column, NONE, Question};
use crate::connectors::file::shape::tidy;
use crate::connectors::file::target::Field;
use crate::settings::values::{expected, read_any};
use crate::settings::{Fault, Kind, Names, Section, fault, with};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use toml::de::DeValue;

/// The names of the columns of a field.
#[derive(Default)]
struct Headers {
    names: Vec<String>,
    joined: Vec<String>,
}

/// Reads the three tables; the columns are in the order of the target's fields.
pub fn read(top: &mut Section<'_>, fields: Fields) -> Vec<Column> {
    let mut columns = Vec::new();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let about = "Which headers are which field; the first that is there and not blank counts.";
    for (field, at) in fields.by_name(top, "columns", about, &headers()) {
        let Headers { names, joined } = at.value.unwrap_or_default();
        for header in &names {
            // A row's last day may stand where its day does: a report by day has both, one by month has not.
            if let Some(other) = seen.insert(tidy(header), field.name)
                && ![field.name, other].contains(&"date_end")
            {
                let message = format!("the header {header:?} stands for {other} and for {}", field.name);
                top.problem(at.line, &message, "keep one of the two, or ask in [questions]");
            }
        }
        columns.push(Column { headers: names, joined, ..Column::new(field) });
    }
    let about = "Values of every row that has no other.";
    for (field, at) in fields.by_name(top, "constants", about, &any_text().about("Its value.")) {
        match column_of(&mut columns, field) {
            Some(column) => column.constant = at.value,
            None => columns.push(Column { constant: at.value, ..Column::new(field) }),
        }
    }
    let about = "What numbers are multiplied by, as text: \"0.000001\" for millionths.";
    for (field, at) in fields.by_name(top, "factors", about, &factor()) {
        match column_of(&mut columns, field) {
            Some(column) => column.factor = at.value,
            None => {
                let message = format!("{} has a factor and no column", field.name);
                top.problem(at.line, &message, "name its headers in [columns]");
            }
        }
    }
    columns.sort_by_key(|column| fields.all().iter().position(|field| field.name == column.field.name));
    columns
}

/// `[questions]`: columns that mean one thing here and another there.
pub fn questions(top: &mut Section<'_>, fields: Fields) -> Vec<Question> {
    let about = "Columns that may be one field or another: the file is refused until the connection says which. \
                 \"none\" stands for neither, \"counts\" for a column that says which rows count.";
    let mut questions = Vec::new();
    for (header, at) in top.entries("questions", &Names::Any, list_of(answer(fields)).about(about)) {
        for field in at.value.iter().filter(|field| ![NONE, COUNTS].contains(&field.as_str())) {
            if let Err(fault) = fields.find(field) {
                top.problem(at.line, &format!("[questions]: {}", fault.message), &fault.remedy);
            }
        }
        questions.push(Question { header, fields: at.value });
    }
    questions
}

fn column_of<'c>(columns: &'c mut [Column], field: &Field) -> Option<&'c mut Column> {
    columns.iter_mut().find(|column| column.field.name == field.name)
}

/// What the schema of a field's columns and factor refers to: every field of every target has both.
pub fn definitions() -> Value {
    let join = with(json!({ "description": "Columns that make one value together." }), &list_of(any_text()).schema());
    let joined = json!({ "type": "object", "properties": { "join": join }, "required": ["join"], "additionalProperties": false });
    let names = json!({ "type": "array", "items": { "anyOf": [{ "type": "string" }, joined] } });
    let digits = json!({ "type": "string", "pattern": "^[+-]?[0-9._]+([eE][+-]?[0-9]+)?$" });
    json!({
        "headers": {
            "description": "The headers of a field: alternatives, or { join = [ … ] } for one value of several columns.",
            "anyOf": [names, joined]
        },
        "factor": {
            "description": "What numbers are multiplied by, as text.",
            "anyOf": [digits, { "type": "number" }]
        }
    })
}

/// `["Day", "Date"]`, `{ join = ["Click", "Time"] }`, or both in one list.
fn headers<'k>() -> Kind<'k, Headers> {
    let schema = || json!({ "anyOf": [{ "$ref": "#/definitions/headers" }] });
    let kind = Kind::new(schema, |value| {
        const REMEDY: &str = "write it in [ ], as [\"Day\", \"Date\"]";
        if let DeValue::Table(_) = value {
            return Ok(Headers { joined: join(value)?, ..Headers::default() });
        }
        let items = value.as_array().ok_or_else(|| expected(value, "a list of headers", REMEDY))?;
        let mut headers = Headers::default();
        for (index, item) in items.iter().enumerate() {
            match item.get_ref() {
                DeValue::String(name) => headers.names.push(name.to_string()),
                item => {
                    headers.joined = join(item)
                        .map_err(|wrong| fault(format!("item {}: {}", index + 1, wrong.message), wrong.remedy))?;
                }
            }
        }
        Ok(headers)
    });
    kind.about("Its headers.")
}

/// The columns of `{ join = [ … ] }`.
fn join(value: &DeValue<'_>) -> Result<Vec<String>, Fault> {
    let table = value.as_table().ok_or_else(|| expected(value, "a header", "put it in quotes"))?;
    let columns = only_key(table, "join", "[\"Click ID\", \"Time\"]")?;
    list_of(any_text()).read(columns).map_err(|wrong| fault(format!("join: {}", wrong.message), wrong.remedy))
}

/// A number of any form.
fn factor<'k>() -> Kind<'k, Decimal> {
    let schema = || json!({ "anyOf": [{ "$ref": "#/definitions/factor" }] });
    let kind = Kind::new(schema, |value| {
        let factor = read_any(value)?.try_into();
        factor.map_err(|_| fault("this is not a number", "write it as text, as \"1000\""))
    });
    kind.about("Its factor.")
}

/// What a column may turn out to be. Names are looked up afterwards, so that every wrong one is told.
fn answer<'k>(fields: Fields) -> Kind<'k, String> {
    let schema = move || fields.schema(|_| true, &[NONE, COUNTS]);
    Kind::new(schema, |value| {
        let name = value.as_str().ok_or_else(|| expected(value, "a field", "put its name in quotes"))?;
        Ok(name.to_owned())
    })
}
