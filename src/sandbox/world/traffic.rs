//! Visits and ads of a day.

use super::company::{Event, Origin, Tenant, event};
use super::pages;
use super::random::Chance;
use super::visit::Visit;
use chrono::{Datelike, NaiveDate};

const DEVICES: [(&str, f64); 3] = [("desktop", 0.5), ("mobile", 0.44), ("tablet", 0.06)];
const COUNTRIES: [(&str, f64); 3] = [("United States", 0.5), ("Germany", 0.32), ("United Kingdom", 0.18)];

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

/// Every origin's day; `first` is the company's first day, `last` the last whole one.
pub fn day(seed: u64, tenant: &Tenant, date: NaiveDate, first: NaiveDate, last: NaiveDate) -> Vec<OriginDay> {
    tenant
        .origins
        .iter()
        .enumerate()
        .map(|(index, origin)| origin_day(seed, tenant, index, origin, date, first, last))
        .collect()
}

fn origin_day(
    seed: u64,
    tenant: &Tenant,
    index: usize,
    origin: &Origin,
    date: NaiveDate,
    first: NaiveDate,
    last: NaiveDate,
) -> OriginDay {
    let mut chance = Chance::new(seed, tenant.id, date, &format!("traffic {index}"));
    let event = event(tenant.id, origin, date, last);
    let age = (date - first).num_days() as f64 / 365.0;
    let weekday = tenant.week[date.weekday().num_days_from_monday() as usize];
    let decline = if event == Some(Event::Decline) { 0.65 } else { 1.0 };
    let real = chance.count(origin.sessions * weekday * (1.0 + tenant.growth * age) * decline);
    let conversions = chance.share(real, origin.conversion);
    let seen = if event == Some(Event::TrackingOutage) { real / 50 } else { real };
    let whole = visits(&mut chance, origin, date, seen, conversions.min(seen));
    let weights = pages::weights(tenant.id, origin, date, last);
    let mut landing = Chance::new(seed, tenant.id, date, &format!("pages {index}"));
    let visits = whole.iter().flat_map(|visit| pages::split(&mut landing, visit, &weights)).collect();
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
            page: "",
            sessions,
            engaged: chance.share(sessions, 0.58),
            pageviews: sessions + chance.count(sessions as f64 * 1.7),
            seconds: sessions * u64::try_from(chance.between(35, 160)).unwrap_or(60),
            key_events,
        });
    }
    visits
}
