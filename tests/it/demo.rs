//! `daybook demo --serve`: vendors that stay up, well or in trouble, and what Daybook reports of them.

use crate::maintenance_faults::{copy_folder, daybook, said};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// A demo that was built while Google Ads was late.
static BUILT: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let mut serving = Serving::start(folder.path(), &["--days", "60", "--late", "google_ads"]);
    assert!(serving.told.contains("days of history"), "{}", serving.told);
    assert_eq!(serving.stop(), Some(0), "{}", serving.told);
    folder
});

/// A copy of it, to be changed.
fn built() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    copy_folder(BUILT.path(), folder.path());
    folder
}

fn demo(folder: &Path, flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_daybook"));
    command.args(["demo", "--serve", "--dir"]).arg(folder).args(flags).env_remove("RUST_LOG");
    command
}

/// Vendors that are up; killed when dropped.
struct Serving {
    child: Child,
    /// What was printed before they were up.
    told: String,
}

impl Serving {
    fn start(folder: &Path, flags: &[&str]) -> Self {
        let mut child = demo(folder, flags).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
        let mut told = String::new();
        for line in lines.by_ref().map_while(Result::ok) {
            told += &format!("{line}\n");
            if line.contains("do all of it on schedule") {
                break;
            }
        }
        // What comes later must find a reader.
        std::thread::spawn(move || lines.count());
        Self { child, told }
    }

    /// Asks it to stop; the exit code.
    fn stop(&mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "it does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Exit code and words, with single blanks.
fn told(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), said(output).split_whitespace().collect::<Vec<_>>().join(" "))
}

/// When a source of the first company last answered.
fn last_success(folder: &Path, connection: &str) -> String {
    let status: serde_json::Value =
        serde_json::from_slice(&daybook(folder, &["--json", "status"]).stdout).expect("JSON");
    let sources = status["workspaces"][0]["sources"].as_array().expect("sources").iter();
    let mut own = sources.filter(|source| source["connection"] == connection);
    own.next().expect("the source")["last_success_at"].to_string()
}

#[test]
fn a_source_that_the_demo_does_not_have_is_refused_with_those_it_has() {
    let folder = tempfile::tempdir().expect("a folder");
    for flag in ["--wrong-token", "--late", "--broken"] {
        let (code, told) = told(&demo(folder.path(), &[flag, "facebook"]).output().expect("the binary"));
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("google_ads, google_analytics, hubspot,"), "{told}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing is begun");
}

#[test]
fn days_that_a_late_source_does_not_have_yet_are_reported_and_come_with_the_next_sync() {
    let folder = built();
    let status = |folder: &Path| told(&daybook(folder, &["status"])).1;
    let late = status(folder.path());
    assert!(late.contains("is doubted: nothing came of it, and each of the 7 days before has"), "{late}");
    let (code, report) = told(&daybook(folder.path(), &["report", "--dry-run", "-w", "northwind_shop"]));
    assert_eq!(code, Some(0), "{report}");
    assert!(report.contains("note: Google Ads: cost by campaign: 2220000001"), "{report}");

    let mut serving = Serving::start(folder.path(), &[]);
    assert!(serving.told.contains("google_ads        is well"), "{}", serving.told);
    assert!(!serving.told.contains("days of history"), "it is not made again: {}", serving.told);
    let (code, synced) = told(&daybook(folder.path(), &["sync", "-c", "google_ads"]));
    assert_eq!(code, Some(0), "{synced}");
    assert!(!status(folder.path()).contains("is doubted"), "{}", status(folder.path()));
    assert_eq!(serving.stop(), Some(0));
    let (code, told) = told(&daybook(folder.path(), &["sync", "-c", "google_ads"]));
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("refuses connections"), "{told}");
}

#[test]
fn a_refused_credential_and_a_broken_source_are_reported_and_the_others_go_on() {
    let folder = built();
    // Asked twice, for the waits between attempts are real ones.
    let catalog = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/connectors/catalog/stripe");
    let own = folder.path().join("config/connectors/stripe");
    copy_folder(&catalog, &own);
    let spec = std::fs::read_to_string(own.join("connector.toml")).expect("read");
    std::fs::write(own.join("connector.toml"), spec.replace("[limits]\n", "[limits]\nattempts = 2\n"))
        .expect("written");
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port().to_string();
    let flags =
        ["--port", port.as_str(), "--wrong-token", "hubspot", "--wrong-token", "google_ads", "--broken", "stripe"];
    let mut serving = Serving::start(folder.path(), &flags);
    assert!(serving.told.contains(&format!("http://127.0.0.1:{port}")), "{}", serving.told);
    let own_lines = serving.told.lines().filter(|line| !line.contains("export "));
    assert!(own_lines.clone().all(|line| line.chars().count() <= 80), "{}", serving.told);

    let before = last_success(folder.path(), "google_ads");
    let (code, synced) = told(&daybook(folder.path(), &["sync"]));
    assert_eq!(code, Some(3), "{synced}");
    // One of its streams was not due, which is no success.
    assert_eq!(last_success(folder.path(), "google_ads"), before);
    for words in [
        "HubSpot does not accept the token: make a new service key",
        "google_ads account_daily 2220000001",
        "connect the account again",
        "customerhappy stripe charges",
        "(2 attempts); the next run tries again",
    ] {
        assert!(synced.contains(words), "{words} in {synced}");
    }
    for workspace in ["customerhappy", "northwind_shop"] {
        assert!(!synced.contains(&format!("failed: {workspace} google_analytics")), "{synced}");
    }
    let status = told(&daybook(folder.path(), &["status"])).1;
    let state = |source: &str| {
        let line = status.split(&format!(" {source} ")).nth(1).unwrap_or_default();
        ["needs you", "failing", "limited", "fine", "doubted"]
            .into_iter()
            .min_by_key(|word| line.find(word).unwrap_or(usize::MAX))
    };
    let states = ["hubspot", "google_ads", "stripe"].map(state);
    assert_eq!(states, [Some("needs you"), Some("needs you"), Some("failing")], "{status}");
    let (code, tried) = told(&daybook(folder.path(), &["check", "--online"]));
    assert_eq!(code, Some(3), "{tried}");
    assert!(tried.contains("CREDENTIAL REFUSED customerhappy/hubspot"), "{tried}");
    assert!(tried.contains("the trouble is at the vendor's: ask again later"), "{tried}");

    // The folder's vendors are up already.
    let second = demo(folder.path(), &[]).output().expect("the binary");
    assert_eq!(second.status.code(), Some(1));
    assert!(said(&second).contains("another `daybook demo` has the folder"), "{}", said(&second));
    assert_eq!(serving.stop(), Some(0));
}

#[test]
fn a_port_that_is_taken_is_reported_with_the_way_out_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let (code, told) = told(&demo(folder.path(), &["--port", &port]).output().expect("the binary"));
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains(&format!("port {port} of this machine is taken")) && told.contains("--port"), "{told}");
    assert!(!folder.path().join("config").exists(), "nothing is begun");
}
