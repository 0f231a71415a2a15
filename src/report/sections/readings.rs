//! All that a report is built from, and the days and terms that it speaks of.

use super::Restated;
use crate::domain::benchmark::Benchmark;
use crate::domain::business::Business;
use crate::domain::campaign::Campaign;
use crate::domain::incident::Incident;
use crate::domain::period::Period;
use crate::domain::target::Target;
use crate::domain::workspace::Workspace;
use crate::report::data::ReportData;
use crate::report::definition::{Cadence, Compare, Definition, Filter};
use crate::report::format::Locale;
use crate::report::readiness::SourceFreshness;
use crate::report::receipt::{DataPoint, Expression, Plan};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// All a report needs to know.
#[derive(Clone, Debug)]
pub struct Readings {
    pub definition: Definition,
    pub workspace: Workspace,
    /// How numbers and dates are to be written.
    pub locale: Locale,
    /// The days the report speaks of.
    pub period: Period,
    /// Whom readers ask.
    pub contact: Option<String>,
    pub issued_at: DateTime<Utc>,
    pub data: ReportData,
    /// The same for parts of the workspace that sections of metrics are about.
    pub parts: BTreeMap<Filter, ReportData>,
    pub channel_labels: BTreeMap<String, String>,
    pub campaigns: Vec<Campaign>,
    /// Targets of quarters, years and by a date.
    pub longer_targets: Vec<Target>,
    /// Known events and the regions whose holidays count.
    pub business: Business,
    /// Of the workspace's industry.
    pub benchmarks: Vec<Benchmark>,
    /// The share of revenue left after the cost of goods.
    pub gross_margin: Option<Decimal>,
    pub reach: Vec<SourceFreshness>,
    /// Gaps that only the job can know, such as failed checks.
    pub known_gaps: Vec<String>,
    /// What checks between streams say of the period.
    pub cross_checks: Vec<String>,
    /// Facts of which it is known that something is not, whatever their sources cover, for periods that end
    /// before a day.
    pub unsure: BTreeMap<String, NaiveDate>,
    /// Known errors of the vendors whose figures are read.
    pub incidents: Vec<Incident>,
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

    /// What budgets and goals are of: the quarter in reports of quarters, else the month.
    pub fn term(&self) -> Period {
        match self.definition.cadence {
            Cadence::Quarterly => self.workspace.fiscal_year.quarter_of(self.period.last_day()),
            _ => self.month(),
        }
    }

    /// That term up to the period's end.
    pub fn term_to_date(&self) -> Period {
        Period { start: self.term().start, end: self.period.end }
    }

    /// `November`, `Q4 2026`.
    pub(super) fn term_name(&self) -> String {
        match self.definition.cadence {
            Cadence::Quarterly => self.quarter_text(self.term().start),
            _ => self.locale.month_name(self.month().start),
        }
    }

    /// `month`, `quarter`.
    pub(super) fn term_noun(&self) -> &'static str {
        match self.definition.cadence {
            Cadence::Quarterly => Cadence::Quarterly.noun(),
            _ => Cadence::Monthly.noun(),
        }
    }

    /// The plans of a name in the term's months, added up: of those months that have one.
    pub(super) fn planned(&self, plan: Plan, name: &str) -> Expression {
        let term = self.term();
        let of_name =
            self.data.plans.keys().filter(|(of, named, month)| *of == plan && named == name && term.contains(*month));
        let parts: BTreeMap<String, Expression> = of_name
            .map(|(_, _, month)| {
                let basis = Expression::Read(DataPoint::Plan { plan, name: name.to_owned(), month: *month });
                (format!("plan_{}", month.format("%Y_%m")), basis)
            })
            .collect();
        if let ([_], Some(only)) = (parts.keys().collect::<Vec<_>>().as_slice(), parts.values().next()) {
            return only.clone();
        }
        Expression::Calculated { formula: parts.keys().cloned().collect::<Vec<_>>().join(" + "), parts }
    }

    /// The file that states the workspace's campaigns and margin.
    pub fn plan_file(&self) -> String {
        format!("config/workspaces/{}.toml", self.workspace.id)
    }

    /// The numbers of a part of the workspace, if it was read.
    pub fn data_of(&self, filter: &Filter) -> Option<&ReportData> {
        if *filter == self.data.filter { Some(&self.data) } else { self.parts.get(filter) }
    }

    /// What a channel is called.
    pub fn channel_label(&self, channel: &str) -> String {
        self.channel_labels.get(channel).cloned().unwrap_or_else(|| channel.to_owned())
    }

    pub(super) fn has(&self, section: &str) -> bool {
        self.definition.edition.has(section)
    }

    /// What the figures of this period are set against, with what that is called.
    pub fn bases(&self) -> Vec<(Compare, String, Period)> {
        let base = |compare: &Compare| self.base(*compare).map(|(label, period)| (*compare, label, period));
        self.definition.compare.iter().filter_map(base).filter(|(_, _, base)| self.data.reaches(*base)).collect()
    }

    /// The quarter that holds a day, as the workspace counts: `Q4 2026`.
    pub(super) fn quarter_text(&self, date: NaiveDate) -> String {
        let fiscal = self.workspace.fiscal_year;
        fiscal.quarter_name(fiscal.quarter_of(date))
    }

    pub(super) fn base(&self, compare: Compare) -> Option<(String, Period)> {
        base(&self.definition, self.locale, self.period, compare)
    }

    /// What the subject, the first sentence and the leads of sections set figures against: the first of
    /// [`Cadence::leading`] and the job's own comparisons that the data reaches.
    pub fn leading(&self) -> Option<(Compare, String, Period)> {
        let wanted = std::iter::once(self.definition.cadence.leading()).chain(self.definition.compare.iter().copied());
        wanted
            .filter_map(|compare| self.base(compare).map(|(label, period)| (compare, label, period)))
            .find(|(_, _, base)| self.data.reaches(*base))
    }
}

pub(super) fn base(
    definition: &Definition,
    locale: Locale,
    period: Period,
    compare: Compare,
) -> Option<(String, Period)> {
    let cadence = definition.cadence;
    let base = cadence.compared(period, compare)?;
    let label = match (compare, cadence) {
        (Compare::Target, _) => return None,
        // What is not over is set against days that must be named.
        (_, Cadence::Weekly | Cadence::Monthly | Cadence::Quarterly) if !cadence.is_whole(period) => {
            locale.span_text(base)
        }
        (Compare::Previous, Cadence::Daily) => "day before".to_owned(),
        (Compare::Previous, Cadence::Weekly) => "week before".to_owned(),
        (Compare::Previous, Cadence::Monthly) => locale.month_name(base.start),
        (Compare::Previous, Cadence::Quarterly) => "quarter before".to_owned(),
        (Compare::SameWeekday, _) if period.days() > 1 => "same days a week before".to_owned(),
        (Compare::SameWeekday, _) => format!("{} before", period.start.format("%A")),
        (Compare::LastYear, Cadence::Monthly) => locale.month_text(base.start),
        (Compare::LastYear, Cadence::Quarterly) => "quarter of last year".to_owned(),
        (Compare::LastYear, Cadence::Daily | Cadence::Weekly) => "52 weeks earlier".to_owned(),
    };
    Some((label, base))
}
