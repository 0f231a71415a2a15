//! Retention: what is older than its table's months goes. Rows that today's figures still rest on
//! stay: a payer's first payment and contact, an open deal, a running subscription, every exchange
//! rate. Days before the line are sealed: their rollups are not computed anew from what is left.

use super::audit;
use super::config::RetentionConfig;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::migrate;
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use duckdb::{Connection, OptionalExt, Transaction, params};
use std::collections::BTreeSet;

/// A table, and the condition under which its rows (as `t`) are old: `?` is the first day kept.
struct Rule {
    schema: &'static str,
    table: &'static str,
    /// The name in the config.
    name: &'static str,
    is_old: &'static str,
}

const fn rule(schema: &'static str, table: &'static str, name: &'static str, is_old: &'static str) -> Rule {
    Rule { schema, table, name, is_old }
}

/// Tables whose age is not the day in their date column. A table not named here goes by its first
/// column of [`DAYS`].
const RULES: &[Rule] = &[
    // A payment has its origin from its payer's contact; who others were merged into tells that they
    // are one person.
    rule("core", "contact", "contact", "t.modified_at < ? AND NOT EXISTS (SELECT 1 FROM core.contact_stage AS s
        WHERE s.workspace = t.workspace AND s.connection = t.connection AND s.contact_id = t.contact_id)
        AND NOT EXISTS (SELECT 1 FROM core.payment AS p WHERE p.workspace = t.workspace AND p.person_key = t.person_key)
        AND len(t.merged_contact_ids) = 0"),
    rule("core", "deal", "deal", "t.is_closed AND coalesce(t.closed_date, t.created_date) < ?"),
    rule("core", "subscription", "subscription", "t.ended_date < ?"),
    // Who is a new customer is told by the first payment; a later refund is told by its payment.
    rule("core", "payment", "payment", "t.date < ?
        AND EXISTS (SELECT 1 FROM core.payment AS p WHERE p.workspace = t.workspace AND p.is_captured AND p.status = 'succeeded'
            AND coalesce(p.person_key, p.customer_id, p.payment_id) = coalesce(t.person_key, t.customer_id, t.payment_id)
            AND (p.created_at, p.payment_id) < (t.created_at, t.payment_id))
        AND NOT EXISTS (SELECT 1 FROM core.refund AS r WHERE r.workspace = t.workspace AND r.connection = t.connection
            AND r.payment_id = t.payment_id)"),
    rule("ops", "quarantine", "quarantine", "EXISTS (SELECT 1 FROM ops.load AS l WHERE l.load_id = t.load_id AND l.loaded_at < ?)"),
    rule("ops", "receipt", "report", "EXISTS (SELECT 1 FROM ops.report AS r WHERE r.report_id = t.report_id AND r.issued_at < ?)"),
    rule("ops", "issued_file", "report", "EXISTS (SELECT 1 FROM ops.report AS r WHERE r.report_id = t.report_id AND r.issued_at < ?)"),
    rule("ops", "outbox", "report", "t.state IN ('sent', 'failed') AND t.created_at < ?"),
    rule("ops", "report", "report", "t.issued_at < ?"),
    // Tries belong to their message. A suppression in force goes on: the mailbox is still not there.
    rule("ops", "delivery_attempt", "delivery", "t.ended_at < ?
        AND t.message_id NOT IN (SELECT message_id FROM ops.outbox)"),
    rule("ops", "suppression", "delivery", "t.lifted_at < ?"),
    // The ledger plans no slot anew before the mark up to which it has planned.
    rule("ops", "slot", "schedule", "t.state IN ('succeeded', 'failed', 'skipped') AND t.slot_at < ?
        AND EXISTS (SELECT 1 FROM ops.job_mark AS m WHERE m.job = t.job AND m.workspace = t.workspace AND m.planned_through >= t.slot_at)"),
    rule("ops", "run", "schedule", "t.ended_at < ?"),
];

/// Columns a row's day may stand in.
const DAYS: [&str; 4] = ["date", "entered_date", "posted_date", "month_date"];

/// Kept for good unless the config names them: later days carry the last rate forward, and what is
/// derived from kept rows is derived again.
const KEPT: [&str; 2] = ["fx_rate", "fx_cross"];

/// Names the config may use besides those of tables.
const GROUPS: [&str; 5] = ["history", "quarantine", "report", "delivery", "schedule"];

/// Every name that `[retention.tables]` may have.
pub fn names() -> BTreeSet<String> {
    let tables = migrate::tables_made("core").into_iter().chain(migrate::tables_made("mart"));
    tables.chain(GROUPS).map(str::to_owned).collect()
}

/// What went from a table.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Removed {
    pub table: String,
    pub before: NaiveDate,
    pub rows: u64,
}

/// The first day that is kept for `months`: whole months, the running one not counted.
pub fn first_kept(today: NaiveDate, months: u64) -> Option<NaiveDate> {
    let months = u32::try_from(months).ok().filter(|months| *months > 0)?;
    today.with_day(1)?.checked_sub_months(Months::new(months))
}

/// Months of a table by the config; 0 for good.
pub fn months(config: &RetentionConfig, name: &str) -> u64 {
    let default = if KEPT.contains(&name) { 0 } else { config.months };
    config.tables.get(name).copied().unwrap_or(default)
}

/// Removes what is old, in one transaction. Running it again removes nothing.
pub fn retain(
    connection: &mut Connection,
    config: &RetentionConfig,
    now: DateTime<Utc>,
) -> Result<Vec<Removed>, WarehouseError> {
    let step = || "removing what is older than its retention".to_owned();
    let today = now.date_naive();
    let transaction = connection.transaction().context(step)?;
    let mut removed = Vec::new();
    let mut sealed: Option<NaiveDate> = None;
    for (schema, table, name, is_old) in rules(&transaction)? {
        let Some(before) = first_kept(today, months(config, &name)) else { continue };
        if schema == "core" && !KEPT.contains(&table.as_str()) {
            sealed = sealed.max(Some(before));
        }
        let rows = transaction
            .execute(&format!("DELETE FROM {schema}.{table} AS t WHERE {is_old}"), params![before])
            .context(|| format!("removing old rows of {schema}.{table}"))?;
        if rows > 0 {
            let table = format!("{schema}.{table}");
            audit::note(
                &transaction,
                now,
                "night",
                "retention",
                None,
                &format!("{rows} rows of {table} before {before}"),
            )?;
            removed.push(Removed { table, before, rows: rows as u64 });
        }
    }
    if let Some(before) = sealed.filter(|_| removed.iter().any(|gone| gone.table.starts_with("core."))) {
        seal(&transaction, before)?;
    }
    transaction.commit().context(step)?;
    Ok(removed)
}

/// The first day whose facts are all there; rollups leave earlier days as they are.
pub fn sealed_before(connection: &Connection) -> Result<NaiveDate, WarehouseError> {
    let before: Option<NaiveDate> = connection
        .query_row("SELECT max(before) FROM ops.sealed", [], |row| row.get(0))
        .optional()
        .context(|| "reading which days are sealed".to_owned())?
        .flatten();
    Ok(before.unwrap_or(NaiveDate::MIN))
}

fn seal(transaction: &Transaction<'_>, before: NaiveDate) -> Result<(), WarehouseError> {
    let before = before.max(sealed_before(transaction)?);
    transaction.execute_batch("DELETE FROM ops.sealed").context(|| "sealing days".to_owned())?;
    transaction
        .execute("INSERT INTO ops.sealed (before) VALUES (?)", params![before])
        .context(|| "sealing days".to_owned())?;
    Ok(())
}

/// Schema, table, name in the config, and condition of every table that ages.
fn rules(connection: &Connection) -> Result<Vec<(String, String, String, String)>, WarehouseError> {
    let step = || "listing what ages".to_owned();
    let own = |r: &Rule| (r.schema.to_owned(), r.table.to_owned(), r.name.to_owned(), r.is_old.to_owned());
    let mut statement = connection
        .prepare(
            "SELECT schema_name, table_name, list_filter(list(column_name), lambda name: name IN ('date', 'entered_date', 'posted_date', 'month_date'))
             FROM duckdb_columns() WHERE database_name = current_database() AND schema_name IN ('core', 'history', 'mart')
               AND table_name IN (SELECT table_name FROM duckdb_tables()) GROUP BY ALL ORDER BY ALL",
        )
        .context(step)?;
    let found = statement
        .query_map([], |row| {
            let names: duckdb::types::Value = row.get(2)?;
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, names))
        })
        .context(step)?;
    let mut all: Vec<_> = Vec::new();
    for row in found {
        let (schema, table, names) = row.context(step)?;
        let names: Vec<String> = match names {
            duckdb::types::Value::List(names) => names
                .into_iter()
                .filter_map(|name| if let duckdb::types::Value::Text(name) = name { Some(name) } else { None })
                .collect(),
            _ => Vec::new(),
        };
        if schema == "history" {
            all.push((schema, table, "history".to_owned(), "t.superseded_at < ?".to_owned()));
        } else if RULES.iter().any(|rule| rule.schema == schema && rule.table == table) {
            continue;
        } else if let Some(day) = DAYS.iter().find(|day| names.iter().any(|name| name == *day)) {
            all.push((schema, table.clone(), table, format!("t.{day} < ?")));
        }
    }
    // After the facts they look at: a contact goes once its stages are gone.
    all.extend(RULES.iter().map(own));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_months_are_kept_and_the_running_one_is_not_counted() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        assert_eq!(first_kept(day("2026-03-31"), 1), Some(day("2026-02-01")));
        assert_eq!(first_kept(day("2026-03-01"), 24), Some(day("2024-03-01")));
        assert_eq!(first_kept(day("2026-03-01"), 0), None);
    }
}
