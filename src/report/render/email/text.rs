//! The text part: aligned columns no wider than 78 characters, with the figures of the HTML part.

use crate::report::render::view::{
    BlockView, CardView, CellView, ChartView, FigureView, FreshnessView, LeadView, PageView, RowView, TableView,
};
use serde::Serialize;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

const WIDTH: usize = 78;
const GAP: usize = 2;
/// Names get at least this much beside their figures.
const NAME_WIDTH: usize = 18;

/// The laid out parts, for the template to put in order.
#[derive(Clone, Debug, Serialize)]
pub struct Body {
    pub summary: String,
    pub gaps: Vec<String>,
    /// Stands above the gaps.
    pub gaps_title: String,
    pub sections: Vec<TextSection>,
    pub freshness: String,
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct TextSection {
    pub title: String,
    pub underline: String,
    pub lead: Option<String>,
    pub blocks: Vec<String>,
}

/// Lays out a page; `rest` says where hidden rows are.
pub fn lay_out(page: &PageView, rest: &str) -> Body {
    let bullets = |texts: &[String]| texts.iter().map(|text| wrapped(text, WIDTH - 2).replace('\n', "\n  ")).collect();
    let sections = page.sections.iter().map(|section| TextSection {
        title: wrapped(&section.title, WIDTH),
        underline: "-".repeat(section.title.width().min(WIDTH)),
        lead: section.lead.as_deref().map(|lead| wrapped(lead, WIDTH)),
        blocks: section.blocks.iter().map(|part| block(part, rest)).collect(),
    });
    Body {
        summary: page.lead.as_ref().map_or_else(|| wrapped(&page.summary, WIDTH), lead),
        gaps: bullets(&page.gaps),
        gaps_title: page.gaps_title.to_uppercase(),
        sections: sections.collect(),
        freshness: freshness(&page.freshness),
        notes: bullets(&page.notes),
    }
}

fn lead(lead: &LeadView) -> String {
    let points = lead.points.iter().map(|point| format!("- {}", wrapped(point, WIDTH - 2).replace('\n', "\n  ")));
    std::iter::once(wrapped(&lead.sentence, WIDTH)).chain(points).collect::<Vec<_>>().join("\n")
}

fn block(block: &BlockView, rest: &str) -> String {
    match block {
        BlockView::Cards { cards } => cards_text(cards),
        BlockView::Table(part) => table(part, rest),
        BlockView::Chart(part) => chart(part),
        BlockView::Text { text } => wrapped(text, WIDTH),
    }
}

fn cards_text(cards: &[CardView]) -> String {
    let mut grid = Vec::new();
    for card in cards {
        grid.push(vec![card.label.clone(), text(&card.figure), String::new()]);
        for item in &card.comparisons {
            grid.push(vec![format!("  {}", item.label), text(&item.base), item.change.text.clone()]);
        }
    }
    aligned(&grid)
}

fn table(table: &TableView, rest: &str) -> String {
    let mut lines: Vec<String> = table.title.iter().map(|title| wrapped(title, WIDTH)).collect();
    if table.rows.is_empty() && table.hidden_rows == 0 {
        lines.push(wrapped(&table.empty_text, WIDTH));
        return lines.join("\n");
    }
    let mut grid = vec![std::iter::once(table.row_heading.clone()).chain(table.columns.clone()).collect::<Vec<_>>()];
    grid.extend(table.rows.iter().chain(&table.total).map(row));
    lines.push(aligned(&grid));
    if table.hidden_rows > 0 {
        lines.push(format!("… and {} more {rest}", table.hidden_rows));
    }
    lines.join("\n")
}

fn row(row: &RowView) -> Vec<String> {
    let cells = row.cells.iter().map(|cell| match cell {
        CellView::Figure { figure, .. } | CellView::Progress { figure, .. } => text(figure),
        CellView::Text { text, .. } => text.clone(),
    });
    std::iter::once(row.name.clone()).chain(cells).collect()
}

fn chart(chart: &ChartView) -> String {
    let mut lines = vec![wrapped(&chart.title, WIDTH)];
    if chart.bars.is_empty() {
        lines.push(wrapped(&chart.alt, WIDTH));
    } else {
        let row = |bar: &crate::report::render::view::BarView| {
            vec![bar.label.clone(), text(&bar.figure), bar.note.clone().unwrap_or_default()]
        };
        lines.push(aligned(&chart.bars.iter().map(row).collect::<Vec<_>>()));
    }
    lines.join("\n")
}

fn freshness(rows: &[FreshnessView]) -> String {
    let row = |row: &FreshnessView| {
        let start = format!("{}: {}; ", row.label, row.through);
        wrapped(&format!("{start}{}", row.remark), WIDTH - 2).replace('\n', "\n  ")
    };
    rows.iter().map(row).collect::<Vec<_>>().join("\n")
}

fn text(figure: &FigureView) -> String {
    format!("{}{}", figure.text, if figure.provisional { " (p)" } else { "" })
}

/// A grid with its first column to the left and the others to the right. Where it does not fit,
/// names are shortened first, then columns move to a second grid below.
fn aligned(grid: &[Vec<String>]) -> String {
    let columns = grid.iter().map(Vec::len).max().unwrap_or_default();
    let width_of = |column: usize| {
        grid.iter().filter_map(|row| row.get(column)).map(|text| text.width()).max().unwrap_or_default()
    };
    let names = width_of(0);
    let mut parts: Vec<Vec<usize>> = vec![Vec::new()];
    let mut taken = names.min(NAME_WIDTH);
    for column in 1..columns {
        let width = width_of(column).min(WIDTH - NAME_WIDTH - GAP);
        if taken + GAP + width > WIDTH {
            parts.push(Vec::new());
            taken = names.min(NAME_WIDTH);
        }
        taken += GAP + width;
        if let Some(part) = parts.last_mut() {
            part.push(column);
        }
    }
    let rendered: Vec<String> = parts
        .iter()
        .map(|part| {
            let widths: Vec<usize> =
                part.iter().map(|column| width_of(*column).min(WIDTH - NAME_WIDTH - GAP)).collect();
            let room = WIDTH - widths.iter().map(|width| width + GAP).sum::<usize>();
            let name_width = names.min(room);
            let lines = grid.iter().map(|row| {
                let mut line = padded(row.first().map_or("", String::as_str), name_width, false);
                for (column, width) in part.iter().zip(&widths) {
                    line.push_str(&" ".repeat(GAP));
                    line.push_str(&padded(row.get(*column).map_or("", String::as_str), *width, true));
                }
                line.trim_end().to_owned()
            });
            lines.collect::<Vec<_>>().join("\n")
        })
        .collect();
    rendered.join("\n\n")
}

fn padded(text: &str, width: usize, right: bool) -> String {
    let text = cut(text, width);
    let space = " ".repeat(width.saturating_sub(text.width()));
    if right { format!("{space}{text}") } else { format!("{text}{space}") }
}

fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if kept.width() + c.width().unwrap_or_default() + 1 > width {
            break;
        }
        kept.push(c);
    }
    // A joined emoji can be wider or narrower than its parts, so the result is measured again.
    while !kept.is_empty() && kept.width() + 1 > width {
        kept.pop();
    }
    kept.push('…');
    kept
}

fn wrapped(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in super::super::words::words(text) {
        let word = cut(word, width);
        let Some(line) = lines.last_mut() else { continue };
        if line.is_empty() {
            line.push_str(&word);
        } else if line.width() + 1 + word.width() <= width {
            line.push(' ');
            line.push_str(&word);
        } else {
            lines.push(word);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_what_is_seen_not_by_bytes() {
        let grid = [["日本", "1"], ["a", "22"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(aligned(&grid), "日本   1\na     22");
    }

    #[test]
    fn columns_that_do_not_fit_move_below_and_keep_their_figures() {
        let row = |name: &str| {
            std::iter::once(name.to_owned()).chain((0..6).map(|n| format!("{name}-figure-{n:016}"))).collect()
        };
        let text = aligned(&[row("a"), row("b")]);
        assert!(text.lines().all(|line| line.width() <= WIDTH), "{text}");
        assert!((0..6).all(|n| text.contains(&format!("b-figure-{n:016}"))), "{text}");
    }

    #[test]
    fn long_words_are_cut_and_lines_wrapped() {
        assert!(wrapped(&format!("{} b", "x".repeat(300)), 20).lines().all(|line| line.width() <= 20));
        assert_eq!(wrapped("aaa bbb ccc", 7), "aaa bbb\nccc");
        assert_eq!(wrapped("aaa 12\u{a0}€ ccc", 6), "aaa\n12\u{a0}€\nccc");
    }
}
