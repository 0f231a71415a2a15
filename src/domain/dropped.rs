//! How a dropped file stands.

use crate::support::shown::shown;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use std::borrow::Cow;

/// What different rows of one key in a file mean; equal ones count once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Repeats {
    /// Nobody can know which is right: all are quarantined.
    #[default]
    Quarantine,
    /// They are parts: their measures are added up.
    Sum,
    /// They are items of one thing and complete one another; two that differ in a value, or both have a number,
    /// are quarantined: whether these are parts or the same twice is not to be guessed.
    Items,
    /// As items, where each repeats the numbers of the whole.
    Same,
    /// The one with the greatest value of a column is the newest; the last one of those that share it.
    Last(Cow<'static, str>),
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    Loaded,
    /// Loaded, with rows quarantined.
    Partly,
    /// Nothing of it as it is now was loaded; what an earlier version said stays.
    Refused,
    /// Its kind is not read.
    Unread,
    /// It may still be written; the next sync looks again.
    Waiting,
    /// It is no longer in the folder; its rows stay.
    Removed,
    /// A person took its rows out; it is not read until it changes or is reloaded.
    Unloaded,
    /// A newer version of it says what counts.
    Replaced,
    /// Its connection is no longer configured, and its rows still count.
    Orphaned,
}

impl FileState {
    pub const ALL: [Self; 9] = [
        Self::Loaded,
        Self::Partly,
        Self::Refused,
        Self::Unread,
        Self::Waiting,
        Self::Removed,
        Self::Unloaded,
        Self::Replaced,
        Self::Orphaned,
    ];

    /// As the ledger and `/metrics` write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::Partly => "partly",
            Self::Refused => "refused",
            Self::Unread => "unread",
            Self::Waiting => "waiting",
            Self::Removed => "removed",
            Self::Unloaded => "unloaded",
            Self::Replaced => "replaced",
            Self::Orphaned => "orphaned",
        }
    }

    /// By its name; `None` for a word that a newer Daybook may know.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether the file says something that is not loaded.
    pub fn is_trouble(self) -> bool {
        matches!(self, Self::Partly | Self::Refused | Self::Unread | Self::Orphaned)
    }
}

/// A file of a drop folder, with how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileStanding {
    pub connection: String,
    /// The preset, e.g. `budgets`.
    pub stream: String,
    pub name: String,
    pub state: FileState,
    /// What is wrong and what to do about it; a sentence without the file's name.
    pub reason: Option<String>,
    /// By the file's own clock.
    pub modified_at: Option<DateTime<Utc>>,
    /// When a sync found it as it stands now.
    pub seen_at: DateTime<Utc>,
    pub rows_read: u64,
    pub rows_quarantined: u64,
    /// The first and the last day of the rows that were loaded; absent where there are none.
    pub days: Option<(NaiveDate, NaiveDate)>,
    /// The days of the quarantined rows; absent where one of them has none.
    pub bad_days: Option<Vec<NaiveDate>>,
}

impl FileStanding {
    /// Whether figures of `[first, last]` may lack what the file says: what was not read may be of any day,
    /// whatever an earlier version was about.
    pub fn touches(&self, first: NaiveDate, last: NaiveDate) -> bool {
        match (self.state, &self.bad_days) {
            (FileState::Partly, Some(days)) => days.iter().any(|day| first <= *day && *day <= last),
            (FileState::Orphaned, _) => self.days.is_some_and(|(from, to)| from <= last && first <= to),
            (state, _) => state.is_trouble(),
        }
    }

    /// The trouble in one sentence; empty if there is none.
    pub fn trouble(&self) -> String {
        let name = shown(&self.name);
        match (&self.reason, self.state.is_trouble()) {
            (Some(reason), true) if reason.starts_with(&name) => reason.clone(),
            (Some(reason), true) => format!("{name}: {reason}"),
            (None, true) => format!("{name}: {}", self.state.name()),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_touches_the_days_of_its_bad_rows_and_any_day_where_these_are_not_known() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let file = |state, days| FileStanding {
            connection: "plans".to_owned(),
            stream: "budgets".to_owned(),
            name: "plan.csv".to_owned(),
            state,
            reason: Some("line 2: amount is missing".to_owned()),
            modified_at: None,
            seen_at: DateTime::UNIX_EPOCH,
            rows_read: 2,
            rows_quarantined: 1,
            days,
            bad_days: None,
        };
        let november = Some((day("2026-11-01"), day("2026-11-30")));
        let partly = file(FileState::Partly, november);
        assert!(partly.touches(day("2026-12-01"), day("2026-12-05")), "a bad row without a day");
        assert!(file(FileState::Refused, november).touches(day("2020-01-01"), day("2020-01-01")));
        assert!(!file(FileState::Loaded, november).touches(day("2026-11-02"), day("2026-11-02")));
        assert_eq!(partly.trouble(), "plan.csv: line 2: amount is missing");
        let known = FileStanding { bad_days: Some(vec![day("2026-11-07")]), ..partly };
        assert!(known.touches(day("2026-11-07"), day("2026-11-07")));
        assert!(!known.touches(day("2026-11-08"), day("2026-11-30")));
    }

    #[test]
    fn every_state_is_known_by_its_name() {
        assert!(FileState::ALL.into_iter().all(|state| FileState::named(state.name()) == Some(state)));
    }
}
