//! Who visited: people behind sessions, so that visitors can be counted and do not add up.

use super::traffic::Visit;

/// Returning visitors of a company are drawn from so many people.
const REGULARS: u64 = 30_000;

/// A visitor of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Visitor {
    pub id: u64,
    /// Never seen before.
    pub is_new: bool,
}

/// The visitor of each session of a cell. A few come twice within it; regulars turn up in other cells
/// and on other days as well.
pub fn visitors(visit: &Visit) -> impl Iterator<Item = Visitor> {
    let seed = visit.visitor_seed;
    (0..visit.sessions).scan(None, move |before: &mut Option<Visitor>, number| {
        let drawn = mix(seed.wrapping_add(number));
        let visitor = match (drawn % 100, *before) {
            (0..15, Some(again)) => again,
            (0..60, _) => Visitor { id: mix(drawn) | 1 << 63, is_new: true },
            _ => Visitor { id: mix(drawn) % REGULARS, is_new: false },
        };
        *before = Some(visitor);
        *before
    })
}

/// SplitMix64, one step (prng.di.unimi.it/splitmix64.c).
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
