//! `daybook add`: an installation that grows by commands, and stays as it was where one is refused.

use crate::init::init;
use crate::maintenance_faults::{daybook, said};
use std::path::Path;

fn begun() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let flags = ["--yes", "--workspace", "acme", "--time-zone", "Europe/Berlin", "--to", "cmo@example.com"];
    assert_eq!(init(folder.path(), &flags, None).status.code(), Some(0));
    folder
}

fn read(dir: &Path, file: &str) -> String {
    std::fs::read_to_string(dir.join(file)).expect(file)
}

#[test]
fn each_addition_is_shown_written_and_found_well() {
    let folder = begun();
    let dir = folder.path();
    let acme = "config/workspaces/acme.toml";
    let before = read(dir, acme);

    let stripe = said(&daybook(dir, &["add", "connection", "stripe", "--yes"]));
    assert!(stripe.contains("+id = \"stripe\"") && stripe.contains("config/secrets/acme_stripe_api_key"), "{stripe}");
    let ads = said(&daybook(
        dir,
        &["add", "connection", "google_ads", "--setting", "customer_ids=1234567890", "--since", "2026-01-01", "--yes"],
    ));
    assert!(ads.contains("+customer_ids = [\"1234567890\"]") && ads.contains("+since = 2026-01-01"), "{ads}");
    let files = said(&daybook(dir, &["add", "connection", "file", "--preset", "budgets", "--yes"]));
    assert!(files.contains("written: config/workspaces/acme.toml"), "{files}");
    assert!(dir.join("drops/acme/budgets_files").is_dir());

    let reader =
        ["add", "reader", "ceo@example.com", "--group", "executives", "--attach", "pdf", "--language", "de", "--yes"];
    let reader = said(&daybook(dir, &reader));
    assert!(
        reader.contains("+mail = [\"ceo@example.com\"]") && reader.contains("[readers.\"ceo@example.com\"]"),
        "{reader}"
    );

    let report = [
        "add",
        "report",
        "report_board",
        "--report",
        "weekly_performance",
        "--to",
        "executives",
        "--at",
        "07:30",
        "--yes",
    ];
    let report = said(&daybook(dir, &report));
    assert!(report.contains("+cron = \"30 7 * * 1\""), "{report}");
    // The standard edition is issued once, by the job that is there: this one needs a name of its own.
    assert!(report.contains("+[[editions]]") && report.contains("+id = \"board\""), "{report}");

    // Every line that was there is still there, in its order.
    let after = read(dir, acme);
    let mut rest = after.lines();
    // The list that got an address is the one line that changed.
    let kept = before.lines().filter(|old| *old != "mail = []");
    let lost: Vec<&str> = kept.filter(|old| !rest.any(|new| new == *old)).collect();
    assert_eq!(lost, Vec::<&str>::new());
    let settings = daybook::config::load(dir).unwrap_or_else(|problems| panic!("{problems:?}"));
    let workspace = settings.workspace("acme").expect("acme");
    assert_eq!(workspace.connections.iter().map(|own| own.id.as_str()).collect::<Vec<_>>(), ["stripe", "google_ads"]);
    assert_eq!(workspace.recipients["executives"].mail, ["ceo@example.com"]);
    assert!(settings.jobs.iter().any(|job| job.id == "report_board"));
    let checked = daybook(dir, &["check", "--without-secrets", "--strict"]);
    assert_eq!(checked.status.code(), Some(0), "{}", said(&checked));
    assert!(said(&checked).starts_with("OK: 1 workspace, 3 connections, 7 jobs"), "{}", said(&checked));
}

#[test]
fn what_no_flag_says_is_asked_for_and_no_writes_nothing() {
    let folder = begun();
    let dir = folder.path();
    let ask = |arguments: &[&str], answers: &str| {
        use std::io::Write;
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_daybook"));
        command.arg("-C").arg(dir).arg("add").args(arguments).arg("--ask");
        let piped = std::process::Stdio::piped;
        let mut child = command.stdin(piped()).stdout(piped()).stderr(piped()).spawn().expect("daybook runs");
        child.stdin.take().expect("an input").write_all(answers.as_bytes()).expect("written");
        said(&child.wait_with_output().expect("ended"))
    };
    // The only workspace is not asked for; a group is asked for again until it is one.
    let told = ask(&["reader"], "crm@example.com\nmarketng\nmarketing\nno\n");
    assert!(told.contains("did you mean \"marketing\"?") && told.contains("nothing was written"), "{told}");
    assert!(!read(dir, "config/workspaces/acme.toml").contains("crm@example.com"));
    let told = ask(&["reader"], "crm@example.com\nmarketing\nyes\n");
    assert!(told.contains("written: config/workspaces/acme.toml"), "{told}");
    assert!(read(dir, "config/workspaces/acme.toml").contains("mail = [\"cmo@example.com\", \"crm@example.com\"]"));
}

#[test]
fn a_second_currency_brings_exchange_rates_to_all() {
    let folder = begun();
    let dir = folder.path();
    daybook(dir, &["add", "connection", "stripe", "--yes"]);
    let flags = [
        "add",
        "workspace",
        "acme_uk",
        "--currency",
        "GBP",
        "--time-zone",
        "Europe/London",
        "--connector",
        "stripe",
        "--yes",
    ];
    let added = said(&daybook(dir, &flags));
    assert_eq!(added.matches("+connector = \"ecb\"").count(), 2, "{added}");
    let settings = daybook::config::load(dir).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert!(settings.workspaces.iter().all(|own| own.connections.iter().any(|own| own.id == "exchange_rates")));
    // The second workspace is what init writes, but for its own answers.
    let other = tempfile::tempdir().expect("a folder");
    let flags =
        ["--yes", "-w", "acme_uk", "--currency", "GBP", "--time-zone", "Europe/London", "--connector", "stripe"];
    init(other.path(), &flags, None);
    let own = read(dir, "config/workspaces/acme_uk.toml");
    assert!(own.starts_with(&read(other.path(), "config/workspaces/acme_uk.toml")), "{own}");
}

#[test]
fn what_check_would_refuse_is_refused_and_the_files_stay() {
    let folder = begun();
    let dir = folder.path();
    daybook(dir, &["add", "connection", "stripe", "--yes"]);
    daybook(dir, &["add", "connection", "google_ads", "--setting", "customer_ids=1234567890", "--yes"]);
    let acme = read(dir, "config/workspaces/acme.toml");
    for (arguments, words) in [
        (&["connection", "stripe", "--yes"][..], "is taken since line"),
        (
            &["connection", "google_ads", "--id", "other", "--setting", "customer_ids=1234567890", "--yes"],
            "it would count twice",
        ),
        (&["connection", "google_ads", "--setting", "customer_ids=123-456-7890", "--yes"], "ten digits without dashes"),
        (&["connection", "google_analytics", "--setting", "property_ids=properties/1", "--yes"], "digits only"),
        (&["connection", "google_analytics", "--setting", "foo=1", "--yes"], "has no setting \"foo\""),
        (&["connection", "strip", "--yes"], "did you mean \"stripe\"?"),
        (&["connection", "file", "--preset", "budget", "--yes"], "did you mean \"budgets\"?"),
        (&["reader", "cmo@example.com", "--group", "marketing", "--yes"], "already"),
        (&["reader", "a@example.com", "--group", "executive", "--yes"], "did you mean \"executives\"?"),
        (&["reader", "nobody", "--group", "marketing", "--yes"], "is no address"),
        (&["reader", "a@example.com", "--group", "marketing", "--language", "dk", "--yes"], "unknown choice \"dk\""),
        (&["report", "report_daily", "--report", "daily_performance", "--yes"], "already exists"),
        (&["report", "x", "--report", "daily", "--yes"], "there is no report \"daily\""),
        (&["report", "x", "--report", "daily_performance", "--to", "sales", "--yes"], "there is no group \"sales\""),
        (&["workspace", "acme", "--yes"], "already exists"),
        (&["workspace", "uk", "--time-zone", "Europe/Londn", "--yes"], "did you mean \"Europe/London\"?"),
    ] {
        let done = daybook(dir, &[&["add"], arguments].concat());
        assert_eq!(done.status.code(), Some(2), "{arguments:?}: {}", said(&done));
        assert!(
            said(&done).split_whitespace().collect::<Vec<_>>().join(" ").contains(words),
            "{arguments:?}: {}",
            said(&done)
        );
        assert_eq!(read(dir, "config/workspaces/acme.toml"), acme, "{arguments:?}");
    }
    let dry = daybook(dir, &["add", "reader", "a@example.com", "--group", "marketing", "--dry-run"]);
    assert!(said(&dry).contains("nothing was written"), "{}", said(&dry));
    assert_eq!(read(dir, "config/workspaces/acme.toml"), acme);
}
