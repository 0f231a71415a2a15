//! Since the last report: what it said, what that is now, and why.

use super::kind::{StandardSection, nothing_more};
use super::tables::{column, plain, words};
use super::{FigureBuilder, Readings};
use crate::domain::metric::Unit;
use crate::report::document::{Block, Figure, Row, Section, Table};
use crate::report::receipt::{DataPoint, Expression};
use rust_decimal::Decimal;

pub const SECTION: StandardSection = StandardSection {
    id: "restated",
    place: |_| Some(20),
    needs: nothing_more,
    build: |readings, builder| Vec::from_iter(section(readings, builder)),
};

const MOST: usize = 12;

/// A printed figure that is another now.
#[derive(Clone, Debug, PartialEq)]
pub struct Restated {
    /// As the report named it, e.g. `Paid search: Net revenue`.
    pub label: String,
    /// As it was printed, with its receipt.
    pub said: Figure,
    pub basis: Expression,
    pub unit: Unit,
    pub now: Option<Decimal>,
    /// In words, e.g. `restated by Google Ads: 12 rows`.
    pub why: String,
}

impl Restated {
    /// How large the change is against what was reported.
    fn size(&self) -> Decimal {
        let (said, now) = (self.said.value.unwrap_or_default(), self.now.unwrap_or_default());
        crate::report::receipt::relative(now, said).map_or(Decimal::MAX, |change| change.abs())
    }
}

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    let (issued_at, restated) = readings.restated.as_ref()?;
    let mut largest: Vec<&Restated> = restated.iter().collect();
    if largest.is_empty() {
        return None;
    }
    largest.sort_by(|a, b| b.size().cmp(&a.size()).then_with(|| a.label.cmp(&b.label)));
    let left = largest.len().saturating_sub(MOST);
    let mut rows = Vec::new();
    for item in largest.into_iter().take(MOST) {
        let metric = match &item.basis {
            Expression::Read(DataPoint::Metric(reading)) => reading.metric.as_str(),
            _ => "",
        };
        let now = builder.figure(&item.basis, item.unit, &item.label);
        let said = item.said.value.map(|said| Expression::stated(said, "the last report"));
        let change = match &said {
            Some(said) => builder.growth_cell(metric, &item.basis, said),
            None => words("new"),
        };
        let text = builder.localized(&item.said, &item.basis);
        let said = Figure { provisional: false, text, ..item.said.clone() };
        let id = said.receipt.clone().unwrap_or_else(|| item.label.clone());
        rows.push(Row::new(id, &item.label, vec![plain(said), plain(now), change, words(item.why.clone())]));
    }
    let date = readings.locale.date_text(issued_at.with_timezone(&readings.workspace.time_zone).date_naive());
    let more = if left > 0 { format!(" The {MOST} largest; {left} more changed less.") } else { String::new() };
    let lead = Some(format!("Figures of the report issued {date} that have changed since.{more}"));
    let table = Table {
        id: "restated".to_owned(),
        title: None,
        row_heading: "Figure".to_owned(),
        columns: vec![
            column("said", "We said"),
            column("now", "It is now"),
            column("change", "Change"),
            column("why", "Why"),
        ],
        rows,
        total: None,
        empty_text: String::new(),
        page_rows: None,
        others: None,
    };
    let title = if readings.correction.is_some() { "What was corrected" } else { "Since the last report" }.to_owned();
    Some(Section { id: "restated".to_owned(), title, lead, blocks: vec![Block::Table(table)] })
}
