//! A20, and the rest of A13: what runs short comes back, and nobody needs to do anything.

use super::Small;
use crate::maintenance_faults::{SmallDisk, daybook, said};
use std::time::Duration;

const FULL: &str = "no space is left on the device";

/// An installation that has run before, on a disk that is full now.
fn full() -> Option<(SmallDisk, Small)> {
    let disk = SmallDisk::new(24)?;
    let small = Small::new();
    small.set(&format!("data_dir = {:?}", disk.path()));
    let begun = daybook(small.path(), &["status"]);
    assert!(matches!(begun.status.code(), Some(0 | 3)), "{}", said(&begun));
    disk.fill(0);
    Some((disk, small))
}

#[test]
fn a_daemon_that_starts_on_a_full_disk_waits_and_goes_on() {
    let Some((disk, small)) = full() else { return };
    let mut daemon = small.daemon("");
    let log = || std::fs::read_to_string(small.path().join("daemon.log")).unwrap_or_default();
    daemon.until("it waits", || log().contains("cannot start yet") && log().contains(FULL));
    std::thread::sleep(Duration::from_secs(12));
    daemon.until("it still waits", || log().matches("cannot start yet").count() > 1);
    let asked = daybook(small.path(), &["status"]);
    assert!(asked.status.success() && said(&asked).contains(FULL), "whoever asks is told: {}", said(&asked));
    disk.free();
    daemon.until("it goes on", || {
        let status = said(&daybook(small.path(), &["status"]));
        status.contains("the daemon runs: last beat")
    });
}

/// louislam/uptime-kuma#4581, prometheus/prometheus#10015: what frees room needed room to begin.
#[test]
fn a_daemon_whose_disk_fills_up_frees_what_is_over_its_age_and_goes_on() {
    let Some(disk) = SmallDisk::new(24) else { return };
    let small = Small::new();
    small.set(&format!("data_dir = {:?}", disk.path()));
    let old = disk.path().join("landing/one/pay/charges/all/20261101T000000000000Z");
    std::fs::create_dir_all(&old).expect("made");
    std::fs::write(old.join("page-00001.json.zst"), vec![7; 4 << 20]).expect("written");
    let mut daemon = small.daemon("");
    let status = || said(&daybook(small.path(), &["status"]));
    daemon.until("it runs", || status().contains("the daemon runs: last beat"));
    disk.fill(0);
    daemon.until("it frees room", || {
        // Writes something, until there is no room for another letter.
        drop(daybook(small.path(), &["sync", "-c", "rates"]));
        !old.exists()
    });
    let log = || std::fs::read_to_string(small.path().join("daemon.log")).unwrap_or_default();
    daemon.until("the log tells", || log().contains("maintenance was run to free room"));
    let rolled_up = daybook(small.path(), &["rollup"]);
    assert!(rolled_up.status.success() && !said(&rolled_up).contains(FULL), "it goes on: {}", said(&rolled_up));
    assert!(status().contains("the daemon runs: last beat"));
}

#[test]
fn a_stop_ends_the_wait_for_room() {
    let Some((_disk, small)) = full() else { return };
    let mut daemon = small.daemon("");
    let log = || std::fs::read_to_string(small.path().join("daemon.log")).unwrap_or_default();
    daemon.until("it waits", || log().contains("cannot start yet"));
    let process = i32::try_from(daemon.child.id()).expect("a number");
    let process = rustix::process::Pid::from_raw(process).expect("a process");
    rustix::process::kill_process(process, rustix::process::Signal::TERM).expect("asked");
    assert_eq!(daemon.child.wait().expect("ended").code(), Some(0), "{}", daemon.log());
}

/// MonetDB/MonetDB#6635, apache/dolphinscheduler#9270: a lack of file handles ended the process, or was reported as
/// something else.
#[test]
fn with_few_file_handles_a_command_works_or_says_that_they_are_lacking() {
    let small = Small::new();
    assert!(matches!(daybook(small.path(), &["status"]).status.code(), Some(0 | 3)));
    for handles in [8, 10, 11, 12, 14, 16, 20, 24, 32, 64] {
        let output = small.sh(&format!("ulimit -c 0; ulimit -n {handles}; $D status"));
        let told = said(&output);
        let is_told = told.contains("open files") || told.contains("files are open");
        assert!(
            matches!(output.status.code(), Some(0 | 3)) || output.status.code() == Some(1) && is_told,
            "{handles}: {:?}: {told}",
            output.status
        );
        assert!(handles < 64 || !is_told, "{told}");
    }
}

/// objectstack-ai/objectstack#15374, holon-run/holon#2850: all checks were green over a file that was gone.
#[test]
fn a_database_that_is_moved_away_under_the_daemon_is_reported_within_a_minute() {
    let small = Small::new();
    let mut daemon = small.daemon("");
    let status = || said(&daybook(small.path(), &["status"]));
    daemon.until("it runs", || status().contains("the daemon runs: last beat"));
    let database = small.path().join("daybook.duckdb");
    std::fs::rename(&database, small.path().join("away.duckdb")).expect("moved");
    let log = || std::fs::read_to_string(small.path().join("daemon.log")).unwrap_or_default();
    daemon.until("the log tells", || log().contains("daybook.duckdb is gone"));
    daemon.until("the status tells", || status().replace("\n", " ").contains("is gone while Daybook runs"));
    let doctor = daybook(small.path(), &["doctor"]);
    assert!(doctor.status.code() != Some(0) && said(&doctor).contains("is gone"), "{}", said(&doctor));
    std::fs::rename(small.path().join("away.duckdb"), &database).expect("moved back");
    daemon.until("it goes on", || !status().contains("is gone"));
}
