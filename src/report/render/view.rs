//! What the HTML and mail templates are given: the document with its dates worded and its names
//! made safe to lay out. Figures keep the text the document gave them.

mod chart;

pub use chart::{BarView, ChartView, DrawingView, GridView, WATERFALL};

use crate::report::document::{Block, Card, Cell, Document, Figure, Freshness, FreshnessState, Row, Section, Table};
use crate::report::render::words::{
    distinct, exact_value, has_provisional, instant_text, period_text, plain, shortened, tone_word,
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
    /// Whom readers ask; empty for nobody.
    pub contact: String,
    pub time_zone: String,
    pub currency: String,
    pub summary: String,
    /// The same in parts: the result, then single sentences; none for documents of earlier versions.
    pub lead: Option<LeadView>,
    /// Whether detail is left to data files.
    pub brief: bool,
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
pub struct LeadView {
    pub sentence: String,
    #[serde(rename = "mood")]
    pub tone: &'static str,
    pub points: Vec<String>,
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
    Chart(Box<ChartView>),
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
    #[serde(rename = "mood")]
    pub tone: &'static str,
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
        #[serde(rename = "mood")]
        tone: &'static str,
    },
    Text {
        text: String,
        /// Whether its column has figures, with which it stands in line.
        among_figures: bool,
    },
    Progress {
        figure: FigureView,
        #[serde(rename = "mood")]
        tone: &'static str,
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
        contact: document.contact.as_deref().map(plain).unwrap_or_default(),
        time_zone: document.time_zone.name().to_owned(),
        currency: document.currency.code().to_owned(),
        summary: plain(&document.summary),
        lead: document.lead.as_ref().map(|lead| LeadView {
            sentence: plain(&lead.sentence),
            tone: tone_word(lead.tone),
            points: lead
                .moved
                .iter()
                .chain(&lead.known)
                .chain([&lead.complete])
                .map(|sentence| plain(sentence))
                .collect(),
        }),
        brief: document.is_brief,
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
        Block::Chart(part) => BlockView::Chart(Box::new(chart::view(part, document, limits))),
        Block::Text { text } => BlockView::Text { text: plain(text) },
    }
}

fn card(card: &Card) -> CardView {
    let comparisons = card.comparisons.iter().map(|comparison| ComparisonView {
        label: plain(&comparison.label),
        base: figure(&comparison.base),
        change: figure(&comparison.change),
        tone: tone_word(comparison.tone),
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
    let (on_page, left_out) = table.on_page();
    let shown = on_page.len().min(limits.rows);
    let names = distinct(on_page.iter().map(|row| row.name.as_str()), limits.name_chars);
    let has_figures = |index: usize| {
        let cells = table.rows.iter().chain(&table.total).filter_map(|row| row.cells.get(index));
        cells.into_iter().any(|cell| !matches!(cell, Cell::Text { .. }))
    };
    let figures: Vec<bool> = (0..table.columns.len()).map(has_figures).collect();
    let row = |part: &Row, limits| row(part, &figures, limits);
    let mut rows: Vec<RowView> =
        on_page.iter().zip(names).take(shown).map(|(part, name)| RowView { name, ..row(part, limits) }).collect();
    // The row for the others adds up with the rows of the page, not with fewer.
    let is_whole = shown == on_page.len();
    rows.extend(table.others.as_ref().filter(|_| is_whole).map(|part| row(part, limits)));
    let told = if is_whole && table.others.is_some() { left_out } else { 0 };
    TableView {
        id: table.id.clone(),
        title: table.title.as_deref().map(plain),
        row_heading: plain(&table.row_heading),
        columns: table.columns.iter().map(|column| plain(&column.heading)).collect(),
        rows,
        hidden_rows: table.rows.len() - shown - told,
        total: table.total.as_ref().map(|part| row(part, limits)),
        empty_text: plain(&table.empty_text),
    }
}

fn row(row: &Row, figures: &[bool], limits: Limits) -> RowView {
    let long = row.name.chars().nth(24).is_some();
    RowView {
        name: shortened(&row.name, limits.name_chars),
        name_title: if long { shortened(&row.name, TITLE_CHARS) } else { String::new() },
        cells: row.cells.iter().zip(figures).map(|(part, among)| cell(part, *among, limits)).collect(),
    }
}

fn cell(cell: &Cell, among_figures: bool, limits: Limits) -> CellView {
    match cell {
        Cell::Figure { figure: part, tone } => CellView::Figure { figure: figure(part), tone: tone_word(*tone) },
        Cell::Text { text } => CellView::Text { text: shortened(text, limits.name_chars), among_figures },
        Cell::Progress { figure: part, share, tone } => CellView::Progress {
            figure: figure(part),
            tone: tone_word(*tone),
            percent: percent(share.unwrap_or_default()),
            over: share.is_some_and(|share| share > Decimal::ONE),
        },
    }
}

fn freshness(document: &Document) -> Vec<FreshnessView> {
    let state = |state: FreshnessState| match state {
        FreshnessState::Complete => "complete",
        FreshnessState::Provisional => "provisional",
        FreshnessState::Limited => "limited",
        FreshnessState::Late => "late",
    };
    let mut sources: Vec<(&str, Vec<&Freshness>)> = Vec::new();
    for row in &document.freshness {
        let source = row.label.split(": ").next().unwrap_or(&row.label);
        match sources.iter_mut().find(|(known, _)| *known == source) {
            Some((_, rows)) => rows.push(row),
            None => sources.push((source, vec![row])),
        }
    }
    let view = |(source, rows): (&str, Vec<&Freshness>)| {
        // A source is as complete as the worst of its kinds of data.
        let worst = rows.iter().copied().max_by_key(|row| row.state.severity())?;
        let through = rows.iter().map(|row| row.data_through).min().flatten();
        let read = rows.iter().filter_map(|row| row.last_success_at).min();
        let kind = worst.label.split_once(": ").map(|(_, kind)| kind).filter(|_| rows.len() > 1);
        let kind = kind.filter(|_| matches!(worst.state, FreshnessState::Late | FreshnessState::Limited));
        let remark = kind.map_or_else(|| worst.remark.clone(), |kind| format!("{kind}: {}", worst.remark));
        Some(FreshnessView {
            label: plain(source),
            through: through.map_or_else(|| "no data yet".to_owned(), |day| document.locale.date_text(day)),
            last_success: read.map_or_else(|| "never".to_owned(), |at| instant_text(document, at)),
            state: state(worst.state),
            remark: plain(&remark),
        })
    };
    sources.into_iter().filter_map(view).collect()
}

fn percent(share: Decimal) -> u32 {
    let bounded = share.clamp(Decimal::ZERO, Decimal::ONE) * Decimal::ONE_HUNDRED;
    bounded.round().to_u32().unwrap_or_default()
}
