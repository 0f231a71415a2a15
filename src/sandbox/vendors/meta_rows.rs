//! Ads on Meta of a company that people come to from Instagram: its visits are those of the ads. Costs, clicks and
//! purchases of ads add up to the account's; one of the ads was deleted and is not listed.

use super::shares::shares;
use super::social::{Brought, COUNTRIES, brought, weight};
use crate::sandbox::world::Simulation;
use chrono::NaiveDate;
use serde_json::{Value, json};

/// An ad: campaign, ad set, ad, its thousandths of the account, and whether it is still there.
struct Ad(u64, u64, u64, u32, bool);

const SOURCE: &str = "instagram";

const ADS: [Ad; 4] = [
    Ad(61_001, 61_101, 61_111, 450, true),
    Ad(61_001, 61_101, 61_112, 300, true),
    Ad(61_002, 61_102, 61_121, 150, true),
    Ad(61_002, 61_102, 61_122, 100, false),
];
const CAMPAIGNS: [(u64, &str); 2] = [(61_001, "Herbst Reels"), (61_002, "Stiefel Katalog")];
/// Some regions are not known.
const REGIONS: [(&str, u32); 3] = [("Bayern", 380), ("Berlin", 300), ("England", 290)];
/// Cents of a click.
const CLICK: i128 = 31;

/// What is asked of insights; by day.
pub struct Asked<'a> {
    pub level: &'a str,
    /// Empty where rows are not broken down.
    pub breakdown: &'a str,
    /// Inclusive.
    pub since: NaiveDate,
    pub until: NaiveDate,
}

/// What ads have of a day.
#[derive(Clone, Copy, Default)]
struct Counted {
    impressions: i128,
    clicks: i128,
    cents: i128,
    purchases: i128,
}

impl Counted {
    fn of(clicks: i128, purchases: i128) -> Self {
        Self { impressions: clicks * 64 + purchases, clicks, cents: clicks * CLICK, purchases }
    }

    fn plus(self, other: Self) -> Self {
        Self::of(self.clicks + other.clicks, self.purchases + other.purchases)
    }
}

/// A day of the account.
struct Day {
    of: Brought,
    ads: Vec<Counted>,
}

/// The company's ad account, where it has one.
pub fn account_id(world: &Simulation) -> Option<String> {
    let has_ads = world.tenant.origins.iter().any(|origin| origin.source == SOURCE);
    has_ads.then(|| format!("9{}", world.tenant.property))
}

/// The account as an object.
pub fn account(world: &Simulation) -> Option<Value> {
    let id = account_id(world)?;
    Some(json!({"id": format!("act_{id}"), "account_id": id, "name": world.tenant.name, "account_status": 1,
        "currency": world.tenant.currency.code(), "timezone_name": world.tenant.zone.name()}))
}

/// The rows of a query.
pub fn insights(world: &Simulation, asked: &Asked<'_>) -> Vec<Value> {
    days(world, asked).iter().flat_map(|day| rows(world, day, asked)).collect()
}

fn days(world: &Simulation, asked: &Asked<'_>) -> Vec<Day> {
    let weights: Vec<u32> = ADS.iter().map(|ad| ad.3).collect();
    let day = |day: Brought| {
        let clicks = shares(day.clicks, &weights, 1000, day.phase());
        let purchases = shares(day.conversions, &weights, 1000, day.phase());
        let ads = clicks.into_iter().zip(purchases).map(|(clicks, purchases)| Counted::of(clicks, purchases));
        Day { ads: ads.collect(), of: day }
    };
    brought(world, SOURCE, (asked.since, asked.until), 28).into_iter().map(day).collect()
}

fn rows(world: &Simulation, day: &Day, asked: &Asked<'_>) -> Vec<Value> {
    let all = ADS.iter().zip(&day.ads);
    let sum = |of: &mut dyn Iterator<Item = &Counted>| of.fold(Counted::default(), |sum, one| sum.plus(*one));
    let base = |counted: Counted| row(world, day.of.date, counted);
    match asked.level {
        "ad" => all
            .filter(|(ad, counted)| ad.4 && counted.clicks > 0)
            .map(|(Ad(campaign, set, id, ..), counted)| {
                let mut row = base(*counted);
                merge(&mut row, campaign_of(*campaign));
                merge(
                    &mut row,
                    json!({"adset_id": set.to_string(), "adset_name": format!("Ad set {set}"),
                    "ad_id": id.to_string(), "ad_name": format!("Ad {id}"), "attribution_setting": "7d_click_1d_view"}),
                );
                row
            })
            .collect(),
        "campaign" => CAMPAIGNS
            .iter()
            .flat_map(|(id, _)| {
                let own = sum(&mut ADS.iter().zip(&day.ads).filter(|(ad, _)| ad.0 == *id).map(|(_, counted)| counted));
                broken_down(day, own, asked.breakdown).into_iter().map(move |(told, counted)| (*id, told, counted))
            })
            .filter(|(_, _, counted)| counted.clicks > 0)
            .map(|(id, told, counted)| {
                let mut row = base(counted);
                merge(&mut row, campaign_of(id));
                merge(&mut row, told);
                row
            })
            .collect(),
        _ => vec![base(sum(&mut day.ads.iter()))],
    }
}

/// A campaign's day in the parts of a breakdown, each with what tells it apart.
fn broken_down(day: &Day, own: Counted, breakdown: &str) -> Vec<(Value, Counted)> {
    let (parts, of): (Vec<(Value, u32)>, u32) = match breakdown {
        "country" => {
            let country = |(name, code): &(&str, &str)| (json!({"country": code}), weight(&day.of.countries, name));
            let parts: Vec<_> = COUNTRIES.iter().map(country).collect();
            let of = parts.iter().map(|(_, weight)| weight).sum();
            (parts, of)
        }
        "region" => (REGIONS.iter().map(|(name, weight)| (json!({"region": name}), *weight)).collect(), 1000),
        _ => return vec![(json!({}), own)],
    };
    let weights: Vec<u32> = parts.iter().map(|(_, weight)| *weight).collect();
    let phase = day.of.phase();
    let (clicks, purchases) = (shares(own.clicks, &weights, of, phase), shares(own.purchases, &weights, of, phase));
    let counted = clicks.into_iter().zip(purchases).map(|(clicks, purchases)| Counted::of(clicks, purchases));
    parts.into_iter().map(|(told, _)| told).zip(counted).collect()
}

fn campaign_of(id: u64) -> Value {
    let name = CAMPAIGNS.iter().find(|(campaign, _)| *campaign == id).map_or("", |(_, name)| name);
    json!({"campaign_id": id.to_string(), "campaign_name": name, "objective": "OUTCOME_SALES"})
}

/// What every row has; lists of actions are left out where there is none.
fn row(world: &Simulation, date: NaiveDate, counted: Counted) -> Value {
    let Counted { impressions, clicks, cents, purchases } = counted;
    let mut row = json!({
        "date_start": date.to_string(), "date_stop": date.to_string(), "account_id": account_id(world).unwrap_or_default(),
        "account_currency": world.tenant.currency.code(), "impressions": impressions.to_string(),
        "clicks": clicks.to_string(), "spend": format!("{}.{:02}", cents / 100, cents % 100),
        "reach": ((impressions * 10 + 16) / 17).to_string(),
    });
    let mut actions = vec![json!({"action_type": "link_click", "value": clicks.to_string()})];
    if purchases > 0 {
        let names = ["omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase"];
        let each = |value: i128| names.map(|name| json!({"action_type": name, "value": value.to_string()}));
        actions.extend(each(purchases));
        row["action_values"] = json!(each(purchases * 40));
    }
    row["actions"] = json!(actions);
    row
}

fn merge(row: &mut Value, more: Value) {
    if let (Some(row), Value::Object(more)) = (row.as_object_mut(), more) {
        row.extend(more);
    }
}
