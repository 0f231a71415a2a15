//! Targets of the month, and of longer terms that are running or have just ended: reached so far, and where each
//! would end.

use super::kind::{StandardSection, from_weekly, nothing_more};
use super::tables::{NOTHING, column, plain, words};
use super::{FigureBuilder, Readings};
use crate::domain::metric::{Better, Unit};
use crate::domain::period::Period;
use crate::domain::target::{Target, Term};
use crate::report::document::{Block, Cell, Row, Section, Table, Tone};
use crate::report::format::IMMATURE;
use crate::report::receipt::{Expression, Plan};
use chrono::NaiveDate;
use rust_decimal::{Decimal, dec};
use std::collections::BTreeSet;

pub const SECTION: StandardSection = StandardSection {
    id: "goals",
    place: |cadence| from_weekly(cadence, 40),
    needs: nothing_more,
    build: |readings, builder| Vec::from_iter(section(readings, builder)),
};

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    if !readings.definition.split.filter.is_all() {
        return None;
    }
    let mut goals = goals(readings, builder);
    goals.retain(|goal| {
        let value = builder.all(&goal.metric, goal.passed);
        builder.shows_target(&goal.metric, &value)
    });
    if goals.is_empty() {
        return None;
    }
    let is_over = goals.iter().all(Goal::is_over);
    let mut rows = Vec::new();
    // Of those that are over, and of those that are running.
    let (mut reached, mut all) = ([0_usize; 2], [0_usize; 2]);
    for goal in &goals {
        let (row, is_reached) = row(readings, builder, goal, is_over);
        let place = usize::from(!goal.is_over());
        reached[place] += usize::from(is_reached);
        all[place] += 1;
        rows.push(row);
    }
    let lead = match (reached, all) {
        ([over, _], [of_over, 0]) => format!("{over} of {of_over} targets were reached."),
        ([_, running], [0, of_running]) => format!("{running} of {of_running} targets will be reached at this pace."),
        ([over, running], [of_over, of_running]) => format!(
            "Targets that are over: {over} of {of_over} reached. Targets that are running: {running} of {of_running} \
             will be reached at this pace."
        ),
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
        empty_text: "No targets are set.".to_owned(),
        page_rows: None,
        others: None,
    };
    let title = match goals.iter().any(|goal| goal.term != Term::Month) {
        true => "Goals".to_owned(),
        false => format!("Goals, {}", readings.term_name()),
    };
    Some(Section { id: "goals".to_owned(), title, lead: Some(lead), blocks: vec![Block::Table(table)] })
}

/// A target with the days it is of.
struct Goal {
    metric: String,
    id: String,
    name: String,
    target: Expression,
    term: Term,
    whole: Period,
    passed: Period,
}

impl Goal {
    fn is_over(&self) -> bool {
        self.passed == self.whole
    }
}

/// The targets of the term's months, then those of quarters, years and by a date that are running or ended in the period.
fn goals(readings: &Readings, builder: &FigureBuilder<'_>) -> Vec<Goal> {
    let (term, passed) = (readings.term(), readings.term_to_date());
    let planned = readings.data.plans.keys().filter(|(plan, _, of)| *plan == Plan::Target && term.contains(*of));
    let metrics: BTreeSet<&String> = planned.map(|(_, metric, _)| metric).collect();
    // What does not add up has no target of several months, and months that lack one would make less of it.
    let is_whole = |metric: &str| {
        let is_stated = |target: &Target| target.metric == metric && target.period == term;
        if readings.longer_targets.iter().any(is_stated) {
            return false;
        }
        let lacks = |month| !readings.data.plans.contains_key(&(Plan::Target, metric.to_owned(), month));
        term == readings.month() || (builder.is_additive(metric) && !months_of(term).into_iter().any(lacks))
    };
    let of_term = metrics.into_iter().filter(|metric| is_whole(metric)).map(|metric| Goal {
        metric: metric.clone(),
        id: metric.clone(),
        name: builder.label(metric),
        target: readings.planned(Plan::Target, metric),
        term: Term::Month,
        whole: term,
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
            term: target.term,
            whole: target.period,
            passed: target.so_far(readings.period)?,
        })
    });
    of_term.chain(longer).collect()
}

fn months_of(term: Period) -> BTreeSet<NaiveDate> {
    term.dates().map(|date| Period::month_of(date).start).collect()
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
    let holds =
        |target: &&Target| target.metric == metric && target.is_running(period) && target.period.start <= period.start;
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
    let Goal { metric, id, name, target, term, whole, passed } = goal;
    let value = builder.all(metric, *passed);
    if *term != Term::Month {
        builder.counts_days(metric, name, builder.days_of(metric, *passed));
    }
    let unit = builder.unit(metric);
    let parts = [("reached", value.clone()), ("target", target.clone())];
    let reached =
        builder.figure(&Expression::calculated("reached / target", parts), Unit::Percent, &format!("{name}: reached"));
    // What adds up goes on at the pace so far, and so does a sum to date; a rate or level is expected to stay as it is.
    let adds_up = builder.is_additive(metric) || (builder.window(metric).is_some() && builder.adds_over_rows(metric));
    let projected = if adds_up && !goal.is_over() {
        let formula = format!("reached * {} / {}", whole.days(), passed.days());
        Expression::calculated(&formula, [("reached", value.clone())])
    } else {
        value.clone()
    };
    let better = builder.better(metric);
    let (verdict, tone) = match (builder.rests_on_immature(&value), builder.value(&projected), builder.value(target)) {
        (true, ..) => (IMMATURE.to_owned(), Tone::Neutral),
        (false, Some(at), Some(wanted)) if wanted.is_zero() => verdict_of_none(better, at, goal.is_over()),
        (false, at, wanted) => {
            let ahead = at.zip(wanted).and_then(|(at, wanted)| at.checked_div(wanted));
            verdict(readings, better, ahead, goal.is_over())
        }
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

/// A target of nothing is met or not: no share of it says by how much.
fn verdict_of_none(better: Better, at: Decimal, is_over: bool) -> (String, Tone) {
    let is_met = if better == Better::Lower { at <= Decimal::ZERO } else { at >= Decimal::ZERO };
    let (verdict, tone) = match (is_over, is_met) {
        (true, true) => ("reached", Tone::Good),
        (true, false) => ("missed", Tone::Bad),
        (false, true) => ("on track", Tone::Good),
        (false, false) => ("behind", Tone::Bad),
    };
    (verdict.to_owned(), tone)
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
