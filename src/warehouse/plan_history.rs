//! Since when changes of plan are known: a payment provider reports subscriptions as they stand, so what
//! they were worth before they were first read is what they were worth then.

use super::error::{Context, WarehouseError};
use chrono::NaiveDate;
use duckdb::{Connection, params};

/// The fact that recurring revenue rests on.
pub const SUBSCRIPTIONS: &str = "subscription";

/// The streams of a connection that say what subscriptions are worth, and when they changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanStreams {
    pub connection: String,
    /// Fills `core.subscription`.
    pub subscriptions: String,
    /// Fills `core.subscription_event`; absent where the connector has none.
    pub events: Option<String>,
    /// The vendor keeps events for so many days.
    pub events_kept_days: u32,
}

/// A connection whose subscriptions are known as they were from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlansSince {
    pub connection: String,
    pub date: NaiveDate,
    /// Subscriptions that were paused or unpaid when they were first read, nobody knows since when: they
    /// count as nothing before.
    pub stopped: u64,
}

/// Of the connections of a workspace those with subscriptions that are older than what is known of
/// their changes. Their plans of before are taken to be the first ones that were read.
pub fn plans_since(
    reader: &Connection,
    workspace: &str,
    all: &[PlanStreams],
) -> Result<Vec<PlansSince>, WarehouseError> {
    let mut found = Vec::new();
    for PlanStreams { connection, subscriptions, events, events_kept_days } in all {
        let (date, older, stopped): (Option<NaiveDate>, u64, u64) = reader
            .query_row(
                include_str!("plan_history.sql"),
                params![workspace, connection, subscriptions, events.as_deref().unwrap_or_default(), events_kept_days],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .context(|| "looking for when changes of plan are known".to_owned())?;
        if let (Some(date), true) = (date, older + stopped > 0) {
            found.push(PlansSince { connection: connection.clone(), date, stopped });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::{functions, migrate};

    #[test]
    fn plans_are_known_since_the_events_that_were_kept_when_they_were_first_read() {
        let mut database = Connection::open_in_memory().expect("a database");
        migrate::apply(&mut database).expect("migrated");
        functions::register(&database).expect("functions");
        database
            .execute_batch(
                "INSERT INTO ops.workspace BY NAME SELECT 'w' AS workspace, 'W' AS name, 'UTC' AS time_zone, 'USD' AS currency, 1 AS week_starts_on;
                 INSERT INTO ops.load BY NAME SELECT 'l ' || id AS load_id, 'w' AS workspace, id AS connection, 'subs' AS stream,
                    '' AS slice, '' AS partition, TIMESTAMP '2026-12-01 09:00:00' AS fetched_at, TIMESTAMP '2026-12-01 09:00:00' AS loaded_at,
                    '' AS manifest, 1 AS pages, 1 AS bytes, 1 AS rows_read, 1 AS rows_written, 0 AS rows_unchanged, 0 AS rows_superseded,
                    0 AS rows_quarantined, [] AS notes FROM (VALUES ('old'), ('young'), ('changed'), ('paused')) AS v(id);
                 INSERT INTO ops.coverage BY NAME SELECT 'w' AS workspace, id AS connection, 'events' AS stream, '' AS partition,
                    DATE '2026-07-01' AS date, 'l' AS load_id, TIMESTAMP '2026-12-01' AS covered_at, true AS is_whole_day
                    FROM (VALUES ('old'), ('young'), ('changed'), ('paused')) AS v(id);
                 INSERT INTO core.subscription BY NAME SELECT 'w' AS workspace, id AS connection, 's' AS subscription_id, 'active' AS status,
                    since AS started_at, CAST(since AS DATE) AS counts_from_date, is_paused, 9 AS mrr, 'USD' AS currency, 'l ' || id AS load_id,
                    CASE WHEN is_paused THEN [] ELSE [{'from_date': CAST(since AS DATE), 'mrr': 9}] END AS course,
                    [{'from_date': CAST(since AS DATE), 'mrr': 9}] AS course_unpaused
                    FROM (VALUES ('old', TIMESTAMP '2026-01-01', false), ('young', TIMESTAMP '2026-11-20', false),
                        ('changed', TIMESTAMP '2026-01-01', false), ('paused', TIMESTAMP '2026-01-01', true)) AS v(id, since, is_paused);
                 INSERT INTO core.subscription_event BY NAME SELECT 'w' AS workspace, 'changed' AS connection, 'e' AS event_id,
                    's' AS subscription_id, 'customer.subscription.updated' AS kind, TIMESTAMP '2026-11-15' AS created_at,
                    DATE '2026-11-15' AS date, true AS changes_value, false AS changes_standing, 'l' AS load_id",
            )
            .expect("rows");
        let all = ["old", "young", "changed", "paused", "never read"].map(|id| PlanStreams {
            connection: id.to_owned(),
            subscriptions: "subs".to_owned(),
            events: Some("events".to_owned()),
            events_kept_days: 30,
        });
        let found = plans_since(&database, "w", &all).expect("connections");
        let lines: Vec<String> =
            found.iter().map(|one| format!("{} {} {}", one.connection, one.date, one.stopped)).collect();
        assert_eq!(lines, ["old 2026-11-01 0", "changed 2026-11-15 0", "paused 2026-11-01 1"]);
    }
}
