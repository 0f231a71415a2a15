//! Tables for a mail's HTML: one that is wider than the paper goes on below, under the same names.
//! A mail reader cannot be relied on to scroll sideways.

use crate::report::render::view::{BlockView, CellView, PageView, RowView, TableView};
use crate::report::render::words::words;

/// Pixels for figures beside the names of rows, in a paper of 584.
const ROOM: usize = 496;
/// A digit of the table's type, and the space beside a column.
const DIGIT: usize = 7;
const GAP: usize = 12;

/// The page with every wide table in parts.
pub fn fitted(page: &PageView) -> PageView {
    let mut page = page.clone();
    for section in &mut page.sections {
        let blocks = std::mem::take(&mut section.blocks);
        section.blocks = blocks.into_iter().flat_map(parted).collect();
    }
    page
}

fn parted(block: BlockView) -> Vec<BlockView> {
    let BlockView::Table(table) = block else { return vec![block] };
    let widths: Vec<usize> = (0..table.columns.len()).map(|column| width(&table, column)).collect();
    let parts = widths.iter().sum::<usize>().div_ceil(ROOM).max(1);
    if parts == 1 {
        return vec![BlockView::Table(table)];
    }
    let of_part = table.columns.len().div_ceil(parts);
    let last = (table.columns.len() - 1) / of_part;
    (0..=last)
        .map(|part| {
            let columns = part * of_part..table.columns.len().min((part + 1) * of_part);
            BlockView::Table(TableView {
                title: table.title.clone().filter(|_| part == 0),
                columns: table.columns[columns.clone()].to_vec(),
                rows: table.rows.iter().map(|row| of_columns(row, columns.clone())).collect(),
                total: table.total.as_ref().map(|row| of_columns(row, columns.clone())),
                // Stated once, below all of it.
                hidden_rows: if part == last { table.hidden_rows } else { 0 },
                ..table.clone()
            })
        })
        .collect()
}

fn of_columns(row: &RowView, columns: std::ops::Range<usize>) -> RowView {
    RowView { cells: row.cells.get(columns).unwrap_or_default().to_vec(), ..row.clone() }
}

/// What a column takes: its longest figure, or the longest word of its heading.
fn width(table: &TableView, column: usize) -> usize {
    let heading = words(&table.columns[column]).map(|word| word.chars().count()).max().unwrap_or(0);
    let cells = table.rows.iter().chain(&table.total).filter_map(|row| row.cells.get(column));
    let longest = cells.map(|cell| match cell {
        // The small p of a provisional figure takes two digits.
        CellView::Figure { figure, .. } | CellView::Progress { figure, .. } => {
            figure.text.chars().count() + if figure.provisional { 2 } else { 0 }
        }
        CellView::Text { text, .. } => words(text).map(|word| word.chars().count()).max().unwrap_or(0),
    });
    longest.max().unwrap_or(0).max(heading) * DIGIT + GAP
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::render::view::FigureView;

    fn table(columns: usize, text: &str) -> TableView {
        let figure = FigureView { text: text.to_owned(), value: String::new(), receipt: None, provisional: false };
        let row = |name: &str| RowView {
            name: name.to_owned(),
            name_title: String::new(),
            cells: vec![CellView::Figure { figure: figure.clone(), tone: "" }; columns],
        };
        TableView {
            id: "t".to_owned(),
            title: Some("Campaigns".to_owned()),
            row_heading: "Campaign".to_owned(),
            columns: (0..columns).map(|number| format!("c{number}")).collect(),
            rows: vec![row("Brand"), row("Other")],
            hidden_rows: 3,
            total: Some(row("All")),
            empty_text: String::new(),
        }
    }

    fn parts(table: TableView) -> Vec<TableView> {
        let tables = parted(BlockView::Table(table)).into_iter();
        tables.filter_map(|block| if let BlockView::Table(table) = block { Some(table) } else { None }).collect()
    }

    #[test]
    fn a_wide_table_goes_on_below_with_every_figure_once() {
        let parts = parts(table(8, "€1,234,567.89"));
        assert_eq!(parts.iter().map(|part| part.columns.len()).collect::<Vec<_>>(), [4, 4]);
        assert_eq!(parts.iter().flat_map(|part| part.columns.clone()).collect::<Vec<_>>(), table(8, "").columns);
        for part in &parts {
            assert!(part.rows.iter().chain(&part.total).all(|row| row.cells.len() == part.columns.len()));
        }
        let titles: Vec<bool> = parts.iter().map(|part| part.title.is_some()).collect();
        let hidden: Vec<usize> = parts.iter().map(|part| part.hidden_rows).collect();
        assert_eq!((titles, hidden), (vec![true, false], vec![0, 3]));
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        assert_eq!(parts(table(7, "12.3%")).len(), 1);
        assert_eq!(parts(table(0, "")).len(), 1);
    }
}
