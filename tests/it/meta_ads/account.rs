//! The sandbox's ad account: what its answers give in the tables.

use super::{engine, fetch};
use crate::engine::vendor::{Vendor, json};
use crate::support::{noon, texts};
use chrono::Days;
use daybook::connectors::landing::read_page;
use daybook::connectors::{Connection, Slice, Window};
use daybook::domain::period::Period;
use daybook::jobs::sync::{Source, decoded, load_request};
use daybook::sandbox::{Faults, SHOP, Sandbox, SandboxOptions, tenants};
use daybook::support::secret::Secret;
use daybook::warehouse::Warehouse;
use daybook::warehouse::load::load;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

const TOKEN: &str = "EAAB-sandbox-token";

async fn sandbox() -> Sandbox {
    let options = SandboxOptions {
        tenants: tenants(),
        seed: 5,
        first_date: noon().date_naive() - Days::new(40),
        as_of: noon(),
        planted_at: noon(),
        port: 0,
        faults: Faults::none(),
    };
    Sandbox::start(options).await.expect("a sandbox")
}

fn source(sandbox: &Sandbox, settings: &[(&str, toml::Value)]) -> Source {
    let mut all = vec![("base_url", toml::Value::from(format!("{}/meta_ads", sandbox.base_url())))];
    all.extend(settings.iter().cloned());
    let mut source = crate::support::source("meta_ads", &all);
    let connection = &mut source.connection;
    connection.secrets.insert("access_token".to_owned(), Secret::new(TOKEN));
    connection.workspace_zone = chrono_tz::Europe::Berlin;
    let mut connector = (*connection.connector).clone();
    let job = connector.spec.streams.get_mut("ad_daily").and_then(|stream| stream.job.as_mut()).expect("a job");
    job.first_wait_secs = 0;
    // Small pages: the account's rows are few.
    for stream in connector.spec.streams.values_mut() {
        stream.paging.bounds.limit = Some(7);
    }
    connection.connector = Arc::new(connector);
    source
}

/// Every file below a folder, unpacked where it is packed.
fn all_text(folder: &Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            all += &all_text(&path);
        } else if path.extension().is_some_and(|ending| ending == "zst") {
            read_page(&path).expect("a page").read_to_string(&mut all).expect("text");
        } else {
            all += &std::fs::read_to_string(&path).unwrap_or_default();
        }
    }
    all
}

#[tokio::test]
async fn the_sandboxs_account_adds_up_and_its_token_is_nowhere() {
    let (sandbox, folder) = (sandbox().await, tempfile::tempdir().expect("a folder"));
    let (engine, source) = (engine(folder.path()), source(&sandbox, &[]));
    let spec = &source.connection.connector.spec;
    let parts = engine.parts_of(&source.connection, &spec.streams["ad_daily"]).await.expect("accounts");
    assert_eq!(parts.iter().map(|part| part.partition.as_str()).collect::<Vec<_>>(), ["9310000002"]);
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let period = Period::new(noon().date_naive() - Days::new(20), noon().date_naive()).expect("days");
    for stream in ["account", "ad_daily", "reach", "countries", "regions"] {
        let window = if stream == "account" { Window::Whole } else { Window::Days { period } };
        let slice = Slice { partition: parts[0].partition.clone(), window };
        let landed = fetch(&engine, &source, stream, &slice).await.unwrap_or_else(|error| panic!("{stream}: {error}"));
        let facts = daybook::warehouse::facts::builtin();
        let request = load_request(&source, &landed, &facts, &Secret::new("key"), true).expect("a load");
        let request = decoded(request, &source, &landed).expect("bodies");
        let loaded = warehouse.write_blocking(move |connection| load(connection, &request, noon())).expect("loaded");
        assert_eq!((loaded.rows_quarantined, &loaded.notes), (0, &Vec::new()), "{stream}");
    }
    let sums = |table: &str| {
        let columns = "sum(impressions), sum(clicks), sum(cost)::DECIMAL(18, 2), count(DISTINCT date)";
        texts(&warehouse, &format!("SELECT concat_ws(' ', {columns}) FROM core.{table}"))
    };
    assert_eq!(sums("ad_daily"), sums("ad_account_daily"));
    assert!(sums("ad_daily")[0].ends_with(" 20"), "{:?}", sums("ad_daily"));
    let unlisted =
        "SELECT (count(*) = 20 AND min(cost) > 0)::VARCHAR FROM core.ad_daily WHERE campaign_name = 'not listed by ad'";
    assert_eq!(texts(&warehouse, unlisted), ["true"], "an ad was deleted");
    let clicks = |table: &str| texts(&warehouse, &format!("SELECT sum(clicks)::VARCHAR FROM core.{table}"));
    assert_eq!(clicks("ad_geo_daily"), clicks("ad_account_daily"), "every country is known");
    let rest = "SELECT (sum(clicks) FILTER (value LIKE 'not split%') > 0 AND sum(clicks) = (SELECT sum(clicks) FROM core.ad_account_daily))::VARCHAR
        FROM mart.ad_breakdown_daily WHERE breakdown = 'region alone'";
    assert_eq!(texts(&warehouse, rest), ["true"], "some regions are not");
    let people = "SELECT bool_and(c.reach >= r.reach AND c.reach < 2 * r.reach)::VARCHAR FROM core.ad_reach_daily AS r
        JOIN (SELECT date, sum(reach) AS reach FROM core.campaign_reach_daily GROUP BY date) AS c USING (date)";
    assert_eq!(texts(&warehouse, people), ["true"], "people are of several campaigns");
    // The shop's own visits are those that came by its ads.
    let worlds = sandbox.worlds();
    let shop = worlds.iter().find(|world| world.tenant.id == SHOP).expect("the shop");
    let visits =
        shop.visits.iter().filter(|visit| visit.source == "instagram" && period.dates().any(|date| date == visit.date));
    let sessions: u64 = visits.map(|visit| visit.sessions).sum();
    let clicks: u64 = clicks("ad_account_daily")[0].parse().expect("a number");
    assert!(sessions <= clicks && clicks <= sessions * 12 / 11, "{sessions} sessions of {clicks} clicks");
    let landed = all_text(folder.path());
    assert!(landed.contains("access_token=***") && !landed.contains(TOKEN), "a page repeats the token");
}

#[tokio::test]
async fn an_account_that_the_token_does_not_see_is_refused_and_not_empty() {
    let (sandbox, folder) = (sandbox().await, tempfile::tempdir().expect("a folder"));
    let engine = engine(folder.path());
    let named = toml::Value::from(vec!["9310000002", "12345"]);
    let source = source(&sandbox, &[("account_ids", named)]);
    let stream = source.connection.connector.spec.streams["ad_daily"].clone();
    let parts = engine.parts_of(&source.connection, &stream).await.expect("accounts");
    let refused: Vec<_> = parts.iter().map(|part| (part.partition.as_str(), part.refused.is_some())).collect();
    assert_eq!(refused, [("9310000002", false), ("12345", true)]);
}

/// brijr/meta-mcp#17, facebook/facebook-php-business-sdk#185: of forty accounts the first page was read.
#[tokio::test]
async fn all_accounts_that_the_token_sees_are_found_but_those_that_are_ignored() {
    let vendor = Vendor::start(|asked| {
        let from: u32 =
            asked.line.split("after=").nth(1).and_then(|after| after.split('&').next()?.parse().ok()).unwrap_or(100);
        let list: Vec<String> =
            (from..from + 25).map(|id| format!(r#"{{"account_id":"{id}","id":"act_{id}"}}"#)).collect();
        let next = if from < 150 {
            r#","next":"https://graph.facebook.com/v25.0/me/adaccounts?access_token=t&after=x""#
        } else {
            ""
        };
        let after = from + 25;
        json(200, &format!(r#"{{"data":[{}],"paging":{{"cursors":{{"after":"{after}"}}{next}}}}}"#, list.join(",")))
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let ignored = toml::Value::from(vec!["101", "170"]);
    let settings = [("base_url", toml::Value::from(vendor.base_url())), ("ignored_account_ids", ignored)];
    let source = crate::support::source("meta_ads", &settings);
    let stream = source.connection.connector.spec.streams["ad_daily"].clone();
    let parts = engine(folder.path()).parts_of(&source.connection, &stream).await.expect("accounts");
    assert_eq!((parts.len(), vendor.count("GET /v25.0/me/adaccounts?")), (75 - 2, 3));
    assert!(parts.iter().all(|part| part.refused.is_none() && part.partition != "170"));
}

#[test]
fn the_secret_of_an_app_is_asked_for_where_it_proves_something() {
    let catalog = daybook::connectors::Catalog::built_in().expect("a catalog");
    let connector = catalog.get("meta_ads").expect("a connector");
    let of = |auth: &str| [("auth".to_owned(), toml::Value::from(auth))].into_iter().collect();
    assert!(connector.spec.spares("secrets.app_secret", &of("token")));
    assert!(!connector.spec.spares("secrets.app_secret", &of("token_and_app_secret")));
    let settings = [("auth".to_owned(), toml::Value::from("token_and_app_secrets"))].into_iter().collect();
    let secrets = [("access_token".to_owned(), Secret::new(TOKEN))].into_iter().collect();
    assert!(Connection::new("acme", "meta", connector, settings, secrets, chrono_tz::UTC).is_err());
}
