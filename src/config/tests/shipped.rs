//! Every shipped file loads as it is.

use crate::config::*;
use crate::delivery::ChannelRef;
use crate::delivery::settings::{MailConfig, SmtpSecurity};
use crate::delivery::slack::SlackDestination;
use crate::support::secret::SecretRef;
use std::path::Path;

fn repository() -> Settings {
    load(Path::new(env!("CARGO_MANIFEST_DIR")))
        .unwrap_or_else(|problems| panic!("{}", crate::settings::problems::for_terminal(&problems, 100)))
}

#[test]
fn the_shipped_files_load_together() {
    let settings = repository();
    let jobs: Vec<&str> = settings.jobs.iter().map(|job| job.id.as_str()).collect();
    for job in
        ["maintenance_nightly", "report_daily", "report_monthly", "report_weekly", "rollup_nightly", "sync_hourly"]
    {
        assert!(jobs.contains(&job), "{job} is not among {jobs:?}");
    }
    let example = settings.workspace("example").expect("the example");
    assert_eq!(example.connections.len(), 12);
    assert_eq!(example.files.len(), 3);
    let columns = &example.files[2].drop.preset.columns;
    let constants = columns.iter().filter(|column| column.constant.is_some()).count();
    assert_eq!((columns.iter().filter(|column| column.is_stated).count(), constants), (3, 2));
    assert_eq!(example.recipients["marketing"].channels, [ChannelRef::new("slack", "marketing")]);
    assert_eq!(settings.workspaces_of(&settings.jobs[0]).count(), 1);
    assert!(settings.delivery.files.path.is_absolute());
}

#[test]
fn each_kind_of_reader_gets_an_edition_of_its_own() {
    let settings = repository();
    let job = settings.jobs.iter().find(|job| job.id == "report_weekly").expect("the weekly report");
    let Some(report) = job.kind.report() else { panic!("{job:?}") };
    let copies = report.copies();
    let readers: Vec<(String, Vec<String>)> =
        copies.iter().map(|copy| (copy.definition.variant(), copy.to.clone())).collect();
    let own = |text: &str| text.to_owned();
    assert_eq!(
        readers,
        [("", "marketing"), ("executives", "executives"), ("specialists", "specialists"), ("analysts", "analysts")]
            .map(|(variant, group)| (own(variant), vec![own(group)]))
    );
    assert!(copies.iter().all(|copy| !copy.definition.edition.parts.is_empty()));
    // Due on the Monday after its week, at nine in Berlin.
    let due = job.due_at("2026-11-16".parse().expect("a date"), chrono_tz::Europe::Berlin).expect("an instant");
    assert_eq!(due.to_rfc3339(), "2026-11-16T08:00:00+00:00");
}

#[test]
fn a_row_makes_a_report_of_its_own_in_each_edition() {
    let settings = repository();
    let job = settings.jobs.iter().find(|job| job.id == "report_weekly").expect("the weekly report");
    let Some(report) = job.kind.report() else { panic!("{job:?}") };
    let mut report = report.clone();
    let within = crate::report::definition::Filter { channels: vec!["email".to_owned()], campaigns: Vec::new() };
    let row = |id: &str, to: Option<&str>| SplitJob {
        split: crate::report::definition::Split { id: id.to_owned(), title: id.to_owned(), filter: within.clone() },
        to: to.map(|group| vec![group.to_owned()]),
    };
    report.splits = vec![row("north", None), row("south", Some("analysts"))];
    let copies = report.copies();
    assert_eq!(copies.len(), 8);
    let variants: Vec<String> = copies.iter().map(|copy| copy.definition.variant()).collect();
    assert_eq!(variants[..3], ["north", "executives-north", "specialists-north"]);
    assert!(copies[4..].iter().all(|copy| copy.to == ["analysts"]));
}

#[test]
fn the_example_connections_stand_on_their_lines() {
    let settings = repository();
    let example = settings.workspace("example").expect("the example");
    let text = std::fs::read_to_string(settings.root.join(&example.file)).expect("the file");
    let lines: Vec<&str> = text.lines().collect();
    for connection in &example.connections {
        assert_eq!(lines[connection.line - 1], "[[connections]]");
        for (name, line) in &connection.lines {
            assert!(lines[line - 1].contains(name.as_str()), "{name} is not on line {line}");
        }
    }
}

/// A default that is not what the code does would mislead.
#[test]
fn the_commented_defaults_are_the_defaults() {
    let shipped = include_str!("../../../config/daybook.toml");
    let spelled_out: String = shipped
        .lines()
        .map(|line| {
            let names = [
                "data_dir",
                "memory_limit_mb",
                "threads",
                "keep_days",
                "format",
                "level",
                "runs_at_once",
                "syncs_at_once",
                "stop_within_secs",
                "keep",
                "dir",
                "months",
                "compact_at_free_percent",
            ];
            let plain =
                line.strip_prefix("# ").filter(|rest| names.iter().any(|name| rest.starts_with(&format!("{name} ="))));
            format!("{}\n", plain.unwrap_or(line))
        })
        .collect();
    let root = tempfile::tempdir().expect("a folder");
    for (file, text) in [
        ("config/daybook.toml", spelled_out.as_str()),
        ("config/workspaces/example.toml", include_str!("../../../config/workspaces/example.toml")),
    ] {
        let path = root.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(path, text).expect("a file");
    }
    let explicit = load(root.path()).expect("settings");
    let implicit = repository();
    assert_eq!(explicit.warehouse.memory_limit_mb, implicit.warehouse.memory_limit_mb);
    assert_eq!(explicit.warehouse.threads, implicit.warehouse.threads);
    assert_eq!(explicit.landing, implicit.landing);
    assert_eq!(explicit.log, implicit.log);
    assert_eq!(explicit.schedule, implicit.schedule);
    assert_eq!(explicit.maintenance.retention, implicit.maintenance.retention);
    assert_eq!(explicit.maintenance.compact_at_free_percent, implicit.maintenance.compact_at_free_percent);
    assert_eq!(explicit.maintenance.backup.keep, implicit.maintenance.backup.keep);
    assert_eq!(explicit.maintenance.backup.dir, Some(explicit.data_dir.join("backups")));
    assert_eq!(explicit.data_dir, explicit.root);
    assert_eq!(implicit.data_dir, implicit.root);
    assert_eq!(explicit.channels.ids(), implicit.channels.ids(), "absent files fall back to the shipped ones");
}

#[test]
fn the_commented_examples_load_once_uncommented() {
    let shipped = include_str!("../../../config/daybook.toml");
    let smtp_at = shipped.find("# [delivery.mail]").expect("the example of a server");
    let hook_at = shipped.find("# [delivery.slack.marketing]").expect("the example of a hook");
    let teams_at = shipped.find("# [delivery.teams.board]").expect("the example of a Teams channel");
    let section = |from: usize| -> String {
        shipped[from..]
            .lines()
            .take_while(|line| line.starts_with("# "))
            .map(|line| format!("{}\n", &line[2..]))
            .collect()
    };
    let root = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(root.path().join("config/workspaces")).expect("folders");
    std::fs::write(root.path().join("config/daybook.toml"), section(smtp_at) + &section(hook_at) + &section(teams_at))
        .expect("a file");
    std::fs::copy(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("config/workspaces/example.toml"),
        root.path().join("config/workspaces/example.toml"),
    )
    .expect("a copy");
    let settings = load(root.path())
        .unwrap_or_else(|problems| panic!("{}", crate::settings::problems::for_terminal(&problems, 100)));
    let Some(MailConfig::Smtp { security, port, timeout_secs, .. }) = settings.delivery.mail else {
        panic!("not SMTP: {:?}", settings.delivery.mail)
    };
    assert_eq!((security, port, timeout_secs), (SmtpSecurity::ImplicitTls, 465, Some(120)));
    let webhook = SlackDestination::Webhook { url: SecretRef::Env("DAYBOOK_SLACK_MARKETING".to_owned()) };
    let found = &settings.delivery.channels[&ChannelRef::new("slack", "marketing")];
    assert_eq!(format!("{found:?}"), format!("{webhook:?}"));
    assert!(settings.delivery.channels.contains_key(&ChannelRef::new("teams", "board")));
}

#[test]
fn the_commented_example_of_tokens_loads_in_place_of_the_password() {
    let shipped = include_str!("../../../config/daybook.toml");
    let section = |title: &str| -> String {
        let at = shipped.find(title).expect("the example");
        let lines = shipped[at..].lines().take_while(|line| line.starts_with("# "));
        lines.filter(|line| !line.starts_with("# password")).map(|line| format!("{}\n", &line[2..])).collect()
    };
    let root = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(root.path().join("config/workspaces")).expect("folders");
    let text = section("# [delivery.mail]")
        + &section("# [delivery.mail.oauth]")
        + "[delivery.slack.marketing]\nkind = \"folder\"\npath = \"slack\"\n";
    std::fs::write(root.path().join("config/daybook.toml"), text).expect("a file");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/workspaces/example.toml");
    std::fs::copy(example, root.path().join("config/workspaces/example.toml")).expect("a copy");
    let settings = load(root.path())
        .unwrap_or_else(|problems| panic!("{}", crate::settings::problems::for_terminal(&problems, 100)));
    let Some(MailConfig::Smtp { oauth: Some(oauth), .. }) = settings.delivery.mail else { panic!("no tokens") };
    assert_eq!(oauth.token_url(), "https://login.microsoftonline.com/acme.onmicrosoft.com/oauth2/v2.0/token");
}

#[test]
fn readers_take_from_the_workspace_what_they_do_not_choose() {
    let shipped = include_str!("../../../config/workspaces/example.toml");
    // A board that reads British English, in a workspace that reads German with codes.
    let uncommented = shipped
        .replace("# language =", "language =")
        .replacen("# currency_display =", "currency_display =", 1)
        .replace("mail = [\"data@example.com\"]", "mail = [\"data@example.com\"]\n[readers.\"data@example.com\"]");
    let root = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(root.path().join("config/workspaces")).expect("folders");
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/daybook.toml");
    std::fs::copy(settings, root.path().join("config/daybook.toml")).expect("a copy");
    std::fs::write(root.path().join("config/workspaces/example.toml"), uncommented).expect("a file");
    let settings = load(root.path())
        .unwrap_or_else(|problems| panic!("{}", crate::settings::problems::for_terminal(&problems, 100)));
    let workspace = &settings.workspaces[0];
    assert_eq!(workspace.locale.to_string(), "de:code");
    let of = |address: &str| workspace.readers[address].locale(workspace.locale).to_string();
    assert_eq!((of("board@example.com"), of("data@example.com")), ("en-GB:code".to_owned(), "de:code".to_owned()));
    assert!(repository().workspaces[0].locale.is_standard());
}

#[test]
fn every_missing_secret_is_reported_with_its_owner() {
    let root = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(root.path().join("config/workspaces")).expect("folders");
    std::fs::write(
        root.path().join("config/daybook.toml"),
        "[privacy]\nperson_key = { env = \"DAYBOOK_TEST_UNSET_KEY\" }\n",
    )
    .expect("a file");
    std::fs::write(root.path().join("config/there"), "s3cret\n").expect("a file");
    std::fs::write(root.path().join("config/empty"), "\n").expect("a file");
    std::fs::write(
        root.path().join("config/workspaces/acme.toml"),
        "name = 'Acme'\ntime_zone = 'UTC'\ncurrency = 'EUR'\n[[connections]]\nid = 'crm'\nconnector = 'hubspot'\n\
         secrets.a = { file = 'there' }\nsecrets.b = { file = 'absent' }\nsecrets.c = { file = 'empty' }\n",
    )
    .expect("a file");
    let problems = load(root.path()).expect("settings").missing_secrets();
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "config/daybook.toml:2: the secret of the key of people's pseudonyms cannot be read: the environment \
             variable DAYBOOK_TEST_UNSET_KEY is not set — set the environment variable DAYBOOK_TEST_UNSET_KEY for the daemon",
            "config/workspaces/acme.toml:8: the secret of the connection \"crm\" of acme (b) cannot be read: absent: \
             file not found — write the secret to absent (relative to config/), readable by the daemon alone",
            "config/workspaces/acme.toml:9: the secret of the connection \"crm\" of acme (c) cannot be read: empty is \
             empty — write the secret to empty (relative to config/), readable by the daemon alone",
        ]
    );
}

#[test]
fn the_example_gives_each_connector_what_it_needs() {
    use crate::connectors::{Connection, catalog::Catalog};
    let catalog = Catalog::built_in().expect("the catalog");
    let settings = repository();
    let example = settings.workspace("example").expect("the example");
    for connection in &example.connections {
        let connector = catalog.get(&connection.connector).expect("a connector of the catalog");
        let secrets = connection.secrets.keys().map(|name| (name.clone(), crate::support::secret::Secret::new("x")));
        let built = Connection::new(
            "example",
            &connection.id,
            connector,
            connection.settings.clone(),
            secrets.collect(),
            example.workspace.time_zone,
        );
        assert!(built.is_ok(), "{}: {:?}", connection.id, built.err());
    }
}

/// The shipped jobs spell their policies out; a default would hide what an admin may change.
#[test]
fn the_shipped_jobs_say_what_happens_when_things_go_wrong() {
    use crate::domain::schedule::{CatchUp, Overlap};
    let settings = repository();
    let policy = |id: &str| settings.jobs.iter().find(|job| job.id == id).expect("a shipped job").policy.clone();
    let sync = policy("sync_hourly");
    assert_eq!((sync.catch_up, sync.overlap), (CatchUp::Latest, Overlap::Skip));
    assert!(sync.jitter > chrono::TimeDelta::zero() && sync.retries.attempts > 1);
    assert_eq!(policy("rollup_nightly").after, ["sync_hourly"]);
    let report = policy("report_daily");
    assert_eq!((report.after, report.deadline), (vec!["rollup_nightly".to_owned()], chrono::TimeDelta::minutes(120)));
}

/// Files of installations that were written before keys were renamed.
#[test]
fn earlier_spellings_are_read_as_the_present_ones() {
    use super::mistakes::{problems, settings_of};
    let now = settings_of(&[
        ("config/daybook.toml", "[privacy]", "[maintenance]\narchive = \"cold\"\n[privacy]"),
        (
            "jobs/report_daily.toml",
            "deadline_minutes = 120",
            "[[splits]]\nid = \"n\"\ntitle = \"N\"\ncampaigns = [\"N*\"]",
        ),
        ("jobs/sync_hourly.toml", "kind = \"sync\"", "kind = \"maintenance\""),
        ("jobs/sync_hourly.toml", "connections = [\"ads\"]\n", ""),
    ]);
    let before = settings_of(&[
        ("config/daybook.toml", "[privacy]", "[care]\narchive = \"cold\"\n[privacy]"),
        (
            "jobs/report_daily.toml",
            "deadline_minutes = 120",
            "[[rows]]\nid = \"n\"\ntitle = \"N\"\ncampaigns = [\"N*\"]",
        ),
        ("jobs/sync_hourly.toml", "kind = \"sync\"", "kind = \"care\""),
        ("jobs/sync_hourly.toml", "connections = [\"ads\"]\n", ""),
    ]);
    assert_eq!(format!("{:?}", now.jobs), format!("{:?}", before.jobs));
    // Each in a folder of its own.
    let archive = |settings: &Settings| Some(settings.maintenance.archive.as_ref()?.file_name()?.to_owned());
    assert_eq!(archive(&now), Some("cold".into()));
    assert_eq!(archive(&before), archive(&now));
    let both = ("config/daybook.toml", "[privacy]", "[maintenance]\n[care]\narchive = \"cold\"\n[privacy]");
    let found = problems(&[both]);
    let [problem] = found.as_slice() else { panic!("{found:#?}") };
    assert!(problem.message.contains("\"care\" is the earlier name of \"maintenance\""), "{problem}");
    assert_eq!(problem.remedy, "keep one of the two");
}
