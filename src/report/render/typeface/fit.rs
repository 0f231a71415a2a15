//! Lines that fit: what is too long is cut in its middle, because names differ at both ends.

use super::fonts::Weight;
use super::shape::width;
use super::showable::showable;
use unicode_segmentation::UnicodeSegmentation;

/// No line is wider than a page: of a text far longer than that only the ends are looked at.
const ENDS: usize = 200;

/// A showable text cut in its middle with an ellipsis so that it fits.
pub fn fit(text: &str, most: f32, size: f32, weight: Weight) -> String {
    cut_middle(&showable(&ends(text)), most, size, weight)
}

/// The beginning and the end of a long text.
pub fn ends(text: &str) -> std::borrow::Cow<'_, str> {
    if text.len() <= 4 * ENDS {
        return text.into();
    }
    let nth = |at: Option<(usize, char)>| at.map(|(at, _)| at);
    match (nth(text.char_indices().nth(ENDS)), nth(text.char_indices().rev().nth(ENDS))) {
        (Some(head), Some(tail)) if head < tail => format!("{}…{}", &text[..head], &text[tail..]).into(),
        _ => text.into(),
    }
}

/// Cuts a showable text.
pub fn cut_middle(text: &str, most: f32, size: f32, weight: Weight) -> String {
    if width(text, size, weight) <= most {
        return text.to_owned();
    }
    let clusters: Vec<&str> = text.graphemes(true).collect();
    let shown = |kept: usize| {
        // A little more of the beginning, by which a name is known.
        let head = (kept * 3).div_ceil(5);
        let (begin, end) = (clusters[..head].concat(), clusters[clusters.len() - (kept - head)..].concat());
        format!("{}…{}", begin.trim_end_matches([' ', '…']), end.trim_start_matches([' ', '…']))
    };
    let fits = |kept: usize| width(&shown(kept), size, weight) <= most;
    shown(longest(clusters.len().saturating_sub(1), fits))
}

/// The end of a showable text after an ellipsis.
pub fn cut_start(text: &str, most: f32, size: f32, weight: Weight) -> String {
    let clusters: Vec<&str> = text.graphemes(true).collect();
    let shown = |kept: usize| format!("…{}", clusters[clusters.len() - kept..].concat().trim_start_matches([' ', '…']));
    shown(longest(clusters.len(), |kept| width(&shown(kept), size, weight) <= most))
}

/// The beginning of a showable text before an ellipsis, which stands even where all would fit.
pub fn cut_end(text: &str, most: f32, size: f32, weight: Weight) -> String {
    let clusters: Vec<&str> = text.graphemes(true).collect();
    let shown = |kept: usize| format!("{}…", clusters[..kept].concat().trim_end_matches([' ', '…']));
    shown(longest(clusters.len(), |kept| width(&shown(kept), size, weight) <= most))
}

/// The highest number up to `most` that fits; 0 if none does.
pub fn longest(most: usize, fits: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = (low + high).div_ceil(2);
        if fits(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fitted_text_fits() {
        let long = "x".repeat(10_000);
        let cut = fit(&long, 100.0, 9.0, Weight::Regular);
        assert!(cut.contains('…') && width(&cut, 9.0, Weight::Regular) <= 100.0, "{cut}");
    }

    #[test]
    fn a_long_name_keeps_both_ends() {
        let name = "EU | Prospecting | Lookalike 1% | Video 15s | Retarget v2";
        assert_eq!(fit(name, 130.0, 9.0, Weight::Regular), "EU | Prospecting…Retarget v2");
        assert_eq!(cut_start(name, 60.0, 9.0, Weight::Regular), "…Retarget v2");
        assert_eq!(cut_end("one two three", 30.0, 9.0, Weight::Regular), "one t…");
    }

    /// askama-rs/askama#183, d12frosted/vui.el#140: half a letter was left.
    #[test]
    fn no_cluster_is_cut_apart() {
        let name = "क्षत्रिय".repeat(40);
        let whole: Vec<&str> = name.graphemes(true).collect();
        let cut = fit(&name, 90.0, 9.0, Weight::Regular);
        assert!(cut.graphemes(true).filter(|cluster| *cluster != "…").all(|cluster| whole.contains(&cluster)), "{cut}");
    }
}
