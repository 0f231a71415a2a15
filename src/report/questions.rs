//! What sections read beyond metrics: a file each below `questions/`, whose header says what it answers and whose query
//! is both what a report reads and what `explain` prints.
//!
//! Adding one: the file, and its line in `FILES`. Its header has, a line each and continued by lines that are indented:
//! - `Question`: a sentence.
//! - `Keys`: the columns that name a row; none where there is one row.
//! - `Texts`: further columns, which are no numbers.
//! - `Measures`: the columns of numbers, each with its label in quotes where it is not its name.
//! - `Facts`: the facts that it rests on; its values are final when these are. `Moved by`: facts that change what its
//!   values were, and hold none of its rows.
//! - `Absent`: what a row that is not there means: `0`, `0 where any row is there`, or nothing, where it is not known.
//! - `Known since`: the table whose first day is that of the answers.
//! - `Says`: a value in words, with `{measure}`, `{label}` and each key in braces; `Whole`: the same of all rows.
//!
//! The query has the parameters `$workspace`, `$start` and `$end`, the first day and the first day after.

use crate::domain::period::Period;
use crate::report::format::Locale;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

/// Every question by its name.
const FILES: [(&str, &str); 5] = [
    ("leads_by_hour", include_str!("questions/leads_by_hour.sql")),
    ("mrr_movements", include_str!("questions/mrr_movements.sql")),
    ("pages", include_str!("questions/pages.sql")),
    ("payments_by_hour", include_str!("questions/payments_by_hour.sql")),
    ("posts", include_str!("questions/posts.sql")),
];

/// A question as its file says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    pub about: String,
    pub keys: Vec<String>,
    pub texts: Vec<String>,
    /// With their labels.
    pub measures: Vec<(String, String)>,
    pub facts: Vec<String>,
    pub moved_by: Vec<String>,
    pub absent: Absent,
    /// e.g. `core.page_daily`.
    pub known_since: Option<String>,
    says: String,
    whole: String,
    query: String,
}

/// What it means that a row is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Absent {
    #[default]
    Unknown,
    Zero,
    /// Zero, where there is any row.
    ZeroIfAny,
}

/// The rows of a question in a period, by their keys. Hostile text is possible.
pub type Answers = BTreeMap<Vec<String>, Answer>;

/// A row of a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// By column; absent where null.
    pub texts: BTreeMap<String, String>,
    /// By measure; absent where null.
    pub values: BTreeMap<String, Decimal>,
}

impl Answer {
    pub fn text(&self, column: &str) -> &str {
        self.texts.get(column).map_or("", String::as_str)
    }

    pub fn value(&self, measure: &str) -> Option<Decimal> {
        self.values.get(measure).copied()
    }
}

static ALL: LazyLock<BTreeMap<&str, Question>> = LazyLock::new(|| {
    // A test reads each of them.
    FILES.iter().filter_map(|(name, text)| Some((*name, Question::read(text).ok()?))).collect()
});

/// A question that ships; a receipt of another version may ask one that is not known.
pub fn question(name: &str) -> Option<&'static Question> {
    ALL.get(name)
}

/// Every question that ships, by its name.
#[cfg(test)]
pub fn all() -> impl Iterator<Item = (&'static str, &'static Question)> {
    ALL.iter().map(|(name, question)| (*name, question))
}

/// Whether any question rests on a fact.
pub fn rest_on(fact: &str) -> bool {
    ALL.values().any(|question| question.facts.iter().any(|own| own == fact))
}

impl Question {
    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut fields: Vec<(&str, String)> = Vec::new();
        let mut lines = text.lines();
        for line in lines.by_ref().take_while(|line| line.starts_with("--")) {
            let line = line.trim_start_matches("--");
            match line.trim().split_once(": ") {
                Some((name, value)) if FIELDS.contains(&name) => fields.push((name, value.to_owned())),
                _ if line.starts_with("   ") => {
                    if let Some((_, value)) = fields.last_mut() {
                        *value = format!("{value} {}", line.trim());
                    }
                }
                // Prose, whose continued lines belong to it.
                _ => fields.push(("", String::new())),
            }
        }
        let of = |name: &str| fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value.as_str());
        let required = |name: &str| of(name).ok_or_else(|| format!("its header has no {name}"));
        let list = |name: &str| -> Vec<String> {
            of(name).map(|all| all.split(',').map(|one| one.trim().to_owned()).collect()).unwrap_or_default()
        };
        let measure = |text: String| match text.split_once(' ') {
            Some((name, label)) => (name.to_owned(), label.trim().trim_matches('"').to_owned()),
            None => (text.clone(), text.replace('_', " ")),
        };
        required("Measures")?;
        required("Facts")?;
        let says = required("Says")?;
        let query: Vec<&str> = text.lines().skip_while(|line| line.starts_with("--")).collect();
        let query = query.join("\n").trim_end().to_owned();
        for parameter in PARAMETERS {
            if !query.contains(parameter) {
                return Err(format!("its query has no {parameter}"));
            }
        }
        Ok(Self {
            about: required("Question")?.to_owned(),
            keys: list("Keys"),
            texts: list("Texts"),
            measures: list("Measures").into_iter().map(measure).collect(),
            facts: list("Facts"),
            moved_by: list("Moved by"),
            absent: match of("Absent") {
                None => Absent::Unknown,
                Some("0") => Absent::Zero,
                Some("0 where any row is there") => Absent::ZeroIfAny,
                Some(other) => return Err(format!("Absent: {other:?} is none of those that are known")),
            },
            known_since: of("Known since").map(str::to_owned),
            says: says.to_owned(),
            whole: of("Whole").unwrap_or(says).to_owned(),
            query,
        })
    }

    /// What a measure is called.
    pub fn label(&self, measure: &str) -> &str {
        self.measures.iter().find(|(name, _)| name == measure).map_or("", |(_, label)| label)
    }

    /// The query with its parameters written as `values`: the workspace, the first day and the first day after.
    pub fn query(&self, values: [&str; 3]) -> String {
        // The workspace last: what is written in its place is replaced no more.
        PARAMETERS.iter().zip(values).rev().fold(self.query.clone(), |query, (name, value)| query.replace(name, value))
    }

    /// A value of a row, or the sum of all rows where no key is named.
    pub fn value(&self, answers: &Answers, keys: &BTreeMap<String, String>, measure: &str) -> Option<Decimal> {
        let is_named = |row: &Vec<String>| {
            self.keys.iter().zip(row).all(|(key, own)| keys.get(key).is_none_or(|wanted| wanted == own))
        };
        let rows = answers.iter().filter(|(row, _)| is_named(row));
        let values = rows.filter_map(|(_, answer)| answer.value(measure));
        let sum = values.fold(None, |sum: Option<Decimal>, value| Some(sum.unwrap_or_default() + value));
        sum.or(match self.absent {
            Absent::Unknown => None,
            Absent::Zero => Some(Decimal::ZERO),
            Absent::ZeroIfAny => (!answers.is_empty()).then_some(Decimal::ZERO),
        })
    }

    /// The query of such a value; `literal` writes a text as SQL does.
    pub fn sql(
        &self,
        keys: &BTreeMap<String, String>,
        measure: &str,
        (workspace, period): (&str, Period),
        literal: fn(&str) -> String,
    ) -> String {
        let (start, end) = (format!("DATE '{}'", period.start), format!("DATE '{}'", period.end));
        let query = self.query([&literal(workspace), &start, &end]);
        let named: Vec<String> = keys.iter().map(|(key, value)| format!("{key} = {}", literal(value))).collect();
        let named = named.join(" AND ");
        let rows = if named.is_empty() { String::new() } else { format!("\nWHERE {named}") };
        match self.absent {
            Absent::Unknown => format!("SELECT sum({measure}) FROM (\n{query}\n){rows}"),
            Absent::Zero => format!("SELECT coalesce(sum({measure}), 0) FROM (\n{query}\n){rows}"),
            Absent::ZeroIfAny => {
                let rows = if named.is_empty() { String::new() } else { format!(" FILTER (WHERE {named})") };
                format!("SELECT CASE WHEN count(*) > 0 THEN coalesce(sum({measure}){rows}, 0) END FROM (\n{query}\n)")
            }
        }
    }

    /// A value in words.
    pub fn definition(&self, keys: &BTreeMap<String, String>, measure: &str) -> String {
        let mut text = String::new();
        // In one pass: values may have braces themselves.
        let mut rest = if keys.is_empty() { self.whole.as_str() } else { self.says.as_str() };
        while let Some((before, (name, after))) = rest.split_once('{').and_then(|(b, r)| Some((b, r.split_once('}')?)))
        {
            let value = |key: &str| keys.get(key).cloned().unwrap_or_default();
            let number = |key: &str| value(key).parse::<u32>().unwrap_or_default();
            let word = match name {
                "measure" => measure.to_owned(),
                "label" => self.label(measure).to_lowercase(),
                "weekday" => Locale::STANDARD.weekday_text(number(name)).to_owned(),
                "next_hour" => (number("hour") + 1).to_string(),
                key => value(key),
            };
            let _ = write!(text, "{before}{word}");
            rest = after;
        }
        text + rest
    }
}

const FIELDS: [&str; 11] =
    ["Question", "Keys", "Texts", "Measures", "Facts", "Moved by", "Absent", "Known since", "Says", "Whole", "Inputs"];
const PARAMETERS: [&str; 3] = ["$workspace", "$start", "$end"];

#[cfg(test)]
mod tests;
