//! Draws figures from sums, and keeps what each one's receipt stands for.

use super::Sums;
use crate::domain::metric::{Better, Registry, Unit};
use crate::domain::period::Period;
use crate::domain::workspace::Workspace;
use crate::report::document::{Cell, Comparison, Figure, Mood};
use crate::report::format::{change_text, value_text};
use crate::support::ids::stable_id;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// What a figure is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub metric: String,
    pub period: Period,
    pub channel: Option<String>,
    pub campaign: Option<String>,
}

/// What a receipt stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiptDraft {
    pub receipt: String,
    pub reading: Reading,
    pub value: Option<Decimal>,
    pub text: String,
}

/// Draws the figures of one report.
#[derive(Debug)]
pub struct Drawer<'a> {
    registry: &'a Registry,
    workspace: &'a Workspace,
    report_id: String,
    /// Facts whose reported day may still be restated.
    unsettled: BTreeSet<String>,
    receipts: Vec<ReceiptDraft>,
}

impl<'a> Drawer<'a> {
    pub fn new(
        registry: &'a Registry,
        workspace: &'a Workspace,
        report_id: String,
        unsettled: BTreeSet<String>,
    ) -> Self {
        Self { registry, workspace, report_id, unsettled, receipts: Vec::new() }
    }

    /// A metric's value from sums.
    pub fn value(&self, metric: &str, sums: &Sums) -> Option<Decimal> {
        self.registry.value(metric, &|column| sums.get(column).copied())
    }

    pub fn unit(&self, metric: &str) -> Unit {
        self.registry.get(metric).map_or(Unit::Count, |metric| metric.unit)
    }

    pub fn label(&self, metric: &str) -> String {
        self.registry.get(metric).map_or_else(|| metric.to_owned(), |metric| metric.label.clone())
    }

    pub fn text(&self, metric: &str, value: Option<Decimal>) -> String {
        value_text(value, self.unit(metric), self.workspace.currency)
    }

    /// A figure with its receipt.
    pub fn figure(&mut self, reading: Reading, sums: &Sums) -> Figure {
        let value = self.value(&reading.metric, sums);
        let metric = self.registry.get(&reading.metric);
        let provisional = metric.is_some_and(|metric| !metric.from.is_disjoint(&self.unsettled));
        let text = self.text(&reading.metric, value);
        let receipt = stable_id(
            "r",
            &[
                &self.report_id,
                &reading.metric,
                &reading.period.to_string(),
                reading.channel.as_deref().unwrap_or("\u{0}"),
                reading.campaign.as_deref().unwrap_or("\u{0}"),
            ],
        );
        let receipt = receipt[..14].to_owned();
        let unit = self.unit(&reading.metric);
        if !self.receipts.iter().any(|draft| draft.receipt == receipt) {
            self.receipts.push(ReceiptDraft { receipt: receipt.clone(), reading, value, text: text.clone() });
        }
        Figure { value, unit, text, receipt: Some(receipt), provisional }
    }

    /// A figure that is planned or derived, without a receipt of its own.
    pub fn plain(&self, value: Option<Decimal>, unit: Unit) -> Figure {
        Figure {
            value,
            unit,
            text: value_text(value, unit, self.workspace.currency),
            receipt: None,
            provisional: false,
        }
    }

    /// The change of a metric against a base, with whether it is welcome.
    pub fn comparison(&self, metric: &str, label: &str, value: Option<Decimal>, base: Figure) -> Comparison {
        let change = value.zip(base.value).and_then(|(value, base)| relative(value, base));
        Comparison { label: label.to_owned(), base, change: change_figure(change), mood: self.mood(metric, change) }
    }

    /// A table cell that shows a change.
    pub fn change_cell(&self, metric: &str, value: Option<Decimal>, base: Option<Decimal>) -> Cell {
        let change = value.zip(base).and_then(|(value, base)| relative(value, base));
        Cell::Figure { figure: change_figure(change), mood: self.mood(metric, change) }
    }

    fn mood(&self, metric: &str, change: Option<Decimal>) -> Mood {
        let better = self.registry.get(metric).map_or(Better::Neither, |metric| metric.better);
        match (better, change) {
            (_, None) | (Better::Neither, _) => Mood::Neutral,
            (_, Some(change)) if change.round_dp(3).is_zero() => Mood::Neutral,
            (Better::Higher, Some(change)) if change > Decimal::ZERO => Mood::Good,
            (Better::Lower, Some(change)) if change < Decimal::ZERO => Mood::Good,
            _ => Mood::Bad,
        }
    }

    pub fn into_receipts(self) -> Vec<ReceiptDraft> {
        self.receipts
    }
}

/// The relative change; none against zero.
pub fn relative(value: Decimal, base: Decimal) -> Option<Decimal> {
    (value - base).checked_div(base.abs())
}

fn change_figure(change: Option<Decimal>) -> Figure {
    Figure { value: change, unit: Unit::Percent, text: change_text(change), receipt: None, provisional: false }
}
