//! What each channel's money brought.

use super::kind::{StandardSection, from_monthly, nothing_more};
use super::tables::{Of, bounded_bars, by_channel, cells, ranked, shown, span};
use super::{FigureBuilder, Readings};
use crate::domain::metric::Unit;
use crate::report::document::{Bar, Block, Chart, Plot, Row, Section};
use crate::report::receipt::Expression;
use rust_decimal::Decimal;

pub const SECTION: StandardSection = StandardSection {
    id: "roi",
    place: |cadence| from_monthly(cadence, 50),
    needs: nothing_more,
    build: |readings, builder| Vec::from_iter(section(readings, builder)),
};

const COLUMNS: [&str; 7] = ["cost", "net_revenue", "gross_profit", "roi", "roas", "margin", "cac"];

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    if !builder.shows("cost") || !builder.shows("net_revenue") {
        return None;
    }
    let groups = &span(readings, readings.period)?.channels;
    let paying = ranked(builder, "cost", groups);
    if paying.is_empty() {
        return None;
    }
    let some = groups.iter().filter(|(name, _)| paying.contains(name));
    let metrics = shown(builder, &COLUMNS, &some.map(|(name, sums)| (name.clone(), sums.clone())).collect());
    let mut table = by_channel(readings, builder, "roi", &metrics, &paying, None);
    let together = cells(builder, &metrics, &Of::Channels(paying.clone()), readings.period);
    table.total = (paying.len() > 1).then(|| Row::new("all_paid", "All paid channels", together));
    table.empty_text = "No channel had a cost.".to_owned();
    let mut bars = Vec::new();
    for channel in &paying {
        let basis = builder.channel("gross_profit", readings.period, channel);
        let figure = builder.metric("gross_profit", &basis);
        bars.push(Bar { id: channel.clone(), label: readings.channel_label(channel), figure, note: None });
    }
    let mut blocks = Vec::new();
    // Two bars say no more than the two rows below them.
    if bars.len() > 2 {
        bars.sort_by_key(|bar| std::cmp::Reverse(bar.figure.value));
        bars = bounded_bars(bars, |sum| builder.text("gross_profit", Some(sum)));
        let alt = format!("{} earned the most after media cost: {}.", bars[0].label, bars[0].figure.text);
        let title = "Profit after media cost, by channel".to_owned();
        let plot = Plot::Bars { bars };
        blocks.push(Block::Chart(Chart {
            id: "roi".to_owned(),
            title,
            unit: Unit::Money,
            plot,
            alt,
            events: Vec::new(),
        }));
    }
    blocks.push(Block::Table(table));
    blocks.extend(break_even(readings, builder));
    let lead = Some("Paid channels only: revenue of channels without media cost is not in this table.".to_owned());
    Some(Section { id: "roi".to_owned(), title: "Return by channel".to_owned(), lead, blocks })
}

/// With a known margin of goods: what a channel must return to earn anything.
fn break_even(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Block> {
    use super::tables::{column, plain};
    use crate::report::document::Table;
    let margin = readings.gross_margin.filter(|margin| *margin > Decimal::ZERO)?;
    let stated = Expression::stated(margin, &readings.plan_file());
    let revenue = builder.all("net_revenue", readings.period);
    let cost = builder.all("cost", readings.period);
    let profit = [("margin", stated.clone()), ("revenue", revenue), ("cost", cost)];
    let profit = Expression::calculated("margin * revenue - cost", profit);
    let needed = Expression::calculated("1 / margin", [("margin", stated.clone())]);
    let actual = builder.all("roas", readings.period);
    let cells = vec![
        plain(builder.figure(&stated, Unit::Percent, "Margin after goods")),
        plain(builder.figure(&needed, Unit::Ratio, "Break-even ROAS")),
        builder.cell("roas", &actual),
        plain(builder.figure(&profit, Unit::Money, "Gross profit after media")),
    ];
    Some(Block::Table(Table {
        id: "break_even".to_owned(),
        title: Some("With the cost of goods, blended over all channels".to_owned()),
        row_heading: String::new(),
        columns: vec![
            column("margin", "Margin after goods"),
            column("needed", "Break-even ROAS"),
            column("roas", "ROAS"),
            column("profit", "Profit after goods and media"),
        ],
        rows: vec![Row::new("all", "All channels", cells)],
        total: None,
        empty_text: String::new(),
        page_rows: None,
        others: None,
    }))
}
