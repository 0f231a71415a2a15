//! Names that facts bear: tags of visits and cost, channels and campaigns. Configuration refers to them.

use super::error::{Context, WarehouseError};
use super::metric_sql;
use super::report_data::patterns;
use crate::domain::metric::RowFilter;
use crate::report::definition::Filter;
use chrono::NaiveDate;
use duckdb::{Connection, params};
use rust_decimal::Decimal;

/// A source, medium and campaign that visits or cost came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub source: String,
    pub medium: String,
    pub campaign: String,
    pub sessions: i64,
    /// In the workspace's currency.
    pub cost: Decimal,
    pub last_date: NaiveDate,
}

/// Every origin of a workspace from a day on, most sessions first.
pub fn origins(reader: &Connection, workspace: &str, from: NaiveDate) -> Result<Vec<Origin>, WarehouseError> {
    let step = || "reading the tags of visits".to_owned();
    let mut statement = reader.prepare(include_str!("origins.sql")).context(step)?;
    let rows = statement
        .query_map(params![workspace, from], |row| {
            Ok(Origin {
                source: row.get(0)?,
                medium: row.get(1)?,
                campaign: row.get(2)?,
                sessions: row.get(3)?,
                cost: row.get::<_, Decimal>(4)?.normalize(),
                last_date: row.get(5)?,
            })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Names of the campaigns that have figures; no more than 20,000.
pub fn campaigns(reader: &Connection, workspace: &str) -> Result<Vec<String>, WarehouseError> {
    let step = || "reading the names of campaigns".to_owned();
    let sql =
        "SELECT DISTINCT campaign FROM mart.metric_daily WHERE workspace = ? AND campaign <> '' ORDER BY 1 LIMIT 20000";
    let mut statement = reader.prepare(sql).context(step)?;
    let rows = statement.query_map(params![workspace], |row| row.get(0)).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// Whether any figure is of rows that a metric counts.
pub fn has_rows(reader: &Connection, workspace: &str, rows: &RowFilter) -> Result<bool, WarehouseError> {
    let condition = metric_sql::condition(rows);
    let sql = format!(
        "SELECT count(*) > 0 FROM (SELECT 1 FROM mart.metric_daily WHERE workspace = ? AND {condition} LIMIT 1)"
    );
    let found = reader.query_row(&sql, params![workspace], |row| row.get(0));
    found.context(|| "looking for figures of the rows of a metric".to_owned())
}

/// Whether any figure belongs to a part of the workspace.
pub fn has_figures(reader: &Connection, workspace: &str, filter: &Filter) -> Result<bool, WarehouseError> {
    let (channels, campaigns) = patterns(filter);
    let sql = "SELECT count(*) > 0 FROM (SELECT 1 FROM mart.metric_daily WHERE workspace = ?
        AND (? = '' OR regexp_full_match(channel, ?)) AND (? = '' OR regexp_full_match(campaign, ?)) LIMIT 1)";
    reader
        .query_row(sql, params![workspace, channels, channels, campaigns, campaigns], |row| row.get(0))
        .context(|| "looking for figures of a part of the workspace".to_owned())
}
