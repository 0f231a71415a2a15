//! The period's headline figures against earlier ones and the target.

use super::figures::TARGET;
use super::kind::{StandardSection, nothing_more};
use super::tables::ranked;
use super::{FigureBuilder, Readings, days_text, goals, share_of_months, trend, windows};
use crate::domain::period::Period;
use crate::report::definition::{Cadence, Compare, Filter};
use crate::report::document::{Block, Card, Section};
use crate::report::format::in_sentence;
use crate::report::receipt::{DataPoint, Expression, Plan};

pub const SECTION: StandardSection = StandardSection {
    id: "headline",
    place: |_| Some(10),
    needs: nothing_more,
    build: |readings, builder| Vec::from_iter(section(readings, builder)),
};

const METRICS: [&str; 11] = [
    "net_revenue",
    "orders",
    "customers",
    "mrr",
    "sessions",
    "visitors",
    "leads",
    "engagement_rate",
    "cost",
    "roas",
    "cac",
];

/// Cards that a brief edition leaves out, and how many it has at most: two rows of a page.
const DETAIL: [&str; 3] = ["visitors", "engagement_rate", "cac"];
const MOST_BRIEF: usize = 8;

/// Divide by media cost what not only media brought.
const BLENDED: [&str; 2] = ["roas", "cac"];

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    let is_brief = readings.definition.edition.is_brief;
    let metrics = METRICS.iter().filter(|metric| !is_brief || !DETAIL.contains(metric));
    let cards: Vec<Card> = metrics.filter_map(|metric| card(readings, builder, metric)).collect();
    if cards.is_empty() {
        return None;
    }
    let title = match readings.definition.cadence {
        Cadence::Daily => "Yesterday at a glance".to_owned(),
        Cadence::Weekly | Cadence::Monthly | Cadence::Quarterly => {
            let days = days_text(readings);
            days.chars().take(1).flat_map(char::to_uppercase).chain(days.chars().skip(1)).collect::<String>()
                + " at a glance"
        }
    };
    // A report that is caught up days later does not speak of yesterday.
    let is_yesterday = readings.period.end == readings.today() && readings.period.days() == 1;
    let title = match readings.definition.cadence {
        Cadence::Daily if readings.period.days() > 1 => format!("{} at a glance", days_text(readings)),
        Cadence::Daily if !is_yesterday => format!("{} at a glance", readings.period.start.format("%A")),
        _ => title,
    };
    let mut cards = cards;
    paid_first(readings, builder, &mut cards);
    if is_brief {
        cards.truncate(MOST_BRIEF);
    }
    let blocks = vec![Block::Cards { cards }];
    Some(Section { id: "headline".to_owned(), title, lead: None, blocks })
}

/// The channels that cost money in a period.
pub(super) fn paying(readings: &Readings, builder: &FigureBuilder<'_>, period: Period) -> Vec<String> {
    super::tables::span(readings, period).map(|span| ranked(builder, "cost", &span.channels)).unwrap_or_default()
}

/// Rates that divide all revenue or all customers by media cost are called blended, and those of the paid
/// channels stand before them.
fn paid_first(readings: &Readings, builder: &mut FigureBuilder<'_>, cards: &mut Vec<Card>) {
    let blended = BLENDED.into_iter().filter(|metric| cards.iter().any(|card| card.metric == *metric));
    for metric in blended.collect::<Vec<_>>() {
        let paid = paid_card(readings, builder, metric);
        let Some(at) = cards.iter().position(|card| card.metric == metric) else { continue };
        cards[at].label = format!("Blended {}", in_sentence(&cards[at].label));
        if let Some(paid) = paid {
            cards.insert(at, paid);
        }
    }
}

fn paid_card(readings: &Readings, builder: &mut FigureBuilder<'_>, metric: &str) -> Option<Card> {
    let now = paying(readings, builder, readings.period);
    let is_computed = builder.has_channels_together(metric) && !builder.are_too_few(metric, readings.period, &now);
    if now.is_empty() || !is_computed {
        return None;
    }
    let label = format!("Paid {}", in_sentence(&builder.label(metric)));
    let basis = builder.channels(metric, readings.period, &now);
    let figure = builder.figure(&basis, builder.unit(metric), &label);
    let mut comparisons = Vec::new();
    for (compare, against, period) in readings.bases() {
        let then = paying(readings, builder, period);
        if !then.is_empty() {
            let base = builder.channels(metric, period, &then);
            let id = compare.id(readings.definition.cadence);
            comparisons.push(builder.comparison(metric, (id, &against), &basis, &base));
        }
    }
    Some(Card { metric: format!("paid_{metric}"), label, figure, comparisons, spark: Vec::new() })
}

/// A metric that never had a value is not this tenant's.
fn card(readings: &Readings, builder: &mut FigureBuilder<'_>, metric: &str) -> Option<Card> {
    if !builder.shows(metric) {
        return None;
    }
    let basis = builder.all(metric, readings.period);
    // Counts of different people have a value for single days only.
    if metric == "visitors" && builder.value(&basis).is_none() {
        return None;
    }
    let figure = builder.metric(metric, &basis);
    let mut comparisons = Vec::new();
    for (id, label, period) in windows::bases(readings, builder, metric) {
        let base = builder.all(metric, period);
        comparisons.push(builder.comparison(metric, (id, &label), &basis, &base));
    }
    if readings.definition.compare.contains(&Compare::Target)
        && let Some((label, target)) = target(readings, builder, metric)
    {
        comparisons.push(builder.comparison(metric, (TARGET, &label), &basis, &target));
    }
    let spark = trend::values(readings, builder, metric, trend::spark(readings.definition.cadence));
    Some(Card { metric: metric.to_owned(), label: builder.label(metric), figure, comparisons, spark })
}

/// The target of a metric, where the part is the whole workspace.
pub(super) fn target_of_part(
    readings: &Readings,
    builder: &FigureBuilder<'_>,
    metric: &str,
    filter: &Filter,
) -> Option<(String, Expression)> {
    if !filter.is_all() || !readings.definition.compare.contains(&Compare::Target) {
        return None;
    }
    target(readings, builder, metric)
}

/// The month's target, or what falls on the period where days add up; else that of the quarter or year, or by a date.
pub(super) fn target(readings: &Readings, builder: &FigureBuilder<'_>, metric: &str) -> Option<(String, Expression)> {
    if !readings.definition.split.filter.is_all() {
        return None;
    }
    let of_month = |month| Expression::Read(DataPoint::Plan { plan: Plan::Target, name: metric.to_owned(), month });
    let (label, basis) = match readings.definition.cadence {
        Cadence::Monthly if readings.definition.cadence.is_whole(readings.period) => {
            ("target", of_month(readings.month().start))
        }
        _ if !builder.is_additive(metric) => ("month's target", of_month(readings.month().start)),
        Cadence::Daily if readings.period.days() > 1 => {
            ("target for these days", share_of_months(readings.period, &of_month))
        }
        Cadence::Daily => ("target for the day", share_of_months(readings.period, &of_month)),
        Cadence::Quarterly if readings.definition.cadence.is_whole(readings.period) => {
            ("target for the quarter", share_of_months(readings.period, &of_month))
        }
        Cadence::Monthly | Cadence::Quarterly => ("target for these days", share_of_months(readings.period, &of_month)),
        Cadence::Weekly => ("target for the week", share_of_months(readings.period, &of_month)),
    };
    let of_months = builder.value(&basis).map(|_| (label.to_owned(), basis));
    of_months.or_else(|| goals::share_of_longer(readings, builder, metric))
}
