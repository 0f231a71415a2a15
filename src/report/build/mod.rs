//! Builds documents from readings. Pure: a job asks the warehouse and hands the answers over. One
//! file a section.

mod budget;
mod channels;
mod figures;
mod freshness;
mod funnel;
mod headline;
mod trend;

pub use figures::{Drawer, Reading, ReceiptDraft};

use crate::domain::metric::Registry;
use crate::domain::period::Period;
use crate::domain::workspace::Workspace;
use crate::report::document::Document;
use crate::report::format::{change_text, date_text};
use crate::support::ids::stable_id;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Sums of the unified metrics by column.
pub type Sums = BTreeMap<String, Decimal>;

/// How far one source's data reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceReach {
    pub source: String,
    pub label: String,
    pub whole_through: Option<NaiveDate>,
    pub last_success_at: Option<DateTime<Utc>>,
    pub settles_after_days: u32,
}

/// All a daily report needs to know.
#[derive(Clone, Debug)]
pub struct DailyReadings {
    pub workspace: Workspace,
    pub date: NaiveDate,
    pub issued_at: DateTime<Utc>,
    pub day: Sums,
    pub day_before: Sums,
    pub same_weekday: Sums,
    /// The last 56 days, the reported day last; days without rows are absent.
    pub days: BTreeMap<NaiveDate, Sums>,
    pub channels: BTreeMap<String, Sums>,
    pub channels_before: BTreeMap<String, Sums>,
    pub channel_labels: BTreeMap<String, String>,
    pub campaigns: BTreeMap<String, Sums>,
    /// Spend of the month so far, by channel.
    pub month_to_date: BTreeMap<String, Sums>,
    pub budgets: BTreeMap<String, Decimal>,
    /// Targets of the month, by metric.
    pub targets: BTreeMap<String, Decimal>,
    pub mrr: Option<Decimal>,
    pub mrr_before: Option<Decimal>,
    pub reach: Vec<SourceReach>,
    /// Gaps that only the job can know, such as amounts without an exchange rate.
    pub known_gaps: Vec<String>,
}

/// The daily report: yesterday against the day before, the same weekday and the month's target.
/// Returns the document and what its receipts stand for.
pub fn daily(readings: &DailyReadings, registry: &Registry) -> (Document, Vec<ReceiptDraft>) {
    let workspace = &readings.workspace;
    let date = readings.date.to_string();
    let id = stable_id("rep", &["daily_performance", &workspace.id, &date]);
    let unsettled = freshness::unsettled_facts(readings);
    let mut drawer = Drawer::new(registry, workspace, id.clone(), unsettled);
    let sections: Vec<_> = [
        Some(headline::section(readings, &mut drawer)),
        trend::section(readings, &mut drawer),
        channels::section(readings, &mut drawer),
        channels::campaigns(readings, &mut drawer),
        budget::section(readings, &mut drawer),
        funnel::section(readings, &mut drawer),
    ]
    .into_iter()
    .flatten()
    .collect();
    let freshness = freshness::rows(readings);
    let mut gaps = freshness::gaps(readings, &freshness);
    gaps.extend(readings.known_gaps.iter().cloned());
    let document = Document {
        id,
        report: "daily_performance".to_owned(),
        title: "Daily performance".to_owned(),
        workspace_id: workspace.id.clone(),
        workspace_name: workspace.name.clone(),
        period: Period::day(readings.date),
        time_zone: workspace.time_zone,
        currency: workspace.currency,
        issued_at: readings.issued_at,
        summary: summary(readings, &drawer),
        gaps,
        sections,
        freshness,
        notes: notes(readings),
    };
    (document, drawer.into_receipts())
}

/// The result in two sentences.
fn summary(readings: &DailyReadings, drawer: &Drawer<'_>) -> String {
    let value = |metric, sums| drawer.value(metric, sums);
    let Some(revenue) = value("net_revenue", &readings.day) else {
        return format!("There is no data for {}.", date_text(readings.date));
    };
    let text = |metric, sums| drawer.text(metric, value(metric, sums));
    let change = value("net_revenue", &readings.same_weekday).and_then(|base| figures::relative(revenue, base));
    let weekday = readings.date.format("%A");
    let mut summary = format!("Net revenue was {}", drawer.text("net_revenue", Some(revenue)));
    if change.is_some() {
        summary += &format!(", {} against the {weekday} before", change_text(change));
    }
    summary += &format!(", on {} sessions", text("sessions", &readings.day));
    if value("cost", &readings.day).is_some_and(|cost| !cost.is_zero()) {
        summary += &format!(" and {} of media cost", text("cost", &readings.day));
    }
    summary + "."
}

fn notes(readings: &DailyReadings) -> Vec<String> {
    vec![
        format!(
            "Days are those of {}; money is in {}, other currencies at the rate of their day.",
            readings.workspace.time_zone, readings.workspace.currency
        ),
        "A figure marked provisional may still change: its source restates recent days.".to_owned(),
        "Revenue belongs to the channel the checkout noted, else to where the CRM first met the payer.".to_owned(),
        "Each figure has a receipt: `daybook explain <receipt>` says where it comes from.".to_owned(),
    ]
}
