//! A whole installation with every connector, read by the real binary: its log, its words, its files and its database.

use super::echo::{Manner, PERSON, answer};
use super::search::{around, holders, in_tables};
use super::{MARK, Way, ways};
use crate::data_folder::DataFolder;
use crate::engine::vendor::{Vendor, json};
use crate::field::installation::{ship, write};
use crate::maintenance_faults::{command, said};
use crate::support::source;
use daybook::connectors::spec::SettingKind;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// A page without rows, of whichever connector.
fn page(connector: &str) -> Value {
    let data = match connector {
        "tiktok_ads" => json!({"list": [], "page_info": {"page": 1, "total_number": 0, "total_page": 1}}),
        "shopify" => json!({
            "orders": {"nodes": [], "pageInfo": {"hasNextPage": false, "endCursor": null}},
            "currentAppInstallation": {"accessScopes": []}
        }),
        _ => json!([]),
    };
    if connector == "wordpress" {
        return data;
    }
    let page = json!({
        "code": 0, "message": "OK", "data": data, "has_more": false, "rows": [], "elements": [], "siteEntry": [],
        "Accounts": [], "total": 0, "total_items": 0, "totalCount": 0, "lists": [], "reports": [], "campaigns": [],
        "automations": [], "broadcasts": [], "sequences": [], "subscribers": [], "purchases": [], "results": [],
        "records": [], "done": true, "contacts": [], "opportunities": [], "schedules": []
    });
    if connector == "google_ads" { json!([{"results": []}]) } else { page }
}

/// What the `round`th round of a vendor is like.
fn manner(round: usize) -> Manner {
    match round {
        0 => Manner::Pages,
        1 => Manner::Refusals(400),
        2 => Manner::Refusals(403),
        3 => Manner::Refusals(401),
        _ => Manner::NoTokens,
    }
}

async fn vendor(round: Arc<AtomicUsize>) -> Vendor {
    let base = Arc::new(OnceLock::<String>::new());
    let own = Arc::clone(&base);
    let ways = ways();
    let vendor = Vendor::start(move |asked| {
        let path = asked.line.split_whitespace().nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
        let id = path.split(['/', '?']).next().unwrap_or_default();
        let Some(way) = ways.iter().find(|way| way.id == id) else { return json(404, "{}") };
        let base = format!("{}/{id}", own.get().map_or("", String::as_str));
        let page = page(&way.connector);
        answer(id, manner(round.load(Ordering::SeqCst)), &base, asked, (&page, &page))
    })
    .await;
    base.set(vendor.base_url()).expect("once");
    vendor
}

/// Another account of the same form.
fn of_its_own(value: &mut toml::Value, number: usize) {
    match value {
        toml::Value::String(text) => {
            let kept = text.len().saturating_sub(2);
            *text = format!("{}{number:02}", &text[..kept]);
        }
        toml::Value::Array(values) => values.iter_mut().for_each(|value| of_its_own(value, number)),
        _ => {}
    }
}

/// A connection of each way, with all its secrets.
fn connect(root: &Path, base: &str) {
    let mut text = "name = \"Acme\"\ntime_zone = \"Europe/Berlin\"\ncurrency = \"EUR\"\n".to_owned();
    let since = daybook::support::clock::Clock::System.now().date_naive() - chrono::Days::new(2);
    for (number, Way { connector, settings, id, spec }) in ways().iter().enumerate() {
        // Required settings hold what the connector gives as an example.
        let mut all: toml::Table = source(connector, &[]).connection.settings.into_iter().collect();
        all.retain(|name, _| spec.settings[name].default.is_none());
        // An account that is read in two ways would count twice.
        if !settings.is_empty() {
            all.iter_mut().for_each(|(_, value)| of_its_own(value, number));
        }
        let urls = spec.settings.iter().filter(|(_, setting)| setting.kind == SettingKind::Url);
        all.extend(urls.map(|(name, _)| (name.clone(), format!("{base}/{id}").into())));
        all.extend(settings.clone());
        text += &format!("\n[[connections]]\nid = \"{id}\"\nconnector = \"{connector}\"\nsince = {since}\n");
        text += &format!("\n[connections.settings]\n{}\n[connections.secrets]\n", toml::to_string(&all).expect("TOML"));
        let way = Way { connector: connector.clone(), settings: settings.clone(), id: id.clone(), spec: spec.clone() };
        for (name, value) in way.secrets() {
            let file = format!("secrets/{id}_{name}");
            write(root, &format!("config/{file}"), &value);
            text += &format!("{name} = {{ file = \"{file}\" }}\n");
        }
    }
    for group in ["marketing", "executives", "specialists", "analysts"] {
        text += &format!("\n[recipients.{group}]\nmail = []\nfiles = true\n");
    }
    write(root, "config/workspaces/acme.toml", &text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_log_error_table_or_report_holds_a_secret_of_any_connector() {
    let round = Arc::new(AtomicUsize::new(0));
    let vendor = vendor(Arc::clone(&round)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    ship(root);
    connect(root, &vendor.base_url());
    let mut told = String::new();
    let run = |arguments: &[&str]| {
        let done = command(root).args(arguments).env("RUST_LOG", "trace").output().expect("daybook runs");
        format!("{arguments:?}: {}\n", said(&done))
    };
    for number in 0..5 {
        round.store(number, Ordering::SeqCst);
        told += &run(&["sync"]);
    }
    for arguments in [
        &["check", "--online"][..],
        &["rollup"],
        &["status"],
        &["status", "--json"],
        &["runs"],
        &["coverage"],
        &["sources"],
        &["deliveries"],
        &["doctor"],
        &["backup"],
    ] {
        told += &run(arguments);
    }
    let preview = root.join("preview").display().to_string();
    let issued = run(&["report", "-w", "acme", "--even-if-late"])
        + &run(&["report", "preview", "-w", "acme", "--out", &preview]);
    assert!(root.join("preview/index.html").exists() && root.join("reports").exists(), "no report: {issued}");
    told += &issued;
    // The lines of the key of a service account bear no mark.
    let key: Value = serde_json::from_str(&crate::contract::script::key_file()).expect("a key");
    let line = key["private_key"].as_str().and_then(|key| key.lines().nth(3)).expect("a line").to_owned();
    let marks = [MARK.to_owned(), line];
    let asked = vendor.asked();
    let sends = |way: &Way| way.spec.auth.scheme(&way.settings).is_some();
    let known: Vec<String> = ways().into_iter().filter(sends).map(|way| way.id).collect();
    for id in &known {
        assert!(
            asked.iter().any(|asked| {
                let is_marked = [super::echo::sent(asked), super::echo::decoded_pair(asked)].concat().contains(MARK);
                asked.line.contains(&format!("/{id}")) && is_marked
            }),
            "{id} sends no secret that could be repeated: {}",
            told.chars().take(3000).collect::<String>()
        );
        assert!(told.contains(id.as_str()), "nothing is said of {id}");
    }
    let mut found: Vec<String> = told.lines().filter_map(|line| around(line, &marks)).collect();
    let is_looked_into = |path: &Path| {
        let path = path.strip_prefix(root).expect("below it").to_string_lossy().into_owned();
        !path.starts_with("config/secrets/") && !path.starts_with("tokens/")
    };
    found.extend(holders(root, &marks, &is_looked_into));
    let installation = DataFolder::open(root);
    found.extend(in_tables(&installation.warehouse, &marks));
    assert!(found.is_empty(), "{} places:\n{}", found.len(), found.join("\n"));
    // Whom a vendor names in a message is nobody's business.
    let persons = [PERSON.to_owned()];
    let mut named: Vec<String> = told.lines().filter_map(|line| around(line, &persons)).collect();
    named.extend(in_tables(&installation.warehouse, &persons));
    assert!(named.is_empty(), "{} places:\n{}", named.len(), named.join("\n"));
    assert!(told.contains("***") && told.contains("TRACE"), "something was to be hidden");
}
