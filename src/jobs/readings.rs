//! Carries what a report needs out of the warehouse and the configuration.

use crate::domain::dropped::FileState;
use crate::domain::period::Period;
use crate::jobs::caveats::{
    Hearers, files_in_trouble, first_seen_since, levels_in_trouble, limits_of_lists, plans_known_since,
    rollups_in_trouble,
};
use crate::jobs::report_context::{FilesReach, ReportContext, filled};
use crate::jobs::restatement;
use crate::report::definition::Definition;
use crate::report::format::{Locale, as_sentence};
use crate::report::readiness::{Expected, SectionFreshness, SourceFreshness};
use crate::report::sections::{GOALS, RESTATED, Readings, needs, needs_of_parts, needs_of_windows};
use crate::warehouse::new_customers::EARLIER_PAYERS;
use crate::warehouse::plan_history::SUBSCRIPTIONS;
use crate::warehouse::readings::Checked;
use crate::warehouse::{WarehouseError, dropped, issued, readings, rollup};
use chrono::{DateTime, Days, NaiveDate, Utc};
use duckdb::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// What is held of the streams that cover days, in the order of their labels. Parts that are expected
/// and were never read are there as well.
pub fn reach(reader: &Connection, context: &ReportContext) -> Result<Vec<SourceFreshness>, WarehouseError> {
    let found = readings::reach(reader, &context.workspace.id, context.now)?;
    let today = context.now.with_timezone(&context.workspace.time_zone).date_naive();
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
            expected: match stream.complete_after_days {
                0 => Expected::EveryDay,
                days => Expected::DaysThrough(today - Days::new(u64::from(days) + 1)),
            },
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
        incidents: context.incidents.clone(),
        dropped,
        contact: context.contact.clone(),
        correction: corrects.map(|(number, _)| number),
        restated,
    })
}
