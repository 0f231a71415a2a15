//! Searches that showed a site, and exchange rates: cases that somebody met, each with the right result. Bodies of our own
//! making in the vendors' shapes.

use crate::init::init;
use crate::maintenance_faults::{daybook, said};
use crate::support::{land_and_load_at, land_and_load_days, land_and_load_pages, noon, one_thread, source, texts};
use chrono::{DateTime, Days, NaiveDate, Utc};
use daybook::connectors::Catalog;
use daybook::connectors::landing::PageLabel;
use daybook::connectors::rules::ErrorResponse;
use daybook::domain::channel::ChannelRules;
use daybook::domain::money::Currency;
use daybook::domain::period::Period;
use daybook::domain::workspace::Workspace;
use daybook::sandbox::{Faults, Sandbox, SandboxOptions, tenants};
use daybook::support::clock::Clock;
use daybook::warehouse::Warehouse;
use daybook::warehouse::load::Loaded;
use daybook::warehouse::rollup::{RollupSql, rollup};
use serde_json::{Value, json};
use std::path::Path;

struct Console {
    warehouse: Warehouse,
    folder: tempfile::TempDir,
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn row(keys: &[&str], clicks: u64, impressions: u64, position: f64) -> Value {
    json!({"keys": keys, "clicks": clicks, "impressions": impressions,
        "ctr": clicks as f64 / impressions.max(1) as f64, "position": position})
}

impl Console {
    fn new() -> Self {
        let warehouse = Warehouse::in_memory().expect("a warehouse");
        Self { warehouse, folder: tempfile::tempdir().expect("a folder") }
    }

    fn totals(&self, site: &str, (first, end): (&str, &str), at: &str, body: &Value) -> Loaded {
        let source = source("search_console", &[("sites", vec![site].into())]);
        let at: DateTime<Utc> = at.parse().expect("an instant");
        let days = Period::new(day(first), day(end));
        land_and_load_days(&self.warehouse, (self.folder.path(), &source), "totals", &[body.to_string()], (at, days))
            .expect("a load")
    }

    fn parts(&self, pages: &[(&str, Value)], settings: &[(&str, toml::Value)]) -> Loaded {
        let source = source("search_console", settings);
        let pages: Vec<(PageLabel, String)> =
            pages.iter().map(|(part, body)| (PageLabel::of_part(part), body.to_string())).collect();
        let days = Period::new(day("2026-11-10"), day("2026-11-11"));
        land_and_load_pages(&self.warehouse, (self.folder.path(), &source), "parts", &pages, (noon(), days))
            .expect("a load")
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        texts(&self.warehouse, sql)
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
        let rules = ChannelRules::new(&[]).expect("rules");
        self.warehouse
            .write_blocking(move |c| rollup(c, &workspace, &rules, &RollupSql::shipped(), day("2026-11-20")))
            .expect("rolled up");
    }
}

#[test]
fn days_that_google_has_not_completed_are_read_in_part_and_replaced() {
    // airbytehq/airbyte#10402, singer-io/tap-google-search-console#35
    let console = Console::new();
    let (site, days) = ("sc-domain:s.example", ("2026-11-10", "2026-11-13"));
    let whole = "SELECT date || ' ' || is_whole_day FROM ops.coverage WHERE stream = 'totals' AND date >= DATE '2026-11-10' ORDER BY date";
    let held = "SELECT date || ' ' || clicks || ' ' || is_final FROM core.search_daily ORDER BY date";
    let ask = |at: &str, rows: &[(&str, u64)], open: Option<&str>| {
        let rows: Vec<Value> = rows.iter().map(|(day, clicks)| row(&[day], *clicks, 1000, 3.0)).collect();
        let mut body = json!({"rows": rows, "responseAggregationType": "byProperty"});
        if let Some(open) = open {
            body["metadata"] = json!({"first_incomplete_date": open});
        }
        console.totals(site, days, at, &body);
    };
    ask("2026-11-12T20:00:00Z", &[("2026-11-10", 200), ("2026-11-11", 120)], Some("2026-11-11"));
    assert_eq!(console.texts(held), ["2026-11-10 200 true", "2026-11-11 120 false"]);
    assert_eq!(console.texts(whole), ["2026-11-10 true", "2026-11-11 false", "2026-11-12 false"]);
    ask("2026-11-13T20:00:00Z", &[("2026-11-10", 200), ("2026-11-11", 180)], Some("2026-11-11"));
    ask("2026-11-14T20:00:00Z", &[("2026-11-10", 200), ("2026-11-11", 185), ("2026-11-12", 190)], None);
    assert_eq!(console.texts(held), ["2026-11-10 200 true", "2026-11-11 185 true", "2026-11-12 190 true"]);
    assert_eq!(console.texts(whole), ["2026-11-10 true", "2026-11-11 true", "2026-11-12 true"]);
}

#[test]
fn a_day_that_google_no_longer_keeps_stays() {
    // airbytehq/airbyte#35927
    let console = Console::new();
    let (site, days, at) = ("sc-domain:s.example", ("2025-07-01", "2025-07-02"), "2026-11-20T12:00:00Z");
    console.totals(site, days, at, &json!({"rows": [row(&["2025-07-01"], 5, 100, 2.0)]}));
    let loaded = console.totals(site, days, at, &json!({"responseAggregationType": "byProperty"}));
    assert_eq!(console.texts("SELECT clicks::VARCHAR FROM core.search_daily"), ["5"]);
    assert!(loaded.notes.iter().any(|note| note.contains("is doubted")), "{:?}", loaded.notes);
}

#[test]
fn a_list_that_google_ends_at_its_limit_is_told_and_the_clicks_it_lacks_are_the_rest() {
    // MarkEdmondson1234/searchConsoleR#48, joshcarty/google-searchconsole#15
    let console = Console::new();
    let queries: Vec<Value> = (0..5000)
        .map(|number| row(&["2026-11-10", &format!("query {number}")], u64::from(number < 610), 2, 5.0))
        .collect();
    let total = json!({"rows": [row(&["2026-11-10"], 900, 12_000, 5.0)], "responseAggregationType": "byProperty"});
    let loaded = console.parts(&[("", total), ("query", json!({"rows": queries})), ("query", json!({}))], &[]);
    let rest = "SELECT value || ' ' || clicks || ' ' || impressions FROM core.search_part_daily WHERE is_rest AND part = 'query'";
    assert_eq!(console.texts(rest), ["queries not shown by Google 290 2000"]);
    let told = "Google ended the list of queries of 2026-11-10 at 5,000 rows: they hold 610 of 900 clicks";
    assert!(loaded.caveats.iter().any(|caveat| caveat == told), "{:?}", loaded.caveats);
}

#[test]
fn the_average_position_weighs_each_search_once_over_days_and_sites() {
    // PromInc/organic-search-analytics#31: 4.19 was shown for 3.39.
    let console = Console::new();
    console.totals(
        "https://a.example/",
        ("2026-11-10", "2026-11-12"),
        "2026-11-20T12:00:00Z",
        &json!({"rows": [row(&["2026-11-10"], 20, 186, 3.38172), row(&["2026-11-11"], 1, 1, 5.0)]}),
    );
    console.roll_up();
    let all = "SELECT concat_ws(' ', sum(search_clicks), sum(search_impressions),
        round(sum(search_position_sum) / sum(search_ranked_impressions), 2)) FROM mart.metric_daily";
    assert_eq!(console.texts(all), ["21 187 3.39"]);
}

#[test]
fn addresses_of_a_domain_do_not_count_beside_it() {
    // nozzle/nozzle.io#244: figures doubled where two properties held the same page.
    let console = Console::new();
    let days = ("2026-11-10", "2026-11-12");
    for (site, first, second) in [
        ("sc-domain:a.example", 100, None),
        ("https://www.a.example/", 60, Some(70)),
        ("https://a.example/shop/", 20, None),
        ("https://other-a.example/", 5, None),
    ] {
        let second = second.map(|clicks| row(&["2026-11-11"], clicks, 100, 2.0));
        let rows: Vec<Value> = [row(&["2026-11-10"], first, 1000, 2.0)].into_iter().chain(second).collect();
        console.totals(site, days, "2026-11-20T12:00:00Z", &json!({ "rows": rows }));
    }
    console.roll_up();
    let by_day = "SELECT date || ' ' || sum(search_clicks) FROM mart.metric_daily GROUP BY date ORDER BY date";
    assert_eq!(console.texts(by_day), ["2026-11-10 105", "2026-11-11 70"], "of a day that the domain lacks they count");
}

#[test]
fn the_brands_share_is_of_all_clicks_and_of_none_without_terms() {
    // AgriciDaniel/claude-seo#130: shares of the queries that are shown.
    let total = json!({"rows": [row(&["2026-11-10"], 24, 300, 12.5)]});
    let queries =
        json!({"rows": [row(&["2026-11-10", "Acme shoes"], 6, 80, 4.0), row(&["2026-11-10", "sale"], 2, 40, 9.0)]});
    let share = "SELECT concat_ws(' of ', sum(brand_search_clicks), sum(brand_known_clicks)) FROM mart.metric_daily";
    let terms: [(&str, toml::Value); 1] = [("brand_terms", vec!["acme"].into())];
    for (settings, wanted) in [(&terms[..], "6 of 24"), (&[][..], "0 of 0")] {
        let console = Console::new();
        console.totals("sc-domain:example.com", ("2026-11-10", "2026-11-11"), "2026-11-20T12:00:00Z", &total);
        console.parts(&[("", total.clone()), ("query", queries.clone())], settings);
        console.roll_up();
        assert_eq!(console.texts(share), [wanted]);
    }
}

#[test]
fn a_rate_of_friday_holds_on_the_weekend_and_what_has_none_is_not_converted() {
    // lineofflight/frankfurter#71, stevecondylios/priceR#32; pronix/spree-multi-currency#9 multiplied where a rate divides.
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let folder = tempfile::tempdir().expect("a folder");
    let rates = "Date,USD,RUB,\n2026-11-09,1.10,N/A,\n2026-11-06,1.08,N/A,\n";
    land_and_load_at(&warehouse, (folder.path(), &source("ecb", &[])), "rates", &[rates.to_owned()], noon())
        .expect("rates");
    let spend = "INSERT INTO core.ad_daily BY NAME
         SELECT 'acme' AS workspace, 'ads' AS connection, 'a' AS account_id, currency AS campaign_id, currency AS campaign_name,
             '' AS campaign_status, '' AS campaign_type, '' AS ad_group_id, '' AS ad_id, '' AS device, '' AS country,
             DATE '2026-11-07' AS date, 'google' AS source, 'cpc' AS medium, currency, 1 AS impressions, 1 AS clicks,
             cost, 0 AS conversions, 0 AS conversion_value, 'l' AS load_id
         FROM (VALUES ('USD', 100), ('RUB', 1000), ('EUR', 7)) AS v(currency, cost);
         INSERT INTO ops.touched_day VALUES ('acme', DATE '2026-11-07', 'l')";
    warehouse
        .write_blocking(move |c| daybook::warehouse::Context::context(c.execute_batch(spend), || "spend".to_owned()))
        .expect("spend");
    let console = Console { warehouse, folder };
    console.roll_up();
    let cost = "SELECT campaign || ' ' || CAST(cost AS DECIMAL(18, 2)) FROM mart.metric_daily ORDER BY campaign";
    assert_eq!(console.texts(cost), ["EUR 7.00", "RUB 0.00", "USD 92.59"]);
    let rate = "SELECT is_carried::VARCHAR FROM mart.fx_cross WHERE currency = 'USD' AND date = DATE '2026-11-07'";
    assert_eq!(console.texts(rate), ["true"]);
    assert_eq!(console.texts("SELECT count(*)::VARCHAR FROM mart.fx_cross WHERE currency = 'RUB'"), ["0"]);
}

fn write(root: &Path, file: &str, text: &str) {
    std::fs::write(root.join(file), text).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_without_permission_is_named_and_the_others_and_the_rates_are_read() {
    // airbytehq/airbyte#29700, PostHog/posthog#61938
    let now = Clock::System.now();
    let first_date = now.date_naive() - Days::new(8);
    let options = SandboxOptions {
        tenants: tenants(),
        seed: 5,
        first_date,
        as_of: now,
        planted_at: now,
        port: 0,
        faults: Faults::none(),
    };
    let sandbox = Sandbox::start(options).await.expect("a sandbox");
    let folder = tempfile::tempdir().expect("a folder");
    let (root, base) = (folder.path(), sandbox.base_url());
    let flags = ["--yes", "--workspace", "acme", "--time-zone", "Europe/Berlin", "--currency", "EUR"];
    let done = init(root, &flags, None);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let keys = Sandbox::credentials();
    let secrets =
        [("client_id", keys.client_id), ("client_secret", keys.client_secret), ("refresh_token", keys.refresh_token)];
    for (name, value) in secrets {
        write(root, &format!("config/secrets/{name}"), value);
    }
    let workspace = root.join("config/workspaces/acme.toml");
    let text = std::fs::read_to_string(&workspace).expect("read");
    let since = first_date;
    let blocks = format!(
        "\n[[connections]]\nid = \"rates\"\nconnector = \"ecb\"\nsettings = {{ base_url = \"{base}/ecb\" }}\n\n\
         [[connections]]\nid = \"search\"\nconnector = \"search_console\"\nsince = {since}\n\
         settings = {{ base_url = \"{base}/search_console\", token_url = \"{base}/oauth2/token\", \
         sites = [\"https://foreign.example/\", \"sc-domain:northwind-shop.example\"] }}\n\
         secrets = {{ client_id = {{ file = \"secrets/client_id\" }}, client_secret = {{ file = \"secrets/client_secret\" }}, \
         refresh_token = {{ file = \"secrets/refresh_token\" }} }}\n"
    );
    std::fs::write(&workspace, format!("{text}{blocks}")).expect("written");
    let synced = tokio::task::block_in_place(|| daybook(root, &["sync"]));
    let told = said(&synced).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("foreign.example") && told.contains("add the connected user to it"), "{told}");
    let warehouse = Warehouse::open(&root.join("daybook.duckdb"), &one_thread()).expect("a database");
    let sites = texts(&warehouse, "SELECT DISTINCT site FROM core.search_daily");
    assert_eq!(sites, ["sc-domain:northwind-shop.example"], "{told}");
    let failed = "SELECT DISTINCT partition || ' ' || standing FROM ops.coverage WHERE stream = 'totals' AND standing IS NOT NULL";
    assert_eq!(texts(&warehouse, failed), ["https://foreign.example/ refused"], "{told}");
    let open = "SELECT count(*)::VARCHAR FROM core.search_daily WHERE NOT is_final";
    assert!(texts(&warehouse, open) != ["0"], "the newest days are not final");
    // Of each kind of part the clicks of the day are all there, those that are not shown among them.
    let apart =
        "SELECT p.date || ' ' || p.part FROM core.search_part_daily AS p JOIN core.search_daily AS d USING (site, date)
        GROUP BY p.date, p.part HAVING sum(p.clicks) <> any_value(d.clicks)";
    assert_eq!(texts(&warehouse, apart), Vec::<String>::new());
    let rest = "SELECT count(DISTINCT date) > 0 FROM core.search_part_daily WHERE is_rest AND part = 'query'";
    assert_eq!(texts(&warehouse, &rest.replace("SELECT ", "SELECT (").replace(" FROM", ")::VARCHAR FROM")), ["true"]);
    let rates = "SELECT string_agg(DISTINCT currency, ' ' ORDER BY currency) FROM core.fx_rate";
    assert_eq!(texts(&warehouse, rates), ["GBP JPY USD"], "{told}");
}

#[test]
fn a_token_without_the_scope_and_a_property_without_the_user_are_told_apart() {
    // googleapis/google-api-dotnet-client#1275: an address that is no property of its own is refused as a foreign one.
    let spec = Catalog::built_in().expect("a catalog").get("search_console").expect("a connector").spec.clone();
    let told = |reason: &str| {
        let message = "User does not have sufficient permission for site 'https://www.test.example/th/'.";
        let error = json!({"message": message, "domain": "global", "reason": reason});
        let body = json!({"error": {"code": 403, "message": message, "errors": [error]}}).to_string();
        let answer = ErrorResponse::new(403, &reqwest::header::HeaderMap::new(), &body).verdict(&spec.errors, noon());
        answer.expect("an error").note
    };
    assert!(told("insufficientPermissions").contains("https://www.googleapis.com/auth/webmasters.readonly"));
    let foreign = told("forbidden");
    assert!(foreign.contains("write it as it is named there") && foreign.contains("th/'"), "{foreign}");
}

#[test]
fn known_errors_that_ship_are_of_measures_that_there_are() {
    let catalog = Catalog::built_in().expect("a catalog");
    let measures: Vec<String> =
        daybook::warehouse::facts::builtin().measures().into_iter().map(|measure| measure.name).collect();
    let all: Vec<_> = catalog.names().filter_map(|name| catalog.get(name)).collect();
    let incidents: Vec<_> = all.iter().flat_map(|connector| &connector.incidents).collect();
    assert!(!incidents.is_empty());
    for incident in incidents {
        assert!(incident.measures.iter().all(|name| measures.contains(name)), "{incident:?}");
        assert!(incident.note.ends_with('.'), "{incident:?}");
    }
}
