//! Targets of the month, and of longer terms that are running: reached so far, and where each would end.

use super::tables::{NOTHING, column, plain, words};
use super::{FigureBuilder, Readings};
use crate::domain::metric::{Better, Unit};
use crate::domain::period::Period;
use crate::domain::target::{Target, Term};
use crate::report::document::{Block, Cell, Row, Section, Table, Tone};
use crate::report::format::IMMATURE;
use crate::report::receipt::{DataPoint, Expression, Plan};
use rust_decimal::{Decimal, dec};

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    if !readings.definition.split.filter.is_all() {
        return None;
    }
    let goals: Vec<Goal> = goals(readings, builder).into_iter().filter(|goal| builder.shows(&goal.metric)).collect();
    if goals.is_empty() {
        return None;
    }
    let is_over = goals.iter().all(Goal::is_over);
    let mut rows = Vec::new();
    let mut reached = 0;
    for goal in &goals {
        let (row, is_reached) = row(readings, builder, goal, is_over);
        reached += usize::from(is_reached);
        rows.push(row);
    }
    let month = readings.month();
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

/// A target with the days it is of.
struct Goal {
    metric: String,
    id: String,
    name: String,
    target: Expression,
    whole: Period,
    passed: Period,
}

impl Goal {
    fn is_over(&self) -> bool {
        self.passed == self.whole
    }
}

/// The month's targets, then those of quarters, years and by a date that are running.
fn goals(readings: &Readings, builder: &FigureBuilder<'_>) -> Vec<Goal> {
    let (month, passed) = (readings.month(), readings.month_to_date());
    let planned = readings.data.plans.keys().filter(|(plan, _, of)| *plan == Plan::Target && *of == month.start);
    let of_month = planned.map(|(_, metric, _)| Goal {
        metric: metric.clone(),
        id: metric.clone(),
        name: builder.label(metric),
        target: Expression::Read(DataPoint::Plan { plan: Plan::Target, name: metric.clone(), month: month.start }),
        whole: month,
        passed,
    });
    let longer = readings.longer_targets.iter().filter_map(|target| {
        let name = name(readings, target);
        let label = builder.label(&target.metric);
        Some(Goal {
            metric: target.metric.clone(),
            id: target.row_id(&name),
            name: if target.term == Term::By { format!("{label} by {name}") } else { format!("{label}, {name}") },
            target: Expression::stated(target.amount, &readings.plan_file()),
            whole: target.period,
            passed: target.so_far(readings.period)?,
        })
    });
    of_month.chain(longer).collect()
}

/// `Q4 2026`, `2026/27`, or the last day.
fn name(readings: &Readings, target: &Target) -> String {
    let year = readings.workspace.fiscal_year;
    match target.term {
        Term::Month => readings.locale.month_text(target.period.start),
        Term::Quarter => year.quarter_name(target.period),
        Term::Year => year.year_name(target.period),
        Term::By => readings.locale.date_text(target.period.last_day()),
    }
}

/// What the shortest longer target asks of the period: its days' share where days add up, else all of it.
pub(super) fn share_of_longer(
    readings: &Readings,
    builder: &FigureBuilder<'_>,
    metric: &str,
) -> Option<(String, Expression)> {
    let period = readings.period;
    let holds = |target: &&Target| {
        target.metric == metric && target.so_far(period).is_some() && target.period.start <= period.start
    };
    let target = readings.longer_targets.iter().filter(holds).min_by_key(|target| target.period.days())?;
    let stated = Expression::stated(target.amount, &readings.plan_file());
    let name = match target.term {
        Term::By => format!("target by {}", name(readings, target)),
        _ => format!("target of {}", name(readings, target)),
    };
    if !builder.is_additive(metric) || period == target.period {
        return Some((name, stated));
    }
    let formula = format!("target * {} / {}", period.days(), target.period.days());
    Some((format!("share of the {name}"), Expression::calculated(&formula, [("target", stated)])))
}

fn row(readings: &Readings, builder: &mut FigureBuilder<'_>, goal: &Goal, all_are_over: bool) -> (Row, bool) {
    let Goal { metric, id, name, target, whole, passed } = goal;
    let value = builder.all(metric, *passed);
    let unit = builder.unit(metric);
    let parts = [("reached", value.clone()), ("target", target.clone())];
    let reached =
        builder.figure(&Expression::calculated("reached / target", parts), Unit::Percent, &format!("{name}: reached"));
    // What adds up goes on at the pace so far; a rate or level is expected to stay as it is.
    let projected = if builder.is_additive(metric) && !goal.is_over() {
        let formula = format!("reached * {} / {}", whole.days(), passed.days());
        Expression::calculated(&formula, [("reached", value.clone())])
    } else {
        value.clone()
    };
    let ahead = builder.value(&projected).zip(builder.value(target)).and_then(|(at, goal)| at.checked_div(goal));
    let (verdict, tone) = match builder.rests_on_immature(&value) {
        true => (IMMATURE.to_owned(), Tone::Neutral),
        false => verdict(readings, builder.better(metric), ahead, goal.is_over()),
    };
    let share = reached.value;
    let mut cells = vec![
        Cell::Progress { figure: reached, share, tone },
        builder.cell(metric, &value),
        plain(builder.figure(target, unit, &format!("{name}: target"))),
    ];
    if !goal.is_over() {
        cells.push(plain(builder.figure(&projected, unit, &format!("{name}: at this pace"))));
    } else if !all_are_over {
        cells.push(words(NOTHING));
    }
    cells.push(words(verdict));
    (Row::new(id, name.clone(), cells), tone == Tone::Good)
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
