//! Names given by others, in little room: cut in their middle, and never two of them alike.

use super::fit::{cut_middle, cut_start, ends};
use super::fonts::Weight;
use super::letters::looks;
use super::shape::reads_from_right;
use super::showable::{self, showable};
use super::wrap::{direct, wrap};
use std::collections::{BTreeMap, BTreeSet};
use unicode_segmentation::UnicodeSegmentation;

/// The room for a name.
#[derive(Clone, Copy, Debug)]
struct Room {
    most: f32,
    size: f32,
    weight: Weight,
    lines: usize,
}

/// A name on at most so many lines; one that is too long loses its middle, so that the last line shows
/// how it ends.
pub fn name_lines(name: &str, most: f32, size: f32, weight: Weight, lines: usize) -> Vec<String> {
    fitted(name, Room { most, size, weight, lines })
}

/// The lines of each name. Two different names are never printed alike: what they share gives way to
/// what distinguishes them, and where that does not help they are numbered.
pub fn names(all: &[&str], most: f32, size: f32, weight: Weight, lines: usize) -> Vec<Vec<String>> {
    let room = Room { most, size, weight, lines };
    let mut shown: Vec<Vec<String>> = all.iter().map(|name| fitted(name, room)).collect();
    for tell in [with_emoji, from_difference] {
        for group in alike(all, &shown) {
            let different: Vec<&str> = group.iter().map(|at| all[*at]).collect();
            for at in &group {
                shown[*at] = tell(all[*at], &different, room);
            }
        }
    }
    // Numbers may happen to make a name that is there; the next round sees to it.
    for _ in 0..4 {
        for group in alike(all, &shown) {
            let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
            for at in &group {
                let next = numbers.len() + 1;
                let number = *numbers.entry(all[*at]).or_insert(next);
                shown[*at] = numbered(&shown[*at], number, room);
            }
        }
    }
    shown
}

/// Groups of different names that are printed alike.
fn alike(all: &[&str], shown: &[Vec<String>]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, lines) in shown.iter().enumerate() {
        groups.entry(looks(&lines.join("\n"))).or_default().push(at);
    }
    let differ = |group: &Vec<usize>| group.iter().map(|at| all[*at]).collect::<BTreeSet<_>>().len() > 1;
    groups.into_values().filter(differ).collect()
}

fn fitted(name: &str, room: Room) -> Vec<String> {
    let Room { most, size, weight, lines } = room;
    let text = showable(&ends(name));
    let mut all = wrap(&text, most, size, weight);
    if all.len() > lines {
        all.truncate(lines);
        let last = if lines > 1 { cut_start(&text, most, size, weight) } else { cut_middle(&text, most, size, weight) };
        all[lines - 1] = last;
        direct(&mut all[lines - 1], reads_from_right(&text).unwrap_or(false));
    }
    all
}

fn with_emoji(name: &str, _: &[&str], room: Room) -> Vec<String> {
    fitted(&showable::told(&ends(name)).unwrap_or_else(|| name.to_owned()), room)
}

/// The name from shortly before where it differs from the others on.
fn from_difference(name: &str, others: &[&str], room: Room) -> Vec<String> {
    let is_other = |other: &&&str| **other != name;
    let shared = others.iter().filter(is_other).map(|other| common(name, other)).max().unwrap_or_default();
    let start = name[..shared].grapheme_indices(true).rev().nth(2).map_or(0, |(at, _)| at);
    if start == 0 {
        return fitted(name, room);
    }
    let begin: String = name.graphemes(true).take(8).collect();
    let begin = if begin.len() < start { begin.trim_end() } else { "" };
    fitted(&format!("{begin}…{}", &name[start..]), room)
}

/// How many bytes two names share at their beginning.
fn common(name: &str, other: &str) -> usize {
    let pairs = name.graphemes(true).zip(other.graphemes(true));
    pairs.take_while(|(a, b)| a == b).map(|(a, _)| a.len()).sum()
}

fn numbered(shown: &[String], number: usize, room: Room) -> Vec<String> {
    let mut lines = shown.to_vec();
    if let Some(last) = lines.last_mut() {
        let mark = format!(" ({number})");
        let left = room.most - super::width(&mark, room.size, room.weight);
        *last = format!("{}{mark}", cut_middle(last, left, room.size, room.weight));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(names: &[&str]) -> Vec<String> {
        let lines = super::names(names, 120.0, 9.0, Weight::Regular, 2);
        lines.iter().map(|lines| lines.join(" / ")).collect()
    }

    #[test]
    fn a_long_name_keeps_its_end_on_the_last_line() {
        let found = shown(&["Prospecting Europe Lookalike 1% Video 15s Landingpage B Retarget v2"]);
        assert_eq!(found, ["Prospecting Europe / …Landingpage B Retarget v2"]);
    }

    /// elastic/elastic-charts#1925: names that differ in their middle alone.
    #[test]
    fn names_that_differ_in_their_middle_are_distinguished() {
        let name =
            |middle: &str| format!("Prospecting Europe Lookalike Audience {middle} Purchasers Landingpage Version 2");
        let names = [name("One Percent"), name("Two Percent"), name("Three Percent")];
        let found = shown(&names.each_ref().map(String::as_str));
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 3, "{found:?}");
        assert!(found[1].contains("Two"), "{found:?}");
    }

    #[test]
    fn names_without_a_font_and_names_that_differ_in_an_emoji_are_distinguished() {
        assert_eq!(
            shown(&["ሰላም", "ወርቅ ", "Sale 🔥", "Sale 🎉", "Sale"]),
            ["ሰላም (1)", "ወርቅ (2)", "Sale (fire)", "Sale (party popper)", "Sale"]
        );
    }

    #[test]
    fn the_same_name_twice_stays_the_same() {
        assert_eq!(shown(&["Spring", "Spring"]), ["Spring", "Spring"]);
    }

    #[test]
    fn a_hundred_names_alike_are_a_hundred_names() {
        let long = "x".repeat(400);
        let names: Vec<String> = (0..100).map(|n| format!("{long}{n}{long}")).collect();
        let found = shown(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 100);
    }
}
