//! The one document every format renders. Numbers are worded here once, as [`Figure::text`], so
//! PDF, HTML, CSV, mail and Slack agree by construction.

mod chart;
mod freshness;
mod table;

pub use crate::domain::metric::Unit;
pub use chart::{Bar, Chart, EventMark, Plot, Role, Series};
pub use freshness::{Freshness, FreshnessState};
pub use table::{Cell, Column, Row, Table};

use crate::domain::money::Currency;
use crate::domain::period::Period;
use crate::report::format::Locale;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A report as issued.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Stable id of this issue of the report, e.g. `rep_5b1c…`.
    pub id: String,
    /// The report's definition, e.g. `daily_performance`.
    pub report: String,
    /// As printed on top, e.g. `Daily performance`.
    pub title: String,
    /// Name of its files without ending, e.g. `daily-2026-11-20`.
    #[serde(default)]
    pub file_stem: String,
    pub workspace_id: String,
    pub workspace_name: String,
    /// The days the report speaks of, in `time_zone`.
    pub period: Period,
    /// The period as people say it, e.g. `October 2026`; empty in documents of earlier versions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub period_name: String,
    /// Its number, where this issue corrects an earlier one of the same days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<u32>,
    pub time_zone: Tz,
    pub currency: Currency,
    /// How its numbers and dates are written; absent in stored documents of the standard.
    #[serde(rename = "wording", default, skip_serializing_if = "Locale::is_standard")]
    pub locale: Locale,
    pub issued_at: DateTime<Utc>,
    /// Whom readers ask, e.g. `Jane Doe <jane@example.com>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// A few sentences that say the result, what moved most and how complete it is; plain text.
    pub summary: String,
    /// The same in parts, for formats that show them apart; absent in documents of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<Lead>,
    /// Whether pages leave out freshness by stream, notes and receipts, which data files keep.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_brief: bool,
    /// What is missing, late or limited, most important first; shown on top. Empty when all is complete.
    pub gaps: Vec<String>,
    /// Whether one of the gaps is data that is not here; the others say what limits the figures.
    #[serde(default = "lacking")]
    pub lacks_data: bool,
    pub sections: Vec<Section>,
    /// Data-through stamp of each source.
    pub freshness: Vec<Freshness>,
    /// Remarks that belong to the whole report: definitions, provisional values, conversions.
    pub notes: Vec<String>,
}

/// What page one says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    /// For the subject, e.g. `net revenue €139,378, +4.9% vs September, 7.1% below target`.
    pub result: String,
    /// The same as a sentence, with the days.
    pub sentence: String,
    /// Whether the target is reached; without a target, whether the change is welcome.
    #[serde(rename = "mood")]
    pub tone: Tone,
    /// What moved most and where, as sentences; may be empty.
    pub moved: Vec<String>,
    /// Known events and public holidays of these days and of those compared with, as sentences; absent in
    /// documents of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<String>,
    /// Whether the data is complete and final, as a sentence.
    pub complete: String,
}

/// A titled part of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// Stable id, e.g. `channels`; used for anchors and CSV.
    pub id: String,
    pub title: String,
    /// A sentence that says what to see here, or nothing.
    pub lead: Option<String>,
    pub blocks: Vec<Block>,
}

/// One thing on the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    /// Headline figures, shown side by side.
    Cards {
        cards: Vec<Card>,
    },
    Table(Table),
    Chart(Chart),
    /// A paragraph of plain text.
    Text {
        text: String,
    },
}

/// A headline figure with what it is compared to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Metric id, e.g. `revenue`.
    pub metric: String,
    pub label: String,
    pub figure: Figure,
    /// In reading order, e.g. day before, same weekday, target. May be empty.
    pub comparisons: Vec<Comparison>,
    /// The last days of the metric for a small line, oldest first, the reported day last; `None`
    /// where a day has no data. Empty when there is no history.
    pub spark: Vec<Option<Decimal>>,
}

/// A figure set against another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Does not change with dates or languages, e.g. `day_before`; empty in documents of earlier versions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// e.g. `vs day before`, `vs Friday before`, `vs target`.
    pub label: String,
    /// The value compared with.
    pub base: Figure,
    /// The relative change in percent, e.g. text `+12.4%`; `n/a` when the base is zero or absent.
    pub change: Figure,
    #[serde(rename = "mood")]
    pub tone: Tone,
}

/// Whether a change is welcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    Good,
    Bad,
    /// No judgement: no change, nothing to compare with, or a metric without a direction.
    Neutral,
}

/// A printed number (or the admission that there is none).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The exact value before rounding for print; `None` when it does not exist.
    pub value: Option<Decimal>,
    pub unit: Unit,
    /// As every format prints it, e.g. `€1,204.50`, `2.8%`, `n/a`.
    pub text: String,
    /// What `daybook explain` takes, e.g. `r_1f0a…`.
    pub receipt: Option<String>,
    /// Still expected to change: the source has not settled.
    pub provisional: bool,
}

/// Gaps that a brief edition prints in full.
const BRIEF_GAPS: usize = 2;

/// Stored documents without the field have gaps of this kind alone.
fn lacking() -> bool {
    true
}

impl Document {
    /// Stands above the gaps.
    pub fn gaps_title(&self) -> &'static str {
        if self.lacks_data { "Not complete yet" } else { "Read with care" }
    }

    /// Whether data is missing that may still come.
    pub fn is_late(&self) -> bool {
        self.lacks_data && !self.gaps.is_empty()
    }

    /// Every figure with the path that names it (`section/block/row/column`), in reading order; those of rows
    /// that pages leave out as well.
    pub fn figures(&self) -> Vec<(String, &Figure)> {
        self.figures_of(false)
    }

    /// The document with the rows that pages show alone, and the row for the others among them.
    pub fn as_printed(&self) -> Self {
        let mut printed = self.clone();
        for block in printed.sections.iter_mut().flat_map(|section| &mut section.blocks) {
            match block {
                Block::Table(table) => {
                    let (shown, _) = table.on_page();
                    table.rows = shown.iter().chain(&table.others).cloned().collect();
                    (table.page_rows, table.others) = (None, None);
                }
                // All cards of a brief edition stand on page one.
                Block::Cards { cards } if self.is_brief => cards.iter_mut().for_each(|card| card.spark.clear()),
                _ => {}
            }
        }
        let more = printed.gaps.len().saturating_sub(BRIEF_GAPS);
        if printed.is_brief && more > 0 {
            printed.gaps.truncate(BRIEF_GAPS);
            printed.gaps.push(format!("… and {more} more, which the mail names."));
        }
        printed
    }

    /// The figures that pages print.
    pub fn printed(&self) -> Vec<(String, &Figure)> {
        self.figures_of(true)
    }

    fn figures_of(&self, on_page: bool) -> Vec<(String, &Figure)> {
        let mut all = Vec::new();
        for section in &self.sections {
            for block in &section.blocks {
                block.figures(&section.id, on_page, &mut all);
            }
        }
        all
    }

    /// Every chart, in reading order.
    pub fn charts(&self) -> impl Iterator<Item = &Chart> {
        self.sections.iter().flat_map(|section| &section.blocks).filter_map(|block| match block {
            Block::Chart(chart) => Some(chart),
            _ => None,
        })
    }
}

impl Block {
    fn figures<'a>(&'a self, section: &str, on_page: bool, all: &mut Vec<(String, &'a Figure)>) {
        match self {
            Self::Cards { cards } => {
                for card in cards {
                    all.push((format!("{section}/{}", card.metric), &card.figure));
                    for comparison in &card.comparisons {
                        let of = if comparison.id.is_empty() { &comparison.label } else { &comparison.id };
                        let path = format!("{section}/{}/{of}", card.metric);
                        all.push((path.clone(), &comparison.base));
                        all.push((format!("{path}/change"), &comparison.change));
                    }
                }
            }
            Self::Table(table) => {
                let rows = if on_page { table.on_page().0 } else { &table.rows };
                let others = table.others.iter().filter(|_| on_page);
                for row in rows.iter().chain(others).chain(&table.total) {
                    for (column, cell) in table.columns.iter().zip(&row.cells) {
                        if let Cell::Figure { figure, .. } | Cell::Progress { figure, .. } = cell {
                            all.push((format!("{section}/{}/{}/{}", table.id, row.name, column.id), figure));
                        }
                    }
                }
            }
            Self::Chart(chart) => match &chart.plot {
                Plot::Bars { bars: stages } | Plot::Waterfall { bars: stages } | Plot::Funnel { stages } => {
                    for bar in stages {
                        all.push((format!("{section}/{}/{}", chart.id, bar.label), &bar.figure));
                    }
                }
                Plot::Lines { .. } | Plot::Heat { .. } => {}
            },
            Self::Text { .. } => {}
        }
    }
}
