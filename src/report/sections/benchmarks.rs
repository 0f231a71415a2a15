//! Metrics against what is usual in the industry.

use super::kind::{StandardSection, from_weekly, nothing_more};
use super::tables::{Of, column, plain, words};
use super::{FigureBuilder, Readings};
use crate::domain::benchmark::Rating;
use crate::report::document::{Block, Cell, Row, Section, Table, Tone};
use crate::report::format::IMMATURE;
use crate::report::receipt::Expression;

pub const SECTION: StandardSection = StandardSection {
    id: "benchmarks",
    place: |cadence| from_weekly(cadence, 130),
    needs: nothing_more,
    build: |readings, builder| Vec::from_iter(section(readings, builder)),
};

/// Where the thresholds are written.
const FILE: &str = "config/benchmarks.toml";

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    let mut rows = Vec::new();
    let mut poor = Vec::new();
    for benchmark in &readings.benchmarks {
        let metric = benchmark.metric.as_str();
        if !builder.shows(metric) {
            continue;
        }
        let of = benchmark.channel.clone().map_or(Of::All, Of::Channel);
        let basis = of.basis(builder, metric, readings.period);
        let Some(value) = builder.value(&basis) else { continue };
        let rating = builder.is_judgeable(&basis).then(|| benchmark.rating(value));
        let tone = match rating {
            Some(Rating::Poor) => Tone::Bad,
            Some(Rating::Average) | None => Tone::Neutral,
            Some(Rating::Good | Rating::Excellent) => Tone::Good,
        };
        let channel =
            benchmark.channel.as_ref().map_or_else(|| "All channels".to_owned(), |name| readings.channel_label(name));
        let name = format!("{channel}: {}", builder.label(metric));
        if rating == Some(Rating::Poor) {
            poor.push(name.clone());
        }
        let mut cells = vec![Cell::Figure { figure: builder.metric(metric, &basis), tone }];
        for (word, threshold) in
            [("average", benchmark.average), ("good", benchmark.good), ("excellent", benchmark.excellent)]
        {
            let unit = builder.unit(metric);
            let figure = builder.figure(&Expression::stated(threshold, FILE), unit, &format!("{name}, {word} from"));
            cells.push(plain(figure));
        }
        cells.push(words(rating.map_or_else(|| IMMATURE.to_owned(), |rating| rating.to_string())));
        let id = format!("{}/{metric}", benchmark.channel.as_deref().unwrap_or("all"));
        rows.push(Row::new(id, name, cells));
    }
    if rows.is_empty() {
        return None;
    }
    let lead = match poor.len() {
        0 => "Nothing is rated poor.".to_owned(),
        _ => format!("Rated poor: {}.", poor.join("; ")),
    };
    let table = Table {
        id: "benchmarks".to_owned(),
        title: None,
        row_heading: "Channel and metric".to_owned(),
        columns: vec![
            column("value", "Value"),
            column("average", "Average"),
            column("good", "Good"),
            column("excellent", "Excellent"),
            column("rating", "Rating"),
        ],
        rows,
        total: None,
        empty_text: "No benchmark is set for this industry.".to_owned(),
        page_rows: None,
        others: None,
    };
    let title = "Against benchmarks".to_owned();
    Some(Section { id: "benchmarks".to_owned(), title, lead: Some(lead), blocks: vec![Block::Table(table)] })
}
