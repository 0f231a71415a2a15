//! The daemon as an admin meets it: asked over its socket and its page, edited under way, stopped.

use crate::maintenance_faults::{command, daybook, installation, said};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// A daemon over a copy of the shipped configuration; killed when dropped.
struct Daemon {
    root: tempfile::TempDir,
    child: Child,
    port: u16,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Daemon {
    fn start() -> Self {
        let root = installation();
        // Free a moment ago: the page is to listen there.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        fs::write(root.path().join("config/admin_token"), "let me in").expect("written");
        let file = root.path().join("config/daybook.toml");
        let admin = format!("\n[admin]\nlisten = \"127.0.0.1:{port}\"\ntoken = {{ file = \"admin_token\" }}\n");
        let text = fs::read_to_string(&file).expect("read") + &admin;
        fs::write(&file, text).expect("written");
        let child = command(root.path()).arg("serve").stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let daemon = Self { root, child: child.expect("daybook runs"), port };
        daemon.wait();
        daemon
    }

    /// Ends it as a crash does and starts it again in the same folder.
    fn restart(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        let child = command(self.root.path()).arg("serve").stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        self.child = child.expect("daybook runs");
        self.wait();
    }

    fn wait(&self) {
        let begun = Instant::now();
        while self.get("/readyz").is_none_or(|(status, _)| status != 200) {
            assert!(begun.elapsed() < Duration::from_secs(30), "it does not get ready");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn root(&self) -> &Path {
        self.root.path()
    }

    fn get(&self, path: &str) -> Option<(u16, String)> {
        self.ask("GET", path, "localhost", None)
    }

    /// Status and body; `None` if nobody answers.
    fn ask(&self, method: &str, path: &str, host: &str, token: Option<&str>) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        let token = token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{token}Content-Length: 0\r\nConnection: close\r\n\r\n"
        )
        .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        Some((status, answer.split_once("\r\n\r\n")?.1.to_owned()))
    }

    /// Replaces a text in a file of the configuration; what stood there.
    fn edit(&self, file: &str, old: &str, new: &str) -> String {
        let path = self.root().join(file);
        let before = fs::read_to_string(&path).expect("read");
        assert!(before.contains(old), "{file} does not hold {old:?}");
        fs::write(&path, before.replacen(old, new, 1)).expect("written");
        before
    }
}

#[test]
fn commands_and_the_page_answer_for_the_daemon_and_guard_its_triggers() {
    let mut daemon = Daemon::start();
    let told = said(&daybook(daemon.root(), &["status"]));
    assert!(told.contains("the daemon runs") && told.contains("Example Shop"), "{told}");
    assert!(told.contains("never synced") && told.lines().all(|line| line.chars().count() <= 100), "{told}");
    let json: serde_json::Value =
        serde_json::from_slice(&daybook(daemon.root(), &["--json", "status"]).stdout).expect("JSON");
    assert!(json["daemon"]["beats"].as_u64().is_some_and(|beats| beats > 0), "{json}");

    let held = daybook(daemon.root(), &["serve"]);
    assert_eq!(held.status.code(), Some(1));
    let expected = format!("is in use by `daybook serve` (process {}", daemon.child.id());
    assert!(said(&held).contains(&expected), "{}", said(&held));

    assert_eq!(daemon.get("/healthz").expect("an answer").0, 200);
    let (_, metrics) = daemon.get("/metrics").expect("an answer");
    for line in ["daybook_heartbeat_age_seconds", "daybook_configuration_in_use 1", "daybook_source_healthy", "# EOF"] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    assert!(daemon.get("/status").expect("an answer").1.contains("never synced"));
    assert_eq!(daemon.ask("GET", "/status", "evil.example", None).expect("an answer").0, 421);
    assert_eq!(daemon.ask("POST", "/jobs/rollup_nightly/run", "localhost", None).expect("an answer").0, 401);
    assert_eq!(daemon.ask("POST", "/jobs/nope/run", "localhost", Some("let me in")).expect("an answer").0, 404);
    let (status, slots) =
        daemon.ask("POST", "/jobs/rollup_nightly/run", "localhost", Some("let me in")).expect("an answer");
    assert_eq!(status, 200, "{slots}");
    assert!(slots.contains("rollup_nightly example"), "{slots}");
    let begun = Instant::now();
    while !said(&daybook(daemon.root(), &["runs"])).contains("succeeded") {
        assert!(begun.elapsed() < Duration::from_secs(30), "{}", said(&daybook(daemon.root(), &["runs"])));
        std::thread::sleep(Duration::from_millis(200));
    }

    let pid = daemon.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
    let begun = Instant::now();
    while daemon.child.try_wait().expect("a child").is_none() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it does not stop");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(!daemon.root().join("daybook.sock").exists());
    assert!(said(&daybook(daemon.root(), &["status"])).contains("no daemon runs here"));
}

#[test]
fn thirty_mistakes_edited_under_a_running_daemon_are_reported_and_never_stop_it() {
    let daemon = Daemon::start();
    let (example, settings) = ("config/workspaces/example.toml", "config/daybook.toml");
    let (sync, report) = ("jobs/sync_hourly.toml", "jobs/report_daily.toml");
    let mistakes = [
        (settings, "[warehouse]", "[warehuose]"),
        (settings, "[landing]", "[landing]\nkeep_days = \"long\""),
        (settings, "kind = \"folder\"", "kind = \"fodler\""),
        (settings, "person_key = { env", "person_key = { evn"),
        (settings, "[schedule]", "[schedule]\nruns_at_once = 0"),
        (settings, "[log]", "[log"),
        (settings, "\nlisten = \"127.0.0.1:", "\nlisten = \"0.0.0.0:"),
        (settings, "from = \"Daybook <daybook@example.com>\"", "from = \"Daybook\""),
        (settings, "[privacy]", "data_dri = \"x\"\n[privacy]"),
        (example, "Europe/Berlin", "Europe/Berln"),
        (example, "\"EUR\"", "\"Euro\""),
        (example, "\"monday\"", "\"mondey\""),
        (example, "gross_margin = \"0.62\"", "gross_margin = 0.62"),
        (example, "since = 2026-01-01", "since = \"soon\""),
        (example, "id = \"google_ads\"", "id = \"web\""),
        (example, "preset = \"fx\"", "preset = \"fxx\""),
        (example, "[\"slack:marketing\"]", "[\"slack:marketnig\"]"),
        (example, "[\"slack:marketing\"]", "[\"slak:marketing\"]"),
        (example, "channel = \"paid_search\"", "channel = \"paid_serach\""),
        (example, "amount = \"12000.00\"", "amount = 12000.00"),
        (example, "metric = \"leads\"", "metric = \"leeds\""),
        (example, "marketing@example.com", "marketing.example.com"),
        (example, "month = \"2026-11\"", "month = \"11/2026\""),
        (sync, "kind = \"sync\"", "kind = \"snyc\""),
        (sync, "cron = \"5 * * * *\"", "cron = \"5 * * *\""),
        (sync, "time_zone = \"UTC\"", "time_zone = \"UTCC\""),
        (sync, "jitter_secs = 120", "jitter_secs = -1"),
        (sync, "overlap = \"skip\"", "overlap = \"skpi\""),
        (sync, "attempts = 4", "attempts = \"four\""),
        (report, "late = \"hold\"", "late = \"hodl\""),
        (report, "formats = [", "formats = [\"doc\", "),
        ("config/channels.toml", "[labels]", "[lables]"),
        ("jobs/metrics.toml", "\n[", "\n[[["),
    ];
    assert!(mistakes.len() >= 30);
    for (file, old, new) in mistakes {
        let before = daemon.edit(file, old, new);
        let reloaded = daybook(daemon.root(), &["reload"]);
        let told = said(&reloaded);
        assert_eq!(reloaded.status.code(), Some(2), "{file} {new:?}: {told}");
        assert!(told.contains(&format!("{file}:")), "{file} {new:?} names no line: {told}");
        assert!(told.contains("→"), "{file} {new:?} names no remedy: {told}");
        assert_eq!(daemon.get("/readyz").expect("an answer").0, 200, "{file} {new:?}");
        fs::write(daemon.root().join(file), before).expect("mended");
    }
    assert!(said(&daybook(daemon.root(), &["status"])).contains("the last good one is in use"));
    assert!(daemon.get("/metrics").expect("an answer").1.contains("daybook_configuration_in_use 0"));

    // A good edit: shown beforehand, then taken by the signal.
    daemon.edit(sync, "cron = \"5 * * * *\"", "cron = \"35 * * * *\"");
    let told = said(&daybook(daemon.root(), &["diff"]));
    assert!(told.contains("the job sync_hourly runs at") && told.contains(":35"), "{told}");
    let pid = daemon.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-HUP", &pid]).status().expect("kill").success());
    let begun = Instant::now();
    while !said(&daybook(daemon.root(), &["diff"])).contains("nothing differs") {
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", said(&daybook(daemon.root(), &["diff"])));
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(daemon.get("/metrics").expect("an answer").1.contains("daybook_configuration_in_use 1"));
}

// go-gitea/gitea#31199: a template of an earlier release could not be used after an upgrade.
// asciidoctor/asciidoctor-pdf#1149: a colour of a theme in another form was silently dropped.
#[test]
fn a_theme_or_template_that_cannot_be_used_is_refused_by_a_reload_and_shown_in_the_status() {
    let mut daemon = Daemon::start();
    let folder = daemon.root().join("report-templates");
    fs::create_dir_all(&folder).expect("a folder");
    let status = || said(&daybook(daemon.root(), &["status"]));
    assert!(!status().contains("report-templates"), "{}", status());
    let theme = "accent = \"#c18\"\naccent_dark = \"#5bb3e6\"\nlogo_text = \"Acme\"\n";
    fs::write(folder.join("theme.toml"), theme).expect("written");
    let told = said(&daybook(daemon.root(), &["reload"]));
    assert!(told.contains("report-templates/theme.toml:1") && told.contains("six hexadecimal digits"), "{told}");
    assert!(status().contains("the last good one is in use"), "{}", status());
    fs::write(folder.join("theme.toml"), theme.replace("#c18", "#C2185B")).expect("mended");
    let told = said(&daybook(daemon.root(), &["reload"]));
    assert!(told.contains("templates and secrets were read again"), "{told}");

    // After a start with what cannot be used, the status says what is done without.
    fs::write(folder.join("theme.toml"), theme).expect("written");
    daemon.restart();
    let told = said(&daybook(daemon.root(), &["status"]));
    assert!(told.contains("cannot be used; all else goes on without"), "{told}");
    assert!(told.contains("report-templates/theme.toml:1"), "{told}");
    assert!(told.contains("EXAMPLE_ADS_CLIENT_ID is not set"), "{told}");
    let status: serde_json::Value =
        serde_json::from_slice(&daybook(daemon.root(), &["status", "--json"]).stdout).expect("JSON");
    assert!(status["configuration"]["lacks"].as_array().is_some_and(|lacks| lacks.len() >= 2), "{status}");
}
