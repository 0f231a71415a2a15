//! Retention: what is older than its table's months goes. Rows that today's figures still rest on
//! stay: a payer's first payment and contact, an open deal, a running subscription, every exchange
//! rate. Days before the line are sealed: their rollups are not computed anew from what is left.

use super::config::RetentionConfig;
use crate::domain::fact::Facts;
use crate::warehouse::audit;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::facts::{self, marts::by_table};
use crate::warehouse::migrate;
use crate::warehouse::worker::Warehouse;
use crate::warehouse::writers::BothWriter;
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use duckdb::{Connection, Transaction, params};
use std::collections::BTreeSet;

pub use crate::warehouse::sealed::sealed_before;

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

/// Tables whose age is not the day of their contract, or the column `date` of a rollup.
const RULES: &[Rule] = &[
    // A payment has its origin from its payer's contact; who others were merged into shows that they
    // are one person.
    rule("core", "contact", "contact", "t.modified_at < ? AND NOT EXISTS (SELECT 1 FROM core.contact_stage AS s
        WHERE s.workspace = t.workspace AND s.connection = t.connection AND s.contact_id = t.contact_id)
        AND NOT EXISTS (SELECT 1 FROM core.payment AS p WHERE p.workspace = t.workspace AND p.person_key = t.person_key)
        AND len(t.merged_contact_ids) = 0 AND len(t.other_person_keys) = 0"),
    rule("core", "deal", "deal", "t.is_closed AND coalesce(t.closed_date, t.created_date) < ?"),
    // Who a deal was with goes with it; what came before its deal waits.
    rule("core", "deal_contact", "deal_contact", "NOT EXISTS (SELECT 1 FROM core.deal AS d
        WHERE d.workspace = t.workspace AND d.connection = t.connection AND d.deal_id = t.deal_id)
        AND EXISTS (SELECT 1 FROM ops.load AS l WHERE l.load_id = t.load_id AND l.loaded_at < ?)"),
    rule("core", "deal_stage", "deal_stage", "NOT EXISTS (SELECT 1 FROM core.deal AS d
        WHERE d.workspace = t.workspace AND d.connection = t.connection AND d.deal_id = t.deal_id) AND t.entered_date < ?"),
    rule("core", "campaign_member", "campaign_member", "t.modified_at < ?"),
    rule("core", "ticket", "ticket", "t.is_closed AND coalesce(t.closed_date, t.created_date) < ?"),
    // What is published is read for as long as it stands, and a plan counts until its day.
    rule("core", "article", "article", "t.archived_at < ?"),
    rule("core", "calendar_item", "calendar_item", "t.due_date < ?"),
    rule("core", "subscription", "subscription", "t.ended_date < ?"),
    rule("core", "customer_discount", "customer_discount", "t.ends_at < ?"),
    // Who is on a list stays, however long ago the person joined.
    rule("core", "list_member", "list_member", "t.status NOT IN ('subscribed', 'unconfirmed')
        AND coalesce(t.left_at, t.changed_at, t.joined_at) < ?"),
    rule("mart", "subscription_value", "subscription_value", "t.until_date < ?"),
    // Who is a new customer is known by the first payment, which address belongs to which customer by the
    // first payment with both; a later refund or chargeback has its origin from its payment.
    rule("core", "payment", "payment", "t.date < ?
        AND EXISTS (SELECT 1 FROM core.payment AS p WHERE p.workspace = t.workspace AND p.is_captured AND p.status = 'succeeded'
            AND coalesce(p.person_key, p.customer_id) IS NOT NULL AND p.person_key IS NOT DISTINCT FROM t.person_key
            AND p.customer_id IS NOT DISTINCT FROM t.customer_id AND (p.customer_id IS NULL OR p.connection = t.connection)
            AND (p.created_at, p.payment_id) < (t.created_at, t.payment_id))
        AND NOT EXISTS (SELECT 1 FROM core.refund AS r WHERE r.workspace = t.workspace AND r.connection = t.connection
            AND r.payment_id = t.payment_id)
        AND NOT EXISTS (SELECT 1 FROM core.dispute_movement AS m WHERE m.workspace = t.workspace
            AND m.connection = t.connection AND m.payment_id = t.payment_id)"),
    // So it is with those who had paid before the first day that is loaded.
    rule("core", "earlier_payer", "earlier_payer", "t.date < ? AND EXISTS (SELECT 1 FROM core.earlier_payer AS p
        WHERE p.workspace = t.workspace AND p.connection = t.connection AND p.person_key IS NOT DISTINCT FROM t.person_key
            AND p.customer_id IS NOT DISTINCT FROM t.customer_id AND (p.date, p.payment_id) < (t.date, t.payment_id))"),
    rule("core", "customer", "customer", "t.created_date < ? AND NOT EXISTS (SELECT 1 FROM core.payment AS p
        WHERE p.workspace = t.workspace AND (p.person_key = t.person_key OR (p.connection = t.connection AND p.customer_id = t.customer_id)))"),
    rule("ops", "quarantine", "quarantine", "EXISTS (SELECT 1 FROM ops.load AS l WHERE l.load_id = t.load_id AND l.loaded_at < ?)"),
    rule("ops", "receipt", "report", "EXISTS (SELECT 1 FROM ops.report AS r WHERE r.report_id = t.report_id AND r.issued_at < ?)"),
    rule("ops", "issued_file", "report", "EXISTS (SELECT 1 FROM ops.report AS r WHERE r.report_id = t.report_id AND r.issued_at < ?)"),
    rule("ops", "report_wording", "report", "EXISTS (SELECT 1 FROM ops.report AS r WHERE r.report_id = t.report_id AND r.issued_at < ?)"),
    // Payloads first, as they are found by their message.
    rule("ops", "payload", "report", "t.message_id IN (SELECT o.message_id FROM ops.outbox AS o
        WHERE o.state IN ('sent', 'failed') AND o.created_at < ?)"),
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

/// Kept for good unless the config names it, as the facts are whose contract says so: it is derived from kept rows.
const KEPT: &str = "fx_cross";

/// Names the config may use besides those of tables.
const GROUPS: [&str; 5] = ["history", "quarantine", "report", "delivery", "schedule"];

/// Every name that `[retention.tables]` may have.
pub fn names(facts: &Facts) -> BTreeSet<String> {
    let by_dimension =
        facts.iter().filter(|fact| fact.contribution.as_ref().is_some_and(|adds| !adds.dimensions.is_empty()));
    let tables = facts.ids().into_iter().chain(migrate::tables_made("mart")).chain(GROUPS).map(str::to_owned);
    let own = facts.rollups().iter().map(|rollup| rollup.id.clone());
    tables.chain(by_dimension.map(by_table)).chain(own).collect()
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
fn months(config: &RetentionConfig, kept: &BTreeSet<String>, name: &str) -> u64 {
    let default = if kept.contains(name) || name == KEPT { 0 } else { config.months };
    config.tables.get(name).copied().unwrap_or(default)
}

/// Removes what is old: facts on their own side, then rows of the ledger. Running it again removes nothing.
pub fn retain(
    warehouse: &Warehouse,
    config: &RetentionConfig,
    now: DateTime<Utc>,
) -> Result<Vec<Removed>, WarehouseError> {
    let own = config.clone();
    let mut removed = warehouse.write_blocking(move |connection| retain_facts(connection, &own, now))?;
    let own = config.clone();
    removed.extend(warehouse.write_both_blocking(move |connection| retain_ledger(connection, &own, now))?);
    Ok(removed)
}

/// The facts, in one transaction; the days they leave are sealed in it.
fn retain_facts(
    connection: &mut Connection,
    config: &RetentionConfig,
    now: DateTime<Utc>,
) -> Result<Vec<Removed>, WarehouseError> {
    let step = || "removing facts that are older than their retention".to_owned();
    let transaction = connection.transaction().context(step)?;
    let kept = facts::kept(&transaction)?;
    let rules: Vec<_> = rules(&transaction)?.into_iter().filter(|rule| !rule.is_of_ledger()).collect();
    let mut removed = Vec::new();
    let mut sealed: Option<NaiveDate> = None;
    for rule in rules {
        let Some(before) = first_kept(now.date_naive(), months(config, &kept, &rule.name)) else { continue };
        if rule.schema == "core" && !kept.contains(&rule.table) {
            sealed = sealed.max(Some(before));
        }
        removed.extend(rule.apply(&transaction, before, now)?);
    }
    if let Some(before) = sealed.filter(|_| removed.iter().any(|gone| gone.table.starts_with("core."))) {
        seal(&transaction, before)?;
    }
    transaction.commit().context(step)?;
    Ok(removed)
}

/// Rows of the ledger, in one transaction; both sides, as what was removed is noted among the facts.
fn retain_ledger(
    connection: &mut BothWriter<'_>,
    config: &RetentionConfig,
    now: DateTime<Utc>,
) -> Result<Vec<Removed>, WarehouseError> {
    let step = || "removing rows of the ledger that are older than their retention".to_owned();
    let transaction = connection.transaction().context(step)?;
    let kept = facts::kept(&transaction)?;
    let mut removed = Vec::new();
    for rule in rules(&transaction)?.into_iter().filter(AgeRule::is_of_ledger) {
        let Some(before) = first_kept(now.date_naive(), months(config, &kept, &rule.name)) else { continue };
        if rule.table == "outbox" {
            // The list beside the database names them still.
            let kept = format!(
                "INSERT INTO ops.handed_over SELECT message_id, coalesce(ended_at, created_at) FROM ops.outbox AS t WHERE {}",
                rule.is_old
            );
            transaction.execute(&kept, params![before]).context(step)?;
        }
        removed.extend(rule.apply(&transaction, before, now)?);
    }
    transaction.commit().context(step)?;
    Ok(removed)
}

fn seal(transaction: &Transaction<'_>, before: NaiveDate) -> Result<(), WarehouseError> {
    let before = before.max(sealed_before(transaction)?);
    transaction.execute_batch("DELETE FROM ops.sealed").context(|| "sealing days".to_owned())?;
    transaction
        .execute("INSERT INTO ops.sealed (before) VALUES (?)", params![before])
        .context(|| "sealing days".to_owned())?;
    Ok(())
}

/// A table that ages, as a [`Rule`] or its contract has it.
#[derive(Debug)]
struct AgeRule {
    schema: String,
    table: String,
    name: String,
    is_old: String,
}

impl AgeRule {
    /// Records that could not be used are of the facts.
    fn is_of_ledger(&self) -> bool {
        self.schema == "ops" && self.table != "quarantine"
    }

    fn apply(
        &self,
        transaction: &Transaction<'_>,
        before: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<Option<Removed>, WarehouseError> {
        let Self { schema, table, is_old, .. } = self;
        let rows = transaction
            .execute(&format!("DELETE FROM {schema}.{table} AS t WHERE {is_old}"), params![before])
            .context(|| format!("removing old rows of {schema}.{table}"))?;
        if rows == 0 {
            return Ok(None);
        }
        let table = format!("{schema}.{table}");
        let detail = format!("{rows} rows of {table} before {before}");
        audit::note(transaction, now, "night", "retention", None, &detail)?;
        Ok(Some(Removed { table, before, rows: rows as u64 }))
    }
}

/// Every table that ages, in the order in which their rows go.
fn rules(connection: &Connection) -> Result<Vec<AgeRule>, WarehouseError> {
    let step = || "listing what ages".to_owned();
    let own = |r: &Rule| AgeRule {
        schema: r.schema.to_owned(),
        table: r.table.to_owned(),
        name: r.name.to_owned(),
        is_old: r.is_old.to_owned(),
    };
    let days = facts::days(connection)?;
    let mut statement = connection
        .prepare(
            "SELECT schema_name, table_name, max(column_name) FILTER (column_name = 'date') FROM duckdb_columns() WHERE database_name = current_database() AND schema_name IN ('core', 'history', 'mart')
               AND (schema_name, table_name) IN (SELECT (schema_name, table_name) FROM duckdb_tables()
                   WHERE database_name = current_database())
             GROUP BY ALL ORDER BY ALL",
        )
        .context(step)?;
    let found = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<String>>(2)?)))
        .context(step)?;
    let mut all: Vec<_> = Vec::new();
    for row in found {
        let (schema, table, day): (String, String, _) = row.context(step)?;
        if schema == "history" {
            all.push(AgeRule { schema, table, name: "history".to_owned(), is_old: "t.superseded_at < ?".to_owned() });
        } else if RULES.iter().any(|rule| rule.schema == schema && rule.table == table) {
            continue;
        } else if let Some(day) = if schema == "core" { days.get(&table).cloned() } else { day } {
            all.push(AgeRule { schema, name: table.clone(), table, is_old: format!("t.{day} < ?") });
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
    #[test]
    fn every_table_that_the_config_may_name_ages() {
        let mut connection = Connection::open_in_memory().expect("a database");
        migrate::apply(&mut connection).expect("migrated");
        facts::apply(&mut connection, &facts::builtin()).expect("applied");
        let ages: BTreeSet<String> = rules(&connection).expect("rules").into_iter().map(|rule| rule.name).collect();
        assert_eq!(names(&facts::builtin()).difference(&ages).collect::<Vec<_>>(), Vec::<&String>::new());
    }

    #[test]
    fn a_disputed_payment_stays_and_who_a_deal_was_with_goes_with_the_deal() {
        let mut connection = Connection::open_in_memory().expect("a database");
        migrate::apply(&mut connection).expect("migrated");
        facts::apply(&mut connection, &facts::builtin()).expect("applied");
        connection
            .execute_batch(
                "INSERT INTO ops.load BY NAME SELECT 'l' AS load_id, 'w' AS workspace, 'c' AS connection, 's' AS stream,
                    '' AS slice, '' AS partition, TIMESTAMP '2020-01-01' AS fetched_at, TIMESTAMP '2020-01-01' AS loaded_at,
                    '' AS manifest, 0 AS pages, 0 AS bytes, 0 AS rows_read, 0 AS rows_written, 0 AS rows_unchanged,
                    0 AS rows_superseded, 0 AS rows_quarantined, [] AS notes;
                 INSERT INTO core.payment BY NAME SELECT 'w' AS workspace, 'c' AS connection, id AS payment_id,
                    'jo' AS customer_id, TIMESTAMP '2020-01-01' + to_days(day::INTEGER) AS created_at,
                    DATE '2020-01-01' + day::INTEGER AS date, true AS is_captured, false AS is_disputed, 'succeeded' AS status, 1 AS amount, 'EUR' AS currency,
                    'l' AS load_id FROM (VALUES ('first', 0), ('second', 1), ('disputed', 2)) AS v(id, day);
                 INSERT INTO core.dispute_movement BY NAME SELECT 'w' AS workspace, 'c' AS connection, 'd' AS dispute_id,
                    'm' AS movement_id, 'disputed' AS payment_id, TIMESTAMP '2026-11-01' AS created_at,
                    DATE '2026-11-01' AS date, -1 AS amount, 0 AS fee, 'EUR' AS currency, 'l' AS load_id;
                 INSERT INTO core.deal BY NAME SELECT 'w' AS workspace, 'c' AS connection, id AS deal_id, '' AS name,
                    '' AS source, TIMESTAMP '2020-01-01' AS created_at, DATE '2020-01-01' AS created_date,
                    TIMESTAMP '2020-01-01' AS modified_at, is_closed, false AS is_won, 'l' AS load_id
                    FROM (VALUES ('open', false), ('closed', true)) AS v(id, is_closed);
                 INSERT INTO core.deal_contact BY NAME SELECT 'w' AS workspace, 'c' AS connection, id AS deal_id,
                    'p' AS contact_id, 'l' AS load_id FROM (VALUES ('open'), ('closed')) AS v(id)",
            )
            .expect("rows");
        let config = RetentionConfig { months: 12, ..RetentionConfig::default() };
        let now = "2026-11-21T00:00:00Z".parse().expect("an instant");
        retain_facts(&mut connection, &config, now).expect("retained");
        let kept: String = connection
            .query_row(
                "SELECT string_agg(id, ' ' ORDER BY id) FROM (SELECT payment_id AS id FROM core.payment
                    UNION ALL SELECT deal_id FROM core.deal_contact)",
                [],
                |row| row.get(0),
            )
            .expect("ids");
        assert_eq!(kept, "disputed first open");
    }

    /// An installation's own fact goes by the day of its contract, whatever the column is called, and stays where the
    /// contract says so.
    #[test]
    fn facts_of_an_installation_age_as_their_contracts_say() {
        let mut connection = Connection::open_in_memory().expect("a database");
        migrate::apply(&mut connection).expect("migrated");
        let mut all = (*facts::builtin()).clone();
        for (id, retention) in [("ages", "months"), ("stays", "keep")] {
            let text = format!(
                "about = 'x'\nday = 'sent_on'\nkey = ['sent_on']\nretention = '{retention}'\n[columns]\n\
                 sent_on = {{ type = 'DATE', about = 'x' }}\n"
            );
            all.add(facts::fact_of(id, &text, None)).expect("added");
        }
        facts::apply(&mut connection, &all).expect("applied");
        for fact in ["ages", "stays"] {
            let sql = format!(
                "INSERT INTO core.{fact} BY NAME SELECT 'w' AS workspace, 'c' AS connection, 'l' AS load_id,
                     unnest([DATE '2020-01-01', DATE '2026-11-01']) AS sent_on"
            );
            connection.execute_batch(&sql).expect("rows");
        }
        let config = RetentionConfig { months: 12, ..RetentionConfig::default() };
        retain_facts(&mut connection, &config, "2026-11-21T00:00:00Z".parse().expect("an instant")).expect("retained");
        let count = |fact: &str| -> u64 {
            connection.query_row(&format!("SELECT count(*) FROM core.{fact}"), [], |row| row.get(0)).expect("a count")
        };
        assert_eq!((count("ages"), count("stays")), (1, 2));
        assert!(names(&all).contains("ages"), "the configuration may name it");
    }
}
