//! A vendor that repeats all it was sent, in every spelling: no secret reaches the log, the status, the database
//! or a file.

use crate::data_folder::DataFolder;
use crate::init::init;
use crate::maintenance_faults::{command, daybook, said};
use crate::support::texts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use daybook::support::spelling::{Outcome, Words};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const KEY: &str = "k/9+z= \"Q\"\\ü<&>'%";
const HEADER_KEY: &str = "plain/key+with=signs";
const CLIENT_SECRET: &str = "client/secret+\"x\"";
const REFRESH: &str = "1//refresh+token=é";
const FETCHED: &str = "fetched/access+token==";
const PERSON_KEY: &str = "pseudonyms/key+1";

/// A server that gives tokens, and refuses all else with what it was sent.
fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let count = Arc::new(AtomicUsize::new(0));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let count = count.clone();
            std::thread::spawn(move || answer(stream, &count));
        }
    });
    port
}

fn answer(mut stream: TcpStream, count: &AtomicUsize) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
        head.push_str(&line);
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8_lossy(&body).into_owned();
    let (status, text) = if head.starts_with("POST /token") {
        let token = serde_json::json!({ "access_token": FETCHED, "expires_in": 3600, "token_type": "Bearer" });
        ("200 OK", token.to_string())
    } else {
        // Messages are cut, so what matters comes first.
        let line =
            |name: &str| head.lines().find(|line| line.to_lowercase().starts_with(name)).unwrap_or_default().to_owned();
        let query = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
        let key = query.split("key=").nth(1).unwrap_or_default();
        let sent = format!("{} {} {key} {body}", line("authorization"), line("x-key"));
        let decoded: String = percent(&sent.replace('+', " "));
        let as_json = |text: &str| serde_json::to_string(text).expect("JSON");
        let told = match count.fetch_add(1, Ordering::SeqCst) % 7 {
            0 => sent,
            1 => decoded,
            2 => as_json(&decoded),
            3 => format!("{decoded:?}"),
            4 => STANDARD.encode(&decoded),
            5 => decoded.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;"),
            _ => as_json(&as_json(&decoded)).replace('/', "\\/"),
        };
        let error = serde_json::json!({ "error": { "message": told, "code": 400 }, "error_description": told });
        ("400 Bad Request", error.to_string())
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\nSet-Cookie: sid=1\r\n\r\n{text}",
        text.len()
    )
    .ok()
}

fn percent(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A copy of Stripe's connector that proves itself in another way.
fn connector(root: &Path, name: &str, auth: &str) {
    let own = root.join("config/connectors").join(name);
    std::fs::create_dir_all(&own).expect("a folder");
    let stripe = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/connectors/catalog/stripe");
    for file in std::fs::read_dir(stripe).expect("a connector").flatten() {
        let text = std::fs::read_to_string(file.path()).expect("read");
        let text = text.replace("name = \"stripe\"", &format!("name = \"{name}\""));
        let text = text.replace("kind = \"bearer\"\ntoken = \"{{ secrets.api_key }}\"", auth);
        std::fs::write(own.join(file.file_name()), text).expect("written");
    }
}

fn installed(port: u16) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let base = format!("http://127.0.0.1:{port}");
    let settings = [
        format!("google_ads.base_url={base}/ads"),
        format!("google_ads.token_url={base}/token"),
        "google_ads.customer_ids=1234567890".to_owned(),
        "google_ads.time_zone=UTC".to_owned(),
    ];
    let mut flags = vec!["--yes", "--workspace", "acme", "--connector", "google_ads"];
    settings.iter().for_each(|setting| flags.extend(["--setting", setting]));
    let done = init(folder.path(), &flags, None);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).expect("written");
    for (name, value) in [
        ("developer_token", HEADER_KEY),
        ("client_id", "client"),
        ("client_secret", CLIENT_SECRET),
        ("refresh_token", REFRESH),
    ] {
        write(&format!("config/secrets/acme_google_ads_{name}"), value);
    }
    write("config/secrets/key", KEY);
    write("config/secrets/header_key", HEADER_KEY);
    connector(folder.path(), "by_query", "kind = \"api_key\"\nquery = \"key\"\nvalue = \"{{ secrets.api_key }}\"");
    connector(folder.path(), "by_header", "kind = \"api_key\"\nheader = \"X-Key\"\nvalue = \"{{ secrets.api_key }}\"");
    connector(folder.path(), "by_bearer", "kind = \"bearer\"\ntoken = \"{{ secrets.api_key }}\"");
    let mut workspace = std::fs::read_to_string(folder.path().join("config/workspaces/acme.toml")).expect("read");
    for (name, file) in [("by_query", "key"), ("by_header", "header_key"), ("by_bearer", "header_key")] {
        workspace.push_str(&format!(
            "\n[[connections]]\nid = \"{name}\"\nconnector = \"{name}\"\nsince = 2026-11-01\nsettings = {{ base_url = \"{base}\" }}\nsecrets = {{ api_key = {{ file = \"secrets/{file}\" }} }}\n"
        ));
    }
    write("config/workspaces/acme.toml", &workspace);
    folder
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        match entry.file_type().expect("a kind").is_dir() {
            true => files(&entry.path(), found),
            false => found.push(entry.path()),
        }
    }
}

#[test]
fn no_secret_is_shown_by_a_log_at_trace_a_status_a_table_or_a_file_whatever_the_vendor_repeats() {
    let folder = installed(echo());
    let root = folder.path();
    let mut told = String::new();
    for _ in 0..7 {
        let done = command(root)
            .args(["sync"])
            .env("RUST_LOG", "trace")
            .env("DAYBOOK_PERSON_KEY", PERSON_KEY)
            .output()
            .expect("daybook runs");
        told.push_str(&said(&done));
        assert_eq!(done.status.code(), Some(3), "each stream is refused");
    }
    for arguments in [&["status"][..], &["status", "--json"], &["runs"], &["doctor"]] {
        told.push_str(&said(&daybook(root, arguments)));
    }
    assert!(told.contains("***") && told.contains("TRACE"), "something was to be hidden");
    let secrets = [KEY, HEADER_KEY, CLIENT_SECRET, REFRESH, FETCHED, PERSON_KEY];
    let words = Words::new(&secrets).expect("words");
    let is_told = |text: &str| words.are_in_text(text) || secrets.iter().any(|secret| text.contains(secret));
    for line in told.lines() {
        assert!(!is_told(line), "{line}");
    }
    // What the whole of a line may hide: the tail of a key is one as well.
    for part in
        ["%22Q%22%5C", "\\\"Q\\\"", "&quot;Q&quot;", "refresh%2Btoken", "access+token", "access%2Btoken", "key+with"]
    {
        assert!(!told.contains(part), "{part}");
    }

    let data = std::fs::read_dir(root).expect("a folder").flatten().map(|entry| entry.path().join("daybook.duckdb"));
    let database = data.into_iter().find(|path| path.exists()).unwrap_or_else(|| root.join("daybook.duckdb"));
    let data = database.parent().expect("a folder").to_owned();
    let installation = DataFolder::open(&data);
    let columns = texts(
        &installation.warehouse,
        "SELECT schema_name || '.' || table_name || ' ' || column_name FROM duckdb_columns()
         WHERE database_name = current_database() AND schema_name = 'ops' AND data_type LIKE 'VARCHAR%'",
    );
    let mut seen = 0;
    for column in columns {
        let (table, name) = column.split_once(' ').expect("two words");
        for text in
            texts(&installation.warehouse, &format!("SELECT DISTINCT coalesce({name}::VARCHAR, '') FROM {table}"))
        {
            seen += usize::from(text.contains("***"));
            assert!(!is_told(&text), "{column}: {text}");
        }
    }
    assert!(seen > 2, "errors are stored, without the secrets: {seen}");
    let mut all = Vec::new();
    files(root, &mut all);
    all.retain(|file| !file.to_string_lossy().contains("duckdb") && !file.to_string_lossy().contains("config/"));
    for file in all {
        assert!(words.look_in_file(&file).expect("read") == Outcome::Absent, "{}", file.display());
    }
}
