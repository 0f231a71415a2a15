//! Breakdowns of Google Ads and GA4: they are in no total, and what one lacks of its total is a row of its own.

use crate::support::{land_and_load, source, texts};
use daybook::domain::channel::ChannelRules;
use daybook::domain::money::Currency;
use daybook::domain::workspace::Workspace;
use daybook::warehouse::Warehouse;
use daybook::warehouse::rollup::{RollupSql, rollup};
use serde_json::{Value, json};

/// A warehouse that receives from one account of a connector.
struct Account {
    warehouse: Warehouse,
    folder: tempfile::TempDir,
    connector: &'static str,
}

impl Account {
    fn new(connector: &'static str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { warehouse: Warehouse::in_memory().expect("a warehouse"), folder, connector }
    }

    fn load(&self, stream: &str, bodies: &[Value]) {
        let source = source(self.connector, &[]);
        let bodies: Vec<String> = bodies.iter().map(Value::to_string).collect();
        let loaded = land_and_load(&self.warehouse, self.folder.path(), &source, stream, &bodies).expect("a load");
        assert_eq!(loaded.rows_quarantined, 0, "{stream}");
    }

    fn roll_up(&self) {
        let workspace = Workspace {
            id: "acme".to_owned(),
            name: "Acme".to_owned(),
            time_zone: chrono_tz::UTC,
            currency: Currency::new("EUR").expect("a currency"),
            week_starts_on: chrono::Weekday::Mon,
            fiscal_year: Default::default(),
        };
        let (rules, today) = (ChannelRules::new(&[]).expect("rules"), "2026-11-20".parse().expect("a date"));
        let done = move |c: &mut duckdb::Connection| rollup(c, &workspace, &rules, &RollupSql::shipped(), today);
        assert!(self.warehouse.write_blocking(done).expect("a rollup").days > 0);
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        texts(&self.warehouse, sql)
    }
}

/// Chunks of searchStream with a row for each of the measures, the fields merged into it.
fn ads(rows: &[(Value, [u64; 3])]) -> Value {
    let row = |(fields, [impressions, clicks, micros]): &(Value, [u64; 3])| {
        let mut row = json!({"customer": {"id": "1234567890", "currencyCode": "EUR", "timeZone": "UTC"},
            "campaign": {"resourceName": "customers/1234567890/campaigns/7", "id": "7", "name": "Brand"},
            "segments": {"date": "2026-11-02"},
            "metrics": {"impressions": impressions.to_string(), "clicks": clicks.to_string(), "costMicros": micros.to_string()}});
        merge(&mut row, fields);
        row
    };
    json!([{"results": rows.iter().map(row).collect::<Vec<_>>(), "fieldMask": "made-up"}])
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            from.iter().for_each(|(name, value)| merge(into.entry(name.clone()).or_insert(Value::Null), value));
        }
        (into, from) => *into = from.clone(),
    }
}

fn keyword(id: &str, score: Option<&str>) -> Value {
    let mut fields = json!({"adGroup": {"id": "3", "name": "Shoes"},
        "adGroupCriterion": {"criterionId": id, "keyword": {"text": "red shoes", "matchType": "EXACT"}}});
    if let Some(score) = score {
        fields["metrics"] = json!({"historicalQualityScore": score});
    }
    fields
}

const OF_ADS: &str = "SELECT concat_ws(' ', breakdown, value, impressions, clicks, cost::DECIMAL(18, 2))
    FROM mart.ad_breakdown_daily ORDER BY breakdown, starts_with(value, 'not split'), value";

/// googleads/google-ads-dotnet#475: an account has 52,241 impressions and 3,071 clicks, places are known of 42,886 and
/// 2,557. fivetran/dbt_google_ads#40: keywords cost less than the campaigns they are in. kLOsk/adloop#64: terms that are
/// named are not all terms.
#[test]
fn what_a_breakdown_lacks_of_its_account_is_a_row_of_its_own() {
    let account = Account::new("google_ads");
    account.load("account_daily", &[ads(&[(json!({}), [52_241, 3_071, 900_000_000])])]);
    account.load("ad_daily", &[ads(&[(json!({}), [52_241, 3_071, 900_000_000])])]);
    account.load(
        "devices",
        &[ads(&[
            (json!({"segments": {"device": "DESKTOP"}}), [30_000, 2_000, 500_000_000]),
            (json!({"segments": {"device": "MOBILE"}}), [22_241, 1_071, 400_000_000]),
        ])],
    );
    let located = json!({"userLocationView": {"countryCriterionId": "2840"}});
    let places =
        json!({"results": [{"geoTargetConstant": {"id": "2840", "name": "United States", "countryCode": "US"}}]});
    account.load("regions", &[ads(&[(located, [42_886, 2_557, 700_000_000])])[0].clone(), places]);
    account.load("keywords", &[ads(&[(keyword("71", None), [40_000, 2_400, 800_000_000])])]);
    let term = json!({"adGroup": {"id": "3"}, "searchTermView": {"searchTerm": "red shoes"}});
    account.load("search_terms", &[ads(&[(term, [10_000, 900, 300_000_000])])]);
    assert_eq!(
        account.texts(OF_ADS),
        [
            "device desktop 30000 2000 500.00",
            "device mobile 22241 1071 400.00",
            "keyword red shoes, exact 40000 2400 800.00",
            "keyword not split by keyword 12241 671 100.00",
            "region US 42886 2557 700.00",
            "region not split by region 9355 514 200.00",
            "search term red shoes 10000 900 300.00",
            "search term not split by search term 42241 2171 600.00",
        ]
    );
    account.roll_up();
    let totals =
        "SELECT concat_ws(' ', sum(impressions), sum(clicks), sum(cost)::DECIMAL(18, 2)) FROM mart.metric_daily";
    assert_eq!(account.texts(totals), ["52241 3071 900.00"], "a breakdown is in no total");
}

/// A mean of scores counts each keyword as often as it was shown; one that is not rated counts nothing
/// (kLOsk/adloop#62), and days are not summed.
#[test]
fn the_quality_score_is_a_mean_by_impressions() {
    let account = Account::new("google_ads");
    let mut second = keyword("71", Some("9"));
    second["segments"] = json!({"date": "2026-11-03"});
    account.load(
        "keywords",
        &[ads(&[
            (keyword("71", Some("8")), [300, 3, 0]),
            (keyword("72", Some("4")), [100, 1, 0]),
            (keyword("73", None), [5_000, 9, 0]),
            (second, [400, 4, 0]),
        ])],
    );
    account.roll_up();
    let sums = "SELECT concat_ws(' ', date, source, campaign, quality_points, scored_impressions, (quality_points / scored_impressions)::DECIMAL(9, 2))
        FROM mart.metric_daily ORDER BY 1";
    assert_eq!(account.texts(sums), ["2026-11-02 google Brand 2800 400 7.00", "2026-11-03 google Brand 3600 400 9.00"]);
    let mean = "SELECT (sum(quality_points) / sum(scored_impressions))::DECIMAL(9, 2)::VARCHAR FROM mart.metric_weekly";
    assert_eq!(account.texts(mean), ["8.00"], "of both days: neither a sum of scores nor of means");
}

fn report(dimensions: &[&str], metrics: &[&str], rows: &[&[&str]]) -> Value {
    let named = |names: &[&str]| names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>();
    let valued = |values: &[&str]| values.iter().map(|value| json!({"value": value})).collect::<Vec<_>>();
    let row = |row: &&[&str]| {
        let (dimension, metric) = row.split_at(dimensions.len());
        json!({"dimensionValues": valued(dimension), "metricValues": valued(metric)})
    };
    json!({"dimensionHeaders": named(dimensions), "metricHeaders": named(metrics), "rowCount": rows.len(),
        "rows": rows.iter().map(row).collect::<Vec<_>>(), "metadata": {"timeZone": "UTC"}})
}

/// googleanalytics/ga-dev-tools#1675: by device an event is counted less often; #818: so are sessions by a custom
/// dimension. Canonry/canonry#831: people of parts come to more than the people.
#[test]
fn what_a_breakdown_of_visits_lacks_or_has_beyond_is_a_row_of_its_own() {
    let site = Account::new("google_analytics");
    let source = ["date", "sessionSource", "sessionMedium", "sessionCampaignName"];
    let all = [&source[..], &["deviceCategory", "country"]].concat();
    site.load(
        "web_daily",
        &[report(&all, &["sessions"], &[&["20261102", "google", "organic", "(not set)", "desktop", "Germany", "350"]])],
    );
    let by_device = ["date", "deviceCategory", "country"];
    site.load(
        "device_visits",
        &[report(
            &by_device,
            &["sessions", "totalUsers"],
            &[&["20261102", "desktop", "Germany", "171", "158"], &["20261102", "mobile", "Germany", "79", "70"]],
        )],
    );
    let by_visitor = [&source[..], &["newVsReturning"]].concat();
    site.load(
        "campaign_visits",
        &[report(
            &by_visitor,
            &["sessions", "eventCount", "totalUsers"],
            &[
                &["20261102", "google", "organic", "(not set)", "new", "250", "900", "192"],
                &["20261102", "google", "organic", "(not set)", "returning", "110", "500", "60"],
            ],
        )],
    );
    let rows = "SELECT concat_ws(' ', breakdown, value, sessions) FROM mart.web_breakdown_daily
        ORDER BY breakdown, starts_with(value, 'not split'), value";
    assert_eq!(
        site.texts(rows),
        [
            "device desktop, Germany 171",
            "device mobile, Germany 79",
            "device not split by device 100",
            "new or returning new 250",
            "new or returning returning 110",
            "new or returning not split by new or returning -10",
        ]
    );
    site.roll_up();
    let totals = "SELECT concat_ws(' ', source, sum(sessions), sum(events), sum(new_sessions), sum(returning_sessions))
        FROM mart.metric_daily GROUP BY source";
    assert_eq!(site.texts(totals), ["google 350 1400 250 110"], "sessions are those of the total alone");
}
