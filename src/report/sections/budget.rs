//! Spend so far against the month's budget, channel by channel, with where the month would end.

use super::kind::{StandardSection, nothing_more};
use super::tables::{column, plain, words};
use super::{FigureBuilder, Readings};
use crate::domain::metric::Unit;
use crate::domain::period::Period;
use crate::report::document::{Block, Cell, Row, Section, Table, Tone};
use crate::report::receipt::{Expression, Plan};
use rust_decimal::{Decimal, dec};
use std::collections::{BTreeMap, BTreeSet};

pub const SECTION: StandardSection = StandardSection {
    id: "budget",
    place: |_| Some(80),
    needs: nothing_more,
    build: |readings, builder| Vec::from_iter(section(readings, builder)),
};

/// Further from the pace than this is reported.
const TOLERANCE: Decimal = dec!(0.1);

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    let term = readings.term();
    let filter = &readings.definition.split.filter;
    let of_month = readings.data.plans.keys().filter(|(plan, _, of)| *plan == Plan::Budget && term.contains(*of));
    let channels: BTreeSet<String> = of_month
        .map(|(_, channel, _)| channel.clone())
        .filter(|channel| filter.channels.is_empty() || filter.channels.contains(channel))
        .collect();
    if channels.is_empty() || !filter.campaigns.is_empty() || !builder.shows_fact("ad_daily", "Budget pacing") {
        return None;
    }
    let mut rows = Vec::new();
    let mut sums: [BTreeMap<String, Expression>; 2] = Default::default();
    let mut over = Vec::new();
    for (number, channel) in channels.iter().enumerate() {
        let planned = readings.planned(Plan::Budget, channel);
        let spent = spent(readings, builder, channel);
        for (sum, (name, part)) in sums.iter_mut().zip([("spent", &spent), ("planned", &planned)]) {
            sum.insert(format!("{name}_{number}"), part.clone());
        }
        let row = row(readings, builder, (channel, &readings.channel_label(channel)), &spent, &planned);
        over.extend(row.1.map(|verdict| format!("{} is {verdict}", row.0.name)));
        rows.push(row.0);
    }
    let [spent, planned] = sums.map(|parts| {
        let formula = parts.keys().cloned().collect::<Vec<_>>().join(" + ");
        Expression::Calculated { formula, parts }
    });
    let total = (rows.len() > 1).then(|| row(readings, builder, ("all", "All budgets"), &spent, &planned).0);
    let passed = share_passed(readings);
    let noun = readings.term_noun();
    let is_over = readings.period.end == term.end;
    let passed_text = readings.locale.value_text(Some(passed), Unit::Percent, readings.workspace.currency);
    let mut lead =
        if is_over { format!("The {noun} is over.") } else { format!("{passed_text} of the {noun} has passed.") };
    if !over.is_empty() {
        lead += &format!(" {}.", over.join("; "));
    }
    let mut columns = vec![column("used", "Used"), column("spent", "Spent"), column("planned", "Budget")];
    if !is_over {
        columns.extend([column("projected", "At this pace"), column("left", "Left per day")]);
    }
    columns.push(column("pace", "Verdict"));
    let table = Table {
        id: "budget".to_owned(),
        title: None,
        row_heading: "Channel".to_owned(),
        columns,
        rows,
        total,
        empty_text: format!("No budgets are set for this {noun}."),
        page_rows: None,
        others: None,
    };
    let title = format!("Budget pacing, {}", readings.term_name());
    Some(Section { id: "budget".to_owned(), title, lead: Some(lead), blocks: vec![Block::Table(table)] })
}

/// A channel without rows has spent nothing where others have rows; where none has, nobody knows.
fn spent(readings: &Readings, builder: &FigureBuilder<'_>, channel: &str) -> Expression {
    let passed = readings.term_to_date();
    let has_rows = readings.data.spans.get(&passed).is_some_and(|span| span.channels.contains_key(channel));
    let is_known = readings.data.spans.get(&passed).is_some_and(|span| !span.channels.is_empty());
    let basis = builder.channel("cost", passed, channel);
    if !has_rows && is_known {
        Expression::Calculated { formula: "0".to_owned(), parts: BTreeMap::new() }
    } else {
        basis
    }
}

fn share_passed(readings: &Readings) -> Decimal {
    let (passed, month): (Period, Period) = (readings.term_to_date(), readings.term());
    Decimal::from(passed.days()) / Decimal::from(month.days())
}

/// A row, and the verdict if it is one to worry about.
fn row(
    readings: &Readings,
    builder: &mut FigureBuilder<'_>,
    (id, name): (&str, &str),
    spent: &Expression,
    planned: &Expression,
) -> (Row, Option<&'static str>) {
    let (passed, days) = (readings.term_to_date().days(), readings.term().days());
    let share_passed = share_passed(readings);
    let parts = || [("spent", spent.clone()), ("planned", planned.clone())];
    let label = |what: &str| format!("{name}: {what}");
    let used =
        builder.figure(&Expression::calculated("spent / planned", parts()), Unit::Percent, &label("budget used"));
    let share_used = used.value;
    let has_cost = share_used.is_some_and(|used| !used.is_zero());
    let is_spent = share_used.is_some_and(|used| used > Decimal::ONE);
    let ahead = share_used.map(|used| used - share_passed);
    let (verdict, tone) = match ahead {
        _ if is_spent => ("over plan", Tone::Bad),
        // A channel whose cost nobody reports cannot be judged.
        Some(_) if !has_cost => ("no cost data", Tone::Neutral),
        Some(ahead) if passed == days && ahead < -TOLERANCE => ("under plan", Tone::Neutral),
        Some(_) if passed == days => ("on plan", Tone::Good),
        Some(ahead) if ahead > share_passed * TOLERANCE => ("overspending", Tone::Bad),
        Some(ahead) if ahead < -share_passed * TOLERANCE => ("underspending", Tone::Neutral),
        Some(_) => ("on pace", Tone::Good),
        None => ("no budget", Tone::Neutral),
    };
    let mut cells = vec![
        Cell::Progress { figure: used, share: share_used, tone },
        plain(builder.figure(spent, Unit::Money, &label("spent"))),
        plain(builder.figure(planned, Unit::Money, &label("budget"))),
    ];
    if passed < days {
        let projected = Expression::calculated(&format!("spent * {days} / {passed}"), [("spent", spent.clone())]);
        cells.push(plain(builder.figure(
            &projected,
            Unit::Money,
            &label(&format!("spend at {}'s end", readings.term_noun())),
        )));
        let left = Expression::calculated(&format!("(planned - spent) / {}", days - passed), parts());
        cells.push(plain(builder.figure(&left, Unit::Money, &label("budget left for each day"))));
    }
    cells.push(words(verdict));
    (Row::new(id, name, cells), (tone == Tone::Bad).then_some(verdict))
}
