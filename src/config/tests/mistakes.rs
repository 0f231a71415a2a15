//! A table of mistakes: each case changes one text of a sound configuration and names the one
//! problem that must be reported.

mod cases;
mod of_presets;

use crate::config::{Problem, Settings, load};
use cases::{OF_DAYBOOK, OF_RULES_AND_JOBS, OF_WORKSPACES, SOUND_CHANGES};
use of_presets::{OF_PRESETS, SOUND_CHANGES_OF_PRESETS};
use std::path::Path;

const DAYBOOK: &str = r#"data_dir = "."
[warehouse]
memory_limit_mb = 512
[log]
format = "text"
level = "info"
[delivery.mail]
kind = "smtp"
host = "smtp.example.com"
port = 465
security = "implicit_tls"
username = "reports"
password = { env = "SMTP_PASSWORD" }
from = "Daybook <reports@example.com>"
[delivery.slack.marketing]
kind = "webhook"
url = { env = "HOOK" }
[privacy]
person_key = { file = "person_key" }
"#;

const ACME: &str = r#"name = "Acme"
time_zone = "Europe/Berlin"
currency = "EUR"
week_starts_on = "monday"
gross_margin = "0.80"
[[connections]]
id = "ads"
connector = "our_ads"
since = 2026-01-01
settings = { customer_ids = ["1"] }
secrets = { token = { env = "TOKEN" } }
[[connections]]
id = "drops"
connector = "file"
folder = "drops"
preset = "influencer"
[recipients.marketing]
mail = ["a@example.com"]
slack = ["marketing"]
files = true
[[budgets]]
month = "2026-11"
channel = "paid_search"
amount = "12000.00"
[[targets]]
month = "2026-11"
metric = "leads"
amount = "300"
"#;

const CHANNELS: &str = r#"[labels]
paid_search = "Paid search"
[[rules]]
channel = "paid_search"
source = 'google|bing'
medium = 'cpc'
[[rules]]
channel = "email"
medium = 'email'
"#;

const METRICS: &str = r#"[leads]
label = "Leads"
about = "People."
unit = "count"
better = "higher"
sum = "leads"
from = ["contact_stage"]
[cost]
label = "Cost"
about = "Media."
unit = "money"
better = "neither"
sum = "cost"
from = ["ad_daily"]
[cpl]
label = "CPL"
about = "Cost a lead."
unit = "money"
better = "lower"
formula = "cost / leads"
"#;

const DAILY: &str = r#"kind = "report"
cron = "0 8 * * 1-5"
report = "daily_performance"
workspaces = ["acme"]
to = ["marketing"]
formats = ["pdf", "csv"]
compare = ["day_before"]
late = "hold"
deadline_minutes = 120
"#;

const HOURLY: &str = "kind = \"sync\"\ncron = \"5 * * * *\"\ntime_zone = \"UTC\"\nconnections = [\"ads\"]\n";

const BENCHMARKS: &str = "[[benchmarks]]\nindustry = \"shop\"\nmetric = \"cpl\"\naverage = \"0.02\"\ngood = \"0.04\"\nexcellent = \"0.08\"\n";

pub const FILES: [(&str, &str); 8] = [
    ("config/benchmarks.toml", BENCHMARKS),
    ("config/daybook.toml", DAYBOOK),
    (of_presets::FILE, of_presets::AWIN),
    ("config/workspaces/acme.toml", ACME),
    ("config/channels.toml", CHANNELS),
    ("jobs/metrics.toml", METRICS),
    ("jobs/report_daily.toml", DAILY),
    ("jobs/sync_hourly.toml", HOURLY),
];

/// What [`load`] says of the sound files with `changes` (file, old text, new text) made.
pub fn problems(changes: &[(&str, &str, &str)]) -> Vec<Problem> {
    load_changed(changes).err().unwrap_or_default()
}

fn load_changed(changes: &[(&str, &str, &str)]) -> Result<Settings, Vec<Problem>> {
    let root = tempfile::tempdir().expect("a folder");
    for (file, text) in FILES {
        let mut text = text.to_owned();
        for (_, old, new) in changes.iter().filter(|(changed, _, _)| *changed == file) {
            assert!(text.contains(old), "{file} has no {old:?}");
            text = text.replacen(old, new, 1);
        }
        let path = root.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(path, text).expect("a file");
    }
    load(root.path())
}

/// The settings of the sound files with `changes` made, which must be sound as well.
pub fn settings_of(changes: &[(&str, &str, &str)]) -> Settings {
    load_changed(changes).expect("sound files")
}

/// (file, old text, new text, line, part of the message, part of the remedy)
pub type Case = (&'static str, &'static str, &'static str, usize, &'static str, &'static str);

/// Every mistake.
pub fn all() -> Vec<Case> {
    [OF_DAYBOOK, OF_WORKSPACES, OF_RULES_AND_JOBS, OF_PRESETS].concat()
}

/// Changes that leave the files sound.
pub fn sound_changes() -> Vec<(&'static str, &'static str, &'static str)> {
    [SOUND_CHANGES, SOUND_CHANGES_OF_PRESETS].concat()
}

/// A sound file's text.
pub fn sound(file: &str) -> &'static str {
    FILES.iter().find(|(name, _)| *name == file).map_or("", |(_, text)| text)
}

#[test]
fn the_sound_files_have_no_problem() {
    assert_eq!(problems(&[]), []);
}

/// Each mistake gives exactly one problem: no follow-up in the same or in another file.
#[test]
fn every_mistake_is_reported_once_with_its_line_and_remedy() {
    for (file, old, new, line, message, remedy) in all() {
        let found = problems(&[(file, old, new)]);
        let [problem] = found.as_slice() else { panic!("{file}, {new:?}: {found:#?}") };
        assert_eq!((problem.file.as_path(), problem.line), (Path::new(file), Some(line)), "{new:?}: {problem}");
        assert!(problem.message.contains(message), "{new:?}: {problem}");
        assert!(problem.remedy.contains(remedy), "{new:?}: {problem}");
        assert!(!problem.to_string().contains("hunter2"), "a secret was repeated: {problem}");
    }
}

#[test]
fn jobs_that_wait_for_each_other_are_reported_once() {
    let found = problems(&[
        ("jobs/report_daily.toml", "late", "after = [\"sync_hourly\"]\nlate"),
        ("jobs/sync_hourly.toml", "time_zone", "after = [\"report_daily\"]\ntime_zone"),
    ]);
    let [problem] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!(problem.place(), "jobs/report_daily.toml:8");
}

/// A broken job is reported by itself; who waits for it is not.
#[test]
fn a_job_that_cannot_be_read_is_still_there_to_be_waited_for() {
    let found = problems(&[
        ("jobs/report_daily.toml", "0 8 * * 1-5", "daily"),
        ("jobs/sync_hourly.toml", "time_zone", "after = [\"report_daily\"]\ntime_zone"),
    ]);
    assert_eq!(found.iter().map(Problem::place).collect::<Vec<_>>(), ["jobs/report_daily.toml:2"]);
}

#[test]
fn all_problems_of_all_files_come_at_once_in_order() {
    let found = problems(&[
        ("config/daybook.toml", "port = 465", "port = \"x\""),
        ("config/daybook.toml", "level = \"info\"", "level = 5"),
        ("config/workspaces/acme.toml", "\"EUR\"", "\"Euro\""),
        ("config/workspaces/acme.toml", "\"12000.00\"", "12000.0"),
        ("config/channels.toml", "'cpc'", "'('"),
        ("jobs/metrics.toml", "label = \"CPL\"", "lable = \"CPL\""),
        ("jobs/report_daily.toml", "0 8 * * 1-5", "daily"),
    ]);
    let places: Vec<String> = found.iter().map(Problem::place).collect();
    assert_eq!(
        places,
        [
            "config/channels.toml:6",
            "config/daybook.toml:6",
            "config/daybook.toml:10",
            "config/workspaces/acme.toml:3",
            "config/workspaces/acme.toml:24",
            "jobs/metrics.toml:15",
            "jobs/metrics.toml:16",
            "jobs/report_daily.toml:2",
        ]
    );
}

#[test]
fn mail_recipients_need_a_way_to_send_mail() {
    let root = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(root.path().join("config/workspaces")).expect("folders");
    std::fs::write(root.path().join("config/daybook.toml"), "").expect("a file");
    let acme = "name = 'A'\ntime_zone = 'UTC'\ncurrency = 'EUR'\n[recipients.all]\nmail = ['a@example.com']\n";
    std::fs::write(root.path().join("config/workspaces/acme.toml"), acme).expect("a file");
    let found = load(root.path()).expect_err("no mail");
    assert_eq!(
        found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["config/workspaces/acme.toml:5: [recipients.all]: there is no way to send mail — add [delivery.mail] to \
          config/daybook.toml"]
    );
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let root = tempfile::tempdir().expect("a folder");
    let write = |file: &str, bytes: &[u8]| {
        let path = root.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(path, bytes).expect("a file");
    };
    write("config/channels.toml", b"\xff\xfe");
    write("jobs/Daily Report.toml", b"kind = 'rollup'\ncron = '0 3 * * *'\n");
    write("jobs/rollups/empty.sql", b"-- nothing yet\n");
    write("jobs/rollups/metrics_daily.sql", b"SELECT 1\n");
    write("jobs/checks/huge.sql", &vec![b' '; (1 << 20) + 1]);
    write("jobs/.hidden.toml", b"not read");
    let found = load(root.path()).expect_err("problems");
    let folder = root.path().display().to_string();
    let told: Vec<String> = found
        .iter()
        .map(|problem| format!("{}: {}", problem.place(), problem.message.replace(&folder, "<root>")))
        .collect();
    assert_eq!(
        told,
        [
            "config/channels.toml: the file is not UTF-8 text but UTF-16, as some editors write it",
            "config/daybook.toml: the file is missing: there is no <root>/config/daybook.toml",
            "config/workspaces: there is no workspace",
            "jobs/Daily Report.toml: the file's name is not an id",
            "jobs/checks/huge.sql: this is not a regular file of at most 1 MB",
            "jobs/rollups/empty.sql: the file holds no statement",
            "jobs/rollups/metrics_daily.sql: there is no rollup \"metrics_daily\" to replace",
        ]
    );
    assert!(found.iter().all(|problem| !problem.remedy.is_empty()));
}
