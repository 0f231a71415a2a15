//! What is reported of a file's columns: questions that an admin has to answer, and what is missing.

use super::Source;
use crate::connectors::file::preset::{COUNTS, NONE, Preset};
use crate::connectors::file::shape::{Refusal, header_matches, shown, tidy};
use crate::connectors::file::target::{Field, Target};
use crate::support::nearest::nearest;

/// Refuses a file whose rows have a last day that nobody reads: cost of a month would lie on its first day.
pub(super) fn one_day(
    line: Option<u64>,
    preset: &Preset,
    columns: &[String],
    sources: &[Source],
) -> Result<(), Refusal> {
    const SPANS: [&str; 12] =
        ["week", "month", "year", "woche", "monat", "jahr", "semaine", "mois", "semana", "mes", "settimana", "mese"];
    const ENDS: [&str; 18] = [
        "end_date",
        "date_end",
        "enddate",
        "end",
        "reporting_ends",
        "period_end",
        "date_to",
        "to_date",
        "week_end",
        "month_end",
        "enddatum",
        "bis",
        "datum_bis",
        "date_de_fin",
        "fecha_fin",
        "data_fine",
        "end_time",
        "endzeit",
    ];
    let is_read = |name: &str| sources.iter().any(|source| source.field.name == name);
    if preset.target.spec().field("date_end").is_none() || is_read("date_end") || !is_read("date") {
        return Ok(());
    }
    let of_days = sources.iter().filter(|source| source.field.name == "date").flat_map(|source| &source.columns);
    if let Some(span) = of_days.map(|at| &columns[*at]).find(|column| SPANS.contains(&tidy(column).as_str())) {
        let message = format!("the column {:?} is about more than one day", shown(span));
        return Err(Refusal::new(line, message, "export it by day: cost of a week would lie on its first day"));
    }
    let is_ignored = |column: &String| preset.ignored.iter().any(|header| header_matches(header, column));
    let Some(end) = columns.iter().find(|column| ENDS.contains(&tidy(column).as_str()) && !is_ignored(column)) else {
        return Ok(());
    };
    let end = shown(end);
    let message = format!("the column {end:?} may say that a row is about more than one day");
    let remedy = format!("write columns = {{ {end:?} = \"date_end\" }}, so that only rows of one day are read");
    Err(Refusal::new(line, message, remedy))
}

/// Refuses a file with columns that may mean one thing or another, where a field would be missing.
pub(super) fn ask(line: Option<u64>, preset: &Preset, columns: &[String], sources: &[Source]) -> Result<(), Refusal> {
    let mut open = Vec::new();
    for question in &preset.questions {
        let Some(column) = columns.iter().find(|column| header_matches(&question.header, column)) else { continue };
        let is_found =
            |name: &str| sources.iter().any(|source| source.field.name == name && !source.columns.is_empty());
        let is_read =
            preset.filters.iter().any(|filter| filter.headers.iter().any(|header| header_matches(header, column)));
        let fields = question.fields.iter().map(String::as_str).filter(|name| *name != NONE);
        let fields: Vec<&str> = fields.filter(|name| !is_found(name) && !is_read).collect();
        // A question about no field is one about what the others mean.
        if !fields.is_empty() || question.fields.iter().all(|name| name == NONE) {
            open.push((shown(column), fields));
        }
    }
    open.extend(unread(preset, columns, sources));
    let Some((column, fields)) = open.first() else { return Ok(()) };
    let asked: Vec<String> = open
        .iter()
        .map(|(column, fields)| match fields.as_slice() {
            [] => format!("the column {column:?} may change what the others mean"),
            [COUNTS] => format!("the column {column:?} may tell which rows count"),
            [field] => format!("the column {column:?} may be {field} or not"),
            several => format!("the column {column:?} may be {}", several.join(" or ")),
        })
        .collect();
    let remedy = match fields.first() {
        Some(&COUNTS) => format!(
            "say with which of its values a row counts: counts = {{ {column:?} = [\"…\", \"…\"] }} in the connection; where all rows count, columns = {{ {column:?} = \"none\" }}"
        ),
        Some(field) => format!(
            "say which in the connection: columns = {{ {column:?} = {field:?} }}, or = \"none\" if it is not to be read"
        ),
        None => format!("where it does not, write columns = {{ {column:?} = \"none\" }} in the connection"),
    };
    Err(Refusal::new(line, asked.join("; "), remedy))
}

/// Columns of orders that nobody named and that may matter: a status, and money where no amount is read.
fn unread(preset: &Preset, columns: &[String], sources: &[Source]) -> Vec<(String, Vec<&'static str>)> {
    const MONEY: [&str; 12] = [
        "total", "amount", "gross", "net", "revenue", "price", "betrag", "umsatz", "summe", "montant", "importe",
        "importo",
    ];
    // Only where a preset guesses by names at all.
    if preset.target != Target::OfflineConversions || preset.questions.is_empty() {
        return Vec::new();
    }
    let is_named = |column: &String| {
        let at = columns.iter().position(|other| other == column).unwrap_or(usize::MAX);
        let filters = preset.filters.iter().flat_map(|filter| &filter.headers);
        let mut named = preset.ignored.iter().chain(filters);
        sources.iter().any(|source| source.columns.contains(&at) || source.joined.contains(&at))
            || named.any(|header| header_matches(header, column))
    };
    let words = |column: &String| tidy(column).split('_').map(str::to_owned).collect::<Vec<_>>();
    let mut open = Vec::new();
    let status =
        columns.iter().find(|column| words(column).last().is_some_and(|word| word == "status") && !is_named(column));
    open.extend(status.map(|column| (shown(column), vec![COUNTS])));
    let is_money = |column: &&String| words(column).iter().any(|word| MONEY.contains(&word.as_str()));
    let has_answer = columns.iter().any(|column| is_money(&column) && is_named(column));
    let has_amount = sources.iter().any(|source| source.field.name == "amount");
    if !has_amount && !has_answer {
        let money = columns.iter().find(|column| is_money(column) && !is_named(column));
        open.extend(money.map(|column| (shown(column), vec!["amount"])));
    }
    open
}

pub(super) fn no_column(line: Option<u64>, column: &str, columns: &[String]) -> Refusal {
    let tidied: Vec<String> = columns.iter().map(|name| tidy(name)).collect();
    let known: Vec<&str> = tidied.iter().map(String::as_str).collect();
    let near = nearest(&tidy(column), &known).and_then(|near| tidied.iter().position(|name| name == near));
    let near = near.or_else(|| tidied.iter().position(|name| name.starts_with(&format!("{}_", tidy(column)))));
    let remedy = near
        .map_or_else(|| has(columns), |index| format!("did you mean {:?}? {}", shown(&columns[index]), has(columns)));
    let remedy = format!("{remedy}; if the names stand in another line, say which: header_line = 3");
    Refusal::new(line, format!("there is no column {:?}, which the connection names", shown(column)), remedy)
}

/// All that is missing at once.
pub(super) fn missing_fields(line: Option<u64>, preset: &Preset, missing: &[&Field], columns: &[String]) -> Refusal {
    let tidied: Vec<String> = columns.iter().map(|name| tidy(name)).collect();
    let known: Vec<&str> = tidied.iter().map(String::as_str).collect();
    let list: Vec<String> = missing.iter().map(|field| format!("{:?}", field.name)).collect();
    let near: Vec<String> = missing
        .iter()
        .filter_map(|field| {
            // With several missing, what each may be is not worth guessing.
            let headers = preset.column(field.name).map(|column| column.headers.as_slice()).unwrap_or_default();
            let mut names = headers.iter().map(|header| tidy(header)).chain([field.name.to_owned()]);
            let near = names.find_map(|name| nearest(&name, &known)).filter(|_| missing.len() == 1)?;
            let index = tidied.iter().position(|name| name == near)?;
            let column = shown(&columns[index]);
            Some(format!("did you mean it by {column:?}? Then write columns = {{ {column:?} = {:?} }}", field.name))
        })
        .collect();
    let pairs: Vec<String> = missing.iter().map(|field| format!("\"…\" = {:?}", field.name)).collect();
    let mapping = format!(
        "say which columns they are: columns = {{ {} }}, or the same in all rows: constants = {{ {} = \"…\" }}",
        pairs.join(", "),
        missing.first().map_or("", |field| field.name)
    );
    let (are, near) = (if missing.len() == 1 { "is no column" } else { "are no columns" }, near.join(" "));
    let remedy = if near.is_empty() { format!("{}; {mapping}", has(columns)) } else { near };
    Refusal::new(line, format!("there {are} {}", list.join(", ")), remedy)
}

fn has(columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().take(12).map(|name| format!("{:?}", shown(name))).collect();
    let more = if columns.len() > 12 { ", …" } else { "" };
    format!("it has {}{more}", names.join(", "))
}

pub(super) fn near_misses(file: &str, preset: &Preset, columns: &[String], sources: &[Source]) -> Vec<String> {
    // An admin who names columns knows what the others are.
    if preset.columns.iter().any(|column| column.is_stated) {
        return Vec::new();
    }
    let fields = preset.columns.iter().map(|column| column.field.name);
    let missing: Vec<&str> = fields.filter(|name| !sources.iter().any(|source| source.field.name == *name)).collect();
    let is_read =
        |index: usize| sources.iter().any(|source| source.columns.contains(&index) || source.joined.contains(&index));
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
