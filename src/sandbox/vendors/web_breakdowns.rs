//! What Google Analytics says of visits by hour, event, new or returning visitors and a custom dimension. Shares add
//! up to the visits they are of.

use super::shares::{hours, shares};
use crate::sandbox::world::Visit;
use chrono::NaiveDate;
use chrono_tz::Tz;

const VISITORS: [(&str, u32); 3] = [("new", 620), ("returning", 350), ("(not set)", 30)];
const PLANS: [(&str, u32); 3] = [("(not set)", 700), ("starter", 200), ("team", 100)];
/// The custom dimension that every property has registered.
pub const PLAN: &str = "customEvent:plan";

/// What visits come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub sessions: u64,
    pub engaged: u64,
    pub pageviews: u64,
    pub seconds: u64,
    pub key_events: u64,
    pub events: u64,
}

impl Totals {
    pub fn of(visits: &[&Visit]) -> Self {
        let sum = |of: fn(&Visit) -> u64| visits.iter().map(|visit| of(visit)).sum::<u64>();
        let (sessions, engaged) = (sum(|visit| visit.sessions), sum(|visit| visit.engaged));
        let (pageviews, key_events) = (sum(|visit| visit.pageviews), sum(|visit| visit.key_events));
        let events = sessions + engaged + pageviews + key_events;
        Self { sessions, engaged, pageviews, seconds: sum(|visit| visit.seconds), key_events, events }
    }

    /// The share of each weight.
    fn split(self, weights: &[u32], phase: u64) -> Vec<Self> {
        let of = weights.iter().sum();
        let of_each = |total: u64| shares(total.into(), weights, of, phase);
        let all =
            [self.sessions, self.engaged, self.pageviews, self.seconds, self.key_events, self.events].map(of_each);
        let at = |which: usize, number: usize| u64::try_from(all[which][number]).unwrap_or(0);
        (0..weights.len())
            .map(|number| Self {
                sessions: at(0, number),
                engaged: at(1, number),
                pageviews: at(2, number),
                seconds: at(3, number),
                key_events: at(4, number),
                events: at(5, number),
            })
            .collect()
    }
}

/// Whether a dimension divides the visits of a group, and is none of theirs.
pub fn divides(dimension: &str) -> bool {
    ["dateHour", "newVsReturning", "eventName", PLAN].contains(&dimension)
}

/// Visits divided by a dimension of those: each value with its share. `phase` tells groups apart.
pub fn divide_by(totals: Totals, dimension: &str, (date, zone): (NaiveDate, Tz), phase: u64) -> Vec<(String, Totals)> {
    let by = |weights: &[(&str, u32)]| {
        let of: Vec<u32> = weights.iter().map(|(_, weight)| *weight).collect();
        weights.iter().map(|(name, _)| (*name).to_owned()).zip(totals.split(&of, phase)).collect()
    };
    let mut parts: Vec<(String, Totals)> = match dimension {
        "newVsReturning" => by(&VISITORS),
        PLAN => by(&PLANS),
        "dateHour" => {
            let hour = |number: usize| format!("{}{number:02}", date.format("%Y%m%d"));
            (0..24).map(hour).zip(totals.split(&hours(date, zone), phase)).collect()
        }
        _ => [
            ("session_start", totals.sessions),
            ("page_view", totals.pageviews),
            ("user_engagement", totals.engaged),
            ("conversion", totals.key_events),
        ]
        .map(|(name, events)| (name.to_owned(), Totals { events, sessions: events.min(totals.sessions), ..totals }))
        .into(),
    };
    // A row of nothing but zeros is not sent.
    parts.retain(|(_, part)| part.sessions + part.events > 0);
    parts
}
