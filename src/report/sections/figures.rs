//! Draws figures, and keeps what each one's receipt stands for.

use crate::domain::metric::{AsOf, Better, Kind, Registry, Unit, Window};
use crate::domain::period::Period;
use crate::domain::workspace::Workspace;
use crate::report::data::{ReportData, Sums};
use crate::report::definition::Filter;
use crate::report::document::{Cell, Comparison, Figure, Tone};
use crate::report::format::{FEW, IMMATURE, Locale, NO_CHANGE, NOT_AVAILABLE};
use crate::report::readiness::SourceFreshness;
use crate::report::receipt::{DataPoint, Expression, Reading};
use crate::support::ids::stable_id;
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

mod earlier;
mod unjudged;

pub use earlier::Earlier;

/// The id of comparisons with a target.
pub const TARGET: &str = "target";
/// Fewer events than this are no sample.
const SMALL: Decimal = Decimal::from_parts(10, 0, 0, false, 0);

/// What a receipt stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiptDraft {
    pub receipt: String,
    pub basis: Expression,
    pub unit: Unit,
    pub value: Option<Decimal>,
    pub text: String,
    /// In words, e.g. `Net revenue` or `Paid search: Budget used`.
    pub label: String,
}

/// When facts become final.
#[derive(Clone, Debug, Default)]
pub struct Settling {
    /// The workspace's calendar day at the time of issue.
    pub today: Option<NaiveDate>,
    /// What is held of each fact's sources.
    pub facts: BTreeMap<String, Vec<SourceFreshness>>,
    /// Facts that are never final for periods that end before a day.
    pub unsure: BTreeMap<String, NaiveDate>,
}

impl Settling {
    pub fn new(reach: &[SourceFreshness], today: NaiveDate) -> Self {
        let mut facts: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for source in reach {
            facts.entry(source.fact.clone()).or_default().push(source.clone());
        }
        Self { today: Some(today), facts, unsure: BTreeMap::new() }
    }

    /// Whether a fact's rows of a period will not change any more: they are all here and confirmed, their
    /// source does not call them an estimate, and the time its vendor takes to settle has passed.
    pub fn is_final(&self, fact: &str, period: Period) -> bool {
        let Some(today) = self.today else { return true };
        if self.unsure.get(fact).is_some_and(|date| period.last_day() < *date) {
            return false;
        }
        self.facts.get(fact).into_iter().flatten().all(|source| {
            let settles = source.settles_after_days;
            let settled = settles == 0 || period.last_day() + Days::new(u64::from(settles)) < today;
            settled && source.covers(period) && source.limits(period).is_empty()
        })
    }
}

/// Draws the figures of one report.
#[derive(Debug)]
pub struct FigureBuilder<'a> {
    registry: &'a Registry,
    workspace: &'a Workspace,
    data: &'a ReportData,
    parts: &'a BTreeMap<Filter, ReportData>,
    locale: Locale,
    report_id: String,
    settling: Settling,
    /// Facts whose figures are left out because their data is late.
    dropped: BTreeSet<String>,
    /// Labels of metrics that were left out.
    missing: BTreeSet<String>,
    receipts: BTreeMap<String, ReceiptDraft>,
    keeps_receipts: bool,
    /// Metrics that were printed.
    printed: BTreeSet<String>,
    /// What must be said of printed figures.
    notes: BTreeSet<String>,
    /// Printed figures that count days before the report's own.
    earlier: Vec<Earlier>,
    has_immature: bool,
}

impl<'a> FigureBuilder<'a> {
    pub fn new(
        registry: &'a Registry,
        workspace: &'a Workspace,
        (data, parts): (&'a ReportData, &'a BTreeMap<Filter, ReportData>),
        locale: Locale,
        report_id: String,
        settling: Settling,
        dropped: BTreeSet<String>,
    ) -> Self {
        let (missing, receipts) = (BTreeSet::new(), BTreeMap::new());
        let (keeps_receipts, printed) = (true, BTreeSet::new());
        Self {
            registry,
            workspace,
            data,
            parts,
            locale,
            report_id,
            settling,
            dropped,
            missing,
            receipts,
            keeps_receipts,
            printed,
            notes: BTreeSet::new(),
            earlier: Vec::new(),
            has_immature: false,
        }
    }

    /// Whether figures get receipts from now on: thousands of rows that only data files have would be as many.
    pub fn keep_receipts(&mut self, keeps: bool) {
        self.keeps_receipts = keeps;
    }

    /// A metric of the report's part of the workspace.
    pub fn all(&self, metric: &str, period: Period) -> Expression {
        Expression::metric(Reading { filter: self.data.filter.clone(), ..Reading::of_all(metric, period) })
    }

    pub fn channel(&self, metric: &str, period: Period, channel: &str) -> Expression {
        Expression::metric(Reading { filter: self.data.filter.clone(), ..Reading::of_channel(metric, period, channel) })
    }

    pub fn campaign(&self, metric: &str, period: Period, campaign: &str) -> Expression {
        Expression::metric(Reading {
            filter: self.data.filter.clone(),
            ..Reading::of_campaign(metric, period, campaign)
        })
    }

    /// The value of a basis.
    pub fn value(&self, basis: &Expression) -> Option<Decimal> {
        basis.evaluate(&|point| match point {
            DataPoint::Metric(reading) if reading.filter != self.data.filter => {
                self.parts.get(&reading.filter)?.read(self.registry, point)
            }
            _ => self.data.read(self.registry, point),
        })
    }

    /// A metric's value from columns.
    pub fn of_sums(&self, metric: &str, sums: &Sums) -> Option<Decimal> {
        self.registry.value(metric, &|column| sums.get(column).copied())
    }

    pub fn unit(&self, metric: &str) -> Unit {
        self.registry.get(metric).map_or(Unit::Count, |metric| metric.unit)
    }

    pub fn label(&self, metric: &str) -> String {
        self.registry.get(metric).map_or_else(|| metric.to_owned(), |metric| metric.label.clone())
    }

    pub fn text(&self, metric: &str, value: Option<Decimal>) -> String {
        self.locale.value_text(value, self.unit(metric), self.workspace.currency)
    }

    /// Whether days' values of the metric add up.
    pub fn is_additive(&self, metric: &str) -> bool {
        self.registry.is_additive(metric)
    }

    /// The numbers that are no sum of days, by their names.
    pub fn not_summed(&self) -> BTreeMap<String, AsOf> {
        self.registry.not_summed()
    }

    /// Whether the values of channels or campaigns add up.
    pub fn adds_over_rows(&self, metric: &str) -> bool {
        self.registry.adds_over_rows(metric)
    }

    /// The window that a metric is counted over, if it is.
    pub fn window(&self, metric: &str) -> Option<Window> {
        self.registry.window(metric)
    }

    /// Whether a metric sets a window beside other days.
    pub fn mixes_windows(&self, metric: &str) -> bool {
        self.registry.mixes_windows(metric)
    }

    /// The days that a metric of a period rests on.
    pub fn days_of(&self, metric: &str, period: Period) -> Period {
        self.registry.days(metric, period, self.workspace.fiscal_year)
    }

    /// Whether a metric may be shown: it is defined, ever had a value here, and its data is not
    /// left out for being late.
    pub fn shows(&mut self, metric: &str) -> bool {
        self.shows_in(self.data, metric)
    }

    /// The same of a part of the workspace.
    pub fn shows_in(&mut self, data: &ReportData, metric: &str) -> bool {
        let Some(definition) = self.registry.get(metric) else { return false };
        let has = |sums: &Sums| {
            let is_few = || self.registry.is_too_few(metric, &|column| sums.get(column).copied());
            self.of_sums(metric, sums).map_or_else(is_few, |value| !value.is_zero())
        };
        let is_known = data.days.values().any(has) || data.spans.values().any(|span| has(&span.total));
        let is_dropped = !definition.from.is_disjoint(&self.dropped);
        if is_known && is_dropped {
            self.missing.insert(definition.label.clone());
        }
        is_known && !is_dropped
    }

    /// Whether what rests on a fact may be shown.
    pub fn shows_fact(&mut self, fact: &str, what: &str) -> bool {
        let is_dropped = self.dropped.contains(fact);
        if is_dropped {
            self.missing.insert(what.to_owned());
        }
        !is_dropped
    }

    /// Whether a figure of the metric stands in the report so far.
    pub fn has_printed(&self, metric: &str) -> bool {
        self.printed.contains(metric)
    }

    /// A metric's figure.
    pub fn metric(&mut self, metric: &str, basis: &Expression) -> Figure {
        let (unit, label) = (self.unit(metric), self.label(metric));
        self.printed.insert(metric.to_owned());
        self.note(metric, basis);
        self.figure(basis, unit, &label)
    }

    /// A figure with its receipt.
    pub fn figure(&mut self, basis: &Expression, unit: Unit, label: &str) -> Figure {
        let value = self.value(basis);
        let text = match value.is_none() && self.is_too_few(basis) {
            true => FEW.to_owned(),
            false => self.locale.value_text(value, unit, self.workspace.currency),
        };
        self.kept(basis, unit, value, text, label)
    }

    /// A metric of some channels together.
    pub fn channels(&self, metric: &str, period: Period, channels: &[String]) -> Expression {
        if let Some(Kind::Formula(formula)) = self.registry.get(metric).map(|metric| &metric.kind) {
            let parts = formula.metrics().into_iter();
            let parts = parts.map(|name| (name.to_owned(), self.channels(name, period, channels))).collect();
            return Expression::Calculated { formula: formula.to_string(), parts };
        }
        let sum = self.sum_of(channels.iter().map(|channel| self.channel(metric, period, channel)));
        sum.unwrap_or_else(|| self.channel(metric, period, channels.first().map_or("", String::as_str)))
    }

    /// The sum of the parts that have a value; what has no row adds nothing. `None` where no part has one.
    pub fn sum_of(&self, parts: impl Iterator<Item = Expression>) -> Option<Expression> {
        let parts: BTreeMap<String, Expression> = parts
            .enumerate()
            .map(|(number, basis)| (format!("part_{number}"), basis))
            .filter(|(_, basis)| self.value(basis).is_some())
            .collect();
        let formula = parts.keys().cloned().collect::<Vec<_>>().join(" + ");
        (!parts.is_empty()).then_some(Expression::Calculated { formula, parts })
    }

    /// The metrics that were printed so far.
    pub fn printed(&self) -> impl Iterator<Item = &str> {
        self.printed.iter().map(String::as_str)
    }

    /// Whether a metric is or is computed from `part`.
    pub fn rests_on(&self, metric: &str, part: &str) -> bool {
        self.registry.rests_on(metric, part)
    }

    /// What a metric means, in a sentence.
    pub fn about(&self, metric: &str) -> String {
        self.registry.get(metric).map(|metric| metric.about.clone()).unwrap_or_default()
    }

    /// The change of a metric as [`Self::grown`] gives it; not rated where days of either side are incomplete.
    pub fn change(&mut self, metric: &str, value: &Expression, base: &Expression, label: &str) -> Figure {
        let is_known = self.value(value).is_some() && self.value(base).is_some();
        match is_known && (self.rests_on_immature(value) || self.rests_on_immature(base)) {
            true => self.unrated(value, base, IMMATURE, &format!("{label}, change")),
            false => self.grown(metric, value, base, label),
        }
    }

    fn unrated(&mut self, value: &Expression, base: &Expression, text: &str, label: &str) -> Figure {
        let basis = Expression::change(value.clone(), base.clone());
        let change = self.value(&basis);
        self.kept(&basis, Unit::Percent, change, text.to_owned(), label)
    }

    /// The change of a metric, as a figure with its receipt: in percentage points between rates, as an amount
    /// where the base is below zero or few events stand on both sides, else in percent.
    pub fn grown(&mut self, metric: &str, value: &Expression, base: &Expression, label: &str) -> Figure {
        let (now, before) = (self.value(value), self.value(base));
        let (unit, label) = (self.unit(metric), format!("{label}, change"));
        let (Some(now), Some(before)) = (now, before) else {
            let text = if self.is_too_few(value) || self.is_too_few(base) { FEW } else { NOT_AVAILABLE };
            let basis = Expression::change(value.clone(), base.clone());
            return self.kept(&basis, Unit::Percent, None, text.to_owned(), &label);
        };
        if self.is_small(metric, value, base) {
            return self.unrated(value, base, FEW, &label);
        }
        let is_few = unit == Unit::Count && now.abs().max(before.abs()) < SMALL;
        if unit == Unit::Percent || before < Decimal::ZERO || is_few {
            let unit = if unit == Unit::Percent { Unit::Points } else { unit };
            let basis = Expression::difference(value.clone(), base.clone());
            let change = self.value(&basis);
            let text = self.locale.difference_text(change, unit, self.workspace.currency);
            return self.kept(&basis, unit, change, text, &label);
        }
        let basis = Expression::change(value.clone(), base.clone());
        let change = self.value(&basis);
        let text = match (before.is_zero(), now.is_zero()) {
            (true, true) => NO_CHANGE.to_owned(),
            (true, false) => "from 0".to_owned(),
            _ => self.locale.change_text(change),
        };
        self.kept(&basis, Unit::Percent, change, text, &label)
    }

    /// The difference of a metric with its sign.
    pub fn difference(&mut self, metric: &str, value: &Expression, base: &Expression, label: &str) -> Figure {
        let unit = if self.unit(metric) == Unit::Percent { Unit::Points } else { self.unit(metric) };
        // A channel without rows in one of the periods had none.
        let (now, before) = (self.value(value).unwrap_or_default(), self.value(base).unwrap_or_default());
        let text = self.locale.difference_text(Some(now - before), unit, self.workspace.currency);
        let basis = Expression::difference(value.clone(), base.clone());
        let exact = self.value(&basis);
        self.kept(&basis, unit, exact, text, &format!("{label}, difference"))
    }

    /// Whether a rate stands on so few events that its change says nothing: one customer makes any CAC.
    fn is_small(&self, metric: &str, value: &Expression, base: &Expression) -> bool {
        [value, base].into_iter().any(|basis| match basis {
            Expression::Read(DataPoint::Metric(reading)) if reading.metric == metric => {
                let count = self.data_of(reading).and_then(|data| data.sample(self.registry, reading));
                count.is_some_and(|count| count < SMALL)
            }
            _ => false,
        })
    }

    /// The data of the part of the workspace that a reading is of.
    fn data_of(&self, reading: &Reading) -> Option<&'a ReportData> {
        if reading.filter == self.data.filter { Some(self.data) } else { self.parts.get(&reading.filter) }
    }

    /// What a figure of another report says, in the words of this one.
    pub fn localized(&self, figure: &Figure, basis: &Expression) -> String {
        match basis {
            _ if self.locale.is_standard() => figure.text.clone(),
            Expression::Change { .. } => self.locale.change_text(figure.value),
            _ if basis.is_change() => self.locale.difference_text(figure.value, figure.unit, self.workspace.currency),
            _ => self.locale.value_text(figure.value, figure.unit, self.workspace.currency),
        }
    }

    fn kept(&mut self, basis: &Expression, unit: Unit, value: Option<Decimal>, text: String, label: &str) -> Figure {
        // What does not exist cannot change; once it does, the source will have said more.
        let provisional = value.is_some() && !self.is_final(basis);
        if !self.keeps_receipts {
            return Figure { value, unit, text, receipt: None, provisional };
        }
        let kept = serde_json::to_string(basis).unwrap_or_default();
        let receipt = stable_id("r", &[&self.report_id, &kept, &format!("{unit:?}")])[..14].to_owned();
        let draft = || ReceiptDraft {
            receipt: receipt.clone(),
            basis: basis.clone(),
            unit,
            value,
            text: text.clone(),
            label: label.to_owned(),
        };
        self.receipts.entry(receipt.clone()).or_insert_with(draft);
        Figure { value, unit, text, receipt: Some(receipt), provisional }
    }

    /// Whether nothing that a figure rests on will change any more.
    fn is_final(&self, basis: &Expression) -> bool {
        let settled = |fact: &str, period: &Period| self.settling.is_final(fact, *period);
        basis.data_points().into_iter().all(|point| match point {
            DataPoint::Metric(reading) => {
                let days = self.days_of(&reading.metric, reading.period);
                let metric = self.registry.get(&reading.metric);
                !self.is_immature(&reading.metric, reading.period)
                    && metric.is_none_or(|metric| metric.from.iter().all(|fact| settled(fact, &days)))
            }
            DataPoint::Recurring { period, .. } => settled("subscription", period),
            DataPoint::Hour { event, period, .. } => settled(event.fact(), period),
            DataPoint::Post { period, .. } => settled("influencer_post", period),
            DataPoint::Page { period, .. } => settled("page_daily", period),
            DataPoint::Plan { .. } | DataPoint::Constant { .. } => true,
        })
    }

    /// A metric's change against a base, with whether it is welcome.
    pub fn comparison(
        &mut self,
        metric: &str,
        (id, label): (&str, &str),
        value: &Expression,
        base: &Expression,
    ) -> Comparison {
        let name = self.label(metric);
        let change = self.change(metric, value, base, &name);
        let tone = self.tone_of(metric, &change);
        // Targets of months are plans, of longer terms numbers of a file.
        let name = if id == TARGET { format!("{name}: target") } else { name };
        let base = self.figure(base, self.unit(metric), &name);
        Comparison { id: id.to_owned(), label: format!("vs {label}"), base, change, tone }
    }

    /// A table cell that shows a change.
    pub fn change_cell(&mut self, metric: &str, value: &Expression, base: &Expression) -> Cell {
        let name = self.label(metric);
        let figure = self.change(metric, value, base, &name);
        Cell::Figure { tone: self.tone_of(metric, &figure), figure }
    }

    /// A table cell that shows how a figure of the same days has grown since it was printed.
    pub fn growth_cell(&mut self, metric: &str, value: &Expression, base: &Expression) -> Cell {
        let name = self.label(metric);
        let figure = self.grown(metric, value, base, &name);
        Cell::Figure { tone: self.tone_of(metric, &figure), figure }
    }

    /// A table cell without a rating.
    pub fn cell(&mut self, metric: &str, basis: &Expression) -> Cell {
        Cell::Figure { figure: self.metric(metric, basis), tone: Tone::Neutral }
    }

    /// Whether more of a metric is welcome.
    pub fn better(&self, metric: &str) -> Better {
        self.registry.get(metric).map_or(Better::Neither, |metric| metric.better)
    }

    /// Whether a printed change is welcome; of few events or incomplete days it is not rated.
    pub fn tone_of(&self, metric: &str, change: &Figure) -> Tone {
        if [FEW, IMMATURE].contains(&change.text.as_str()) { Tone::Neutral } else { self.tone(metric, change.value) }
    }

    /// Whether a change is welcome.
    pub fn tone(&self, metric: &str, change: Option<Decimal>) -> Tone {
        match (self.better(metric), change) {
            (_, None) | (Better::Neither, _) => Tone::Neutral,
            (_, Some(change)) if change.round_dp(3).is_zero() => Tone::Neutral,
            (Better::Higher, Some(change)) if change > Decimal::ZERO => Tone::Good,
            (Better::Lower, Some(change)) if change < Decimal::ZERO => Tone::Good,
            _ => Tone::Bad,
        }
    }

    /// The receipts, and the labels of what was left out because its data is late.
    pub fn finish(self) -> (Vec<ReceiptDraft>, BTreeSet<String>) {
        (self.receipts.into_values().collect(), self.missing)
    }
}
