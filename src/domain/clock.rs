//! What is believed of instants that the machine's own clock gave. A clock can stand wrong for an hour,
//! and what was noted under it stays for good: an instant that lies ahead of now says nothing. Pure.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

/// What a clock is set by in passing.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);
/// How long a clock that stands behind what was seen is taken for the wrong one.
const BELIEVED_AFTER: TimeDelta = TimeDelta::days(3);
/// What was doubted longer ago is doubted anew.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::days(30);
/// Without a load for longer than this, nothing that is kept by age goes.
const LONGEST_IDLE_DAYS: i64 = 35;
/// After a longer gap than this the clock has to show so many days before anything goes by age.
const LONGEST_GAP_DAYS: i64 = 100;
const DAYS_AFTER_GAP: usize = 3;
/// The days at work that count as these days.
const LATELY_DAYS: u64 = 10;

/// Whether an instant lies further ahead of now than a clock that was set by a little explains. What
/// does counts as never read, due now, and oldest.
pub fn lies_ahead(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    at > latest_believed(now)
}

/// The latest instant that does not lie ahead.
pub fn latest_believed(now: DateTime<Utc>) -> DateTime<Utc> {
    now.checked_add_signed(TOLERANCE).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// What the ledger knows of the clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The latest instant that the clock has shown.
    pub latest: Option<DateTime<Utc>>,
    /// Since when it shows less than that.
    pub behind_since: Option<DateTime<Utc>>,
    /// Days (UTC) on which Daybook was at work, in order.
    pub days: Vec<NaiveDate>,
}

impl Seen {
    /// What is known once the clock shows `now`: the high-water mark goes up with it, and comes down
    /// only after the clock has stood behind it for three days.
    pub fn after(&self, now: DateTime<Utc>) -> Self {
        let today = now.date_naive();
        let mut days = self.days.clone();
        if let Some(latest) = self.is_behind(now) {
            // A clock that jumps on is no better a witness than one that jumped.
            let is_recent = |since: &DateTime<Utc>| *since <= now && now - *since < FORGOTTEN_AFTER;
            let since = self.behind_since.filter(is_recent).unwrap_or(now);
            if now - since < BELIEVED_AFTER {
                // A day that a doubted clock shows is no witness for it.
                return Self { latest: Some(latest), behind_since: Some(since), days };
            }
            days.retain(|day| *day <= today);
        }
        if let Err(place) = days.binary_search(&today) {
            days.insert(place, today);
        }
        let latest = self.latest.filter(|latest| !lies_ahead(*latest, now)).map_or(now, |latest| latest.max(now));
        Self { latest: Some(latest), behind_since: None, days }
    }

    /// Since when the clock stands behind what it has shown, and what that was.
    pub fn is_behind(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.latest.filter(|latest| lies_ahead(*latest, now))
    }

    /// Whether the clock is right by what is known: where it stands behind what it has shown, as many days at
    /// work must speak for it as for what lies ahead of it.
    pub fn is_believed(&self, now: DateTime<Utc>) -> bool {
        let today = now.date_naive();
        let ahead = self.days.iter().filter(|day| **day > today).count();
        let lately = self.lately(today).count();
        self.is_behind(now).is_none() || lately >= ahead.max(1)
    }

    /// The days at work up to `today` that count.
    fn lately(&self, today: NaiveDate) -> impl Iterator<Item = &NaiveDate> {
        let first = today - Days::new(LATELY_DAYS);
        self.days.iter().filter(move |day| (first..=today).contains(*day))
    }

    /// Why nothing may go because of its age at `now`; `None` where the clock is believed. `newest_load`
    /// is the newest one that does not lie ahead.
    pub fn doubt(&self, now: DateTime<Utc>, newest_load: Option<DateTime<Utc>>) -> Option<String> {
        let shown = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC");
        if let Some(latest) = self.is_behind(now) {
            return Some(format!("the clock shows {}, but has shown {}", shown(now), shown(latest)));
        }
        if let Some(newest) = newest_load.filter(|newest| (now - *newest).num_days() > LONGEST_IDLE_DAYS) {
            return Some(format!(
                "the clock shows {}, and the newest load is {} days older",
                shown(now),
                (now - newest).num_days()
            ));
        }
        let today = now.date_naive();
        let first = today - Days::new(LATELY_DAYS);
        let lately: Vec<&NaiveDate> = self.lately(today).collect();
        let before = self.days.iter().filter(|day| **day < first).max()?;
        let gap = (**lately.first()? - *before).num_days();
        (lately.len() < DAYS_AFTER_GAP && gap > LONGEST_GAP_DAYS).then(|| {
            format!(
                "the clock shows {}, {gap} days after Daybook last ran: it is believed once it has run on {DAYS_AFTER_GAP} days",
                shown(now)
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}:00Z").parse().expect("an instant")
    }

    fn seen(instants: &[&str]) -> Seen {
        instants.iter().fold(Seen::default(), |seen, text| seen.after(at(text)))
    }

    #[test]
    fn a_clock_that_is_set_by_seconds_puts_nothing_ahead() {
        let now = at("2026-11-26T12:00");
        assert!(!lies_ahead(now + TimeDelta::minutes(5), now));
        assert!(lies_ahead(now + TimeDelta::minutes(6), now));
        assert!(!lies_ahead(DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MAX_UTC));
    }

    #[test]
    fn the_mark_goes_up_at_once_and_down_after_three_days() {
        let seen = seen(&["2026-11-25T12:00", "2027-11-25T12:00", "2026-11-25T12:10"]);
        assert_eq!(seen.is_behind(at("2026-11-25T12:10")), Some(at("2027-11-25T12:00")));
        assert_eq!(seen.behind_since, Some(at("2026-11-25T12:10")));
        let later = seen.after(at("2026-11-27T12:10"));
        assert_eq!((later.behind_since, later.latest), (Some(at("2026-11-25T12:10")), Some(at("2027-11-25T12:00"))));
        let believed = later.after(at("2026-11-28T12:10"));
        assert_eq!((believed.behind_since, believed.latest), (None, Some(at("2026-11-28T12:10"))));
        assert!(believed.days.iter().all(|day| *day <= "2026-11-28".parse().expect("a day")));
    }

    #[test]
    fn the_days_at_work_distinguish_a_clock_that_was_ahead_from_one_that_is_behind() {
        let was_ahead = seen(&["2026-11-24T12:00", "2026-11-25T12:00", "2027-11-25T12:00", "2026-11-25T13:00"]);
        assert!(was_ahead.is_believed(at("2026-11-25T13:00")) && was_ahead.is_believed(at("2026-11-27T13:00")));
        for behind in ["1970-01-01T00:02", "2026-11-12T09:00"] {
            let seen = seen(&["2026-11-24T12:00", "2026-11-25T12:00", behind, behind]);
            assert!(!seen.is_believed(at(behind)), "{behind}");
        }
        let jumps = seen(&["2026-11-25T12:00", "1970-01-01T00:02", "2000-01-01T00:05", "2000-01-01T00:06"]);
        assert!(!jumps.is_believed(at("2000-01-01T00:06")));
    }

    #[test]
    fn nothing_goes_while_the_clock_stands_behind_what_it_has_shown() {
        let now = at("2020-01-01T00:01");
        let told = seen(&["2026-11-25T12:00", "2020-01-01T00:01"]).doubt(now, None).expect("doubt");
        assert_eq!(told, "the clock shows 2020-01-01 00:01 UTC, but has shown 2026-11-25 12:00 UTC");
    }

    #[test]
    fn nothing_goes_while_the_newest_load_is_far_behind_the_clock() {
        let newest = Some(at("2026-11-25T12:00"));
        let now = at("2029-11-25T12:00");
        let told = seen(&["2026-11-25T12:00", "2029-11-25T12:00"]).doubt(now, newest).expect("doubt");
        assert!(told.ends_with("the newest load is 1096 days older"), "{told}");
        let now = at("2026-12-30T12:00");
        assert_eq!(seen(&["2026-11-25T12:00", "2026-12-30T12:00"]).doubt(now, newest), None);
    }

    #[test]
    fn after_years_of_rest_three_days_of_work_make_the_clock_believed() {
        let mut seen = seen(&["2026-11-25T12:00", "2029-11-25T12:00"]);
        let now = at("2029-11-25T12:00");
        assert!(seen.doubt(now, Some(now)).is_some_and(|told| told.contains("1096 days after Daybook last ran")));
        for day in ["2029-11-26T12:00", "2029-11-27T12:00"] {
            seen = seen.after(at(day));
        }
        let now = at("2029-11-27T12:00");
        assert_eq!(seen.doubt(now, Some(now)), None);
    }

    #[test]
    fn a_new_installation_is_believed_at_once() {
        let now = at("2026-11-25T12:00");
        assert_eq!(seen(&["2026-11-25T12:00"]).doubt(now, Some(now)), None);
        assert_eq!(Seen::default().doubt(now, None), None);
    }
}
