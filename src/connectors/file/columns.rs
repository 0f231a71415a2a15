//! Which column of a file is which field. Pure.

mod told;

use super::column::{Meaning, header_currency, names_a_value};
use super::preset::{Column, Filter, Preset, Unpivot};
use super::shape::{Found, Refusal, find, header_matches, shown, tidy};
use super::target::Field;
use super::unpivot::{Wide, plan};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use told::{ask, missing_fields, near_misses, no_column, one_day};

/// Where a field's values come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub field: &'static Field,
    /// Places of columns, counted from 0; the first that is not blank counts.
    pub columns: Vec<usize>,
    /// Places of columns that make the value together, where none of the others has one.
    pub joined: Vec<usize>,
    /// The value of every row that has no other.
    pub constant: Option<String>,
    /// The currency that a column's name states.
    pub currency: Option<&'static str>,
    /// What its numbers are multiplied by.
    pub factor: Option<Decimal>,
}

impl Source {
    /// A field in columns of its own.
    pub fn new(field: &'static Field, columns: Vec<usize>) -> Self {
        Self { field, columns, joined: Vec::new(), constant: None, currency: None, factor: None }
    }
}

/// A column that says which rows count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sieve {
    pub column: usize,
    pub filter: Filter,
}

/// What was found of a preset in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    pub sources: Vec<Source>,
    pub sieves: Vec<Sieve>,
    pub notes: Vec<String>,
}

/// The names that a header may have for each field, and whether a file is of no use without it. Fields
/// that a wide table may spread over its columns are not missed in its header.
pub fn wanted(preset: &Preset) -> Vec<(bool, Vec<String>)> {
    let mut groups = Vec::new();
    for column in &preset.columns {
        let is_needed = column.is_stated
            || (column.field.is_required
                && column.constant.is_none()
                && column.joined.is_empty()
                && !preset.is_unpivoted(column.field.name));
        if column.is_stated {
            groups.extend(column.headers.iter().map(|header| (true, vec![header.clone()])));
        } else if !column.headers.is_empty() {
            groups.push((is_needed, column.headers.clone()));
        }
        groups.extend(column.joined.iter().map(|header| (column.headers.is_empty(), vec![header.clone()])));
    }
    groups
}

/// How a wide table of the preset becomes a long one; `None` where it is not wide, or has the two fields
/// in columns of their own. `known` are the names of ours that fields take.
pub fn wide(found: &Found, preset: &Preset, known: &BTreeMap<&'static str, Vec<String>>) -> Option<Wide> {
    let Unpivot { names, values } = preset.unpivot.as_ref()?;
    let has = |field: &Field| {
        let headers = preset.column(field.name).map(|column| column.headers.as_slice()).unwrap_or_default();
        headers.iter().any(|header| found.columns.iter().any(|column| header_matches(header, column)))
    };
    if has(names) || has(values) {
        return None;
    }
    let is_named = |column: &String| {
        let mut headers = preset.columns.iter().flat_map(|of| of.headers.iter().chain(&of.joined));
        headers.any(|header| header_matches(header, column))
    };
    let is_ignored = |column: &String| preset.ignored.iter().any(|header| header_matches(header, column));
    let places = 0..found.columns.len();
    let kept: Vec<usize> =
        places.filter(|at| is_named(&found.columns[*at]) || is_ignored(&found.columns[*at])).collect();
    let reads = |name: &str| match known.get(names.name) {
        Some(known) => known.iter().any(|ours| *ours == tidy(name)),
        None => names_a_value(names.meaning, name),
    };
    plan(found, &kept, &reads)
}

/// Finds each field's columns, and notes columns that look like a field's name misspelt. A field that a
/// file cannot do without and that no column holds refuses the file, and so does a column that may mean
/// two things.
pub fn resolve(file: &str, found: &Found, preset: &Preset) -> Result<Resolved, Refusal> {
    let columns = found.columns.as_slice();
    let line = Some(found.header_line).filter(|line| *line > 0);
    let mut sources = Vec::new();
    for column in &preset.columns {
        sources.extend(source(line, column, columns)?);
    }
    // The two columns that a wide table was turned into.
    for field in preset.unpivot.iter().flat_map(|wide| [wide.names, wide.values]) {
        if let Some(at) = columns.iter().position(|name| name == field.name)
            && !sources.iter().any(|source| source.field.name == field.name)
        {
            let factor = preset.column(field.name).and_then(|column| column.factor);
            sources.push(Source { factor, ..Source::new(field, vec![at]) });
        }
    }
    ask(line, preset, columns, &sources)?;
    one_day(line, preset, columns, &sources)?;
    let is_found = |name: &str| sources.iter().any(|source| source.field.name == name);
    let fields = preset.target.spec().fields;
    let missing: Vec<&Field> = fields.iter().filter(|field| field.is_required && !is_found(field.name)).collect();
    if !missing.is_empty() {
        return Err(missing_fields(line, preset, &missing, columns));
    }
    let mut notes = near_misses(file, preset, columns, &sources);
    let mut sieves = Vec::new();
    for filter in &preset.filters {
        match places(line, &filter.headers, columns)?.first() {
            Some(column) => sieves.push(Sieve { column: *column, filter: filter.clone() }),
            None if filter.is_needed => {
                let name = filter.headers.first().map_or("", String::as_str);
                let message = format!("there is no column {name:?}, which tells the rows that count");
                return Err(Refusal::new(line, message, "export it again with that column"));
            }
            None => {
                let name = filter.headers.first().map_or("", String::as_str);
                notes.push(format!("{}: there is no column {name:?}: every row counts", shown(file)));
            }
        }
    }
    Ok(Resolved { sources, sieves, notes })
}

/// Where one field is found, if it is.
fn source(line: Option<u64>, column: &Column, columns: &[String]) -> Result<Option<Source>, Refusal> {
    let found = places(line, &column.headers, columns)?;
    if column.is_stated && found.len() < column.headers.len() {
        for header in &column.headers {
            if place(line, header, columns)?.is_none() {
                return Err(no_column(line, header, columns));
            }
        }
    }
    let joined = places(line, &column.joined, columns)?;
    let joined = if joined.len() == column.joined.len() { joined } else { Vec::new() };
    if found.is_empty() && joined.is_empty() && column.constant.is_none() {
        return Ok(None);
    }
    let currency = found.iter().find_map(|at| header_currency(&columns[*at])).map(|(_, code)| code);
    if let Some(at) = found.iter().find(|at| column.factor.is_none() && is_scaled(column.field, &columns[**at])) {
        let (header, name) = (shown(&columns[*at]), column.field.name);
        let message = format!("the column {header:?} seems to be in thousands, or in another part of the unit");
        let remedy = format!(
            "say what a number is multiplied by: factors = {{ {name} = \"1000\" }}, or \"1\" for plain amounts"
        );
        return Err(Refusal::new(line, message, remedy));
    }
    let (constant, factor) = (column.constant.clone(), column.factor);
    Ok(Some(Source { field: column.field, columns: found, joined, constant, currency, factor }))
}

/// Whether the name of a column of amounts speaks of thousands, millions, cents or millionths.
fn is_scaled(field: &Field, header: &str) -> bool {
    const WORDS: [&str; 28] = [
        "tsd",
        "tausend",
        "tausende",
        "teur",
        "tusd",
        "tchf",
        "tgbp",
        "thousand",
        "thousands",
        "milliers",
        "miles",
        "migliaia",
        "duizend",
        "k",
        "keur",
        "kusd",
        "kchf",
        "kgbp",
        "000",
        "000s",
        "mio",
        "mln",
        "millions",
        "millionen",
        "cents",
        "micros",
        "micro",
        "pence",
    ];
    let words = tidy(header);
    field.meaning == Meaning::Amount && words.split('_').any(|word| WORDS.contains(&word))
}

/// The places of the columns that have one of the names.
fn places(line: Option<u64>, names: &[String], columns: &[String]) -> Result<Vec<usize>, Refusal> {
    let mut places = Vec::new();
    for name in names {
        if let Some(at) = place(line, name, columns)?
            && !places.contains(&at)
        {
            places.push(at);
        }
    }
    Ok(places)
}

/// The place of a column: the exact name first.
fn place(line: Option<u64>, name: &str, columns: &[String]) -> Result<Option<usize>, Refusal> {
    find(columns, name)
        .map_err(|ambiguous| Refusal::new(line, ambiguous.to_string(), "keep one of the two, or rename the other"))
}

#[cfg(test)]
mod tests {
    use super::super::{Answers, Presets, Target};
    use super::*;

    fn preset(name: &str) -> Preset {
        (*Presets::built_in().get(name).expect("a preset")).clone()
    }

    fn columns(names: &[&str]) -> Found {
        let columns = names.iter().map(|name| (*name).to_owned()).collect();
        Found { columns, header_line: 1, ..Found::default() }
    }

    fn pair(a: &str, b: &str) -> (String, String) {
        (a.to_owned(), b.to_owned())
    }

    #[test]
    fn names_are_found_by_synonym_whatever_their_case_and_currency() {
        let header = columns(&["Network", " USERNAME ", "Program", "Live Date", "Cost (EUR)", "curency"]);
        let found = resolve("a.csv", &header, &preset("influencer")).expect("resolved");
        let places: Vec<(&str, usize)> =
            found.sources.iter().map(|source| (source.field.name, source.columns[0])).collect();
        assert_eq!(places, [("platform", 0), ("handle", 1), ("campaign", 2), ("posted_at", 3), ("fee", 4)]);
        assert_eq!(found.sources[4].currency, Some("EUR"));
        assert_eq!(found.notes, ["a.csv: the column \"curency\" is not read; did you mean \"currency\"?"]);
    }

    #[test]
    fn a_wrong_column_is_reported_with_the_nearest_name() {
        let told =
            |names: &[&str]| resolve("b.csv", &columns(names), &preset("budgets")).expect_err("refused").to_string();
        assert_eq!(
            told(&["month", "chanel", "amount"]),
            ", line 1: there is no column \"channel\"; did you mean it by \"chanel\"? Then write columns = { \"chanel\" = \"channel\" }"
        );
        assert!(told(&["Monat", "x"]).contains("it has \"Monat\", \"x\""));
        assert!(told(&["month", "channel", "amount", "amount"]).contains("two columns are called \"amount\""));
    }

    #[test]
    fn a_column_that_may_mean_two_things_is_asked_about() {
        let header = columns(&["platform", "handle", "campaign", "posted_at", "Sales"]);
        let told = resolve("c.csv", &header, &preset("influencer")).expect_err("refused").to_string();
        assert!(told.contains("the column \"Sales\" may be conversions or revenue"), "{told}");
        let answers = Answers { columns: vec![pair("Sales", "revenue")], ..Answers::default() };
        let found = resolve("c.csv", &header, &preset("influencer").answered(&answers)).expect("resolved");
        assert_eq!(found.sources.last().map(|source| source.field.name), Some("revenue"));
        let answers = Answers { columns: vec![pair("Sales", "none")], ..Answers::default() };
        let found = resolve("c.csv", &header, &preset("influencer").answered(&answers)).expect("resolved");
        assert_eq!(found.sources.len(), 4);
    }

    #[test]
    fn amounts_in_thousands_are_asked_about() {
        let header = columns(&["month", "channel", "Betrag (Tsd. EUR)"]);
        let told = resolve("t.csv", &header, &preset("budgets")).expect_err("refused").to_string();
        assert!(told.contains("there is no column \"amount\""), "{told}");
        let columns_are =
            |factors| Answers { columns: vec![pair("Betrag (Tsd. EUR)", "amount")], factors, ..Answers::default() };
        let told =
            resolve("t.csv", &header, &preset("budgets").answered(&columns_are(Vec::new()))).expect_err("refused");
        assert!(told.to_string().contains("factors = { amount = \"1000\" }"), "{told}");
        let answers = columns_are(vec![("amount".to_owned(), Decimal::from(1000))]);
        let found = resolve("t.csv", &header, &preset("budgets").answered(&answers)).expect("resolved");
        assert_eq!(found.sources[2].factor, Some(Decimal::from(1000)));
    }

    #[test]
    fn a_mapping_names_columns_and_constants_and_nothing_else_counts() {
        let answers = Answers {
            columns: vec![pair("Beleg-Nr.", "conversion_id"), pair("Datum", "date")],
            constants: vec![pair("currency", "EUR")],
            ..Answers::default()
        };
        let preset = Preset::mapped(Target::OfflineConversions, &answers);
        let found = resolve("k.csv", &columns(&["Datum", "Beleg Nr", "amount"]), &preset).expect("resolved");
        assert_eq!(found.sources.len(), 3);
        assert_eq!(found.sources[2].constant.as_deref(), Some("EUR"));
        let wrong = resolve("k.csv", &columns(&["Datumm", "Beleg Nr"]), &preset).expect_err("refused").to_string();
        assert!(wrong.contains("no column \"Datum\", which the connection names; did you mean \"Datumm\"?"), "{wrong}");
    }

    #[test]
    fn a_table_with_a_column_a_currency_is_wide_unless_it_has_the_fields() {
        let known = BTreeMap::new();
        assert!(wide(&columns(&["Date", "USD", "GBP", "CYP"]), &preset("ecb_rates"), &known).is_some());
        assert!(
            wide(&columns(&["month", "channel", "amount", "2026-11", "2026-12"]), &preset("budgets"), &known).is_none()
        );
        assert!(wide(&columns(&["Kanal", "Nov 2026", "Dez 2026", "Gesamt"]), &preset("budgets"), &known).is_some());
    }
}
