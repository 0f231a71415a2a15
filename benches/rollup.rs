//! The nightly rollup of every day against one GROUP BY a table written by hand over the same tables into the same
//! tables, in one run: where every row is new, where every row of the advertising has other figures, and where none
//! has. `cargo bench --bench rollup [-- ROWS]`.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a bench speaks, and stops where it fails")]

use daybook::domain::channel::{ChannelRuleSpec, ChannelRules};
use daybook::domain::money::Currency;
use daybook::domain::workspace::Workspace;

use daybook::warehouse::rollup::{RollupSql, rollup};
use daybook::warehouse::{Context, Warehouse, WarehouseConfig};
use std::path::Path;
use std::time::Instant;

const DAYS: usize = 400;
/// Campaigns of the two tables; each day has every campaign on several devices and countries.
const CAMPAIGNS: usize = 50;

/// The channel as an analyst would write it.
const CHANNEL: &str = "CASE WHEN medium = 'cpc' THEN 'paid_search' WHEN medium = 'organic' THEN 'organic_search' ELSE 'unassigned' END AS channel";

/// What an analyst would write for just these two tables: no ledger, no late days, no other sources.
const DAILY_BY_HAND: &str = "
    INSERT INTO mart.metric_daily BY NAME
    SELECT workspace, date, {channel}, source, campaign,
        sum(sessions) AS sessions, sum(engaged_sessions) AS engaged_sessions, sum(pageviews) AS pageviews,
        sum(session_seconds) AS session_seconds, sum(key_events) AS key_events,
        sum(impressions) AS impressions, sum(clicks) AS clicks, sum(platform_conversions) AS platform_conversions,
        0 AS leads, 0 AS mqls, 0 AS sqls, 0 AS opportunities, 0 AS customers, 0 AS orders,
        0 AS revenue, 0 AS refunds, sum(cost) AS cost
    FROM (
        SELECT workspace, date, source, medium, campaign, sessions, engaged_sessions, pageviews, session_seconds,
            key_events, 0 AS impressions, 0 AS clicks, 0 AS platform_conversions, 0 AS cost
        FROM core.web_daily
        UNION ALL
        SELECT a.workspace, a.date, a.source, a.medium, a.campaign_name, 0, 0, 0, 0, 0,
            a.impressions, a.clicks, a.conversions, round(a.cost * f.rate, 6)
        FROM core.ad_daily AS a
        JOIN mart.fx_cross AS f ON f.workspace = a.workspace AND f.date = a.date AND f.currency = a.currency
    )
    GROUP BY ALL";

/// The same by dimensions.
const BY_DIMENSION_BY_HAND: &str = "
    INSERT INTO mart.web_daily_by BY NAME
    SELECT workspace, date, {channel}, source, campaign, device, country, property_id AS account,
        sum(sessions) AS sessions, sum(engaged_sessions) AS engaged_sessions, sum(pageviews) AS pageviews,
        sum(session_seconds) AS session_seconds, sum(key_events) AS key_events
    FROM core.web_daily GROUP BY ALL;
    INSERT INTO mart.ad_daily_by BY NAME
    SELECT a.workspace, a.date, {channel}, a.source, a.campaign_name AS campaign, a.device, a.country, a.account_id AS account,
        sum(a.impressions) AS impressions, sum(a.clicks) AS clicks, sum(a.conversions) AS platform_conversions,
        sum(round(a.cost * f.rate, 6)) AS cost
    FROM core.ad_daily AS a
    JOIN mart.fx_cross AS f ON f.workspace = a.workspace AND f.date = a.date AND f.currency = a.currency
    GROUP BY ALL";

/// The tables that are filled.
const EMPTY: &str = "DELETE FROM mart.metric_daily; DELETE FROM mart.web_daily_by; DELETE FROM mart.ad_daily_by";

fn open(path: &Path) -> Warehouse {
    Warehouse::open(path, &WarehouseConfig::default()).expect("a warehouse")
}

/// Half of `rows` are web analytics, half advertising.
fn fill(warehouse: &Warehouse, rows: usize) {
    let of_day = rows / 2 / DAYS;
    let sql = format!(
        "CREATE TEMP TABLE grain AS
         SELECT DATE '2025-01-01' + CAST(day AS INTEGER) AS date, n, 'campaign ' || n % {CAMPAIGNS} AS campaign,
             CASE WHEN n % {CAMPAIGNS} < 40 THEN 'cpc' ELSE 'organic' END AS medium, (day * 7919 + n * 104729) % 1000 AS r
         FROM range({DAYS}) AS d(day), range({of_day}) AS c(n);
         INSERT INTO core.web_daily BY NAME
         SELECT 'w' AS workspace, 'web' AS connection, 'p' AS property_id, date, 'google' AS source, medium, campaign,
             'device ' || n // {CAMPAIGNS} AS device, '' AS country, r AS sessions, r // 2 AS engaged_sessions,
             r * 3 AS pageviews, r * 31 AS session_seconds, r // 90 AS key_events, 'l' AS load_id FROM grain;
         INSERT INTO core.ad_daily BY NAME
         SELECT 'w' AS workspace, 'ads' AS connection, 'a' AS account_id, n % {CAMPAIGNS} AS campaign_id,
             campaign AS campaign_name, 'ENABLED' AS campaign_status, 'SEARCH' AS campaign_type, '' AS ad_group_id,
             '' AS ad_id, 'device ' || n // {CAMPAIGNS} AS device, '' AS country, date, 'google' AS source, medium,
             'EUR' AS currency, r * 40 AS impressions, r AS clicks, r * 0.37 AS cost, r // 50 AS conversions,
             r AS conversion_value, 'l' AS load_id FROM grain;
         INSERT INTO ops.touched_day SELECT DISTINCT 'w', date, 'l' FROM grain;
         DROP TABLE grain"
    );
    warehouse.write_blocking(move |c| c.execute_batch(&sql).context(|| "filling".to_owned())).expect("filled");
}

/// Sums of what was rolled up, to see that all did the same work.
fn sums(warehouse: &Warehouse) -> Vec<String> {
    let tables = [
        ("metric_daily", "sessions"),
        ("metric_daily", "cost"),
        ("web_daily_by", "sessions"),
        ("ad_daily_by", "clicks"),
    ];
    tables
        .map(|(table, measure)| {
            let sql = format!("SELECT concat_ws(' ', count(*), sum({measure})) FROM mart.{table}");
            warehouse
                .read_blocking(move |c| c.query_row(&sql, [], |row| row.get(0)).context(|| "summing".to_owned()))
                .expect("sums")
        })
        .to_vec()
}

/// Seconds that statements take.
fn timed(warehouse: &Warehouse, sql: String) -> f64 {
    let begun = Instant::now();
    warehouse.write_blocking(move |c| c.execute_batch(&sql).context(|| "by hand".to_owned())).expect("done");
    begun.elapsed().as_secs_f64()
}

fn rules() -> ChannelRules {
    #[derive(serde::Deserialize)]
    struct Channels {
        rules: Vec<ChannelRuleSpec>,
    }
    let channels: Channels = toml::from_str(include_str!("../config/channels.toml")).expect("channels");
    ChannelRules::new(&channels.rules).expect("rules")
}

fn main() {
    let rows = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(4_000_000);
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = open(&folder.path().join("a.duckdb"));
    fill(&warehouse, rows);
    let workspace = Workspace {
        id: "w".to_owned(),
        name: "W".to_owned(),
        time_zone: chrono_tz::Europe::Berlin,
        currency: Currency::new("EUR").expect("a currency"),
        week_starts_on: chrono::Weekday::Mon,
        fiscal_year: Default::default(),
    };
    let (rules, sql) = (rules(), RollupSql::shipped());
    let ours = || {
        touch_all(&warehouse);
        let (workspace, rules, sql) = (workspace.clone(), rules.clone(), sql.clone());
        let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day");
        let begun = Instant::now();
        let done = warehouse.write_blocking(move |c| rollup(c, &workspace, &rules, &sql, today)).expect("rolled up");
        assert_eq!(done.days as usize, DAYS);
        begun.elapsed().as_secs_f64()
    };
    let (daily, by) = (DAILY_BY_HAND.replace("{channel}", CHANNEL), BY_DIMENSION_BY_HAND.replace("{channel}", CHANNEL));
    // Turn and turn about, so that none has the warmer cache; the median of each is told.
    let mut seconds = [const { Vec::new() }; 5];
    for _ in 0..5 {
        timed(&warehouse, format!("BEGIN; {EMPTY}; COMMIT"));
        seconds[0].push(ours());
        let rolled_up = sums(&warehouse);
        seconds[1].push(ours());
        assert_eq!(sums(&warehouse), rolled_up, "a second time changes nothing");
        timed(&warehouse, "UPDATE core.ad_daily SET clicks = clicks + 1".to_owned());
        seconds[2].push(ours());
        let rolled_up = sums(&warehouse);
        seconds[3].push(timed(&warehouse, format!("BEGIN; {EMPTY}; {daily}; {by}; COMMIT")));
        assert_eq!(sums(&warehouse), rolled_up, "both must come to the same");
        seconds[4].push(timed(&warehouse, format!("BEGIN; DELETE FROM mart.metric_daily; {daily}; COMMIT")));
    }
    let [new, none, half, by_hand, daily_by_hand] = seconds.map(median);
    println!("{rows} rows of {DAYS} days, all touched; seconds, and times those by hand");
    println!("one GROUP BY a table by hand:              {by_hand:6.3}  1.00");
    println!("the same without the tables by dimension:  {daily_by_hand:6.3}  {:.2}", daily_by_hand / by_hand);
    println!("daybook rollup, each row new:              {new:6.3}  {:.2}", new / by_hand);
    println!("daybook rollup, one table of two changed:  {half:6.3}  {:.2}", half / by_hand);
    println!("daybook rollup, no row changed:            {none:6.3}  {:.2}", none / by_hand);
    println!("(daybook's has channels by rules, rates, payers, subscriptions, and the ledger as well)");
}

fn touch_all(warehouse: &Warehouse) {
    let sql = "INSERT INTO ops.touched_day SELECT DISTINCT 'w', date, 'l' FROM core.web_daily";
    warehouse.write_blocking(move |c| c.execute_batch(sql).context(|| "touching".to_owned())).expect("touched");
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
