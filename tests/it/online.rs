//! `daybook check --online` against vendors that are well, refuse, or are not there.

use crate::init::init;
use crate::maintenance_faults::{daybook, said};
use crate::support::noon;
use chrono::Days;
use daybook::sandbox::{Armed, Fault, Faults, Sandbox, SandboxOptions, tenants};
use std::path::Path;

const SECRETS: [&str; 4] = ["developer_token", "client_id", "client_secret", "refresh_token"];

/// A sandbox and an installation that knows of it.
async fn world() -> (Sandbox, tempfile::TempDir) {
    let first_date = noon().date_naive() - Days::new(5);
    let options = SandboxOptions {
        tenants: tenants(),
        seed: 5,
        first_date,
        as_of: noon(),
        planted_at: noon(),
        port: 0,
        faults: Faults::none(),
    };
    let sandbox = Sandbox::start(options).await.expect("a sandbox");
    let folder = tempfile::tempdir().expect("a folder");
    let base = sandbox.base_url();
    let account = daybook::sandbox::tenants()[1].accounts[0];
    let settings = [
        format!("stripe.base_url={base}/stripe/northwind_shop"),
        format!("google_ads.base_url={base}/google_ads"),
        format!("google_ads.token_url={base}/oauth2/token"),
        format!("google_ads.customer_ids={account}"),
        "google_ads.time_zone=Europe/Berlin".to_owned(),
    ];
    let mut flags = vec!["--yes", "--workspace", "acme", "--connector", "stripe", "--connector", "google_ads"];
    settings.iter().for_each(|setting| flags.extend(["--setting", setting]));
    let done = init(folder.path(), &flags, None);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let keys = Sandbox::credentials();
    let values = [keys.developer_token, keys.client_id, keys.client_secret, keys.refresh_token];
    for (name, value) in SECRETS.iter().zip(values) {
        write(folder.path(), &format!("config/secrets/acme_google_ads_{name}"), value);
    }
    write(folder.path(), "config/secrets/acme_stripe_api_key", keys.stripe_key);
    (sandbox, folder)
}

fn write(root: &Path, file: &str, text: &str) {
    std::fs::write(root.join(file), text).expect("written");
}

/// Exit code and words of the command.
fn check(root: &Path) -> (i32, String) {
    let done = tokio::task::block_in_place(|| daybook(root, &["check", "--online"]));
    let told = said(&done);
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
    assert!(!told.contains("sandbox-refresh-token") && !told.contains("rk_sandbox_key"), "{told}");
    (done.status.code().unwrap_or(-1), told.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_work_are_good_and_nothing_is_loaded() {
    let (sandbox, folder) = world().await;
    let (code, told) = check(folder.path());
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("good acme/google_ads") && told.contains("good acme/stripe"), "{told}");
    assert!(told.ends_with("2 good, 0 in trouble, 0 not tried"), "{told}");
    assert!(!folder.path().join("daybook.duckdb").exists() && !folder.path().join("landing").exists());
    let asked = sandbox.request_counts();
    assert!(asked["google_ads"] == 7 && asked["stripe"] <= 8, "one small request a stream: {asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_credential_a_lacking_right_and_a_failing_vendor_are_distinguished() {
    let cases = [
        (
            "/oauth2/token",
            Fault::Revoked,
            "CREDENTIAL REFUSED acme/google_ads",
            "refresh_token at config/workspaces/acme.toml:",
        ),
        ("/stripe", Fault::Revoked, "CREDENTIAL REFUSED acme/stripe", "api_key at config/workspaces/acme.toml:"),
        ("/stripe", Fault::Forbidden, "RIGHT LACKING acme/stripe", "give the credential this right at the vendor"),
        ("/stripe", Fault::Failure, "FAILING acme/stripe", "ask again"),
        ("searchStream", Fault::Html, "FAILING acme/google_ads", "something else answers there"),
        ("/stripe", Fault::TooMany, "FAILING acme/stripe", "the credential works"),
    ];
    for (path, fault, standing, words) in cases {
        let (sandbox, folder) = world().await;
        sandbox.arm(Armed { path: path.to_owned(), fault, times: u64::MAX });
        let (code, told) = check(folder.path());
        assert_eq!(code, 3, "{fault:?}: {told}");
        assert!(told.contains(standing) && told.contains(words), "{fault:?} on {path}: {told}");
        assert!(told.contains("1 good, 1 in trouble"), "{fault:?}: the other account is good: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_lead_nowhere_are_reported_with_what_stands_in_the_way() {
    let (sandbox, folder) = world().await;
    let dead = std::net::TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a port");
    let file = folder.path().join("config/workspaces/acme.toml");
    let text = std::fs::read_to_string(&file).expect("read");
    let stripe = format!("{}/stripe/northwind_shop", sandbox.base_url());
    for (address, words) in [
        (format!("http://{dead}"), "refuses connections: nothing listens there"),
        ("https://api.nowhere.invalid".to_owned(), "the name api.nowhere.invalid leads to no address (DNS)"),
        (sandbox.base_url().replace("http:", "https:"), "no protected connection to 127.0.0.1"),
    ] {
        std::fs::write(&file, text.replace(&stripe, &address)).expect("written");
        let (code, told) = check(folder.path());
        assert_eq!(code, 3, "{told}");
        assert!(told.contains("UNREACHABLE acme/stripe") && told.contains(words), "{address}: {told}");
        assert!(told.contains("good acme/google_ads"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_and_slack_are_tried_as_far_as_nobody_is_notified_of_it() {
    let (_sandbox, folder) = world().await;
    let dead = std::net::TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a port");
    let file = folder.path().join("config/daybook.toml");
    let text = std::fs::read_to_string(&file).expect("read");
    let mail = format!(
        "[delivery.mail]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\n#",
        dead.port()
    );
    let text = text.replace("[delivery.mail]\nkind = \"folder\"\npath", &mail)
        + "\n[delivery.slack.team]\nkind = \"webhook\"\nurl = { file = \"secrets/hook\" }\n";
    std::fs::write(&file, text).expect("written");
    write(folder.path(), "config/secrets/hook", "https://hooks.example.com/T/B/x");
    let done = tokio::task::block_in_place(|| daybook(folder.path(), &["--json", "check", "--online"]));
    let findings: serde_json::Value =
        serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{}", said(&done)));
    let of = |subject: &str| {
        let all = findings.as_array().expect("a list");
        all.iter().find(|finding| finding["subject"] == subject).cloned().unwrap_or_default()
    };
    assert_eq!(of("mail")["standing"], "unreachable", "{findings}");
    assert_eq!(of("Slack team")["standing"], "untried", "{findings}");
    assert!(
        of("Slack team")["remedy"].as_str().is_some_and(|remedy| remedy.contains("send-test --channel slack:team"))
    );
    assert_eq!(done.status.code(), Some(3));
}
