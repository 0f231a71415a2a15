//! What may be wrong with a connector by what its trial has shown, and what to do about it.

use super::StreamTrial;
use super::pages::Seen;
use crate::connectors::spec::{ConnectorSpec, StreamSpec};
use crate::settings::unknown_remedy;
use regex::Regex;
use std::sync::LazyLock;

/// Numbers at which vendors end a page.
const FULL_PAGES: [u64; 13] = [10, 20, 25, 30, 50, 100, 150, 200, 250, 500, 1000, 5000, 10_000];
/// Names at the top of an answer that lead to a further page.
const OF_PAGES: &[&str] = &[
    "next",
    "next_page",
    "nextPage",
    "next_page_token",
    "nextPageToken",
    "next_cursor",
    "nextCursor",
    "cursor",
    "has_more",
    "hasMore",
    "more_items_in_collection",
    "pagination",
    "page_info",
    "pageInfo",
    "total_pages",
    "last_page",
];

/// Whether one of the queries names a field: `customer.city` is read where all its names stand as words.
pub fn is_read(field: &str, sql: &[&str]) -> bool {
    // The name that a column gets says nothing of what it is read from.
    static ALIAS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\bAS\s+[a-z_]\w*").ok());
    let named =
        |text: &&str| ALIAS.as_ref().map_or((*text).to_owned(), |alias| alias.replace_all(text, "").into_owned());
    let sql: Vec<String> = sql.iter().map(named).collect();
    let is_named = |text: &str, name: &str| {
        text.match_indices(name).any(|(at, _)| {
            let is_word = |sign: char| sign.is_alphanumeric() || sign == '_';
            let before = text[..at].chars().next_back();
            let after = text[at + name.len()..].chars().next();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
    };
    sql.iter().any(|text| field.split('.').all(|name| is_named(text, name)))
}

/// What to look at in a stream that could be asked.
pub fn warnings(seen: &Seen, stream: &StreamSpec, trial: &StreamTrial) -> Vec<String> {
    let mut warnings = Vec::new();
    let records = trial.records.unwrap_or_default();
    let is_paged = stream.paging.kind().is_some();
    if !is_paged && seen.pages == 1 {
        let leads: Vec<&str> = OF_PAGES
            .iter()
            .copied()
            .filter(|name| seen.names.iter().chain(&seen.nested).any(|own| own == name))
            .collect();
        if !leads.is_empty() {
            warnings.push(format!(
                "the answer has {}, and no [paging] is said: only its first page is read",
                leads.join(", ")
            ));
        } else if FULL_PAGES.contains(&records) {
            warnings.push(format!(
                "the list has exactly {records} records, and no [paging] is said: look whether the vendor has more"
            ));
        }
    }
    if trial.error.is_some() {
        return warnings;
    }
    if stream.list_pointer().is_some() && trial.records.is_none() && !seen.lists.is_empty() {
        warnings.push(format!(
            "records = {} leads to no list; the answer has {}: new fields and rejected records are looked for there",
            stream.records,
            named(seen).join(", ")
        ));
        return warnings;
    }
    if trial.rows == 0 && records > 0 {
        let files: Vec<String> = stream.loads.iter().map(|load| load.sql_file()).collect();
        warnings.push(format!(
            "the list {} has {records} records, of which {} makes no row: the path in the query must be the same",
            stream.records,
            files.join(", ")
        ));
    } else if trial.rows == 0 {
        warnings.push(format!(
            "{} is empty: nothing would load; ask for more days with --days, or look at the request above",
            stream.records
        ));
    } else if trial.quarantined == trial.rows {
        warnings.push(
            "every row is quarantined: the reasons below say which field is not as the query reads it".to_owned(),
        );
    }
    warnings
}

/// The longest lists of an answer.
fn named(seen: &Seen) -> Vec<String> {
    seen.lists.iter().take(3).map(|list| format!("{} ({} records)", list.path, list.records)).collect()
}

/// What to do about a load that failed.
pub fn remedy(spec: &ConnectorSpec, stream: &str, error: &str, seen: &Seen, tables: &[String]) -> String {
    let folder = format!("config/connectors/{}", spec.name);
    let loads = || spec.streams.get(stream).into_iter().flat_map(|stream| &stream.loads);
    if error.contains("where the list") {
        let told = named(seen);
        return match told.is_empty() {
            true => match seen.names.is_empty() {
                true => "the answer holds no list of records: look at the request above".to_owned(),
                false => format!(
                    "the answer has {} and no list of records: look at the request above",
                    seen.names.join(", ")
                ),
            },
            false => format!(
                "the answer has {}: write it as records in {folder}/connector.toml and in the query",
                told.join(", ")
            ),
        };
    }
    if let Some((_, name)) = error.split_once("there is no table core.") {
        let known: Vec<&str> = tables.iter().map(String::as_str).collect();
        let name = name.split(|sign: char| !sign.is_alphanumeric() && sign != '_').next().unwrap_or_default();
        return format!(
            "write {folder}/facts/{name}.toml, which says what its rows are, or name another table: {}",
            unknown_remedy(name, &known, "tables")
        );
    }
    let named = loads().find(|load| error.contains(&format!("into {}", load.table)));
    match named.or_else(|| loads().next()) {
        Some(load) => format!(
            "mend {folder}/{}: it must yield every column of core.{} (`daybook tables {}`), page_no, record_no and problem",
            load.sql_file(),
            load.table,
            load.table
        ),
        None => format!("look at {folder}/connector.toml"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_where_each_of_its_names_is_a_word_of_the_query() {
        let sql = ["SELECT r ->> '$.customer.city' AS city, r ->> '$.id' AS order_id"];
        assert!(is_read("customer.city", &sql) && is_read("id", &sql));
        assert!(
            !is_read("order_id", &sql)
                && !is_read("order", &sql)
                && !is_read("customer.name", &sql)
                && !is_read("paid", &sql)
        );
    }
}
