//! What is left of a vendor's allowance, as an admin sees it, across restarts.

use crate::engine::vendor::{Vendor, json};
use crate::field::installation::write;
use crate::maintenance_faults::{daybook, said};
use crate::own_fact::{install, well};
use std::fs;
use std::path::Path;

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn install_with(root: &Path, base: &str, rules: &str) {
    install(root, base);
    let file = "config/connectors/mailer/connector.toml";
    let text = fs::read_to_string(root.join(file)).expect("a connector");
    write(root, file, &text.replace("[streams.mailings]\n", &format!("{rules}\n[streams.mailings]\n")));
}

/// What the vendor says with its pages is told, also where nothing is used up.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_vendor_says_is_left_is_told() {
    let vendor = Vendor::start(|_| {
        let (status, _, body) = json(200, r#"{"mailings":[]}"#);
        (status, vec![("x-ratelimit-remaining", "412".to_owned()), ("x-ratelimit-reset", "600".to_owned())], body)
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let rules = "[[quota]]\nheader = \"X-RateLimit-Remaining\"\nleast = 10\nwait_header = \"X-RateLimit-Reset\"\n\
                 label = \"calls of the hour\"\nnote = \"few calls of the hour are left\"\n";
    install_with(root, &vendor.base_url(), rules);
    assert!(squeezed(&well(root, &["quota"])).contains("nothing is used up"));
    well(root, &["sync"]);
    let told = well(root, &["quota"]);
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
    let told = squeezed(&told);
    assert!(told.contains("acme account vendor pages today at most mailer Mailer 1 10/s, 4 at once"), "{told}");
    assert!(told.contains("mailer: 412 calls of the hour left (waits below 10), said"), "{told}");
    assert!(told.contains(", returns 20"), "{told}");
    let json: serde_json::Value = serde_json::from_str(&well(root, &["quota", "--json"])).expect("JSON");
    assert_eq!(json["accounts"][0]["allowances"][0]["amount"], 412.0);
    assert!(!daybook(root, &["quota", "--workspace", "nobody"]).status.success());
}

/// A day's allowance that is used up is not asked for by the next process either, and the wait is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_is_used_up_is_remembered_by_the_next_process() {
    let vendor = Vendor::start(|_| json(429, r#"{"error":"daily limit reached"}"#)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let rules = "[[errors]]\nbody = \"daily limit\"\naction = \"stop_for_today\"\nnote = \"the day's calls are used up\"\n\
                 wait_midnight = \"UTC\"\n";
    install_with(root, &vendor.base_url(), rules);
    let first = daybook(root, &["sync"]);
    assert!(said(&first).contains("the day's calls are used up"), "{}", said(&first));
    let asked = vendor.lines().len();
    assert!(asked >= 1);
    let again = daybook(root, &["sync"]);
    assert!(squeezed(&said(&again)).contains("not asked again before"), "{}", said(&again));
    assert_eq!(vendor.lines().len(), asked, "a new process asked at once");
    let told = squeezed(&well(root, &["quota"]));
    assert!(
        told.contains(
            "mailer: mailings: the day's calls are used up (HTTP 429: daily limit reached); not asked again before"
        ),
        "{told}"
    );
}
