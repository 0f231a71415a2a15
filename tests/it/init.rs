//! `daybook init`: an installation by flags alone, and by answers that a script gives.

use crate::maintenance_faults::{daybook, said};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const FLAGS: [&str; 24] = [
    "--yes",
    "--workspace",
    "acme",
    "--name",
    "Acme \"South\" GmbH",
    "--time-zone",
    "Europe/Berlin",
    "--currency",
    "chf",
    "--week-start",
    "sunday",
    "--connector",
    "stripe",
    "--connector",
    "google_ads",
    "--setting",
    "google_ads.customer_ids=1234567890,1234567891",
    "--drop",
    "fx",
    "--to",
    "cmo@example.com",
    "--smtp",
    "smtp.example.com:587",
    "--slack",
];

pub fn init(dir: &Path, flags: &[&str], answers: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_daybook"));
    command.arg("init").arg("--dir").arg(dir).args(flags).env("TZ", "America/Lima").env("COLUMNS", "80");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("daybook runs");
    child.stdin.take().expect("an input").write_all(answers.unwrap_or_default().as_bytes()).expect("written");
    child.wait_with_output().expect("ended")
}

fn read(dir: &Path, file: &str) -> String {
    std::fs::read_to_string(dir.join(file)).expect(file)
}

/// Lines without the paths of this machine, which are as long as they are.
fn widest(told: &str, dir: &Path) -> usize {
    told.replace(&dir.display().to_string(), "dir").lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

#[test]
fn flags_alone_start_an_installation_that_check_finds_well() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("new");
    let done = init(&dir, &FLAGS, None);
    let told = said(&done);
    assert_eq!(done.status.code(), Some(0), "{told}");
    assert!(told.contains("OK: 1 workspace, 3 connections, 6 jobs"), "{told}");
    assert!(widest(&told, &dir) <= 80, "{told}");

    let settings = daybook::config::load(&dir).unwrap_or_else(|problems| panic!("{problems:?}"));
    let acme = settings.workspace("acme").expect("the workspace");
    assert_eq!(acme.workspace.name, "Acme \"South\" GmbH");
    assert_eq!((acme.workspace.time_zone.name(), acme.workspace.currency.code()), ("Europe/Berlin", "CHF"));
    assert_eq!(acme.recipients["marketing"].mail, ["cmo@example.com"]);
    assert_eq!(
        acme.recipients["marketing"].channels.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["slack:marketing"]
    );
    assert!(read(&dir, "config/daybook.toml").contains("security = \"start_tls\""));
    let checked = said(&daybook(&dir, &["check", "--without-secrets"]));
    assert!(checked.starts_with("OK: ") && !checked.contains("not there yet"), "{checked}");

    // Each secret is wanted by a place of its own, named in the template and by check.
    let missing = said(&daybook(&dir, &["check"]));
    for name in ["acme_stripe_api_key", "acme_google_ads_refresh_token", "slack_marketing"] {
        assert!(missing.contains(name), "{name}: {missing}");
        assert!(read(&dir, "config/secrets/README.md").contains(name), "{name}");
        std::fs::write(dir.join("config/secrets").join(name), "https://x.example/").expect("written");
    }
    assert!(!missing.contains("person_key"), "it was made: {missing}");
    assert_eq!(read(&dir, "config/secrets/person_key").trim().len(), 64);
    use std::os::unix::fs::PermissionsExt;
    let mode = |file: &str| std::fs::metadata(dir.join(file)).expect(file).permissions().mode() & 0o777;
    assert_eq!((mode("config/secrets"), mode("config/secrets/person_key")), (0o700, 0o600));

    // What git would take holds no secret and no data.
    let git = |arguments: &[&str]| Command::new("git").arg("-C").arg(&dir).args(arguments).output();
    if git(&["init", "-q"]).is_ok_and(|done| done.status.success()) {
        std::fs::create_dir_all(dir.join("landing/acme")).expect("a folder");
        std::fs::write(dir.join("landing/acme/page"), "x").expect("written");
        let listed = said(&git(&["ls-files", "--others", "--exclude-standard"]).expect("git"));
        assert!(listed.contains("config/secrets/README.md") && listed.contains("config/schemas/workspace.json"));
        assert!(!listed.contains("person_key") && !listed.contains("landing"), "{listed}");
    }
}

#[test]
fn an_installation_is_never_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(init(folder.path(), &["--yes", "--workspace", "acme"], None).status.code(), Some(0));
    let before = read(folder.path(), "config/workspaces/acme.toml");
    let again = init(folder.path(), &["--yes", "--workspace", "other"], None);
    assert_eq!(again.status.code(), Some(2));
    assert!(said(&again).contains("config/daybook.toml already exists"), "{}", said(&again));
    assert_eq!(read(folder.path(), "config/workspaces/acme.toml"), before);
    assert!(!folder.path().join("config/workspaces/other.toml").exists());
}

#[test]
fn the_data_may_lie_elsewhere() {
    let (folder, data) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let place = data.path().display().to_string();
    let done = init(folder.path(), &["--yes", "--workspace", "acme", "--drop", "fx", "--data-dir", &place], None);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let settings = daybook::config::load(folder.path()).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(settings.data_dir, data.path());
    assert!(data.path().join("drops").is_dir(), "folders for files lie with the data");
}

#[test]
fn answers_of_a_script_do_as_well_and_wrong_ones_are_asked_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("shop");
    // Id and name by default; zone wrong, then by default; a vendor misspelt, then right, with its ids.
    let answers = "\n\nEurope/Berln\n\nusd\n\ngogle_ads\ngoogle_ads\n1234567890\nnone\na@example.com, b@example.com\nnone\nno\nenv\n";
    let done = init(&dir, &["--ask"], Some(answers));
    let told = said(&done);
    assert_eq!(done.status.code(), Some(0), "{told}");
    assert!(
        told.contains("did you mean \"Europe/Berlin\"?") && told.contains("did you mean \"google_ads\"?"),
        "{told}"
    );
    let settings = daybook::config::load(&dir).unwrap_or_else(|problems| panic!("{problems:?}"));
    let shop = settings.workspace("shop").expect("the workspace");
    assert_eq!((shop.workspace.name.as_str(), shop.workspace.time_zone.name()), ("Shop", "America/Lima"));
    assert_eq!(shop.recipients["marketing"].mail, ["a@example.com", "b@example.com"]);
    assert!(read(&dir, "config/secrets/daybook.env").contains("\nDAYBOOK_SHOP_GOOGLE_ADS_CLIENT_SECRET=\n"));
}

#[test]
fn what_is_missing_or_wrong_is_reported_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    for (flags, words) in [
        (&["--yes", "--connector", "google_analytics"][..], "--setting google_analytics.property_ids="),
        (&["--yes", "--setting", "google_analytics.foo=1"], "google_analytics is not connected"),
        (&["--yes", "--connector", "stripe", "--setting", "stripe.foo=1"], "has no setting \"foo\""),
        (
            &["--yes", "--connector", "google_ads", "--setting", "google_ads.customer_ids=123-456-7890"],
            "ten digits without dashes",
        ),
        (
            &[
                "--yes",
                "--connector",
                "google_analytics",
                "--setting",
                "google_analytics.property_ids=properties/301234567",
            ],
            "digits only",
        ),
        (&["--yes", "--connector", "strpe"], "did you mean \"stripe\"?"),
        (&["--yes", "--workspace", "Acme Inc"], "is no id"),
        (&["--yes", "--currency", "dollars"], "is no ISO 4217 code"),
        (&["--yes", "--to", "nobody"], "is no address"),
        (&["--yes", "--smtp", "mail server"], "is no server"),
        (&["--ask"], "the answers ended before the questions"),
    ] {
        let dir = folder.path().join("x");
        let done = init(&dir, flags, None);
        assert_eq!(done.status.code(), Some(2), "{flags:?}: {}", said(&done));
        assert!(said(&done).contains(words), "{flags:?}: {}", said(&done));
        assert!(!dir.exists(), "{flags:?}");
    }
}

#[test]
fn warnings_stand_apart_and_fail_only_where_that_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    init(folder.path(), &["--yes", "--workspace", "acme"], None);
    std::fs::write(folder.path().join("jobs/report_board.tml"), "").expect("written");
    let check = |more: &[&str]| daybook(folder.path(), &[&["check", "--without-secrets"], more].concat());
    let told = check(&[]);
    assert_eq!(told.status.code(), Some(0), "{}", said(&told));
    assert!(said(&told).contains("jobs/report_board.tml\n  this file is not read"), "{}", said(&told));
    assert!(said(&told).contains("1 warning in 1 file") && said(&told).contains("OK: 1 workspace"), "{}", said(&told));
    assert_eq!(check(&["--strict"]).status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&check(&["--json"]).stdout).expect("JSON");
    assert_eq!(json["warnings"][0]["file"], "jobs/report_board.tml");
    assert!(json["dropped"].as_array().is_some_and(Vec::is_empty), "{json}");
    std::fs::remove_file(folder.path().join("jobs/report_board.tml")).expect("removed");
    assert_eq!(check(&["--strict"]).status.code(), Some(0));
}
