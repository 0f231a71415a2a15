//! Tables of figures.

use super::{Figure, Tone};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A table of figures. Every row has as many cells as there are columns after the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Stable id within the document.
    pub id: String,
    pub title: Option<String>,
    /// Heading of the first column, which names the row, e.g. `Channel`.
    pub row_heading: String,
    pub columns: Vec<Column>,
    /// All of them: data files have every row.
    pub rows: Vec<Row>,
    /// Pages show so many rows; all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_rows: Option<usize>,
    /// Stands for the rows that pages leave out, so that what they show adds up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub others: Option<Row>,
    /// Sums below the line, if they mean something.
    pub total: Option<Row>,
    /// What to say when there are no rows.
    pub empty_text: String,
}

impl Table {
    /// The rows that pages show, and how many they leave out.
    pub fn on_page(&self) -> (&[Row], usize) {
        let shown = self.page_rows.unwrap_or(usize::MAX).min(self.rows.len());
        (&self.rows[..shown], self.rows.len() - shown)
    }
}

/// A column of figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Metric id or another stable id, e.g. `cost`; unique in the table.
    pub id: String,
    pub heading: String,
}

/// A row: its name and its cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Stable and unique in the table, e.g. a channel's id; empty in documents of earlier versions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Hostile text is possible: campaign names come from vendors.
    pub name: String,
    pub cells: Vec<Cell>,
}

impl Row {
    pub fn new(id: impl Into<String>, name: impl Into<String>, cells: Vec<Cell>) -> Self {
        Self { id: id.into(), name: name.into(), cells }
    }
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cell {
    Figure {
        figure: Figure,
        #[serde(rename = "mood")]
        tone: Tone,
    },
    Text {
        text: String,
    },
    /// A share of a whole as a bar from 0 to 1 (values above 1 mean over the limit) with its figure.
    Progress {
        figure: Figure,
        share: Option<Decimal>,
        #[serde(rename = "mood")]
        tone: Tone,
    },
}
