//! Credentials that end, as an admin sees it.

use crate::engine::vendor::{Vendor, json};
use crate::field::installation::write;
use crate::maintenance_faults::{daybook, said};
use crate::own_fact::{files, install, well};
use chrono::{Days, NaiveDate};
use daybook::support::clock::Clock;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn today() -> NaiveDate {
    Clock::System.now().date_naive()
}

/// The mailer with a key, kept in a file, and what the connector knows of its end.
fn install_with_key(root: &Path, base: &str, horizon: &str) {
    install(root, base);
    let file = "config/connectors/mailer/connector.toml";
    let text = fs::read_to_string(root.join(file)).expect("a connector");
    let auth = format!(
        "[secrets.api_key]\nabout = \"A key.\"\n\n{horizon}\n[auth]\nkind = \"bearer\"\ntoken = \"{{{{ secrets.api_key }}}}\"\n"
    );
    write(root, file, &text.replace("[auth]\nkind = \"none\"\n", &auth));
    write(root, "config/api_key", "first-key");
    write_ends(root, "");
}

fn write_ends(root: &Path, ends: &str) {
    let file = "config/workspaces/acme.toml";
    let text = fs::read_to_string(root.join(file)).expect("a workspace");
    let before = text.split("secrets = ").next().unwrap_or_default();
    write(root, file, &format!("{before}secrets = {{ api_key = {{ file = \"api_key\" }} }}\n{ends}"));
}

const HORIZON: &str = r#"
[horizon]
renew = "make a new key at Account, Keys"
ends_at = ["/key/expires_at"]

[horizon.request]
url = "{{ settings.base_url }}/key"
"#;

/// elastic/kibana#211636, civiform/civiform#8321, monicahq/monica#6330: a key ended, everything stopped, and nobody had
/// been told; NangoHQ/nango#1531: the end that was known did not move with a new token.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_key_is_asked_for_once_a_day_and_told_ahead() {
    let ends = Arc::new(Mutex::new(today() + Days::new(6)));
    let told = Arc::clone(&ends);
    let vendor = Vendor::start(move |asked| match asked.line.starts_with("GET /key") {
        true => json(200, &format!(r#"{{"key":{{"expires_at":"{}"}}}}"#, told.lock().expect("no panic"))),
        false => json(200, r#"{"mailings":[]}"#),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    install_with_key(root, &vendor.base_url(), HORIZON);
    well(root, &["check"]);
    well(root, &["sync"]);
    well(root, &["sync"]);
    assert_eq!(vendor.count("GET /key"), 1, "{:?}", vendor.lines());
    assert!(vendor.asked().iter().all(|asked| asked.headers["authorization"] == "Bearer first-key"));
    let first = today() + Days::new(6);
    let status = squeezed(&well(root, &["status"]));
    assert!(status.contains(&format!("acme/mailer: the credential for Mailer ends on {first}, in 5 days")), "{status}");
    assert!(status.contains("make a new key at Account, Keys; put it where the secret is kept"), "{status}");
    assert!(!status.contains("first-key"), "{status}");
    let doctor = squeezed(&said(&daybook(root, &["doctor"])));
    assert!(doctor.contains("credential of acme/mailer"), "{doctor}");

    // A new key has an end of its own, whenever the former was asked for.
    write(root, "config/api_key", "second-key");
    *ends.lock().expect("no panic") = today() + Days::new(300);
    well(root, &["sync"]);
    assert_eq!(vendor.count("GET /key"), 2);
    assert!(!well(root, &["status"]).contains("ends on"), "it is far ahead");
}

/// A vendor that does not tell takes nothing from the sync, and is asked once a day all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_does_not_say_when_a_key_ends_costs_no_figure() {
    let vendor = Vendor::start(|asked| match asked.line.starts_with("GET /key") {
        true => json(403, r#"{"error":"not allowed"}"#),
        false => json(200, r#"{"mailings":[]}"#),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    install_with_key(root, &vendor.base_url(), HORIZON);
    well(root, &["sync"]);
    well(root, &["sync"]);
    assert_eq!(vendor.count("GET /key"), 1, "{:?}", vendor.lines());
    assert!(!well(root, &["status"]).contains("ends on"));
}

/// Where no vendor tells, an admin writes it down.
#[test]
fn an_end_that_an_admin_wrote_down_is_told_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    install_with_key(root, "http://127.0.0.1:9", "");
    write_ends(root, &format!("secret_ends = {{ api_key = \"{}\" }}\n", today() + Days::new(30)));
    well(root, &["check"]);
    assert!(!well(root, &["status"]).contains("the secret api_key"));
    write_ends(root, &format!("secret_ends = {{ api_key = \"{}\" }}\n", today()));
    let status = squeezed(&well(root, &["status"]));
    assert!(status.contains("acme/mailer: the secret api_key for Mailer ended on"), "{status}");
    assert!(status.contains("set secret_ends.api_key of mailer to its own end"), "{status}");

    write_ends(root, "secret_ends = { api_kye = \"2027-01-31\" }\n");
    let output = daybook(root, &["check"]);
    let told = squeezed(&said(&output));
    assert!(
        !output.status.success() && told.contains("secret_ends names \"api_kye\", which is none of its secrets"),
        "{told}"
    );
    assert!(told.contains("config/workspaces/acme.toml:17"), "{told}");
}

/// A refresh token that is given for a time ends with it, unless each use moves the end on; of a token that was replaced
/// nothing is told.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_refresh_token_is_told_while_it_is_the_one_in_use() {
    let vendor = Vendor::start(|asked| match asked.line.starts_with("POST /token") {
        true => json(200, r#"{"access_token":"a","expires_in":3600,"refresh_token_expires_in":864000}"#),
        false => json(200, r#"{"mailings":[]}"#),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    install_with_key(root, &vendor.base_url(), "");
    let file = "config/connectors/mailer/connector.toml";
    let text = fs::read_to_string(root.join(file)).expect("a connector");
    let refresh = "[auth]\nkind = \"oauth2_refresh\"\ntoken_url = \"{{ settings.base_url }}/token\"\nclient_id = \"us\"\n\
                   client_secret = \"ours\"\nrefresh_token = \"{{ secrets.api_key }}\"\n";
    write(root, file, &text.replace("[auth]\nkind = \"bearer\"\ntoken = \"{{ secrets.api_key }}\"\n", refresh));
    well(root, &["sync"]);
    assert!(!well(root, &["status"]).contains("ends on"), "each use may move it on");
    let kept = files(root, "json").into_iter().find(|path| path.contains("/tokens/")).expect("a kept token");
    let mut noted: serde_json::Value = serde_json::from_str(&fs::read_to_string(&kept).expect("a file")).expect("JSON");
    noted["renewed_at"] = (Clock::System.now() - chrono::TimeDelta::days(3)).to_rfc3339().into();
    fs::write(&kept, noted.to_string()).expect("written");
    let status = squeezed(&well(root, &["status"]));
    assert!(status.contains("acme/mailer: the credential for Mailer ends on"), "{status}");
    write(root, "config/api_key", "second-key");
    assert!(!well(root, &["status"]).contains("ends on"), "the file is of the former token");
}
