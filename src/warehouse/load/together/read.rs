//! The pages of many slices, and the rows that the stream's queries make of them.

use super::days::own_today;
use super::{Slice, by_slice, rows_of};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::load::pages::{NO_LABEL, PAGES_OF_SLICE, landed};
use crate::warehouse::load::stage::{self};
use crate::warehouse::load::{LoadRequest, Target, contract};
use crate::warehouse::sql::literal;
use crate::warehouse::{facts, queries};
use duckdb::Transaction;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Operators of a plan that makes each row of one page alone.
const ROW_WISE: [&str; 6] = ["PROJECTION", "FILTER", "UNNEST", "SEQ_SCAN", "UNION", "RESULT_COLLECTOR"];

/// Fills the temporary tables `slice`, with the first day that had not ended when the vendor was asked, and
/// `page_of_slice(slice, page_no, body)`.
pub(super) fn pages(transaction: &Transaction<'_>, slices: &[Slice<'_>]) -> Result<(), WarehouseError> {
    let step = || "opening the landed pages".to_owned();
    let mut rows = Vec::new();
    let (mut files, mut largest) = (Vec::new(), 0);
    for Slice { no, request, .. } in slices {
        let Some((start, end)) = request.window else { continue };
        rows.push(format!(
            "({no}, {}, {}, {}, {}, {}, DATE '{start}', DATE '{end}', TIMESTAMP '{}', DATE '{}')",
            literal(&request.workspace),
            literal(&request.connection),
            literal(&request.stream),
            literal(&request.partition),
            literal(&request.load_id),
            request.fetched_at.format("%Y-%m-%d %H:%M:%S%.6f"),
            own_today(request)
        ));
        largest = largest.max(request.pages.largest_page);
        let first = u32::try_from(*no).unwrap_or_default() * PAGES_OF_SLICE;
        files.extend(request.pages.numbered().map(|(page_no, file)| (first + page_no, file)));
    }
    transaction
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE slice AS SELECT * FROM (VALUES {})
                 AS s(slice, workspace, connection, stream, partition, load_id, window_start, window_end, fetched_at, running_day);
             CREATE OR REPLACE TEMP TABLE page_of_slice AS
                 SELECT page_no // {PAGES_OF_SLICE} AS slice, page_no % {PAGES_OF_SLICE} AS page_no, body FROM ({})",
            rows.join(", "),
            landed(&files, largest)?
        ))
        .context(step)
}

/// Runs a target's query over all slices, into [`rows_of`] it: once for those that it cannot distinguish, and for each
/// by itself where it looks at more than one row at once.
pub(super) fn rows(
    transaction: &Transaction<'_>,
    slices: &mut [Slice<'_>],
    target: &Target,
) -> Result<(), WarehouseError> {
    queries::examine(transaction, &target.sql)?;
    let sql = target.sql.trim_end().trim_end_matches(';');
    let table = rows_of(target);
    let mut sets: Vec<Vec<usize>> = Vec::new();
    let Some(first) = slices.first() else { return Ok(()) };
    let mut before = first.request;
    view(transaction, &[first.no])?;
    stage::set_variables(transaction, before)?;
    let is_row_wise = is_row_wise(transaction, sql)?;
    for slice in slices.iter() {
        let same = |set: &&mut Vec<usize>| are_alike(sql, slices[set[0]].request, slice.request);
        match sets.iter_mut().find(|set| is_row_wise && same(set)) {
            Some(set) => set.push(slice.no),
            None => sets.push(vec![slice.no]),
        }
    }
    for (index, set) in sets.iter().enumerate() {
        view(transaction, set)?;
        let request = slices[set[0]].request;
        stage::change_variables(transaction, before, request)?;
        before = request;
        let (number, page_no) = match set.as_slice() {
            [one] => (one.to_string(), "page_no".to_owned()),
            _ => (format!("page_no // {PAGES_OF_SLICE}"), format!("page_no % {PAGES_OF_SLICE}")),
        };
        let rows = format!(
            "SELECT CAST({number} AS INTEGER) AS slice, q.* REPLACE (CAST({page_no} AS INTEGER) AS page_no,
                 CAST(problem AS VARCHAR) AS problem) FROM ({sql}\n) AS q"
        );
        let statement = match index {
            0 => format!("CREATE OR REPLACE TEMP TABLE {table} AS {rows}"),
            _ => format!("INSERT INTO {table} BY NAME {rows}"),
        };
        transaction.execute_batch(&statement).context(|| format!("reading into {}", target.table))?;
    }
    if facts::builtin().get(&target.table).is_none() {
        contract::judge(transaction, &target.table, &table)?;
    }
    let sql = format!("SELECT slice, count(*)::UBIGINT FROM {table} GROUP BY slice");
    for (no, count) in by_slice::<u64>(transaction, &sql, || format!("counting rows of {}", target.table))? {
        slices[no].loaded.rows_read += count;
        slices[no].loaded.rows_unchanged += count;
    }
    Ok(())
}

/// Adds what the stream's notes query says of each slice.
pub(super) fn notes(transaction: &Transaction<'_>, slices: &mut [Slice<'_>]) -> Result<(), WarehouseError> {
    for slice in slices.iter_mut().filter(|slice| slice.request.notes_sql.is_some() && !slice.is_unusual) {
        view(transaction, &[slice.no])?;
        stage::set_variables(transaction, slice.request)?;
        stage::collect_notes(transaction, slice.request, &mut slice.loaded)?;
    }
    Ok(())
}

/// Makes `page` the pages of these slices. Of several, the numbers of pages identify the slice.
fn view(transaction: &Transaction<'_>, set: &[usize]) -> Result<(), WarehouseError> {
    let numbers: Vec<String> = set.iter().map(usize::to_string).collect();
    let page_no = match set {
        [_] => "page_no".to_owned(),
        _ => format!("slice * {PAGES_OF_SLICE} + page_no"),
    };
    transaction
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP VIEW page AS SELECT CAST({page_no} AS INTEGER) AS page_no, body, {NO_LABEL} FROM page_of_slice
             WHERE slice IN ({})",
            numbers.join(", ")
        ))
        .context(|| "opening the landed pages".to_owned())
}

/// Whether a query of these slices gives the same for both. The macros that queries may use read the window.
fn are_alike(sql: &str, one: &LoadRequest, other: &LoadRequest) -> bool {
    let asks = |name: &str| sql.contains(&format!("'{name}'"));
    let value = |request: &LoadRequest, name: &str| {
        request.variables.iter().find(|(own, _)| *own == name).and_then(|(_, value)| value.clone())
    };
    let is_equal = |name: &str| match name {
        "workspace" => one.workspace == other.workspace,
        "connection" => one.connection == other.connection,
        "partition" => one.partition == other.partition,
        "time_zone" => one.time_zone == other.time_zone,
        "currency" => one.currency == other.currency,
        "fetched_unix" => one.fetched_at.timestamp() == other.fetched_at.timestamp(),
        name => value(one, name) == value(other, name),
    };
    let own = ["workspace", "connection", "partition", "time_zone", "currency", "fetched_unix"];
    let further = one.variables.iter().map(|(name, _)| *name);
    one.window == other.window
        && one.person_key.expose() == other.person_key.expose()
        && own.into_iter().chain(further).all(|name| !asks(name) || is_equal(name))
}

/// Queries found to be so, by their text: planning one takes as long as running it.
static KNOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
/// Beyond so many they are looked at anew.
const MOST_KNOWN: usize = 1000;

/// Whether each row of a query comes of one page, whatever other pages there are.
fn is_row_wise(transaction: &Transaction<'_>, sql: &str) -> Result<bool, WarehouseError> {
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if known().contains(sql) {
        return Ok(true);
    }
    let plan: String = transaction
        .query_row(&format!("EXPLAIN (FORMAT JSON) {sql}"), [], |row| row.get(1))
        .context(|| "looking at a query".to_owned())?;
    let plan: Value = serde_json::from_str(&plan).unwrap_or(Value::Null);
    let is_so = plan.as_array().is_some_and(|nodes| !nodes.is_empty() && nodes.iter().all(holds_row_wise));
    if is_so {
        let mut known = known();
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(sql.to_owned());
    }
    Ok(is_so)
}

fn holds_row_wise(node: &Value) -> bool {
    let name = node["name"].as_str().unwrap_or_default().trim();
    let reads_pages = name != "SEQ_SCAN" || node["extra_info"].to_string().contains("page_of_slice");
    ROW_WISE.contains(&name)
        && reads_pages
        && node["children"].as_array().is_none_or(|children| children.iter().all(holds_row_wise))
}

/// Takes the unusual slices out of the temporary tables.
pub(super) fn leave(transaction: &Transaction<'_>, slices: &[Slice<'_>]) -> Result<(), WarehouseError> {
    let unusual: Vec<String> =
        slices.iter().filter(|slice| slice.is_unusual).map(|slice| slice.no.to_string()).collect();
    if unusual.is_empty() {
        return Ok(());
    }
    transaction
        .execute_batch(&format!("DELETE FROM slice WHERE slice IN ({})", unusual.join(", ")))
        .context(|| "leaving unusual slices out".to_owned())
}

/// Forgets all of it.
pub(super) fn drop_tables(transaction: &Transaction<'_>, targets: &[Target]) -> Result<(), WarehouseError> {
    let tables: String = targets.iter().map(|target| format!("DROP TABLE IF EXISTS {};", rows_of(target))).collect();
    transaction
        .execute_batch(&format!(
            "DROP VIEW IF EXISTS page; DROP TABLE IF EXISTS page_of_slice; DROP TABLE IF EXISTS slice;
             DROP TABLE IF EXISTS held; DROP TABLE IF EXISTS gone; DROP TABLE IF EXISTS fresh; {tables}"
        ))
        .context(|| "clearing up after a load".to_owned())
}
