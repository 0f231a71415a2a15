//! How late beats were.

use crate::queries::scheduler::Lag;
use std::collections::VecDeque;

/// The lags of the last hour's beats.
#[derive(Clone, Debug, Default)]
pub(super) struct Lags(VecDeque<u64>);

impl Lags {
    /// An hour of beats, one every five seconds.
    const KEPT: usize = 720;

    pub fn add(&mut self, milliseconds: u64) {
        if self.0.len() == Self::KEPT {
            self.0.pop_front();
        }
        self.0.push_back(milliseconds);
    }

    /// Quantiles are the smallest lag that so many of all do not exceed.
    pub fn sum_up(&self) -> Option<Lag> {
        let mut sorted: Vec<u64> = self.0.iter().copied().collect();
        sorted.sort_unstable();
        let of = |hundredths: usize| sorted[(sorted.len() * hundredths).div_ceil(100) - 1];
        let most_ms = *sorted.last()?;
        Some(Lag { beats: sorted.len(), median_ms: of(50), p99_ms: of(99), most_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lags_are_those_of_the_last_hour() {
        let mut lags = Lags::default();
        assert_eq!(lags.sum_up(), None);
        lags.add(9_000);
        for milliseconds in 1..=720 {
            lags.add(milliseconds);
        }
        let told = lags.sum_up().expect("beats");
        assert_eq!((told.beats, told.median_ms, told.p99_ms, told.most_ms), (720, 360, 713, 720));
    }
}
