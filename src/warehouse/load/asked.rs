//! Whether an answer is one to what was asked: a list where one was due, of the days that were asked for.

use super::pages::last_page;
use super::{LoadRequest, Loaded, Replaces, Target};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::literal;
use chrono::{Days, NaiveDate};
use duckdb::Transaction;

/// No rows, or bad ones alone, may mean that there are none, or that the vendor put something else where the
/// list of them was due: the latter is no empty day.
pub fn check_records(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    loaded: &Loaded,
) -> Result<(), WarehouseError> {
    let Some((list, _)) = request.records_path.split_once("[*]") else { return Ok(()) };
    // Where rows came, what is no page can only stand at the end.
    let pages = match loaded.rows_read > 0 && (loaded.rows_quarantined == 0 || request.may_be_followed) {
        true if request.may_be_followed => return Ok(()),
        true => match last_page(request)? {
            Some(last) => format!("({last})"),
            None => return Ok(()),
        },
        // Parts of a stream answer other questions, each in a form of its own.
        false => "page WHERE part = ''".to_owned(),
    };
    let are_all_bad = loaded.rows_quarantined == loaded.rows_read;
    let wrong: Option<String> = transaction
        .query_row(
            &format!("SELECT any_value({}) FROM ({})", is_wrong(request, are_all_bad), kinds_of("", list, &pages)),
            [],
            |row| row.get(0),
        )
        .context(|| "looking for the records".to_owned())?;
    match wrong {
        None => Ok(()),
        Some(kind) => Err(WarehouseError::Invalid(format!(
            "the vendor sends {kind} where the list {list} was due: its interface may have changed; nothing was loaded"
        ))),
    }
}

/// What stands in a page where the list is due, as an expression over [`kinds_of`] it; null where that is right.
pub fn is_wrong(request: &LoadRequest, are_all_bad: bool) -> String {
    let lacks = request.may_lack_list || request.may_be_followed;
    format!(
        "CASE
             WHEN kind = 'ARRAY' THEN CASE
                 WHEN {are_all_bad} AND len(kinds) > 0 AND NOT list_contains(kinds, 'OBJECT')
                 THEN 'a list of what is no record' END
             WHEN kind = 'NULL' AND {lacks} THEN NULL
             WHEN kind IS NOT NULL THEN lower(kind)
             WHEN {lacks} AND whole = 'OBJECT' THEN NULL
             ELSE 'nothing' END"
    )
}

/// The kinds of pages, and of what stands in them at the path `list`.
pub fn kinds_of(columns: &str, list: &str, pages: &str) -> String {
    format!(
        "SELECT {columns} json_type(body) AS whole, json_type(body, {list}) AS kind,
             list_transform(json_extract(body, {each}), lambda record: json_type(record)) AS kinds
         FROM {pages}",
        list = literal(list),
        each = literal(&format!("{list}[*]"))
    )
}

/// How the problem of such a row ends. It says nothing against the rows of the days that were asked for.
pub const OTHER_DAY: &str = " is none of the days asked for";

/// Quarantines rows of other days than those that were asked for: their days are not replaced by this
/// answer, and nobody knows what else belongs to them. Answers how many.
pub fn quarantine_other_days(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    target: &Target,
    loaded: &mut Loaded,
) -> Result<u64, WarehouseError> {
    let (Replaces::Window { column, .. }, Some((start, end))) = (&target.replaces, request.window) else {
        return Ok(0);
    };
    let rows = transaction
        .execute(
            &format!(
                "UPDATE read SET problem = '{column}: ' || CAST({column} AS VARCHAR) || '{OTHER_DAY}'
                 WHERE problem IS NULL AND ({column} < DATE '{start}' OR {column} >= DATE '{end}')"
            ),
            [],
        )
        .context(|| "looking for rows of other days".to_owned())?;
    if rows > 0 {
        loaded.notes.push(format!("{rows} rows of other days than those that were asked for are quarantined"));
    }
    Ok(rows as u64)
}

/// The column of the day on which something happened.
const DAY: &str = "date";

/// Reports rows that happened on days that have not come, where no days were asked for.
pub fn tell_days_ahead(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    target: &Target,
    loaded: &mut Loaded,
) -> Result<(), WarehouseError> {
    if matches!(target.replaces, Replaces::Window { .. }) || !target.touches.iter().any(|column| column == DAY) {
        return Ok(());
    }
    // Somewhere it is tomorrow already.
    let Some(last) = request.fetched_at.date_naive().checked_add_days(Days::new(1)) else { return Ok(()) };
    let (rows, furthest): (u64, Option<NaiveDate>) = transaction
        .query_row(
            &format!("SELECT count(*)::UBIGINT, max({DAY}) FROM read WHERE problem IS NULL AND {DAY} > DATE '{last}'"),
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .context(|| "looking for rows of days ahead".to_owned())?;
    if let Some(furthest) = furthest {
        let (table, are) = (target.table.replace('_', " "), if rows == 1 { "row is" } else { "rows are" });
        loaded
            .caveat(format!("{rows} {table} {are} dated in the future, up to {furthest}: look at the vendor's clock"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
