//! Each mistake of who writes a first connector, and the words that say what to do.

use super::{init, orders};
use crate::engine::vendor::{Vendor, json};
use crate::field::installation::write;
use crate::maintenance_faults::{daybook, said};
use std::fs;
use std::path::Path;

const CONNECTOR: &str = "config/connectors/shop/connector.toml";
const QUERY: &str = "config/connectors/shop/shop_orders.sql";
const FACT: &str = "config/connectors/shop/facts/shop_orders.toml";

fn told(root: &Path, arguments: &[&str]) -> String {
    said(&daybook(root, arguments)).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a command says of files with one thing changed, which is put back.
fn with(root: &Path, file: &str, (from, to): (&str, &str), arguments: &[&str]) -> String {
    let before = fs::read_to_string(root.join(file)).expect("a file");
    assert!(before.contains(from), "{file} has no {from}: {before}");
    write(root, file, &before.replace(from, to));
    let told = told(root, arguments);
    write(root, file, &before);
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_on_the_way_says_what_to_do() {
    let body = orders();
    let many: Vec<String> =
        (0..100).map(|id| format!(r#"{{"id": {id}, "createdAt": "2026-11-01T09:00:00Z", "total": 1}}"#)).collect();
    let many = format!("[{}]", many.join(","));
    let vendor = Vendor::start(move |asked| match asked.line.as_str() {
        "GET /orders" => json(200, &body),
        "GET /html" => (200, Vec::new(), b"<!doctype html><html>Log in</html>".to_vec()),
        "GET /empty" => json(200, "[]"),
        "GET /none" => json(404, "{}"),
        "GET /many" => json(200, &many),
        "GET /paged" => json(200, r#"{"orders": [{"id": 1, "createdAt": "2026-11-01T09:00:00Z", "total": 1}], "meta": {"pagination": {"next": 2}, "next_page": 2}}"#),
        line => panic!("{line}"),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    init(root);
    let base = vendor.base_url();
    let new = |path: &str| told(root, &["connectors", "new", "shop", "--url", &format!("{base}{path}")]);
    assert!(new("/html").contains("saved with curl, and given with --page"), "{}", new("/html"));
    assert!(new("/empty").contains("it is an empty list"), "{}", new("/empty"));
    assert!(new("/none").contains("404"), "{}", new("/none"));
    assert!(new("/orders").contains("wrote"), "written");
    let test = &["connectors", "test", "shop"][..];
    let check = &["connectors", "check", "shop"][..];
    let at = |from: &'static str, to: &'static str| with(root, CONNECTOR, (from, to), test);

    // The wrong place of the list.
    let said = at("records = \"$[*]\"", "records = \"$.orders[*]\"");
    assert!(said.contains("records = $.orders[*] leads to no list; the answer has $[*] (4 records)"), "{said}");
    let said = with(root, QUERY, ("'$[*]'", "'$.orders[*]'"), test);
    assert!(said.contains("has 4 records, of which shop_orders.sql makes no row"), "{said}");
    // A table that nothing describes.
    let said = at("table = \"shop_orders\"", "table = \"shop_order\"\nsql = \"shop_orders.sql\"");
    assert!(said.contains("write config/connectors/shop/facts/shop_order.toml"), "{said}");
    let said =
        with(root, CONNECTOR, ("table = \"shop_orders\"", "table = \"shop_order\"\nsql = \"shop_orders.sql\""), check);
    assert!(said.contains("config/connectors/shop/connector.toml:") && said.contains("write table = one of"), "{said}");
    // A column that the contract has and the query lacks.
    let said = with(root, QUERY, (" AS id,", " AS identity,"), test);
    assert!(said.contains("mend config/connectors/shop/shop_orders.sql"), "{said}");
    let said = with(root, QUERY, (" AS id,", " AS identity,"), check);
    assert!(said.contains("config/connectors/shop/shop_orders.sql"), "{said}");
    // A key that is no column, and one that is said wrong.
    let said = with(root, FACT, ("key = [\"id\"]", "key = [\"ids\"]"), check);
    assert!(said.contains("facts/shop_orders.toml:") && said.contains("did you mean \"id\"?"), "{said}");
    let said = with(root, CONNECTOR, ("settles_after_days", "settle_days"), check);
    assert!(said.contains("connector.toml:") && said.contains("settles_after_days"), "{said}");
    // A query that is not there, a setting that is none.
    let said =
        with(root, CONNECTOR, ("table = \"shop_orders\"", "table = \"shop_orders\"\nsql = \"orders.sql\""), check);
    assert!(said.contains("the file orders.sql is missing") && said.contains("name the one that is there"), "{said}");
    // Other answers than those that the connector was written from.
    let said = at("/orders\"", "/html\"");
    assert!(said.contains("to do") && said.contains("look at url, base_url"), "{said}");
    let said = at("/orders\"", "/empty\"");
    assert!(said.contains("$[*] is empty: nothing would load"), "{said}");
    let said = at("/orders\"", "/none\"");
    assert!(said.contains("404") && said.contains("to do"), "{said}");
    // airbytehq/airbyte#45104: exactly 100 boards, of 177.
    let said = at("/orders\"", "/many\"");
    assert!(said.contains("exactly 100 records, and no [paging] is said"), "{said}");
    // airbytehq/airbyte#54713: the first page alone was read, whatever the answer said of a next one.
    let paged = root.join("paged.json");
    fs::write(
        &paged,
        r#"{"orders": [{"id": 1, "createdAt": "2026-11-01T09:00:00Z"}], "next_page": "/v2/orders?starting_after=1"}"#,
    )
    .expect("written");
    let made = told(
        root,
        &["connectors", "new", "cat", "--page", "paged.json"]
            .map(|word| if word == "paged.json" { paged.to_str().expect("a path") } else { word }),
    );
    assert!(made.contains("wrote"), "{made}");
    let said = told(root, &["connectors", "test", "cat", "--pages", paged.to_str().expect("a path")]);
    assert!(said.contains("the answer has next_page, and no [paging] is said"), "{said}");
    // A day that is none, a field that is not read.
    let said = with(root, QUERY, ("r ->> '$.createdAt' AS TIMESTAMP", "r ->> '$.customer.city' AS TIMESTAMP"), test);
    assert!(said.contains("date is missing") && said.contains("every row is quarantined"), "{said}");
    let said = with(
        root,
        QUERY,
        ("    r ->> '$.utm_source' AS utm_source,\n", "    CAST(NULL AS VARCHAR) AS utm_source,\n"),
        test,
    );
    assert!(said.contains("not read utm_source"), "{said}");
    let said = with(root, QUERY, ("r ->> '$.customer.city'", "r ->> '$.customer.town'"), test);
    assert!(said.contains("not read customer.city"), "{said}");
    // What is not there at all.
    let said = told(root, &["connectors", "test", "shopp"]);
    assert!(said.contains("did you mean \"shop\"?") && said.contains("connectors new shopp"), "{said}");
    let said = told(root, &["connectors", "test", "shop", "--setting", "base=1"]);
    assert!(said.contains("known settings: base_url"), "{said}");
    let said = told(root, &["connectors", "test", "shop", "--secret", "key=sk_live_1"]);
    assert!(said.contains("never the secret itself") && !said.contains("sk_live_1"), "{said}");
}
