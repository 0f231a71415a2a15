//! Allowances that are used up until an instant: nobody asks before.

use super::error::ConnectorError;
use super::rules::LONGEST_WAIT;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Beyond the process, longer waits are cut; each day's allowance returns within it.
const LONGEST_REMEMBERED: TimeDelta = TimeDelta::hours(25);

/// Workspace, connection, stream and partition.
pub type Place = [String; 4];

/// The place of every stream of a partition.
pub fn all_streams([workspace, connection, _, partition]: Place) -> Place {
    [workspace, connection, String::new(), partition]
}

/// What is used up, by place.
#[derive(Debug, Default)]
pub struct Spent {
    until: Mutex<HashMap<Place, Wait>>,
}

#[derive(Clone, Debug)]
struct Wait {
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    error: ConnectorError,
}

/// A part of a connection that is held, as it is kept beyond the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Empty where all streams of the partition are meant.
    pub stream: String,
    pub partition: String,
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub note: String,
}

impl Spent {
    /// Holds a place until the wait is over; one that can be sat out is left alone.
    pub fn hold(&self, place: Place, wait: Option<Duration>, now: DateTime<Utc>, error: ConnectorError) {
        let until =
            wait.filter(|wait| *wait > LONGEST_WAIT).and_then(|wait| Some(now + TimeDelta::from_std(wait).ok()?));
        if let Some(until) = until {
            let mut held = self.until.lock().unwrap_or_else(PoisonError::into_inner);
            held.insert(place, Wait { since: now, until, error });
        }
    }

    /// Why a place is not asked at `now`: what it, or all of its partition, has used up. A clock that was set back
    /// forgets.
    pub fn of(&self, place: &Place, now: DateTime<Utc>) -> Option<ConnectorError> {
        self.at(place, now).or_else(|| self.at(&all_streams(place.clone()), now))
    }

    /// What is held of a connection.
    pub fn all(&self, workspace: &str, connection: &str, now: DateTime<Utc>) -> Vec<Held> {
        let held = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let own = held.iter().filter(|(place, wait)| {
            place[0] == workspace && place[1] == connection && (wait.since..wait.until).contains(&now)
        });
        let mut all: Vec<Held> = own
            .map(|([_, _, stream, partition], wait)| Held {
                stream: stream.clone(),
                partition: partition.clone(),
                since: wait.since,
                until: wait.until,
                note: match &wait.error {
                    ConnectorError::QuotaSpent { note } | ConnectorError::RateLimited { note, .. } => note.clone(),
                    other => other.to_string(),
                },
            })
            .collect();
        all.sort_by(|one, other| (&one.stream, &one.partition).cmp(&(&other.stream, &other.partition)));
        all
    }

    /// Holds what was held when an earlier process ended, for a day at most: a plan may have been raised since.
    pub fn restore(&self, workspace: &str, connection: &str, held: Held) {
        let Held { stream, partition, since, until, note } = held;
        let mut all = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let place = [workspace.to_owned(), connection.to_owned(), stream, partition];
        let until = until.min(since + LONGEST_REMEMBERED);
        all.insert(place, Wait { since, until, error: ConnectorError::QuotaSpent { note } });
    }

    fn at(&self, place: &Place, now: DateTime<Utc>) -> Option<ConnectorError> {
        let mut held = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let found = held.get(place)?;
        if now < found.since || now >= found.until {
            held.remove(place);
            return None;
        }
        Some(match found.error.clone() {
            ConnectorError::QuotaSpent { note } => ConnectorError::QuotaSpent {
                note: format!("{note}; not asked again before {}", found.until.format("%Y-%m-%d %H:%M UTC")),
            },
            ConnectorError::RateLimited { note, .. } => {
                ConnectorError::RateLimited { wait: (found.until - now).to_std().ok(), note }
            }
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn a_spent_allowance_is_not_asked_for_before_it_returns_and_others_are() {
        let now = Utc.with_ymd_and_hms(2026, 11, 20, 8, 0, 0).single().expect("an instant");
        let place = |partition: &str| ["acme", "ads", "ad_daily", partition].map(str::to_owned);
        let spent = Spent::default();
        let error = ConnectorError::QuotaSpent { note: "the day's calls are used up".to_owned() };
        spent.hold(place("8"), Some(Duration::from_secs(3600)), now, error.clone());
        spent.hold(place("7"), Some(Duration::from_secs(60)), now, error.clone());
        spent.hold(place("6"), None, now, error.clone());
        let told = spent.of(&place("8"), now + TimeDelta::minutes(59)).expect("held").to_string();
        assert_eq!(told, "the day's calls are used up; not asked again before 2026-11-20 09:00 UTC");
        assert_eq!((spent.of(&place("7"), now), spent.of(&place("6"), now)), (None, None));
        assert_eq!(spent.of(&place("8"), now + TimeDelta::hours(1)), None);
        let other = ["acme", "ads", "devices", "8"].map(str::to_owned);
        assert_eq!(spent.of(&other, now), None);

        // What is kept beyond the process holds in the next one.
        let next = Spent::default();
        spent.hold(place("8"), Some(Duration::from_secs(3600)), now, error.clone());
        let kept = spent.all("acme", "ads", now);
        assert_eq!(kept.iter().map(|held| held.partition.as_str()).collect::<Vec<_>>(), ["8"]);
        kept.into_iter().for_each(|held| next.restore("acme", "ads", held));
        assert_eq!(next.of(&place("8"), now), spent.of(&place("8"), now));
        assert_eq!(
            (spent.all("acme", "ads", now + TimeDelta::hours(1)), spent.all("acme", "web", now)),
            (vec![], vec![])
        );
        let error = ConnectorError::QuotaSpent { note: "the account's calls are used up".to_owned() };
        spent.hold(all_streams(place("8")), Some(Duration::from_secs(3600)), now, error);
        assert!(spent.of(&other, now).is_some() && spent.of(&place("9"), now).is_none(), "all of one account");

        let limited = ConnectorError::RateLimited { wait: None, note: "too many calls".to_owned() };
        spent.hold(place("8"), Some(Duration::from_secs(720)), now, limited);
        let left = spent.of(&place("8"), now + TimeDelta::minutes(2)).expect("held");
        assert!(matches!(left, ConnectorError::RateLimited { wait: Some(wait), .. } if wait.as_secs() == 600));
        assert_eq!(spent.of(&place("8"), now - TimeDelta::hours(1)), None, "the clock was set back");
    }
}
