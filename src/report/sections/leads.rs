//! Where leads come from, what they cost and how many go on.

use super::kind::{StandardSection, from_weekly, nothing_more};
use super::tables::{by_channel, ranked, shown, span};
use super::{FigureBuilder, Readings};
use crate::report::document::{Block, Section};
use crate::report::format::in_sentence;

pub const SECTION: StandardSection = StandardSection {
    id: "leads",
    place: |cadence| from_weekly(cadence, 110),
    needs: nothing_more,
    build: |readings, builder| Vec::from_iter(section(readings, builder)),
};

const COLUMNS: [&str; 7] =
    ["leads", "qualified_leads", "sales_qualified_leads", "opportunities", "conversion_rate", "cost", "cpl"];

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    if !builder.shows("leads") {
        return None;
    }
    let groups = &span(readings, readings.period)?.channels;
    let channels = ranked(builder, "leads", groups);
    let metrics = shown(builder, &COLUMNS, groups);
    let table = by_channel(readings, builder, "leads", &metrics, &channels, Some("All channels"));
    let lead = channels.first().map(|first| {
        let basis = builder.channel("leads", readings.period, first);
        let count = builder.text("leads", builder.value(&basis));
        format!("Most leads came by {}: {count}.", in_sentence(&readings.channel_label(first)))
    });
    let blocks = vec![Block::Table(table)];
    Some(Section { id: "leads".to_owned(), title: "Lead generation".to_owned(), lead, blocks })
}
