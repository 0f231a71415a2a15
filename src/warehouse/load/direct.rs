//! The short way into a table: slices whose days hold nothing yet go in by one statement, several
//! slices at once. Nothing is staged, compared or moved to history, for there is nothing to compare
//! with; a first sync and a backfill go twice as fast.

use super::pages::{PAGES_OF_SLICE, create_pages};
use super::stage::forget_rejects;
use super::table_columns::columns;
use super::{LoadRequest, Loaded, Replaces, Target, contract, finish, merge, move_cursor, stage};
use crate::warehouse::attempts::{self, SliceKey};
use crate::warehouse::clock;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::facts;
use crate::warehouse::privacy::{columns as personal, erased};
use crate::warehouse::queries;
use crate::warehouse::sql::literal;
use chrono::{DateTime, NaiveDate, Utc};
use duckdb::{Connection, Transaction};
use std::collections::BTreeMap;

/// What a row's error says that the short way cannot take.
const SET_ASIDE: &str = "daybook: a row for the long way";

/// Loads slices of one stream and partition, oldest first, in one transaction, where that comes to
/// the same as loading each in turn: their days hold nothing, every row is good and lies in its own
/// slice's days, and no key comes twice. `None` where it does not; nothing has changed then, nor
/// after an error, which may be any slice's.
pub fn load_direct(
    connection: &mut Connection,
    requests: &[LoadRequest],
    now: DateTime<Utc>,
) -> Result<Option<Vec<Loaded>>, WarehouseError> {
    let Some(whole) = whole(requests) else { return Ok(None) };
    if !whole.targets.iter().all(|target| is_plain(requests, &whole, target)) {
        return Ok(None);
    }
    let loaded = load_slices(connection, requests, &whole, now);
    erased::forget_key(connection);
    loaded
}

fn load_slices(
    connection: &mut Connection,
    requests: &[LoadRequest],
    whole: &LoadRequest,
    now: DateTime<Utc>,
) -> Result<Option<Vec<Loaded>>, WarehouseError> {
    let step = || format!("loading {} {} from {}", whole.connection, whole.stream, whole.slice);
    let transaction = connection.transaction().context(step)?;
    clock::redate_loads(&transaction, (&whole.workspace, &whole.connection), now)?;
    for target in &whole.targets {
        if !is_free(&transaction, whole, target)? {
            return Ok(None);
        }
    }
    stage::set_variables(&transaction, whole)?;
    create_pages(&transaction, requests)?;
    let mut rows = BTreeMap::new();
    for target in &whole.targets {
        match insert(&transaction, requests, target) {
            Err(WarehouseError::Query { source, .. }) if source.to_string().contains(SET_ASIDE) => return Ok(None),
            other => other?,
        }
        let Some(counts) = counted(&transaction, whole, requests, target)? else { return Ok(None) };
        for (load_id, count) in counts {
            *rows.entry(load_id).or_default() += count;
        }
    }
    let mut all = Vec::new();
    let mut before = whole;
    for request in requests {
        let count: u64 = rows.get(&request.load_id).copied().unwrap_or_default();
        let mut loaded =
            Loaded { rows_read: count, rows_written: count, notes: request.notes.clone(), ..Loaded::default() };
        for target in &request.targets {
            forget_rejects(&transaction, request, target)?;
        }
        stage::change_variables(&transaction, before, request)?;
        before = request;
        if requests.len() > 1 {
            create_pages(&transaction, std::slice::from_ref(request))?;
        }
        finish(&transaction, request, now, &mut loaded)?;
        all.push(loaded);
    }
    // The cursor moves to the end of the last of them.
    if let Some(last) = requests.iter().rfind(|request| request.read_until.is_some()) {
        move_cursor(&transaction, last)?;
    }
    let ended: Vec<SliceKey> = requests.iter().filter_map(|request| request.attempt.clone()).collect();
    attempts::forget(&transaction, &ended)?;
    stage::drop_page(&transaction)?;
    transaction.commit().context(step)?;
    Ok(Some(all))
}

/// The slices as one, of all their days; `None` unless each begins after the one before has ended.
fn whole(requests: &[LoadRequest]) -> Option<LoadRequest> {
    let [first, .., last] = requests else { return requests.first().cloned() };
    let follows = |pair: &[LoadRequest]| Some(pair[0].window?.1 <= pair[1].window?.0);
    let in_order = requests.windows(2).all(|pair| follows(pair) == Some(true));
    in_order.then(|| LoadRequest {
        window: first.window.map(|(start, _)| start).zip(last.window.map(|(_, end)| end)),
        ..first.clone()
    })
}

/// Whether the slices are such that a table can be filled so.
fn is_plain(requests: &[LoadRequest], whole: &LoadRequest, target: &Target) -> bool {
    matches!(target.replaces, Replaces::Window { days_stand_alone, .. } if days_stand_alone || requests.len() == 1)
        && whole.window.is_some()
        && whole.targets.iter().filter(|other| other.table == target.table).count() == 1
        && !target.sql.contains("is_absent")
}

/// Whether a table names nobody, for an erased person's rows are rewritten before they are compared,
/// and holds nothing of these days.
fn is_free(transaction: &Transaction<'_>, whole: &LoadRequest, target: &Target) -> Result<bool, WarehouseError> {
    if !personal::of_fact(transaction, &target.table)?.is_empty() {
        return Ok(false);
    }
    let held = format!("SELECT 1 FROM core.{} WHERE {}", target.table, merge::covered(whole, target));
    transaction
        .query_row(&format!("SELECT NOT EXISTS ({held})"), [], |row| row.get(0))
        .context(|| format!("looking into {}", target.table))
}

/// Takes the query's rows as they come; the first that is bad, or lies outside its slice's days, ends it.
fn insert(transaction: &Transaction<'_>, requests: &[LoadRequest], target: &Target) -> Result<(), WarehouseError> {
    let [first, ..] = requests else { return Ok(()) };
    let names = columns(transaction, &target.table)?.join(", ");
    queries::examine(transaction, &target.sql)?;
    let load_id = of_slice(requests, |request| literal(&request.load_id));
    // Queries of built-in facts hold their rows against the contract themselves.
    let fault = match facts::builtin().get(&target.table) {
        Some(_) => None,
        None => contract::fault(transaction, &target.table)?,
    };
    let is_as_agreed = fault.map_or_else(|| "true".to_owned(), |fault| format!("({fault}) IS NULL"));
    transaction
        .execute_batch(&format!(
            "INSERT INTO core.{} (workspace, connection, {names}, load_id)
             SELECT {}, {}, {names}, {load_id} FROM ({}
             ) AS read
             WHERE CASE WHEN problem IS NULL AND {is_as_agreed} AND {} THEN true ELSE error('{SET_ASIDE}') END",
            target.table,
            literal(&first.workspace),
            literal(&first.connection),
            target.sql.trim_end().trim_end_matches(';'),
            in_own_days(target, requests)
        ))
        .context(|| format!("reading {} into {}", first.stream, target.table))
}

/// A value that each slice has of its own, for a row of the query.
fn of_slice(requests: &[LoadRequest], value: impl Fn(&LoadRequest) -> String) -> String {
    // Looking it up in a list takes ten times as long.
    let ends = (1..).map(|place| place * PAGES_OF_SLICE);
    let cases = requests.iter().zip(ends).map(|(one, end)| format!("WHEN page_no < {end} THEN {}", value(one)));
    match requests {
        [one] => value(one),
        _ => format!("CASE {} END", cases.collect::<Vec<_>>().join(" ")),
    }
}

/// Holds for a row that its slice speaks for.
fn in_own_days(target: &Target, requests: &[LoadRequest]) -> String {
    let (Replaces::Window { column, partition, .. }, [first, ..]) = (&target.replaces, requests) else {
        return "false".to_owned();
    };
    let day = |day: Option<NaiveDate>| day.map_or_else(|| "NULL".to_owned(), |day| format!("DATE '{day}'"));
    let start = of_slice(requests, |request| day(request.window.map(|(start, _)| start)));
    let end = of_slice(requests, |request| day(request.window.map(|(_, end)| end)));
    let of_partition = partition.as_ref().map(|column| format!(" AND {column} = {}", literal(&first.partition)));
    format!("{column} >= {start} AND {column} < {end}{}", of_partition.unwrap_or_default())
}

/// The rows of each load, and their days in the ledger of what was touched; `None` if a key came twice.
fn counted(
    transaction: &Transaction<'_>,
    whole: &LoadRequest,
    requests: &[LoadRequest],
    target: &Target,
) -> Result<Option<Vec<(String, u64)>>, WarehouseError> {
    let step = || format!("counting what came into {}", target.table);
    let ids: Vec<String> = requests.iter().map(|request| literal(&request.load_id)).collect();
    let days = merge::covered(whole, target);
    let came = format!("core.{} WHERE {days} AND load_id IN ({})", target.table, ids.join(", "));
    let grouped: Vec<String> = std::iter::once("load_id".to_owned()).chain(target.touches.clone()).collect();
    transaction
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE came AS SELECT {}, count(*)::UBIGINT AS row_count FROM {came} GROUP BY ALL",
            grouped.join(", ")
        ))
        .context(step)?;
    let mut statement =
        transaction.prepare("SELECT load_id, sum(row_count)::UBIGINT FROM came GROUP BY load_id").context(step)?;
    let loads: Vec<(String, u64)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .context(step)?
        .collect::<Result<_, _>>()
        .context(step)?;
    let rows: u64 = loads.iter().map(|(_, rows)| rows).sum();
    let distinct: u64 = transaction
        .query_row(
            &format!("SELECT count(*)::UBIGINT FROM (SELECT DISTINCT {} FROM {came})", target.key.join(", ")),
            [],
            |row| row.get(0),
        )
        .context(step)?;
    if distinct < rows {
        return Ok(None);
    }
    for column in &target.touches {
        transaction
            .execute(
                &format!(
                    "INSERT INTO ops.touched_day
                     SELECT DISTINCT ?, {column}, load_id FROM came WHERE {column} IS NOT NULL"
                ),
                [&whole.workspace],
            )
            .context(step)?;
    }
    transaction.execute_batch("DROP TABLE came").context(step)?;
    Ok(Some(loads))
}

#[cfg(test)]
mod tests;
