//! Ads on Bing of a company that people come to from there: its visits are those of the ads. The account is its campaigns
//! and one that was deleted, which reports keep; keywords and search terms leave out what they do not name.

use super::shares::{hours, shares};
use crate::sandbox::world::Simulation;
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;

/// A campaign: its id, name, type, thousandths of the account, and status.
struct Campaign(u64, &'static str, &'static str, u32, &'static str);

const CAMPAIGNS: [Campaign; 4] = [
    Campaign(531_001, "Bing Brand", SEARCH, 480, "Active"),
    Campaign(531_002, "Bing Help Desk", SEARCH, 300, "Active"),
    Campaign(531_003, "Bing Remarketing", "Audience", 150, "Paused"),
    Campaign(531_004, "Bing Spring", SEARCH, 70, "Deleted"),
];
const SEARCH: &str = "Search & content";
const DEVICES: [(&str, &str); 3] = [("desktop", "Computer"), ("mobile", "Smartphone"), ("tablet", "Tablet")];
const COUNTRIES: [&str; 3] = ["United States", "Germany", "United Kingdom"];
/// States of each country with their thousandths; where people are is not always known.
const STATES: [[(&str, u32); 3]; 3] = [
    [("New York", 480), ("California", 420), ("", 100)],
    [("Bayern", 540), ("Berlin", 410), ("", 50)],
    [("England", 860), ("Scotland", 120), ("", 20)],
];
/// Words behind the campaign's name, match type, thousandths and score; the last has too few impressions for one.
const KEYWORDS: [(&str, &str, u32, u32); 3] =
    [("", "Exact", 560, 8), (" software", "Phrase", 290, 5), (" tool", "Broad", 90, 0)];
const TERMS: [(&str, &str, u32); 3] = [("", "Exact", 420), (" pricing", "Phrase", 210), (" reviews", "Broad", 80)];
/// Cents of a click, and impressions.
const CLICK: i128 = 187;
const SEEN: i128 = 34;

/// By what a campaign's day is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// The account as one.
    Account,
    Campaign,
    Device,
    Hour,
    Place,
    Keyword,
    Term,
}

/// A row: values by column.
pub type Row = BTreeMap<&'static str, String>;

/// The company's account, where it has one.
pub fn account_id(world: &Simulation) -> Option<String> {
    let has_ads = world.tenant.origins.iter().any(|origin| origin.source == "bing");
    has_ads.then(|| format!("18{}", world.tenant.property))
}

/// The company that an account is of.
pub fn world_of<'a>(worlds: &'a [Simulation], account: &str) -> Option<&'a Simulation> {
    worlds.iter().find(|world| account_id(world).is_some_and(|id| id == account))
}

/// The vendor's name of a company's zone, and how reports print it.
pub fn zone(world: &Simulation) -> (&'static str, &'static str) {
    match world.tenant.zone {
        chrono_tz::America::New_York => ("EasternTimeUSCanada", "(GMT-05:00) Eastern Time (US & Canada)"),
        _ => (
            "GreenwichMeanTimeDublinEdinburghLisbonLondon",
            "(GMT) Greenwich Mean Time: Dublin, Edinburgh, Lisbon, London",
        ),
    }
}

/// What came of a day: clicks, and hundredths of conversions.
#[derive(Clone, Copy, Default)]
struct Counted {
    clicks: i128,
    conversions: i128,
}

/// A day's visits by what tells them apart.
#[derive(Default)]
struct Day {
    sessions: u64,
    orders: u64,
    devices: BTreeMap<&'static str, u32>,
    countries: BTreeMap<&'static str, u32>,
}

/// The rows of some days, both ends included; what has no activity is left out.
pub fn rows(world: &Simulation, split: Split, since: NaiveDate, until: NaiveDate) -> Vec<Row> {
    let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
    let from = world.visits.partition_point(|visit| visit.date < since);
    let asked = world.visits[from..].iter().take_while(|visit| visit.date <= until.min(world.last));
    for visit in asked.filter(|visit| visit.source == "bing") {
        let day = days.entry(visit.date).or_default();
        let sessions = u32::try_from(visit.sessions).unwrap_or(u32::MAX);
        (day.sessions, day.orders) = (day.sessions + visit.sessions, day.orders + visit.key_events);
        *day.devices.entry(visit.device).or_default() += sessions;
        *day.countries.entry(visit.country).or_default() += sessions;
    }
    days.iter().flat_map(|(date, day)| rows_of_day(world, split, *date, day)).collect()
}

fn rows_of_day(world: &Simulation, split: Split, date: NaiveDate, day: &Day) -> Vec<Row> {
    let number = u64::from(date.num_days_from_ce().unsigned_abs());
    // Some click and leave before the page counts them; conversions keep arriving for 30 days.
    let clicks = i128::from(day.sessions + day.sessions / 12);
    let age = i128::from((world.last - date).num_days().clamp(0, 30));
    let conversions = i128::from(day.orders) * (60 + 40 * age / 30);
    let head = || {
        let account = account_id(world).unwrap_or_default();
        let currency = world.tenant.currency.code().to_owned();
        Row::from([("TimePeriod", date.to_string()), ("AccountId", account), ("CurrencyCode", currency)])
    };
    if split == Split::Account {
        return measured(head(), Counted { clicks, conversions }).into_iter().collect();
    }
    let weights = CAMPAIGNS.each_ref().map(|campaign| campaign.3);
    let (clicks, conversions) = (shares(clicks, &weights, 1000, number), shares(conversions, &weights, 1000, number));
    let mut all = Vec::new();
    for (campaign, (clicks, conversions)) in CAMPAIGNS.iter().zip(clicks.into_iter().zip(conversions)) {
        let Campaign(id, name, kind, _, status) = campaign;
        let (parts, of) = parts(world, split, campaign, date, day);
        let weights: Vec<u32> = parts.iter().map(|(weight, _)| *weight).collect();
        let clicks = shares(clicks, &weights, of, number + id);
        let conversions = shares(conversions, &weights, of, number + id);
        for ((_, told), (clicks, conversions)) in parts.into_iter().zip(clicks.into_iter().zip(conversions)) {
            let mut row = head();
            row.extend([("CampaignId", id.to_string()), ("CampaignName", (*name).to_owned())]);
            row.extend([("CampaignStatus", (*status).to_owned()), ("CampaignType", (*kind).to_owned())]);
            row.extend(told);
            all.extend(measured(row, Counted { clicks, conversions }));
        }
    }
    all
}

/// The parts of a campaign's day: weight, and what tells each apart; and what the weights are of.
fn parts(world: &Simulation, split: Split, of: &Campaign, date: NaiveDate, day: &Day) -> (Vec<(u32, Row)>, u32) {
    let Campaign(id, name, kind, ..) = of;
    let weight = |of: &BTreeMap<&'static str, u32>, name: &str| of.get(name).copied().unwrap_or(0);
    let ad_group = || Row::from([("AdGroupId", (id * 10).to_string()), ("AdGroupName", "Ad group 1".to_owned())]);
    let words = |behind: &str| format!("{}{behind}", name.to_lowercase());
    let parts: Vec<(u32, Row)> = match split {
        Split::Account | Split::Campaign => vec![(1, Row::new())],
        Split::Device => DEVICES
            .iter()
            .map(|(own, vendors)| (weight(&day.devices, own), Row::from([("DeviceType", (*vendors).to_owned())])))
            .collect(),
        Split::Hour => (0..)
            .zip(hours(date, world.tenant.zone))
            .map(|(hour, weight): (u32, u32)| (weight, Row::from([("TimePeriod", format!("{date}|{hour:02}"))])))
            .collect(),
        Split::Place => COUNTRIES
            .iter()
            .zip(&STATES)
            .flat_map(|(country, states)| {
                let all = weight(&day.countries, country);
                let told = |state: &str| Row::from([("Country", (*country).to_owned()), ("State", state.to_owned())]);
                states.iter().map(move |(state, of)| (all * of, told(state)))
            })
            .collect(),
        Split::Keyword | Split::Term if *kind != SEARCH => Vec::new(),
        Split::Keyword => (0..)
            .zip(KEYWORDS)
            .map(|(number, (behind, match_type, weight, score))| {
                let mut told = ad_group();
                told.extend([("KeywordId", (id * 100 + number).to_string()), ("Keyword", words(behind))]);
                told.insert("BidMatchType", match_type.to_owned());
                told.extend(scores(score, date));
                (weight, told)
            })
            .collect(),
        Split::Term => TERMS
            .iter()
            .map(|(behind, match_type, weight)| {
                let mut told = ad_group();
                told.extend([("SearchQuery", words(behind)), ("DeliveredMatchType", (*match_type).to_owned())]);
                (*weight, told)
            })
            .collect(),
    };
    let sum = parts.iter().map(|(weight, _)| weight).sum();
    (parts, if matches!(split, Split::Keyword | Split::Term) { 1000 } else { sum })
}

/// A keyword's scores of a day; `--` where there is none.
fn scores(score: u32, date: NaiveDate) -> Row {
    let score = if score == 0 { 0 } else { score + date.month0() % 3 };
    let text = |value: u32| if score == 0 { "--".to_owned() } else { value.to_string() };
    Row::from([
        ("HistoricalQualityScore", text(score)),
        ("HistoricalAdRelevance", text(1 + score / 4)),
        ("HistoricalLandingPageExperience", text(2)),
        ("HistoricalExpectedCtr", text(1 + score / 4)),
    ])
}

/// A row with its numbers, unless there are none. Conversions come without impressions as well.
fn measured(mut row: Row, Counted { clicks, conversions }: Counted) -> Option<Row> {
    let decimal = |hundredths: i128| format!("{}.{:02}", hundredths / 100, hundredths % 100);
    row.extend([("Impressions", (clicks * SEEN).to_string()), ("Clicks", clicks.to_string())]);
    row.extend([("Spend", decimal(clicks * CLICK)), ("ConversionsQualified", decimal(conversions))]);
    row.insert("Revenue", decimal(conversions * 40));
    (clicks > 0 || conversions > 0).then_some(row)
}
