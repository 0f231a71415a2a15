//! The month's targets: reached so far, and where the month would end.

use super::tables::{column, plain, words};
use super::{FigureBuilder, Readings};
use crate::domain::metric::{Better, Unit};
use crate::report::document::{Block, Cell, Row, Section, Table, Tone};
use crate::report::receipt::{DataPoint, Expression, Plan};
use rust_decimal::{Decimal, dec};

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    let month = readings.month();
    if !readings.definition.split.filter.is_all() {
        return None;
    }
    let planned = readings.data.plans.keys().filter(|(plan, _, of)| *plan == Plan::Target && *of == month.start);
    let metrics: Vec<String> = planned.map(|(_, metric, _)| metric.clone()).collect();
    let mut rows = Vec::new();
    let mut reached = 0;
    for metric in metrics.iter().filter(|metric| builder.shows(metric)).collect::<Vec<_>>() {
        let (row, is_reached) = row(readings, builder, metric);
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
    let title = format!("Goals, {}", readings.locale.month_name(month.start));
    Some(Section { id: "goals".to_owned(), title, lead: Some(lead), blocks: vec![Block::Table(table)] })
}

fn row(readings: &Readings, builder: &mut FigureBuilder<'_>, metric: &str) -> (Row, bool) {
    let (passed, month) = (readings.month_to_date(), readings.month());
    let value = builder.all(metric, passed);
    let target = Expression::Read(DataPoint::Plan { plan: Plan::Target, name: metric.to_owned(), month: month.start });
    let name = builder.label(metric);
    let unit = builder.unit(metric);
    let parts = [("reached", value.clone()), ("target", target.clone())];
    let reached =
        builder.figure(&Expression::calculated("reached / target", parts), Unit::Percent, &format!("{name}: reached"));
    // What adds up goes on at the pace so far; a rate or level is expected to stay as it is.
    let projected = if builder.is_additive(metric) && passed != month {
        let formula = format!("reached * {} / {}", month.days(), passed.days());
        Expression::calculated(&formula, [("reached", value.clone())])
    } else {
        value.clone()
    };
    let ahead = builder.value(&projected).zip(builder.value(&target)).and_then(|(at, goal)| at.checked_div(goal));
    let (verdict, tone) = verdict(readings, builder.better(metric), ahead, passed == month);
    let share = reached.value;
    let mut cells = vec![
        Cell::Progress { figure: reached, share, tone },
        builder.cell(metric, &value),
        plain(builder.figure(&target, unit, &format!("{name}: target"))),
    ];
    if passed != month {
        cells.push(plain(builder.figure(&projected, unit, &format!("{name}: at this pace"))));
    }
    cells.push(words(verdict));
    (Row::new(metric, name, cells), tone == Tone::Good)
}

/// What is missed says by how much.
fn verdict(readings: &Readings, better: Better, ahead: Option<Decimal>, is_over: bool) -> (String, Tone) {
    let Some(ahead) = ahead else { return ("no data".to_owned(), Tone::Neutral) };
    // How far beyond the target, in the direction that is welcome.
    let beyond = if better == Better::Lower { Decimal::ONE - ahead } else { ahead - Decimal::ONE };
    let size = readings.locale.value_text(Some(beyond.abs()), Unit::Percent, readings.workspace.currency);
    match (is_over, beyond) {
        (true, beyond) if beyond >= dec!(0.1) => (format!("exceeded by {size}"), Tone::Good),
        (true, beyond) if beyond >= Decimal::ZERO => ("reached".to_owned(), Tone::Good),
        (true, beyond) if beyond > dec!(-0.02) => (format!("just missed, by {size}"), Tone::Neutral),
        (true, _) => (format!("missed by {size}"), Tone::Bad),
        (false, beyond) if beyond >= dec!(0.1) => (format!("ahead by {size}"), Tone::Good),
        (false, beyond) if beyond >= Decimal::ZERO => ("on track".to_owned(), Tone::Good),
        (false, beyond) if beyond > dec!(-0.02) => ("close".to_owned(), Tone::Neutral),
        (false, _) => (format!("behind by {size}"), Tone::Bad),
    }
}
