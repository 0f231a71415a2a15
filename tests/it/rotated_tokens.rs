//! A vendor whose refresh tokens are good for one use, read by the real binary: each process goes on where the last
//! one ended, and no token lies anywhere but in its own file.

use crate::field::installation::write;
use crate::maintenance_faults::{command, daybook, said};
use crate::own_fact::{files, install};
use axum::Router;
use axum::extract::{Form, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use serde_json::json;
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

const AUTH: &str = r#"
[secrets.refresh_token]
about = "Given when the account was connected."

[auth]
kind = "oauth2_refresh"
token_url = "{{ settings.base_url }}/token"
client_id = "daybook"
refresh_token = "{{ secrets.refresh_token }}"
rotates = true
"#;

/// Takes the newest refresh token, and the access token that came with it.
async fn vendor() -> (String, Arc<Mutex<Vec<String>>>) {
    let sent: Arc<Mutex<Vec<String>>> = Arc::default();
    let (own, of_data) = (sent.clone(), sent.clone());
    let token = post(move |Form(form): Form<HashMap<String, String>>| async move {
        let mut sent = own.lock().expect("what was sent");
        let living = format!("canary-refresh-{}", sent.len() + 1);
        if form["refresh_token"] != living {
            return (StatusCode::BAD_REQUEST, r#"{"error":"invalid_grant"}"#.to_owned());
        }
        sent.push(living);
        let next = sent.len() + 1;
        let answer = json!({
            "access_token": format!("canary-access-{next}"), "refresh_token": format!("canary-refresh-{next}"),
            "expires_in": 7200
        });
        (StatusCode::OK, answer.to_string())
    });
    let rows = get(move |headers: HeaderMap, Query(asked): Query<HashMap<String, String>>| async move {
        let living = format!("Bearer canary-access-{}", of_data.lock().expect("what was sent").len() + 1);
        if headers.get("authorization").and_then(|value| value.to_str().ok()) != Some(&living) {
            return (StatusCode::UNAUTHORIZED, "{}".to_owned());
        }
        let row =
            json!({"list": "news", "day": asked["from"], "campaign": "c", "sent": 1, "opens": 1, "subscribers": 1});
        (StatusCode::OK, json!({ "mailings": [row] }).to_string())
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let routes = Router::new().route("/token", token).route("/mailings", rows);
    tokio::spawn(async move { axum::serve(listener, routes).await.expect("served") });
    (base, sent)
}

fn connect(root: &Path, base: &str) {
    install(root, base);
    let file = "config/connectors/mailer/connector.toml";
    let connector = fs::read_to_string(root.join(file)).expect("a connector");
    write(root, file, &connector.replace("\n[auth]\nkind = \"none\"\n", AUTH));
    let file = "config/workspaces/acme.toml";
    let workspace = fs::read_to_string(root.join(file)).expect("a workspace");
    write(root, file, &format!("{workspace}secrets = {{ refresh_token = {{ file = \"secrets/mailer\" }} }}\n"));
    write(root, "config/secrets/mailer", "canary-refresh-1");
}

/// Files below a folder that hold a token.
fn holders(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holders(&path));
        } else if fs::read(&path).is_ok_and(|bytes| bytes.windows(7).any(|part| part == b"canary-")) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn each_process_goes_on_with_the_newest_token_which_lies_in_its_own_file_alone() {
    let (base, sent) = vendor().await;
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    connect(root, &base);
    for arguments in [&["sync"][..], &["sync"], &["check", "--online"], &["sync"]] {
        let done = command(root).args(arguments).env("RUST_LOG", "trace").output().expect("daybook runs");
        assert!(done.status.success(), "{arguments:?}: {}", said(&done));
        assert!(!said(&done).contains("canary-"), "{}", said(&done));
    }
    let expected: Vec<String> = (1..=4).map(|n| format!("canary-refresh-{n}")).collect();
    assert_eq!(*sent.lock().expect("what was sent"), expected);

    let told = said(&daybook(root, &["doctor"])).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("refresh tokens: 1 that changed are kept in"), "{told}");
    assert!(told.contains("renewed last: acme/mailer at"), "{told}");
    assert!(daybook(root, &["backup"]).status.success());
    let kept = files(&root.join("tokens"), "json");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((kept.len(), mode(Path::new(&kept[0])), mode(&root.join("tokens"))), (1, 0o600, 0o700));
    let mut holders = holders(root);
    holders.retain(|path| !path.ends_with("config/secrets/mailer"));
    assert_eq!(holders, kept, "no other file and no backup holds a token");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_connected_again_leaves_a_file_that_doctor_names() {
    let (base, _) = vendor().await;
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    connect(root, &base);
    assert!(daybook(root, &["sync"]).status.success());
    write(root, "config/secrets/mailer", "canary-refresh-2");
    let done = daybook(root, &["sync"]);
    assert!(done.status.success(), "the new one counts at once: {}", said(&done));
    let told = said(&daybook(root, &["doctor"])).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("no connection uses") && told.contains("-> rm"), "{told}");
    assert_eq!(files(&root.join("tokens"), "json").len(), 2);
}
