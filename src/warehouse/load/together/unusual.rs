//! Slices that are to be loaded by themselves: what is to be quarantined, doubted or reported of them takes a look at
//! each.

use super::days::{days_of, own_today};
use super::{Slice, by_slice, rows_of};
use crate::domain::coverage::Standing;
use crate::support::zones::{are_alike, named};
use crate::warehouse::clock;
use crate::warehouse::error::WarehouseError;
use crate::warehouse::load::doubt::{LOOKED_AT, Measures, is_fallen, is_silent};
use crate::warehouse::load::{LoadRequest, Replaces, Target};
use crate::warehouse::sql::literal;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use duckdb::Transaction;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Marks the slices whose rows of `target` are unusual.
pub(super) fn mark(
    transaction: &Transaction<'_>,
    slices: &mut [Slice<'_>],
    target: &Target,
) -> Result<(), WarehouseError> {
    let Replaces::Window { column, partition, .. } = &target.replaces else { return Ok(()) };
    let step = || format!("looking at the rows of {}", target.table);
    let (rows, table, key) = (rows_of(target), &target.table, target.key.join(", "));
    let is_of_another =
        partition.as_ref().map_or_else(String::new, |of| format!(" OR r.{of} IS DISTINCT FROM s.partition"));
    let sql = format!(
        "SELECT DISTINCT slice, true FROM (
             SELECT s.slice FROM {rows} AS r JOIN slice AS s USING (slice)
             WHERE r.problem IS NOT NULL OR r.{column} IS NULL OR r.{column} < s.window_start
                 OR r.{column} >= s.window_end{is_of_another}
             UNION ALL SELECT slice FROM {rows} GROUP BY slice, {key} HAVING count(*) > 1
             -- What was quarantined before is cleared or told again.
             UNION ALL SELECT s.slice FROM slice AS s SEMI JOIN ops.quarantine AS q
                 ON q.workspace = s.workspace AND q.connection = s.connection AND q.stream = s.stream
                     AND q.table_name = {of_table}
             UNION ALL SELECT s.slice FROM slice AS s SEMI JOIN ops.coverage AS v
                 ON v.workspace = s.workspace AND v.connection = s.connection AND v.stream = s.stream
                     AND v.partition = s.partition AND v.standing = {accepting})",
        of_table = literal(table),
        accepting = literal(Standing::Accepting.name()),
    );
    for (no, _) in by_slice::<bool>(transaction, &sql, step)? {
        slices[no].is_unusual = true;
    }
    fallen(transaction, slices, target)?;
    silent(transaction, slices, target)
}

/// Marks slices of which a day has much less than what is held of it.
fn fallen(transaction: &Transaction<'_>, slices: &mut [Slice<'_>], target: &Target) -> Result<(), WarehouseError> {
    let Replaces::Window { column, .. } = &target.replaces else { return Ok(()) };
    let (sums, rows) = (Measures::of(&target.doubt).sums(), rows_of(target));
    let sql = format!(
        "WITH held AS (SELECT s.slice, t.{column} AS date, {sums} AS held FROM {} GROUP BY ALL),
         came AS (SELECT slice, {column} AS date, {sums} AS came FROM {rows} GROUP BY ALL),
         judged AS (
             SELECT h.slice, h.held, c.came, coalesce(list_position(list_transform(h.held, lambda one: one > 0), true), 1) AS which
             FROM held AS h LEFT JOIN came AS c USING (slice, date))
         SELECT DISTINCT slice, true FROM (SELECT slice, held[which] AS held, coalesce(came[which], 0) AS came FROM judged)
         WHERE {}",
        held(slices, target),
        is_fallen("held", "came"),
    );
    for (no, _) in by_slice::<bool>(transaction, &sql, || format!("comparing {} with what is held", target.table))? {
        slices[no].is_unusual = true;
    }
    Ok(())
}

/// The rows `t` of a target's table that the slices `s` speak for, as a FROM clause.
pub(super) fn held(slices: &[Slice<'_>], target: &Target) -> String {
    let Replaces::Window { column, partition, .. } = &target.replaces else { return String::new() };
    let (start, end) = days_of(slices);
    let of_partition = partition.as_ref().map_or_else(String::new, |of| format!(" AND t.{of} = s.partition"));
    format!(
        "core.{} AS t JOIN slice AS s ON t.workspace = s.workspace AND t.connection = s.connection
             AND t.{column} >= s.window_start AND t.{column} < s.window_end{of_partition}
             AND t.{column} >= DATE '{start}' AND t.{column} < DATE '{end}'",
        target.table
    )
}

/// Marks slices that would be the first to say nothing after a week of plenty.
fn silent(transaction: &Transaction<'_>, slices: &mut [Slice<'_>], target: &Target) -> Result<(), WarehouseError> {
    let (Replaces::Window { column, partition, .. }, Some(measure)) = (&target.replaces, &target.doubt.measure) else {
        return Ok(());
    };
    let days = slices.iter().map(|slice| own_today(slice.request));
    let (Some(first), Some(last)) = (days.clone().min(), days.max()) else { return Ok(()) };
    let since = first - Days::new(LOOKED_AT);
    let of_partition = partition.as_ref().map_or_else(String::new, |of| format!(" AND t.{of} = s.partition"));
    // As it will be: what is held of other days, and what came of the slice's own.
    let sql = format!(
        "SELECT slice, map_from_entries(list((CAST(date AS VARCHAR), CAST(total AS VARCHAR))))::JSON::VARCHAR FROM (
             SELECT slice, date, sum(amount)::DECIMAL(38, 6) AS total FROM (
                 SELECT s.slice, t.{column} AS date, t.{measure} AS amount
                 FROM core.{} AS t JOIN slice AS s ON t.workspace = s.workspace AND t.connection = s.connection{of_partition}
                     AND (t.{column} < s.window_start OR t.{column} >= s.window_end)
                     AND t.{column} >= DATE '{since}' AND t.{column} < DATE '{last}'
                 UNION ALL SELECT slice, {column}, {measure} FROM {} WHERE {column} >= DATE '{since}' AND {column} < DATE '{last}')
             GROUP BY ALL HAVING total > 0)
         GROUP BY slice",
        target.table,
        rows_of(target),
    );
    let step = || format!("looking for silent days of {}", target.table);
    for (no, sums) in by_slice::<String>(transaction, &sql, step)? {
        let slice = &mut slices[no];
        let today = own_today(slice.request);
        let sums: BTreeMap<NaiveDate, String> = serde_json::from_str(&sums).unwrap_or_default();
        let since = today - Days::new(LOOKED_AT);
        let sums = sums
            .into_iter()
            .filter(|(date, _)| *date >= since && *date < today)
            .filter_map(|(date, sum)| Some((date, sum.parse::<Decimal>().ok()?)))
            .collect();
        slice.is_unusual |= is_silent(&sums, today);
    }
    Ok(())
}

/// Whether an account's own zone, if it names one, is that of the settings.
pub(super) fn is_own_zone(request: &LoadRequest, stated: &str) -> bool {
    let own: Tz = request.time_zone.parse().unwrap_or(Tz::UTC);
    named(stated, &request.closing.zone_names).is_some_and(|zone| are_alike(own, zone, request.fetched_at))
}

/// Marks the slices of connections that have loads dated ahead: these are dated anew before the next.
pub(super) fn dated_ahead(
    transaction: &Transaction<'_>,
    slices: &mut [Slice<'_>],
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), WarehouseError> {
    let ahead = clock::connections_ahead(transaction, now)?;
    for slice in slices.iter_mut() {
        slice.is_unusual |= ahead.contains(&(slice.request.workspace.clone(), slice.request.connection.clone()));
    }
    Ok(())
}
