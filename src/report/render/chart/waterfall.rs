//! How one level became another: the first and the last value stand as marks, what came between as bars
//! that each begin where the one before ended. The axis covers the levels only: measured from zero, a
//! month's changes of a large level could not be seen.

use super::bars::{ROW, SIZE, TALL_ROW, across_of, heading, labels};
use super::{Anchor, ColorRole, Drawing, Mark, NARROW};
use crate::report::document::Bar;
use crate::report::render::typeface::{Weight, fit};
use rust_decimal::prelude::ToPrimitive;

/// Of the first and last level.
const MARK_WIDTH: f32 = 4.0;

/// From where to where each bar reaches; the ends reach nowhere.
fn steps(bars: &[Bar]) -> Vec<(f64, f64)> {
    let mut level = 0.0;
    let last = bars.len().saturating_sub(1);
    let step = |(index, bar): (usize, &Bar)| {
        let value = bar.figure.value.and_then(|value| value.to_f64()).unwrap_or(0.0);
        let from = if index == 0 || index == last { value } else { level };
        level = if index == 0 || index == last { value } else { level + value };
        (from, level)
    };
    bars.iter().enumerate().map(step).collect()
}

pub fn draw(bars: &[Bar], width: f32) -> Drawing {
    let steps = steps(bars);
    let ends = || steps.iter().flat_map(|(from, to)| [*from, *to]);
    let (low, high) = (ends().fold(f64::INFINITY, f64::min), ends().fold(f64::NEG_INFINITY, f64::max));
    let span = if high > low { high - low } else { 1.0 };
    let is_narrow = width < NARROW;
    let row = if is_narrow { TALL_ROW } else { ROW };
    let names = labels(bars, width * 0.3);
    let texts: Vec<String> = bars.iter().map(|bar| fit(&bar.figure.text, width * 0.3, SIZE, Weight::Bold)).collect();
    let (left, across) = if is_narrow { (0.0, width - MARK_WIDTH) } else { across_of(&names, &texts, width) };
    let place = |value: f64| left + ((value - low) / span) as f32 * (across - MARK_WIDTH).max(0.0);
    // Of a row: where its bar begins, and how tall it is.
    let (inset, tall) = if is_narrow { (TALL_ROW - 18.0, 12.0) } else { (5.0, ROW - 10.0) };
    let mut marks = Vec::new();
    for (index, ((from, to), bar)) in steps.iter().zip(bars).enumerate() {
        let y = index as f32 * row;
        if is_narrow {
            marks.extend(heading(&bar.label, &bar.figure.text, y, width));
        } else {
            let text = |x, text: &str, anchor, bold| {
                let (y, text) = (y + ROW / 2.0 + SIZE * 0.36, text.to_owned());
                Mark::Text { x, y, text, size: SIZE, anchor, ink: ColorRole::Text, bold }
            };
            marks.push(text(left - 8.0, &names[index], Anchor::End, false));
            let end = place(from.max(*to)) + MARK_WIDTH;
            marks.push(text(end + 6.0, &texts[index], Anchor::Start, true));
        }
        let long = (place(*to) - place(*from)).abs().max(if from == to { MARK_WIDTH } else { 1.0 });
        let ink = if to < from { ColorRole::Compare } else { ColorRole::Accent };
        marks.push(Mark::Rect { x: place(from.min(*to)), y: y + inset, width: long, height: tall, ink });
        if index > 0 {
            let (x, above) = (place(*from), y - row + inset + tall);
            marks.push(Mark::Line { points: vec![(x, above), (x, y + inset)], ink: ColorRole::Muted, width: 0.8 });
        }
    }
    let breaks = if is_narrow { Vec::new() } else { (1..bars.len()).map(|at| at as f32 * row).collect() };
    Drawing { width, height: (bars.len() as f32 * row).max(row), marks, frame: None, breaks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::Plot;
    use crate::report::sample;
    use rust_decimal::{Decimal, dec};

    fn bars(values: &[Decimal]) -> Vec<Bar> {
        let document = sample::document();
        let found = document.charts().find_map(|chart| match &chart.plot {
            Plot::Bars { bars } => bars.first().cloned(),
            _ => None,
        });
        let bar = found.expect("a bar");
        values
            .iter()
            .map(|value| {
                let mut bar = bar.clone();
                bar.figure.value = Some(*value);
                bar
            })
            .collect()
    }

    fn rects(drawing: &Drawing) -> Vec<(f32, f32, ColorRole)> {
        let rect = |mark: &Mark| match mark {
            Mark::Rect { x, width, ink, .. } => Some((*x, x + width, *ink)),
            _ => None,
        };
        drawing.marks.iter().filter_map(rect).collect()
    }

    #[test]
    fn each_bar_begins_where_the_one_before_ended() {
        for width in [300.0, 584.0, 760.0] {
            let rects = rects(&draw(&bars(&[dec!(50000), dec!(1200), dec!(-700), dec!(50500)]), width));
            let [opening, gain, loss, closing] = rects[..] else { panic!("{rects:?}") };
            let near = |a: f32, b: f32| (a - b).abs() < 1.0;
            assert!(near(opening.0, gain.0) && near(gain.1, loss.1) && near(loss.0, closing.0), "{width}: {rects:?}");
            assert!(gain.1 - gain.0 > 90.0, "a change of a large level can be seen: {rects:?}");
            assert_eq!((gain.2, loss.2), (ColorRole::Accent, ColorRole::Compare));
        }
    }

    #[test]
    fn levels_alone_and_nothing_at_all_can_be_drawn() {
        for values in [&[][..], &[dec!(5)], &[dec!(5), dec!(5)], &[dec!(0), dec!(3), dec!(-3), dec!(0)]] {
            let drawing = draw(&bars(values), 584.0);
            assert!(rects(&drawing).iter().all(|(from, to, _)| from.is_finite() && to > from));
        }
    }
}
