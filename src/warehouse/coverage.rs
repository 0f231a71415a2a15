//! The coverage map: which load holds each day of each stream.

use super::error::{Context, WarehouseError};
use crate::domain::clock::latest_believed;
use crate::domain::coverage::Standing;
use crate::domain::period::Period;
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use duckdb::{Connection, Params, params};
use serde::Serialize;

/// A day of a stream's partition as the newest load left it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoveredDay {
    pub connection: String,
    pub stream: String,
    /// The account or other part; empty if the stream has none.
    pub partition: String,
    /// In the account's zone.
    pub date: NaiveDate,
    /// Whether the day had ended in its own zone when the vendor was asked.
    pub is_whole_day: bool,
    /// The version: the load that holds the day.
    pub load_id: String,
    pub covered_at: DateTime<Utc>,
    /// Absent for a day that was read.
    pub standing: Option<Standing>,
    /// Why it stands so, in a sentence.
    pub reason: Option<String>,
}

/// A stream's partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub workspace: String,
    pub connection: String,
    pub stream: String,
    /// Empty if the stream has none.
    pub partition: String,
}

impl Place {
    pub fn new(workspace: &str, connection: &str, stream: &str, partition: &str) -> Self {
        let [workspace, connection, stream, partition] = [workspace, connection, stream, partition].map(str::to_owned);
        Self { workspace, connection, stream, partition }
    }
}

/// What of the map is believed at `now`, as a relation: days that have not come and were covered under a
/// clock that stood ahead are not in it. A day that a zone ahead of UTC has ended may be.
pub(super) fn believed(now: DateTime<Utc>) -> String {
    let latest = latest_believed(now).naive_utc().format("%Y-%m-%d %H:%M:%S%.6f");
    // The first zone to end a day is 14 hours ahead of UTC.
    let date = (now + TimeDelta::hours(14)).date_naive();
    format!(
        "(SELECT * REPLACE (is_whole_day AND date < DATE '{date}' AS is_whole_day) FROM ops.coverage
          WHERE covered_at <= TIMESTAMP '{latest}' AND date <= DATE '{date}')"
    )
}

/// Every day of a workspace in the map, by connection, stream, partition and date, as believed at `now`.
pub fn covered(reader: &Connection, workspace: &str, now: DateTime<Utc>) -> Result<Vec<CoveredDay>, WarehouseError> {
    rows(reader, now, "workspace = ?", params![workspace])
}

/// Every day of a partition in the map, by date, as believed at `now`.
pub fn days_of(reader: &Connection, place: &Place, now: DateTime<Utc>) -> Result<Vec<CoveredDay>, WarehouseError> {
    let Place { workspace, connection, stream, partition } = place;
    let which = "workspace = ? AND connection = ? AND stream = ? AND partition = ?";
    rows(reader, now, which, params![workspace, connection, stream, partition])
}

fn rows(
    reader: &Connection,
    now: DateTime<Utc>,
    which: &str,
    values: impl Params,
) -> Result<Vec<CoveredDay>, WarehouseError> {
    let step = || "reading the coverage map".to_owned();
    let mut statement = reader
        .prepare(&format!(
            "SELECT connection, stream, partition, date, is_whole_day, load_id, covered_at, standing, reason
             FROM {} AS c WHERE {which} ORDER BY connection, stream, partition, date",
            believed(now)
        ))
        .context(step)?;
    let rows = statement
        .query_map(values, |row| {
            Ok(CoveredDay {
                connection: row.get(0)?,
                stream: row.get(1)?,
                partition: row.get(2)?,
                date: row.get(3)?,
                is_whole_day: row.get(4)?,
                load_id: row.get(5)?,
                covered_at: row.get::<_, NaiveDateTime>(6)?.and_utc(),
                standing: row.get::<_, Option<String>>(7)?.and_then(|name| Standing::named(&name)),
                reason: row.get(8)?,
            })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Of a slice fetched at an instant: how many of its days a newer answer holds, and how many it has. A slice
/// without days counts as one.
pub fn held_by_newer(
    reader: &Connection,
    place: &Place,
    days: Option<Period>,
    fetched_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(u64, u64), WarehouseError> {
    let step = || "looking for newer answers".to_owned();
    let Place { workspace, connection, stream, partition } = place;
    let fetched = fetched_at.naive_utc();
    let Some(days) = days else {
        let sql = "SELECT count(*) > 0 FROM ops.load WHERE workspace = ? AND connection = ? AND stream = ?
            AND coalesce(partition, '') = ? AND fetched_at > ? AND fetched_at <= ?";
        let latest = latest_believed(now).naive_utc();
        let values = params![workspace, connection, stream, partition, fetched, latest];
        let is_newer: bool = reader.query_row(sql, values, |row| row.get(0)).context(step)?;
        return Ok((u64::from(is_newer), 1));
    };
    let sql = format!(
        "SELECT count(DISTINCT date)::UBIGINT FROM {} AS c WHERE workspace = ? AND connection = ? AND stream = ?
             AND partition = ? AND date >= ? AND date < ? AND covered_at > ? AND load_id <> ''",
        believed(now)
    );
    let values = params![workspace, connection, stream, partition, days.start, days.end, fetched];
    let newer: u64 = reader.query_row(&sql, values, |row| row.get(0)).context(step)?;
    Ok((newer, days.days().unsigned_abs()))
}

/// Days that were asked for in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    pub place: Place,
    pub period: Period,
    /// Days before this one that are whole stay so; absent: all that are whole stay so.
    pub unread_from: Option<NaiveDate>,
    /// [`Standing::Failed`] or [`Standing::Refused`].
    pub standing: Standing,
    pub reason: String,
    pub asked_at: DateTime<Utc>,
}

/// Enters days that were asked for in vain; those that a doubt or a person has settled stay as they are.
pub fn enter_unanswered(connection: &mut Connection, days: &Unanswered) -> Result<(), WarehouseError> {
    let step = || "noting days that were not answered".to_owned();
    let transaction = connection.transaction().context(step)?;
    let Place { workspace, connection: id, stream, partition } = &days.place;
    let (start, end, name) = (days.period.start, days.period.end, days.standing.name());
    transaction
        .execute(
            "UPDATE ops.coverage SET standing = $7, reason = $8, is_whole_day = false
             WHERE workspace = $1 AND connection = $2 AND stream = $3 AND partition = $4
               AND date >= CAST($5 AS DATE) AND date < CAST($6 AS DATE)
               AND (NOT is_whole_day OR date >= CAST($9 AS DATE))
               AND coalesce(standing IN ('failed', 'refused'), true)",
            params![workspace, id, stream, partition, start, end, name, days.reason, days.unread_from],
        )
        .context(step)?;
    transaction
        .execute(
            "INSERT INTO ops.coverage
             SELECT $1, $2, $3, $4, d.date, '', $9, false, $7, $8
             FROM (SELECT CAST(day AS DATE) AS date
                 FROM range(CAST($5 AS TIMESTAMP), CAST($6 AS TIMESTAMP), INTERVAL 1 DAY) AS days(day)) AS d
             WHERE NOT EXISTS (SELECT 1 FROM ops.coverage AS c WHERE c.workspace = $1 AND c.connection = $2
                 AND c.stream = $3 AND c.partition = $4 AND c.date = d.date)",
            params![workspace, id, stream, partition, start, end, name, days.reason, days.asked_at.naive_utc()],
        )
        .context(step)?;
    transaction.commit().context(step)
}

/// Ends the doubts about days before `ends`: the rows that are held count, and are not confirmed.
pub fn end_doubts(connection: &mut Connection, place: &Place, ends: NaiveDate) -> Result<(), WarehouseError> {
    let Place { workspace, connection: id, stream, partition } = place;
    connection
        .execute(
            "UPDATE ops.coverage SET standing = 'unconfirmed', is_whole_day = true
             WHERE workspace = ? AND connection = ? AND stream = ? AND partition = ? AND date < ? AND standing = 'doubted'",
            params![workspace, id, stream, partition, ends],
        )
        .context(|| "ending doubts".to_owned())?;
    Ok(())
}

/// Takes a person's word for days that are doubted or unanswered: what is doubted is taken as the vendor
/// says it next; what was never answered counts as it is held. Answers how many days stood so.
pub fn accept(connection: &mut Connection, place: &Place, period: Period) -> Result<u64, WarehouseError> {
    let Place { workspace, connection: id, stream, partition } = place;
    let days = connection
        .execute(
            "UPDATE ops.coverage SET
                 is_whole_day = standing IN ('failed', 'refused'),
                 standing = CASE WHEN standing IN ('failed', 'refused') THEN 'accepted' ELSE 'accepting' END
             WHERE workspace = ? AND connection = ? AND stream = ? AND partition = ? AND date >= ? AND date < ?
               AND standing IN ('failed', 'refused', 'doubted', 'unconfirmed')",
            params![workspace, id, stream, partition, period.start, period.end],
        )
        .context(|| "accepting days".to_owned())?;
    Ok(days as u64)
}
