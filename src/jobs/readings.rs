//! Carries what a report needs out of the warehouse and the configuration.

use crate::domain::benchmark::Benchmark;
use crate::domain::business::Business;
use crate::domain::campaign::Campaign;
use crate::domain::dropped::FileState;
use crate::domain::metric::Registry;
use crate::domain::period::Period;
use crate::domain::target::Target;
use crate::domain::workspace::Workspace;
use crate::jobs::caveats::{
    Hearers, files_in_trouble, first_seen_since, levels_in_trouble, limits_of_lists, plans_known_since,
    rollups_in_trouble,
};
use crate::jobs::restatement;
use crate::report::data::{Needs, ReportData};
use crate::report::definition::Definition;
use crate::report::format::{Locale, as_sentence};
use crate::report::readiness::{Expected, SectionFreshness, SourceFreshness};
use crate::report::receipt::Plan;
use crate::report::sections::{GOALS, RESTATED, Readings, needs, needs_of_parts, needs_of_windows};
use crate::warehouse::new_customers::{EARLIER_PAYERS, PayerStreams};
use crate::warehouse::plan_history::{PlanStreams, SUBSCRIPTIONS};
use crate::warehouse::readings::Checked;
use crate::warehouse::report_data::report_data;
use crate::warehouse::{WarehouseError, dropped, issued, readings, rollup};
use chrono::{DateTime, NaiveDate, Utc};
use duckdb::Connection;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

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

/// What is held of the streams that cover days, in the order of their labels. Parts that are expected
/// and were never read are there as well.
pub fn reach(reader: &Connection, context: &ReportContext) -> Result<Vec<SourceFreshness>, WarehouseError> {
    let found = readings::reach(reader, &context.workspace.id, context.now)?;
    let rows = context.streams.iter().map(|(key, stream)| {
        let own: Vec<_> =
            found.iter().filter(|reach| format!("{}/{}", reach.connection, reach.stream) == *key).collect();
        let part = |name: &String| {
            let reached = own.iter().find(|reach| reach.partition == *name);
            SectionFreshness {
                name: name.clone(),
                from: stream.since,
                whole: reached.map(|reach| reach.whole.clone()).unwrap_or_default(),
                open: reached.map(|reach| reach.open.clone()).unwrap_or_default(),
                caveats: reached.map(|reach| reach.caveats.clone()).unwrap_or_default(),
            }
        };
        SourceFreshness {
            source: key.clone(),
            label: stream.label.clone(),
            fact: stream.fact.clone(),
            parts: stream.parts.iter().map(part).collect(),
            last_success_at: own.iter().filter_map(|reach| reach.last_success_at).max(),
            settles_after_days: stream.settles_after_days,
            expected: Expected::EveryDay,
        }
    });
    let mut all: Vec<SourceFreshness> = rows.collect();
    all.extend(reach_of_files(reader, context)?);
    Ok(all)
}

/// The days that dropped files speak of, by connection: from the first to the last day seen.
fn reach_of_files(reader: &Connection, context: &ReportContext) -> Result<Vec<SourceFreshness>, WarehouseError> {
    if context.files.is_empty() {
        return Ok(Vec::new());
    }
    let noted = dropped::list(reader, &context.workspace.id, None)?;
    let counts = |state| matches!(state, FileState::Loaded | FileState::Partly | FileState::Removed);
    let reach = context.files.iter().filter_map(|(connection, facts)| {
        let own = || noted.iter().map(|noted| &noted.file).filter(|file| file.connection == *connection);
        let days = || own().filter(|file| counts(file.state)).filter_map(|file| file.days);
        let (first, last) = (days().map(|(first, _)| first).min()?, days().map(|(_, last)| last).max()?);
        let written = own().filter(|file| counts(file.state)).filter_map(|file| file.modified_at).max();
        let written = written.map(|at| at.with_timezone(&context.workspace.time_zone).date_naive());
        let end = match facts.reach {
            FilesReach::LastRow => last.succ_opt()?,
            FilesReach::NewestFile => written.map_or(last, |day| day.max(last)).max(last.succ_opt()?),
            FilesReach::Open => NaiveDate::MAX,
        };
        let part = SectionFreshness { whole: vec![Period { start: first, end }], ..SectionFreshness::default() };
        Some(SourceFreshness {
            source: format!("{connection}/files"),
            label: facts.label.clone(),
            fact: facts.fact.clone(),
            parts: vec![SectionFreshness { from: NaiveDate::MIN, ..part }],
            last_success_at: own().map(|file| file.seen_at).max(),
            settles_after_days: 0,
            expected: Expected::Files { through: last },
        })
    });
    Ok(reach.collect())
}

/// What the checks of `jobs/checks` find of a period, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Claims that do not hold, and hold the report.
    pub broken: Vec<String>,
    /// What checks between streams say. They hold no report: which side is right is not known.
    pub told: Vec<String>,
}

/// Runs every check once for a period.
pub fn checked(reader: &Connection, context: &ReportContext, period: Period) -> Findings {
    let mut found = Findings::default();
    for check in &context.checks {
        match readings::check_or_say(reader, &context.workspace.id, (&check.claim, &check.sql), period) {
            Ok(Checked::Told(says)) => found.told.extend(says.iter().map(|says| as_sentence(says))),
            Ok(Checked::Broken(0)) => {}
            Ok(Checked::Broken(rows)) => {
                let rows = if rows == 1 { "1 row does".to_owned() } else { format!("{rows} rows do") };
                found.broken.push(format!("A check found a fault, {rows} not satisfy it: {}.", check.claim));
            }
            Err(says) => found.told.push(says),
        }
    }
    found
}

/// The claims that do not hold for a period and what checks say of it, in words.
pub fn findings(reader: &Connection, context: &ReportContext, period: Period) -> Result<Findings, WarehouseError> {
    let id = context.workspace.id.as_str();
    let mut broken = Vec::new();
    let waiting = readings::waiting_days(reader, id, period)?;
    if waiting > 0 {
        let days = if waiting == 1 { "1 day has".to_owned() } else { format!("{waiting} days have") };
        broken.push(format!("{days} data that has not been rolled up yet: figures lag behind it."));
    }
    let mut found = checked(reader, context, period);
    broken.append(&mut found.broken);
    for (currency, days) in rollup::unconverted(reader, id, &context.rate_check)? {
        broken.push(format!(
            "There is no exchange rate for {currency} on {days} days: its amounts count as nothing there."
        ));
    }
    Ok(Findings { broken, ..found })
}

/// What is asked of [`readings`].
#[derive(Clone, Debug)]
pub struct Request {
    pub definition: Definition,
    pub period: Period,
    pub issued_at: DateTime<Utc>,
    /// Facts whose figures are left out.
    pub dropped: BTreeSet<String>,
    pub known_gaps: Vec<String>,
    /// What checks say that holds no report.
    pub told: Vec<String>,
    /// What is held of the sources: see [`reach`].
    pub reach: Vec<SourceFreshness>,
    /// The number of the correction and the issue that it corrects, where it is one.
    pub corrects: Option<(u32, String)>,
}

/// Reads what a report needs, to be worded as the ledger is; blocking.
pub fn read(reader: &Connection, context: &ReportContext, request: Request) -> Result<Readings, WarehouseError> {
    let Request { definition, period, issued_at, dropped, known_gaps, told, reach, corrects } = request;
    let workspace = &context.workspace;
    let windows = needs_of_windows(&definition, period, &context.metrics, workspace.fiscal_year);
    let mut needs = needs(&definition, period, &context.campaigns);
    needs.spans.extend(&windows);
    if definition.edition.has(GOALS) {
        needs.spans.extend(context.longer_targets.iter().filter_map(|target| target.so_far(period)));
    }
    let mut restated = None;
    let last = match &corrects {
        Some((_, corrected)) => Some(corrected.clone()),
        None if definition.edition.has(RESTATED) => {
            issued::last_before(reader, &workspace.id, &definition.report, &definition.variant(), period)?
        }
        None => None,
    };
    if let Some(last) = last
        && let Some(last) = issued::issued(reader, &last)?
        && last.issued_at < issued_at
    {
        let differences = restatement::differences(reader, context, &last)?;
        differences.iter().for_each(|difference| needs.include(&difference.basis));
        restated = Some((last.issued_at, differences));
    }
    let data = filled(reader, context, &needs)?;
    let mut parts = BTreeMap::new();
    for mut needs in needs_of_parts(&definition, period) {
        needs.spans.extend(&windows);
        parts.insert(needs.filter.clone(), filled(reader, context, &needs)?);
    }
    let since = first_seen_since(reader, context)?;
    let known_gaps =
        [known_gaps, files_in_trouble(reader, context, period)?, rollups_in_trouble(reader, context, &definition)?]
            .concat();
    let levels = levels_in_trouble(reader, context, &definition, period)?;
    let (plans, plans_from) = plans_known_since(reader, context, period)?;
    let mut unsure = BTreeMap::new();
    if !since.is_empty() {
        unsure.insert(EARLIER_PAYERS.to_owned(), NaiveDate::MAX);
    }
    if let Some(date) = plans_from {
        unsure.insert(SUBSCRIPTIONS.to_owned(), date);
    }
    Ok(Readings {
        definition,
        workspace: workspace.clone(),
        locale: Locale::STANDARD,
        period,
        issued_at,
        data,
        parts,
        channel_labels: context.channel_labels.clone(),
        campaigns: context.campaigns.clone(),
        longer_targets: context.longer_targets.clone(),
        business: context.business.clone(),
        benchmarks: context.benchmarks.clone(),
        gross_margin: context.gross_margin,
        reach,
        known_gaps,
        cross_checks: [limits_of_lists(reader, context, Hearers::Readers)?, told, levels, since, plans].concat(),
        unsure,
        dropped,
        contact: context.contact.clone(),
        correction: corrects.map(|(number, _)| number),
        restated,
    })
}
