//! Visits and ads of a day.

use super::company::{Event, Origin, Tenant, event};
use super::random::Chance;
use chrono::{Datelike, NaiveDate};

const DEVICES: [(&str, f64); 3] = [("desktop", 0.5), ("mobile", 0.44), ("tablet", 0.06)];
const COUNTRIES: [(&str, f64); 3] = [("United States", 0.5), ("Germany", 0.32), ("United Kingdom", 0.18)];

/// A cell of web traffic.
#[derive(Clone, Debug)]
pub struct Visit {
    pub date: NaiveDate,
    pub source: &'static str,
    pub medium: &'static str,
    pub campaign: &'static str,
    pub device: &'static str,
    pub country: &'static str,
    pub sessions: u64,
    pub engaged: u64,
    pub pageviews: u64,
    /// Whole seconds of all its sessions.
    pub seconds: u64,
    pub key_events: u64,
    /// Where its visitors are drawn from; see [`visitors`](super::visitors::visitors).
    pub visitor_seed: u64,
}

/// A campaign's day.
#[derive(Clone, Debug)]
pub struct AdDay {
    pub date: NaiveDate,
    pub account: &'static str,
    pub campaign_id: u64,
    pub campaign: String,
    pub kind: &'static str,
    pub impressions: u64,
    pub clicks: u64,
    pub cost_micros: i64,
    /// Hundredths, once all has been credited.
    pub conversions_final: u64,
}

/// What one origin brings on one day.
#[derive(Debug)]
pub struct OriginDay {
    pub visits: Vec<Visit>,
    pub ad: Option<AdDay>,
    /// People who convert: leads or orders.
    pub conversions: u64,
}

/// Every origin's whole day; `first` is the company's first day, `anchor` what planted events are
/// counted back from.
pub fn day(seed: u64, tenant: &Tenant, date: NaiveDate, first: NaiveDate, anchor: NaiveDate) -> Vec<OriginDay> {
    tenant
        .origins
        .iter()
        .enumerate()
        .map(|(index, origin)| origin_day(seed, tenant, index, origin, date, first, anchor))
        .collect()
}

/// The part of a day that has passed, in seconds of so many; exact, so that it only ever grows.
#[derive(Clone, Copy, Debug)]
pub struct Passed {
    pub seconds: u64,
    pub of: u64,
}

impl Passed {
    fn part(self, count: u64) -> u64 {
        count * self.seconds / self.of
    }
}

impl OriginDay {
    /// What a vendor knows of the running day.
    pub fn so_far(mut self, passed: Passed) -> Self {
        for visit in &mut self.visits {
            for count in [
                &mut visit.sessions,
                &mut visit.engaged,
                &mut visit.pageviews,
                &mut visit.seconds,
                &mut visit.key_events,
            ] {
                *count = passed.part(*count);
            }
        }
        self.visits.retain(|visit| visit.sessions > 0);
        self.ad = self.ad.map(|ad| AdDay {
            impressions: passed.part(ad.impressions),
            clicks: passed.part(ad.clicks),
            cost_micros: passed.part(ad.cost_micros.unsigned_abs()).cast_signed(),
            conversions_final: passed.part(ad.conversions_final),
            ..ad
        });
        // Vendors send no rows of zeros.
        self.ad = self.ad.filter(|ad| ad.impressions > 0);
        self
    }
}

fn origin_day(
    seed: u64,
    tenant: &Tenant,
    index: usize,
    origin: &Origin,
    date: NaiveDate,
    first: NaiveDate,
    anchor: NaiveDate,
) -> OriginDay {
    if !origin.runs(date, anchor) {
        return OriginDay { visits: Vec::new(), ad: None, conversions: 0 };
    }
    let mut chance = Chance::new(seed, tenant.id, date, &format!("traffic {index}"));
    let event = event(tenant.id, origin, date, anchor);
    let age = (date - first).num_days() as f64 / 365.0;
    let weekday = tenant.week[date.weekday().num_days_from_monday() as usize];
    let decline = if event == Some(Event::Decline) { 0.65 } else { 1.0 };
    let real = chance.count(origin.sessions * weekday * (1.0 + tenant.growth * age) * decline);
    let conversions = chance.share(real, origin.conversion);
    let seen = if event == Some(Event::TrackingOutage) { real / 50 } else { real };
    let mut visits = visits(&mut chance, origin, date, seen, conversions.min(seen));
    if is_folded(date) && origin.sessions < FOLDED_BELOW {
        fold(&mut visits);
    }
    let ad = origin.ad.map(|ad| {
        let clicks = real + real / 12;
        let spike = if event == Some(Event::CostSpike) { 4 } else { 1 };
        AdDay {
            date,
            account: ad.account,
            campaign_id: ad.id,
            campaign: origin.campaign.to_owned(),
            kind: ad.kind,
            impressions: (clicks as f64 / ad.ctr) as u64 + clicks,
            clicks,
            cost_micros: spike * (0..clicks).map(|_| ad.cpc_micros * chance.between(80, 121) / 100).sum::<i64>(),
            conversions_final: conversions * 100 + u64::try_from(chance.between(0, 100)).unwrap_or(0),
        }
    });
    OriginDay { visits, ad, conversions }
}

/// Origins with fewer sessions are folded on some days.
const FOLDED_BELOW: f64 = 50.0;

/// Days on which GA4 folds small rows into one named "(other)".
pub fn is_folded(date: NaiveDate) -> bool {
    date.day() == 13
}

/// What GA4 makes of rows too many to keep: counts stay, names are lost.
fn fold(visits: &mut [Visit]) {
    for visit in visits {
        (visit.source, visit.medium, visit.campaign) = (OTHER, OTHER, OTHER);
    }
}

const OTHER: &str = "(other)";

/// Splits sessions over devices and countries so that the cells sum to the whole.
fn visits(chance: &mut Chance, origin: &Origin, date: NaiveDate, sessions: u64, key_events: u64) -> Vec<Visit> {
    let weights: Vec<f64> = DEVICES.iter().flat_map(|(_, d)| COUNTRIES.iter().map(move |(_, c)| d * c)).collect();
    let mut cells = vec![(0u64, 0u64); weights.len()];
    for _ in 0..sessions {
        cells[chance.pick(&weights)].0 += 1;
    }
    let held: Vec<f64> = cells.iter().map(|(sessions, _)| *sessions as f64).collect();
    for _ in 0..key_events {
        cells[chance.pick(&held)].1 += 1;
    }
    let mut visits = Vec::new();
    for (index, (sessions, key_events)) in cells.into_iter().enumerate().filter(|(_, (sessions, _))| *sessions > 0) {
        visits.push(Visit {
            date,
            source: origin.source,
            medium: origin.medium,
            campaign: origin.campaign,
            device: DEVICES[index / COUNTRIES.len()].0,
            country: COUNTRIES[index % COUNTRIES.len()].0,
            sessions,
            engaged: chance.share(sessions, 0.58),
            pageviews: sessions + chance.count(sessions as f64 * 1.7),
            seconds: sessions * u64::try_from(chance.between(35, 160)).unwrap_or(60),
            key_events,
            visitor_seed: chance.number(),
        });
    }
    visits
}
