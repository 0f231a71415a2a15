//! Small slices of many connections and workspaces in one transaction: an hourly sync of a thousand workspaces reads
//! a few rows of each, and what a slice costs by itself is then statements and commits. Each slice keeps its own load
//! record, coverage and cursor. A slice with anything unusual, such as a bad row or a fallen day, is left to [`super::load`].

mod days;
mod ledger;
mod merge;
mod read;
mod unusual;

#[cfg(test)]
mod tests;

use super::{LoadRequest, Loaded, Replaces, Target};
use crate::warehouse::attempts::{self, SliceKey};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::privacy::{columns as personal, erased};
use chrono::{DateTime, Utc};
use duckdb::{Connection, Transaction};

/// Of a slice, decompressed.
pub const MOST_BYTES: u64 = 1 << 20;

/// Whether a slice can be loaded together with others at all. What its pages hold may still forbid it.
pub fn is_small(request: &LoadRequest) -> bool {
    let tables = |table: &str| request.targets.iter().filter(|other| other.table == table).count();
    request.bytes <= MOST_BYTES
        && !request.is_believed
        && request.window.is_some()
        && request.first_whole.is_none()
        && !request.may_be_followed
        && !request.pages.is_array
        && request.pages.labels.is_empty()
        && request.cut.is_none()
        && request.pages.unread.is_empty()
        && !request.pages.files.is_empty()
        && !request.targets.is_empty()
        && request.targets.iter().all(|target| is_plain(target) && tables(&target.table) == 1)
}

fn is_plain(target: &Target) -> bool {
    matches!(target.replaces, Replaces::Window { .. })
        && target.records.is_none()
        && target.doubt.lists_all.is_none()
        && !target.sql.contains("is_absent")
}

/// Loads those of the slices for which that comes to the same as loading each in turn, in a transaction for each kind
/// of stream, and notes in it that the loads of their keys ended. `None` stands for a slice of which nothing was
/// written: it is to be loaded by itself.
///
/// # Errors
/// Where a transaction fails, which any of its slices may be the cause of. Those before it are loaded.
pub fn load_together(
    connection: &mut Connection,
    slices: &[(LoadRequest, SliceKey)],
    now: DateTime<Utc>,
) -> Result<Vec<Option<Loaded>>, WarehouseError> {
    let mut done: Vec<Option<Loaded>> = slices.iter().map(|_| None).collect();
    let mut kinds: Vec<Vec<usize>> = Vec::new();
    for (index, (request, _)) in slices.iter().enumerate().filter(|(_, (request, _))| is_small(request)) {
        let same = kinds.iter_mut().find(|kind| is_same_kind(&slices[kind[0]].0, request));
        match same {
            // Two slices of one place may overlap.
            Some(kind) if kind.iter().any(|other| is_same_place(&slices[*other].0, request)) => {}
            Some(kind) => kind.push(index),
            None => kinds.push(vec![index]),
        }
    }
    for kind in kinds.into_iter().filter(|kind| kind.len() > 1) {
        let of_kind: Vec<_> = kind.iter().map(|index| &slices[*index]).collect();
        let loaded = load_kind(connection, &of_kind, now);
        erased::forget_key(connection);
        for (index, loaded) in kind.into_iter().zip(loaded?) {
            done[index] = loaded;
        }
    }
    Ok(done)
}

/// Whether one set of statements serves both.
fn is_same_kind(one: &LoadRequest, other: &LoadRequest) -> bool {
    one.stream == other.stream
        && one.targets == other.targets
        && one.records_path == other.records_path
        && one.may_lack_list == other.may_lack_list
        && one.notes_sql == other.notes_sql
        && one.time_zone_path == other.time_zone_path
        && one.incomplete_path == other.incomplete_path
        && one.open_from_path == other.open_from_path
        && one.closing == other.closing
}

fn is_same_place(one: &LoadRequest, other: &LoadRequest) -> bool {
    (&one.workspace, &one.connection, &one.partition) == (&other.workspace, &other.connection, &other.partition)
}

/// A slice among those of its kind.
struct Slice<'a> {
    /// In the temporary tables.
    no: usize,
    request: &'a LoadRequest,
    loaded: Loaded,
    /// Whether it is left to be loaded by itself.
    is_unusual: bool,
}

fn load_kind(
    connection: &mut Connection,
    slices: &[&(LoadRequest, SliceKey)],
    now: DateTime<Utc>,
) -> Result<Vec<Option<Loaded>>, WarehouseError> {
    let Some(first) = slices.first().map(|(request, _)| request) else { return Ok(Vec::new()) };
    let step = || format!("loading {} slices of {}", slices.len(), first.stream);
    let transaction = connection.transaction().context(step)?;
    for target in &first.targets {
        // An erased person's rows are rewritten before they are compared.
        if !personal::of_fact(&transaction, &target.table)?.is_empty() {
            return Ok(slices.iter().map(|_| None).collect());
        }
    }
    let mut all: Vec<Slice<'_>> = slices
        .iter()
        .enumerate()
        .map(|(no, (request, _))| Slice {
            no,
            request,
            loaded: Loaded { notes: request.notes.clone(), ..Loaded::default() },
            is_unusual: false,
        })
        .collect();
    unusual::dated_ahead(&transaction, &mut all, now)?;
    read::pages(&transaction, &all)?;
    for target in &first.targets {
        read::rows(&transaction, &mut all, target)?;
        unusual::mark(&transaction, &mut all, target)?;
    }
    ledger::answers(&transaction, &mut all)?;
    read::leave(&transaction, &all)?;
    for target in &first.targets {
        merge::merge(&transaction, &mut all, target, now)?;
    }
    for slice in &mut all {
        slice.request.caveats.iter().for_each(|caveat| slice.loaded.caveat(caveat.clone()));
    }
    ledger::fields(&transaction, &mut all)?;
    read::notes(&transaction, &mut all)?;
    ledger::enter(&transaction, &all, now)?;
    let ended: Vec<SliceKey> =
        all.iter().filter(|slice| !slice.is_unusual).map(|slice| slices[slice.no].1.clone()).collect();
    attempts::forget(&transaction, &ended)?;
    read::drop_tables(&transaction, &first.targets)?;
    transaction.commit().context(step)?;
    Ok(all.into_iter().map(|slice| (!slice.is_unusual).then_some(slice.loaded)).collect())
}

/// Runs `sql` and gives for each row its slice's number and a value.
fn by_slice<T: duckdb::types::FromSql>(
    transaction: &Transaction<'_>,
    sql: &str,
    step: impl Fn() -> String + Copy,
) -> Result<Vec<(usize, T)>, WarehouseError> {
    let mut statement = transaction.prepare(sql).context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, u32>(0)? as usize, row.get(1)?))).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// The temporary table of a target's rows.
fn rows_of(target: &Target) -> String {
    format!("rows_of_{}", target.table)
}
