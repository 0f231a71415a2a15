//! What many slices have to say beside their rows, and each one's load record, coverage and cursor.

use super::unusual::is_own_zone;
use super::{Slice, by_slice};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::load::asked::{is_wrong, kinds_of};
use crate::warehouse::load::closing::says_incomplete;
use crate::warehouse::load::pages::PAGES_OF_SLICE;
use crate::warehouse::load::stage::{LARGEST_TOLD, new_fields, records_at};
use crate::warehouse::load::{LoadRequest, enter_loads};
use crate::warehouse::sql::literal;
use chrono::{DateTime, Utc};
use duckdb::Transaction;
use std::collections::{BTreeMap, BTreeSet};

/// Marks the slices whose pages are no answer to what was asked, or say something of themselves that readers or the
/// days are to know.
pub(super) fn answers(transaction: &Transaction<'_>, slices: &mut [Slice<'_>]) -> Result<(), WarehouseError> {
    let Some(request) = slices.first().map(|slice| slice.request) else { return Ok(()) };
    let step = || "looking at the answers".to_owned();
    let mut unusual = BTreeSet::new();
    if let Some((list, _)) = request.records_path.split_once("[*]") {
        // Where rows came, what is no page can only stand at the end.
        let pages: Vec<String> = slices.iter().filter_map(looked_at).collect();
        if !pages.is_empty() {
            let pages = format!("page_of_slice WHERE {}", pages.join(" OR "));
            let sql = format!(
                "SELECT DISTINCT slice, true FROM ({}) WHERE ({}) IS NOT NULL",
                kinds_of("slice,", list, &pages),
                is_wrong(request, true)
            );
            unusual.extend(by_slice::<bool>(transaction, &sql, step)?.into_iter().map(|(no, _)| no));
        }
    }
    for path in request.incomplete_path.iter().chain(&request.open_from_path) {
        let sql = format!(
            "SELECT DISTINCT slice, true FROM (SELECT slice, json_extract(body, {}) AS why FROM page_of_slice)
             WHERE why IS NOT NULL AND json_type(why) <> 'NULL'",
            literal(path)
        );
        unusual.extend(by_slice::<bool>(transaction, &sql, step)?.into_iter().map(|(no, _)| no));
    }
    if let Some(when) = &request.closing.incomplete_when {
        let sql = format!("SELECT DISTINCT slice, true FROM page_of_slice WHERE {}", says_incomplete(when));
        unusual.extend(by_slice::<bool>(transaction, &sql, step)?.into_iter().map(|(no, _)| no));
    }
    if let Some(path) = &request.time_zone_path {
        let sql = format!(
            "SELECT slice, any_value(zone) FROM (SELECT slice, json_extract_string(body, {}) AS zone FROM page_of_slice)
             WHERE zone <> '' GROUP BY slice",
            literal(path)
        );
        let stated = by_slice::<String>(transaction, &sql, step)?;
        let other = stated.into_iter().filter(|(no, zone)| !is_own_zone(slices[*no].request, zone));
        unusual.extend(other.map(|(no, _)| no));
    }
    unusual.into_iter().for_each(|no| slices[no].is_unusual = true);
    Ok(())
}

/// The pages of a slice that may be no list where one was due.
fn looked_at(slice: &Slice<'_>) -> Option<String> {
    let pages = slice.request.pages.numbered();
    match slice.loaded.rows_read {
        0 => Some(format!("slice = {}", slice.no)),
        _ if slice.request.pages.files.len() < 2 => None,
        _ => {
            pages.last().map(|(page_no, _)| format!("slice = {} AND page_no = {}", slice.no, page_no % PAGES_OF_SLICE))
        }
    }
}

/// Notes fields of the records that their stream never had before.
pub(super) fn fields(transaction: &Transaction<'_>, slices: &mut [Slice<'_>]) -> Result<(), WarehouseError> {
    let Some(request) = slices.first().map(|slice| slice.request) else { return Ok(()) };
    let step = || "looking for new fields".to_owned();
    let sql = format!(
        "SELECT slice, CAST(json_group_structure(record) AS VARCHAR) FROM (
             SELECT slice, unnest({}) AS record FROM page_of_slice SEMI JOIN slice USING (slice))
         WHERE strlen(CAST(record AS VARCHAR)) <= {LARGEST_TOLD} GROUP BY slice",
        records_at(&request.records_path)
    );
    let structures = by_slice::<String>(transaction, &sql, step)?;
    let sql =
        "SELECT s.slice, f.field FROM ops.stream_field AS f JOIN slice AS s USING (workspace, connection, stream)";
    let mut known: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for (no, field) in by_slice::<String>(transaction, sql, step)? {
        known.entry(no).or_default().insert(field);
    }
    let mut rows = Vec::new();
    for (no, structure) in structures {
        let (slice, known) = (&mut slices[no], known.remove(&no).unwrap_or_default());
        let (new, note) = new_fields(&structure, &known);
        slice.loaded.notes.extend(note);
        rows.extend(new.iter().map(|field| format!("({}, {})", no, literal(field))));
    }
    if rows.is_empty() {
        return Ok(());
    }
    transaction
        .execute_batch(&format!(
            "INSERT INTO ops.stream_field
             SELECT s.workspace, s.connection, s.stream, f.field, s.load_id
             FROM (VALUES {}) AS f(slice, field) JOIN slice AS s USING (slice)",
            rows.join(", ")
        ))
        .context(step)
}

/// Enters each slice's load, its days and its cursor.
pub(super) fn enter(
    transaction: &Transaction<'_>,
    slices: &[Slice<'_>],
    now: DateTime<Utc>,
) -> Result<(), WarehouseError> {
    let loaded: Vec<&Slice<'_>> = slices.iter().filter(|slice| !slice.is_unusual).collect();
    if loaded.is_empty() {
        return Ok(());
    }
    let step = || "recording loads".to_owned();
    enter_loads(transaction, loaded.iter().map(|slice| (slice.request, &slice.loaded)), now)?;
    let same_place = "c.workspace = s.workspace AND c.connection = s.connection AND c.stream = s.stream
                      AND c.partition = s.partition";
    let cursors: Vec<String> = loaded.iter().filter_map(|slice| cursor_row(slice.no, slice.request)).collect();
    transaction
        .execute_batch(&format!(
            "DELETE FROM ops.coverage AS c USING slice AS s
                 WHERE {same_place} AND c.date >= s.window_start AND c.date < s.window_end;
             INSERT INTO ops.coverage
                 SELECT workspace, connection, stream, partition, date, load_id, fetched_at, date < running_day, NULL, NULL
                 FROM (SELECT s.*, CAST(unnest(range(CAST(window_start AS TIMESTAMP), CAST(window_end AS TIMESTAMP),
                           INTERVAL 1 DAY)) AS DATE) AS date FROM slice AS s)"
        ))
        .context(step)?;
    if cursors.is_empty() {
        return Ok(());
    }
    transaction
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE moved AS SELECT * FROM (VALUES {}) AS m(slice, read_until);
             DELETE FROM ops.cursor AS c USING slice AS s, moved WHERE {same_place} AND moved.slice = s.slice;
             INSERT INTO ops.cursor
                 SELECT s.workspace, s.connection, s.stream, s.partition, read_until, s.load_id
                 FROM moved JOIN slice AS s USING (slice);
             DROP TABLE moved",
            cursors.join(", ")
        ))
        .context(step)
}

fn cursor_row(no: usize, request: &LoadRequest) -> Option<String> {
    request.read_until.map(|until| format!("({no}, TIMESTAMP '{}')", until.format("%Y-%m-%d %H:%M:%S%.6f")))
}
