//! Builds documents from readings. Pure: a job asks the warehouse and hands the answers over. One file a section.
//!
//! Adding one: a file with a `SECTION`, and its lines in this one. What it reads beyond metrics is a file of
//! [`crate::report::questions`].

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
mod kind;
mod known;
mod lead;
mod leads;
mod list;
mod metrics;
mod pages;
mod readings;
mod restated;
mod roi;
mod subscriptions;
mod tables;
#[cfg(test)]
mod tests;
mod trend;
mod windows;

pub use figures::{FigureBuilder, ReceiptDraft, Settling};
pub use list::{parts, standard, words};
pub use readings::Readings;
pub use restated::Restated;

/// The ids of sections that jobs read more for.
pub const GOALS: &str = goals::SECTION.id;
pub const RESTATED: &str = restated::SECTION.id;

pub use windows::needs as needs_of_windows;

use self::kind::{Asking, StandardSection};
use self::readings::base;
use crate::domain::campaign::Campaign;
use crate::domain::fact::Dimension;
use crate::domain::metric::Registry;
use crate::domain::period::Period;
use crate::report::data::Needs;
use crate::report::definition::{Cadence, Compare, Definition, Filter, GroupBy, SectionKind};
use crate::report::document::{Document, Lead, Section};
use crate::report::format::Locale;
use crate::report::receipt::Expression;
use crate::support::ids::stable_id;
use chrono::{Datelike, Days, Months, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};

/// Every section, in the order in which they are offered.
const SECTIONS: [&StandardSection; 15] = [
    &headline::SECTION,
    &restated::SECTION,
    &trend::SECTION,
    &goals::SECTION,
    &channels::SECTION,
    &roi::SECTION,
    &campaigns::PAID,
    &campaigns::PLANNED,
    &budget::SECTION,
    &funnel::SECTION,
    &leads::SECTION,
    &content::SECTION,
    &benchmarks::SECTION,
    &subscriptions::SECTION,
    &hours::SECTION,
];

/// What a report must be given.
pub fn needs(definition: &Definition, period: Period, campaigns: &[Campaign]) -> Needs {
    let month = Period::month_of(period.last_day());
    let base = |compare| Some(base(definition, Locale::STANDARD, period, compare)?.1);
    let mut needs = Needs { filter: definition.split.filter.clone(), ..Needs::default() };
    needs.spans.extend([period, Period { start: month.start, end: period.end }]);
    needs.dimensions = dimensions(definition, &needs.filter, period);
    needs.spans.insert(definition.cadence.before(period));
    if definition.cadence == Cadence::Daily {
        needs.spans.extend(base(Compare::SameWeekday));
    }
    needs.spans.extend(definition.compare.iter().filter_map(|compare| base(*compare)));
    needs.months.extend(period.dates().map(|date| Period::month_of(date).start));
    needs.days = Some(Period { start: trend::first(definition.cadence, period), end: period.end });
    let asking = Asking { definition, period, campaigns };
    for part in &definition.edition.parts {
        if let Some(section) = standard_of(*part) {
            (section.needs)(&asking, &mut needs);
        }
    }
    needs
}

/// What the sections of metrics about a part of the workspace are split by.
fn dimensions(definition: &Definition, part: &Filter, period: Period) -> BTreeSet<(Period, Dimension)> {
    let own = definition.edition.own.iter();
    let of_part = own.filter(|own| definition.split.filter.and(&own.filter).as_ref() == Some(part));
    let told_apart = of_part.filter_map(|own| match own.by {
        Some(GroupBy::Dimension(dimension)) => Some((period, dimension)),
        _ => None,
    });
    told_apart.collect()
}

/// What sections of metrics must be given, for each part of the workspace besides that of the report.
pub fn needs_of_parts(definition: &Definition, period: Period) -> Vec<Needs> {
    let whole = needs(definition, period, &[]);
    let parts: BTreeSet<Filter> = definition
        .edition
        .own
        .iter()
        .filter_map(|own| definition.split.filter.and(&own.filter))
        .filter(|filter| *filter != definition.split.filter)
        .collect();
    let of = |filter| {
        let dimensions = dimensions(definition, &filter, period);
        Needs { filter, spans: whole.spans.clone(), dimensions, days: whole.days, ..Needs::default() }
    };
    parts.into_iter().map(of).collect()
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
    let (unsure, incidents) = (readings.unsure.clone(), readings.incidents.clone());
    let settling = Settling { unsure, incidents, ..Settling::new(&readings.reach, readings.today()) };
    let (locale, dropped) = (readings.locale, readings.dropped.clone());
    let mut builder = FigureBuilder::new(
        registry,
        workspace,
        (&readings.data, &readings.parts),
        locale,
        id.clone(),
        settling,
        dropped,
    );
    // A correction begins with what it corrects, whatever else the edition holds.
    let corrected = readings.correction.map(|_| SectionKind::Standard(restated::SECTION.id));
    let parts = definition.edition.parts.iter().copied().filter(|part| corrected != Some(*part));
    let parts: Vec<SectionKind> = corrected.into_iter().chain(parts).collect();
    let mut sections: Vec<Section> =
        parts.into_iter().flat_map(|part| sections(part, readings, &mut builder)).collect();
    let lead = lead::lead(readings, &mut builder);
    if !definition.edition.is_brief {
        sections.extend(glossary::section(readings, &builder));
    }
    let summary = summary(&lead);
    let freshness = freshness::rows(readings);
    let mut gaps = freshness::gaps(readings, &builder);
    gaps.extend(freshness::earlier_gaps(readings, builder.earlier()));
    gaps.extend(readings.known_gaps.iter().cloned());
    let said_of_figures = builder.notes();
    let earlier_limits = freshness::earlier_limits(readings, builder.earlier());
    let (receipts, missing) = builder.finish();
    if !missing.is_empty() {
        let missing: Vec<String> = missing.into_iter().collect();
        gaps.push(format!("Left out because their data is late: {}.", missing.join(", ")));
    }
    let lacks_data = !gaps.is_empty();
    gaps.extend(freshness::limits(readings));
    gaps.extend(earlier_limits);
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
        locale,
        issued_at: readings.issued_at,
        contact: readings.contact.clone(),
        summary,
        lead: Some(lead),
        is_brief: definition.edition.is_brief,
        gaps,
        lacks_data,
        notes: [notes(readings, &sections), said_of_figures].concat(),
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
    let (locale, period, cadence) = (readings.locale, readings.period, readings.definition.cadence);
    match cadence {
        Cadence::Daily if period.days() == 1 => locale.date_text(period.start),
        Cadence::Daily => format!("{} – {}", locale.day_text(period.start), locale.date_text(period.last_day())),
        Cadence::Monthly if cadence.is_whole(period) => locale.month_text(period.start),
        // Weeks that begin on other days have no number that all agree on.
        Cadence::Weekly if cadence.is_whole(period) && period.start.weekday() == chrono::Weekday::Mon => {
            format!("{} {}, {}", locale.week(), period.start.iso_week().week(), locale.span_text(period))
        }
        Cadence::Quarterly if cadence.is_whole(period) => {
            format!("{}, {}", readings.quarter_text(period.start), locale.span_text(period))
        }
        Cadence::Weekly | Cadence::Monthly | Cadence::Quarterly => locale.span_text(period),
    }
}

fn standard_of(part: SectionKind) -> Option<&'static StandardSection> {
    match part {
        SectionKind::Standard(id) => list::find(id),
        SectionKind::Metrics(_) => None,
    }
}

/// The sections of a part.
fn sections(part: SectionKind, readings: &Readings, builder: &mut FigureBuilder<'_>) -> Vec<Section> {
    match part {
        SectionKind::Standard(id) => {
            list::find(id).map(|section| (section.build)(readings, builder)).unwrap_or_default()
        }
        SectionKind::Metrics(place) => {
            let own = readings.definition.edition.own.get(place);
            Vec::from_iter(own.and_then(|own| metrics::section(readings, builder, own)))
        }
    }
}

/// The days within a sentence: `Fri 20 Nov 2026`, `the week of 16 – 22 Nov 2026`, `October 2026`.
pub(super) fn days_text(readings: &Readings) -> String {
    let (locale, period, cadence) = (readings.locale, readings.period, readings.definition.cadence);
    match cadence {
        Cadence::Weekly if cadence.is_whole(period) => format!("the week of {}", locale.span_text(period)),
        Cadence::Quarterly if cadence.is_whole(period) => readings.quarter_text(period.start),
        _ => period_name(readings),
    }
}

/// Page one in a few sentences.
fn summary(lead: &Lead) -> String {
    let sentences = std::iter::once(&lead.sentence).chain(&lead.moved).chain(&lead.known).chain([&lead.complete]);
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
    let visitors = readings.data.days.values().any(|sums| sums.contains_key("web_visitors_daily.visitors"));
    if visitors && readings.period.days() > 1 && readings.has(headline::SECTION.id) {
        notes.push(format!(
            "Visitors are left out: they are counted day by day, and somebody who comes on two days of a {} would count twice.",
            readings.definition.cadence.noun()
        ));
    }
    if !readings.definition.split.filter.is_all() {
        let filter = &readings.definition.split.filter;
        let list = |names: &[String], what: &str| (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")));
        let parts: Vec<String> =
            [list(&filter.channels, "channels"), list(&filter.campaigns, "campaigns")].into_iter().flatten().collect();
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
pub(super) fn share_of_months(period: Period, of_month: &dyn Fn(NaiveDate) -> Expression) -> Expression {
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
    Expression::Calculated { formula: terms.join(" + "), parts }
}

/// As many days, months or quarters before `period` as a history of `count` periods needs.
pub(super) fn back(cadence: Cadence, period: Period, count: u32) -> NaiveDate {
    match cadence {
        Cadence::Daily => period.start - Days::new(u64::from(count)),
        Cadence::Weekly => period.start - Days::new(7 * u64::from(count)),
        Cadence::Monthly => period.start - Months::new(count),
        Cadence::Quarterly => period.start - Months::new(3 * count),
    }
}
