//! The month's targets: reached so far, and where the month would end.

use super::tables::{column, plain, words};
use super::{Drawer, Readings};
use crate::domain::metric::{Better, Unit};
use crate::report::document::{Block, Cell, Mood, Row, Section, Table};
use crate::report::receipt::{Basis, Leaf, Plan};
use rust_decimal::{Decimal, dec};

pub fn section(readings: &Readings, drawer: &mut Drawer<'_>) -> Option<Section> {
    let month = readings.month();
    if !readings.definition.row.within.is_all() {
        return None;
    }
    let planned = readings.book.plans.keys().filter(|(plan, _, of)| *plan == Plan::Target && *of == month.start);
    let metrics: Vec<String> = planned.map(|(_, metric, _)| metric.clone()).collect();
    let mut rows = Vec::new();
    let mut reached = 0;
    for metric in metrics.iter().filter(|metric| drawer.shows(metric)).collect::<Vec<_>>() {
        let (row, is_reached) = row(readings, drawer, metric);
        reached += usize::from(is_reached);
        rows.push(row);
    }
    if rows.is_empty() {
        return None;
    }
    let is_over = readings.period.end == month.end;
    let lead = if is_over {
        format!("{reached} of {} targets were reached.", rows.len())
    } else {
        format!("{reached} of {} targets will be reached at this pace.", rows.len())
    };
    let mut headings = vec![column("reached", "Reached"), column("actual", "So far"), column("target", "Target")];
    if is_over {
        headings[1].heading = "Actual".to_owned();
    } else {
        headings.push(column("projected", "At this pace"));
    }
    headings.push(column("verdict", "Verdict"));
    let table = Table {
        id: "goals".to_owned(),
        title: None,
        row_heading: "Target".to_owned(),
        columns: headings,
        rows,
        total: None,
        empty_text: "No targets are set for this month.".to_owned(),
        page_rows: None,
        others: None,
    };
    let title = format!("Goals, {}", readings.wording.month_name(month.start));
    Some(Section { id: "goals".to_owned(), title, lead: Some(lead), blocks: vec![Block::Table(table)] })
}

fn row(readings: &Readings, drawer: &mut Drawer<'_>, metric: &str) -> (Row, bool) {
    let (passed, month) = (readings.month_to_date(), readings.month());
    let value = drawer.all(metric, passed);
    let target = Basis::Read(Leaf::Plan { plan: Plan::Target, name: metric.to_owned(), month: month.start });
    let name = drawer.label(metric);
    let unit = drawer.unit(metric);
    let parts = [("reached", value.clone()), ("target", target.clone())];
    let reached =
        drawer.figure(&Basis::calculated("reached / target", parts), Unit::Percent, &format!("{name}: reached"));
    // What adds up goes on at the pace so far; a rate or level is expected to stay as it is.
    let projected = if drawer.is_additive(metric) && passed != month {
        let formula = format!("reached * {} / {}", month.days(), passed.days());
        Basis::calculated(&formula, [("reached", value.clone())])
    } else {
        value.clone()
    };
    let ahead = drawer.value(&projected).zip(drawer.value(&target)).and_then(|(at, goal)| at.checked_div(goal));
    let (verdict, mood) = verdict(readings, drawer.better(metric), ahead, passed == month);
    let share = reached.value;
    let mut cells = vec![
        Cell::Progress { figure: reached, share, mood },
        drawer.cell(metric, &value),
        plain(drawer.figure(&target, unit, &format!("{name}: target"))),
    ];
    if passed != month {
        cells.push(plain(drawer.figure(&projected, unit, &format!("{name}: at this pace"))));
    }
    cells.push(words(verdict));
    (Row::new(metric, name, cells), mood == Mood::Good)
}

/// What is missed says by how much.
fn verdict(readings: &Readings, better: Better, ahead: Option<Decimal>, is_over: bool) -> (String, Mood) {
    let Some(ahead) = ahead else { return ("no data".to_owned(), Mood::Neutral) };
    // How far beyond the target, in the direction that is welcome.
    let beyond = if better == Better::Lower { Decimal::ONE - ahead } else { ahead - Decimal::ONE };
    let size = readings.wording.value_text(Some(beyond.abs()), Unit::Percent, readings.workspace.currency);
    match (is_over, beyond) {
        (true, beyond) if beyond >= dec!(0.1) => (format!("exceeded by {size}"), Mood::Good),
        (true, beyond) if beyond >= Decimal::ZERO => ("reached".to_owned(), Mood::Good),
        (true, beyond) if beyond > dec!(-0.02) => (format!("just missed, by {size}"), Mood::Neutral),
        (true, _) => (format!("missed by {size}"), Mood::Bad),
        (false, beyond) if beyond >= dec!(0.1) => (format!("ahead by {size}"), Mood::Good),
        (false, beyond) if beyond >= Decimal::ZERO => ("on track".to_owned(), Mood::Good),
        (false, beyond) if beyond > dec!(-0.02) => ("close".to_owned(), Mood::Neutral),
        (false, _) => (format!("behind by {size}"), Mood::Bad),
    }
}
