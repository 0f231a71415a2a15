//! Charts as a short list of marks, which HTML and mail show as SVG or PNG and PDF as vectors. Drawn
//! here because no crate at hand labels lines directly and keeps axis steps round.

mod bars;
mod events;
mod funnel;
mod heat;
mod lines;
mod outlines;
mod scale;
mod shapes;
mod svg;
mod values;
mod waterfall;

pub use lines::{axis_text, step};
pub use svg::{ChartError, png, svg};

use crate::report::document::{Chart, Document, Plot};
use crate::report::look::{Palette, Rgb8, palette};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::ops::Range;

/// What a mark is for; decides its colour everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorRole {
    Accent,
    Compare,
    Grid,
    Text,
    Muted,
    /// A shade of the accent, from 0 (nothing) to 5 (the most).
    Heat(u8),
}

impl ColorRole {
    /// Colour on white paper; readable in grey print and for colour-blind eyes.
    pub fn color(self, palette: &Palette) -> Rgb8 {
        match self {
            Self::Accent => palette.accent,
            Self::Compare => palette::COMPARE,
            Self::Grid => palette::GRID,
            Self::Text => palette::TEXT,
            Self::Muted => palette::MUTED,
            Self::Heat(shade) => palette.heat[usize::from(shade).min(palette.heat.len() - 1)],
        }
    }

    /// The class by which a page may colour it anew.
    pub fn class(self) -> &'static str {
        match self {
            Self::Accent => "dbk-accent",
            Self::Compare => "dbk-compare",
            Self::Grid => "dbk-grid",
            Self::Text => "dbk-text",
            Self::Muted => "dbk-muted",
            Self::Heat(0) => "dbk-heat dbk-heat-0",
            Self::Heat(1) => "dbk-heat dbk-heat-1",
            Self::Heat(2) => "dbk-heat dbk-heat-2",
            Self::Heat(3) => "dbk-heat dbk-heat-3",
            Self::Heat(4) => "dbk-heat dbk-heat-4",
            Self::Heat(_) => "dbk-heat dbk-heat-5",
        }
    }
}

/// Where a text stands relative to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// Something drawn; the origin is the upper left, y grows downwards, units are CSS pixels.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    Line {
        points: Vec<(f32, f32)>,
        ink: ColorRole,
        width: f32,
    },
    Rect {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        ink: ColorRole,
    },
    Dot {
        x: f32,
        y: f32,
        radius: f32,
        ink: ColorRole,
    },
    /// `y` is the baseline.
    Text {
        x: f32,
        y: f32,
        text: String,
        size: f32,
        anchor: Anchor,
        ink: ColorRole,
        bold: bool,
    },
}

/// A finished chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    pub width: f32,
    pub height: f32,
    pub marks: Vec<Mark>,
    /// For charts with a time axis.
    pub frame: Option<Frame>,
    /// Where the drawing may be parted to go on on another page, from the top.
    pub breaks: Vec<f32>,
}

impl Drawing {
    /// What stands between two of its breaks.
    pub fn part(&self, from: f32, to: f32) -> Self {
        let inside = |y: f32| y >= from && y < to;
        let moved = |mark: &Mark| -> Option<Mark> {
            let mut mark = mark.clone();
            let stays = match &mut mark {
                Mark::Line { points, .. } => {
                    let reaches = points.iter().any(|(_, y)| *y >= from) && points.iter().any(|(_, y)| *y <= to);
                    points.iter_mut().for_each(|(_, y)| *y = y.clamp(from, to) - from);
                    reaches
                }
                Mark::Rect { y, .. } | Mark::Dot { y, .. } | Mark::Text { y, .. } => {
                    let stays = inside(*y);
                    *y -= from;
                    stays
                }
            };
            stays.then_some(mark)
        };
        let marks = self.marks.iter().filter_map(moved).collect();
        Self { width: self.width, height: to - from, marks, frame: None, breaks: Vec::new() }
    }
}

/// Where the values of a chart with a time axis lie, so that a page can draw other days of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// The x of the first day, and from there to the last.
    pub left: f32,
    pub across: f32,
    /// The y of the axis's highest and lowest value, and these values.
    pub top: f32,
    pub bottom: f32,
    pub high: f64,
    pub low: f64,
    /// The marks of each series, in the order of the chart's series.
    pub series: Vec<Range<usize>>,
    /// The names of days along the axis.
    pub days: Range<usize>,
    /// The marks of known events, each with the points that hold its first and its last day.
    pub events: Vec<(Range<usize>, usize, usize)>,
}

/// Below this width labels stand above what they name, not beside it.
const NARROW: f32 = 400.0;

/// Draws a chart of a document `width` pixels wide; its height follows from what it shows.
pub fn draw(chart: &Chart, document: &Document, width: f32) -> Drawing {
    match &chart.plot {
        Plot::Lines { dates, series } => lines::draw(dates, series, chart, document, width),
        Plot::Bars { bars } => bars::draw(bars, width),
        Plot::Waterfall { bars } => waterfall::draw(bars, width),
        Plot::Funnel { stages } => funnel::draw(stages, width),
        Plot::Heat { rows, columns, cells } => heat::draw(rows, columns, cells, width),
    }
}

/// A chart for paper and pictures, where no pointer asks for a value: with its last, highest and lowest
/// values, and what its shades mean.
pub fn draw_printed(chart: &Chart, document: &Document, width: f32) -> Drawing {
    let mut drawing = draw(chart, document, width);
    match &chart.plot {
        Plot::Lines { series, .. } => values::write(&mut drawing, series, chart.unit, document),
        Plot::Heat { cells, .. } => heat::explain(&mut drawing, cells, chart.unit, document),
        Plot::Bars { .. } | Plot::Waterfall { .. } | Plot::Funnel { .. } => {}
    }
    drawing
}

/// The small line of a card: no axis, the last day marked.
pub fn spark(values: &[Option<Decimal>], width: f32, height: f32) -> Drawing {
    let values: Vec<Option<f64>> = values.iter().map(|value| value.and_then(|value| value.to_f64())).collect();
    let known = || values.iter().flatten().copied();
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let mut marks = Vec::new();
    if known().count() > 1 {
        let step = (width - 6.0) / (values.len() - 1) as f32;
        let spread = if high > low { high - low } else { 1.0 };
        let place = |index: usize, value: f64| {
            (3.0 + index as f32 * step, height - 3.0 - ((value - low) / spread) as f32 * (height - 6.0))
        };
        for points in segments(&values, &place) {
            marks.push(Mark::Line { points, ink: ColorRole::Compare, width: 1.2 });
        }
        if let Some(Some(last)) = values.last() {
            let (x, y) = place(values.len() - 1, *last);
            marks.push(Mark::Dot { x, y, radius: 2.2, ink: ColorRole::Accent });
        }
    }
    Drawing { width, height, marks, frame: None, breaks: Vec::new() }
}

/// The room a text may need: a page shows charts in the reader's own typeface, which may be wider
/// than ours.
fn room(text: &str, size: f32, weight: super::typeface::Weight) -> f32 {
    super::typeface::width(text, size, weight) * 1.18
}

/// Unbroken runs of known values; a lone one becomes a short dash.
fn segments(values: &[Option<f64>], place: &dyn Fn(usize, f64) -> (f32, f32)) -> Vec<Vec<(f32, f32)>> {
    let mut runs = Vec::new();
    let mut run: Vec<(f32, f32)> = Vec::new();
    for (index, value) in values.iter().enumerate() {
        match value {
            Some(value) => run.push(place(index, *value)),
            None => runs.push(std::mem::take(&mut run)),
        }
    }
    runs.push(run);
    for run in &mut runs {
        if let [(x, y)] = run[..] {
            *run = vec![(x - 1.0, y), (x + 1.0, y)];
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn no_mark_leaves_its_drawing_and_every_chart_of_the_sample_has_some() {
        let document = sample::document();
        let widths = [300.0, 480.0, 640.0, 760.0];
        for (chart, width) in document.charts().flat_map(|chart| widths.map(|width| (chart, width))) {
            let drawing = draw_printed(chart, &document, width);
            assert!(drawing.marks.len() > 3, "{}", chart.id);
            for mark in &drawing.marks {
                let (low, high) = match mark {
                    Mark::Text { x, text, size, anchor, bold, .. } => {
                        let weight = if *bold {
                            super::super::typeface::Weight::Bold
                        } else {
                            super::super::typeface::Weight::Regular
                        };
                        let wide = super::super::typeface::width(text, *size, weight);
                        match anchor {
                            Anchor::Start => (*x, x + wide),
                            Anchor::Middle => (x - wide / 2.0, x + wide / 2.0),
                            Anchor::End => (x - wide, *x),
                        }
                    }
                    Mark::Rect { x, width, .. } => (*x, x + width),
                    Mark::Dot { x, radius, .. } => (x - radius, x + radius),
                    Mark::Line { points, .. } => {
                        points.iter().fold((f32::MAX, f32::MIN), |(l, h), (x, _)| (l.min(*x), h.max(*x)))
                    }
                };
                assert!(low >= -0.5 && high <= drawing.width + 0.5, "{} at {width}: {mark:?}", chart.id);
            }
            assert!(png(&drawing, 2.0, &Palette::default()).is_ok());
        }
    }
}
