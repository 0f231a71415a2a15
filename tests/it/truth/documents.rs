//! The report's printed figures against the truth: the texts are read back as a reader would.

use crate::figures::{built, order};
use crate::support::noon;
use crate::tenants::Simulation;
use chrono::{Datelike, Days, NaiveDate};
use daybook::domain::period::Period;
use daybook::jobs::issue::IssueRequest;
use daybook::jobs::report_context::ReportContext;
use daybook::report::document::{Block, Card, Cell, Document, Figure, Plot, Row, Table, Unit};
use daybook::sandbox::{Day, TenantTruth, Truth, tenants};
use rust_decimal::{Decimal, RoundingStrategy};
use std::collections::BTreeMap;

/// Days between the sampled ones; no multiple of a week, so that all weekdays come up.
const STEP: usize = 33;

/// Compares the daily reports of sampled days with the truth.
pub fn equal_the_truth(world: &Simulation, truth: &Truth) {
    for tenant in tenants() {
        let truth = &truth.tenants[tenant.id];
        let context = ReportContext {
            now: noon(),
            channel_labels: BTreeMap::new(),
            budgets: BTreeMap::new(),
            targets: BTreeMap::new(),
            longer_targets: Vec::new(),
            campaigns: Vec::new(),
            business: daybook::domain::business::Business::default(),
            benchmarks: Vec::new(),
            gross_margin: None,
            ..world.report_context(&tenant)
        };
        let mut compared = 0;
        for date in truth.days.keys().rev().step_by(STEP) {
            let order = IssueRequest { period: Period::day(*date), ..order("daily_performance", &context, noon()) };
            let (document, _) = built(&world.context.warehouse, &context, &order);
            compared += compare(&document, truth, *date);
        }
        assert!(compared > 300, "only {compared} figures of {} were compared", tenant.id);
    }
}

/// Returns how many figures were compared.
fn compare(document: &Document, truth: &TenantTruth, date: NaiveDate) -> usize {
    let mut compared = 0;
    let mut check = |figure: &Figure, wanted: Option<Decimal>, what: &str| {
        compared += 1;
        let printed = read(figure);
        let wanted = wanted.map(|value| rounded(value, figure.unit));
        assert_eq!(printed, wanted, "{} {date} {what} {:?}", document.workspace_id, figure.text);
    };
    let day = |back: u64| truth.days.get(&(date - Days::new(back)));
    let of = |metric: &str, back: u64| day(back).and_then(|day| value(metric, day));
    for section in &document.sections {
        for block in &section.blocks {
            match block {
                Block::Cards { cards } => {
                    // The simulator counts visits; who made them is the page's own estimate.
                    // Rates of paid channels alone need the simulator's channels; their parts are checked below.
                    let known = |card: &&Card| card.metric != "visitors" && !card.metric.starts_with("paid_");
                    for card in cards.iter().filter(known) {
                        check(&card.figure, of(&card.metric, 0), &card.metric);
                        for comparison in &card.comparisons {
                            let back = match comparison.id.as_str() {
                                "day_before" => 1,
                                "same_weekday" => 7,
                                _ => continue,
                            };
                            check(&comparison.base, of(&card.metric, back), &comparison.label);
                        }
                        let history = (0..card.spark.len() as u64).rev().map(|back| of(&card.metric, back));
                        // Without any subscription the recurring revenue is nothing, stated or not.
                        let absent = (card.metric == "mrr").then_some(Decimal::ZERO);
                        let near = |value: Option<Decimal>| value.or(absent).map(|value| value.round_dp(6));
                        let line = card.spark.iter().copied().map(near).zip(history.map(near));
                        let wrong = line.into_iter().find(|(shown, truth)| shown != truth);
                        assert_eq!(wrong, None, "{date}: the small line of {}", card.metric);
                    }
                }
                Block::Chart(chart) => match &chart.plot {
                    Plot::Funnel { stages } => {
                        let names = ["sessions", "leads", "mqls", "sqls", "opportunities", "customers"];
                        let known = names.iter().filter(|name| {
                            document.workspace_id == daybook::sandbox::SOFTWARE
                                || matches!(**name, "sessions" | "customers")
                        });
                        for (stage, name) in stages.iter().zip(known) {
                            check(&stage.figure, of(name, 0), &stage.label);
                        }
                    }
                    Plot::Lines { dates, series } if chart.id == "net_revenue_28d" => {
                        for (index, on) in dates.iter().enumerate() {
                            let then = |on: NaiveDate| truth.days.get(&on).and_then(|day| value("net_revenue", day));
                            assert_eq!(series[series.len() - 1].values[index], then(*on), "{on}");
                            if series.len() > 1 {
                                assert_eq!(series[0].values[index], then(*on - Days::new(28)), "28 days before {on}");
                            }
                        }
                    }
                    _ => {}
                },
                Block::Table(table) if table.id == "channels" => {
                    for (index, column) in table.columns.iter().enumerate() {
                        let Some(total) = table.total.as_ref().and_then(|total| figure(total, index)) else { continue };
                        if column.id.ends_with("_change") {
                            continue;
                        }
                        check(total, of(&column.id, 0), &column.id);
                        if column.id != "roas" {
                            assert_eq!(sum(table, index), of(&column.id, 0), "{date}: the channels' {}", column.id);
                        }
                    }
                }
                Block::Table(table) if table.id == "budget" => {
                    let month = truth.days.range(date.with_day(1).expect("a first day")..=date);
                    let spent: Decimal = month.map(|(_, day)| day.cost).sum();
                    assert_eq!(sum(table, 1), Some(spent), "{date}: spent this month");
                }
                Block::Table(table) if table.id == "campaigns" && section.lead.is_none() => {
                    assert_eq!(sum(table, 0), of("cost", 0), "{date}: the campaigns' cost");
                }
                _ => {}
            }
        }
    }
    compared
}

/// The sum of a column's exact values; absent ones count nothing.
fn sum(table: &Table, column: usize) -> Option<Decimal> {
    let values = table.rows.iter().filter_map(|row| figure(row, column)?.value);
    Some(values.sum::<Decimal>())
}

fn figure(row: &Row, column: usize) -> Option<&Figure> {
    match row.cells.get(column)? {
        Cell::Figure { figure, .. } | Cell::Progress { figure, .. } => Some(figure),
        Cell::Text { .. } => None,
    }
}

/// What the simulator says a metric was on a day.
fn value(metric: &str, day: &Day) -> Option<Decimal> {
    let n = |count: u64| Decimal::from(count);
    let net = day.revenue - day.refunds - day.chargebacks;
    match metric {
        "net_revenue" => Some(net),
        "orders" => Some(n(day.orders)),
        "customers" => Some(n(day.customers)),
        "sessions" => Some(n(day.sessions)),
        "leads" => Some(n(day.leads)),
        "mqls" => Some(n(day.mqls)),
        "sqls" => Some(n(day.sqls)),
        "opportunities" => Some(n(day.opportunities)),
        "cost" => Some(day.cost),
        "mrr" => Some(day.mrr),
        "engagement_rate" => n(day.engaged_sessions).checked_div(n(day.sessions)),
        "roas" => net.checked_div(day.cost),
        "cac" => day.cost.checked_div(n(day.customers)),
        other => panic!("the test does not know {other}"),
    }
}

/// A printed figure as the number a reader takes from it; `None` for `n/a`.
fn read(figure: &Figure) -> Option<Decimal> {
    if figure.text == "n/a" {
        return None;
    }
    let digits: String =
        figure.text.replace('−', "-").chars().filter(|c| c.is_ascii_digit() || "-.".contains(*c)).collect();
    Some(digits.parse().unwrap_or_else(|_| panic!("{:?} is no number", figure.text)))
}

/// A value to the digits that are printed.
fn rounded(value: Decimal, unit: Unit) -> Decimal {
    let to = |value: Decimal, digits| value.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
    match unit {
        Unit::Percent => to(value * Decimal::ONE_HUNDRED, 1),
        Unit::Count => to(value, 0),
        Unit::Money if value.abs() >= Decimal::from(10_000) => to(value, 0),
        _ => to(value, 2),
    }
}
