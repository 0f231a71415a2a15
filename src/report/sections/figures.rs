//! Draws figures, and keeps what each one's receipt stands for.

use crate::domain::metric::{AsOf, Kind, Registry, Unit, Window};
use crate::domain::period::Period;
use crate::domain::workspace::Workspace;
use crate::report::data::{ReportData, Sums};
use crate::report::definition::Filter;
use crate::report::document::{Cell, Figure, Tone};
use crate::report::format::{FEW, Locale};
use crate::report::questions::question;
use crate::report::receipt::{DataPoint, Expression, Reading};
use crate::support::ids::stable_id;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

mod changes;
mod earlier;
mod incidents;
mod settling;
mod unjudged;
mod unlike;

pub use changes::TARGET;
pub use earlier::Earlier;
pub use settling::Settling;

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
    /// What must be stated of printed figures.
    notes: BTreeSet<String>,
    /// Printed figures that count days before the report's own.
    earlier: Vec<Earlier>,
    /// What bases of changes lacked, with the labels of the metrics whose changes are not stated.
    unlike: BTreeMap<String, BTreeSet<String>>,
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
            unlike: BTreeMap::new(),
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

    /// Whether a metric that somebody set a target for may be shown: nothing of it is a value as well.
    pub fn shows_target(&mut self, metric: &str, basis: &Expression) -> bool {
        let is_kept = |builder: &Self| {
            builder.registry.get(metric).is_some_and(|definition| definition.from.is_disjoint(&builder.dropped))
        };
        self.shows(metric) || (is_kept(self) && self.value(basis).is_some())
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
        self.note_incidents(basis);
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

    /// Whether a figure that was printed so far rests on a fact, or a question of some section does.
    pub fn prints_of(&self, fact: &str) -> bool {
        let of_metric = |metric| self.registry.get(metric).is_some_and(|metric| metric.from.contains(fact));
        self.printed().any(of_metric) || crate::report::questions::rest_on(fact)
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
        // What does not exist cannot change; once it does, the source will have reported more.
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
            DataPoint::Answer { question: name, period, .. } => {
                question(name).is_none_or(|question| question.facts.iter().all(|fact| settled(fact, period)))
            }
            DataPoint::Plan { .. } | DataPoint::Constant { .. } => true,
        })
    }

    /// A table cell without a rating.
    pub fn cell(&mut self, metric: &str, basis: &Expression) -> Cell {
        Cell::Figure { figure: self.metric(metric, basis), tone: Tone::Neutral }
    }

    /// The receipts, and the labels of what was left out because its data is late.
    pub fn finish(self) -> (Vec<ReceiptDraft>, BTreeSet<String>) {
        (self.receipts.into_values().collect(), self.missing)
    }
}
