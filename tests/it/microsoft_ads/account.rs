//! What the sandbox's account gives in the tables: it is what the visits say.

use super::{ACCOUNT, synced};
use crate::support::{noon, texts};
use crate::tenants::Simulation;
use chrono::{NaiveDate, TimeDelta};
use daybook::connectors::Engine;
use daybook::domain::period::Period;
use daybook::jobs::backfill::backfill;
use daybook::jobs::sync::{Gathered, Source, SyncContext, sync_connection};
use daybook::sandbox::{Faults, SOFTWARE};
use daybook::support::clock::Clock;
use daybook::warehouse::load::Loaded;
use std::collections::BTreeMap;
use std::sync::Arc;

const DAYS: u64 = 40;
const TABLES: [&str; 7] = [
    "ad_account_daily",
    "ad_daily",
    "ad_device_daily",
    "ad_hourly",
    "ad_geo_daily",
    "keyword_daily",
    "search_term_daily",
];

/// The same, with its account named, as a backfill needs it where no list was kept.
fn named(mut source: Source) -> Source {
    source.connection.settings.insert("account_ids".to_owned(), vec![ACCOUNT].into());
    source
}

/// Clicks and conversions of each day, by the visits that come from Bing; of conversions what has arrived.
fn expected(world: &Simulation) -> BTreeMap<NaiveDate, (u64, u64)> {
    let worlds = world.sandbox.worlds();
    let software = worlds.iter().find(|world| world.tenant.id == SOFTWARE).expect("the software company");
    let mut days: BTreeMap<NaiveDate, (u64, u64)> = BTreeMap::new();
    for visit in software.visits.iter().filter(|visit| visit.source == "bing") {
        let day = days.entry(visit.date).or_default();
        *day = (day.0 + visit.sessions, day.1 + visit.key_events);
    }
    let credited = |date: NaiveDate, orders: u64| {
        let age = u64::try_from((software.last - date).num_days()).expect("a day of the past").min(30);
        orders * (60 + 40 * age / 30)
    };
    days.into_iter()
        .map(|(date, (sessions, orders))| (date, (sessions + sessions / 12, credited(date, orders))))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_s_figures_are_those_of_its_visits_and_its_parts_add_up() {
    // Access tokens end in the middle of it.
    let (world, source) = synced(DAYS, Faults { token_uses: 20, ..Faults::none() }).await;
    let outcomes = sync_connection(&world.context, &source, &|_| ()).await;
    for outcome in &outcomes {
        let Loaded { rows_quarantined, notes, .. } = &outcome.loaded;
        assert_eq!((&outcome.error, *rows_quarantined, &notes[..]), (&None, 0, &[][..]), "{}", outcome.stream);
    }
    assert_eq!(outcomes.len(), 7);
    let warehouse = &world.context.warehouse;
    let rows = texts(
        warehouse,
        "SELECT concat_ws(' ', date, clicks, impressions, cost::DECIMAL(18, 2), conversions::DECIMAL(18, 2), currency, account_id)
         FROM core.ad_account_daily ORDER BY date",
    );
    let decimal = |hundredths: u64| format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let expected = expected(&world);
    let as_row = |(date, (clicks, conversions)): (&NaiveDate, &(u64, u64))| {
        let (cost, conversions) = (decimal(clicks * 187), decimal(*conversions));
        format!("{date} {clicks} {} {cost} {conversions} USD {ACCOUNT}", clicks * 34)
    };
    assert_eq!(rows, expected.iter().map(as_row).collect::<Vec<_>>());
    assert_eq!(rows.len(), DAYS as usize);

    let sums = |table: &str, only: &str| {
        let columns = "sum(impressions), sum(clicks), sum(cost)::DECIMAL(18, 2), sum(conversions)::DECIMAL(18, 2)";
        texts(warehouse, &format!("SELECT concat_ws(' ', {columns}) FROM core.{table} WHERE {only}")).remove(0)
    };
    let account = sums("ad_account_daily", "true");
    for table in ["ad_daily", "ad_device_daily", "ad_hourly", "ad_geo_daily"] {
        assert_eq!(sums(table, "true"), account, "{table}");
    }
    // PostHog/posthog#75517, airbytehq/airbyte#23867, BingAds/BingAds-PHP-SDK#157: what deleted campaigns cost was lost,
    // or had no name; reports keep both, and their status.
    let deleted = sums("ad_daily", "campaign_status = 'Deleted' AND campaign_name = 'Bing Spring'");
    assert!(!deleted.is_empty() && deleted != account, "{deleted}");
    let is_less = |less: &str, more: &str| {
        let sql = format!(
            "SELECT (l.clicks > m.clicks / 2 AND l.clicks < m.clicks AND l.cost < m.cost)::VARCHAR
             FROM (SELECT sum(clicks) AS clicks, sum(cost) AS cost FROM core.{less}) AS l,
                  (SELECT sum(clicks) AS clicks, sum(cost) AS cost FROM core.{more}) AS m"
        );
        assert_eq!(texts(warehouse, &sql), ["true"], "{less} {more}");
    };
    is_less("keyword_daily", "ad_daily");
    is_less("search_term_daily", "keyword_daily");
    let one = |sql: &str| texts(warehouse, sql).join(" | ");
    assert_eq!(one("SELECT DISTINCT device FROM core.ad_device_daily ORDER BY 1"), "computer | smartphone | tablet");
    assert_eq!(one("SELECT DISTINCT country FROM core.ad_geo_daily ORDER BY 1"), "DE | GB | US");
    assert!(
        one("SELECT DISTINCT campaign_name FROM core.keyword_daily ORDER BY 1")
            .eq("Bing Brand | Bing Help Desk | Bing Spring")
    );
    let scored = "SELECT DISTINCT keyword || ' ' || coalesce(quality_score::VARCHAR, 'none') || ' ' || expected_ctr
        FROM core.keyword_daily WHERE campaign_id = '531001' AND date >= DATE '2026-11-01' ORDER BY 1";
    assert_eq!(one(scored), "bing brand 9 above_average | bing brand software 6 average | bing brand tool none ");
    let zone = "SELECT count(DISTINCT hour)::VARCHAR FROM core.ad_hourly";
    assert_eq!(one(zone), "24");
    // What has no activity is left out, and an hour or place has no day of its own.
    assert_eq!(one("SELECT count(*)::VARCHAR FROM core.ad_hourly WHERE clicks = 0 AND conversions = 0"), "0");
    let whole = "SELECT DISTINCT (count(*) FILTER (WHERE is_whole_day))::VARCHAR FROM ops.coverage GROUP BY stream";
    assert_eq!(one(whole), DAYS.to_string(), "each stream has every day");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_sync_changes_nothing_and_asks_for_the_last_days_only() {
    let (world, source) = synced(DAYS, Faults::none()).await;
    let held = || {
        let of = |table: &str| {
            let numbers = "concat_ws(' ', count(*), sum(impressions), sum(clicks), sum(cost), sum(conversions))";
            texts(&world.context.warehouse, &format!("SELECT {numbers} FROM core.{table}")).remove(0)
        };
        TABLES.map(of)
    };
    sync_connection(&world.context, &source, &|_| ()).await;
    let (first, asked) = (held(), world.sandbox.request_counts()["microsoft_ads"]);
    let outcomes = sync_connection(&world.context, &source, &|_| ()).await;
    assert_eq!(held(), first);
    for outcome in &outcomes {
        let restated = outcome.loaded.rows_superseded;
        // PostHog/posthog#54028: within a day nothing was asked for again, and the day stood still.
        let is_asked = ["account_daily", "ad_daily", "devices"].contains(&outcome.stream.as_str());
        assert_eq!((&outcome.error, restated, outcome.slices > 0), (&None, 0, is_asked), "{}", outcome.stream);
    }
    assert!(world.sandbox.request_counts()["microsoft_ads"] - asked < asked, "fewer requests than the first time");

    // OWOX/owox-data-marts#49: read again where it had been read, it was there twice.
    let past = Period::new(world.first, noon().date_naive()).expect("days");
    let again = backfill(&world.context, &named(source), past, &|_| ()).await.expect("the books are there");
    assert!(again.streams.len() == 7 && again.streams.iter().all(|stream| stream.slices > 0), "{again:?}");
    assert_eq!(held(), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn conversions_that_come_days_after_the_click_are_read_in_the_end() {
    // airbytehq/airbyte#22930: a day was read once, with the conversions of that day alone.
    let (world, source) = synced(DAYS, Faults::none()).await;
    sync_connection(&world.context, &source, &|_| ()).await;
    let held = || {
        let sql =
            "SELECT date || ' ' || sum(conversions)::DECIMAL(18, 2) FROM core.ad_daily GROUP BY date ORDER BY date";
        texts(&world.context.warehouse, sql)
    };
    let first = held();
    let later = noon() + TimeDelta::days(8);
    world.sandbox.set_as_of(later);
    let clock = Clock::fixed(later);
    let engine = Engine::new(world.folder.path().join("later"), clock.clone()).expect("an engine");
    let engine = Arc::new(engine.keeping_tokens(world.folder.path().join("tokens")));
    let context = SyncContext { engine, clock, gathered: Gathered::default(), ..world.context.clone() };
    let outcomes = sync_connection(&context, &source, &|_| ()).await;
    assert!(outcomes.iter().all(|outcome| outcome.error.is_none()), "{outcomes:?}");
    let now = held();
    let decimal = |hundredths: u64| format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let expected: Vec<String> = expected(&world)
        .into_iter()
        .map(|(date, (_, conversions))| format!("{date} {}", decimal(conversions)))
        .collect();
    assert_eq!(now, expected);
    assert!(now.len() == DAYS as usize + 8 && now[DAYS as usize - 1] != first[DAYS as usize - 1], "{now:?}");
}

/// PostHog/posthog#65668, stitchdata/docs#190: days before what the vendor keeps were refused, or silently left out.
#[tokio::test(flavor = "multi_thread")]
async fn days_that_the_vendor_keeps_no_longer_are_told_by_the_first_sync_and_by_a_backfill() {
    let (world, mut source) = synced(5, Faults::none()).await;
    let mut connector = (*source.connection.connector).clone();
    connector.spec.streams.retain(|id, _| id == "hours");
    source.connection.connector = Arc::new(connector);
    let mut source = named(source);
    source.since = "2026-05-01".parse().expect("a date");
    let gone = "2026-05-01 to 2026-05-28 cannot be read: the vendor keeps nothing from before 2026-05-29";
    for expected in [vec![gone], Vec::new()] {
        let outcomes = sync_connection(&world.context, &source, &|_| ()).await;
        let notes = &outcomes[0].loaded.notes;
        let told: Vec<&str> = notes.iter().map(String::as_str).filter(|note| note.contains("keeps nothing")).collect();
        assert_eq!((told, &outcomes[0].error), (expected, &None), "{notes:?}");
    }
    let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
    for (start, end, told) in [
        ("2026-05-20", "2026-06-01", "2026-05-20 to 2026-05-28"),
        ("2026-01-01", "2026-02-01", "2026-01-01 to 2026-01-31"),
    ] {
        let period = Period::new(day(start), day(end)).expect("days");
        let done = backfill(&world.context, &source, period, &|_| ()).await.expect("the books are there");
        assert!(done.streams[0].loaded.notes.iter().any(|note| note.starts_with(told)), "{:?}", done.streams[0].loaded);
    }
}
