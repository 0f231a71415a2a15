//! Ads on LinkedIn of a company that people come to from there: its visits are those of the ads. What creatives cost
//! and bring adds up to the account's; a campaign group was archived, and one is gone from the list.

use super::shares::shares;
use super::social::{Brought, brought, weight};
use crate::sandbox::world::Simulation;
use chrono::{Datelike, NaiveDate};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A creative: campaign group, campaign, its own id, its thousandths of the account, and thousandths of money a click.
struct Creative(u64, u64, u64, u32, i128);

const SOURCE: &str = "linkedin";
const CREATIVES: [Creative; 5] = [
    Creative(630_100_001, 190_200_001, 260_300_001, 400, 6_420),
    Creative(630_100_001, 190_200_002, 260_300_002, 250, 7_150),
    Creative(630_100_002, 190_200_003, 260_300_003, 200, 4_980),
    Creative(630_100_003, 190_200_004, 260_300_004, 100, 8_305),
    Creative(630_100_004, 190_200_005, 260_300_005, 50, 5_760),
];
/// Campaign groups that are listed.
const GROUPS: [(u64, &str, &str); 3] = [
    (630_100_001, "Support Leaders", "ACTIVE"),
    (630_100_002, "Benchmark Report", "PAUSED"),
    (630_100_003, "Spring Webinar", "ARCHIVED"),
];
/// Devices with the one of visits that they are a share of, and thousandths of it. Some have no word.
const DEVICES: [(&str, &str, u32); 4] = [
    ("DESKTOP_WEB", "desktop", 970),
    ("MOBILE_APP", "mobile", 700),
    ("MOBILE_WEB", "mobile", 300),
    ("", "desktop", 30),
];
/// Conversion rules with their thousandths of conversions. The last one was deleted.
const RULES: [(u64, &str, u32); 3] =
    [(22_100_001, "Demo Request", 550), (22_100_002, "Whitepaper Download", 300), (22_100_003, "", 150)];
const METRICS: [&str; 8] = [
    "impressions",
    "clicks",
    "costInLocalCurrency",
    "externalWebsiteConversions",
    "externalWebsitePostClickConversions",
    "externalWebsitePostViewConversions",
    "conversionValueInLocalCurrency",
    "oneClickLeads",
];

/// What numbers are told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pivot {
    Account,
    CampaignGroup,
    Campaign,
    Creative,
    Conversion,
    Device,
}

impl Pivot {
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "ACCOUNT" => Self::Account,
            "CAMPAIGN_GROUP" => Self::CampaignGroup,
            "CAMPAIGN" => Self::Campaign,
            "CREATIVE" => Self::Creative,
            "CONVERSION" => Self::Conversion,
            "IMPRESSION_DEVICE_TYPE" => Self::Device,
            _ => return None,
        })
    }
}

/// What is asked of the analytics of an account, by day.
pub struct Asked<'a> {
    pub pivots: Vec<Pivot>,
    pub fields: Vec<&'a str>,
    /// Inclusive.
    pub since: NaiveDate,
    pub until: NaiveDate,
}

/// What a creative has of a day.
#[derive(Clone, Copy, Default)]
struct Counted {
    clicks: i128,
    post_click: i128,
    post_view: i128,
    leads: i128,
    mills: i128,
}

impl Counted {
    /// Shares of it, of which the weights come to `of`; each click costs `mill`.
    fn split(self, weights: &[u32], of: u32, phase: u64, mill: i128) -> Vec<Self> {
        let split = |total: i128| shares(total, weights, of, phase);
        let (clicks, leads) = (split(self.clicks), split(self.leads));
        let (post_click, post_view) = (split(self.post_click), split(self.post_view));
        let part = |at: usize| Self {
            clicks: clicks[at],
            post_click: post_click[at],
            post_view: post_view[at],
            leads: leads[at],
            mills: clicks[at] * mill,
        };
        (0..weights.len()).map(part).collect()
    }

    fn add(&mut self, other: Self) {
        self.clicks += other.clicks;
        self.post_click += other.post_click;
        self.post_view += other.post_view;
        self.leads += other.leads;
        self.mills += other.mills;
    }

    fn is_nothing(&self) -> bool {
        self.clicks + self.post_click + self.post_view + self.leads == 0
    }

    /// A metric as it is told: counts as numbers, money as decimal texts.
    fn metric(&self, name: &str) -> Value {
        let number = |value: i128| json!(i64::try_from(value).unwrap_or(i64::MAX));
        let conversions = self.post_click + self.post_view;
        match name {
            "impressions" => number(self.clicks * 170 + conversions),
            "clicks" => number(self.clicks),
            "costInLocalCurrency" => json!(format!("{}.{:03}", self.mills / 1000, self.mills % 1000)),
            "externalWebsiteConversions" => number(conversions),
            "externalWebsitePostClickConversions" => number(self.post_click),
            "externalWebsitePostViewConversions" => number(self.post_view),
            "conversionValueInLocalCurrency" => json!(format!("{}.0", conversions * 180)),
            _ => number(self.leads),
        }
    }
}

/// The company's ad account, where it has one.
pub fn account_id(world: &Simulation) -> Option<String> {
    let has_ads = world.tenant.origins.iter().any(|origin| origin.source == SOURCE);
    has_ads.then(|| format!("5{}", &world.tenant.property[1..]))
}

/// The account as an object.
pub fn account(world: &Simulation) -> Option<Value> {
    let id: u64 = account_id(world)?.parse().ok()?;
    Some(json!({"id": id, "name": world.tenant.name, "currency": world.tenant.currency.code(), "status": "ACTIVE",
        "type": "BUSINESS", "test": false, "reference": "urn:li:organization:1"}))
}

/// Campaign groups in one of these states.
pub fn groups(account: &str, states: &[&str]) -> Vec<Value> {
    let asked = GROUPS.iter().filter(|(.., status)| states.contains(status));
    asked
        .map(|(id, name, status)| {
            json!({"id": id, "name": name, "status": status, "account": format!("urn:li:sponsoredAccount:{account}"),
                "test": false})
        })
        .collect()
}

/// Conversion rules that are still there.
pub fn rules(account: &str) -> Vec<Value> {
    let there = RULES.iter().filter(|(_, name, _)| !name.is_empty());
    there
        .map(|(id, name, _)| {
            json!({"id": id, "name": name, "type": "LEAD", "enabled": true,
                "account": format!("urn:li:sponsoredAccount:{account}")})
        })
        .collect()
}

/// Whether there is a field of this name: by rule there are conversions alone.
pub fn is_field(name: &str, pivots: &[Pivot]) -> bool {
    let is_of_conversions = name.to_lowercase().contains("conversion");
    let is_metric = METRICS.contains(&name) && (is_of_conversions || !pivots.contains(&Pivot::Conversion));
    is_metric || ["dateRange", "pivotValues"].contains(&name)
}

/// The elements of an answer; what had no activity is left out.
pub fn elements(world: &Simulation, account: &str, asked: &Asked<'_>) -> Vec<Value> {
    let mut cells: BTreeMap<(NaiveDate, Vec<String>), Counted> = BTreeMap::new();
    for day in brought(world, SOURCE, (asked.since, asked.until), 90) {
        for (creative, counted) in CREATIVES.iter().zip(of_creatives(&day)) {
            for (kind, part) in parts(&day, creative, counted, &asked.pivots) {
                let value = |pivot: &Pivot| match pivot {
                    Pivot::Account => format!("urn:li:sponsoredAccount:{account}"),
                    Pivot::CampaignGroup => format!("urn:li:sponsoredCampaignGroup:{}", creative.0),
                    Pivot::Campaign => format!("urn:li:sponsoredCampaign:{}", creative.1),
                    Pivot::Creative => format!("urn:li:sponsoredCreative:{}", creative.2),
                    Pivot::Conversion => format!("urn:lla:llaPartnerConversion:{kind}"),
                    Pivot::Device => kind.clone(),
                };
                let key = (day.date, asked.pivots.iter().map(value).collect());
                cells.entry(key).or_default().add(part);
            }
        }
    }
    cells.retain(|_, counted| !counted.is_nothing());
    cells.iter().map(|((date, values), counted)| element(*date, values, counted, &asked.fields)).collect()
}

fn of_creatives(day: &Brought) -> Vec<Counted> {
    let weights: Vec<u32> = CREATIVES.iter().map(|creative| creative.3).collect();
    let split = |total: i128| shares(total, &weights, 1000, day.phase());
    let (clicks, leads) = (split(day.clicks), split(day.clicks / 30));
    let sides = shares(day.conversions, &[750, 250], 1000, day.phase());
    let (post_click, post_view) = (split(sides[0]), split(sides[1]));
    let counted = |(at, creative): (usize, &Creative)| Counted {
        clicks: clicks[at],
        post_click: post_click[at],
        post_view: post_view[at],
        leads: leads[at],
        mills: clicks[at] * price(creative, day.date),
    };
    CREATIVES.iter().enumerate().map(counted).collect()
}

/// Thousandths of money that a click costs: bids move by the day.
fn price(creative: &Creative, date: NaiveDate) -> i128 {
    let day = i128::from(date.num_days_from_ce());
    creative.4 + (day * 377 + i128::from(creative.2) * 91) % 1_400
}

/// A creative's day by device or by rule, where it is asked for so: the device or the rule's id, and its part.
fn parts(day: &Brought, creative: &Creative, counted: Counted, pivots: &[Pivot]) -> Vec<(String, Counted)> {
    let split =
        |weights: &[u32], of: u32| counted.split(weights, of, day.phase() + creative.2, price(creative, day.date));
    if pivots.contains(&Pivot::Conversion) {
        let weights = RULES.map(|(.., thousandths)| thousandths);
        // Rules count conversions and no clicks.
        let of_rule = |part: Counted| Counted { clicks: 0, leads: 0, mills: 0, ..part };
        return RULES
            .iter()
            .map(|(id, ..)| id.to_string())
            .zip(split(&weights, 1000).into_iter().map(of_rule))
            .collect();
    }
    if !pivots.contains(&Pivot::Device) {
        return vec![(String::new(), counted)];
    }
    // Tablets are among desktops.
    let sessions = |kind: &str| match kind {
        "desktop" => weight(&day.devices, "desktop") + weight(&day.devices, "tablet"),
        kind => weight(&day.devices, kind),
    };
    let weights: Vec<u32> = DEVICES.iter().map(|(_, kind, thousandths)| sessions(kind) * thousandths).collect();
    DEVICES.iter().map(|(device, ..)| (*device).to_owned()).zip(split(&weights, weights.iter().sum())).collect()
}

fn element(date: NaiveDate, values: &[String], counted: &Counted, fields: &[&str]) -> Value {
    let day = json!({"year": date.year(), "month": date.month(), "day": date.day()});
    let told = |name: &&str| match *name {
        "dateRange" => json!({"start": day, "end": day}),
        "pivotValues" => json!(values),
        metric => counted.metric(metric),
    };
    Value::Object(fields.iter().map(|name| ((*name).to_owned(), told(name))).collect::<Map<_, _>>())
}
