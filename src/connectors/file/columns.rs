//! Which column of a file is which field. Pure.

use super::{FileDrop, refused, shown};
use crate::connectors::error::ConnectorError;
use crate::support::nearest::nearest;

/// Where a field's values come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub field: &'static str,
    /// Places of columns, counted from 0; the first that is not blank counts.
    pub columns: Vec<usize>,
    /// The value of every row, where the mapping says so.
    pub constant: Option<String>,
}

/// A column's name as it is compared: lower case, `_` for all that is no letter or digit.
pub fn tidy(name: &str) -> String {
    let mut tidy = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            tidy.push(letter);
        } else if !tidy.ends_with('_') {
            tidy.push('_');
        }
    }
    tidy.trim_matches('_').to_owned()
}

/// Finds each field's columns, and notes columns that look like a field's name misspelt. A field
/// that a file cannot do without and that no column holds refuses the file.
pub fn resolve(file: &str, columns: &[String], drop: &FileDrop) -> Result<(Vec<Source>, Vec<String>), ConnectorError> {
    let tidied: Vec<String> = columns.iter().map(|name| tidy(name)).collect();
    let sources = match &drop.mapping {
        None => by_preset(drop, &tidied),
        Some(mapping) => {
            let mut sources = Vec::new();
            for field in drop.preset.spec().fields {
                let named = || mapping.columns.iter().filter(|(_, of)| of == field.name).map(|(column, _)| column);
                let mut places = Vec::new();
                for column in named() {
                    places.extend(place(file, column, columns, &tidied)?);
                }
                let constant =
                    mapping.constants.iter().find(|(of, _)| of == field.name).map(|(_, value)| value.clone());
                if !places.is_empty() || constant.is_some() {
                    sources.push(Source { field: field.name, columns: places, constant });
                }
            }
            sources
        }
    };
    let is_found = |name: &str| sources.iter().any(|source| source.field == name);
    if let Some(missing) = drop.preset.spec().fields.iter().find(|field| field.is_required && !is_found(field.name)) {
        return Err(missing_field(file, missing, columns, &tidied));
    }
    if let Some(twice) = sources.iter().find_map(|source| repeated(source, &tidied)) {
        let message = format!("two columns are called {:?}", shown(&columns[twice]));
        return Err(refused(file, Some(1), &message, "keep one of the two, or rename the other"));
    }
    let notes = if drop.mapping.is_none() { near_misses(file, drop, columns, &tidied, &sources) } else { Vec::new() };
    Ok((sources, notes))
}

fn by_preset(drop: &FileDrop, tidied: &[String]) -> Vec<Source> {
    let fields = drop.preset.spec().fields.iter();
    fields
        .filter_map(|field| {
            let names = std::iter::once(field.name).chain(field.also.iter().copied());
            let columns: Vec<usize> =
                names.flat_map(|name| (0..tidied.len()).filter(move |index| tidied[*index] == name)).collect();
            (!columns.is_empty()).then_some(Source { field: field.name, columns, constant: None })
        })
        .collect()
}

/// The places of a column that a mapping names.
fn place(file: &str, column: &str, columns: &[String], tidied: &[String]) -> Result<Vec<usize>, ConnectorError> {
    let wanted = tidy(column);
    let places: Vec<usize> = (0..tidied.len()).filter(|index| tidied[*index] == wanted).collect();
    if places.is_empty() {
        let known: Vec<&str> = tidied.iter().map(String::as_str).collect();
        let remedy = nearest(&wanted, &known)
            .and_then(|near| tidied.iter().position(|name| name == near))
            .map_or_else(|| has(columns), |index| format!("did you mean {:?}?", shown(&columns[index])));
        let message = format!("there is no column {:?}, which the mapping names", shown(column));
        return Err(refused(file, Some(1), &message, &remedy));
    }
    Ok(places)
}

fn missing_field(file: &str, field: &super::Field, columns: &[String], tidied: &[String]) -> ConnectorError {
    let names = || std::iter::once(field.name).chain(field.also.iter().copied());
    let known: Vec<&str> = tidied.iter().map(String::as_str).collect();
    let near =
        names().find_map(|name| nearest(name, &known)).and_then(|near| known.iter().position(|name| *name == near));
    let message = format!("there is no column {:?}", field.name);
    let remedy = match near {
        Some(index) => format!(
            "did you mean it by {:?}? Rename that column, or map it in the configuration",
            shown(&columns[index])
        ),
        None => format!("{}; rename one, or write a mapping in the configuration", has(columns)),
    };
    refused(file, Some(1), &message, &remedy)
}

fn has(columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().take(12).map(|name| format!("{:?}", shown(name))).collect();
    let more = if columns.len() > 12 { ", …" } else { "" };
    format!("it has {}{more}", names.join(", "))
}

/// Two of a field's columns with one and the same name; JSON objects may spell a name in two ways.
fn repeated(source: &Source, tidied: &[String]) -> Option<usize> {
    let repeats = |at: &usize| source.columns.iter().any(|other| other < at && tidied[*other] == tidied[*at]);
    source.columns.iter().copied().find(repeats)
}

fn near_misses(file: &str, drop: &FileDrop, columns: &[String], tidied: &[String], sources: &[Source]) -> Vec<String> {
    let missing: Vec<&str> = drop
        .preset
        .spec()
        .fields
        .iter()
        .map(|field| field.name)
        .filter(|name| !sources.iter().any(|source| source.field == *name))
        .collect();
    let is_read = |index: usize| sources.iter().any(|source| source.columns.contains(&index));
    let unread = (0..columns.len()).filter(|index| !is_read(*index));
    unread
        .filter_map(|index| {
            let near = nearest(&tidied[index], &missing)?;
            Some(format!(
                "{}: the column {:?} is not read; did you mean {near:?}?",
                shown(file),
                shown(&columns[index])
            ))
        })
        .take(5)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Mapping, Preset};
    use super::*;

    fn drop(preset: Preset) -> FileDrop {
        FileDrop::new("".into(), preset)
    }

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn names_are_found_by_synonym_whatever_their_case() {
        let (sources, notes) = resolve(
            "a.csv",
            &columns(&["Network", " USERNAME ", "Program", "Live Date", "Cost", "curency"]),
            &drop(Preset::Influencer),
        )
        .expect("resolved");
        let found: Vec<(&str, usize)> = sources.iter().map(|source| (source.field, source.columns[0])).collect();
        assert_eq!(found, [("platform", 0), ("handle", 1), ("campaign", 2), ("posted_at", 3), ("fee", 4)]);
        assert_eq!(notes, ["a.csv: the column \"curency\" is not read; did you mean \"currency\"?"]);
    }

    #[test]
    fn a_wrong_column_is_told_with_the_nearest_name() {
        let told = |names: &[&str]| {
            resolve("b.csv", &columns(names), &drop(Preset::Budgets)).expect_err("refused").to_string()
        };
        assert_eq!(
            told(&["month", "chanel", "amount"]),
            "b.csv, line 1: there is no column \"channel\"; did you mean it by \"chanel\"? Rename that column, or map it in the configuration"
        );
        assert!(told(&["Monat", "x"]).contains("it has \"Monat\", \"x\""));
        assert!(told(&["month", "channel", "amount", "Amount"]).contains("two columns are called \"Amount\""));
    }

    #[test]
    fn a_mapping_names_columns_and_constants_and_nothing_else_counts() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let mapping = Mapping {
            columns: vec![pair("Beleg-Nr.", "conversion_id"), pair("Datum", "date")],
            constants: vec![pair("currency", "EUR")],
        };
        let drop = FileDrop { mapping: Some(mapping), ..drop(Preset::OfflineConversions) };
        let (sources, _) = resolve("k.csv", &columns(&["Datum", "Beleg Nr", "amount"]), &drop).expect("resolved");
        assert_eq!(sources.len(), 3);
        assert_eq!(sources[2].constant.as_deref(), Some("EUR"));
        let wrong = resolve("k.csv", &columns(&["Datumm", "Beleg Nr"]), &drop).expect_err("refused").to_string();
        assert!(wrong.contains("no column \"Datum\", which the mapping names; did you mean \"Datumm\"?"), "{wrong}");
    }
}
