//! What a workspace's reports are made with, beside the warehouse: what its configuration and connectors say.

use crate::domain::benchmark::Benchmark;
use crate::domain::business::Business;
use crate::domain::campaign::Campaign;
use crate::domain::incident::Incident;
use crate::domain::metric::Registry;
use crate::domain::target::Target;
use crate::domain::workspace::Workspace;
use crate::report::data::{Needs, ReportData};
use crate::report::receipt::Plan;
use crate::warehouse::WarehouseError;
use crate::warehouse::new_customers::PayerStreams;
use crate::warehouse::plan_history::PlanStreams;
use crate::warehouse::report_data::report_data;
use chrono::{DateTime, NaiveDate, Utc};
use duckdb::Connection;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// What a report of one tenant is made from besides the warehouse.
#[derive(Clone, Debug)]
pub struct ReportContext {
    /// What the ledger says is believed as of this instant.
    pub now: DateTime<Utc>,
    pub workspace: Workspace,
    /// Whom readers ask.
    pub contact: Option<String>,
    pub metrics: Registry,
    pub channel_labels: BTreeMap<String, String>,
    /// Budgets of the config by month and channel; they come before those of dropped files.
    pub budgets: BTreeMap<(NaiveDate, String), Decimal>,
    /// Targets of the config by month and metric.
    pub targets: BTreeMap<(NaiveDate, String), Decimal>,
    /// Targets of quarters, years and by a date, of the config.
    pub longer_targets: Vec<Target>,
    pub campaigns: Vec<Campaign>,
    /// Known events and the regions whose holidays count.
    pub business: Business,
    /// Of the workspace's industry.
    pub benchmarks: Vec<Benchmark>,
    pub gross_margin: Option<Decimal>,
    /// Label and settling time of each stream, by `connection/stream`, with the fact it fills.
    pub streams: BTreeMap<String, StreamFacts>,
    /// Lists that are read as a whole, by `connection/stream`.
    pub lists: BTreeMap<String, ListFacts>,
    /// Connections of dropped files that fill days of metrics, by id.
    pub files: BTreeMap<String, FileFacts>,
    /// Known errors of the vendors, each with its source.
    pub incidents: Vec<Incident>,
    /// The query that finds amounts without an exchange rate.
    pub rate_check: String,
    /// The streams that say who pays, of each connection that has some.
    pub payers: Vec<PayerStreams>,
    /// The streams that report subscriptions and their changes, of each connection that has some.
    pub plans: Vec<PlanStreams>,
    /// What must hold before a report goes out: the claim and the query that finds what breaks it.
    pub checks: Vec<Check>,
}

/// A check of `jobs/checks`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// e.g. `no fact is held twice`.
    pub claim: String,
    pub sql: String,
}

/// What a report says of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFacts {
    pub label: String,
    /// Whether figures are made of it; else what it says is for admins.
    pub has_rows: bool,
}

/// What a report says of dropped files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// e.g. `Dropped files: linkedin cost`.
    pub label: String,
    /// The fact they fill, e.g. `ad_daily`.
    pub fact: String,
    pub reach: FilesReach,
}

/// Until when dropped files can be taken to be complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilesReach {
    /// Until the last day of their rows: every day has some.
    LastRow,
    /// Until the day before the newest file was written: a day without events has no rows.
    NewestFile,
    /// They are single events of which nobody knows when the next is due.
    Open,
}

/// What a report says of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamFacts {
    pub label: String,
    pub settles_after_days: u32,
    /// Days that the vendor takes to have one as a whole.
    pub complete_after_days: u32,
    pub fact: String,
    /// The parts that are expected, e.g. each account; one empty name where there are none.
    pub parts: Vec<String>,
    /// The first day that is expected.
    pub since: NaiveDate,
}

impl ReportContext {
    /// What a connection is called, e.g. `Google Ads`; its id where nobody knows.
    pub fn source_label(&self, connection: &str) -> String {
        let stream = self.streams.iter().find(|(key, _)| key.split('/').next() == Some(connection));
        stream.map_or_else(
            || connection.replace('_', " "),
            |(_, stream)| stream.label.split(':').next().unwrap_or(connection).to_owned(),
        )
    }
}

/// The numbers that `needs` names, with the configuration's plans before those of files; blocking.
pub fn filled(reader: &Connection, context: &ReportContext, needs: &Needs) -> Result<ReportData, WarehouseError> {
    let mut data = report_data(reader, &context.workspace, &context.metrics, needs)?;
    for (plan, stated) in [(Plan::Budget, &context.budgets), (Plan::Target, &context.targets)] {
        for ((month, name), amount) in stated.iter().filter(|((month, _), _)| needs.months.contains(month)) {
            data.plans.insert((plan, name.clone(), *month), *amount);
        }
    }
    Ok(data)
}
