//! Spend so far against the month's budget, channel by channel, with where the month would end.

use super::tables::{column, plain, words};
use super::{Drawer, Readings};
use crate::domain::metric::Unit;
use crate::domain::period::Period;
use crate::report::document::{Block, Cell, Mood, Row, Section, Table};
use crate::report::receipt::{Basis, Leaf, Plan};
use rust_decimal::{Decimal, dec};
use std::collections::BTreeMap;

/// Further from the pace than this is told.
const TOLERANCE: Decimal = dec!(0.1);

pub fn section(readings: &Readings, drawer: &mut Drawer<'_>) -> Option<Section> {
    let month = readings.month();
    let within = &readings.definition.row.within;
    let of_month = readings.book.plans.keys().filter(|(plan, _, of)| *plan == Plan::Budget && *of == month.start);
    let channels: Vec<String> = of_month
        .map(|(_, channel, _)| channel.clone())
        .filter(|channel| within.channels.is_empty() || within.channels.contains(channel))
        .collect();
    if channels.is_empty() || !within.campaigns.is_empty() || !drawer.shows_fact("ad_daily", "Budget pacing") {
        return None;
    }
    let mut rows = Vec::new();
    let mut sums: [BTreeMap<String, Basis>; 2] = Default::default();
    let mut over = Vec::new();
    for (number, channel) in channels.iter().enumerate() {
        let planned = Basis::Read(Leaf::Plan { plan: Plan::Budget, name: channel.clone(), month: month.start });
        let spent = spent(readings, drawer, channel);
        for (sum, (name, part)) in sums.iter_mut().zip([("spent", &spent), ("planned", &planned)]) {
            sum.insert(format!("{name}_{number}"), part.clone());
        }
        let row = row(readings, drawer, (channel, &readings.channel_label(channel)), &spent, &planned);
        over.extend(row.1.map(|verdict| format!("{} is {verdict}", row.0.name)));
        rows.push(row.0);
    }
    let [spent, planned] = sums.map(|parts| {
        let formula = parts.keys().cloned().collect::<Vec<_>>().join(" + ");
        Basis::Calculated { formula, parts }
    });
    let total = (rows.len() > 1).then(|| row(readings, drawer, ("all", "All budgets"), &spent, &planned).0);
    let passed = share_passed(readings);
    let is_over = readings.period.end == month.end;
    let passed_text = readings.wording.value_text(Some(passed), Unit::Percent, readings.workspace.currency);
    let mut lead =
        if is_over { "The month is over.".to_owned() } else { format!("{passed_text} of the month has passed.") };
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
        empty_text: "No budgets are set for this month.".to_owned(),
        page_rows: None,
        others: None,
    };
    let title = format!("Budget pacing, {}", readings.wording.month_name(month.start));
    Some(Section { id: "budget".to_owned(), title, lead: Some(lead), blocks: vec![Block::Table(table)] })
}

/// A channel without rows has spent nothing where others have rows; where none has, nobody knows.
fn spent(readings: &Readings, drawer: &Drawer<'_>, channel: &str) -> Basis {
    let passed = readings.month_to_date();
    let has_rows = readings.book.spans.get(&passed).is_some_and(|span| span.channels.contains_key(channel));
    let is_known = readings.book.spans.get(&passed).is_some_and(|span| !span.channels.is_empty());
    let basis = drawer.channel("cost", passed, channel);
    if !has_rows && is_known { Basis::Calculated { formula: "0".to_owned(), parts: BTreeMap::new() } } else { basis }
}

fn share_passed(readings: &Readings) -> Decimal {
    let (passed, month): (Period, Period) = (readings.month_to_date(), readings.month());
    Decimal::from(passed.days()) / Decimal::from(month.days())
}

/// A row, and the verdict if it is one to worry about.
fn row(
    readings: &Readings,
    drawer: &mut Drawer<'_>,
    (id, name): (&str, &str),
    spent: &Basis,
    planned: &Basis,
) -> (Row, Option<&'static str>) {
    let (passed, days) = (readings.month_to_date().days(), readings.month().days());
    let share_passed = share_passed(readings);
    let parts = || [("spent", spent.clone()), ("planned", planned.clone())];
    let label = |what: &str| format!("{name}: {what}");
    let used = drawer.figure(&Basis::calculated("spent / planned", parts()), Unit::Percent, &label("budget used"));
    let share_used = used.value;
    let has_cost = share_used.is_some_and(|used| !used.is_zero());
    let is_spent = share_used.is_some_and(|used| used > Decimal::ONE);
    let ahead = share_used.map(|used| used - share_passed);
    let (verdict, mood) = match ahead {
        _ if is_spent => ("over plan", Mood::Bad),
        // A channel whose cost nobody tells cannot be judged.
        Some(_) if !has_cost => ("no cost data", Mood::Neutral),
        Some(ahead) if passed == days && ahead < -TOLERANCE => ("under plan", Mood::Neutral),
        Some(_) if passed == days => ("on plan", Mood::Good),
        Some(ahead) if ahead > share_passed * TOLERANCE => ("overspending", Mood::Bad),
        Some(ahead) if ahead < -share_passed * TOLERANCE => ("underspending", Mood::Neutral),
        Some(_) => ("on pace", Mood::Good),
        None => ("no budget", Mood::Neutral),
    };
    let mut cells = vec![
        Cell::Progress { figure: used, share: share_used, mood },
        plain(drawer.figure(spent, Unit::Money, &label("spent"))),
        plain(drawer.figure(planned, Unit::Money, &label("budget"))),
    ];
    if passed < days {
        let projected = Basis::calculated(&format!("spent * {days} / {passed}"), [("spent", spent.clone())]);
        cells.push(plain(drawer.figure(&projected, Unit::Money, &label("spend at month's end"))));
        let left = Basis::calculated(&format!("(planned - spent) / {}", days - passed), parts());
        cells.push(plain(drawer.figure(&left, Unit::Money, &label("budget left for each day"))));
    }
    cells.push(words(verdict));
    (Row::new(id, name, cells), (mood == Mood::Bad).then_some(verdict))
}
