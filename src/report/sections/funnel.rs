//! From visit to customer: how many entered each stage in the period, step by step, and where most
//! are lost.

use super::kind::{StandardSection, nothing_more};
use super::tables::{column, plain};
use super::{FigureBuilder, Readings};
use crate::domain::metric::Unit;
use crate::report::document::{Bar, Block, Chart, Column, Figure, Plot, Row, Section, Table};
use crate::report::format::in_sentence;
use crate::report::receipt::Expression;
use rust_decimal::Decimal;

pub const SECTION: StandardSection = StandardSection {
    id: "funnel",
    place: |_| Some(100),
    needs: nothing_more,
    build: |readings, builder| Vec::from_iter(section(readings, builder)),
};

const STAGES: [&str; 6] =
    ["sessions", "leads", "qualified_leads", "sales_qualified_leads", "opportunities", "customers"];

/// One step of the funnel.
struct Step {
    name: String,
    rate: Figure,
    lost: Figure,
}

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    let known: Vec<&str> = STAGES.into_iter().filter(|metric| builder.shows(metric)).collect();
    if known.len() < 2 {
        return None;
    }
    let mut stages: Vec<Bar> = Vec::new();
    let mut steps: Vec<Step> = Vec::new();
    for (index, metric) in known.iter().enumerate() {
        let basis = builder.all(metric, readings.period);
        let figure = builder.metric(metric, &basis);
        let label = builder.label(metric);
        let before = index.checked_sub(1).map(|before| builder.all(known[before], readings.period));
        let note = before.map(|before| {
            let step = step(builder, &before, &basis, &stages[index - 1].label, &label);
            let note = format!("{} of {}", step.rate.text, in_sentence(&stages[index - 1].label));
            steps.push(step);
            note
        });
        stages.push(Bar { id: (*metric).to_owned(), label, figure, note });
    }
    let (first, last) = (stages.first()?, stages.last()?);
    let alt = format!(
        "{} {}, {} {}.",
        first.figure.text,
        in_sentence(&first.label),
        last.figure.text,
        in_sentence(&last.label)
    );
    let title = format!("Who entered each stage in the {}", readings.definition.cadence.noun());
    let lead = bottleneck(&steps);
    let chart = Chart {
        id: "funnel".to_owned(),
        title,
        unit: Unit::Count,
        plot: Plot::Funnel { stages },
        alt,
        events: Vec::new(),
    };
    let mut blocks = vec![Block::Chart(chart)];
    if steps.len() > 1 {
        blocks.push(Block::Table(table(readings, builder, &known, steps)));
    }
    Some(Section { id: "funnel".to_owned(), title: "Funnel".to_owned(), lead, blocks })
}

fn step(builder: &mut FigureBuilder<'_>, before: &Expression, after: &Expression, from: &str, to: &str) -> Step {
    let parts = || [("entered", after.clone()), ("before", before.clone())];
    let name = format!("{from} to {}", in_sentence(to));
    let rate = builder.figure(&Expression::calculated("entered / before", parts()), Unit::Percent, &name);
    let lost = Expression::calculated("before - entered", parts());
    let lost = builder.figure(&lost, Unit::Count, &format!("{name}, difference"));
    Step { name, rate, lost }
}

fn table(readings: &Readings, builder: &mut FigureBuilder<'_>, known: &[&str], steps: Vec<Step>) -> Table {
    let base = readings.bases().into_iter().next();
    let mut columns: Vec<Column> = vec![column("rate", "Step rate"), column("lost", "Fewer")];
    columns.extend(
        base.as_ref()
            .map(|(_, label, _)| Column { id: "rate_before".to_owned(), heading: format!("Step rate, {label}") }),
    );
    let mut rows = Vec::new();
    for (step, pair) in steps.into_iter().zip(known.windows(2)) {
        let mut cells = vec![plain(step.rate), plain(step.lost)];
        if let Some((_, _, period)) = &base {
            let parts = [("entered", builder.all(pair[1], *period)), ("before", builder.all(pair[0], *period))];
            let rate = Expression::calculated("entered / before", parts);
            cells.push(plain(builder.figure(&rate, Unit::Percent, &format!("{}, before", step.name))));
        }
        rows.push(Row::new(format!("{}_to_{}", pair[0], pair[1]), step.name, cells));
    }
    Table {
        id: "funnel_steps".to_owned(),
        title: None,
        row_heading: "Step".to_owned(),
        columns,
        rows,
        total: None,
        empty_text: "Nobody entered a stage.".to_owned(),
        page_rows: None,
        others: None,
    }
}

/// The step with the lowest rate after the first, which is always the widest by far.
fn bottleneck(steps: &[Step]) -> Option<String> {
    let rated = steps.iter().skip(1).filter_map(|step| Some((step.rate.value?, step)));
    let (_, step) = rated.min_by(|a: &(Decimal, _), b| a.0.cmp(&b.0))?;
    Some(format!("The bottleneck after the first contact: {}, {}.", in_sentence(&step.name), step.rate.text))
}
