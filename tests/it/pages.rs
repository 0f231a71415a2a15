//! A vendor in files only, over HTTP: how its lists end, what it refuses as too much, and what it says is left.

use crate::support::noon;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, Uri};
use chrono::TimeDelta;
use daybook::connectors::error::Less;
use daybook::connectors::landing::read_page;
use daybook::connectors::spec::ConnectorSpec;
use daybook::connectors::{Connection, Connector, ConnectorError, Engine, LandedSlice, Slice, Window};
use daybook::support::clock::Clock;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const CONNECTOR: &str = r#"name = "shop"
label = "Shop"
docs = "https://shop.example/api"
[settings.base_url]
about = "Where the API is."
kind = "url"
[auth]
kind = "none"
[limits]
requests = 1000
attempts = 3
RULES
[streams.orders]
about = "Orders."
body = "BODY"
records = "RECORDS"
paging = PAGING
[streams.orders.request]
url = "{{ settings.base_url }}/orders"
query = QUERY
[[streams.orders.loads]]
table = "payment"
mode = { kind = "upsert" }
"#;

/// What is asked, as path and query, and what is answered: a status, headers, a body.
type Script = Arc<dyn Fn(&str, usize) -> (u16, Vec<(&'static str, String)>, String) + Send + Sync>;

struct Vendor {
    engine: Engine,
    clock: Clock,
    connection: Connection,
    asked: Arc<Mutex<Vec<String>>>,
    _folder: tempfile::TempDir,
}

async fn answer(State((script, asked)): State<(Script, Arc<Mutex<Vec<String>>>)>, uri: Uri) -> Response<Body> {
    let number = {
        let mut asked = asked.lock().expect("no panic");
        asked.push(uri.to_string());
        asked.len()
    };
    let (status, headers, body) = script(&uri.to_string(), number);
    let mut response = Response::builder().status(status).header("content-type", "application/json");
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(body)).expect("an answer")
}

/// A vendor with one stream; `changes` fill the connector's places.
async fn vendor(
    changes: &[(&str, &str)],
    script: impl Fn(&str, usize) -> (u16, Vec<(&'static str, String)>, String) + Send + Sync + 'static,
) -> Vendor {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let router = Router::new().fallback(answer).with_state((Arc::new(script) as Script, asked.clone()));
    tokio::spawn(async move { drop(axum::serve(listener, router).await) });
    let usual = [("RULES", ""), ("BODY", "object"), ("RECORDS", "$.rows[*]"), ("QUERY", "[]")];
    let text = changes.iter().chain(&usual).fold(CONNECTOR.to_owned(), |text, (place, by)| text.replace(place, by));
    let spec = ConnectorSpec::parse(Path::new("connector.toml"), &text).expect("a sound connector");
    let connector = Arc::new(Connector { spec, sql: BTreeMap::new(), incidents: Vec::new() });
    let settings = BTreeMap::from([("base_url".to_owned(), toml::Value::from(base))]);
    let connection = Connection::new("acme", "shop", connector, settings, BTreeMap::new(), chrono_tz::UTC);
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::fixed(noon());
    Vendor {
        engine: Engine::new(folder.path().to_owned(), clock.clone()).expect("an engine"),
        clock,
        connection: connection.expect("a connection"),
        asked,
        _folder: folder,
    }
}

impl Vendor {
    async fn fetch(&self) -> Result<LandedSlice, ConnectorError> {
        let slice = Slice { partition: String::new(), window: Window::Whole };
        self.engine.fetch(&self.connection, "orders", &slice, None, &|_| {}).await
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }
}

fn bodies(landed: &LandedSlice) -> Vec<String> {
    let read = |path: &std::path::PathBuf| {
        let mut text = String::new();
        read_page(path).expect("a page").read_to_string(&mut text).expect("text");
        text
    };
    landed.files().iter().map(read).collect()
}

fn page(rows: &str) -> (u16, Vec<(&'static str, String)>, String) {
    (200, Vec::new(), format!(r#"{{"rows":[{rows}]}}"#))
}

#[tokio::test(flavor = "multi_thread")]
async fn links_in_a_header_are_followed_on_the_same_host_alone() {
    let list = [
        ("PAGING", r#"{ kind = "link_header" }"#),
        ("BODY", "array"),
        ("RECORDS", "$"),
        ("QUERY", r#"[["limit", "2"]]"#),
    ];
    let link = |to: &str| vec![("link", format!("</orders?cursor=x>; rel=\"prev\", <{to}>; rel=\"next\""))];
    let shop = vendor(&list, move |asked, _| match asked {
        "/orders?limit=2" => (200, link("/orders?cursor=a,b&limit=2"), r#"[{"id":1},{"id":2}]"#.to_owned()),
        "/orders?cursor=a,b&limit=2" => (200, Vec::new(), r#"[{"id":3}]"#.to_owned()),
        _ => (404, Vec::new(), String::new()),
    })
    .await;
    let landed = shop.fetch().await.expect("landed");
    assert_eq!(bodies(&landed), [r#"[{"id":1},{"id":2}]"#, r#"[{"id":3}]"#]);
    assert_eq!(shop.asked(), ["/orders?limit=2", "/orders?cursor=a,b&limit=2"]);

    let elsewhere = vendor(&list, move |_, _| (200, link("http://127.0.0.2:9/orders"), "[]".to_owned())).await;
    let error = elsewhere.fetch().await.expect_err("another host").to_string();
    assert!(error.contains("leads to another host"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_whose_pages_are_counted_in_a_header_is_read_to_its_last_page() {
    let paging = r#"{ kind = "page_number", first = 1, limit = 10, records_pointer = "", total_pages_header = "X-WP-TotalPages", total_header = "X-WP-Total" }"#;
    let query = r#"[["page", "{{ cursor.page }}"], ["per_page", "{{ cursor.limit }}"]]"#;
    let changes = [("PAGING", paging), ("BODY", "array"), ("RECORDS", "$"), ("QUERY", query)];
    let posts = vendor(&changes, |asked, _| {
        let headers = vec![("x-wp-totalpages", "3".to_owned()), ("x-wp-total", "4".to_owned())];
        match asked {
            "/orders?page=1&per_page=10" => (200, headers, r#"[{"id":1},{"id":2}]"#.to_owned()),
            "/orders?page=2&per_page=10" => (200, headers, r#"[{"id":3}]"#.to_owned()),
            "/orders?page=3&per_page=10" => (200, headers, r#"[{"id":4}]"#.to_owned()),
            _ => (400, Vec::new(), r#"{"code":"rest_post_invalid_page_number"}"#.to_owned()),
        }
    })
    .await;
    let landed = posts.fetch().await.expect("landed");
    assert_eq!((landed.manifest.pages.len(), posts.asked().len()), (3, 3));
    assert_eq!(landed.manifest.caveats, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_refused_as_too_much_is_asked_for_in_halves_at_the_same_place() {
    // singer-io/tap-facebook#65, airbytehq/airbyte-python-cdk#1149
    let rules = "[[errors]]\nstatus = [500]\nvalues = [{ pointer = \"/error/message\", matches = \"reduce the amount\" }]\naction = \"smaller_page\"\nnote = \"too much at once\"";
    let paging = r#"{ kind = "next_token", pointer = "/next", limit = 100, least_limit = 25 }"#;
    let query = r#"[["limit", "{{ cursor.limit }}"], ["after", "{{ cursor.token }}"]]"#;
    let refused =
        || (500, Vec::new(), r#"{"error":{"code":1,"message":"Please reduce the amount of data"}}"#.to_owned());
    let pages = vendor(&[("PAGING", paging), ("RULES", rules), ("QUERY", query)], move |asked, _| match asked {
        "/orders?limit=100" => (200, Vec::new(), r#"{"rows":[1,2],"next":"b"}"#.to_owned()),
        "/orders?limit=25&after=b" => (200, Vec::new(), r#"{"rows":[3],"next":"c"}"#.to_owned()),
        "/orders?limit=25&after=c" => (200, Vec::new(), r#"{"rows":[4]}"#.to_owned()),
        _ => refused(),
    })
    .await;
    let landed = pages.fetch().await.expect("landed");
    assert_eq!(landed.manifest.pages.len(), 3);
    let asked = pages.asked();
    let queries: Vec<&str> = asked.iter().filter_map(|uri| uri.split('?').nth(1)).collect();
    assert_eq!(queries, ["limit=100", "limit=100&after=b", "limit=50&after=b", "limit=25&after=b", "limit=25&after=c"]);

    let never = vendor(&[("PAGING", paging), ("RULES", rules), ("QUERY", query)], move |_, _| refused()).await;
    let error = never.fetch().await.expect_err("too much");
    assert!(matches!(&error, ConnectorError::Cut { less: Less::Window, .. }), "{error:?}");
    assert_eq!(never.asked().len(), 3);

    let split = rules.replace("smaller_page", "split_window");
    let window = vendor(&[("PAGING", paging), ("RULES", &split), ("QUERY", query)], move |_, _| refused()).await;
    let error = window.fetch().await.expect_err("too much");
    assert!(matches!(&error, ConnectorError::Cut { less: Less::Window, note } if note.contains("too much at once")));
    assert_eq!(window.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_as_many_records_as_the_vendor_lists_at_most_is_no_whole_answer() {
    // OWOX/owox-data-marts#1569
    let paging = ("PAGING", r#"{ kind = "none", most_records = 3 }"#);
    let cut = vendor(&[paging], |_, _| page(r#"{"id":1},{"id":2},{"id":3}"#)).await;
    let landed = cut.fetch().await.expect("what there is");
    assert!(landed.manifest.cut.is_some_and(|note| note.contains("3 records, and 3 at most")));
    let whole = vendor(&[paging], |_, _| page(r#"{"id":1},{"id":2}"#)).await;
    assert_eq!(whole.fetch().await.expect("landed").manifest.pages.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_ignores_the_page_asked_for_is_told_of_and_one_that_errs_once_is_not() {
    // konosp/adobe-analytics-reports-api-v2.0#11: page 502 with the same rows
    let query = ("QUERY", r#"[["page", "{{ cursor.page }}"]]"#);
    let paging = r#"{ kind = "page_number", first = 0, limit = 2, records_pointer = "/rows" }"#;
    let stuck = vendor(&[("PAGING", paging), query], |_, _| page(r#""a","b""#)).await;
    let error = stuck.fetch().await.expect_err("no next page").to_string();
    assert!(error.contains("does not go on to the next page"), "{error}");
    assert_eq!(stuck.asked().len(), 2);

    let paging = r#"{ kind = "page_number", first = 0, limit = 2, records_pointer = "/rows", total_pages_pointer = "/totalPages", total_pointer = "/totalElements", echo_pointer = "/number" }"#;
    let report = |number: u32, rows: &str| {
        (200, Vec::new(), format!(r#"{{"number":{number},"totalPages":2,"totalElements":3,"rows":[{rows}]}}"#))
    };
    let errs = vendor(&[("PAGING", paging), query], move |asked, number| match (asked, number) {
        ("/orders?page=0", _) | (_, 2) => report(0, r#""a","b""#),
        (_, 4) => (504, Vec::new(), String::new()),
        _ => report(1, r#""c""#),
    })
    .await;
    let landed = errs.fetch().await.expect("landed");
    let rows: Vec<bool> = bodies(&landed).iter().map(|body| body.contains("\"c\"")).collect();
    assert_eq!(rows, [false, true]);
    assert_eq!(errs.asked().len(), 5, "{:?}", errs.asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_day_is_not_asked_about_before_the_vendor_counts_anew() {
    let rules = "[[errors]]\nstatus = [429]\naction = \"stop_for_today\"\nwait_midnight = \"America/Los_Angeles\"\nnote = \"the day's calls are used up\"";
    let shop = vendor(&[("PAGING", r#"{ kind = "none" }"#), ("RULES", rules)], |_, number| match number {
        1 => (429, Vec::new(), "{}".to_owned()),
        _ => page("1"),
    })
    .await;
    assert!(matches!(shop.fetch().await, Err(ConnectorError::QuotaSpent { .. })));
    shop.clock.set(noon() + TimeDelta::hours(19));
    let told = shop.fetch().await.expect_err("spent").to_string();
    assert!(told.contains("not asked again before 2026-11-21 08:00 UTC"), "{told}");
    assert_eq!(shop.asked().len(), 1);
    shop.clock.set(noon() + TimeDelta::hours(20));
    assert!(shop.fetch().await.is_ok());
    assert_eq!(shop.asked().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_to_wait_are_no_seconds_and_outlast_a_run() {
    // OWOX/owox-data-marts#1530
    let rules = "[[errors]]\nvalues = [{ pointer = \"/error/code\", matches = \"^80004$\" }]\naction = \"retry\"\nwait_header = \"X-Business-Use-Case-Usage\"\nwait_pointer = \"/*/*/estimated_time_to_regain_access\"\nwait_unit = \"minutes\"\nnote = \"too many calls\"";
    let usage = r#"{"8":[{"call_count":100,"estimated_time_to_regain_access":12}]}"#;
    let ads = vendor(&[("PAGING", r#"{ kind = "none" }"#), ("RULES", rules)], move |_, number| match number {
        1 => (400, vec![("x-business-use-case-usage", usage.to_owned())], r#"{"error":{"code":80004}}"#.to_owned()),
        _ => page("1"),
    })
    .await;
    let wait = |error: ConnectorError| match error {
        ConnectorError::RateLimited { wait, .. } => wait.map(|wait| wait.as_secs()),
        other => panic!("{other:?}"),
    };
    assert_eq!(wait(ads.fetch().await.expect_err("too many")), Some(720));
    ads.clock.set(noon() + TimeDelta::minutes(2));
    assert_eq!(wait(ads.fetch().await.expect_err("too early")), Some(600));
    ads.clock.set(noon() + TimeDelta::minutes(12));
    assert!(ads.fetch().await.is_ok());
    assert_eq!(ads.asked().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_request_waits_where_little_is_left_for_a_moment() {
    let quota = "[[quota]]\nheader = \"X-Remaining\"\nleast = 1\nwait_header = \"X-Reset-After\"\nwait_unit = \"milliseconds\"\nnote = \"no call is left\"";
    let changes = [
        ("PAGING", r#"{ kind = "offset", limit = 1 }"#),
        ("RULES", quota),
        ("QUERY", r#"[["from", "{{ cursor.offset }}"]]"#),
    ];
    let shop = vendor(&changes, |asked, _| {
        let left = vec![("x-remaining", "0".to_owned()), ("x-reset-after", "150".to_owned())];
        match asked {
            "/orders?from=0" => (200, left, r#"{"rows":[1]}"#.to_owned()),
            _ => page(""),
        }
    })
    .await;
    let begun = Instant::now();
    let landed = shop.fetch().await.expect("landed");
    assert!(begun.elapsed() >= Duration::from_millis(150), "{:?}", begun.elapsed());
    assert_eq!((landed.manifest.pages.len(), landed.manifest.quota_note), (2, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_nobody_knows_is_tried_a_few_times_and_then_told() {
    // PostHog/posthog#82513
    let rules = "[[errors]]\nvalues = [{ pointer = \"/code\", other_than = \"0\" }]\naction = \"retry\"\nattempts = 2\ndetail_pointer = \"/request_id\"\nnote = \"a code that nobody knows\"";
    let shop = vendor(&[("PAGING", r#"{ kind = "none" }"#), ("RULES", rules)], |_, _| {
        (200, Vec::new(), r#"{"code":49999,"message":"Something new","request_id":"r7"}"#.to_owned())
    })
    .await;
    let error = shop.fetch().await.expect_err("an error");
    assert!(
        matches!(&error, ConnectorError::Rejected { .. }) && error.to_string().contains("Something new r7"),
        "{error}"
    );
    assert_eq!(shop.asked().len(), 2);
}
