//! Known events: what somebody knows to have changed figures, or expects to.

use crate::domain::period::Period;
use chrono::{Days, NaiveDate};

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    Campaign,
    Release,
    Price,
    /// How things are measured changed.
    Tracking,
    Outage,
    Other,
}

/// Something that is known to have happened, or will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownEvent {
    /// A calendar day of the workspace's zone; zones of readers never move it.
    pub from: NaiveDate,
    /// The last day that counts.
    pub to: NaiveDate,
    pub text: String,
    pub kind: EventKind,
    /// Only these; all where empty.
    pub channels: Vec<String>,
    /// ISO 3166-1 codes; all where empty.
    pub countries: Vec<String>,
    /// Only these; all where empty.
    pub metrics: Vec<String>,
    /// Reports do not show it.
    pub is_muted: bool,
}

impl EventKind {
    pub const ALL: [(&'static str, Self); 6] = [
        ("campaign", Self::Campaign),
        ("release", Self::Release),
        ("price", Self::Price),
        ("tracking", Self::Tracking),
        ("outage", Self::Outage),
        ("other", Self::Other),
    ];

    /// As files spell it.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("other", |(word, _)| word)
    }
}

impl KnownEvent {
    /// Its days, half-open.
    pub fn period(&self) -> Period {
        Period { start: self.from, end: self.to.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX) }
    }

    /// Whether any of its days lies in `period`.
    pub fn touches(&self, period: Period) -> bool {
        self.from < period.end && self.to >= period.start
    }

    /// Whether it is about a metric.
    pub fn is_about(&self, metric: &str) -> bool {
        self.metrics.is_empty() || self.metrics.iter().any(|own| own == metric)
    }

    /// Whether it is about any of these channels; an empty list is all of them.
    pub fn is_within(&self, channels: &[String]) -> bool {
        self.channels.is_empty() || channels.is_empty() || self.channels.iter().any(|own| channels.contains(own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(from: &str, to: &str) -> KnownEvent {
        let (from, to) = (from.parse().expect("a day"), to.parse().expect("a day"));
        let none = Vec::new;
        let (channels, countries, metrics) = (none(), none(), none());
        KnownEvent {
            from,
            to,
            text: "x".to_owned(),
            kind: EventKind::Other,
            channels,
            countries,
            metrics,
            is_muted: false,
        }
    }

    #[test]
    fn the_last_day_counts_and_the_next_one_does_not() {
        let own = event("2026-11-10", "2026-11-12");
        let day = |text: &str| Period::day(text.parse().expect("a day"));
        let touched = ["2026-11-09", "2026-11-10", "2026-11-12", "2026-11-13"].map(|date| own.touches(day(date)));
        assert_eq!(touched, [false, true, true, false]);
        assert_eq!(own.period().days(), 3);
    }

    #[test]
    fn an_empty_scope_is_everything() {
        let mut own = event("2026-11-10", "2026-11-10");
        let only = ["email".to_owned()];
        assert!(own.is_about("leads") && own.is_within(&only) && own.is_within(&[]));
        own.channels = vec!["paid_search".to_owned()];
        own.metrics = vec!["sessions".to_owned()];
        assert!(!own.is_about("leads") && !own.is_within(&only) && own.is_within(&[]));
    }
}
