//! How monthly recurring revenue came from its opening to its closing value.

use super::kind::{StandardSection, from_monthly};
use super::tables::{column, plain};
use super::{FigureBuilder, Readings};
use crate::domain::metric::Unit;
use crate::domain::period::Period;
use crate::report::document::{Bar, Block, Chart, Plot, Row, Section, Table};
use crate::report::format::in_sentence;
use crate::report::questions::question;
use crate::report::receipt::Expression;
use rust_decimal::Decimal;

pub const SECTION: StandardSection = StandardSection {
    id: "subscriptions",
    place: |cadence| from_monthly(cadence, 90),
    needs: |asking, needs| needs.ask(QUESTION, asking.period),
    build: |readings, builder| Vec::from_iter(section(readings, builder)),
};

/// What moved monthly recurring revenue, and who pays.
pub const QUESTION: &str = "mrr_movements";
/// The movements of money, in the order in which they lead from the opening to the closing.
const MOVEMENTS: [&str; 8] =
    ["opening", "exchange_rates", "new", "reactivation", "expansion", "contraction", "churned", "closing"];

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    let period = readings.period;
    let moves = question(QUESTION)?;
    let row = readings.data.answers(QUESTION, period)?.values().next()?;
    let moved = |movement: &str| row.value(movement).unwrap_or_default();
    if moved("opening").is_zero() && moved("closing").is_zero()
        || !readings.data.reaches(period)
        || !moves.facts.iter().all(|fact| builder.shows_fact(fact, "Subscriptions"))
    {
        return None;
    }
    let basis = |movement: &str| Expression::answer(QUESTION, &[], movement, period);
    let label = |movement: &str| format!("MRR: {}", moves.label(movement).to_lowercase());
    let id = |movement: &str| moves.label(movement).to_lowercase().replace(' ', "_");
    let mut rows = Vec::new();
    let mut bars = Vec::new();
    for movement in MOVEMENTS {
        let is_end = movement == "opening" || movement == "closing";
        // Rates move only those who sell in several currencies.
        if movement == "exchange_rates" && moved(movement).is_zero() {
            continue;
        }
        let figure = builder.figure(&basis(movement), Unit::Money, &label(movement));
        if is_end || !moved(movement).is_zero() {
            bars.push(Bar {
                id: id(movement),
                label: moves.label(movement).to_owned(),
                figure: figure.clone(),
                note: None,
            });
        }
        let parts = [("moved", basis(movement)), ("opening", basis("opening"))];
        let share = Expression::calculated("moved / opening", parts);
        let share = builder.figure(&share, Unit::Percent, &format!("{}, of the opening", label(movement)));
        rows.push(Row::new(id(movement), moves.label(movement), vec![plain(figure), plain(share)]));
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
            text(builder, moved("opening")),
            text(builder, moved("closing")),
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
        text(builder, moved("opening")),
        text(builder, moved("closing")),
        readings.definition.cadence.noun()
    );
    Some(Section { id: "subscriptions".to_owned(), title: "Subscriptions".to_owned(), lead: Some(lead), blocks })
}

fn text(builder: &FigureBuilder<'_>, value: Decimal) -> String {
    builder.text("mrr", Some(value))
}

/// The rates that follow from the movements. Losses are negative amounts.
fn rates(builder: &mut FigureBuilder<'_>, period: Period) -> Table {
    let of = |movement: &str| Expression::answer(QUESTION, &[], movement, period);
    let parts = || {
        [
            ("opening", of("opening")),
            ("exchange_rates", of("exchange_rates")),
            ("expansion", of("expansion")),
            ("contraction", of("contraction")),
            ("churned", of("churned")),
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
    let arpa = [("mrr", of("closing")), ("customers", of("paying_customers"))];
    let figure =
        builder.figure(&Expression::calculated("mrr / customers", arpa), Unit::Money, "MRR per paying customer");
    table.rows.push(Row::new("mrr_per_paying_customer", "MRR per paying customer", vec![plain(figure)]));
    let churn = [("lost", of("lost_customers")), ("opening", of("opening_customers"))];
    let figure = builder.figure(&Expression::calculated("lost / opening", churn), Unit::Percent, "Customer churn");
    table.rows.push(Row::new("customer_churn", "Customer churn", vec![plain(figure)]));
    table
}
