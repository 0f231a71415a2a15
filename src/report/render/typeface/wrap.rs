//! Text broken into lines.

use super::fit::{cut_end, cut_middle, longest};
use super::fonts::Weight;
use super::letters::is_wide;
use super::shape::{reads_from_right, width};
use super::showable::showable;
use unicode_segmentation::UnicodeSegmentation;

/// A word that is longer is cut in its middle.
const WORD_LINES: usize = 3;

/// A showable text broken into lines no wider than `most`. A word that is too long is broken, and text
/// without spaces breaks between Chinese, Japanese, Korean or Thai letters.
pub fn wrap(text: &str, most: f32, size: f32, weight: Weight) -> Vec<String> {
    let text = showable(text);
    let from_right = reads_from_right(&text).unwrap_or(false);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let words = words(&text).into_iter().flat_map(|(gap, word)| broken(gap, word, most, size, weight));
    for (gap, word) in words {
        let longer = if line.is_empty() { word.clone() } else { format!("{line}{gap}{word}") };
        if width(&longer, size, weight) <= most {
            line = longer;
        } else {
            lines.push(std::mem::replace(&mut line, word));
        }
    }
    lines.push(line);
    for line in &mut lines {
        direct(line, from_right);
    }
    lines
}

/// A line by itself would run as its own letters do: says so where its paragraph runs otherwise.
pub fn direct(line: &mut String, from_right: bool) {
    let alone = reads_from_right(line).unwrap_or(false);
    if alone != from_right && !line.is_ascii() | from_right {
        line.insert(0, if from_right { '\u{200f}' } else { '\u{200e}' });
    }
}

/// At most so many lines; the last says with an ellipsis that there was more.
pub fn wrap_most(text: &str, most: f32, size: f32, weight: Weight, lines: usize) -> Vec<String> {
    let mut all = wrap(text, most, size, weight);
    if all.len() > lines {
        all.truncate(lines);
        if let Some(last) = all.last_mut() {
            *last = cut_end(last, most, size, weight);
        }
    }
    all
}

/// A word in parts of a line each, broken after a sign that joins words where there is one.
fn broken(gap: &'static str, word: String, most: f32, size: f32, weight: Weight) -> Vec<(&'static str, String)> {
    if width(&word, size, weight) <= most {
        return vec![(gap, word)];
    }
    let word = cut_middle(&word, most * (WORD_LINES as f32 - 0.5), size, weight);
    let clusters: Vec<&str> = word.graphemes(true).collect();
    let mut parts = Vec::new();
    let mut start = 0;
    while start < clusters.len() {
        let fits = |count: usize| width(&clusters[start..start + count].concat(), size, weight) <= most;
        let count = longest(clusters.len() - start, fits).max(1);
        let rest = start + count < clusters.len();
        let joint = clusters[start..start + count].iter().rposition(|cluster| "_-/|.:&=+".contains(cluster));
        let count = joint.filter(|joint| rest && *joint * 2 > count).map_or(count, |joint| joint + 1);
        let part = clusters[start..start + count].concat();
        // Not even one letter fits a line as narrow as this.
        let part = if width(&part, size, weight) > most { "…".to_owned() } else { part };
        parts.push((if start == 0 { gap } else { "" }, part));
        start += count;
    }
    parts
}

/// What may stand on a line of its own, with what stands before it on the same line.
fn words(text: &str) -> Vec<(&'static str, String)> {
    let mut words: Vec<(&'static str, String)> = Vec::new();
    for spaced in crate::report::render::words::words(text) {
        if spaced.is_ascii() {
            words.push((" ", spaced.to_owned()));
            continue;
        }
        let mut gap = " ";
        let mut before: Option<char> = None;
        for cluster in spaced.graphemes(true) {
            let Some(letter) = cluster.chars().next() else { continue };
            let breaks = before.is_none_or(|before| may_part(before, letter));
            match words.last_mut().filter(|_| !breaks) {
                Some((_, word)) => word.push_str(cluster),
                None => words.push((std::mem::take(&mut gap), cluster.to_owned())),
            }
            before = Some(letter);
        }
    }
    words
}

/// Whether a line may end between two letters within a word. Thai and Lao, which put no spaces between
/// words, break between any two syllables: at times within a word, but never within a letter.
fn may_part(before: char, letter: char) -> bool {
    if closes(letter) {
        return false;
    }
    let unspaced = |letter: char| matches!(letter, '\u{e01}'..='\u{edf}' | '\u{1780}'..='\u{17ff}');
    let leads = matches!(before, '\u{e40}'..='\u{e44}' | '\u{ec0}'..='\u{ec4}');
    is_wide(before) || is_wide(letter) || unspaced(before) && unspaced(letter) && !leads && !follows(letter)
}

/// Thai and Lao vowels and signs that follow their letter.
fn follows(letter: char) -> bool {
    matches!(letter, '\u{e2f}'..='\u{e33}' | '\u{e45}' | '\u{e46}' | '\u{eaf}'..='\u{eb3}' | '\u{ebd}' | '\u{ec6}')
}

/// Marks that no line begins with.
fn closes(letter: char) -> bool {
    matches!(letter, '、' | '。' | '，' | '．' | '」' | '』' | '】' | '）' | '！' | '？' | '：' | '；' | 'ー')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_too_wide_and_long_words_are_broken() {
        let long = "x".repeat(10_000);
        let lines = wrap(&format!("{long} two words"), 60.0, 9.0, Weight::Bold);
        assert!(lines.iter().all(|line| width(line, 9.0, Weight::Bold) <= 60.0), "{lines:?}");
        assert_eq!(
            wrap("utm_source_newsletter_spring", 60.0, 9.0, Weight::Regular),
            ["utm_source_", "newsletter_", "spring"]
        );
    }

    #[test]
    fn chinese_breaks_between_letters_and_what_is_left_out_is_reported() {
        let lines = wrap("春季促销活动。新客户", 45.0, 9.0, Weight::Regular);
        assert_eq!(lines, ["春季促销活", "动。新客户"]);
        assert_eq!(wrap_most("one two three", 30.0, 9.0, Weight::Regular, 2), ["one", "two…"]);
    }

    /// py-pdf/fpdf2#1190: Thai has no spaces to break at. w3c/sealreq#45: its sign of repetition begins no line.
    #[test]
    fn thai_breaks_without_parting_a_vowel_from_its_letter() {
        let lines = wrap("แคมเปญฤดูใบไม้ผลิลดราคา", 50.0, 9.0, Weight::Regular);
        assert_eq!(lines.concat(), "แคมเปญฤดูใบไม้ผลิลดราคา");
        assert!(lines.len() > 1 && lines.iter().all(|line| width(line, 9.0, Weight::Regular) <= 50.0), "{lines:?}");
        assert!(lines.iter().all(|line| !line.ends_with(['เ', 'แ', 'โ', 'ใ', 'ไ'])), "{lines:?}");
        let lines = wrap(&"ทุกๆ".repeat(9), 40.0, 9.0, Weight::Regular);
        assert!(lines.len() > 1 && lines.iter().all(|line| !line.starts_with('ๆ')), "{lines:?}");
    }

    #[test]
    fn a_line_of_a_paragraph_runs_as_its_paragraph_does() {
        let lines = wrap("קמפיין האביב שלנו Facebook Ads ועוד", 60.0, 9.0, Weight::Regular);
        assert_eq!(lines, ["קמפיין האביב", "שלנו Facebook", "\u{200f}Ads ועוד"]);
    }

    #[test]
    fn an_amount_stays_with_its_currency() {
        let lines = wrap("cost 1.204,50\u{a0}€ more", 60.0, 9.0, Weight::Regular);
        assert_eq!(lines, ["cost", "1.204,50\u{a0}€", "more"]);
        assert_eq!(showable("1\u{a0}204"), "1\u{a0}204");
    }
}
