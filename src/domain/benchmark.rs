//! What is poor, average, good or excellent for a metric in an industry and channel.

use rust_decimal::Decimal;
use std::fmt;

/// Thresholds of one metric. Where less is better they fall from `average` to `excellent`, else
/// they rise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Benchmark {
    pub industry: String,
    /// All channels together where absent.
    pub channel: Option<String>,
    pub metric: String,
    pub average: Decimal,
    pub good: Decimal,
    pub excellent: Decimal,
}

/// How a value compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rating {
    Poor,
    Average,
    Good,
    Excellent,
}

impl Benchmark {
    /// The rating of a value; reaching a threshold is enough.
    pub fn rating(&self, value: Decimal) -> Rating {
        let falls = self.excellent < self.average;
        let reaches = |threshold: Decimal| if falls { value <= threshold } else { value >= threshold };
        if reaches(self.excellent) {
            Rating::Excellent
        } else if reaches(self.good) {
            Rating::Good
        } else if reaches(self.average) {
            Rating::Average
        } else {
            Rating::Poor
        }
    }
}

impl fmt::Display for Rating {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Poor => "poor",
            Self::Average => "average",
            Self::Good => "good",
            Self::Excellent => "excellent",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn of(average: Decimal, good: Decimal, excellent: Decimal) -> Benchmark {
        let (industry, metric) = ("software".to_owned(), "x".to_owned());
        Benchmark { industry, channel: None, metric, average, good, excellent }
    }

    #[test]
    fn a_threshold_is_reached_by_its_own_value() {
        let ctr = of(dec!(0.02), dec!(0.04), dec!(0.08));
        let ratings = [dec!(0.019), dec!(0.02), dec!(0.04), dec!(0.0799), dec!(0.08)].map(|value| ctr.rating(value));
        assert_eq!(ratings, [Rating::Poor, Rating::Average, Rating::Good, Rating::Good, Rating::Excellent]);
    }

    #[test]
    fn for_costs_less_is_better() {
        let cpl = of(dec!(120), dec!(80), dec!(40));
        let ratings = [dec!(121), dec!(120), dec!(80), dec!(39)].map(|value| cpl.rating(value));
        assert_eq!(ratings, [Rating::Poor, Rating::Average, Rating::Good, Rating::Excellent]);
    }
}
