//! A database that is gone or went back in time: nothing is sent twice, and somebody is notified.

use super::small::{Small, said};
use std::fs::{self, OpenOptions};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Synced, rolled up, and one report mailed to two readers.
async fn reported() -> Small {
    let small = Small::start(3).await;
    for command in ["sync", "rollup"] {
        small.well(&[command]);
    }
    small.well(&["report", "-w", "shop"]);
    assert_eq!(small.mails().len(), 2);
    small
}

fn nobody_heard_twice(small: &Small) {
    let mails = small.mails();
    assert!(mails.len() == 2 && mails.values().all(|count| *count == 1), "{mails:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_is_not_taken_for_a_new_one() {
    let small = reported().await;
    let aside = small.root.join("elsewhere");
    fs::rename(small.database(), &aside).expect("moved");
    for command in [&["sync"][..], &["report", "-w", "shop"], &["status"], &["run"]] {
        let output = small.daybook(command);
        let told = said(&output);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {told}");
        assert!(told.contains("`daybook restore latest`") && told.contains("--accept-empty"), "{told}");
    }
    assert!(!small.database().exists(), "nothing was made");
    let told = said(&small.daybook(&["doctor"]));
    assert!(told.contains("BAD") && told.contains("handed-over.log names 2 messages"), "{told}");

    // Begun anew on purpose: the same report is in the ledger again, and its mails do not go out again.
    small.well(&["sync", "--accept-empty"]);
    small.well(&["rollup"]);
    let told = said(&small.daybook(&["report", "-w", "shop"]));
    nobody_heard_twice(&small);
    let states = small.texts("SELECT DISTINCT state FROM ops.outbox WHERE lane = 'mail'");
    assert_eq!(states, ["unknown"], "{told}");
    assert!(small.well(&["status"]).contains("an empty database was begun"), "it is told for days");

    // The file found again and put back is an older one than what was written since.
    fs::copy(&aside, small.database()).expect("put back");
    let told = said(&small.daybook(&["sync"]));
    let taken = if told.contains("--accept-older") { vec!["sync", "--accept-older"] } else { vec!["sync"] };
    small.well(&taken);
    nobody_heard_twice(&small);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_cut_is_reported_and_nothing_goes_out_again() {
    let small = reported().await;
    // What is reported by a process that is killed stands in the log alone.
    let before = fs::read(small.database()).expect("the database");
    let log_before = fs::read(small.log()).ok();
    let (mut whole, mut file) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        let mut child = small.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a daemon");
        let begun = Instant::now();
        while whole.len() < 2_000 && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(100));
            if said(&small.daybook(&["status"])).contains("the daemon runs: last beat") {
                drop(small.daybook(&["sync"]));
            }
            whole = fs::read(small.log()).unwrap_or_default();
        }
        child.kill().expect("killed");
        child.wait().expect("reaped");
        (whole, file) = (fs::read(small.log()).unwrap_or_default(), fs::read(small.database()).expect("the database"));
        if whole.len() > 2_000 {
            break;
        }
    }
    assert!(
        whole.len() > 2_000,
        "no log of {} bytes was left; before {:?}, {}",
        whole.len(),
        log_before.map(|l| l.len()),
        before.len()
    );
    for percent in [10, 99] {
        fs::write(small.database(), &file).expect("as it was");
        fs::write(small.log(), &whole).expect("as it was");
        fs::write(small.database().with_extension("mark"), mark(&file, whole.len())).expect("as it was");
        let log = OpenOptions::new().write(true).open(small.log()).expect("the log");
        let length = whole.len() as u64;
        log.set_len(length - length * percent / 100).expect("cut");
        let told = small.well(&["status"]);
        assert!(told.contains("of the database's log are gone"), "{percent} %: {told}");
        let told = said(&small.daybook(&["doctor"]));
        assert!(told.contains("database's past"), "{told}");
        drop(small.daybook(&["report", "-w", "shop"]));
        nobody_heard_twice(&small);
    }
}

/// What the mark says of a database as it lies.
fn mark(file: &[u8], log: usize) -> String {
    let number = |at: usize| u64::from_le_bytes(file[at + 8..at + 16].try_into().expect("eight bytes"));
    format!("checkpoint {} log {log}\n", number(4096).max(number(8192)))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_the_database_is_refused_and_taken_on_demand() {
    let small = Small::start(3).await;
    small.well(&["sync"]);
    small.well(&["rollup"]);
    let older = fs::read(small.database()).expect("a copy, as a disk image holds it");
    let older_log = fs::read(small.log()).ok();
    small.well(&["report", "-w", "shop"]);
    small.well(&["care"]);
    small.well(&["backup"]);
    assert_eq!(small.mails().len(), 2);
    fs::write(small.database(), &older).expect("put back");
    match older_log {
        Some(log) => fs::write(small.log(), log).expect("put back"),
        None => drop(fs::remove_file(small.log())),
    }
    let output = small.daybook(&["report", "-w", "shop"]);
    let told = said(&output);
    if output.status.code() == Some(1) && told.contains("is older than it was") {
        assert!(told.contains("--accept-older") && told.contains("`daybook restore latest`"), "{told}");
        drop(small.daybook(&["report", "-w", "shop", "--accept-older"]));
    }
    nobody_heard_twice(&small);
    assert_eq!(small.texts("SELECT DISTINCT state FROM ops.outbox WHERE lane = 'mail'"), ["unknown"]);
    // A person has looked, and one of the mails may go again.
    let id = small.texts("SELECT min(message_id) FROM ops.outbox WHERE lane = 'mail'").remove(0);
    small.well(&["deliveries", "resend", &id]);
    for _ in 0..2 {
        drop(small.daybook(&["report", "-w", "shop"]));
    }
    assert_eq!(small.mails().values().sum::<u32>(), 3, "once more, and only that one");
    assert_eq!(small.texts(&format!("SELECT state FROM ops.outbox WHERE message_id = '{id}'")), ["sent"]);
}

/// attevon-llc/OpenTranscribe#442: an older copy brought erased people back.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_does_not_bring_back_who_was_erased_or_takes_an_objection_back() {
    let small = Small::start(3).await;
    small.well(&["sync"]);
    let payer = |nth: u32| {
        let sql = format!(
            "SELECT min(connection || ' ' || customer_id) FROM core.payment GROUP BY customer_id ORDER BY 1 LIMIT 1 OFFSET {nth}"
        );
        let found = small.texts(&sql).remove(0);
        let (connection, id) = found.split_once(' ').expect("both");
        (connection.to_owned(), id.to_owned())
    };
    let ((connection, erased), (of, objects)) = (payer(0), payer(1));
    let older = fs::read(small.database()).expect("a copy");
    let older_log = fs::read(small.log()).ok();
    small.well(&["person", "object", "-w", "shop", "--id", &objects, "--connection", &of]);
    small.well(&["person", "erase", "-w", "shop", "--id", &erased, "--connection", &connection, "--yes"]);
    fs::write(small.database(), &older).expect("put back");
    match older_log {
        Some(log) => fs::write(small.log(), log).expect("put back"),
        None => drop(fs::remove_file(small.log())),
    }
    // Whether it is refused goes by the mark; that the people stay erased does not.
    fs::remove_file(small.root.join("daybook.mark")).expect("no mark, as with a copy of both");
    let told = said(&small.daybook(&["status"]));
    assert!(told.contains("were erased anew"), "{told}");
    let held = format!("SELECT count(*)::VARCHAR FROM core.payment WHERE customer_id = '{erased}'");
    assert_eq!(small.texts(&held), ["0"]);
    assert_ne!(small.texts("SELECT count(*)::VARCHAR FROM ops.objection WHERE lifted_at IS NULL"), ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restore_what_went_out_since_is_known() {
    let small = Small::start(3).await;
    small.well(&["sync"]);
    small.well(&["rollup"]);
    small.well(&["backup"]);
    small.well(&["report", "-w", "shop"]);
    assert_eq!(small.mails().len(), 2);
    // The replaced database cannot be asked.
    fs::write(small.database(), vec![7; 50_000]).expect("damaged");
    drop(fs::remove_file(small.log()));
    small.well(&["restore", "latest"]);
    drop(small.daybook(&["report", "-w", "shop"]));
    nobody_heard_twice(&small);
    small.well(&["sync"]);
}
