//! `daybook connectors new`: the files of a connector of one's own, written from an answer of the vendor's: how to ask,
//! how to read, the table, what it adds to the metrics, and the metrics.

mod answer;
mod columns;
pub mod sample;
mod texts;

pub use answer::{first_answer, saved_answer};

use crate::app::AppError;
use crate::settings::values::is_id;
use chrono::NaiveDate;
use columns::{DraftColumn, DraftColumns, columns, snake};
use sample::{fields, lists, records};
use serde::Serialize;
use serde_json::{Value, json};

/// Names of lists that say nothing of what is in them.
const GENERIC: [&str; 9] = ["data", "results", "result", "items", "rows", "records", "list", "elements", "values"];

/// A connector that is to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Draft {
    pub connector: String,
    /// The table, without `core.`.
    pub table: String,
    /// Place below the root, and text.
    pub files: Vec<(String, String)>,
    /// The metrics that the files define.
    pub metrics: Vec<String>,
    /// What was made of the answer, and what to look at, in sentences.
    pub notes: Vec<String>,
}

/// Where the vendor answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// `https://api.example.com`
    pub base: String,
    /// `/v1/orders?limit=100`
    pub path: String,
}

impl Address {
    /// Of a whole URL.
    pub fn parse(url: &str) -> Result<Self, AppError> {
        let wrong = || AppError::Usage(format!("{url:?} is no address; write it as https://api.example.com/v1/orders"));
        let parsed = reqwest::Url::parse(url).map_err(|_| wrong())?;
        if parsed.host_str().is_none() || !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(wrong());
        }
        let base = parsed.origin().ascii_serialization();
        let query = parsed.query().map_or_else(String::new, |query| format!("?{query}"));
        Ok(Self { base, path: format!("{}{query}", parsed.path()) })
    }

    /// What stands for a vendor that is not known yet.
    fn example() -> Self {
        Self { base: "https://api.example.com".to_owned(), path: "/orders".to_owned() }
    }
}

/// What the files are written from.
pub(super) struct Parts<'a> {
    pub name: &'a str,
    pub label: String,
    pub stream: String,
    pub table: String,
    pub list: String,
    pub address: Address,
    pub made: DraftColumns,
    pub measures: Vec<Measure>,
}

impl Parts<'_> {
    /// Numbers that stand, such as followers, of which the last day's counts.
    pub fn levels(&self) -> impl Iterator<Item = &DraftColumn> {
        let is_level = |column: &&DraftColumn| column.adds_up && column.unit == Some("count");
        self.made.columns.iter().filter(is_level).filter(|_| self.made.is_snapshot).take(MOST_MEASURES)
    }

    /// The metrics that are defined.
    fn metrics(&self) -> Vec<String> {
        let levels = self.levels().map(|column| format!("{}_{}", self.name, column.name));
        self.measures.iter().map(|measure| measure.name.clone()).chain(levels).collect()
    }
}

/// What is summed by day.
pub(super) struct Measure {
    pub name: String,
    pub kind: &'static str,
    /// An expression over a row `m`, and `r.rate` of its amounts' currency.
    pub value: String,
    pub unit: &'static str,
    pub label: String,
    pub about: String,
}

/// More of them hide what matters.
const MOST_MEASURES: usize = 6;

/// The files of the connector `name`, for answers such as `body`; of an example where there is none.
///
/// # Errors
/// The name is none, or the answer holds no list of records.
pub fn draft(name: &str, body: Option<&Value>, address: Option<Address>) -> Result<Draft, AppError> {
    if !is_id(name) {
        let words =
            format!("{name:?} is no name: small letters, digits and _, beginning with a letter, such as our_shop");
        return Err(AppError::Usage(words));
    }
    let example = json!({"orders": [{"id": "1", "date": "2026-11-01", "utm_source": "newsletter", "amount": "12.50"}]});
    let body = body.unwrap_or(&example);
    let Some(list) = lists(body).into_iter().next() else {
        let words = format!(
            "the answer holds no list of records, which a table could be made of; it is {}: look for an address that \
             lists them, or write config/connectors/{name}/ without --url and --page and change the query",
            told(body)
        );
        return Err(AppError::Usage(words));
    };
    if let Some(day) = list.path.split('"').find(|name| NaiveDate::parse_from_str(name, "%Y-%m-%d").is_ok()) {
        let words = format!(
            "the lists are by day, under names such as {day:?}: write {name} without --url and --page, with records = \"$\", \
             and let the query take the days from unnest(json_keys(body))"
        );
        return Err(AppError::Usage(words));
    }
    let made = columns(&fields(&records(body, &list.path)));
    let noun = noun(&list.path, address.as_ref());
    let address = address.unwrap_or_else(Address::example);
    let label = title(name);
    let table = if noun == name { format!("{name}_row") } else { format!("{name}_{noun}") };
    let measures = measures(name, &noun, &label, &made);
    let notes = notes(&list, &made, body);
    let parts = Parts { name, label, stream: noun, table, list: list.path, address, made, measures };
    Ok(Draft {
        connector: name.to_owned(),
        files: texts::files(&parts),
        metrics: parts.metrics(),
        table: parts.table,
        notes,
    })
}

fn told(body: &Value) -> String {
    match body {
        Value::Object(entries) if entries.is_empty() => "an empty object".to_owned(),
        Value::Object(entries) => {
            let names: Vec<&str> = entries.keys().take(8).map(String::as_str).collect();
            format!("an object with {}", names.join(", "))
        }
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list of what is no object".to_owned(),
        _ => "a single value".to_owned(),
    }
}

/// What the records are called: as their list is, or as the address ends.
fn noun(list: &str, address: Option<&Address>) -> String {
    let named = list.trim_end_matches("[*]").rsplit(['.', '$']).next().map(snake).unwrap_or_default();
    let path = address.map_or("", |address| address.path.as_str());
    let last = path.split('?').next().unwrap_or_default().trim_end_matches(".json");
    let last = last.rsplit('/').map(snake).find(|part| !part.is_empty()).unwrap_or_default();
    let fits = |noun: &&String| is_id(noun) && !GENERIC.contains(&noun.as_str());
    [named, last].iter().find(fits).cloned().unwrap_or_else(|| "rows".to_owned())
}

/// `our_shop` as `Our shop`.
fn title(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut signs = words.chars();
    signs.next().map(|first| first.to_uppercase().chain(signs).collect()).unwrap_or_default()
}

fn measures(name: &str, noun: &str, label: &str, made: &DraftColumns) -> Vec<Measure> {
    // A level does not add up over days.
    if made.is_snapshot {
        return Vec::new();
    }
    let mut measures = vec![Measure {
        name: format!("{name}_{noun}_count"),
        kind: "BIGINT",
        value: "count(*)".to_owned(),
        unit: "count",
        label: format!("{label}: {}", noun.replace('_', " ")),
        about: format!("How many {} there are.", noun.replace('_', " ")),
    }];
    for column in made.columns.iter().filter(|column| column.adds_up).take(MOST_MEASURES) {
        let is_money = column.unit == Some("money");
        let (kind, value) = match is_money {
            true => ("DECIMAL(38, 6)", format!("sum(round(m.{} * r.rate, 6))", column.name)),
            false if column.kind == "BIGINT" => ("BIGINT", format!("sum(m.{})", column.name)),
            false => ("DECIMAL(38, 6)", format!("sum(m.{})", column.name)),
        };
        measures.push(Measure {
            name: format!("{name}_{}", column.name),
            kind,
            value,
            unit: if is_money { "money" } else { "count" },
            label: format!("{label}: {}", column.name.replace('_', " ")),
            about: format!("Sum of {} of {}.", column.name.replace('_', " "), noun.replace('_', " ")),
        });
    }
    measures
}

/// What to look at before figures are believed.
fn notes(list: &sample::FoundList, made: &DraftColumns, body: &Value) -> Vec<String> {
    let mut notes = vec![format!("{} records at {}, known by {}", list.records, list.path, made.key.join(", "))];
    if made.is_snapshot {
        notes.push(
            "records say no day: those of each day's reading are kept, and nothing is summed over days".to_owned(),
        );
    }
    if !made.left_out.is_empty() {
        notes.push(format!("left out, as they tell who somebody is: {}", made.left_out.join(", ")));
    }
    let others: Vec<String> = lists(body).into_iter().skip(1).map(|other| other.path).collect();
    if !others.is_empty() {
        notes.push(format!("other lists in the answer: {}", others.join(", ")));
    }
    notes
}

#[cfg(test)]
mod tests;
