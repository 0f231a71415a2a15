//! What the operator must know of: each trouble is reported once, by messages born in the transaction that
//! marks it as reported.

use super::{Context, Kind, NewMessage, WarehouseError, add};
use crate::warehouse::writers::LedgerWriter;
use chrono::{DateTime, Utc};
use duckdb::{Connection, params};

/// A message that is in trouble and has not been reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub message_id: String,
    pub workspace: String,
    pub owner: String,
    pub route: String,
    pub lane: String,
    /// `failed`, `unknown`, `misconfigured`, `barred` or `delayed`.
    pub what: String,
    pub answer: String,
    pub attempts: u32,
}

/// Tries after which a message that still waits is reported: about twenty minutes.
pub(super) const LATE_AFTER: u32 = 3;

/// Troubles not yet reported, oldest first. Notices themselves are left out: their trouble is logged.
pub fn troubles(reader: &Connection) -> Result<Vec<Trouble>, WarehouseError> {
    let step = || "looking for troubled messages".to_owned();
    let mut statement = reader
        .prepare(
            "SELECT message_id, workspace, report_id, route, lane, what, coalesce(answer, ''), attempts
             FROM (SELECT *, CASE WHEN state IN ('failed', 'unknown') THEN state
                 WHEN state = 'pending' AND trouble IS NOT NULL THEN trouble
                 WHEN state = 'pending' AND attempts >= ? THEN 'delayed' END AS what
                 FROM ops.outbox WHERE kind = 'report')
             WHERE what IS NOT NULL AND what IS DISTINCT FROM told
             ORDER BY created_at, report_id, position LIMIT 1000",
        )
        .context(step)?;
    let rows = statement
        .query_map(params![LATE_AFTER], |row| {
            Ok(Trouble {
                message_id: row.get(0)?,
                workspace: row.get(1)?,
                owner: row.get(2)?,
                route: row.get(3)?,
                lane: row.get(4)?,
                what: row.get(5)?,
                answer: row.get(6)?,
                attempts: row.get(7)?,
            })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Marks troubles as reported and writes the messages that report them, all or nothing.
pub fn tell(
    connection: &mut LedgerWriter<'_>,
    troubles: &[Trouble],
    messages: &[NewMessage],
    now: DateTime<Utc>,
) -> Result<(), WarehouseError> {
    let step = || "telling the operator".to_owned();
    let transaction = connection.transaction().context(step)?;
    for trouble in troubles {
        transaction
            .execute("UPDATE ops.outbox SET told = ? WHERE message_id = ?", params![trouble.what, trouble.message_id])
            .context(step)?;
    }
    add(&transaction, (Kind::Notice, "operator", "operator"), messages, &std::collections::BTreeSet::new(), now)?;
    transaction.commit().context(step)
}
