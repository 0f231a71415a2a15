//! Amounts that are hardly meant: 58 for 58 %, 12.000 for twelve thousand, a hundred times the other months.

use super::{Findings, Step};
use crate::config::{Settings, WorkspaceSettings};
use crate::domain::metric::{Kind, Metric, Registry, Unit};
use crate::domain::target::Term;
use Step::{Key, Nth};
use rust_decimal::{Decimal, dec};
use std::collections::BTreeMap;
use std::path::Path;

/// A share of counts this large is percent written as a whole number.
const NO_SHARE: Decimal = dec!(2);
/// A return on money this large may be meant, but hardly is.
const LARGE_RETURN: Decimal = dec!(20);
/// One month so many times the others is a slip of a sign.
const OUTLYING: Decimal = dec!(100);
/// A margin this small is percent divided twice.
const SMALL_MARGIN: Decimal = dec!(0.02);

pub(super) fn review(settings: &Settings, found: &Findings<'_>) {
    for workspace in &settings.workspaces {
        of_workspace(workspace, &settings.metrics, found);
    }
    of_benchmarks(settings, found);
}

fn of_workspace(workspace: &WorkspaceSettings, metrics: &Registry, found: &Findings<'_>) {
    let file = &workspace.file;
    for (index, target) in workspace.targets.iter().enumerate() {
        let steps = [Key("targets"), Nth(index), Key("amount")];
        let place = Place { file, steps: &steps, section: "[[targets]]" };
        judge(metrics, &target.metric, target.amount, &place, found);
    }
    for (index, campaign) in workspace.campaigns.iter().enumerate() {
        for (metric, amount) in &campaign.targets {
            let steps = [Key("campaigns"), Nth(index), Key("targets"), Key(metric)];
            let place = Place { file, steps: &steps, section: "[[campaigns]]" };
            judge(metrics, metric, *amount, &place, found);
        }
        if let Some(budget) = campaign.budget {
            thousands(
                budget,
                &Place { file, steps: &[Key("campaigns"), Nth(index), Key("budget")], section: "[[campaigns]]" },
                found,
            );
        }
    }
    for (index, budget) in workspace.budgets.iter().enumerate() {
        let steps = [Key("budgets"), Nth(index), Key("amount")];
        thousands(budget.amount, &Place { file, steps: &steps, section: "[[budgets]]" }, found);
    }
    let budgets = workspace.budgets.iter().map(|budget| (budget.channel.as_str(), budget.amount));
    outlying(budgets.enumerate().collect(), "budgets", file, found);
    let targets = workspace.targets.iter().map(|target| (target.metric.as_str(), target.amount)).enumerate();
    // Years and quarters are larger than months.
    let of_months = targets.filter(|(index, _)| workspace.targets[*index].term == Term::Month);
    outlying(of_months.collect(), "targets", file, found);
    if let Some(margin) = workspace.gross_margin.filter(|margin| *margin < SMALL_MARGIN) {
        let message = format!("gross_margin: {margin} is a margin of {} %", (margin * dec!(100)).normalize());
        found.warn(file, &[Key("gross_margin")], &message, "write 62 % as \"0.62\"");
    }
    for files in workspace.files.iter().filter(|files| files.drop.most_bad_percent == Some(100)) {
        let message = format!("connection {:?}: most_bad_percent = 100 never refuses a file", files.id);
        found.warn_at(file, Some(files.line), &message, "write the share that you would accept, as 5");
    }
}

/// Where an amount stands.
struct Place<'a> {
    file: &'a Path,
    steps: &'a [Step<'a>],
    section: &'a str,
}

/// Says what is odd about the amount of a metric.
fn judge(metrics: &Registry, id: &str, amount: Decimal, place: &Place<'_>, found: &Findings<'_>) {
    let Some(metric) = metrics.get(id) else { return };
    let Place { file, steps, section } = *place;
    if metric.unit == Unit::Percent {
        let percent = (amount * dec!(100)).normalize();
        let message = format!("{section}: {id} is a fraction, so {} is {percent} %", amount.normalize());
        let remedy = format!("write {} % as \"{}\"", amount.normalize(), (amount / dec!(100)).normalize());
        let is_share = is_of_counts(metric, metrics);
        if is_share && amount >= NO_SHARE {
            found.refuse(file, steps, &message, &remedy);
        } else if (is_share && amount > Decimal::ONE) || amount >= LARGE_RETURN {
            found.warn(file, steps, &message, &remedy);
        }
    } else if amount.is_sign_negative() && !amount.is_zero() && matches!(metric.kind, Kind::Sum { .. }) {
        let message = format!("{section}: {id} is never negative, so {amount} is always reached");
        found.warn(file, steps, &message, "write what should be reached");
    }
    if metric.unit == Unit::Money {
        thousands(amount, place, found);
    }
}

/// Whether everything in the metric is counted, so that it is a share and no return on money.
fn is_of_counts(metric: &Metric, metrics: &Registry) -> bool {
    match &metric.kind {
        Kind::Formula(formula) => formula.metrics().iter().all(|part| {
            metrics.get(part).is_some_and(|part| part.unit == Unit::Count && !matches!(part.kind, Kind::Formula(_)))
        }),
        Kind::Of { metric, .. } => metrics.get(metric).is_some_and(|of| is_of_counts(of, metrics)),
        _ => metric.unit == Unit::Count,
    }
}

/// `12.000` may be twelve thousand where the point groups digits; here it is twelve.
fn thousands(amount: Decimal, place: &Place<'_>, found: &Findings<'_>) {
    if amount.scale() == 3 && amount.fract().is_zero() && !amount.is_zero() {
        let Place { file, steps, section } = *place;
        let whole = amount.trunc();
        let message = format!("{section}: {amount} is {whole}, since the point comes before decimals");
        let remedy = format!("write \"{whole}000\" if thousands are meant, else \"{whole}\"");
        found.warn(file, steps, &message, &remedy);
    }
}

/// Reports an amount that is a hundred times, or a hundredth of, those of the other months.
fn outlying(amounts: Vec<(usize, (&str, Decimal))>, list: &'static str, file: &Path, found: &Findings<'_>) {
    let mut by_name: BTreeMap<&str, Vec<(usize, Decimal)>> = BTreeMap::new();
    for (index, (name, amount)) in amounts.into_iter().filter(|(_, (_, amount))| *amount > Decimal::ZERO) {
        by_name.entry(name).or_default().push((index, amount));
    }
    for (name, months) in by_name {
        for (index, amount) in &months {
            let mut others: Vec<Decimal> =
                months.iter().filter(|(other, _)| other != index).map(|(_, amount)| *amount).collect();
            others.sort();
            let Some(usual) = others.get(others.len() / 2).copied() else { continue };
            let is_too_large = *amount >= usual * OUTLYING;
            // Of two months, the larger one is reported.
            if is_too_large || (others.len() > 1 && *amount * OUTLYING <= usual) {
                let message = format!("[[{list}]]: {name} is {amount} here and {usual} in other months");
                let remedy = "correct the amount: digits with a point before decimals, and no separators";
                found.warn(file, &[Key(list), Nth(*index), Key("amount")], &message, remedy);
            }
        }
    }
}

fn of_benchmarks(settings: &Settings, found: &Findings<'_>) {
    let file = Path::new(crate::config::benchmarks::FILE);
    for (index, benchmark) in settings.benchmarks.iter().enumerate() {
        let values = [("average", benchmark.average), ("good", benchmark.good), ("excellent", benchmark.excellent)];
        // The largest is enough.
        if let Some((key, value)) = values.into_iter().max_by_key(|(_, value)| *value) {
            let steps = [Key("benchmarks"), Nth(index), Key(key)];
            judge(
                &settings.metrics,
                &benchmark.metric,
                value,
                &Place { file, steps: &steps, section: "[[benchmarks]]" },
                found,
            );
        }
    }
}
