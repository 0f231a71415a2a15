//! Divides whole numbers into shares that add up to them.

use chrono::{NaiveDate, TimeZone};
use chrono_tz::Tz;

/// A number in as many shares as there are weights, of `of` in all: where the weights come to less, the rest is left
/// over. `phase` moves where small numbers are rounded, so that they do not all fall to the same share.
pub fn shares(total: i128, weights: &[u32], of: u32, phase: u64) -> Vec<i128> {
    let of = i128::from(of.max(1));
    let phase = i128::from(phase.wrapping_mul(618_033) % 1_000_000) * of / 1_000_000;
    let mut sum = 0;
    let mut before = 0;
    weights
        .iter()
        .map(|weight| {
            sum += i128::from(*weight);
            let until = (total * sum + phase) / of;
            let share = until - before;
            before = until;
            share
        })
        .collect()
}

/// How busy each hour of a day is: one that the clock leaves out has none, one that comes twice has two.
pub fn hours(date: NaiveDate, zone: Tz) -> [u32; 24] {
    let mut hours = [4, 3, 2, 2, 2, 3, 6, 11, 18, 24, 27, 28, 27, 28, 29, 28, 26, 24, 22, 21, 20, 17, 12, 7];
    for (hour, weight) in (0..).zip(&mut hours) {
        let found = date.and_hms_opt(hour, 0, 0).map(|at| zone.from_local_datetime(&at));
        match found {
            Some(chrono::LocalResult::Ambiguous(..)) => *weight *= 2,
            None | Some(chrono::LocalResult::None) => *weight = 0,
            Some(chrono::LocalResult::Single(_)) => {}
        }
    }
    hours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_leave_what_has_no_weight() {
        for phase in 0..50 {
            assert_eq!(shares(17, &[500, 440, 60], 1000, phase).iter().sum::<i128>(), 17);
            let some = shares(1000, &[400, 400], 1000, phase);
            assert!((799..=801).contains(&some.iter().sum::<i128>()), "{some:?}");
        }
        let first: i128 = (0..1000).map(|phase| shares(1, &[500, 500], 1000, phase)[0]).sum();
        assert!((450..=550).contains(&first), "{first}");
    }

    #[test]
    fn a_day_has_the_hours_of_its_clock() {
        let of = |date: &str| hours(date.parse().expect("a date"), chrono_tz::Europe::Berlin);
        assert_eq!((of("2026-03-28")[2], of("2026-03-29")[2], of("2026-10-25")[2]), (2, 0, 4));
    }
}
