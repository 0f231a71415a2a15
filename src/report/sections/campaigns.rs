//! Campaigns: what paid ones cost and brought, and planned ones against budget and targets.

use super::kind::{StandardSection, from_monthly, from_weekly, nothing_more};
use super::tables::{Of, WITH_RECEIPTS, bounded, cells, column, columns, plain, ranked, shown, span, words};
use super::{FigureBuilder, Readings};
use crate::domain::campaign::{Campaign, Status};
use crate::domain::metric::{Better, Unit};
use crate::domain::period::Period;
use crate::report::data::Sums;
use crate::report::document::{Block, Cell, Figure, Row, Section, Table, Tone};
use crate::report::receipt::Expression;
use rust_decimal::{Decimal, dec};
use std::collections::BTreeMap;

pub const PAID: StandardSection = StandardSection {
    id: "campaigns",
    place: |cadence| from_monthly(cadence, 75).or(Some(70)),
    needs: nothing_more,
    build: |readings, builder| Vec::from_iter(paid(readings, builder)),
};

pub const PLANNED: StandardSection = StandardSection {
    id: "plans",
    place: |cadence| from_weekly(cadence, 72),
    needs: |asking, needs| {
        needs.spans.extend(asking.campaigns.iter().filter_map(|campaign| campaign.days_until(asking.period)));
    },
    build: |readings, builder| Vec::from_iter(planned(readings, builder)),
};

const METRICS: [&str; 8] = ["cost", "clicks", "cpc", "ctr", "platform_conversions", "cpa", "net_revenue", "roi"];
const RETURNS: [&str; 4] = ["net_revenue", "roi", "margin", "break_even_orders"];
const PEOPLE: [&str; 6] = ["leads", "cpl", "customers", "lead_to_customer_rate", "cac", "orders"];

/// Paid campaigns of the period, dearest first.
pub fn paid(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    if !builder.shows("cost") {
        return None;
    }
    let mut groups = span(readings, readings.period)?.campaigns.clone();
    // What has no campaign is none.
    groups.remove("");
    let groups = &groups;
    let names = ranked(builder, "cost", groups);
    if names.is_empty() {
        return None;
    }
    let paying = groups.iter().filter(|(name, _)| names.contains(name));
    let metrics = shown(builder, &METRICS, &paying.map(|(name, sums)| (name.clone(), sums.clone())).collect());
    let base = readings.leading().filter(|(_, _, base)| span(readings, *base).is_some());
    let mut rows = Vec::new();
    for (place, name) in names.iter().enumerate() {
        builder.keep_receipts(place < WITH_RECEIPTS);
        let of = Of::Campaign(name.clone());
        let mut cells = cells(builder, &metrics, &of, readings.period);
        if let Some((_, _, base)) = &base {
            let (value, before) = (of.basis(builder, "cost", readings.period), of.basis(builder, "cost", *base));
            cells.insert(1, builder.change_cell("cost", &value, &before));
        }
        rows.push(Row::new(name, name, cells));
    }
    builder.keep_receipts(true);
    let (page_rows, others) = bounded(&names, &rows, |rest| others(builder, groups, &metrics, rest, base.is_some()));
    let mut headings = columns(builder, &metrics);
    if let Some((_, label, _)) = &base {
        headings.insert(1, column("cost_change", &format!("vs {label}")));
    }
    let table = Table {
        id: "campaigns".to_owned(),
        title: None,
        row_heading: "Campaign".to_owned(),
        columns: headings,
        rows,
        total: None,
        empty_text: "No campaign spent anything.".to_owned(),
        page_rows,
        others,
    };
    let lead = page_rows
        .map(|shown| format!("The {shown} of {} campaigns that cost most; the CSV file has all of them.", names.len()));
    let blocks = vec![Block::Table(table)];
    Some(Section { id: "campaigns".to_owned(), title: "Paid campaigns".to_owned(), lead, blocks })
}

/// Campaigns that pages leave out, from their sums.
fn others(
    builder: &FigureBuilder<'_>,
    groups: &BTreeMap<String, Sums>,
    metrics: &[&str],
    rest: &[String],
    has_change: bool,
) -> Vec<Cell> {
    let mut sums = Sums::new();
    for (column, value) in rest.iter().filter_map(|name| groups.get(name)).flatten() {
        *sums.entry(column.clone()).or_default() += *value;
    }
    let figure = |metric: &&str| {
        let value = builder.of_sums(metric, &sums);
        let text = builder.text(metric, value);
        plain(Figure { value, unit: builder.unit(metric), text, receipt: None, provisional: false })
    };
    let mut cells: Vec<Cell> = metrics.iter().map(figure).collect();
    if has_change {
        cells.insert(1, words(""));
    }
    cells
}

/// Campaigns with a plan, from their first day to the period's last.
pub fn planned(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    if !readings.definition.split.filter.is_all() || !builder.shows("cost") {
        return None;
    }
    let running: Vec<(&Campaign, Period)> = readings
        .campaigns
        .iter()
        .filter(|campaign| campaign.runs_in(readings.period))
        .filter_map(|campaign| Some((campaign, campaign.days_until(readings.period)?)))
        .filter(|(campaign, days)| {
            span(readings, *days).is_some_and(|span| span.campaigns.contains_key(&campaign.name))
        })
        .collect();
    if running.is_empty() {
        return None;
    }
    let groups = running.iter().filter_map(|(campaign, days)| {
        Some((campaign.name.clone(), span(readings, *days)?.campaigns.get(&campaign.name)?.clone()))
    });
    let groups = groups.collect();
    let (returns, people) = (shown(builder, &RETURNS, &groups), shown(builder, &PEOPLE, &groups));
    let (mut money_rows, mut people_rows) = (Vec::new(), Vec::new());
    for (campaign, days) in &running {
        let of = Of::Campaign(campaign.name.clone());
        let mut row = money(builder, readings, campaign, *days);
        row.extend(cells(builder, &returns, &of, *days));
        money_rows.push(Row::new(&campaign.name, campaign.title(), row));
        people_rows.push(Row::new(&campaign.name, campaign.title(), cells(builder, &people, &of, *days)));
    }
    let mut headings = vec![column("used", "Used"), column("cost", "Spent"), column("budget", "Budget")];
    headings.extend(columns(builder, &returns));
    let table = |id: &str, title: &str, columns, rows| Table {
        id: id.to_owned(),
        title: Some(title.to_owned()),
        row_heading: "Campaign".to_owned(),
        columns,
        rows,
        total: None,
        empty_text: "No planned campaign runs.".to_owned(),
        page_rows: None,
        others: None,
    };
    let mut blocks = vec![Block::Table(table("plans", "Money since campaign start", headings, money_rows))];
    if !people.is_empty() {
        let headings = columns(builder, &people);
        blocks.push(Block::Table(table("plan_results", "Results since campaign start", headings, people_rows)));
    }
    blocks.extend(targets(readings, builder, &running).map(Block::Table));
    let locale = readings.locale;
    let lead = running.iter().map(|(campaign, days)| {
        let state = match (campaign.status, campaign.end) {
            (Status::Completed, _) => "completed".to_owned(),
            (_, Some(end)) => format!("{} to {}", locale.date_text(days.start), locale.date_text(end)),
            (_, None) => format!("since {}", locale.date_text(days.start)),
        };
        format!("{}: {state}", campaign.title())
    });
    let lead = Some(lead.collect::<Vec<_>>().join("; ") + ".");
    Some(Section { id: "plans".to_owned(), title: "Campaigns against plan".to_owned(), lead, blocks })
}

/// Budget used, spent and planned.
fn money(builder: &mut FigureBuilder<'_>, readings: &Readings, campaign: &Campaign, days: Period) -> Vec<Cell> {
    let spent = builder.campaign("cost", days, &campaign.name);
    let spent_cell = builder.cell("cost", &spent);
    let Some(amount) = campaign.budget else {
        return vec![words("no budget"), spent_cell, words("none")];
    };
    let budget = Expression::stated(amount, &readings.plan_file());
    let used = Expression::calculated("spent / budget", [("spent", spent), ("budget", budget.clone())]);
    let label = format!("{}: budget used", campaign.title());
    let used = builder.figure(&used, Unit::Percent, &label);
    let share = used.value;
    let tone = if share.is_some_and(|share| share > Decimal::ONE) { Tone::Bad } else { Tone::Neutral };
    let budget = builder.figure(&budget, Unit::Money, &format!("{}: budget", campaign.title()));
    vec![Cell::Progress { figure: used, share, tone }, spent_cell, plain(budget)]
}

/// What was to be reached, and how much of it is.
fn targets(readings: &Readings, builder: &mut FigureBuilder<'_>, running: &[(&Campaign, Period)]) -> Option<Table> {
    let mut rows = Vec::new();
    for (campaign, days) in running {
        for (metric, target) in &campaign.targets {
            let value = builder.campaign(metric, *days, &campaign.name);
            let target = Expression::stated(*target, &readings.plan_file());
            let parts = [("reached", value.clone()), ("target", target.clone())];
            let name = format!("{}: {}", campaign.title(), builder.label(metric));
            let reached = builder.figure(&Expression::calculated("reached / target", parts), Unit::Percent, &name);
            let share = reached.value;
            let rated = share.filter(|_| builder.is_judgeable(&value));
            let tone = verdict(builder.better(metric), rated);
            let actual = builder.cell(metric, &value);
            let unit = builder.unit(metric);
            let target = builder.figure(&target, unit, &format!("{name}, target"));
            let cells = vec![Cell::Progress { figure: reached, share, tone }, actual, plain(target)];
            rows.push(Row::new(format!("{}/{metric}", campaign.name), name, cells));
        }
    }
    (!rows.is_empty()).then(|| Table {
        id: "plan_targets".to_owned(),
        title: Some("Campaign targets".to_owned()),
        row_heading: "Campaign and target".to_owned(),
        columns: vec![column("reached", "Reached"), column("actual", "Actual"), column("target", "Target")],
        rows,
        total: None,
        empty_text: "No campaign has targets.".to_owned(),
        page_rows: None,
        others: None,
    })
}

/// Four fifths of a target is fair while a campaign runs; a limit is kept or not.
fn verdict(better: Better, share: Option<Decimal>) -> Tone {
    match (better, share) {
        (Better::Lower, Some(share)) if share > Decimal::ONE => Tone::Bad,
        (Better::Lower, Some(_)) => Tone::Good,
        (_, Some(share)) if share >= Decimal::ONE => Tone::Good,
        (_, Some(share)) if share < dec!(0.5) => Tone::Bad,
        _ => Tone::Neutral,
    }
}
