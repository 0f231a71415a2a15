//! What templates are given of a chart: its words, its figures as a table, and room for drawings.

use super::{FigureView, Limits, figure, percent};
use crate::report::document::{Bar, Chart, Document, Plot, Series};
use crate::report::format::Locale;
use crate::report::render::chart::{axis_text, step};
use crate::report::render::words::{distinct, plain};
use rust_decimal::Decimal;
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct ChartView {
    pub id: String,
    pub title: String,
    pub alt: String,
    /// `lines`, `bars`, `funnel` or `heat`.
    pub plot: &'static str,
    /// Whether a bar extends to the left.
    pub has_negative: bool,
    /// Bars and stages with their figures; empty for lines and heat maps.
    pub bars: Vec<BarView>,
    /// The values of lines and heat maps; `None` for bars and stages.
    pub grid: Option<GridView>,
    /// The same drawing for narrow to wide screens; empty where the format does not show it.
    pub drawings: Vec<DrawingView>,
    /// Where a mail finds the drawing; `None` where there is no image.
    pub cid: Option<String>,
    /// Width and height of the shown image in pixels.
    pub width: u32,
    pub height: u32,
    #[serde(skip)]
    pub chart: Chart,
}

#[derive(Clone, Debug, Serialize)]
pub struct BarView {
    pub label: String,
    pub figure: FigureView,
    pub note: Option<String>,
    /// Length against the longest, 0 to 100.
    pub percent: u32,
    /// Whether the value is below zero: such bars extend to the left.
    pub negative: bool,
}

/// Values by row and column.
#[derive(Clone, Debug, Serialize)]
pub struct GridView {
    /// What a row is; `day`, `week` or `month` for lines.
    pub row: &'static str,
    pub columns: Vec<String>,
    pub rows: Vec<GridRowView>,
    /// The highest value in words.
    pub most: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct GridRowView {
    pub name: String,
    /// As it stands along an axis.
    pub short: String,
    pub cells: Vec<GridCellView>,
}

#[derive(Clone, Debug, Serialize)]
pub struct GridCellView {
    pub text: String,
    /// Exact and plain; empty where there is none.
    pub value: String,
}

/// A chart drawn for a class of screens.
#[derive(Clone, Debug, Serialize)]
pub struct DrawingView {
    /// `narrow`, `medium` or `wide`.
    pub name: &'static str,
    pub svg: String,
}

/// The plot that table cells cannot draw.
pub const WATERFALL: &str = "waterfall";

pub fn view(chart: &Chart, document: &Document, limits: Limits) -> ChartView {
    let (plot, bars) = match &chart.plot {
        Plot::Bars { bars } => ("bars", bars.as_slice()),
        Plot::Waterfall { bars } => (WATERFALL, bars.as_slice()),
        Plot::Funnel { stages } => ("funnel", stages.as_slice()),
        Plot::Lines { .. } => ("lines", [].as_slice()),
        Plot::Heat { .. } => ("heat", [].as_slice()),
    };
    let longest = bars.iter().filter_map(|bar| bar.figure.value).map(|value| value.abs()).max().unwrap_or_default();
    let names = distinct(bars.iter().map(|bar| bar.label.as_str()), limits.name_chars);
    let view = |(bar, label): (&Bar, String)| BarView {
        label,
        figure: figure(&bar.figure),
        note: bar.note.as_deref().map(plain),
        percent: bar.figure.value.and_then(|value| value.abs().checked_div(longest)).map_or(0, percent),
        negative: bar.figure.value.is_some_and(|value| value.is_sign_negative() && !value.is_zero()),
    };
    ChartView {
        id: chart.id.clone(),
        title: plain(&chart.title),
        alt: plain(&chart.alt),
        plot,
        has_negative: bars.iter().any(|bar| bar.figure.value.is_some_and(|value| value < Decimal::ZERO)),
        bars: bars.iter().zip(names).map(view).collect(),
        grid: grid(chart, document),
        drawings: Vec::new(),
        cid: None,
        width: 0,
        height: 0,
        chart: chart.clone(),
    }
}

fn grid(chart: &Chart, document: &Document) -> Option<GridView> {
    let locale = document.locale;
    let text = |value: Option<Decimal>| locale.value_text(value, chart.unit, document.currency);
    let cell = |value: Option<Decimal>| GridCellView {
        text: text(value),
        value: value.map(|value| value.normalize().to_string()).unwrap_or_default(),
    };
    let most = |values: &mut dyn Iterator<Item = Option<Decimal>>| text(values.flatten().max());
    match &chart.plot {
        Plot::Lines { dates, series } => {
            let step = step(dates);
            let value = |line: &Series, index: usize| line.values.get(index).copied().flatten();
            let rows = dates.iter().enumerate().map(|(index, date)| GridRowView {
                name: if step == "month" { locale.month_text(*date) } else { locale.date_text(*date) },
                short: axis_text(*date, step, locale),
                cells: series.iter().map(|line| cell(value(line, index))).collect(),
            });
            Some(GridView {
                row: step,
                columns: series.iter().map(|line| plain(&line.label)).collect(),
                rows: rows.collect(),
                most: most(&mut series.iter().flat_map(|line| line.values.iter().copied())),
            })
        }
        Plot::Heat { rows: names, columns, cells } => {
            let rows = names.iter().zip(cells).map(|(name, values)| GridRowView {
                name: plain(name),
                short: plain(name),
                cells: values.iter().map(|value| cell(*value)).collect(),
            });
            Some(GridView {
                row: "row",
                columns: columns.iter().map(|column| hour_text(column, locale)).collect(),
                rows: rows.collect(),
                most: most(&mut cells.iter().flatten().copied()),
            })
        }
        Plot::Bars { .. } | Plot::Waterfall { .. } | Plot::Funnel { .. } => None,
    }
}

/// A column of hours is drawn as `09` and written as `09:00`.
fn hour_text(column: &str, locale: Locale) -> String {
    let hour = column.parse().ok().filter(|_| column.len() == 2 && column.bytes().all(|byte| byte.is_ascii_digit()));
    hour.map_or_else(|| plain(column), |hour| locale.time_text(hour, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_line_is_listed_day_by_day_with_its_gap() {
        let document = sample::document();
        let trend = document.charts().find(|chart| matches!(chart.plot, Plot::Lines { .. })).expect("a line");
        let grid = view(trend, &document, Limits::NONE).grid.expect("its values");
        assert_eq!((grid.row, grid.rows.len(), grid.columns.len()), ("day", 28, 2));
        let gap = &grid.rows[9].cells[1];
        assert_eq!((gap.text.as_str(), gap.value.as_str()), ("n/a", ""));
        assert_eq!((grid.rows[27].name.as_str(), grid.rows[27].short.as_str()), ("Fri 20 Nov 2026", "20 Nov"));
    }
}
