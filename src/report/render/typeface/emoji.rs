//! Emoji, which no embedded font has: which letters they are, and their names in words.

use super::fonts::Weight;
use super::letters::letter;
use unicode_segmentation::UnicodeSegmentation;

/// Whether a cluster of letters is an emoji that cannot be shown. A sign that is also an ordinary
/// letter, such as © or a digit in a keycap, can.
pub fn is_left_out(cluster: &str) -> bool {
    let Some(first) = cluster.chars().next() else { return false };
    letter(first, Weight::Regular).missing && (is_pictograph(first) || emojis::get(cluster).is_some())
}

/// Emoji newer than the list of names are recognised by their block.
fn is_pictograph(letter: char) -> bool {
    matches!(letter, '\u{1f000}'..='\u{1faff}')
}

/// The names of a text's emoji, e.g. `rocket, party popper`.
pub fn in_words(text: &str) -> String {
    const MOST: usize = 6;
    let emoji = || text.graphemes(true).filter(|cluster| is_left_out(cluster));
    let name = |cluster: &str| {
        let plain = cluster.trim_end_matches('\u{fe0f}');
        emojis::get(cluster).or_else(|| emojis::get(plain)).map_or("emoji", |emoji| emoji.name()).to_owned()
    };
    let mut names: Vec<String> = emoji().take(MOST).map(name).collect();
    if emoji().nth(MOST).is_some() {
        names.push("…".to_owned());
    }
    names.join(", ")
}
