//! A person as a reader of reports: messages to their address in the ledger of deliveries. The mark of
//! an address is that of its pseudonym, so one erasure covers the person's payments and their mail.

use super::words::words;
use crate::warehouse::error::{Context, WarehouseError};
use duckdb::{Connection, Transaction, params};
use serde_json::Value;

/// The mark of the address in a column of `t`.
fn mark(column: &str) -> String {
    format!("mark_of('person_key', NULL, pseudonym(t.{column}))")
}

/// What the ledger holds of messages to the person of `person_mark`, by table; the mails themselves hold
/// the company's figures and are not handed out.
pub fn held(transaction: &Transaction<'_>, workspace: &str) -> Result<Vec<(String, Vec<Value>)>, WarehouseError> {
    let step = || "looking for messages to a person".to_owned();
    let of_workspace = "t.message_id IN (SELECT message_id FROM ops.outbox WHERE workspace = ?)";
    let mut all = Vec::new();
    for (table, column, columns) in [
        ("ops.outbox", "recipient", "message_id, recipient, state, created_at, ended_at, answer"),
        ("ops.delivery_attempt", "recipient", "message_id, recipient, ended_at, outcome, detail"),
        ("ops.suppression", "address", "address, reason, suppressed_at, lifted_at"),
    ] {
        let sql = format!(
            "SELECT to_json(r)::VARCHAR FROM (SELECT {columns} FROM {table} AS t WHERE {of_workspace}
                 AND t.{column} IS NOT NULL AND {} IN (SELECT mark FROM person_mark)) AS r ORDER BY 1",
            mark(column)
        );
        let mut statement = transaction.prepare(&sql).context(step)?;
        let rows = statement.query_map(params![workspace], |row| row.get::<_, String>(0)).context(step)?;
        let mut found = Vec::new();
        for row in rows {
            found.push(serde_json::from_str(&row.context(step)?).unwrap_or(Value::Null));
        }
        if !found.is_empty() {
            all.push((table.to_owned(), found));
        }
    }
    Ok(all)
}

/// Replaces erased addresses in the workspace's messages; returns the rows changed by table. A mail that
/// did not go out never will; one that is under way just now stays until the next time.
pub fn erase(connection: &Connection, workspace: &str) -> Result<Vec<(String, u64)>, WarehouseError> {
    let is_erased = |column: &str| format!("coalesce(list_contains(map_keys(e.m), {}), false)", mark(column));
    let word = |column: &str| format!("e.m[{}]", mark(column));
    let scrubbed =
        |text: &str, column: &str| format!("regexp_replace(t.{text}, regexp_escape(t.{column}), '***', 'gi')");
    // Other tenants may write to the same address: theirs is theirs.
    let is_own = "t.message_id NOT IN (SELECT message_id FROM ops.outbox WHERE workspace <> ?)";
    let statements = [
        (
            "ops.delivery_attempt",
            format!(
                "recipient = {}, detail = {}, replies = {}",
                word("recipient"),
                scrubbed("detail", "recipient"),
                scrubbed("replies", "recipient")
            ),
            format!("{is_own} AND {}", is_erased("recipient")),
        ),
        (
            "ops.suppression",
            format!("address = {}, reason = {}", word("address"), scrubbed("reason", "address")),
            format!("{is_own} AND {}", is_erased("address")),
        ),
        (
            "ops.outbox",
            format!(
                "recipient = {word}, route = json_merge_patch(t.route, json_object('to', {word}))::VARCHAR,
                 payload_dropped_at = NULL, payload_bytes = NULL, payload_sha256 = NULL, answer = {},
                 state = CASE WHEN t.state = 'sent' THEN 'sent' ELSE 'failed' END,
                 told = CASE WHEN t.state = 'sent' THEN t.told ELSE 'failed' END,
                 ended_at = coalesce(t.ended_at, (SELECT max(erased_at) FROM ops.erased))",
                scrubbed("answer", "recipient"),
                word = word("recipient"),
            ),
            format!("t.workspace = ? AND t.state <> 'claimed' AND {}", is_erased("recipient")),
        ),
    ];
    // Before the addresses go, by which they are found.
    let payloads = format!(
        "DELETE FROM ops.payload WHERE message_id IN (SELECT t.message_id FROM ops.outbox AS t, {}
             WHERE t.workspace = ? AND t.state <> 'claimed' AND {})",
        words(workspace),
        is_erased("recipient")
    );
    connection.execute(&payloads, params![workspace]).context(|| "erasing in ops.payload".to_owned())?;
    let mut changed = Vec::new();
    for (table, sets, condition) in statements {
        let sql = format!("UPDATE {table} AS t SET {sets} FROM {} WHERE {condition}", words(workspace));
        let rows = connection.execute(&sql, params![workspace]).context(|| format!("erasing in {table}"))?;
        if rows > 0 {
            changed.push((table.to_owned(), rows as u64));
        }
    }
    Ok(changed)
}
