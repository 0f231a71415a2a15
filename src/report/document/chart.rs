//! Charts and their data.

use super::{Figure, Unit};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A chart; drawn as one SVG for HTML, PDF and mail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// Stable id within the document, `[a-z0-9_]+`; also names the mail image.
    pub id: String,
    pub title: String,
    /// The unit of all values.
    pub unit: Unit,
    pub plot: Plot,
    /// What the chart shows, in words, for readers who cannot see it.
    pub alt: String,
    /// Known events that are marked on a line, in order; absent in documents of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventMark>,
}

/// A known event on a line; a text below the chart says what its number stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventMark {
    /// Counted from 1 within the chart.
    pub number: u32,
    /// The point of the line that holds its first day; one of the plot's dates.
    pub from: NaiveDate,
    /// The point that holds its last day.
    pub to: NaiveDate,
    /// As named beside the chart, with its days. Hostile text is possible.
    pub text: String,
}

/// The kinds of chart and their data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Plot {
    /// One value a day, week or month, named by its first day; a gap in the line where one has none.
    /// All series share `dates`.
    Lines { dates: Vec<NaiveDate>, series: Vec<Series> },
    /// Horizontal bars, longest first as given; negative values extend to the left.
    Bars { bars: Vec<Bar> },
    /// How the first value became the last by the changes between them.
    Waterfall { bars: Vec<Bar> },
    /// Stages from wide to narrow.
    Funnel { stages: Vec<Bar> },
    /// A grid of values, darker where higher; each row of `cells` has as many as there are columns.
    Heat { rows: Vec<String>, columns: Vec<String>, cells: Vec<Vec<Option<Decimal>>> },
}

/// A named line of values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    pub label: String,
    pub values: Vec<Option<Decimal>>,
    /// The comparison is drawn grey, the subject in the accent colour.
    pub role: Role,
}

/// Whether a series is the subject or what it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Subject,
    Comparison,
}

/// A named value with its printed form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// Stable, e.g. a channel's id; empty in documents of earlier versions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    pub label: String,
    pub figure: Figure,
    /// A second, quieter text beside the value, e.g. a stage's rate.
    pub note: Option<String>,
}
