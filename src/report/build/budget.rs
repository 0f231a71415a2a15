//! Spend so far against the month's budget, channel by channel, with where the month would end.

use super::figures::Reading;
use super::{DailyReadings, Drawer};
use crate::domain::metric::Unit;
use crate::domain::period::Period;
use crate::report::document::{Block, Cell, Column, Mood, Row, Section, Table};
use crate::report::format::value_text;
use rust_decimal::{Decimal, dec};

/// Further from the pace than this is told.
const TOLERANCE: Decimal = dec!(0.1);

pub fn section(readings: &DailyReadings, drawer: &mut Drawer<'_>) -> Option<Section> {
    if readings.budgets.is_empty() {
        return None;
    }
    let month = Period::month_of(readings.date);
    let passed = Period { start: month.start, end: readings.date + chrono::Days::new(1) };
    let share_passed = Decimal::from(passed.days()) / Decimal::from(month.days());
    let rows = readings
        .budgets
        .iter()
        .map(|(channel, planned)| row(readings, drawer, channel, *planned, passed, share_passed))
        .collect();
    let column = |id: &str, heading: &str| Column { id: id.to_owned(), heading: heading.to_owned() };
    let passed_text = value_text(Some(share_passed), Unit::Percent, readings.workspace.currency);
    Some(Section {
        id: "budget".to_owned(),
        title: format!("Budget pacing, {}", month.start.format("%B")),
        lead: Some(format!("{passed_text} of the month has passed.")),
        blocks: vec![Block::Table(Table {
            id: "budget".to_owned(),
            title: None,
            row_heading: "Channel".to_owned(),
            columns: vec![
                column("used", "Used"),
                column("spent", "Spent"),
                column("planned", "Budget"),
                column("projected", "At this pace"),
                column("pace", "Verdict"),
            ],
            rows,
            total: None,
            empty_text: "No budgets are set for this month.".to_owned(),
        })],
    })
}

fn row(
    readings: &DailyReadings,
    drawer: &mut Drawer<'_>,
    channel: &str,
    planned: Decimal,
    passed: Period,
    share_passed: Decimal,
) -> Row {
    // Where other channels have rows, one without any has spent nothing; where none has, nobody knows.
    let is_known = !readings.month_to_date.is_empty();
    let none = is_known.then(|| ("cost".to_owned(), Decimal::ZERO)).into_iter().collect();
    let sums = readings.month_to_date.get(channel).unwrap_or(&none);
    let reading =
        Reading { metric: "cost".to_owned(), period: passed, channel: Some(channel.to_owned()), campaign: None };
    let spent = drawer.figure(reading, sums);
    let amount = spent.value.unwrap_or_default();
    let used = amount.checked_div(planned);
    let projected = amount.checked_div(share_passed);
    let ahead = used.map(|used| used - share_passed);
    let (verdict, mood) = match ahead {
        _ if used.is_some_and(|used| used > Decimal::ONE) => ("over budget", Mood::Bad),
        Some(ahead) if ahead > share_passed * TOLERANCE => ("ahead of pace", Mood::Bad),
        Some(ahead) if ahead < -share_passed * TOLERANCE => ("behind pace", Mood::Neutral),
        Some(_) => ("on pace", Mood::Good),
        None => ("no budget", Mood::Neutral),
    };
    let money = |value| Cell::Figure { figure: drawer.plain(value, Unit::Money), mood: Mood::Neutral };
    let (planned_cell, projected_cell) = (money(Some(planned)), money(projected));
    Row {
        name: readings.channel_labels.get(channel).cloned().unwrap_or_else(|| channel.to_owned()),
        cells: vec![
            Cell::Progress { figure: drawer.plain(used, Unit::Percent), share: used, mood },
            Cell::Figure { figure: spent, mood: Mood::Neutral },
            planned_cell,
            projected_cell,
            Cell::Text { text: verdict.to_owned() },
        ],
    }
}
