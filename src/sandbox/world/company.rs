//! Who the tenants are: their markets, campaigns and the events planted in their year.

use crate::domain::money::Currency;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;

/// The software company's workspace id.
pub const SOFTWARE: &str = "customerhappy";
/// The shop's workspace id.
pub const SHOP: &str = "northwind_shop";

/// A way visitors come: one row of traffic before it is split by device and country.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    pub source: &'static str,
    pub medium: &'static str,
    pub campaign: &'static str,
    /// Sessions on an ordinary first day.
    pub sessions: f64,
    /// Share of sessions that become a lead (software) or an order (shop).
    pub conversion: f64,
    /// For paid origins, the ad campaign behind it.
    pub ad: Option<Ad>,
}

/// A paid campaign.
#[derive(Clone, Copy, Debug)]
pub struct Ad {
    pub account: &'static str,
    pub id: u64,
    pub kind: &'static str,
    /// Clicks per impression.
    pub ctr: f64,
    /// Micros of the account's currency a click.
    pub cpc_micros: i64,
}

/// A simulated company.
#[derive(Clone, Debug)]
pub struct Tenant {
    pub id: &'static str,
    pub name: &'static str,
    pub zone: Tz,
    pub currency: Currency,
    pub property: &'static str,
    pub accounts: &'static [&'static str],
    pub origins: Vec<Origin>,
    /// Growth over a year, e.g. 0.4 for 40%.
    pub growth: f64,
    /// Weight of Monday to Sunday.
    pub week: [f64; 7],
    pub has_crm: bool,
}

const fn origin(
    source: &'static str,
    medium: &'static str,
    campaign: &'static str,
    sessions: f64,
    conversion: f64,
) -> Origin {
    Origin { source, medium, campaign, sessions, conversion, ad: None }
}

const fn paid(of: Origin, account: &'static str, id: u64, kind: &'static str, ctr: f64, cpc_micros: i64) -> Origin {
    Origin { ad: Some(Ad { account, id, kind, ctr, cpc_micros }), ..of }
}

/// Both companies, and a small one whose names mean harm or run from the right.
pub fn with_odd_names() -> Vec<Tenant> {
    let ad = |name, id, kind| paid(origin("google", "cpc", name, 30.0, 0.012), "3330000001", id, kind, 0.03, 450_000);
    let odd = Tenant {
        id: "odd_names",
        name: "Zoë & Söhne <Café>",
        zone: chrono_tz::Asia::Kolkata,
        currency: Currency::new("EUR").unwrap_or_else(|_| unreachable!("a currency code")),
        property: "310000003",
        accounts: &["3330000001"],
        growth: 0.1,
        week: [1.0, 1.0, 1.02, 1.0, 0.98, 0.9, 0.88],
        has_crm: false,
        origins: vec![
            ad("Competitors </script><script>alert(1)</script>", 4001, "SEARCH"),
            ad("<!channel> Spring *sale*", 4002, "DISPLAY"),
            ad("=HYPERLINK(\"http://evil.example\",\"win\")", 4003, "DISPLAY"),
            ad("عروض الخريف", 4004, "SEARCH"),
            ad("秋のキャンペーン 🚀", 4005, "SEARCH"),
            ad("מבצע סתיו 50%", 4006, "SEARCH"),
            ad("दिवाली ऑफ़र", 4007, "SEARCH"),
            origin("google", "organic", "(not set)", 120.0, 0.015),
            origin("newsletter", "email", "Sale:fire: {{ 7 * 7 }}", 40.0, 0.02),
            origin("(direct)", "(none)", "(not set)", 60.0, 0.018),
        ],
    };
    tenants().into_iter().chain([odd]).collect()
}

/// Both companies.
pub fn tenants() -> Vec<Tenant> {
    let currency = |code| Currency::new(code).unwrap_or_else(|_| unreachable!("a currency code"));
    vec![
        Tenant {
            id: SOFTWARE,
            name: "CustomerHappy",
            zone: chrono_tz::America::New_York,
            currency: currency("USD"),
            property: "310000001",
            accounts: &["1110000001", "1110000002"],
            growth: 0.35,
            week: [1.12, 1.18, 1.16, 1.1, 0.96, 0.52, 0.58],
            has_crm: true,
            origins: vec![
                paid(
                    origin("google", "cpc", "Brand Search", 150.0, 0.034),
                    "1110000001",
                    2001,
                    "SEARCH",
                    0.21,
                    820_000,
                ),
                paid(
                    origin("google", "cpc", "Help Desk Software", 210.0, 0.021),
                    "1110000001",
                    2002,
                    "SEARCH",
                    0.048,
                    3_410_000,
                ),
                paid(
                    origin("google", "cpc", "Competitors", 60.0, 0.012),
                    "1110000001",
                    2003,
                    "SEARCH",
                    0.031,
                    4_120_000,
                ),
                paid(
                    origin("google", "cpc", "Always On Performance Max", 120.0, 0.011),
                    "1110000002",
                    2004,
                    "PERFORMANCE_MAX",
                    0.017,
                    1_270_000,
                ),
                paid(origin("google", "cpc", "Spring Sale", 40.0, 0.01), "1110000002", 2005, "DISPLAY", 0.006, 610_000),
                origin("google", "organic", "(not set)", 520.0, 0.016),
                origin("bing", "organic", "(not set)", 60.0, 0.015),
                origin("newsletter", "email", "Product News", 110.0, 0.028),
                origin("linkedin", "paid_social", "(not set)", 90.0, 0.013),
                origin("(direct)", "(none)", "(not set)", 260.0, 0.014),
                origin("g2.com", "referral", "(not set)", 45.0, 0.031),
            ],
        },
        Tenant {
            id: SHOP,
            name: "Northwind Shop",
            zone: chrono_tz::Europe::Berlin,
            currency: currency("EUR"),
            property: "310000002",
            accounts: &["2220000001"],
            growth: 0.2,
            week: [0.92, 0.9, 0.93, 0.97, 1.02, 1.1, 1.2],
            has_crm: false,
            origins: vec![
                paid(origin("google", "cpc", "Marke", 120.0, 0.031), "2220000001", 3001, "SEARCH", 0.19, 310_000),
                paid(
                    origin("google", "cpc", "Schuhe Generisch", 170.0, 0.013),
                    "2220000001",
                    3002,
                    "SEARCH",
                    0.043,
                    740_000,
                ),
                paid(
                    origin("google", "cpc", "Herbst Sale", 40.0, 0.009),
                    "2220000001",
                    3003,
                    "DISPLAY",
                    0.007,
                    220_000,
                ),
                paid(origin("google", "cpc", "Winterstiefel", 35.0, 0.01), "2220000001", 3004, "SEARCH", 0.03, 540_000),
                paid(
                    origin("google", "cpc", "Sneaker Neuheiten", 30.0, 0.011),
                    "2220000001",
                    3005,
                    "SEARCH",
                    0.03,
                    560_000,
                ),
                origin("google", "organic", "(not set)", 410.0, 0.015),
                origin("instagram", "paid_social", "(not set)", 150.0, 0.008),
                origin("tiktok", "paid_social", "(not set)", 90.0, 0.005),
                origin("influencer", "influencer", "Herbst 2026", 70.0, 0.019),
                origin("newsletter", "email", "Neuheiten", 95.0, 0.027),
                origin("(direct)", "(none)", "(not set)", 180.0, 0.018),
            ],
        },
    ]
}

/// The planted events, by day counted back from the last whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The tag was missing: clicks go on, sessions are hardly seen (software, days 41 and 40 back).
    TrackingOutage,
    /// One campaign spends four times as much (shop, campaign 3002, day 6 back).
    CostSpike,
    /// A channel loses 35% (software, organic search, the last 14 days).
    Decline,
}

/// Whether an event holds for an origin on a day; `last` is the last whole day.
pub fn event(tenant: &str, origin: &Origin, date: NaiveDate, last: NaiveDate) -> Option<Event> {
    let back = |days| last.checked_sub_days(Days::new(days));
    if tenant == SOFTWARE && (Some(date) == back(40) || Some(date) == back(41)) {
        return Some(Event::TrackingOutage);
    }
    if tenant == SHOP && origin.campaign == "Schuhe Generisch" && Some(date) == back(6) {
        return Some(Event::CostSpike);
    }
    let declines = tenant == SOFTWARE && origin.source == "google" && origin.medium == "organic";
    (declines && Some(date) > back(14)).then_some(Event::Decline)
}
