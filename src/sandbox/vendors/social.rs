//! What a network brings to a company, from its visits: ads on the network are counted after it.

use crate::sandbox::world::Simulation;
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;

/// Countries of visits with their codes.
pub const COUNTRIES: [(&str, &str); 3] = [("United States", "US"), ("Germany", "DE"), ("United Kingdom", "GB")];

/// A day of a network.
pub struct Brought {
    pub date: NaiveDate,
    pub sessions: u64,
    pub clicks: i128,
    /// Conversions that are credited by now.
    pub conversions: i128,
    /// Sessions by country and by device, as visits name them.
    pub countries: BTreeMap<&'static str, u64>,
    pub devices: BTreeMap<&'static str, u64>,
}

/// Days on which a network brought somebody, both ends included. Conversions arrive for `credited_for` days.
pub fn brought(
    world: &Simulation,
    source: &str,
    (since, until): (NaiveDate, NaiveDate),
    credited_for: i64,
) -> Vec<Brought> {
    let mut days: BTreeMap<NaiveDate, Brought> = BTreeMap::new();
    let is_asked = |date: NaiveDate| since <= date && date <= until && date <= world.last;
    for visit in world.visits.iter().filter(|visit| visit.source == source && is_asked(visit.date)) {
        let day = days.entry(visit.date).or_insert_with(|| Brought::none(visit.date));
        day.sessions += visit.sessions;
        day.conversions += i128::from(visit.key_events);
        *day.countries.entry(visit.country).or_default() += visit.sessions;
        *day.devices.entry(visit.device).or_default() += visit.sessions;
    }
    for day in days.values_mut() {
        // Some click and leave before the page counts them.
        day.clicks = i128::from(day.sessions + day.sessions / 12);
        let age = (world.last - day.date).num_days().clamp(0, credited_for);
        day.conversions = day.conversions * i128::from(60 + 40 * age / credited_for) / 100;
    }
    days.into_values().collect()
}

impl Brought {
    fn none(date: NaiveDate) -> Self {
        let (countries, devices) = Default::default();
        Self { date, sessions: 0, clicks: 0, conversions: 0, countries, devices }
    }

    /// Where shares of the day's numbers are rounded.
    pub fn phase(&self) -> u64 {
        u64::from(self.date.num_days_from_ce().unsigned_abs())
    }
}

/// How many of a kind there were, as a weight of shares.
pub fn weight(counts: &BTreeMap<&'static str, u64>, name: &str) -> u32 {
    u32::try_from(counts.get(name).copied().unwrap_or(0)).unwrap_or(u32::MAX)
}
