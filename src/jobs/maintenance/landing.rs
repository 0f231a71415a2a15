//! Landed pages: which loads they are of, and when they may go.

use super::context::{MaintenanceContext, MaintenanceError};
use crate::connectors::{Manifest, landed};
use crate::warehouse::coverage::{Place, held_by_newer};
use crate::warehouse::{Context, Warehouse, WarehouseError};
use chrono::{DateTime, TimeDelta, Utc};
use duckdb::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Landed pages that were loaded long ago, and what crashes left. A finished slice that was never loaded goes
/// once newer answers hold its days; else it stays and is reported: it may be all there is of those rows.
pub(super) fn prune_landing(context: &MaintenanceContext, now: DateTime<Utc>) -> Result<String, MaintenanceError> {
    let loads = context.warehouse.read_blocking(loads_by_manifest)?;
    let noted = context.warehouse.read_blocking(noted_by_manifest)?;
    let old = now - TimeDelta::days(i64::from(context.keep_landing_days));
    let (mut rests, mut waiting, mut overtaken) = (0, 0, 0);
    let (mut leaving, mut ids) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for entry in landed::entries(&context.landing())? {
        seen.insert(landed_key(&entry.manifest()));
        if !entry.is_complete && entry.fetched_at < now - TimeDelta::days(1) {
            entry.remove()?;
            rests += 1;
        } else if entry.is_complete && entry.fetched_at < old {
            let key = landed_key(&entry.manifest());
            if let Some(own) = loads.get(&key) {
                ids.extend(own.iter().cloned());
                leaving.push(entry);
            } else if noted.contains_key(&key) {
                // A run before this one noted it and was stopped.
                leaving.push(entry);
            } else if is_overtaken(context, &entry, now)? {
                overtaken += 1;
                leaving.push(entry);
            } else {
                waiting += 1;
            }
        }
    }
    ids.extend(loads_of_old_pages_gone(&loads, &seen, old));
    // Where there is no room for the note, the pages make it; a run that finds them gone notes it as well.
    let has_room = match note_removed(&context.warehouse, &ids, now) {
        Err(error) if error.ran_short() => false,
        noted => noted.map(|()| true)?,
    };
    let removed = leaving.len();
    for entry in leaving {
        entry.remove()?;
    }
    if !has_room {
        note_removed(&context.warehouse, &ids, now)?;
    }
    let mut never = String::new();
    if overtaken > 0 {
        never += &format!("; {overtaken} of them were never loaded, and newer answers hold their days");
    }
    if waiting > 0 {
        never += &format!("; {waiting} old slices were never loaded and stay: `daybook replay` their manifests");
    }
    Ok(format!("{removed} slices older than {} days removed, {rests} unfinished{never}", context.keep_landing_days))
}

/// Whether newer answers hold every day of a slice that was never loaded.
fn is_overtaken(
    context: &MaintenanceContext,
    entry: &landed::Entry,
    now: DateTime<Utc>,
) -> Result<bool, MaintenanceError> {
    let Ok(manifest) = Manifest::read(&entry.manifest()) else { return Ok(false) };
    let place = Place::new(&manifest.workspace, &manifest.connection, &manifest.stream, &manifest.slice.partition);
    let (days, fetched_at) = (manifest.slice.window.days(), manifest.fetched_at);
    let (newer, all) =
        context.warehouse.read_blocking(|reader| held_by_newer(reader, &place, days, fetched_at, now))?;
    Ok(newer == all)
}

/// Loads whose pages would go by their age and are gone already, noted by nobody.
fn loads_of_old_pages_gone(
    loads: &BTreeMap<String, Vec<String>>,
    seen: &BTreeSet<String>,
    old: DateTime<Utc>,
) -> Vec<String> {
    let is_gone = |key: &String| !seen.contains(key) && landed::fetched_at(Path::new(key)).is_some_and(|at| at < old);
    loads.iter().filter(|(key, _)| is_gone(key)).flat_map(|(_, ids)| ids.clone()).collect()
}

/// Load ids by the place of their manifest within the landing folder, which may have moved; those
/// whose pages are noted as gone left out.
pub fn loads_by_manifest(reader: &Connection) -> Result<BTreeMap<String, Vec<String>>, WarehouseError> {
    by_manifest(reader, "ANTI")
}

/// The others: loads whose pages are noted as gone.
fn noted_by_manifest(reader: &Connection) -> Result<BTreeMap<String, Vec<String>>, WarehouseError> {
    by_manifest(reader, "SEMI")
}

fn by_manifest(reader: &Connection, join: &str) -> Result<BTreeMap<String, Vec<String>>, WarehouseError> {
    let step = || "listing the loads".to_owned();
    let sql = format!("SELECT manifest, load_id FROM ops.load {join} JOIN ops.landing_removed USING (load_id)");
    let mut statement = reader.prepare(&sql).context(step)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).context(step)?;
    let mut loads: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows {
        let (manifest, load) = row.context(step)?;
        loads.entry(landed_key(Path::new(&manifest))).or_default().push(load);
    }
    Ok(loads)
}

/// The last six parts of a manifest's path: workspace, connection, stream, slice, instant, file.
pub fn landed_key(manifest: &Path) -> String {
    let parts: Vec<_> = manifest.iter().rev().take(6).map(|part| part.to_string_lossy()).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("/")
}

/// Notes that the pages of these loads are rightly gone, before they go; all or none.
pub fn note_removed(warehouse: &Warehouse, loads: &[String], now: DateTime<Utc>) -> Result<(), WarehouseError> {
    if loads.is_empty() {
        return Ok(());
    }
    let loads = loads.to_vec();
    warehouse.write_blocking(move |connection| {
        let step = || "noting which pages go".to_owned();
        let transaction = connection.transaction().context(step)?;
        for load in &loads {
            transaction
                .execute(
                    "INSERT INTO ops.landing_removed (load_id, removed_at) VALUES (?, ?)",
                    params![load, now.naive_utc()],
                )
                .context(step)?;
        }
        transaction.commit().context(step)
    })
}
