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
mod glossary;
mod goals;
mod headline;
mod hours;
mod lead;
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
use crate::report::document::{Document, Lead, Section};
use crate::report::format::Wording;
use crate::report::readiness::SourceReach;
use crate::report::receipt::{Basis, Rhythm};
use crate::support::ids::stable_id;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
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
    /// Whom readers ask.
    pub contact: Option<String>,
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
    /// Set where this issue corrects an earlier one of the same days; `restated` is about that one then.
    pub correction: Option<u32>,
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

    /// What the subject, the first sentence and the leads of sections set figures against: the first of
    /// [`Cadence::leading`] and the job's own comparisons that the book reaches.
    pub fn leading(&self) -> Option<(Compare, String, Period)> {
        let wanted = std::iter::once(self.definition.cadence.leading()).chain(self.definition.compare.iter().copied());
        wanted
            .filter_map(|compare| self.base(compare).map(|(label, period)| (compare, label, period)))
            .find(|(_, _, base)| self.book.reaches(*base))
    }
}

fn base(definition: &Definition, wording: Wording, period: Period, compare: Compare) -> Option<(String, Period)> {
    let cadence = definition.cadence;
    let base = cadence.compared(period, compare)?;
    let label = match (compare, cadence) {
        (Compare::Target, _) => return None,
        // What is not over is set against days that must be named.
        (_, Cadence::Weekly | Cadence::Monthly) if !cadence.is_whole(period) => wording.span_text(base),
        (Compare::Previous, Cadence::Daily) => "day before".to_owned(),
        (Compare::Previous, Cadence::Weekly) => "week before".to_owned(),
        (Compare::Previous, Cadence::Monthly) => wording.month_name(base.start),
        (Compare::SameWeekday, _) if period.days() > 1 => "same days a week before".to_owned(),
        (Compare::SameWeekday, _) => format!("{} before", period.start.format("%A")),
        (Compare::LastYear, Cadence::Monthly) => wording.month_text(base.start),
        (Compare::LastYear, Cadence::Daily | Cadence::Weekly) => "52 weeks earlier".to_owned(),
    };
    Some((label, base))
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

/// The id of an issue: the same report of the same days always has the same one, and each correction of it
/// one of its own.
pub fn report_id(definition: &Definition, workspace: &str, period: Period, correction: Option<u32>) -> String {
    let (variant, days) = (definition.variant(), period.to_string());
    let correction = correction.map(|number| format!("correction {number}")).unwrap_or_default();
    let mut parts = vec![definition.report.as_str(), workspace, &days];
    parts.extend([variant.as_str(), correction.as_str()].into_iter().filter(|part| !part.is_empty()));
    stable_id("rep", &parts)
}

/// The document, and what its receipts stand for.
pub fn build(readings: &Readings, registry: &Registry) -> (Document, Vec<ReceiptDraft>) {
    let (workspace, definition) = (&readings.workspace, &readings.definition);
    let id = report_id(definition, &workspace.id, readings.period, readings.correction);
    let settling = Settling { unsure: readings.unsure.clone(), ..Settling::new(&readings.reach, readings.today()) };
    let (wording, dropped) = (readings.wording, readings.dropped.clone());
    let mut drawer = Drawer::new(registry, workspace, &readings.book, wording, id.clone(), settling, dropped);
    // A correction begins with what it corrects, whatever else the edition holds.
    let corrected = readings.correction.map(|_| Part::Restated);
    let parts = definition.edition.parts.iter().copied().filter(|part| corrected != Some(*part));
    let parts: Vec<Part> = corrected.into_iter().chain(parts).collect();
    let mut sections: Vec<Section> = parts.into_iter().flat_map(|part| sections(part, readings, &mut drawer)).collect();
    let lead = lead::lead(readings, &mut drawer);
    if !definition.edition.is_brief {
        sections.extend(glossary::section(readings, &drawer));
    }
    let summary = summary(&lead);
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
        title: definition.full_title(readings.period),
        file_stem: file_stem(definition, readings.period, readings.correction),
        workspace_id: workspace.id.clone(),
        workspace_name: workspace.name.clone(),
        period: readings.period,
        period_name: period_name(readings),
        correction: readings.correction,
        time_zone: workspace.time_zone,
        currency: workspace.currency,
        wording,
        issued_at: readings.issued_at,
        contact: readings.contact.clone(),
        summary,
        lead: Some(lead),
        is_brief: definition.edition.is_brief,
        gaps,
        lacks_data,
        notes: notes(readings, &sections),
        sections,
        freshness,
    };
    (document, receipts)
}

/// The name of an issue's files, without ending: `weekly-2026-11-15-corrected`.
pub fn file_stem(definition: &Definition, period: Period, correction: Option<u32>) -> String {
    let stem = definition.file_stem(period);
    match correction {
        None => stem,
        Some(1) => stem + "-corrected",
        Some(number) => format!("{stem}-corrected-{number}"),
    }
}

/// The period as people say it: `October 2026`, `Week 47, 16 – 22 Nov 2026`, `Fri 20 – Sun 22 Nov 2026`.
pub fn period_name(readings: &Readings) -> String {
    let (wording, period, cadence) = (readings.wording, readings.period, readings.definition.cadence);
    match cadence {
        Cadence::Daily if period.days() == 1 => wording.date_text(period.start),
        Cadence::Daily => format!("{} – {}", wording.day_text(period.start), wording.date_text(period.last_day())),
        Cadence::Monthly if cadence.is_whole(period) => wording.month_text(period.start),
        // Weeks that begin on other days have no number that all agree on.
        Cadence::Weekly if cadence.is_whole(period) && period.start.weekday() == chrono::Weekday::Mon => {
            format!("{} {}, {}", wording.week(), period.start.iso_week().week(), wording.span_text(period))
        }
        Cadence::Weekly | Cadence::Monthly => wording.span_text(period),
    }
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

/// The days within a sentence: `Fri 20 Nov 2026`, `the week of 16 – 22 Nov 2026`, `October 2026`.
pub(super) fn days_text(readings: &Readings) -> String {
    let (wording, period, cadence) = (readings.wording, readings.period, readings.definition.cadence);
    match cadence {
        Cadence::Weekly if cadence.is_whole(period) => format!("the week of {}", wording.span_text(period)),
        _ => period_name(readings),
    }
}

/// Page one in a few sentences.
fn summary(lead: &Lead) -> String {
    let sentences = std::iter::once(&lead.sentence).chain(&lead.moved).chain([&lead.complete]);
    sentences.filter(|sentence| !sentence.is_empty()).cloned().collect::<Vec<_>>().join(" ")
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
