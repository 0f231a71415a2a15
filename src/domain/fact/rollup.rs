//! A rollup of an installation: a table of `mart` that one query fills for the days that changed. Its contract is the
//! header of its file.

use super::{ColumnType, PERSONAL};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A file of `jobs/rollups`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollup {
    /// The name of its table in `mart`, and of its file.
    pub id: String,
    /// What a row is, in a sentence.
    pub about: String,
    /// All but `workspace` and `date`, in order.
    pub columns: Vec<(String, ColumnType)>,
    /// What a row is known by beside `workspace` and `date`.
    pub grain: Vec<String>,
    /// Tables that it reads, as `core.<fact>` or `mart.<table>`.
    pub inputs: Vec<String>,
    /// Days up to its own that a row is made of; 1 where it is made of its own day.
    pub window_days: u32,
    pub sql: String,
    /// Relative to the root.
    pub file: PathBuf,
}

/// What is wrong with a header, with its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderProblem {
    pub line: Option<usize>,
    pub message: String,
    pub remedy: String,
}

const KEYS: [&str; 8] = ["Rollup", "Table", "Grain", "Columns", "Inputs", "Window", "Owner", "Late data"];
pub(super) const NO_PERSONS: &str = "leave it out: an erasure does not reach a rollup, so it keeps nothing of persons";
/// The longest window: two years and a leap day.
const MOST_DAYS: u32 = 731;

impl Rollup {
    /// Reads the header of a file called `id`.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn read(id: &str, file: PathBuf, text: &str) -> Result<Self, Vec<HeaderProblem>> {
        let mut found = Vec::new();
        let header = header(text, &mut found);
        let mut value = |key: &str, example: &str| -> (Option<usize>, String) {
            if let Some((line, value)) = header.get(key) {
                return (Some(*line), value.clone());
            }
            let remedy = format!("begin the file with a line such as \"-- {key}: {example}\"");
            found.push(problem(None, format!("the header has no {key}"), &remedy));
            (None, String::new())
        };
        let (_, about) = value("Rollup", "Views of each page and day.");
        let (table_at, table) = value("Table", &format!("mart.{id}"));
        let (grain_at, grain) = value("Grain", "workspace, date, page");
        let (columns_at, columns) = value("Columns", "page VARCHAR, views BIGINT");
        let (_, inputs) = value("Inputs", "core.page_daily");
        if table_at.is_some() && table != format!("mart.{id}") {
            let remedy = format!("write mart.{id}, or name the file after its table");
            found.push(problem(table_at, format!("{table:?} is not the table of this file"), &remedy));
        }
        let mut grain: Vec<String> = parts(&grain);
        if grain_at.is_some() && (grain.len() < 2 || grain[..2] != ["workspace", "date"]) {
            let remedy = "begin it with workspace, date: days are computed anew as they change";
            found.push(problem(grain_at, "the grain has no workspace and date".to_owned(), remedy));
        }
        grain = grain.split_off(grain.len().min(2));
        let columns = read_columns(columns_at, &columns, &mut found);
        for name in grain.iter().filter(|name| !columns.iter().any(|(column, _)| column == *name)) {
            found.push(problem(
                grain_at,
                format!("{name:?} is none of the columns"),
                "add it to Columns with its type",
            ));
        }
        let window_days = match header.get("Window") {
            None => 1,
            Some((line, text)) => {
                let days = text.strip_suffix(" days").and_then(|days| days.trim().parse().ok());
                days.filter(|days| (1..=MOST_DAYS).contains(days)).unwrap_or_else(|| {
                    let remedy =
                        format!("write 1 to {MOST_DAYS} days, e.g. 28 days: those up to its own that a row is made of");
                    found.push(problem(Some(*line), format!("{text:?} is no window"), &remedy));
                    1
                })
            }
        };
        let inputs = parts(inputs.split(';').next().unwrap_or_default());
        if !found.is_empty() {
            return Err(found);
        }
        Ok(Self { id: id.to_owned(), about, columns, grain, inputs, window_days, sql: text.to_owned(), file })
    }
}

/// Puts each rollup behind those it reads.
///
/// # Errors
/// The ids of rollups that read one another in a circle.
pub fn in_order(mut waiting: Vec<Rollup>) -> Result<Vec<Rollup>, Vec<String>> {
    let mut ordered: Vec<Rollup> = Vec::new();
    while !waiting.is_empty() {
        let ids: BTreeSet<String> = waiting.iter().map(|rollup| format!("mart.{}", rollup.id)).collect();
        let (ready, rest): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|rollup| !rollup.inputs.iter().any(|input| ids.contains(input)));
        if ready.is_empty() {
            return Err(rest.into_iter().map(|rollup| rollup.id).collect());
        }
        ordered.extend(ready);
        waiting = rest;
    }
    Ok(ordered)
}

/// The values of the header by key, with their lines; lines that begin with more than one space go on with the one
/// before.
fn header(text: &str, found: &mut Vec<HeaderProblem>) -> BTreeMap<String, (usize, String)> {
    let mut values: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut last: Option<String> = None;
    for (index, line) in text.lines().enumerate() {
        let Some(comment) = line.strip_prefix("--") else { break };
        if let (Some(key), true) = (&last, comment.starts_with("  ")) {
            if let Some((_, value)) = values.get_mut(key) {
                *value = format!("{value} {}", comment.trim());
            }
            continue;
        }
        let Some((key, value)) = comment.split_once(':') else {
            last = None;
            continue;
        };
        let (key, at) = (key.trim(), Some(index + 1));
        if !KEYS.contains(&key) {
            let remedy =
                format!("the header has {}; write other comments below the first line of SQL", KEYS.join(", "));
            found.push(problem(at, format!("there is no {key:?} in a header"), &remedy));
        } else if values.insert(key.to_owned(), (index + 1, value.trim().to_owned())).is_some() {
            found.push(problem(at, format!("{key} stands twice"), "keep one"));
        }
        last = Some(key.to_owned());
    }
    values
}

fn read_columns(at: Option<usize>, text: &str, found: &mut Vec<HeaderProblem>) -> Vec<(String, ColumnType)> {
    let mut columns: Vec<(String, ColumnType)> = Vec::new();
    for part in parts(text) {
        let (name, kind) = part.split_once(' ').unwrap_or((&part, ""));
        let Some(kind) = ColumnType::parse(kind) else {
            let remedy = "write a name and a type, e.g. views BIGINT, revenue DECIMAL(18, 6) or page VARCHAR";
            found.push(problem(at, format!("{part:?} is no column"), remedy));
            continue;
        };
        let is_id = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !is_id {
            found.push(problem(at, format!("{name:?} is no name of a column"), "use lower-case letters, digits and _"));
        } else if ["workspace", "date"].contains(&name) || columns.iter().any(|(column, _)| column == name) {
            found.push(problem(
                at,
                format!("{name:?} is there already"),
                "leave it out: workspace and date go without saying",
            ));
        } else if PERSONAL.iter().any(|(personal, _, _)| *personal == name) {
            found.push(problem(at, format!("{name:?} names a person"), NO_PERSONS));
        } else {
            columns.push((name.to_owned(), kind));
        }
    }
    columns
}

/// The parts of a list, by commas that stand in no parentheses.
fn parts(text: &str) -> Vec<String> {
    let (mut depth, mut all) = (0, vec![String::new()]);
    for letter in text.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        match all.last_mut() {
            Some(_) if letter == ',' && depth == 0 => all.push(String::new()),
            Some(part) => part.push(letter),
            None => {}
        }
    }
    all.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn problem(line: Option<usize>, message: String, remedy: &str) -> HeaderProblem {
    HeaderProblem { line, message, remedy: remedy.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "-- Rollup: Views of each page and day.\n-- Table: mart.page_views\n-- Grain: workspace, date, page\n\
        -- Columns: page VARCHAR, views BIGINT,\n--   revenue DECIMAL(18, 6)\n-- Inputs: core.page_daily; pages as GA4 has them\n\
        -- Window: 28 days\nSELECT 1 -- Table: no\n";

    fn read(text: &str) -> Result<Rollup, Vec<HeaderProblem>> {
        Rollup::read("page_views", PathBuf::from("jobs/rollups/page_views.sql"), text)
    }

    #[test]
    fn a_header_is_a_contract() {
        let rollup = read(GOOD).expect("sound");
        assert_eq!(rollup.grain, ["page"]);
        assert_eq!(rollup.inputs, ["core.page_daily"]);
        assert_eq!(rollup.window_days, 28);
        let names: Vec<_> = rollup.columns.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
        assert_eq!(names, ["page VARCHAR", "views BIGINT", "revenue DECIMAL(18, 6)"]);
    }

    #[test]
    fn what_is_wrong_with_a_header_is_reported_with_its_line() {
        let told = |text: &str| -> Vec<String> {
            let found = read(text).expect_err("refused");
            found.into_iter().map(|one| format!("{} {}", one.line.unwrap_or(0), one.message)).collect()
        };
        assert_eq!(
            told(&GOOD.replace("mart.page_views", "mart.other")),
            ["2 \"mart.other\" is not the table of this file"]
        );
        assert_eq!(told(&GOOD.replace("workspace, date, page", "page")), ["3 the grain has no workspace and date"]);
        assert_eq!(told(&GOOD.replace("date, page", "date, channel")), ["3 \"channel\" is none of the columns"]);
        assert_eq!(told(&GOOD.replace("views BIGINT", "person_key VARCHAR")), ["4 \"person_key\" names a person"]);
        assert_eq!(told(&GOOD.replace("views BIGINT", "views HUGE")), ["4 \"views HUGE\" is no column"]);
        assert_eq!(told(&GOOD.replace("28 days", "a month")), ["7 \"a month\" is no window"]);
        assert_eq!(told(&GOOD.replace("-- Window", "-- Windows")), ["7 there is no \"Windows\" in a header"]);
        assert_eq!(told("SELECT 1").len(), 5);
    }

    #[test]
    fn rollups_run_behind_what_they_read() {
        let of = |id: &str, input: &str| Rollup {
            id: id.to_owned(),
            inputs: vec![input.to_owned()],
            ..read(GOOD).expect("sound")
        };
        let ids = |all: Vec<Rollup>| all.into_iter().map(|rollup| rollup.id).collect::<Vec<_>>();
        let all = vec![of("a", "mart.b"), of("b", "mart.c"), of("c", "mart.metric_daily")];
        assert_eq!(ids(in_order(all).expect("an order")), ["c", "b", "a"]);
        assert_eq!(in_order(vec![of("a", "mart.b"), of("b", "mart.a")]), Err(vec!["a".to_owned(), "b".to_owned()]));
    }
}
