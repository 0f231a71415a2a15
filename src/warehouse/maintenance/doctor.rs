//! What can be wrong inside the database, each with its remedy.

use super::compact::space;
use crate::warehouse::copies::checksum::tables;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::named;
use duckdb::Connection;
use serde::Serialize;

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    Good,
    /// Works, and somebody should look.
    Warning,
    /// Does not work, or may lose data.
    Bad,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub subject: String,
    pub health: Health,
    pub says: String,
    /// What to do; absent where all is well.
    pub remedy: Option<String>,
}

impl Finding {
    pub fn good(subject: &str, says: impl Into<String>) -> Self {
        Self { subject: subject.to_owned(), health: Health::Good, says: says.into(), remedy: None }
    }

    pub fn warning(subject: &str, says: impl Into<String>, remedy: impl Into<String>) -> Self {
        let remedy = Some(remedy.into());
        Self { subject: subject.to_owned(), health: Health::Warning, says: says.into(), remedy }
    }

    pub fn bad(subject: &str, says: impl Into<String>, remedy: impl Into<String>) -> Self {
        let remedy = Some(remedy.into());
        Self { subject: subject.to_owned(), health: Health::Bad, says: says.into(), remedy }
    }
}

/// Reads the whole database and looks at its ledger.
pub fn examine(connection: &Connection, compact_at_free_percent: u64) -> Result<Vec<Finding>, WarehouseError> {
    let mut findings = vec![readable(connection)?];
    if findings.iter().any(|finding| finding.health == Health::Bad) {
        return Ok(findings);
    }
    findings.push(loads(connection)?);
    findings.push(deliveries(connection)?);
    let space = space(connection)?;
    let says = format!("{} % of {} MB is free", space.free_percent(), space.bytes / 1_000_000);
    findings.push(if space.is_wasteful(compact_at_free_percent) {
        Finding::warning(
            "space in the database",
            says,
            "`daybook maintain` copies it together; the nightly maintenance does so by itself",
        )
    } else {
        Finding::good("space in the database", says)
    });
    Ok(findings)
}

/// Every row of every table, checksums of the blocks included.
fn readable(connection: &Connection) -> Result<Finding, WarehouseError> {
    let subject = "rows";
    let (mut rows, mut broken) = (0, Vec::new());
    let all = tables(connection)?;
    for (schema, table) in &all {
        let read = connection.query_row(
            &format!("SELECT count(*)::UBIGINT, sum(hash(t)::HUGEINT)::VARCHAR FROM {} AS t", named(schema, table)),
            [],
            |row| row.get::<_, u64>(0),
        );
        match read {
            Ok(count) => rows += count,
            Err(error) => {
                let reason = error.to_string();
                broken.push(format!("{schema}.{table} ({})", reason.lines().next().unwrap_or_default()));
            }
        }
    }
    Ok(if broken.is_empty() {
        Finding::good(subject, format!("{rows} rows in {} tables read in full", all.len()))
    } else {
        Finding::bad(
            subject,
            format!("cannot be read: {}", broken.join("; ")),
            "put a good backup in place with `daybook restore latest`, then `daybook sync`; the damaged file is kept aside",
        )
    })
}

/// Every fact came with a load that is in the ledger.
fn loads(connection: &Connection) -> Result<Finding, WarehouseError> {
    let subject = "loads";
    let step = || "comparing facts with their loads".to_owned();
    let mut orphans = Vec::new();
    for (schema, table) in tables(connection)?.into_iter().filter(|(schema, _)| schema == "core") {
        let count: u64 = connection
            .query_row(
                &format!("SELECT count(*)::UBIGINT FROM {} ANTI JOIN ops.load USING (load_id)", named(&schema, &table)),
                [],
                |row| row.get(0),
            )
            .context(step)?;
        if count > 0 {
            orphans.push(format!("{count} rows of {schema}.{table}"));
        }
    }
    Ok(if orphans.is_empty() {
        Finding::good(subject, "every fact came with a load that is in the books")
    } else {
        Finding::bad(
            subject,
            format!("no load in the books brought {}", orphans.join(", ")),
            "somebody wrote into the database by hand: `daybook backfill` the days in question",
        )
    })
}

fn deliveries(connection: &Connection) -> Result<Finding, WarehouseError> {
    let subject = "deliveries";
    let (unknown, failed, stuck): (u64, u64, u64) = connection
        .query_row(
            "SELECT count(*) FILTER (state = 'unknown')::UBIGINT, count(*) FILTER (state = 'failed')::UBIGINT,
                 count(*) FILTER (state = 'pending' AND trouble IS NOT NULL)::UBIGINT FROM ops.outbox",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .context(|| "reading the deliveries".to_owned())?;
    Ok(match (unknown + failed, stuck) {
        (0, 0) => Finding::good(subject, "every message was accepted or waits"),
        (0, _) => Finding::warning(
            subject,
            format!("waiting until somebody has mended something: {stuck}"),
            "`daybook deliveries --troubled` lists them and says what",
        ),
        (_, _) => {
            let stuck = if stuck > 0 { format!(", {stuck} wait until something is mended") } else { String::new() };
            Finding::warning(
                subject,
                format!("{unknown} messages may or may not have gone out, {failed} failed{stuck}"),
                "`daybook deliveries` lists them; ask the recipients",
            )
        }
    })
}
