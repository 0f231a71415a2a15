//! Ads on TikTok of a shop that people come to from there: its visits are those of the ads. What ads cost and bring
//! adds up to the account's; an ad and a campaign were deleted. A GMV Max campaign sells on TikTok itself, and is in no
//! report of ads.

use super::shares::{hours, shares};
use super::social::{Brought, COUNTRIES, brought, weight};
use crate::sandbox::world::Simulation;
use chrono::{Datelike, NaiveDate};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An ad: campaign, ad group, its own id, its thousandths of the account, cents a click, what its group optimises for
/// in events a purchase, and whether it is still there.
struct Ad(usize, u64, u64, u32, i128, i128, bool);

const SOURCE: &str = "tiktok";
const ADS: [Ad; 5] = [
    Ad(0, 1_790_000_000_000_201, 1_790_000_000_000_301, 420, 31, 1, true),
    Ad(0, 1_790_000_000_000_202, 1_790_000_000_000_302, 260, 36, 1, true),
    Ad(1, 1_790_000_000_000_203, 1_790_000_000_000_303, 170, 24, 3, true),
    Ad(1, 1_790_000_000_000_203, 1_790_000_000_000_304, 90, 27, 3, false),
    Ad(2, 1_790_000_000_000_204, 1_790_000_000_000_305, 60, 43, 1, false),
];
/// Campaigns, and whether they are still there.
const CAMPAIGNS: [(u64, &str, bool); 3] = [
    (1_790_000_000_000_101, "Herbst Sale Video", true),
    (1_790_000_000_000_102, "Sneaker Spark Ads", true),
    (1_790_000_000_000_103, "Sommer Schlussverkauf", false),
];
const GMV_MAX: (u64, &str) = (1_830_000_000_000_401, "GMV Max Schuhe");
const STORE: &str = "7494000000000000001";
const METRICS: [&str; 13] = [
    "campaign_id",
    "campaign_name",
    "adgroup_id",
    "spend",
    "impressions",
    "clicks",
    "conversion",
    "complete_payment",
    "total_complete_payment_rate",
    "total_purchase",
    "total_purchase_value",
    "onsite_shopping",
    "total_onsite_shopping_value",
];
const OF_AUDIENCES: [&str; 5] = ["campaign_name", "spend", "impressions", "clicks", "conversion"];
/// Platforms of devices, with their thousandths. Of some it is not known.
const PLATFORMS: [(&str, u32); 3] = [("ANDROID", 530), ("IOS", 450), ("None", 20)];

/// What tells rows apart: an id, a time, and a country or a platform.
type Cell = (String, String, &'static str);

/// What rows are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Advertiser,
    Campaign,
    Ad,
}

impl Level {
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "AUCTION_ADVERTISER" => Self::Advertiser,
            "AUCTION_CAMPAIGN" => Self::Campaign,
            "AUCTION_AD" => Self::Ad,
            _ => return None,
        })
    }

    /// The dimension that tells its rows apart.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Advertiser => "advertiser_id",
            Self::Campaign => "campaign_id",
            Self::Ad => "ad_id",
        }
    }

    /// The field that filters by its status, where it has one.
    pub const fn status(self) -> Option<&'static str> {
        match self {
            Self::Advertiser => None,
            Self::Campaign => Some("campaign_status"),
            Self::Ad => Some("ad_status"),
        }
    }

    /// Whether its report has a metric: what names something is only told of what is within it. The report on audiences
    /// knows no purchases.
    pub fn has(self, metric: &str, is_of_audiences: bool) -> bool {
        let known = if is_of_audiences { &OF_AUDIENCES[..] } else { &METRICS };
        known.contains(&metric)
            && match metric {
                "campaign_name" => self != Self::Advertiser,
                "campaign_id" | "adgroup_id" => self == Self::Ad,
                _ => true,
            }
    }
}

/// What is asked of a report.
pub struct Asked {
    pub level: Level,
    pub dimensions: Vec<String>,
    pub metrics: Vec<String>,
    /// Whether what was deleted is wanted as well.
    pub has_deleted: bool,
    /// Inclusive.
    pub since: NaiveDate,
    pub until: NaiveDate,
}

impl Asked {
    pub fn is_by(&self, dimension: &str) -> bool {
        self.dimensions.iter().any(|asked| asked == dimension)
    }
}

#[derive(Clone, Copy, Default)]
struct Counted {
    clicks: i128,
    purchases: i128,
    /// Events that ad groups optimise for.
    events: i128,
    cents: i128,
}

/// The company's ad account, where it has one.
pub fn advertiser_id(world: &Simulation) -> Option<String> {
    let has_ads = world.tenant.origins.iter().any(|origin| origin.source == SOURCE);
    has_ads.then(|| format!("7002{:0>15}", world.tenant.property))
}

/// The account as an object.
pub fn advertiser(world: &Simulation) -> Option<Value> {
    let (id, zone) = (advertiser_id(world)?, world.tenant.zone.name());
    Some(json!({"advertiser_id": id, "name": world.tenant.name, "currency": world.tenant.currency.code(),
        "timezone": zone, "display_timezone": zone, "status": "STATUS_ENABLE"}))
}

/// The rows of a report, not ordered by day; what had no activity is left out.
pub fn report(world: &Simulation, advertiser: &str, asked: &Asked) -> Vec<Value> {
    let mut cells: BTreeMap<Cell, (&'static Ad, Counted)> = BTreeMap::new();
    let weights: Vec<u32> = ADS.iter().map(|ad| ad.3).collect();
    for day in brought(world, SOURCE, (asked.since, asked.until), 28) {
        let clicks = shares(day.clicks, &weights, 1000, day.phase());
        let purchases = shares(day.conversions, &weights, 1000, day.phase());
        for ((ad, clicks), purchases) in ADS.iter().zip(clicks).zip(purchases) {
            let is_there = match asked.level {
                Level::Advertiser => true,
                Level::Campaign => CAMPAIGNS[ad.0].2,
                Level::Ad => ad.6,
            };
            if !is_there && !asked.has_deleted {
                continue;
            }
            let id = match asked.level {
                Level::Advertiser => advertiser.to_owned(),
                Level::Campaign => CAMPAIGNS[ad.0].0.to_string(),
                Level::Ad => ad.2.to_string(),
            };
            for (time, kind, part) in parts(world, &day, ad, (clicks, purchases), asked) {
                let sum = &mut cells.entry((id.clone(), time, kind)).or_insert((ad, Counted::default())).1;
                sum.clicks += part.clicks;
                sum.purchases += part.purchases;
                sum.events += part.events;
                sum.cents += part.cents;
            }
        }
    }
    cells.retain(|_, (_, counted)| counted.clicks + counted.purchases > 0);
    cells.into_iter().map(|(cell, (ad, counted))| row(asked, cell, ad, &counted)).collect()
}

/// An ad's day in its parts: the time and the country or platform of each, and what it has.
fn parts(
    world: &Simulation,
    day: &Brought,
    ad: &Ad,
    (clicks, purchases): (i128, i128),
    asked: &Asked,
) -> Vec<(String, &'static str, Counted)> {
    let midnight = format!("{} 00:00:00", day.date);
    let told: Vec<(String, &str, u32)> = if asked.is_by("stat_time_hour") {
        let weights = hours(day.date, world.tenant.zone);
        (0..)
            .zip(weights)
            .map(|(hour, weight): (u32, u32)| (format!("{} {hour:02}:00:00", day.date), "", weight))
            .collect()
    } else if asked.is_by("country_code") {
        let of = |(name, code): (&str, &'static str)| (midnight.clone(), code, 40 * weight(&day.countries, name));
        // Of some the country is not known.
        let unknown = (midnight.clone(), "None", u32::try_from(day.sessions).unwrap_or(u32::MAX));
        COUNTRIES.into_iter().map(of).chain([unknown]).collect()
    } else if asked.is_by("platform") {
        PLATFORMS.into_iter().map(|(platform, weight)| (midnight.clone(), platform, weight)).collect()
    } else {
        vec![(midnight, "", 1)]
    };
    let weights: Vec<u32> = told.iter().map(|(.., weight)| *weight).collect();
    let split = |total: i128| shares(total, &weights, weights.iter().sum(), day.phase() + ad.2);
    let cents = price(ad, day.date);
    let part = |((time, kind, _), (clicks, purchases)): ((String, &'static str, u32), (i128, i128))| {
        let counted = Counted { clicks, purchases, events: purchases * ad.5, cents: clicks * cents };
        (time, kind, counted)
    };
    told.into_iter().zip(split(clicks).into_iter().zip(split(purchases))).map(part).collect()
}

/// Cents that a click costs: bids move by the day.
fn price(ad: &Ad, date: NaiveDate) -> i128 {
    ad.4 + (i128::from(date.num_days_from_ce()) * 5 + i128::from(ad.3)) % 7
}

fn row(asked: &Asked, (id, time, kind): Cell, ad: &Ad, counted: &Counted) -> Value {
    let dimension = |name: &String| match name.as_str() {
        "stat_time_day" | "stat_time_hour" => json!(time),
        "country_code" | "platform" => json!(kind),
        _ => json!(id),
    };
    let metric = |name: &String| match name.as_str() {
        "campaign_id" => CAMPAIGNS[ad.0].0.to_string(),
        "campaign_name" => CAMPAIGNS[ad.0].1.to_owned(),
        "adgroup_id" => ad.1.to_string(),
        "spend" => money(counted.cents),
        "impressions" => (counted.clicks * 95 + counted.purchases).to_string(),
        "clicks" => counted.clicks.to_string(),
        "conversion" => counted.events.to_string(),
        "complete_payment" => counted.purchases.to_string(),
        "total_complete_payment_rate" => money(counted.purchases * 4_190),
        // Nothing is sold in an app, nor by ads on TikTok itself.
        "total_purchase" | "onsite_shopping" => "0".to_owned(),
        _ => "0.00".to_owned(),
    };
    let of = |names: &[String], value: &dyn Fn(&String) -> Value| -> Value {
        names.iter().map(|name| (name.clone(), value(name))).collect::<serde_json::Map<_, _>>().into()
    };
    json!({"dimensions": of(&asked.dimensions, &dimension), "metrics": of(&asked.metrics, &|name| json!(metric(name)))})
}

/// Stores of an account; one was never opened to GMV Max.
pub fn stores() -> Value {
    json!([{"store_id": STORE, "store_name": "Northwind", "is_gmv_max_available": true},
        {"store_id": "7494000000000000002", "store_name": "Northwind Outlet", "is_gmv_max_available": false}])
}

pub fn gmv_max_campaigns() -> Vec<Value> {
    vec![json!({"campaign_id": GMV_MAX.0.to_string(), "campaign_name": GMV_MAX.1, "operation_status": "ENABLE"})]
}

/// Whether GMV Max sells for a store.
pub fn is_open(store: &str) -> bool {
    store == STORE
}

/// The days of the GMV Max campaign.
pub fn gmv_max(world: &Simulation, since: NaiveDate, until: NaiveDate) -> Vec<Value> {
    let row = |day: Brought| {
        // Some of those who see it buy there, and do not come to the shop's own site.
        let orders = shares(i128::from(day.sessions), &[28], 1000, day.phase())[0];
        let cents = i128::from(day.sessions) * 6 + orders * 215;
        json!({"dimensions": {"campaign_id": GMV_MAX.0.to_string(), "stat_time_day": format!("{} 00:00:00", day.date)},
            "metrics": {"campaign_name": GMV_MAX.1, "cost": money(cents), "orders": orders.to_string(),
                "gross_revenue": money(orders * 3_640)}})
    };
    brought(world, SOURCE, (since, until), 28).into_iter().map(row).collect()
}

fn money(cents: i128) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
