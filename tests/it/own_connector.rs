//! A vendor that Daybook does not know, from its address to a figure in a report: the README's recipe with the real
//! binary, what each mistake on the way is told, and answers of public APIs in their own shapes.

mod horizon;
mod mistakes;
mod quota;
mod shapes;
mod sunset;

use crate::engine::vendor::{Vendor, json};
use crate::field::installation::write;
use crate::maintenance_faults::{daybook, said};
use crate::own_fact::{files, well};
use chrono::{Days, NaiveDate};
use daybook::support::clock::Clock;
use std::fs;
use std::path::Path;

fn yesterday() -> NaiveDate {
    Clock::System.now().date_naive() - Days::new(1)
}

/// Three orders of yesterday and one of the day before, as a small REST server lists a table.
fn orders() -> String {
    let (day, before) = (yesterday(), yesterday() - Days::new(1));
    format!(
        r#"[{{"id": 1, "createdAt": "{day}T09:00:00Z", "total": 40.5, "utm_source": "newsletter", "customer": {{"email": "ada@example.com", "city": "Bern"}}}},
            {{"id": 2, "createdAt": "{day}T10:00:00Z", "total": 9.5, "utm_source": "newsletter", "customer": {{"email": "bob@example.com", "city": "Rom"}}}},
            {{"id": 3, "createdAt": "{day}T11:00:00Z", "total": 100, "utm_source": "google", "customer": {{"email": "eve@example.com", "city": "Rom"}}}},
            {{"id": 4, "createdAt": "{before}T11:00:00Z", "total": 7, "utm_source": "google", "customer": {{"email": "eve@example.com", "city": "Rom"}}}}]"#
    )
}

const SECTION: &str = "
[[sections]]
kind = \"metrics\"
title = \"Shop\"
metrics = [\"shop_orders_count\", \"shop_total\"]
";

pub(crate) fn init(root: &Path) {
    well(
        root,
        &[
            "init",
            "--yes",
            "--workspace",
            "acme",
            "--time-zone",
            "UTC",
            "--currency",
            "EUR",
            "--to",
            "team@example.com",
        ],
    );
}

/// Commands of the README, in its order; the figures are those of the vendor's orders.
#[tokio::test(flavor = "multi_thread")]
async fn the_recipe_leads_from_an_address_to_a_figure_in_a_report() {
    let body = orders();
    let vendor = Vendor::start(move |_| json(200, &body)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    init(root);
    let url = format!("{}/orders", vendor.base_url());
    let told = well(root, &["connectors", "new", "shop", "--url", &url]);
    assert!(told.contains("4 records at $[*], known by id"), "{told}");
    let before: Vec<(String, String)> = ["toml", "sql"]
        .iter()
        .flat_map(|ending| files(&root.join("config/connectors"), ending))
        .map(|file| (file.clone(), fs::read_to_string(file).expect("a file")))
        .collect();
    assert_eq!(before.len(), 5);
    // Nothing is overwritten.
    let again = daybook(root, &["connectors", "new", "shop", "--url", &url]);
    assert!(!again.status.success() && said(&again).contains("nothing is overwritten"), "{}", said(&again));
    before.iter().for_each(|(file, text)| assert_eq!(fs::read_to_string(file).expect("a file"), *text));

    well(root, &["check"]);
    assert!(well(root, &["connectors", "check", "shop"]).contains("OK: shop"));
    assert!(well(root, &["connectors", "list"]).contains("your own"));
    let described = well(root, &["connectors", "describe", "shop"]);
    assert!(described.contains("core.shop_orders by shop_orders.sql"), "{described}");

    let told = well(root, &["connectors", "test", "shop"]);
    assert!(told.contains("1 requests, 1 pages") && told.contains("4 records"), "{told}");
    assert!(told.contains("4 read, 0 repeat a key, 0 quarantined"), "{told}");
    assert!(told.contains(&format!("{} 3", yesterday())), "rows by day: {told}");
    assert!(!told.contains("ada@example.com"), "people are not told: {told}");
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
    assert!(!root.join("daybook.duckdb").exists() && files(root, "duckdb").is_empty(), "nothing is stored");

    well(root, &["add", "connection", "shop", "--yes"]);
    let job = root.join("jobs/report_daily.toml");
    let text = fs::read_to_string(&job).expect("the job");
    fs::write(&job, format!("{text}{SECTION}")).expect("written");
    well(root, &["sync"]);
    well(root, &["rollup"]);
    well(root, &["report", "-w", "acme"]);
    let csv = files(root, "csv").pop().expect("a CSV");
    let csv = fs::read_to_string(csv).expect("read");
    let line = |metric: &str| {
        let found = csv.lines().find(|line| line.contains(metric));
        found.unwrap_or_else(|| panic!("no {metric}: {csv}")).to_owned()
    };
    assert!(line("shop_orders_count").contains(",3,"), "{csv}");
    assert!(line("shop_total").contains(",150"), "{csv}");
}

/// The same against a REST server of another project, where one is at hand.
#[test]
fn the_recipe_works_against_a_server_of_another_project() {
    let Some(server) = daybook::support::environment::text("DAYBOOK_JSON_SERVER") else {
        crate::support::skip("DAYBOOK_JSON_SERVER names no json-server (npm install json-server)");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    init(root);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port().to_string();
    drop(listener);
    write(root, "db.json", &format!("{{\"orders\": {}}}", orders()));
    let mut child = std::process::Command::new(server)
        .args(["--host", "127.0.0.1", "--port", &port, "--quiet"])
        .arg(root.join("db.json"))
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the server");
    let is_up = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_ok()
    });
    let url = format!("http://127.0.0.1:{port}/orders");
    let made = is_up.then(|| daybook(root, &["connectors", "new", "shop", "--url", &url]));
    let tried = is_up.then(|| daybook(root, &["connectors", "test", "shop"]));
    child.kill().expect("ended");
    child.wait().expect("ended");
    let (made, tried) = (made.expect("it answers"), tried.expect("it answers"));
    assert!(made.status.success(), "{}", said(&made));
    assert!(tried.status.success() && said(&tried).contains("4 rows would load"), "{}", said(&tried));
}
