//! Which column of a file is which field. Pure.

use super::shape::{Found, Refusal, find, shown, tidy};
use super::{Field, FileDrop};
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

/// The names that a header may have for each field, and whether a file is of no use without it.
pub fn wanted(drop: &FileDrop) -> Vec<(bool, Vec<String>)> {
    let fields = drop.preset.spec().fields.iter();
    match &drop.mapping {
        None => fields.map(|field| (field.is_required, names(field).map(tidy).collect())).collect(),
        Some(mapping) => mapping.columns.iter().map(|(column, _)| (true, vec![tidy(column)])).collect(),
    }
}

fn names(field: &Field) -> impl Iterator<Item = &'static str> {
    std::iter::once(field.name).chain(field.also.iter().copied())
}

/// Finds each field's columns, and notes columns that look like a field's name misspelt. A field
/// that a file cannot do without and that no column holds refuses the file.
pub fn resolve(file: &str, found: &Found, drop: &FileDrop) -> Result<(Vec<Source>, Vec<String>), Refusal> {
    let columns = found.columns.as_slice();
    let line = Some(found.header_line).filter(|line| *line > 0);
    let mut sources = Vec::new();
    for field in drop.preset.spec().fields {
        let mut places = Vec::new();
        let mut constant = None;
        match &drop.mapping {
            None => {
                for name in names(field) {
                    places.extend(place(line, name, columns)?);
                }
            }
            Some(mapping) => {
                for (column, _) in mapping.columns.iter().filter(|(_, of)| of == field.name) {
                    let Some(at) = place(line, column, columns)? else {
                        return Err(no_column(line, column, columns));
                    };
                    places.push(at);
                }
                constant = mapping.constants.iter().find(|(of, _)| of == field.name).map(|(_, value)| value.clone());
            }
        }
        places.dedup();
        if !places.is_empty() || constant.is_some() {
            sources.push(Source { field: field.name, columns: places, constant });
        }
    }
    let is_found = |name: &str| sources.iter().any(|source| source.field == name);
    let missing: Vec<&Field> =
        drop.preset.spec().fields.iter().filter(|field| field.is_required && !is_found(field.name)).collect();
    if !missing.is_empty() {
        return Err(missing_fields(line, &missing, columns));
    }
    let notes = if drop.mapping.is_none() { near_misses(file, drop, columns, &sources) } else { Vec::new() };
    Ok((sources, notes))
}

/// The place of a column: the exact name first.
fn place(line: Option<u64>, name: &str, columns: &[String]) -> Result<Option<usize>, Refusal> {
    find(columns, name)
        .map_err(|ambiguous| Refusal::new(line, ambiguous.to_string(), "keep one of the two, or rename the other"))
}

fn no_column(line: Option<u64>, column: &str, columns: &[String]) -> Refusal {
    let tidied: Vec<String> = columns.iter().map(|name| tidy(name)).collect();
    let known: Vec<&str> = tidied.iter().map(String::as_str).collect();
    let near = nearest(&tidy(column), &known).and_then(|near| tidied.iter().position(|name| name == near));
    let near = near.or_else(|| tidied.iter().position(|name| name.starts_with(&format!("{}_", tidy(column)))));
    let remedy = near
        .map_or_else(|| has(columns), |index| format!("did you mean {:?}? {}", shown(&columns[index]), has(columns)));
    let remedy = format!("{remedy}; if the names stand in another line, say which: header_line = 3");
    Refusal::new(line, format!("there is no column {:?}, which the mapping names", shown(column)), remedy)
}

/// All that is missing at once.
fn missing_fields(line: Option<u64>, missing: &[&Field], columns: &[String]) -> Refusal {
    let tidied: Vec<String> = columns.iter().map(|name| tidy(name)).collect();
    let known: Vec<&str> = tidied.iter().map(String::as_str).collect();
    let list: Vec<String> = missing.iter().map(|field| format!("{:?}", field.name)).collect();
    let near: Vec<String> = missing
        .iter()
        .filter_map(|field| {
            // With several missing, what each may be is not worth guessing.
            let near = names(field).find_map(|name| nearest(name, &known)).filter(|_| missing.len() == 1)?;
            let index = tidied.iter().position(|name| name == near)?;
            Some(format!("did you mean it by {:?}?", shown(&columns[index])))
        })
        .collect();
    let pairs: Vec<String> = missing.iter().map(|field| format!("\"…\" = {:?}", field.name)).collect();
    let mapping =
        format!("rename columns, or map them: mapping = {{ target = …, columns = {{ {} }} }}", pairs.join(", "));
    let (are, near) = (if missing.len() == 1 { "is no column" } else { "are no columns" }, near.join(" "));
    let remedy = if near.is_empty() { format!("{}; {mapping}", has(columns)) } else { format!("{near} Or {mapping}") };
    Refusal::new(line, format!("there {are} {}", list.join(", ")), remedy)
}

fn has(columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().take(12).map(|name| format!("{:?}", shown(name))).collect();
    let more = if columns.len() > 12 { ", …" } else { "" };
    format!("it has {}{more}", names.join(", "))
}

fn near_misses(file: &str, drop: &FileDrop, columns: &[String], sources: &[Source]) -> Vec<String> {
    let fields = drop.preset.spec().fields.iter().map(|field| field.name);
    let missing: Vec<&str> = fields.filter(|name| !sources.iter().any(|source| source.field == *name)).collect();
    let is_read = |index: usize| sources.iter().any(|source| source.columns.contains(&index));
    let unread = (0..columns.len()).filter(|index| !is_read(*index));
    unread
        .filter_map(|index| {
            let near = nearest(&tidy(&columns[index]), &missing)?;
            let (file, column) = (shown(file), shown(&columns[index]));
            Some(format!("{file}: the column {column:?} is not read; did you mean {near:?}?"))
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

    fn columns(names: &[&str]) -> Found {
        let columns = names.iter().map(|name| (*name).to_owned()).collect();
        Found { columns, header_line: 1, ..Found::default() }
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
            ", line 1: there is no column \"channel\"; did you mean it by \"chanel\"? Or rename columns, or map them: mapping = { target = …, columns = { \"…\" = \"channel\" } }"
        );
        assert!(told(&["Monat", "x"]).contains("it has \"Monat\", \"x\""));
        assert!(told(&["month", "channel", "amount", "amount"]).contains("two columns are called \"amount\""));
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
