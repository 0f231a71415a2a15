//! A12, A25: what holds persons, mails and figures is its owner's, whatever the shell's mask.

use super::{Small, code};
use crate::data_folder::land;
use crate::init::init;
use crate::maintenance_faults::{daybook, said};
use crate::support::noon;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).mode() & 0o777
}

/// Every file and folder below `folder`.
fn all(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        found.push(entry.path());
        if entry.path().is_dir() {
            all(&entry.path(), found);
        }
    }
}

#[test]
fn what_is_written_under_an_open_mask_is_its_owners_alone() {
    let small = Small::new();
    small.set("data_dir = \"data\"");
    let run = |script: &str| {
        let done = small.sh(&format!("umask 000; {script}"));
        assert!(matches!(code(&done), 0 | 3), "{script}: {}", said(&done));
    };
    run("$D backup");
    let drops = small.path().join("data/drops");
    std::fs::create_dir(&drops).expect("made");
    std::fs::write(drops.join("fx.csv"), "date,currency,rate\n2026-11-02,USD,1.08\n").expect("written");
    for script in ["$D sync -c rates", "$D export", "$D care", "$D send-test --to a@example.com"] {
        run(script);
    }
    let mut found = vec![small.path().join("data")];
    all(&small.path().join("data"), &mut found);
    for part in ["daybook.duckdb", "daybook.lock", "backups", "landing", "manifest.json", ".eml"] {
        assert!(found.iter().any(|path| path.display().to_string().contains(part)), "no {part} in {found:#?}");
    }
    // What others drop in, others may see.
    let open: Vec<_> = found.iter().filter(|path| !path.starts_with(&drops) && mode(path) & 0o077 != 0).collect();
    assert!(open.is_empty(), "{open:#?}");
}

#[test]
fn what_an_earlier_version_left_open_is_closed_and_a_snapshot_stays_for_others() {
    let small = Small::new();
    small.set("data_dir = \"data\"");
    assert_eq!(code(&daybook(small.path(), &["snapshot"])), 0);
    let data = small.path().join("data");
    land(&data.join("landing"), 0, 10, noon()).expect("landed");
    let mut found = vec![data.clone()];
    all(&data, &mut found);
    for path in found.iter().filter(|path| !path.display().to_string().contains("snapshot")) {
        let open = if path.is_dir() { 0o755 } else { 0o644 };
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(open)).expect("opened");
    }
    assert!(matches!(code(&daybook(small.path(), &["status"])), 0 | 3));
    assert_eq!(mode(&data.join("daybook.duckdb")), 0o600);
    let mut landed = vec![data.join("landing")];
    all(&data.join("landing"), &mut landed);
    assert!(landed.len() > 3, "{landed:?}");
    assert!(landed.iter().all(|path| mode(path) & 0o077 == 0), "{landed:?}");
    assert_eq!(mode(&data.join("snapshot/daybook.duckdb")), 0o444);
    assert_eq!(mode(&data.join("snapshot")), 0o755, "programs that read it must get in");
}

#[test]
fn secrets_are_closed_and_the_configuration_stays_readable() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("new");
    let done = init(&dir, &["--yes", "--workspace", "acme", "--connector", "stripe", "--to", "a@example.com"], None);
    assert_eq!(code(&done), 0, "{}", said(&done));
    assert_eq!(mode(&dir.join("config/secrets")), 0o700);
    assert_eq!(mode(&dir.join("config/secrets/person_key")), 0o600);
    // The user of a daemon may be another than the one who writes it.
    assert_eq!(mode(&dir.join("config/daybook.toml")) & 0o444, 0o444);
    assert_eq!(mode(&dir.join("config")) & 0o055, 0o055);
}

#[test]
fn check_and_doctor_name_secrets_and_configuration_that_others_can_get_at() {
    let small = Small::new();
    let (key, config) = (small.path().join("config/secrets/key"), small.path().join("config/workspaces"));
    small.shut(&small.path().join("config/secrets"), 0o700);
    assert!(!said(&daybook(small.path(), &["check"])).contains("chmod 600"));
    small.shut(&key, 0o666);
    small.shut(&config, 0o777);
    for command in ["check", "doctor"] {
        let told = said(&daybook(small.path(), &[command])).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("chmod 600 config/secrets/key"), "{command}: {told}");
        assert!(told.contains("every user of this machine can write it"), "{command}: {told}");
    }
}

#[test]
fn doctor_says_whether_the_disk_is_encrypted_and_calls_nothing_good_unproved() {
    let small = Small::new();
    let told = daybook(small.path(), &["--json", "doctor"]);
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    let findings = told["findings"].as_array().expect("findings");
    let found = findings.iter().find(|finding| finding["subject"] == "encryption").expect("a finding");
    let says = found["says"].as_str().expect("words");
    let is_proved = says.starts_with("data_dir is encrypted:");
    assert_eq!(found["health"] == "good", is_proved, "{found}");
    assert!(is_proved || found["remedy"].as_str().is_some_and(|remedy| remedy.contains("README")), "{found}");
}
