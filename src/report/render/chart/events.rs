//! Known events on a line: a thin upright mark with its number above the plot, and a bar along its top for
//! as long as the event lasts.

use super::super::typeface::{Weight, width};
use super::{Anchor, ColorRole, Drawing, Frame, Mark};
use crate::report::document::EventMark;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::ops::Range;

/// The height of the line of numbers.
pub const LINE: f32 = 12.0;
const SIZE: f32 = 10.0;
/// Between two numbers.
const GAP: f32 = 3.0;

/// The events that begin at one point: that point, the last one that any of them reaches, and their numbers.
pub type Marked = (usize, usize, Vec<u32>);

/// Where marks stand. Events of one point share a mark that has all their numbers.
pub fn points(events: &[EventMark], dates: &[NaiveDate]) -> Vec<Marked> {
    let at = |date: NaiveDate| dates.iter().position(|own| *own == date);
    let mut marked: BTreeMap<usize, (usize, Vec<u32>)> = BTreeMap::new();
    for event in events {
        let (Some(from), Some(to)) = (at(event.from), at(event.to)) else { continue };
        let mark = marked.entry(from).or_insert_with(|| (to, Vec::new()));
        mark.0 = mark.0.max(to);
        mark.1.push(event.number);
    }
    marked.into_iter().map(|(from, (to, numbers))| (from, to, numbers)).collect()
}

/// The room that a text covers: left, right, top, bottom.
pub type Covered = (f32, f32, f32, f32);

/// Adds the marks; for each the marks it is made of and its points.
pub fn draw(
    marked: &[Marked],
    x_of: &dyn Fn(usize) -> f32,
    (top, bottom): (f32, f32),
    right: f32,
    marks: &mut Vec<Mark>,
) -> Vec<(Range<usize>, usize, usize)> {
    let mut groups = Vec::new();
    let mut free = 0.0_f32;
    for (from, to, numbers) in marked {
        let start = marks.len();
        let (x, end) = (x_of(*from), x_of(*to));
        marks.push(Mark::Line { points: vec![(x, top - 2.0), (x, bottom)], ink: ColorRole::Muted, width: 1.0 });
        if end > x {
            marks.push(Mark::Rect { x, y: top - 2.5, width: end - x, height: 2.0, ink: ColorRole::Muted });
        }
        let text = numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        let long = width(&text, SIZE, Weight::Bold);
        // Numbers of days that lie side by side stand one behind the other.
        let left = (x - long / 2.0).max(free).min(right - long / 2.0);
        free = left + long + GAP;
        marks.push(Mark::Text {
            x: left + long / 2.0,
            y: top - 5.0,
            text,
            size: SIZE,
            anchor: Anchor::Middle,
            ink: ColorRole::Text,
            bold: true,
        });
        groups.push((start..marks.len(), *from, *to));
    }
    groups
}

/// The room that the numbers cover.
pub fn rooms(drawing: &Drawing, frame: &Frame) -> Vec<Covered> {
    let marks = frame.events.iter().flat_map(|(marks, ..)| drawing.marks.get(marks.clone()).unwrap_or_default());
    let room = |mark: &Mark| match mark {
        Mark::Text { x, y, text, size, .. } => {
            let half = width(text, *size, Weight::Bold) / 2.0;
            Some((x - half, x + half, y - size, y + 2.0))
        }
        _ => None,
    };
    marks.filter_map(room).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{draw_printed, svg};
    use super::*;
    use crate::report::document::{Block, Document, Plot};
    use crate::report::look::Palette;
    use crate::report::sample;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn event(number: u32, from: &str, to: &str) -> EventMark {
        EventMark { number, from: day(from), to: day(to), text: format!("<b>{number}</b>") }
    }

    fn with(events: Vec<EventMark>) -> (Document, crate::report::document::Chart) {
        let mut document = sample::document();
        let blocks = document.sections.iter_mut().flat_map(|section| &mut section.blocks);
        let mut charts = blocks.filter_map(|block| match block {
            Block::Chart(chart) if matches!(chart.plot, Plot::Lines { .. }) => Some(chart),
            _ => None,
        });
        let chart = charts.next().expect("a line");
        chart.events = events;
        let chart = chart.clone();
        (document, chart)
    }

    /// grafana/grafana#53359: of two annotations at the same time only one was shown.
    #[test]
    fn events_of_one_day_share_a_mark_with_both_numbers() {
        let dates = [day("2026-11-11"), day("2026-11-12"), day("2026-11-13")];
        let events = [event(1, "2026-11-12", "2026-11-12"), event(2, "2026-11-12", "2026-11-13")];
        assert_eq!(points(&events, &dates), [(1, 2, vec![1, 2])]);
    }

    /// grafana/grafana#61010: where annotations overlapped, the longer one was not shown to its end.
    #[test]
    fn events_that_overlap_are_each_shown_to_their_end() {
        let dates: Vec<NaiveDate> = (10..20).map(|of| day(&format!("2026-11-{of}"))).collect();
        let events = [event(1, "2026-11-10", "2026-11-18"), event(2, "2026-11-12", "2026-11-13")];
        let mut marks = Vec::new();
        let groups = draw(&points(&events, &dates), &|at| at as f32 * 10.0, (20.0, 100.0), 100.0, &mut marks);
        assert_eq!(groups.iter().map(|(_, from, to)| (*from, *to)).collect::<Vec<_>>(), [(0, 8), (2, 3)]);
        let bars: Vec<f32> = marks
            .iter()
            .filter_map(|mark| if let Mark::Rect { width, .. } = mark { Some(*width) } else { None })
            .collect();
        assert_eq!(bars, [80.0, 10.0]);
    }

    #[test]
    fn numbers_of_neighbouring_days_do_not_touch_and_none_leaves_the_drawing() {
        let events: Vec<EventMark> =
            (1..=6).map(|n| event(n, &format!("2026-11-{}", 14 + n), &format!("2026-11-{}", 14 + n))).collect();
        let (document, chart) = with(events);
        for width in [300.0, 584.0, 760.0] {
            let drawing = draw_printed(&chart, &document, width);
            let frame = drawing.frame.clone().expect("a frame");
            let rooms = rooms(&drawing, &frame);
            assert_eq!(rooms.len(), 6);
            assert!(rooms.windows(2).all(|pair| pair[0].1 < pair[1].0), "{width}: {rooms:?}");
            assert!(rooms.iter().all(|room| room.0 >= 0.0 && room.1 <= width && room.2 >= 0.0), "{width}: {rooms:?}");
            let picture = svg(&drawing, &chart.alt, &Palette::default());
            assert_eq!(picture.matches("<g class=\"event p").count(), 6);
            assert_eq!(picture.matches("<g ").count(), picture.matches("</g>").count());
            assert!(!picture.contains("<b>"), "the text of an event is no part of the drawing");
        }
    }

    #[test]
    fn a_chart_without_events_is_drawn_as_ever() {
        let (document, chart) = with(Vec::new());
        let drawing = draw_printed(&chart, &document, 584.0);
        assert_eq!(drawing.frame.as_ref().expect("a frame").top, 12.0);
        assert!(!svg(&drawing, "", &Palette::default()).contains("class=\"event"));
        assert!(!serde_json::to_string(&document).expect("JSON").contains("\"events\""));
    }
}
