//! A23, A24, A26, A27, A80: one cause has the same words wherever it strikes, and no panic reaches a user.

use super::{Small, code};
use crate::data_folder::{DataFolder, land};
use crate::maintenance_faults::{daybook, said};
use crate::support::noon;
use chrono::Duration;
use std::fs;

const FULL: &str = "no space is left on the device (standard output)";

/// On one line, as the width of the terminal breaks it anywhere.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_full_disk_behind_standard_output_is_an_error_and_all_work_is_done() {
    let small = Small::new();
    let landing = small.path().join("landing");
    let land_part = |part: usize| {
        let landed = land(&landing, part * 10, 10, noon() + Duration::minutes(part as i64)).expect("landed");
        landed.folder.join("manifest.json").display().to_string()
    };
    let manifests: Vec<String> = (0..3).map(land_part).collect();
    let workspace = small.path().join("config/workspaces");
    let text = fs::read_to_string(workspace.join("one.toml")).expect("read").replace("\"pay\"", "\"stripe\"");
    fs::write(workspace.join("acme.toml"), text).expect("written");
    fs::remove_file(workspace.join("one.toml")).expect("removed");
    let done = small.sh(&format!("$D --accept-empty replay {} > /dev/full", manifests.join(" ")));
    let told = said(&done);
    assert_eq!(code(&done), 1, "{told}");
    assert!(told.contains(FULL) && !told.contains("panicked"), "{told}");
    assert_eq!(DataFolder::open(small.path()).payments(), ["30 payments, 300.000000"]);
    for script in ["$D runs", "$D status", "$D --json runs", "$D --help", "$D plan", "$D connectors", "$D check"] {
        let done = small.sh(&format!("{script} > /dev/full"));
        let told = said(&done);
        assert!(matches!(code(&done), 1 | 3), "{script}: {told}");
        assert!(told.contains(FULL) && !told.contains("panicked"), "{script}: {told}");
    }
    // Where trouble cannot be reported either, the exit code still says it.
    assert_eq!(code(&small.sh("$D runs > /dev/full 2> /dev/full")), 1);
    let none = small.sh("$D runs 2> /dev/full");
    assert_eq!(code(&none), 0, "{}", said(&none));
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    let small = Small::new();
    let done = small.sh("{ sleep 0.5; $D connectors; echo code $? >&2; } | true");
    assert!(said(&done).contains("code 0") && !said(&done).contains("panicked"), "{}", said(&done));
}

#[test]
fn a_block_that_is_damaged_has_one_remedy_on_every_path() {
    let small = Small::new();
    let installation = DataFolder::open(small.path());
    installation.pay(0, 3000, noon()).expect("loaded");
    drop(installation);
    let file = small.path().join("daybook.duckdb");
    let (head, block) = (12_288, 262_144);
    let (sound, mut damaged) = (fs::read(&file).expect("read"), 0);
    for number in 0..(sound.len() - head) / block {
        let mut bytes = sound.clone();
        for byte in &mut bytes[head + number * block + 64..][..64] {
            *byte ^= 0xff;
        }
        fs::write(&file, bytes).expect("damaged");
        for command in ["status", "runs", "rollup"] {
            let done = daybook(small.path(), &[command]);
            let told = said(&done);
            if told.contains("orrupt") || told.contains("damaged") {
                damaged += 1;
                assert!(told.contains("`daybook restore latest`"), "{command}, block {number}: {told}");
            }
            assert!(!told.contains("Unknown error code") && !told.contains("panicked"), "{command}: {told}");
        }
    }
    assert!(damaged > 2, "{damaged} of the damaged blocks were read");
}

#[test]
fn a_folder_that_was_removed_under_the_shell_is_reported_once() {
    let small = Small::new();
    let program = env!("CARGO_BIN_EXE_daybook");
    for command in ["status", "check", "plan", "run"] {
        let done = small.sh(&format!("cd $(mktemp -d) && rmdir $PWD && {program:?} {command}"));
        let told = said(&done);
        assert_eq!(code(&done), 2, "{command}: {told}");
        assert_eq!(told.matches("the current folder was removed").count(), 1, "{command}: {told}");
        assert!(!told.contains("No such file"), "{command}: {told}");
    }
}

#[test]
fn a_line_break_in_a_setting_or_a_secret_is_reported_by_check_with_its_line() {
    let small = Small::new();
    let file = small.path().join("config/workspaces/one.toml");
    let text = fs::read_to_string(&file).expect("read");
    fs::write(&file, text.replace("127.0.0.1:9", "127.0.0.1:9\\r\\nX-Evil: 1")).expect("written");
    let done = daybook(small.path(), &["check"]);
    let told = flat(&said(&done));
    assert_eq!(code(&done), 2, "{told}");
    assert!(told.contains("config/workspaces/one.toml:9") && told.contains("control character"), "{told}");
    fs::write(&file, text).expect("written");
    fs::write(small.path().join("config/secrets/key"), "sk_test_4242\r\nX-Evil: 1").expect("written");
    let done = daybook(small.path(), &["check"]);
    let told = flat(&said(&done));
    assert_eq!(code(&done), 2, "{told}");
    assert!(told.contains("the secret \"api_key\"") && told.contains("control character"), "{told}");
    assert!(!told.contains("4242"), "{told}");
}

#[test]
fn a_connector_that_is_no_small_text_file_is_refused_unread() {
    let small = Small::new();
    let own = small.path().join("config/connectors/own");
    fs::create_dir_all(&own).expect("made");
    let told = || {
        let done = daybook(small.path(), &["check"]);
        assert_eq!(code(&done), 2, "{}", said(&done));
        flat(&said(&done))
    };
    fs::write(own.join("connector.toml"), vec![b'#'; 10 << 20]).expect("written");
    let place = "config/connectors/own/connector.toml";
    assert!(told().contains(&format!("{place} this is not a regular file of at most 1 MB")), "{}", told());
    fs::write(own.join("connector.toml"), b"name = \"own\"\nlabel = \"\xe4\"\n").expect("written");
    assert!(told().contains(&format!("{place}:2 the file is not UTF-8")), "{}", told());
    fs::remove_file(own.join("connector.toml")).expect("removed");
    let made = std::process::Command::new("mkfifo").arg(own.join("connector.toml")).status().expect("mkfifo");
    assert!(made.success());
    assert!(told().contains("not a regular file"), "{}", told());
}

/// MemPalace/mempalace#2221, filebrowser/filebrowser#1155, Digital-Process-Tools/claude-remember#653. A pipe has no end while nobody writes: whoever opens it for a file waits for ever.
#[test]
fn a_pipe_where_a_file_is_due_is_reported_and_keeps_nobody_waiting() {
    let small = Small::new();
    assert!(matches!(daybook(small.path(), &["status"]).status.code(), Some(0 | 3)));
    for (file, command, is_told) in [
        ("report-templates/mail/report.txt", "check", "mail/report.txt"),
        ("report-templates/theme.toml", "check", "theme.toml"),
        ("handed-over.log", "status", "handed-over.log: this is no regular file"),
        ("daybook.mark", "status", "daybook.mark: this is no regular file"),
        ("daybook.duckdb.wal", "status", "daybook.duckdb.wal: this is no regular file"),
        ("daybook.lock", "status", "daybook.lock: this is no regular file"),
        ("erased.json", "status", "erased.json: this is no regular file"),
        ("drops/rates.csv", "sync -c rates", "rates.csv: it is no file"),
        ("config/daybook.toml", "status", "daybook.toml"),
        ("config/connectors/own/connector.toml", "check", "connector.toml"),
    ] {
        let path = small.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        let kept = fs::read(&path).ok();
        let _ = fs::remove_file(&path);
        let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo");
        assert!(made.success(), "{file}");
        let output = small.sh(&format!("timeout 60 $D {command}"));
        let told = flat(&said(&output));
        assert!(output.status.code() != Some(124) && told.contains(is_told), "{file}: {:?} {told}", output.status);
        fs::remove_file(&path).expect("removed");
        if let Some(kept) = kept {
            fs::write(&path, kept).expect("put back");
        }
    }
}
