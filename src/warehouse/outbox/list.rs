//! The outbox as a list: which messages there are, and what was answered at each try.

use super::notices::LATE_AFTER;
use super::{Context, Reply, WarehouseError};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use duckdb::{Connection, params};

/// Which messages to list; all where nothing is named.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    pub message_id: Option<String>,
    pub workspace: Option<String>,
    /// `pending`, `claimed`, `sent`, `failed` or `unknown`.
    pub state: Option<String>,
    /// The route's kind: `mail`, `file`, or that of a channel.
    pub way: Option<String>,
    /// A part of the address, hook or path.
    pub to: Option<String>,
    pub report_id: Option<String>,
    /// Only what failed, is unknown, is late, or waits for the operator, behind another message too.
    pub troubled: bool,
    /// Written on this day (UTC) or later.
    pub since: Option<NaiveDate>,
    pub limit: u32,
}

/// A message of the outbox without its payload.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DeliveryLine {
    pub message_id: String,
    pub report_id: String,
    pub workspace: String,
    /// `report`, `notice` or `test`.
    pub kind: String,
    /// As JSON.
    #[serde(serialize_with = "as_json")]
    pub route: String,
    pub state: String,
    pub attempts: u32,
    pub created_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub not_before: Option<DateTime<Utc>>,
    /// Waits until the operator has mended something: `misconfigured` for the way, `barred` for the reader.
    pub trouble: Option<String>,
    pub answer: String,
    /// Those of a dropped payload as well.
    pub bytes: u64,
    /// When its payload was dropped: it is made again from the issued document.
    pub payload_dropped_at: Option<DateTime<Utc>>,
}

/// A way out on which messages wait for the operator.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Waiting {
    /// `mail`, `file`, or a channel, e.g. `slack:marketing`.
    pub lane: String,
    /// The message that was tried last.
    pub message_id: String,
    /// What was answered, and what to do.
    pub answer: String,
    /// Messages on this way that did not go out yet.
    pub messages: u64,
    /// When it is tried again.
    pub not_before: Option<DateTime<Utc>>,
}

/// One try of a message.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Attempt {
    pub attempt: u32,
    pub began_at: DateTime<Utc>,
    pub ended_at: DateTime<Utc>,
    /// `sent`, `postponed`, `failed` or `unknown`.
    pub outcome: String,
    pub detail: String,
    /// `firm` or `likely` where the address itself was refused.
    pub bounce: Option<String>,
    pub replies: Vec<Reply>,
}

fn as_json<S: serde::Serializer>(route: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let value: serde_json::Value =
        serde_json::from_str(route).unwrap_or_else(|_| serde_json::Value::String(route.to_owned()));
    serde::Serialize::serialize(&value, serializer)
}

/// Messages, newest first.
pub fn deliveries(reader: &Connection, filter: &DeliveryFilter) -> Result<Vec<DeliveryLine>, WarehouseError> {
    let step = || "reading the deliveries".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT message_id, report_id, workspace, kind, route, state, attempts, created_at, ended_at, not_before,
                 trouble, coalesce(answer, ''), coalesce(payload_bytes, p.bytes, 0)::UBIGINT, payload_dropped_at
             FROM ops.outbox LEFT JOIN (SELECT message_id, bytes FROM ops.payload) AS p USING (message_id)
             WHERE (?::VARCHAR IS NULL OR message_id = ?)
                 AND (?::VARCHAR IS NULL OR workspace = ?) AND (?::VARCHAR IS NULL OR state = ?)
                 AND (?::VARCHAR IS NULL OR split_part(lane, ':', 1) = ?)
                 AND (?::VARCHAR IS NULL OR contains(lower(concat(route ->> '$.to', route ->> '$.hook', route ->> '$.path')), lower(?)))
                 AND (?::VARCHAR IS NULL OR report_id = ?) AND (?::DATE IS NULL OR created_at >= ?)
                 AND (NOT ? OR state IN ('failed', 'unknown') OR (state = 'pending' AND (attempts >= ?
                     OR trouble IS NOT NULL
                     OR lane IN (SELECT lane FROM ops.outbox WHERE state = 'pending' AND trouble = 'misconfigured'))))
             ORDER BY created_at DESC, report_id, position LIMIT ?",
        )
        .context(step)?;
    let f = filter;
    let bound = params![
        f.message_id,
        f.message_id,
        f.workspace,
        f.workspace,
        f.state,
        f.state,
        f.way,
        f.way,
        f.to,
        f.to,
        f.report_id,
        f.report_id,
        f.since,
        f.since,
        f.troubled,
        LATE_AFTER,
        f.limit
    ];
    let instant = |value: Option<NaiveDateTime>| value.map(|at| at.and_utc());
    let rows = statement
        .query_map(bound, |row| {
            Ok(DeliveryLine {
                message_id: row.get(0)?,
                report_id: row.get(1)?,
                workspace: row.get(2)?,
                kind: row.get(3)?,
                route: row.get(4)?,
                state: row.get(5)?,
                attempts: row.get(6)?,
                created_at: row.get::<_, NaiveDateTime>(7)?.and_utc(),
                ended_at: instant(row.get(8)?),
                not_before: instant(row.get(9)?),
                trouble: row.get(10)?,
                answer: row.get(11)?,
                bytes: row.get(12)?,
                payload_dropped_at: instant(row.get(13)?),
            })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// The ways on which messages wait for the operator.
pub fn waiting(reader: &Connection) -> Result<Vec<Waiting>, WarehouseError> {
    let step = || "looking for messages that wait for the operator".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT lane, arg_max(message_id, ended_at) FILTER (trouble IS NOT NULL),
                 coalesce(arg_max(answer, ended_at) FILTER (trouble IS NOT NULL), ''), 
                 count(*) FILTER (trouble IS NOT NULL OR lane IN (SELECT lane FROM ops.outbox
                     WHERE state = 'pending' AND trouble = 'misconfigured'))::UBIGINT,
                 min(not_before) FILTER (trouble IS NOT NULL)
             FROM ops.outbox WHERE state = 'pending' GROUP BY lane HAVING count(trouble) > 0 ORDER BY lane",
        )
        .context(step)?;
    let rows = statement
        .query_map([], |row| {
            Ok(Waiting {
                lane: row.get(0)?,
                message_id: row.get(1)?,
                answer: row.get(2)?,
                messages: row.get(3)?,
                not_before: row.get::<_, Option<NaiveDateTime>>(4)?.map(|at| at.and_utc()),
            })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Every try of a message, first to last.
pub fn attempts(reader: &Connection, message_id: &str) -> Result<Vec<Attempt>, WarehouseError> {
    let step = || "reading the tries of a message".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT attempt, began_at, ended_at, outcome, detail, bounce, replies FROM ops.delivery_attempt
             WHERE message_id = ? ORDER BY attempt, ended_at",
        )
        .context(step)?;
    let rows = statement
        .query_map(params![message_id], |row| {
            Ok(Attempt {
                attempt: row.get(0)?,
                began_at: row.get::<_, NaiveDateTime>(1)?.and_utc(),
                ended_at: row.get::<_, NaiveDateTime>(2)?.and_utc(),
                outcome: row.get(3)?,
                detail: row.get(4)?,
                bounce: row.get(5)?,
                replies: serde_json::from_str(&row.get::<_, String>(6)?).unwrap_or_default(),
            })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}
