//! What an issued report said against what is known now, with the reason for each difference.

use crate::domain::period::Period;
use crate::jobs::report_context::{ReportContext, filled};
use crate::report::data::{Needs, ReportData};
use crate::report::definition::Filter;
use crate::report::document::{Document, Unit};
use crate::report::format::Locale;
use crate::report::questions::question;
use crate::report::receipt::{DataPoint, Expression, Plan};
use crate::report::sections::Restated;
use crate::warehouse::WarehouseError;
use crate::warehouse::issued::{Issued, Receipt, Touched, receipts, touched_since};
use crate::warehouse::rollup::{due, own};
use duckdb::Connection;
use rust_decimal::Decimal;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// A receipt taken apart again.
#[derive(Clone, Debug)]
pub struct StoredReceipt {
    pub basis: Expression,
    pub unit: Unit,
    pub value: Option<Decimal>,
}

impl StoredReceipt {
    /// `None` for what another version of Daybook wrote and this one cannot read.
    pub fn of(receipt: &Receipt) -> Option<Self> {
        Some(Self {
            basis: serde_json::from_str(&receipt.basis).ok()?,
            unit: serde_json::from_str(&receipt.unit).ok()?,
            value: receipt.value.as_ref().and_then(|value| value.parse().ok()),
        })
    }

    /// As the ledger words a value.
    pub fn text(&self, value: Option<Decimal>, context: &ReportContext) -> String {
        match self.basis {
            Expression::Change { .. } => Locale::STANDARD.change_text(value),
            _ if self.basis.is_change() => {
                Locale::STANDARD.difference_text(value, self.unit, context.workspace.currency)
            }
            _ => Locale::STANDARD.value_text(value, self.unit, context.workspace.currency),
        }
    }
}

/// The numbers that bases rest on as they are known now.
#[derive(Debug)]
pub struct Known<'a> {
    context: &'a ReportContext,
    books: BTreeMap<Filter, ReportData>,
}

impl<'a> Known<'a> {
    /// Reads all that `bases` rest on; blocking.
    pub fn read<'b>(
        reader: &Connection,
        context: &'a ReportContext,
        bases: impl IntoIterator<Item = &'b Expression>,
    ) -> Result<Self, WarehouseError> {
        let mut books = BTreeMap::new();
        for needs in Needs::of(bases) {
            books.insert(needs.filter.clone(), filled(reader, context, &needs)?);
        }
        Ok(Self { context, books })
    }

    /// The value of a basis now.
    pub fn value(&self, basis: &Expression) -> Option<Decimal> {
        basis.evaluate(&|point| {
            let filter = match point {
                DataPoint::Metric(reading) => reading.filter.clone(),
                _ => Filter::default(),
            };
            match point {
                DataPoint::Constant { value, .. } => Some(*value),
                _ => self.books.get(&filter)?.read(&self.context.metrics, point),
            }
        })
    }
}

impl Known<'_> {
    /// Whether a figure has no value because its denominator is below the metric's minimum.
    pub fn is_too_few(&self, basis: &Expression) -> bool {
        let Expression::Read(DataPoint::Metric(reading)) = basis else { return false };
        self.books.get(&reading.filter).is_some_and(|book| book.is_too_few(&self.context.metrics, reading))
    }
}

/// The figures of an issue that would be printed otherwise now, in the order they were printed.
/// Changes are left out: they follow from their two figures.
pub fn differences(
    reader: &Connection,
    context: &ReportContext,
    issued: &Issued,
) -> Result<Vec<Restated>, WarehouseError> {
    let Ok(document) = serde_json::from_str::<Document>(&issued.document) else { return Ok(Vec::new()) };
    let kept: BTreeMap<String, (Receipt, StoredReceipt)> = receipts(reader, &issued.report_id)?
        .into_iter()
        .filter_map(|receipt| Some((receipt.receipt.clone(), (receipt.clone(), StoredReceipt::of(&receipt)?))))
        .collect();
    let known = Known::read(reader, context, kept.values().map(|(_, kept)| &kept.basis))?;
    let mut seen = BTreeSet::new();
    let mut touches = Touches { reader, issued, known: BTreeMap::new() };
    let mut found = Vec::new();
    for (_, figure) in document.figures() {
        let Some((receipt, kept)) = figure.receipt.as_ref().and_then(|receipt| kept.get(receipt)) else { continue };
        if kept.basis.is_change() || !seen.insert(&receipt.receipt) {
            continue;
        }
        let now = known.value(&kept.basis);
        // What has no value is worded by its reason, which is of the metric and not of the data.
        if kept.text(now, context) == figure.text || (now.is_none() && kept.value.is_none()) {
            continue;
        }
        found.push(Restated {
            label: named(context, receipt, &kept.basis),
            said: figure.clone(),
            basis: kept.basis.clone(),
            unit: kept.unit,
            now,
            why: why(&mut touches, context, receipt, &kept.basis)?,
        });
    }
    Ok(found)
}

/// The receipt's label with the channel or campaign and the days it speaks of.
fn named(context: &ReportContext, receipt: &Receipt, basis: &Expression) -> String {
    let Expression::Read(DataPoint::Metric(reading)) = basis else { return receipt.label.clone() };
    let channel = reading.channel.as_ref().map(|id| context.channel_labels.get(id).unwrap_or(id).clone());
    let member = reading.member.as_ref().map(|member| member.text().to_owned());
    let scope = channel.or_else(|| reading.campaign.clone()).or(member);
    let name = scope.map_or_else(|| receipt.label.clone(), |scope| format!("{scope}: {}", receipt.label));
    format!("{name}, {}", reading.period)
}

/// What was touched since an issue, asked once for each fact and period: many figures rest on the same.
struct Touches<'a> {
    reader: &'a Connection,
    issued: &'a Issued,
    known: BTreeMap<(String, Period), Vec<Touched>>,
}

impl Touches<'_> {
    fn of(&mut self, fact: &str, period: Period) -> Result<&[Touched], WarehouseError> {
        match self.known.entry((fact.to_owned(), period)) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let Issued { workspace, issued_at, .. } = self.issued;
                Ok(place.insert(touched_since(self.reader, workspace, fact, period, *issued_at)?))
            }
        }
    }
}

/// Why a figure is another now, from the definitions and the history of facts.
fn why(
    touches: &mut Touches<'_>,
    context: &ReportContext,
    receipt: &Receipt,
    basis: &Expression,
) -> Result<String, WarehouseError> {
    if basis.definition(&context.metrics) != receipt.definition {
        return Ok("its definition was changed".to_owned());
    }
    let mut reasons = BTreeSet::new();
    let changed = due::changed_date(touches.reader, &touches.issued.workspace)?;
    let rules_changed = changed.is_some_and(|date| date >= touches.issued.issued_at.date_naive());
    let mut touched = BTreeMap::new();
    for point in basis.data_points() {
        let (facts, period) = match point {
            DataPoint::Metric(reading) => {
                let metric = context.metrics.get(&reading.metric);
                for table in context.metrics.tables_of(&reading.metric) {
                    let edited = own::changed_date(touches.reader, &table)?;
                    if edited.is_some_and(|date| date >= touches.issued.issued_at.date_naive()) {
                        reasons.insert(format!("the rollup {table} was edited"));
                    }
                }
                let mut facts: Vec<String> =
                    metric.map(|metric| metric.from.iter().cloned().collect()).unwrap_or_default();
                // What was worth how much rests on when it changed as well.
                if facts.iter().any(|fact| fact == "subscription") {
                    facts.push("subscription_event".to_owned());
                }
                facts.push("fx_rate".to_owned());
                // Late rows of any day of a window change it.
                (facts, context.metrics.days(&reading.metric, reading.period, context.workspace.fiscal_year))
            }
            DataPoint::Answer { question: name, period, .. } => {
                let Some(question) = question(name) else { continue };
                (question.facts.iter().chain(&question.moved_by).cloned().collect(), *period)
            }
            DataPoint::Plan { plan, month, .. } => {
                let fact = if *plan == Plan::Budget { "budget" } else { "target" };
                (vec![fact.to_owned()], Period::month_of(*month))
            }
            DataPoint::Constant { .. } => continue,
        };
        for fact in facts {
            for found in touches.of(&fact, period)? {
                let key = (fact.clone(), found.connection.clone());
                let entry = touched.entry(key).or_insert((0, 0, None));
                let accepted = entry.2.take().or_else(|| found.accepted.clone());
                *entry = (entry.0.max(found.superseded), entry.1.max(found.came), accepted);
            }
        }
    }
    for ((fact, connection), (superseded, came, accepted)) in touched {
        let source = context.source_label(&connection);
        let rows = |count: u64| if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
        match fact.as_str() {
            "fx_rate" => drop(reasons.insert("exchange rates came later".to_owned())),
            "budget" | "target" => drop(reasons.insert("the plan was changed".to_owned())),
            _ => {
                reasons.extend(accepted.filter(|_| superseded > 0));
                if superseded > 0 {
                    reasons.insert(format!("restated by {source}: {}", rows(superseded)));
                }
                if came > superseded {
                    reasons.insert(format!("late data from {source}: {}", rows(came - superseded)));
                }
            }
        }
    }
    if rules_changed && reasons.is_empty() {
        reasons.insert("the rules of channels or a rollup were edited, or Daybook was upgraded".to_owned());
    }
    if reasons.is_empty() {
        reasons.insert("computed anew from other data or settings".to_owned());
    }
    Ok(reasons.into_iter().collect::<Vec<_>>().join("; "))
}
