//! How far the days of each stream reach, by the ledger.

use crate::domain::clock::latest_believed;
use crate::domain::coverage::Standing;
use crate::domain::period::Period;
use crate::warehouse::coverage;
use crate::warehouse::error::{Context, WarehouseError};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Utc};
use duckdb::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};

/// What the ledger says of a stream's partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    pub connection: String,
    pub stream: String,
    /// Empty if the stream has none.
    pub partition: String,
    /// Runs of whole days, in order.
    pub whole: Vec<Period>,
    /// Runs of days that stand otherwise than read, in order, with the reason.
    pub open: Vec<(Period, Standing, String)>,
    /// What the source says of its own answers, by runs of days.
    pub caveats: Vec<(Period, String)>,
    /// When the source last answered for the stream, whatever the partition.
    pub last_success_at: Option<DateTime<Utc>>,
}

impl Reach {
    /// The newest whole day.
    pub fn whole_through(&self) -> Option<NaiveDate> {
        self.whole.last().map(Period::last_day)
    }
}

/// Workspace, connection, stream, partition.
type Key = (String, String, String, String);

const KEY: &str = "workspace, connection, stream, partition";
/// One workspace's rows, or everybody's where none is bound.
const WANTED: &str = "($1::VARCHAR IS NULL OR workspace = $1)";

/// Days in a row of a column's equal values, as `first` and `last`.
fn runs(of: &str, from: &str) -> String {
    format!(
        "SELECT {KEY}, {of}, min(date) AS first, max(date) AS last FROM (
             SELECT *, date - CAST(row_number() OVER (PARTITION BY {KEY}, {of} ORDER BY date) AS INTEGER) AS island
             FROM ({from}))
         GROUP BY {KEY}, {of}, island ORDER BY {KEY}, first"
    )
}

/// Every partition of a workspace that was read or asked for, by connection, stream and partition, as believed at
/// `now`.
pub fn reach(reader: &Connection, workspace: &str, now: DateTime<Utc>) -> Result<Vec<Reach>, WarehouseError> {
    Ok(reach_of(reader, Some(workspace), now)?.remove(workspace).unwrap_or_default())
}

/// The same of every workspace, in as many statements as of one.
pub fn reach_of_all(reader: &Connection, now: DateTime<Utc>) -> Result<BTreeMap<String, Vec<Reach>>, WarehouseError> {
    reach_of(reader, None, now)
}

fn reach_of(
    reader: &Connection,
    wanted: Option<&str>,
    now: DateTime<Utc>,
) -> Result<BTreeMap<String, Vec<Reach>>, WarehouseError> {
    let mut all: BTreeMap<Key, Reach> = BTreeMap::new();
    let believed = coverage::believed(now);
    let rows = format!("FROM {believed} AS c WHERE {WANTED}");
    let whole = format!("SELECT {KEY}, date, true AS is_whole {rows} AND is_whole_day");
    each(reader, &runs("is_whole", &whole), wanted, &mut all, |reach, period, _: bool| reach.whole.push(period))?;
    let open = format!(
        "SELECT {KEY}, date, standing || chr(31) || coalesce(reason, '') AS why {rows} AND standing IS NOT NULL"
    );
    each(reader, &runs("why", &open), wanted, &mut all, |reach, period, why: String| {
        let (standing, reason) = why.split_once('\u{1f}').unwrap_or((&why, ""));
        if let Some(standing) = Standing::named(standing) {
            reach.open.push((period, standing, reason.to_owned()));
        }
    })?;
    let caveats = format!(
        "SELECT DISTINCT c.workspace, c.connection, c.stream, c.partition, c.date, unnest(l.caveats) AS caveat
        FROM {believed} AS c JOIN ops.load AS l USING (load_id)
        WHERE ($1::VARCHAR IS NULL OR c.workspace = $1) AND len(l.caveats) > 0"
    );
    each(reader, &runs("caveat", &caveats), wanted, &mut all, |reach, period, caveat: String| {
        reach.caveats.push((period, caveat));
    })?;
    let successes = successes(reader, wanted, now)?;
    let asked: BTreeSet<(String, String, String)> = all
        .keys()
        .map(|(workspace, connection, stream, _)| (workspace.clone(), connection.clone(), stream.clone()))
        .collect();
    for of in successes.keys().filter(|of| !asked.contains(*of)) {
        all.insert((of.0.clone(), of.1.clone(), of.2.clone(), String::new()), Reach::default());
    }
    let mut found: BTreeMap<String, Vec<Reach>> = BTreeMap::new();
    for ((workspace, connection, stream, partition), reach) in all {
        let of = (workspace.clone(), connection.clone(), stream.clone());
        let last_success_at = successes.get(&of).copied();
        found.entry(workspace).or_default().push(Reach { connection, stream, partition, last_success_at, ..reach });
    }
    Ok(found)
}

/// Hands each row of `sql` (key, value, first, last) to its partition.
fn each<T: duckdb::types::FromSql>(
    reader: &Connection,
    sql: &str,
    wanted: Option<&str>,
    all: &mut BTreeMap<Key, Reach>,
    mut take: impl FnMut(&mut Reach, Period, T),
) -> Result<(), WarehouseError> {
    let step = || "reading coverage".to_owned();
    let mut statement = reader.prepare(sql).context(step)?;
    let rows = statement
        .query_map(params![wanted], |row| {
            let key: Key = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            let days: (NaiveDate, NaiveDate) = (row.get(5)?, row.get(6)?);
            Ok((key, row.get::<_, T>(4)?, days))
        })
        .context(step)?;
    for row in rows {
        let (key, value, (first, last)) = row.context(step)?;
        take(all.entry(key).or_default(), Period { start: first, end: last + Days::new(1) }, value);
    }
    Ok(())
}

/// When streams were last answered, by workspace, connection and stream.
type Successes = BTreeMap<(String, String, String), DateTime<Utc>>;

/// When each stream was last answered, as believed at `now`.
fn successes(reader: &Connection, wanted: Option<&str>, now: DateTime<Utc>) -> Result<Successes, WarehouseError> {
    let step = || "reading when sources answered".to_owned();
    let sql = format!(
        "SELECT workspace, connection, stream, max(fetched_at) FROM ops.load
         WHERE {WANTED} AND fetched_at <= $2 AND fetched_at > TIMESTAMP '1970-01-01' GROUP BY ALL"
    );
    let mut statement = reader.prepare(&sql).context(step)?;
    let rows = statement
        .query_map(params![wanted, latest_believed(now).naive_utc()], |row| {
            Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get::<_, NaiveDateTime>(3)?.and_utc()))
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}
