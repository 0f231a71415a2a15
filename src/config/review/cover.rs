//! Whether one regular expression takes every text that another takes: decided, not guessed, by walking
//! both automata at once.

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start::Config;
use regex_automata::util::syntax;
use regex_automata::{Anchored, nfa::thompson};
use std::collections::HashSet;

/// Larger automata are not looked at: nothing is reported of their rules.
const LARGEST: usize = 1 << 20;
/// At most so many pairs of states are visited.
const MOST_PAIRS: usize = 200_000;

/// The texts that a condition takes as a whole.
pub struct Language(dense::DFA<Vec<u32>>);

impl Language {
    /// `None` where the pattern is too large, or asks for something that automata cannot decide.
    pub fn new(pattern: &str) -> Option<Self> {
        let config = dense::Config::new()
            .start_kind(StartKind::Anchored)
            .dfa_size_limit(Some(LARGEST))
            .determinize_size_limit(Some(4 * LARGEST));
        dense::Builder::new()
            .configure(config)
            .syntax(syntax::Config::new())
            .thompson(thompson::Config::new().nfa_size_limit(Some(LARGEST)))
            .build(&format!("^(?:{pattern})$"))
            .ok()
            .map(Self)
    }

    /// Every text on one line.
    pub fn everything() -> Option<Self> {
        Self::new(".*")
    }

    /// Whether each text that `other` takes is taken here as well; `None` where that would take too long.
    pub fn takes_all_of(&self, other: &Self) -> Option<bool> {
        let start = |dfa: &dense::DFA<Vec<u32>>| dfa.start_state(&Config::new().anchored(Anchored::Yes)).ok();
        let (mine, theirs) = (&self.0, &other.0);
        let mut waiting = vec![(start(mine)?, start(theirs)?)];
        let mut seen: HashSet<(StateID, StateID)> = waiting.iter().copied().collect();
        let ends = |dfa: &dense::DFA<Vec<u32>>, state| dfa.is_match_state(dfa.next_eoi_state(state));
        while let Some((mine_at, theirs_at)) = waiting.pop() {
            if mine.is_quit_state(mine_at) || theirs.is_quit_state(theirs_at) {
                return None;
            }
            if ends(theirs, theirs_at) && !ends(mine, mine_at) {
                return Some(false);
            }
            for byte in 0..=u8::MAX {
                let next = (mine.next_state(mine_at, byte), theirs.next_state(theirs_at, byte));
                // What the other can no longer take need not be followed.
                if !theirs.is_dead_state(next.1) && seen.insert(next) {
                    waiting.push(next);
                }
            }
            if seen.len() > MOST_PAIRS {
                return None;
            }
        }
        Some(true)
    }

    /// Whether no text is taken.
    pub fn is_empty(&self) -> bool {
        // A class without members.
        Self::new("[a&&b]").and_then(|nothing| nothing.takes_all_of(self)) == Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(one: &str, other: &str) -> Option<bool> {
        Language::new(one)?.takes_all_of(&Language::new(other)?)
    }

    #[test]
    fn one_pattern_takes_another_exactly_when_each_text_of_it_fits() {
        for (one, other, expected) in [
            (".*", "google|bing", true),
            ("google|bing", "google", true),
            ("google", "google|bing", false),
            ("google.*", "google\\.com", true),
            ("google\\..*", "google", false),
            (".*cp.*|ppc", "cpc|cpm|ppc", true),
            (".*cp.*", "cpa?|c.p", false),
            ("[a-z]+", "[a-f]{2,5}", true),
            ("[a-z]+", "[a-f0]{2,5}", false),
            (".+", ".*", false),
            (".*", "", true),
            ("(a|b)*", "(a*b*)*", true),
            ("e[-_ ]?mail", "e-mail|email|e_mail", true),
            (".*", "zürich|köln", true),
            ("z.rich", "zürich", true),
        ] {
            assert_eq!(takes(one, other), Some(expected), "{one} of {other}");
        }
    }

    #[test]
    fn what_automata_cannot_decide_is_left_open() {
        // Word boundaries of all scripts.
        assert_eq!(takes(r".*\bads\b.*", "ads").or(Some(true)), Some(true));
        assert!(Language::new("a{1000}{1000}").is_none());
    }

    #[test]
    fn a_pattern_that_takes_nothing_is_known() {
        assert!(Language::new("a^b").is_some_and(|language| language.is_empty()));
        assert!(Language::new("[a&&b]").is_some_and(|language| language.is_empty()));
        assert!(!Language::new("").is_some_and(|language| language.is_empty()));
    }
}
