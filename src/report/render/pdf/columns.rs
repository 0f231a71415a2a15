//! How wide the columns of a table are, and how their figures line up.

use crate::report::document::{Cell, Figure, Row, Table};
use crate::report::render::typeface::{Weight, showable, width};
use crate::report::render::words::words as words_of;
use rust_decimal::prelude::ToPrimitive;

/// Of texts in rows, and in headings.
pub const SIZE: f32 = 9.0;
pub const HEAD_SIZE: f32 = 8.0;
/// Between the figures of two columns.
pub const GUTTER: f32 = 10.0;
/// Room for the mark of a provisional figure.
const MARK: f32 = 5.0;
/// The shortest bar beside a share, with its gap, how much longer it may become, and the gap.
const BAR: f32 = 46.0;
const LONGER: f32 = 130.0;
const GAP: f32 = 6.0;
/// A bar goes on beyond its goal up to here.
const MOST: f32 = 1.5;

/// A column of cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    pub width: f32,
    /// The size its figures are set in.
    pub size: f32,
    /// What stands right of the decimal point at most, in points.
    pub tail: f32,
    /// Room for marks at the right.
    pub mark: f32,
    /// The sign its figures line up at.
    pub point: char,
    /// The length of its bars, and the share that fills it; 0 where it has none.
    pub bar: f32,
    pub full: f32,
}

/// What a figure has from its decimal point on, with what follows: `.50`, `.4%`, `,50 €`, nothing.
pub fn tail(text: &str, point: char) -> &str {
    let is_fraction = |(_, after): (&str, &str)| after.starts_with(|letter: char| letter.is_ascii_digit());
    match text.rsplit_once(point).filter(|parts| is_fraction(*parts)) {
        Some((before, _)) => &text[before.len()..],
        None => "",
    }
}

/// Whether a figure is a number that lines up with others.
pub fn lines_up(text: &str) -> bool {
    text.contains(|letter: char| letter.is_ascii_digit())
}

/// The width of the names, and the columns: as wide as their figures need, as long as the names keep
/// a quarter; then the widest give way first.
pub fn columns(table: &Table, room: f32, point: char) -> (f32, Vec<Column>) {
    let needs: Vec<Need> = (0..table.columns.len()).map(|index| Need::of(table, index, point)).collect();
    let natural: Vec<f32> = needs.iter().map(|need| need.width.max(need.heading)).collect();
    let names = rows(table).map(|row| width(&start(&row.name), SIZE, Weight::Bold)).fold(60.0, f32::max) + GUTTER;
    let least = names.min(room * if needs.len() > 6 { 0.2 } else { 0.28 });
    let most = room - least;
    let cap = if natural.iter().sum::<f32>() > most { cap(&natural, most) } else { f32::MAX };
    let mut columns: Vec<Column> = needs
        .iter()
        .zip(&natural)
        .map(|(need, natural)| {
            let width = natural.min(cap);
            // All figures of a column have one size, so that their decimal points stay in line.
            // A bar gives way to them.
            let figures = (width - GUTTER - need.mark).max(1.0);
            let shrink = (figures / need.figures.max(1.0)).min(1.0);
            Column {
                width,
                size: SIZE * shrink,
                tail: need.tail * shrink,
                mark: need.mark,
                point,
                bar: 0.0,
                full: need.full,
            }
        })
        .collect();
    // What the names leave makes the bars longer, which then stand close to them.
    let spare = room - names - columns.iter().map(|column| column.width).sum::<f32>();
    let bars = needs.iter().filter(|need| need.full > 0.0).count().max(1) as f32;
    let longer = (spare / bars).clamp(0.0, LONGER);
    for (column, need) in columns.iter_mut().zip(&needs).filter(|(_, need)| need.full > 0.0) {
        column.width += longer;
        let figures = need.figures * column.size / SIZE;
        column.bar = (column.width - GUTTER - need.mark - figures - GAP).max(0.0);
    }
    (room - columns.iter().map(|column| column.width).sum::<f32>(), columns)
}

/// Words of a cell that go on one line at most, in points; where they stand alone beside a name, as in the
/// glossary, they are sentences.
fn longest_words(table: &Table) -> f32 {
    if table.columns.len() == 1 { 340.0 } else { 130.0 }
}

/// What a column's cells need.
#[derive(Debug)]
struct Need {
    width: f32,
    heading: f32,
    figures: f32,
    tail: f32,
    mark: f32,
    full: f32,
}

impl Need {
    fn of(table: &Table, index: usize, point: char) -> Self {
        let (mut lead, mut tails, mut whole, mut words) = (0.0f32, 0.0f32, 0.0f32, 0.0f32);
        let (mut mark, mut bar, mut full) = (0.0f32, 0.0f32, 0.0f32);
        let mut see = |figure: &Figure| {
            let all = width(&figure.text, SIZE, Weight::Bold);
            let after = width(tail(&figure.text, point), SIZE, Weight::Bold);
            if lines_up(&figure.text) {
                (lead, tails) = (lead.max(all - after), tails.max(after));
            } else {
                whole = whole.max(all);
            }
            if figure.provisional {
                mark = MARK;
            }
        };
        for cell in rows(table).filter_map(|row| row.cells.get(index)) {
            match cell {
                Cell::Figure { figure, .. } => see(figure),
                Cell::Progress { figure, share, .. } => {
                    see(figure);
                    bar = BAR;
                    let share = share.and_then(|share| share.to_f32()).unwrap_or_default();
                    full = full.max(share.clamp(1.0, MOST));
                }
                Cell::Text { text } => {
                    words = words.max(width(&start(text), SIZE, Weight::Bold).min(longest_words(table)));
                }
            }
        }
        let figures = whole.max(lead + tails);
        let longest = longest_word(&table.columns[index].heading);
        Self {
            width: (figures + mark + bar).max(words).max(16.0) + GUTTER,
            heading: longest.min(110.0) + mark + GUTTER,
            figures,
            tail: tails,
            mark,
            full,
        }
    }
}

/// The width of a heading's longest word, in points.
pub fn longest_word(heading: &str) -> f32 {
    words_of(&showable(heading)).map(|word| width(word, HEAD_SIZE, Weight::Bold)).fold(0.0, f32::max)
}

fn rows(table: &Table) -> impl Iterator<Item = &Row> {
    table.rows.iter().chain(&table.total)
}

/// As much of a text as can matter for a width.
fn start(text: &str) -> String {
    showable(&text.chars().take(60).collect::<String>())
}

/// The width no column may exceed so that all fit.
fn cap(natural: &[f32], most: f32) -> f32 {
    let mut sorted = natural.to_vec();
    sorted.sort_by(f32::total_cmp);
    let mut left = most;
    for (index, width) in sorted.iter().enumerate() {
        let share = left / (sorted.len() - index) as f32;
        if *width > share {
            return share;
        }
        left -= width;
    }
    f32::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_columns_give_way_first() {
        assert_eq!(cap(&[10.0, 20.0, 100.0, 200.0], 130.0), 50.0);
        assert_eq!(cap(&[10.0, 20.0], 130.0), f32::MAX);
    }

    #[test]
    fn what_stands_right_of_the_decimal_point_is_distinguished() {
        let tails = ["€1,204.50", "−2.8%", "1,710", "n/a", "3m 20s", "U.S."].map(|text| tail(text, '.'));
        assert_eq!(tails, [".50", ".8%", "", "", "", ""]);
        let german = ["1.204,50\u{a0}€", "−2,8\u{a0}%", "1.710"].map(|text| tail(text, ','));
        assert_eq!(german, [",50\u{a0}€", ",8\u{a0}%", ""]);
    }
}
