//! The tables that contributions fill: `mart.metric_daily` with a column for each measure, `mart.<fact>_by` with the
//! dimensions of a fact, and `mart.metric_hourly`. Columns are added; a fact whose dimensions changed is computed
//! anew.

use crate::domain::fact::{ColumnType, Contribution, Fact, Facts, Measure};
use crate::support::ids::hex;
use crate::warehouse::error::{Context, WarehouseError};
use duckdb::{Connection, Transaction, params};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Days that hours are kept for.
pub const HOURLY_DAYS: u32 = 35;

/// The name of a fact's table by its dimensions, in `mart`.
pub fn by_table(fact: &Fact) -> String {
    format!("{}_by", fact.id)
}

/// Names what a fact adds: its days are computed anew where this changes.
pub fn fingerprint(fact: &Fact) -> Option<String> {
    let adds = fact.contribution.as_ref()?;
    Some(hex(&Sha256::digest(format!("{:?} {:?} {:?}", adds.sql, adds.measures, adds.dimensions).as_bytes())))
}

/// Brings the tables to what `facts` add together.
pub fn apply(transaction: &Transaction<'_>, facts: &Facts) -> Result<(), WarehouseError> {
    let measures = facts.measures();
    add_columns(transaction, "metric_daily", &measures)?;
    add_columns(transaction, "metric_hourly", &measures)?;
    for fact in facts.iter() {
        if let Some(adds) = fact.contribution.as_ref().filter(|adds| !adds.dimensions.is_empty()) {
            by(transaction, fact, adds)?;
        }
    }
    views(transaction, &measures)?;
    breakdowns(transaction, facts)?;
    articles(transaction, facts)
}

/// Makes every day of a fact due.
pub fn touch(transaction: &Transaction<'_>, fact: &str, day: &str) -> Result<(), WarehouseError> {
    let sql = format!(
        "INSERT INTO ops.touched_day SELECT DISTINCT workspace, {day}, ? FROM core.{fact} WHERE {day} IS NOT NULL"
    );
    transaction
        .execute(&sql, params![format!("contract of {fact}")])
        .map(drop)
        .context(|| format!("making the days of {fact} due"))
}

/// The columns of a table with their types; of a type that no contract knows, none.
fn columns(connection: &Connection, table: &str) -> Result<BTreeMap<String, Option<ColumnType>>, WarehouseError> {
    let step = || format!("reading the columns of mart.{table}");
    let sql = "SELECT column_name, data_type FROM duckdb_columns()
        WHERE database_name = current_database() AND schema_name = 'mart' AND table_name = ?";
    let mut statement = connection.prepare(sql).context(step)?;
    let rows = statement
        .query_map(params![table], |row| Ok((row.get(0)?, ColumnType::parse(&row.get::<_, String>(1)?))))
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Adds the columns of new measures, and brings a measure of another type to it: its days are computed anew, and those
/// whose facts are gone keep their figures.
fn add_columns(transaction: &Transaction<'_>, table: &str, measures: &[Measure]) -> Result<(), WarehouseError> {
    let found = columns(transaction, table)?;
    for Measure { name, kind } in measures {
        let change = match found.get(name) {
            Some(Some(found)) if found == kind => continue,
            Some(_) => format!("ALTER {name} TYPE {kind}"),
            None => format!("ADD COLUMN {name} {kind} DEFAULT 0"),
        };
        transaction
            .execute_batch(&format!("ALTER TABLE mart.{table} {change}"))
            .context(|| format!("adding {name} to mart.{table}"))?;
    }
    Ok(())
}

fn by(transaction: &Transaction<'_>, fact: &Fact, adds: &Contribution) -> Result<(), WarehouseError> {
    let table = by_table(fact);
    let found = columns(transaction, &table)?;
    let text = |name: &str| (name.to_owned(), ColumnType::parse("VARCHAR"));
    let wanted: BTreeMap<String, Option<ColumnType>> = ["workspace", "channel", "source", "campaign"]
        .into_iter()
        .chain(adds.dimensions.iter().map(|dimension| dimension.word()))
        .map(text)
        .chain([("date".to_owned(), ColumnType::parse("DATE"))])
        .chain(adds.measures.iter().map(|measure| (measure.name.clone(), Some(measure.kind.clone()))))
        .collect();
    if found == wanted {
        return Ok(());
    }
    let dimensions: String =
        adds.dimensions.iter().map(|dimension| format!(", {} VARCHAR", dimension.word())).collect();
    let measures: String = adds.measures.iter().map(|measure| format!(", {} {}", measure.name, measure.kind)).collect();
    // What it held is computed anew from the fact.
    let sql = format!(
        "DROP TABLE IF EXISTS mart.{table};
         CREATE TABLE mart.{table} (workspace VARCHAR NOT NULL, date DATE NOT NULL, channel VARCHAR NOT NULL,
             source VARCHAR NOT NULL, campaign VARCHAR NOT NULL{dimensions}{measures})"
    );
    transaction.execute_batch(&sql).context(|| format!("making the table mart.{table}"))
}

/// The breakdowns of totals with what each lacks of its total.
const BREAKDOWNS: &str = include_str!("breakdowns.sql");

/// Makes the views of breakdowns where the facts are there that they read: those that are part of Daybook.
fn breakdowns(transaction: &Transaction<'_>, facts: &Facts) -> Result<(), WarehouseError> {
    if facts.get("ad_device_daily").is_none() {
        return Ok(());
    }
    transaction.execute_batch(BREAKDOWNS).context(|| "making the views of breakdowns".to_owned())
}

/// Articles with the sessions that began on them.
const ARTICLES: &str = include_str!("articles.sql");

/// Makes the view of articles where the facts are there that it reads.
fn articles(transaction: &Transaction<'_>, facts: &Facts) -> Result<(), WarehouseError> {
    if facts.get("article").is_none() || facts.get("page_daily").is_none() {
        return Ok(());
    }
    transaction.execute_batch(ARTICLES).context(|| "making the view of articles".to_owned())
}

/// Weeks and months are sums of days, so they cannot disagree with them.
fn views(transaction: &Transaction<'_>, measures: &[Measure]) -> Result<(), WarehouseError> {
    let sums: String = measures.iter().map(|measure| format!(", sum({0}) AS {0}", measure.name)).collect();
    let sql = format!(
        "CREATE OR REPLACE VIEW mart.metric_weekly AS
         SELECT m.workspace, m.date - CAST((isodow(m.date) - w.week_starts_on + 7) % 7 AS INTEGER) AS week_date,
             m.channel, m.source, m.campaign{sums}
         FROM mart.metric_daily AS m JOIN ops.workspace AS w USING (workspace) GROUP BY ALL;
         CREATE OR REPLACE VIEW mart.metric_monthly AS
         SELECT workspace, CAST(date_trunc('month', date) AS DATE) AS month_date, channel, source, campaign{sums}
         FROM mart.metric_daily GROUP BY ALL"
    );
    transaction.execute_batch(&sql).context(|| "making the views of weeks and months".to_owned())
}
