//! What a vendor got wrong for a while, by its own word: days that cannot be set against others.

use super::period::Period;
use std::collections::BTreeSet;

/// A known error in a vendor's figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// The days that are wrong.
    pub days: Period,
    /// Columns of the unified metrics whose values are.
    pub measures: BTreeSet<String>,
    /// For readers of the figures, one sentence.
    pub note: String,
}

impl Incident {
    /// Whether any day of `period` is wrong.
    pub fn touches(&self, period: Period) -> bool {
        self.days.start < period.end && period.start < self.days.end
    }

    /// Whether every day of `period` is wrong.
    pub fn holds(&self, period: Period) -> bool {
        self.days.start <= period.start && period.end <= self.days.end
    }

    /// Whether figures of the periods are of one kind: all wrong, or none.
    pub fn is_alike(&self, periods: &[Period]) -> bool {
        periods.iter().all(|period| self.holds(*period)) || !periods.iter().any(|period| self.touches(*period))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(first: &str, last: &str) -> Period {
        let day = |text: &str| text.parse::<chrono::NaiveDate>().expect("a day");
        Period { start: day(first), end: day(last).succ_opt().expect("a day") }
    }

    #[test]
    fn days_within_are_alike_and_so_are_days_without() {
        let days = period("2025-05-13", "2026-04-27");
        let incident = Incident { days, measures: BTreeSet::new(), note: String::new() };
        let (before, within, after) = (
            period("2025-04-28", "2025-04-28"),
            period("2026-04-26", "2026-04-27"),
            period("2026-04-28", "2026-04-28"),
        );
        let across = period("2026-04-27", "2026-04-28");
        assert!(incident.is_alike(&[before, after]) && incident.is_alike(&[within, days]));
        for other in [[within, after], [before, within], [across, after], [across, within]] {
            assert!(!incident.is_alike(&other), "{other:?}");
        }
        assert!(incident.touches(across) && !incident.holds(across) && !incident.touches(after));
    }
}
