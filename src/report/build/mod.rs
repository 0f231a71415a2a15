//! Builds documents from readings. Pure: a job asks the warehouse and hands the answers over. One
//! file a part.

mod benchmarks;
mod budget;
mod campaigns;
mod channels;
mod content;
mod figures;
mod freshness;
mod funnel;
mod goals;
mod headline;
mod hours;
mod leads;
mod pages;
mod restated;
mod roi;
mod subscriptions;
mod tables;
#[cfg(test)]
mod tests;
mod trend;

pub use figures::{Drawer, ReceiptDraft, Settling};
pub use restated::Restated;

use crate::domain::benchmark::Benchmark;
use crate::domain::campaign::Campaign;
use crate::domain::metric::Registry;
use crate::domain::period::Period;
use crate::domain::workspace::Workspace;
use crate::report::book::{Book, Needs};
use crate::report::definition::{Cadence, Compare, Definition, Part};
use crate::report::document::{Document, Section};
use crate::report::format::Wording;
use crate::report::readiness::SourceReach;
use crate::report::receipt::{Basis, Rhythm};
use crate::support::ids::stable_id;
use chrono::{DateTime, Days, Months, NaiveDate, Utc};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// All a report needs to know.
#[derive(Clone, Debug)]
pub struct Readings {
    pub definition: Definition,
    pub workspace: Workspace,
    /// How numbers and dates are to be written.
    pub wording: Wording,
    /// The days the report speaks of.
    pub period: Period,
    pub issued_at: DateTime<Utc>,
    pub book: Book,
    pub channel_labels: BTreeMap<String, String>,
    pub campaigns: Vec<Campaign>,
    /// Of the workspace's industry.
    pub benchmarks: Vec<Benchmark>,
    /// The share of revenue left after the cost of goods.
    pub gross_margin: Option<Decimal>,
    pub reach: Vec<SourceReach>,
    /// Gaps that only the job can know, such as failed checks.
    pub known_gaps: Vec<String>,
    /// What checks between streams say of the period.
    pub cross_checks: Vec<String>,
    /// Facts of which it is known that something is not, whatever their sources cover, for periods that end
    /// before a day.
    pub unsure: BTreeMap<String, NaiveDate>,
    /// Facts whose figures are left out because their data is late.
    pub dropped: BTreeSet<String>,
    /// Figures of the last issue of this report that are others now, with when it was issued.
    pub restated: Option<(DateTime<Utc>, Vec<Restated>)>,
}

impl Readings {
    /// The workspace's calendar day at the time of issue.
    pub fn today(&self) -> NaiveDate {
        self.issued_at.with_timezone(&self.workspace.time_zone).date_naive()
    }

    /// The month that holds the period's last day.
    pub fn month(&self) -> Period {
        Period::month_of(self.period.last_day())
    }

    /// That month up to the period's end.
    pub fn month_to_date(&self) -> Period {
        Period { start: self.month().start, end: self.period.end }
    }

    /// The file that states the workspace's campaigns and margin.
    pub fn plan_file(&self) -> String {
        format!("config/workspaces/{}.toml", self.workspace.id)
    }

    /// What a channel is called.
    pub fn channel_label(&self, channel: &str) -> String {
        self.channel_labels.get(channel).cloned().unwrap_or_else(|| channel.to_owned())
    }

    fn has(&self, part: Part) -> bool {
        self.definition.edition.parts.contains(&part)
    }

    /// What the figures of this period are set against, with what that is called.
    pub fn bases(&self) -> Vec<(Compare, String, Period)> {
        let base = |compare: &Compare| self.base(*compare).map(|(label, period)| (*compare, label, period));
        self.definition.compare.iter().filter_map(base).filter(|(_, _, base)| self.book.reaches(*base)).collect()
    }

    fn base(&self, compare: Compare) -> Option<(String, Period)> {
        base(&self.definition, self.wording, self.period, compare)
    }
}

fn base(definition: &Definition, wording: Wording, period: Period, compare: Compare) -> Option<(String, Period)> {
    let cadence = definition.cadence;
    Some(match compare {
        Compare::Previous => {
            let before = cadence.before(period);
            let label = match cadence {
                Cadence::Daily => "day before".to_owned(),
                Cadence::Weekly => "week before".to_owned(),
                Cadence::Monthly => wording.month_name(before.start),
            };
            (label, before)
        }
        Compare::SameWeekday => (format!("last {}", period.start.format("%A")), period.back(7)),
        Compare::LastYear => {
            let then = cadence.year_before(period);
            let label = match cadence {
                Cadence::Monthly => wording.month_text(then.start),
                Cadence::Daily | Cadence::Weekly => format!("{} of last year", cadence.noun()),
            };
            (label, then)
        }
        Compare::Target => return None,
    })
}

/// What a report must be given.
pub fn needs(definition: &Definition, period: Period, campaigns: &[Campaign]) -> Needs {
    let month = Period::month_of(period.last_day());
    let has = |part: Part| definition.edition.parts.contains(&part);
    let base = |compare| Some(base(definition, Wording::STANDARD, period, compare)?.1);
    let mut needs = Needs { within: definition.row.within.clone(), ..Needs::default() };
    needs.spans.extend([period, Period { start: month.start, end: period.end }]);
    needs.spans.insert(definition.cadence.before(period));
    if definition.cadence == Cadence::Daily {
        needs.spans.extend(base(Compare::SameWeekday));
    }
    needs.spans.extend(definition.compare.iter().filter_map(|compare| base(*compare)));
    if has(Part::Plans) {
        needs.spans.extend(campaigns.iter().filter_map(|campaign| campaign.days_until(period)));
    }
    needs.months.extend([month.start, Period::month_of(period.start).start]);
    needs.days = Some(Period { start: trend::first(definition.cadence, period), end: period.end });
    if has(Part::Subscriptions) && definition.row.within.is_all() {
        needs.movements.insert(period);
    }
    if has(Part::Hours) && definition.row.within.is_all() {
        needs.hours.extend([Rhythm::Leads, Rhythm::Payments].map(|rhythm| (rhythm, hours::span(period))));
    }
    if has(Part::Content) && definition.row.within.is_all() {
        needs.posts.insert(content::span(definition.cadence, period));
        needs.pages.insert(period);
        needs.pages.extend(base(pages::against(definition.cadence)));
    }
    needs
}

/// The id of an issue: the same report of the same days always has the same one.
pub fn report_id(definition: &Definition, workspace: &str, period: Period) -> String {
    let variant = definition.variant();
    let days = match definition.cadence {
        Cadence::Daily => period.start.to_string(),
        Cadence::Weekly | Cadence::Monthly => period.to_string(),
    };
    let mut parts = vec![definition.report.as_str(), workspace, &days];
    if !variant.is_empty() {
        parts.push(&variant);
    }
    stable_id("rep", &parts)
}

/// The document, and what its receipts stand for.
pub fn build(readings: &Readings, registry: &Registry) -> (Document, Vec<ReceiptDraft>) {
    let (workspace, definition) = (&readings.workspace, &readings.definition);
    let id = report_id(definition, &workspace.id, readings.period);
    let settling = Settling { unsure: readings.unsure.clone(), ..Settling::new(&readings.reach, readings.today()) };
    let (wording, dropped) = (readings.wording, readings.dropped.clone());
    let mut drawer = Drawer::new(registry, workspace, &readings.book, wording, id.clone(), settling, dropped);
    let sections: Vec<Section> =
        definition.edition.parts.iter().flat_map(|part| sections(*part, readings, &mut drawer)).collect();
    let summary = summary(readings, &mut drawer);
    let freshness = freshness::rows(readings);
    let mut gaps = freshness::gaps(readings);
    gaps.extend(readings.known_gaps.iter().cloned());
    let (receipts, missing) = drawer.finish();
    if !missing.is_empty() {
        let missing: Vec<String> = missing.into_iter().collect();
        gaps.push(format!("Left out because their data is late: {}.", missing.join(", ")));
    }
    let lacks_data = !gaps.is_empty();
    gaps.extend(freshness::limits(readings));
    gaps.extend(readings.cross_checks.iter().cloned());
    let document = Document {
        id,
        report: definition.report.clone(),
        title: definition.full_title(),
        file_stem: definition.file_stem(readings.period),
        workspace_id: workspace.id.clone(),
        workspace_name: workspace.name.clone(),
        period: readings.period,
        time_zone: workspace.time_zone,
        currency: workspace.currency,
        wording,
        issued_at: readings.issued_at,
        summary,
        gaps,
        lacks_data,
        notes: notes(readings, &sections),
        sections,
        freshness,
    };
    (document, receipts)
}

/// The sections of a part; content is what visitors came to, and what creators published.
fn sections(part: Part, readings: &Readings, drawer: &mut Drawer<'_>) -> Vec<Section> {
    let before = match part {
        Part::Content => pages::section(readings, drawer),
        _ => None,
    };
    before.into_iter().chain(section(part, readings, drawer)).collect()
}

fn section(part: Part, readings: &Readings, drawer: &mut Drawer<'_>) -> Option<Section> {
    match part {
        Part::Headline => headline::section(readings, drawer),
        Part::Restated => restated::section(readings, drawer),
        Part::Trend => trend::section(readings, drawer),
        Part::Goals => goals::section(readings, drawer),
        Part::Channels => channels::section(readings, drawer),
        Part::Roi => roi::section(readings, drawer),
        Part::Campaigns => campaigns::paid(readings, drawer),
        Part::Plans => campaigns::planned(readings, drawer),
        Part::Budget => budget::section(readings, drawer),
        Part::Funnel => funnel::section(readings, drawer),
        Part::Leads => leads::section(readings, drawer),
        Part::Content => content::section(readings, drawer),
        Part::Benchmarks => benchmarks::section(readings, drawer),
        Part::Subscriptions => subscriptions::section(readings, drawer),
        Part::Hours => hours::section(readings, drawer),
    }
}

/// The days in words: `Fri 20 Nov 2026`, `9 to 15 November`, `October 2026`.
pub(super) fn days_text(readings: &Readings) -> String {
    let (wording, period) = (readings.wording, readings.period);
    match readings.definition.cadence {
        Cadence::Daily => wording.date_text(period.start),
        Cadence::Weekly => format!("the week to {}", wording.date_text(period.last_day())),
        Cadence::Monthly => wording.month_text(period.start),
    }
}

/// The result in a sentence.
fn summary(readings: &Readings, drawer: &mut Drawer<'_>) -> String {
    let period = readings.period;
    let days = days_text(readings);
    let leading = ["net_revenue", "leads", "sessions", "clicks"]
        .into_iter()
        .find(|metric| drawer.shows(metric) && drawer.value(&drawer.all(metric, period)).is_some());
    let Some(metric) = leading else {
        return format!("There is no data for {days}.");
    };
    let basis = drawer.all(metric, period);
    let value = drawer.value(&basis);
    let mut summary = format!("{} was {}", drawer.label(metric), drawer.text(metric, value));
    if readings.definition.cadence != Cadence::Daily {
        summary += &format!(" in {days}");
    }
    let against = match readings.definition.cadence {
        Cadence::Daily => (format!("the {} before", period.start.format("%A")), period.back(7)),
        Cadence::Weekly => ("the week before".to_owned(), period.back(7)),
        Cadence::Monthly => {
            let before = readings.definition.cadence.before(period);
            (readings.wording.month_name(before.start), before)
        }
    };
    let change = drawer.value(&Basis::change(basis, drawer.all(metric, against.1)));
    if change.is_some() && readings.book.reaches(against.1) {
        summary += &format!(", {} against {}", readings.wording.change_text(change), against.0);
    }
    if metric != "sessions" && drawer.shows("sessions") {
        let sessions = drawer.value(&drawer.all("sessions", period));
        summary += &format!(", on {} sessions", drawer.text("sessions", sessions));
    }
    if drawer.shows("cost") {
        let cost = drawer.value(&drawer.all("cost", period)).filter(|cost| !cost.is_zero());
        if cost.is_some() {
            summary += &format!(" and {} of media cost", drawer.text("cost", cost));
        }
    }
    summary + "."
}

fn notes(readings: &Readings, sections: &[Section]) -> Vec<String> {
    let mut notes = vec![
        format!(
            "Days are those of {}; money is in {}, other currencies at the rate of their day.",
            readings.workspace.time_zone, readings.workspace.currency
        ),
        "A figure marked provisional may still change: its source restates recent days, has not delivered all of \
         them, or calls its own answer an estimate. Figures without the mark are final: their sources are complete \
         and their settling time has passed."
            .to_owned(),
        "Revenue belongs to the channel the checkout noted, else to where the CRM first met the payer.".to_owned(),
        "Each figure has a receipt: `daybook explain <receipt>` says where it comes from.".to_owned(),
    ];
    let visitors = readings.book.days.values().any(|sums| sums.contains_key("visitors"));
    if visitors && readings.period.days() > 1 && readings.has(Part::Headline) {
        notes.push(format!(
            "Visitors are left out: they are counted day by day, and somebody who comes on two days of a {} would count twice.",
            readings.definition.cadence.noun()
        ));
    }
    if !readings.definition.row.within.is_all() {
        let within = &readings.definition.row.within;
        let list = |names: &[String], what: &str| (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")));
        let parts: Vec<String> =
            [list(&within.channels, "channels"), list(&within.campaigns, "campaigns")].into_iter().flatten().collect();
        notes.push(format!("This report is about a part of the workspace: {}.", parts.join("; ")));
    }
    if sections.iter().any(|section| section.id == "roi" || section.id == "plans") {
        notes.push(
            "ROI and margin count media cost only: the cost of goods, salaries and tools are not in them.".to_owned(),
        );
    }
    notes
}

/// A month's number shared out to the days of a period, as a basis over `month -> basis`.
pub(super) fn share_of_months(period: Period, of_month: &dyn Fn(NaiveDate) -> Basis) -> Basis {
    let mut terms = Vec::new();
    let mut parts = BTreeMap::new();
    let mut month = Period::month_of(period.start);
    while month.start < period.end {
        let days = (month.end.min(period.end) - month.start.max(period.start)).num_days();
        let name = format!("month_{}", month.start.format("%Y_%m"));
        terms.push(if days == month.days() { name.clone() } else { format!("{name} * {days} / {}", month.days()) });
        parts.insert(name, of_month(month.start));
        month = Period::month_of(month.end);
    }
    if let ([_], Some(basis)) = (terms.as_slice(), parts.values().next())
        && period == Period::month_of(period.start)
    {
        return basis.clone();
    }
    Basis::Calculated { formula: terms.join(" + "), parts }
}

/// As many days or months before `period` as a history of `count` periods needs.
pub(super) fn back(cadence: Cadence, period: Period, count: u32) -> NaiveDate {
    match cadence {
        Cadence::Daily => period.start - Days::new(u64::from(count)),
        Cadence::Weekly => period.start - Days::new(7 * u64::from(count)),
        Cadence::Monthly => period.start - Months::new(count),
    }
}
