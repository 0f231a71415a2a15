//! The shop's ads on TikTok.

use super::{Configured, Installation, MEASURES, impatient};
use crate::support::noon;
use chrono::TimeDelta;
use daybook::sandbox::{Armed, Fault, SHOP, Sandbox};
use daybook::support::secret::Secret;
use serde_json::{Value, json};

const ADVERTISER: &str = "7002000000310000002";
const TABLES: [&str; 6] =
    ["ad_account_daily", "ad_daily", "ad_conversion_daily", "ad_hourly", "ad_geo_daily", "ad_device_daily"];

async fn installation(days: u64) -> Installation {
    installation_of(days, "breakdown_days = 30").await
}

async fn installation_of(days: u64, settings: &str) -> Installation {
    let keys = Sandbox::credentials();
    let secrets =
        [("app_id", keys.tiktok_app_id), ("app_secret", keys.tiktok_app_secret), ("access_token", keys.tiktok_token)];
    let configured = Configured {
        connector: "tiktok_ads",
        workspace: SHOP,
        zone: "Europe/Berlin",
        settings,
        secrets: &secrets,
        // Small pages: the account's rows are few.
        other: &[("limit = 1000\n", "limit = 37\n"), ("requests = 8\n", "requests = 1000\n")],
    };
    Installation::new(days, &configured).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_comes_to_its_visits_and_its_parts_to_the_account() {
    let installed = installation(40).await;
    installed.sync().await;
    let days = installed.visits(SHOP, "tiktok");
    let of_ads = "(SELECT * FROM core.ad_daily WHERE campaign_type = '')";
    assert_eq!(installed.amiss(&days, 28, of_ads), Vec::<String>::new());
    let amiss = || {
        let since = "date >= (SELECT min(date) FROM core.ad_hourly)";
        let read = format!("(SELECT * FROM core.ad_daily WHERE campaign_type = '' AND {since})");
        let campaigns = "date, campaign_id, campaign_name";
        let account = "date, account_id, currency";
        [
            // GMV Max included.
            installed.apart("core.ad_account_daily", "core.ad_daily", account, &MEASURES),
            installed.apart(&read, "core.ad_hourly", campaigns, &MEASURES),
            installed.apart(&read, "core.ad_geo_daily", campaigns, &MEASURES),
            // The report by platform knows no purchases.
            installed.apart(&read, "core.ad_device_daily", campaigns, &MEASURES[..3]),
        ]
        .concat()
    };
    // airbytehq/airbyte#23728: of each ad one day was left, for its key lacked the day.
    assert_eq!(amiss(), Vec::<String>::new());
    let clock = "SELECT CAST(count(DISTINCT date) >= 29 AND min(date) < DATE '2026-10-25' AND count(DISTINCT hour) = 24 AS VARCHAR) FROM core.ad_hourly";
    assert_eq!(installed.texts(clock), ["true"], "the clock was set back within");
    let countries = "SELECT string_agg(DISTINCT country, ' ' ORDER BY country) FROM core.ad_geo_daily";
    assert_eq!(installed.texts(countries), [" DE GB US"], "of some the country is not known");
    let names = "SELECT DISTINCT concat_ws(', ', account_id, campaign_name, campaign_type, currency) FROM core.ad_daily ORDER BY 1";
    let of = |rest: &str| format!("{ADVERTISER}, {rest}, EUR");
    assert_eq!(
        installed.texts(names),
        [
            of("GMV Max Schuhe, GMV_MAX"),
            of("Herbst Sale Video, "),
            of("Sneaker Spark Ads, "),
            of("Sommer Schlussverkauf, ")
        ],
        "a campaign that was deleted is there"
    );
    let sold = "SELECT CAST(min(cost) > 0 AND sum(conversions) > 20 AND sum(conversion_value) > sum(cost) AS VARCHAR)
        FROM core.ad_daily WHERE campaign_type = 'GMV_MAX'";
    assert_eq!(installed.texts(sold), ["true"]);
    let kinds =
        "SELECT concat_ws(' ', kind, sum(conversions) > 0) FROM core.ad_conversion_daily GROUP BY kind ORDER BY kind";
    assert_eq!(
        installed.texts(kinds),
        ["app_purchase false", "optimized_event true", "shop_purchase false", "web_purchase true"]
    );

    let devices = "SELECT string_agg(DISTINCT device, ' ' ORDER BY device) FROM core.ad_device_daily";
    assert_eq!(installed.texts(devices), ["android ios unknown"]);

    let before = installed.rows(&TABLES);
    installed.sync().await;
    assert!(before.len() > 1000 && before == installed.rows(&TABLES), "a second sync changes nothing");

    // airbytehq/airbyte#65527: syncs that follow kept the last hour of a day alone.
    installed.move_to(noon() + TimeDelta::days(2));
    installed.sync().await;
    assert_eq!(amiss(), Vec::<String>::new());
    let hours = "SELECT concat_ws(' ', count(DISTINCT date), min(hour), max(hour)) FROM core.ad_hourly WHERE date >= DATE '2026-11-20'";
    assert_eq!(installed.texts(hours), ["2 0 23"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_and_a_dead_token_are_told_in_words() {
    let installed = installation(5).await;
    let source = impatient(installed.source());
    let told = async |source| {
        let outcomes = installed.sync_as(source).await;
        outcomes.into_iter().find_map(|outcome| outcome.error).map(|error| error.message).unwrap_or_default()
    };
    installed.sandbox.arm(Armed { path: "report/integrated".to_owned(), fault: Fault::TooMany, times: 1 });
    let limited = told(&source).await;
    assert!(limited.contains("TikTok asks to slow down") && limited.contains("QPS limit"), "{limited}");

    let mut dead = source.clone();
    dead.connection.secrets.insert("access_token".to_owned(), Secret::new("of-before"));
    let revoked = told(&dead).await;
    assert!(revoked.contains("connect again") && revoked.contains("has been revoked"), "{revoked}");
    let mut of_another = source.clone();
    of_another.connection.secrets.insert("app_id".to_owned(), Secret::new("7000000000000000002"));
    let other = told(&of_another).await;
    assert!(other.contains("another application's"), "{other}");
    installed.sync().await;
}

/// airbytehq/airbyte#25413: nothing was read of an advertiser that was named.
#[tokio::test(flavor = "multi_thread")]
async fn an_advertiser_that_is_named_is_read_and_one_that_is_not_there_is_told() {
    let installed = installation_of(5, &format!("advertiser_ids = [\"{ADVERTISER}\", \"7002000000310000009\"]")).await;
    let outcomes = installed.sync_as(&impatient(installed.source())).await;
    for outcome in outcomes {
        let told = outcome.error.map(|error| error.message).unwrap_or_default();
        assert!(told.contains("7002000000310000009") && !told.contains(ADVERTISER), "{}: {told}", outcome.stream);
    }
    // singer-io/tap-tiktok-ads#2: rows do not say whose they are.
    for table in TABLES {
        let read = format!("SELECT DISTINCT account_id FROM core.{table}");
        assert_eq!(installed.texts(&read), [ADVERTISER], "{table}");
    }
}

#[tokio::test]
async fn requests_are_refused_as_tiktok_refuses_them() {
    let installed = installation(5).await;
    let base = format!("{}/tiktok_ads/open_api", installed.sandbox.base_url());
    let client = reqwest::Client::builder().build().expect("a client");
    let token = Sandbox::credentials().tiktok_token;
    let ask = async |path: &str, token: &str, query: &[(&str, &str)]| -> Value {
        let request = client.get(format!("{base}/{path}")).query(query).header("Access-Token", token);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        serde_json::from_str(&answer.text().await.expect("text")).expect("JSON")
    };
    let usual = [
        ("advertiser_id", ADVERTISER),
        ("report_type", "BASIC"),
        ("service_type", "AUCTION"),
        ("data_level", "AUCTION_AD"),
        ("dimensions", r#"["ad_id","stat_time_day"]"#),
        ("metrics", r#"["spend"]"#),
        ("start_date", "2026-11-15"),
        ("end_date", "2026-11-19"),
    ];
    let other = |changes: &[(&'static str, &'static str)]| {
        let mut query: Vec<(&str, &str)> = usual.to_vec();
        for (name, value) in changes {
            query.retain(|(given, _)| given != name);
            query.push((*name, *value));
        }
        query
    };
    let report = "v1.3/report/integrated/get/";
    let all = r#"[{"field_name":"ad_status","filter_type":"IN","filter_value":"[\"STATUS_ALL\"]"}]"#;
    let count = async |changes: &[(&'static str, &'static str)]| {
        let body = ask(report, token, &other(changes)).await;
        assert_eq!(body["code"], 0, "{body}");
        (body["data"]["list"].as_array().map(Vec::len), body["data"]["page_info"].clone())
    };
    // Deleted ads are only there where they are asked for; of the rows ten are a page where nobody says.
    let info = |page: u32, size: u32, number: u32, pages: u32| json!({"page": page, "page_size": size, "total_number": number, "total_page": pages});
    assert_eq!(count(&[]).await, (Some(10), info(1, 10, 15, 2)));
    assert_eq!(count(&[("page", "2")]).await, (Some(5), info(2, 10, 15, 2)));
    assert_eq!(count(&[("page_size", "100"), ("filtering", all)]).await, (Some(25), info(1, 100, 25, 1)));

    let by_hour = r#"["ad_id","stat_time_hour"]"#;
    let campaigns = r#"[{"field_name":"campaign_status","filter_type":"IN","filter_value":"[\"STATUS_ALL\"]"}]"#;
    for (path, token, query, code, told) in [
        (report, "of-before", other(&[]), 40105, "Access token is incorrect"),
        (report, token, other(&[("advertiser_id", "12")]), 40001, "No permission to operate advertiser 12"),
        (report, token, other(&[("metrics", r#"["spend","voucher_spend"]"#)]), 40002, "['voucher_spend']"),
        (report, token, other(&[("dimensions", r#"["ad_id","mood","stat_time_day"]"#)]), 40002, "['mood']"),
        (report, token, other(&[("start_date", "2026-10-01")]), 40002, "longer than 30 day"),
        (report, token, other(&[("dimensions", by_hour)]), 40002, "longer than 1 day"),
        // airbytehq/airbyte#85815: the report on audiences refuses purchases.
        (
            report,
            token,
            other(&[("report_type", "AUDIENCE"), ("metrics", r#"["complete_payment"]"#)]),
            40002,
            "complete",
        ),
        (report, token, other(&[("filtering", campaigns)]), 40002, "filtering"),
        (report, token, other(&[("page_size", "1001")]), 40002, "page_size"),
        (report, token, other(&[("data_level", "AUCTION_MOOD")]), 40002, "data_level"),
        (report, token, usual[1..].to_vec(), 40002, "advertiser_id: Missing data"),
        ("v1.3/creative/get/", token, other(&[]), 40006, "does not exist"),
        ("v1.2/report/integrated/get/", token, other(&[]), 40006, "v1.2"),
    ] {
        let body = ask(path, token, &query).await;
        let message = body["message"].as_str().unwrap_or_default();
        assert!(body["code"] == code && message.contains(told), "{path} {query:?}: {body}");
    }
}
