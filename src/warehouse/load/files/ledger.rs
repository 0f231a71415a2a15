//! The files' own records: the days of their rows and their load records.

use super::Batch;
use crate::warehouse::error::{Context, WarehouseError};
use chrono::{DateTime, NaiveDate, Utc};
use duckdb::{Transaction, params};
use std::collections::BTreeMap;

/// Notes the first and the last day of each file's rows, and the days of its bad ones.
pub fn days(transaction: &Transaction<'_>, batch: &mut Batch<'_>) -> Result<(), WarehouseError> {
    let step = || format!("looking at the days of {}", batch.load.connection);
    let day = &batch.load.target.day;
    {
        let mut statement = transaction
            // Of what the file says, whoever says it better: it is asked again when others are taken out.
            .prepare(&format!(
                "SELECT page_no, min({day}), max({day}) FROM read WHERE problem IS NULL GROUP BY page_no"
            ))
            .context(step)?;
        let rows = statement
            .query_map([], |row| {
                Ok((row.get::<_, u32>(0)?, row.get::<_, Option<NaiveDate>>(1)?, row.get::<_, Option<NaiveDate>>(2)?))
            })
            .context(step)?;
        for row in rows {
            let (file, first, last) = row.context(step)?;
            if let Some(place) = batch.place(file) {
                batch.loaded[place].days = first.zip(last);
            }
        }
    }
    tell_days_ahead(transaction, batch)?;
    let mut bad: BTreeMap<u32, Option<Vec<NaiveDate>>> = BTreeMap::new();
    if batch.loaded.iter().any(|loaded| loaded.rows_quarantined > 0) {
        let mut statement = transaction
            .prepare(&format!("SELECT DISTINCT page_no, {day} FROM read WHERE problem IS NOT NULL LIMIT 10000"))
            .context(step)?;
        let rows = statement
            .query_map([], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, Option<NaiveDate>>(1)?)))
            .context(step)?;
        for row in rows {
            let (file, day) = row.context(step)?;
            let days = bad.entry(file).or_insert_with(|| Some(Vec::new()));
            match (days.as_mut(), day) {
                (Some(days), Some(day)) if days.len() < 1000 => days.push(day),
                _ => *days = None,
            }
        }
    }
    for (file, loaded) in batch.loaded.iter_mut().enumerate() {
        let mut days = bad.remove(&batch.load.files[file].number).unwrap_or_else(|| Some(Vec::new()));
        days.iter_mut().for_each(|days| days.sort_unstable());
        loaded.bad_days = days;
    }
    Ok(())
}

/// Reports rows whose day has not come yet.
fn tell_days_ahead(transaction: &Transaction<'_>, batch: &mut Batch<'_>) -> Result<(), WarehouseError> {
    let Some(until) = batch.load.target.until else { return Ok(()) };
    let ahead = |days: Option<(NaiveDate, NaiveDate)>| days.is_some_and(|(_, last)| last > until);
    if !batch.loaded.iter().any(|loaded| ahead(loaded.days)) {
        return Ok(());
    }
    let day = &batch.load.target.day;
    let sql = format!(
        "SELECT page_no, count(*)::UBIGINT FROM read WHERE problem IS NULL AND {day} > DATE '{until}' GROUP BY page_no"
    );
    for (file, rows) in batch.by_file(transaction, &sql)? {
        let (name, last) = (&batch.load.files[file].name, batch.loaded[file].days.map(|(_, last)| last));
        let last = last.map_or(String::new(), |last| format!(", up to {last}"));
        let note = format!(
            "{name}: {rows} rows are of days that have not come yet{last}: are day and month the right way round?"
        );
        batch.loaded[file].notes.push(note);
    }
    Ok(())
}

/// Enters a load record for each file that is not refused.
pub fn enter(transaction: &Transaction<'_>, batch: &Batch<'_>, now: DateTime<Utc>) -> Result<(), WarehouseError> {
    let step = || "recording loads".to_owned();
    transaction
        .execute_batch(
            "CREATE OR REPLACE TEMP TABLE entry (load_id VARCHAR, slice VARCHAR, partition VARCHAR, fetched_at TIMESTAMP,
                 manifest VARCHAR, bytes UBIGINT, rows_read UBIGINT, rows_written UBIGINT, rows_unchanged UBIGINT,
                 rows_superseded UBIGINT, rows_quarantined UBIGINT, notes VARCHAR)",
        )
        .context(step)?;
    {
        let mut appender = transaction.appender("entry").context(step)?;
        let all = batch.load.files.iter().zip(&batch.loaded).enumerate();
        for (_, (file, loaded)) in all.filter(|(place, _)| !batch.refused.contains_key(place)) {
            appender
                .append_row(params![
                    file.load_id,
                    file.slice,
                    file.partition,
                    file.fetched_at.naive_utc(),
                    file.manifest,
                    file.bytes,
                    loaded.rows_read,
                    loaded.rows_written,
                    loaded.rows_unchanged,
                    loaded.rows_superseded,
                    loaded.rows_quarantined,
                    serde_json::Value::from(loaded.notes.clone()).to_string(),
                ])
                .context(step)?;
        }
        appender.flush().context(step)?;
    }
    let load = batch.load;
    transaction
        .execute(
            "INSERT INTO ops.load (load_id, workspace, connection, stream, slice, partition, fetched_at, loaded_at, manifest,
                 pages, bytes, rows_read, rows_written, rows_unchanged, rows_superseded, rows_quarantined, notes, caveats)
             SELECT load_id, ?, ?, ?, slice, partition, fetched_at, ?, manifest, 1, bytes, rows_read, rows_written,
                 rows_unchanged, rows_superseded, rows_quarantined, CAST(CAST(notes AS JSON) AS VARCHAR[]), []
             FROM entry",
            params![load.workspace, load.connection, load.stream, now.naive_utc()],
        )
        .context(step)?;
    transaction.execute_batch("DROP TABLE entry").context(step)
}
