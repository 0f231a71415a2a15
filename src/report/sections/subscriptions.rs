//! How monthly recurring revenue came from its opening to its closing value.

use super::tables::{column, plain};
use super::{FigureBuilder, Readings};
use crate::domain::metric::Unit;
use crate::domain::period::Period;
use crate::report::document::{Bar, Block, Chart, Plot, Row, Section, Table};
use crate::report::format::in_sentence;
use crate::report::receipt::{DataPoint, Expression, Movement};
use rust_decimal::Decimal;

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    let period = readings.period;
    let movements = readings.data.movements.get(&period)?;
    let moved = |movement: Movement| movements.get(&movement).copied().unwrap_or_default();
    if moved(Movement::Opening).is_zero() && moved(Movement::Closing).is_zero()
        || !readings.data.reaches(period)
        || !builder.shows_fact("subscription", "Subscriptions")
    {
        return None;
    }
    let basis = |movement| Expression::Read(DataPoint::Recurring { movement, period });
    let label = |movement: Movement| format!("MRR: {}", movement.label().to_lowercase());
    let id = |movement: Movement| movement.label().to_lowercase().replace(' ', "_");
    let mut rows = Vec::new();
    let mut bars = Vec::new();
    for movement in Movement::ALL {
        let is_end = matches!(movement, Movement::Opening | Movement::Closing);
        // Rates move only those who sell in several currencies.
        if movement == Movement::ExchangeRates && moved(movement).is_zero() {
            continue;
        }
        let figure = builder.figure(&basis(movement), Unit::Money, &label(movement));
        if is_end || !moved(movement).is_zero() {
            bars.push(Bar { id: id(movement), label: movement.label().to_owned(), figure: figure.clone(), note: None });
        }
        let parts = [("moved", basis(movement)), ("opening", basis(Movement::Opening))];
        let share = Expression::calculated("moved / opening", parts);
        let share = builder.figure(&share, Unit::Percent, &format!("{}, of the opening", label(movement)));
        rows.push(Row::new(id(movement), movement.label(), vec![plain(figure), plain(share)]));
    }
    let total = rows.pop();
    let mut blocks = Vec::new();
    // Two ends and more than one change between them.
    if bars.len() > 3 {
        let parts: Vec<String> = bars[1..bars.len() - 1]
            .iter()
            .map(|bar| format!("{} {}", in_sentence(&bar.label), bar.figure.text))
            .collect();
        let alt = format!(
            "MRR moved from {} to {}: {}.",
            text(builder, moved(Movement::Opening)),
            text(builder, moved(Movement::Closing)),
            parts.join(", ")
        );
        let title = "What moved monthly recurring revenue".to_owned();
        let plot = Plot::Waterfall { bars };
        blocks.push(Block::Chart(Chart {
            id: "mrr_movements".to_owned(),
            title,
            unit: Unit::Money,
            plot,
            alt,
            events: Vec::new(),
        }));
    }
    blocks.push(Block::Table(Table {
        id: "mrr".to_owned(),
        title: None,
        row_heading: "Monthly recurring revenue".to_owned(),
        columns: vec![column("amount", "Amount"), column("share", "Of the opening")],
        rows,
        total,
        empty_text: "No subscription is known.".to_owned(),
        page_rows: None,
        others: None,
    }));
    blocks.push(Block::Table(rates(builder, period)));
    let lead = format!(
        "From {} to {} over the {}.",
        text(builder, moved(Movement::Opening)),
        text(builder, moved(Movement::Closing)),
        readings.definition.cadence.noun()
    );
    Some(Section { id: "subscriptions".to_owned(), title: "Subscriptions".to_owned(), lead: Some(lead), blocks })
}

fn text(builder: &FigureBuilder<'_>, value: Decimal) -> String {
    builder.text("mrr", Some(value))
}

/// The rates that follow from the movements. Losses are negative amounts.
fn rates(builder: &mut FigureBuilder<'_>, period: Period) -> Table {
    let of = |movement| Expression::Read(DataPoint::Recurring { movement, period });
    let parts = || {
        [
            ("opening", of(Movement::Opening)),
            ("exchange_rates", of(Movement::ExchangeRates)),
            ("expansion", of(Movement::Expansion)),
            ("contraction", of(Movement::Contraction)),
            ("churned", of(Movement::Churned)),
        ]
    };
    let at_rates = "(opening + exchange_rates)";
    let rows = [
        ("Gross MRR churn", format!("(0 - contraction - churned) / {at_rates}"), Unit::Percent),
        (
            "Net revenue retention",
            format!("({at_rates} + expansion + contraction + churned) / {at_rates}"),
            Unit::Percent,
        ),
    ];
    let mut table = Table {
        id: "mrr_rates".to_owned(),
        title: None,
        row_heading: "Rate".to_owned(),
        columns: vec![column("value", "Value")],
        rows: Vec::new(),
        total: None,
        empty_text: String::new(),
        page_rows: None,
        others: None,
    };
    for (name, formula, unit) in rows {
        let figure = builder.figure(&Expression::calculated(&formula, parts()), unit, name);
        table.rows.push(Row::new(name.to_lowercase().replace(' ', "_"), name, vec![plain(figure)]));
    }
    let arpa = [("mrr", of(Movement::Closing)), ("customers", of(Movement::PayingCustomers))];
    let figure =
        builder.figure(&Expression::calculated("mrr / customers", arpa), Unit::Money, "MRR per paying customer");
    table.rows.push(Row::new("mrr_per_paying_customer", "MRR per paying customer", vec![plain(figure)]));
    let churn = [("lost", of(Movement::LostCustomers)), ("opening", of(Movement::OpeningCustomers))];
    let figure = builder.figure(&Expression::calculated("lost / opening", churn), Unit::Percent, "Customer churn");
    table.rows.push(Row::new("customer_churn", "Customer churn", vec![plain(figure)]));
    table
}
