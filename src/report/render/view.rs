//! What the HTML and mail templates are given: the document with its dates worded and its names
//! made safe to lay out. Figures keep the text the document gave them.

mod chart;

pub use chart::{BarView, ChartView, DrawingView, GridView};

use crate::report::document::{Block, Card, Cell, Document, Figure, FreshnessState, Row, Section, Table};
use crate::report::render::words::{
    exact_value, has_provisional, instant_text, mood_word, period_text, plain, shortened,
};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::Serialize;

/// A title attribute holds this much of a long name.
const TITLE_CHARS: usize = 300;

/// How much of the document a view holds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Rows of one table.
    pub rows: usize,
    /// Characters of one name.
    pub name_chars: usize,
}

impl Limits {
    /// Everything.
    pub const NONE: Self = Self { rows: usize::MAX, name_chars: usize::MAX };
}

/// The page as a whole.
#[derive(Clone, Debug, Serialize)]
pub struct PageView {
    pub id: String,
    pub report: String,
    pub title: String,
    pub workspace: String,
    pub period: String,
    pub issued: String,
    pub time_zone: String,
    pub currency: String,
    pub summary: String,
    pub gaps: Vec<String>,
    /// Stands above the gaps.
    pub gaps_title: &'static str,
    pub sections: Vec<SectionView>,
    pub freshness: Vec<FreshnessView>,
    pub notes: Vec<String>,
    /// Whether any figure may still change.
    pub provisional: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct SectionView {
    pub id: String,
    pub title: String,
    pub lead: Option<String>,
    pub blocks: Vec<BlockView>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BlockView {
    Cards { cards: Vec<CardView> },
    Table(TableView),
    Chart(ChartView),
    Text { text: String },
}

#[derive(Clone, Debug, Serialize)]
pub struct CardView {
    pub label: String,
    pub figure: FigureView,
    pub comparisons: Vec<ComparisonView>,
    /// Values of the small line; a renderer that draws puts its SVG into `spark`.
    #[serde(skip)]
    pub spark_values: Vec<Option<Decimal>>,
    pub spark: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct ComparisonView {
    pub label: String,
    pub base: FigureView,
    pub change: FigureView,
    pub mood: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub struct FigureView {
    pub text: String,
    /// Exact and plain, for sorting; empty where there is none.
    pub value: String,
    pub receipt: Option<String>,
    pub provisional: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct TableView {
    pub id: String,
    pub title: Option<String>,
    pub row_heading: String,
    pub columns: Vec<String>,
    pub rows: Vec<RowView>,
    /// Rows that are not shown here.
    pub hidden_rows: usize,
    pub total: Option<RowView>,
    pub empty_text: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct RowView {
    pub name: String,
    /// The name for a title attribute, shortened; empty for names that fit on a line.
    pub name_title: String,
    pub cells: Vec<CellView>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CellView {
    Figure {
        figure: FigureView,
        mood: &'static str,
    },
    Text {
        text: String,
    },
    Progress {
        figure: FigureView,
        mood: &'static str,
        /// The filled part of the bar, 0 to 100.
        percent: u32,
        over: bool,
    },
}

#[derive(Clone, Debug, Serialize)]
pub struct FreshnessView {
    pub label: String,
    pub through: String,
    pub last_success: String,
    /// `complete`, `provisional` or `late`.
    pub state: &'static str,
    pub remark: String,
}

/// The view of a document within limits.
pub fn page(document: &Document, limits: Limits) -> PageView {
    PageView {
        id: document.id.clone(),
        report: document.report.clone(),
        title: plain(&document.title),
        workspace: shortened(&document.workspace_name, 200),
        period: period_text(document),
        issued: instant_text(document, document.issued_at),
        time_zone: document.time_zone.name().to_owned(),
        currency: document.currency.code().to_owned(),
        summary: plain(&document.summary),
        gaps_title: document.gaps_title(),
        gaps: document.gaps.iter().map(|gap| plain(gap)).collect(),
        sections: document.sections.iter().map(|part| section(part, document, limits)).collect(),
        freshness: freshness(document),
        notes: document.notes.iter().map(|note| plain(note)).collect(),
        provisional: has_provisional(document),
    }
}

fn section(section: &Section, document: &Document, limits: Limits) -> SectionView {
    SectionView {
        id: section.id.clone(),
        title: plain(&section.title),
        lead: section.lead.as_deref().map(plain),
        blocks: section.blocks.iter().map(|part| block(part, document, limits)).collect(),
    }
}

fn block(block: &Block, document: &Document, limits: Limits) -> BlockView {
    match block {
        Block::Cards { cards } => BlockView::Cards { cards: cards.iter().map(card).collect() },
        Block::Table(part) => BlockView::Table(table(part, limits)),
        Block::Chart(part) => BlockView::Chart(chart::view(part, document, limits)),
        Block::Text { text } => BlockView::Text { text: plain(text) },
    }
}

fn card(card: &Card) -> CardView {
    let comparisons = card.comparisons.iter().map(|comparison| ComparisonView {
        label: plain(&comparison.label),
        base: figure(&comparison.base),
        change: figure(&comparison.change),
        mood: mood_word(comparison.mood),
    });
    CardView {
        label: plain(&card.label),
        figure: figure(&card.figure),
        comparisons: comparisons.collect(),
        spark_values: card.spark.clone(),
        spark: String::new(),
    }
}

/// The view of one figure.
pub fn figure(figure: &Figure) -> FigureView {
    FigureView {
        text: figure.text.clone(),
        value: exact_value(figure),
        receipt: figure.receipt.clone(),
        provisional: figure.provisional,
    }
}

fn table(table: &Table, limits: Limits) -> TableView {
    let shown = table.rows.len().min(limits.rows);
    TableView {
        id: table.id.clone(),
        title: table.title.as_deref().map(plain),
        row_heading: plain(&table.row_heading),
        columns: table.columns.iter().map(|column| plain(&column.heading)).collect(),
        rows: table.rows[..shown].iter().map(|part| row(part, limits)).collect(),
        hidden_rows: table.rows.len() - shown,
        total: table.total.as_ref().map(|part| row(part, limits)),
        empty_text: plain(&table.empty_text),
    }
}

fn row(row: &Row, limits: Limits) -> RowView {
    let long = row.name.chars().nth(24).is_some();
    RowView {
        name: shortened(&row.name, limits.name_chars),
        name_title: if long { shortened(&row.name, TITLE_CHARS) } else { String::new() },
        cells: row.cells.iter().map(|part| cell(part, limits)).collect(),
    }
}

fn cell(cell: &Cell, limits: Limits) -> CellView {
    match cell {
        Cell::Figure { figure: part, mood } => CellView::Figure { figure: figure(part), mood: mood_word(*mood) },
        Cell::Text { text } => CellView::Text { text: shortened(text, limits.name_chars) },
        Cell::Progress { figure: part, share, mood } => CellView::Progress {
            figure: figure(part),
            mood: mood_word(*mood),
            percent: percent(share.unwrap_or_default()),
            over: share.is_some_and(|share| share > Decimal::ONE),
        },
    }
}

fn freshness(document: &Document) -> Vec<FreshnessView> {
    let view = |row: &crate::report::document::Freshness| FreshnessView {
        label: plain(&row.label),
        through: row.data_through.map_or_else(|| "no data yet".to_owned(), |day| document.wording.date_text(day)),
        last_success: row.last_success_at.map_or_else(|| "never".to_owned(), |at| instant_text(document, at)),
        state: match row.state {
            FreshnessState::Complete => "complete",
            FreshnessState::Provisional => "provisional",
            FreshnessState::Limited => "limited",
            FreshnessState::Late => "late",
        },
        remark: plain(&row.remark),
    };
    document.freshness.iter().map(view).collect()
}

fn percent(share: Decimal) -> u32 {
    let bounded = share.clamp(Decimal::ZERO, Decimal::ONE) * Decimal::ONE_HUNDRED;
    bounded.round().to_u32().unwrap_or_default()
}
