//! Facts and ledger never wait for one another, and never write each other's rows.

use super::*;
use crate::domain::schedule::decide::Failures;
use crate::domain::schedule::{FireReason, Mark, Outcome, Pair, Slot, SlotKey, SlotState};
use crate::warehouse::slots;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Tables of the ledger; every other table of `ops` is of the facts.
const LEDGER: [&str; 15] = [
    "clock",
    "clock_day",
    "delivery_attempt",
    "delivery_release",
    "handed_over",
    "issued_file",
    "job_mark",
    "outbox",
    "payload",
    "receipt",
    "report",
    "report_wording",
    "run",
    "slot",
    "suppression",
];
/// Files whose statements belong to the ledger.
const OF_LEDGER: [&str; 4] = ["warehouse/slots/", "warehouse/outbox.rs", "warehouse/outbox/", "warehouse/issued.rs"];
/// Files whose statements cross: their functions take a [`BothWriter`], or run before anybody else does.
const CROSSING: [&str; 10] = [
    "warehouse/clock.rs",
    "warehouse/clock/ahead.rs",
    "warehouse/maintenance/retention.rs",
    "warehouse/maintenance/restore.rs",
    "warehouse/migrate.rs",
    "warehouse/migrate/payloads.rs",
    "warehouse/privacy/erased.rs",
    "warehouse/privacy/messages.rs",
    "warehouse/privacy/objection.rs",
    "warehouse/privacy/traces.rs",
];

fn slot(number: i64) -> Slot {
    let at = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::hours(number);
    Slot {
        key: SlotKey { pair: Pair::new("sync", "acme"), at },
        fire: FireReason::Normal,
        is_catch_up: false,
        state: SlotState::Planned,
        attempts: 0,
        reason: "due".to_owned(),
        detail: String::new(),
        planned_at: at,
        not_before: None,
        first_started_at: None,
        claimed_by: None,
        claimed_at: None,
        ended_at: None,
    }
}

/// Enters slots and claims each; answers how long each claim took.
fn claim_all(warehouse: &Warehouse, count: i64) -> Vec<Duration> {
    let planned: Vec<Slot> = (0..count).map(slot).collect();
    warehouse.write_ledger_blocking(move |ledger| slots::plan(ledger, &planned, &[])).expect("entered");
    let mut took = Vec::new();
    for number in 0..count {
        let claimed = Slot { state: SlotState::Claimed, attempts: 1, ..slot(number) };
        let begun = Instant::now();
        let taken = warehouse.write_ledger_blocking(move |ledger| slots::claim(ledger, &[claimed])).expect("claimed");
        assert_eq!(taken, [true]);
        took.push(begun.elapsed());
    }
    took.sort();
    took
}

fn count(warehouse: &Warehouse, sql: &'static str) -> u64 {
    warehouse.read_blocking(|r| r.query_row(sql, [], |row| row.get(0)).context(|| sql.to_owned())).expect("a count")
}

#[test]
fn claims_commit_while_a_load_is_in_the_middle_of_its_transaction() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("daybook.duckdb");
    let warehouse = Warehouse::open(&path, &WarehouseConfig::default()).expect("a warehouse");
    let ((begun, is_begun), (go_on, goes_on)) = (mpsc::channel(), mpsc::channel());
    let loading = warehouse.clone();
    let load = std::thread::spawn(move || {
        loading.write_blocking(move |connection| {
            let transaction = connection.transaction().context(String::new)?;
            let sql = "INSERT INTO ops.touched_day SELECT 'w', DATE '2026-01-01', 'l' || i FROM range(1000) AS r(i)";
            transaction.execute_batch(sql).context(String::new)?;
            begun.send(()).expect("heard");
            goes_on.recv().expect("told");
            transaction.commit().context(String::new)
        })
    });
    is_begun.recv().expect("a load");
    // Through one writer this would never end: the load waits for the last claim.
    claim_all(&warehouse, 30);
    assert_eq!(count(&warehouse, "SELECT count(*) FROM ops.slot WHERE state = 'claimed'"), 30);
    assert_eq!(count(&warehouse, "SELECT count(*) FROM ops.touched_day"), 0, "the load is not over");
    go_on.send(()).expect("heard");
    load.join().expect("ended").expect("loaded");
    drop(warehouse);
    let again = Warehouse::open(&path, &WarehouseConfig::default()).expect("again");
    assert_eq!(count(&again, "SELECT count(*) FROM ops.touched_day"), 1000);
    assert_eq!(count(&again, "SELECT count(*) FROM ops.run"), 30);
}

#[test]
fn what_crosses_has_both_sides_to_itself() {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let ((begun, is_begun), (go_on, goes_on)) = (mpsc::channel(), mpsc::channel::<()>());
    let crossing = warehouse.clone();
    let both = std::thread::spawn(move || {
        crossing.write_both_blocking(move |writer| {
            begun.send(()).expect("heard");
            goes_on.recv().expect("told");
            writer
                .query_row("SELECT count(*)::UBIGINT FROM ops.slot", [], |row| row.get::<_, u64>(0))
                .context(String::new)
        })
    });
    is_begun.recv().expect("begun");
    let (done, is_done) = mpsc::channel();
    let claiming = warehouse.clone();
    let claims = std::thread::spawn(move || {
        claim_all(&claiming, 1);
        done.send(()).expect("heard");
    });
    is_done.recv_timeout(Duration::from_millis(200)).expect_err("the ledger waits");
    go_on.send(()).expect("heard");
    assert_eq!(both.join().expect("ended").expect("read"), 0, "nothing of the ledger came between");
    is_done.recv_timeout(Duration::from_secs(60)).expect("then it goes on");
    claims.join().expect("ended");
}

/// A panic took its thread with it, and half of the daemon went on without it.
#[test]
fn after_a_panic_both_sides_go_on_and_nothing_of_it_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let on_disk = Warehouse::open(&folder.path().join("daybook.duckdb"), &WarehouseConfig::default());
    for warehouse in [Warehouse::in_memory().expect("a warehouse"), on_disk.expect("a warehouse")] {
        let fault = |connection: &mut Connection, table: &str| -> Result<(), WarehouseError> {
            let transaction = connection.transaction().context(String::new)?;
            transaction.execute_batch(&format!("INSERT INTO ops.{table}")).context(String::new)?;
            // Not even its end rolls it back.
            std::mem::forget(transaction);
            panic!("as a fault of ours would")
        };
        let touched = "touched_day VALUES ('w', DATE '2026-01-01', 'l')";
        let died = warehouse.write_blocking(move |connection| fault(connection, touched));
        assert!(matches!(died, Err(WarehouseError::Panicked)), "{died:?}");
        let died = warehouse.write_both_blocking(move |both| fault(both, touched));
        assert!(matches!(died, Err(WarehouseError::Panicked)), "{died:?}");
        let died = warehouse.write_ledger_blocking(|ledger| -> Result<(), WarehouseError> {
            let transaction = ledger.transaction().context(String::new)?;
            transaction.execute_batch("INSERT INTO ops.clock_day VALUES (DATE '2026-01-01')").context(String::new)?;
            std::mem::forget(transaction);
            panic!("as a fault of ours would")
        });
        assert!(matches!(died, Err(WarehouseError::Panicked)), "{died:?}");
        assert_eq!(claim_all(&warehouse, 1).len(), 1);
        assert_eq!(count(&warehouse, "SELECT count(*) FROM ops.touched_day"), 0);
        assert_eq!(count(&warehouse, "SELECT count(*) FROM ops.clock_day"), 0);
        let written = warehouse.write_blocking(move |connection| {
            connection.execute_batch(&format!("INSERT INTO ops.{touched}")).context(String::new)
        });
        written.expect("facts are written again");
        warehouse.write_both_blocking(|both| both.execute_batch("SELECT 1").context(String::new)).expect("and both");
        assert_eq!(count(&warehouse, "SELECT count(*) FROM ops.touched_day"), 1);
        assert_eq!(warehouse.inner.shared.writers(), 0, "none is counted for ever");
    }
}

/// Each write tried it again, and the ledger waited for each try.
#[test]
fn a_log_that_cannot_be_folded_is_left_alone_for_a_while() {
    let shared = Shared::new(PathBuf::from("/nowhere/daybook.duckdb"), WarehouseConfig::default());
    assert!(!shared.should_fold(), "there is no log");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("daybook.duckdb");
    let log = std::fs::File::create(crate::warehouse::disk::wal(&path)).expect("a log");
    log.set_len(200 << 20).expect("a long one");
    let shared = Shared::new(path, WarehouseConfig::default());
    assert!(shared.should_fold() && shared.asks_for_fold());
    assert!(!shared.asks_for_fold(), "it is asked for once");
    shared.fold_was_tried();
    assert!(shared.asks_for_fold());
    shared.fold_was_tried();
    shared.note_failed_fold();
    assert!(!shared.should_fold() && !shared.asks_for_fold());
}

#[test]
fn claims_wait_far_less_than_a_load_of_millions_takes() {
    if crate::support::environment::variable("DAYBOOK_LONG").is_none() {
        crate::support::skip::skip("a load of millions of rows is for DAYBOOK_LONG=1");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("daybook.duckdb");
    let warehouse = Warehouse::open(&path, &WarehouseConfig::default()).expect("a warehouse");
    let loading = warehouse.clone();
    let begun = Instant::now();
    let load = std::thread::spawn(move || {
        loading.write_blocking(move |connection| {
            let sql =
                "INSERT INTO ops.touched_day SELECT 'w' || hash(i), DATE '2026-01-01', 'l' || i || md5(i::VARCHAR)
                       FROM range(8000000) AS r(i)";
            let transaction = connection.transaction().context(String::new)?;
            transaction.execute_batch(sql).context(String::new)?;
            transaction.commit().context(String::new)
        })
    });
    let took = claim_all(&warehouse, 300);
    assert!(!load.is_finished(), "the load was to take longer");
    load.join().expect("ended").expect("loaded");
    let (whole, p99, median) = (begun.elapsed(), took[took.len() * 99 / 100], took[took.len() / 2]);
    println!("load {whole:?}; claims: median {median:?}, p99 {p99:?}, worst {:?}", took.last());
    assert!(p99 * 10 < whole, "p99 {p99:?} of a load of {whole:?}");
}

/// A row with a key could not be written twice while an older transaction was open, though that one only read
/// (duckdb/duckdb#17802). Here a load and a snapshot stay open while slots go through all their states.
#[test]
fn a_slot_goes_through_its_states_while_older_transactions_are_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse =
        Warehouse::open(&folder.path().join("daybook.duckdb"), &WarehouseConfig::default()).expect("a warehouse");
    claim_all(&warehouse, 3);
    let ((begun, is_begun), (go_on, goes_on)) = (mpsc::channel(), mpsc::channel());
    let loading = warehouse.clone();
    let load = std::thread::spawn(move || {
        loading.write_blocking(move |connection| {
            let transaction = connection.transaction().context(String::new)?;
            let sql = "INSERT INTO ops.touched_day SELECT workspace, DATE '2026-01-01', job FROM ops.slot";
            transaction.execute_batch(sql).context(String::new)?;
            begun.send(()).expect("heard");
            goes_on.recv().expect("told");
            transaction.commit().context(String::new)
        })
    });
    is_begun.recv().expect("a load");
    let mark = Mark {
        first_seen_at: DateTime::UNIX_EPOCH,
        planned_through: DateTime::UNIX_EPOCH,
        failures: Failures { in_row: 0, last_at: None },
        last_success_slot: None,
    };
    warehouse
        .snapshot_blocking(|reader| {
            reader.query_row("SELECT count(*) FROM ops.slot", [], |row| row.get::<_, u64>(0)).context(String::new)?;
            for round in 1..4 {
                for number in 0..3 {
                    let failed = Slot { attempts: round, ..slot(number) };
                    let at = DateTime::UNIX_EPOCH + TimeDelta::days(i64::from(round));
                    let ended = warehouse.write_ledger_blocking(move |ledger| {
                        slots::finish(ledger, &failed, Outcome::Failed, "the vendor is down", &mark, at)
                    })?;
                    let again =
                        Slot { state: SlotState::Claimed, attempts: round + 1, claimed_at: Some(at), ..slot(number) };
                    let claimed = warehouse.write_ledger_blocking(move |ledger| slots::claim(ledger, &[again]))?;
                    assert!(ended && claimed == [true], "round {round} of slot {number}");
                }
            }
            Ok(())
        })
        .expect("no conflict");
    go_on.send(()).expect("heard");
    load.join().expect("ended").expect("loaded");
    assert_eq!(count(&warehouse, "SELECT count(*) FROM ops.run"), 12);
    assert_eq!(count(&warehouse, "SELECT count(*) FROM ops.touched_day"), 3);
}

/// What a source file writes: `(table, line)`.
fn writes(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for line in text.lines() {
        for begin in ["INTO ops.", "UPDATE ops.", "DELETE FROM ops.", "TRUNCATE ops."] {
            for (at, _) in line.match_indices(begin) {
                let rest = &line[at + begin.len()..];
                let table: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                found.push((table, line.trim().to_owned()));
            }
        }
    }
    found
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => sources(&path, found),
            false => found.push(path),
        }
    }
}

/// The types keep functions apart; this keeps the statements in them apart.
#[test]
fn no_statement_writes_rows_of_the_other_side() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut files, mut wrong, mut seen) = (Vec::new(), Vec::new(), BTreeMap::<String, u32>::new());
    sources(&src, &mut files);
    for file in files {
        let name = file.strip_prefix(&src).expect("inside src").to_string_lossy().into_owned();
        let is_code = name.ends_with(".rs") || name.ends_with(".sql");
        if !is_code || name.contains("migrations/") || name.contains("tests") {
            continue;
        }
        // A folder of the ledger is named with its slash.
        let is_of_ledger = OF_LEDGER.iter().any(|one| name == *one || (one.ends_with('/') && name.starts_with(one)));
        for (table, line) in writes(&std::fs::read_to_string(&file).expect("a source file")) {
            *seen.entry(table.clone()).or_default() += 1;
            if !CROSSING.contains(&name.as_str()) && LEDGER.contains(&table.as_str()) != is_of_ledger {
                wrong.push(format!("{name}: {line}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen["slot"] >= 2 && seen["load"] >= 3, "the statements were not found: {seen:?}");
}

#[test]
fn each_table_of_the_ledger_is_there() {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let sql = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'ops'";
    let there: BTreeSet<String> = warehouse
        .read_blocking(|reader| {
            let mut statement = reader.prepare(sql).context(String::new)?;
            let names = statement.query_map([], |row| row.get(0)).context(String::new)?;
            names.collect::<Result<_, _>>().context(String::new)
        })
        .expect("tables");
    let missing: Vec<_> = LEDGER.iter().filter(|table| !there.contains(**table)).collect();
    assert!(missing.is_empty(), "{missing:?} of {there:?}");
}

/// A burst of requests held every blocking thread, and nothing was answered any more (utensils/nxv#14). The right value:
/// each is answered, and no thread stands for each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_readers_and_writers_is_answered_on_a_few_threads() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = Warehouse::open(&folder.path().join("daybook.duckdb"), &WarehouseConfig::default()).expect("one");
    let threads = || std::fs::read_dir("/proc/self/task").expect("threads").count();
    let before = threads();
    let sql = "SELECT count(*) FROM ops.touched_day";
    let burst = (0..300).map(|number| {
        let warehouse = warehouse.clone();
        tokio::spawn(async move {
            if number % 3 == 0 {
                warehouse.write(|c| c.execute_batch("SELECT 1").context(String::new)).await.expect("written");
            }
            if number % 3 == 1 {
                warehouse.write_ledger(|c| c.execute_batch("SELECT 1").context(String::new)).await.expect("noted");
            }
            warehouse
                .read(|c| c.query_row(sql, [], |row| row.get::<_, u64>(0)).context(String::new))
                .await
                .expect("read")
        })
    });
    for one in burst.collect::<Vec<_>>() {
        assert_eq!(one.await.expect("answered"), 0);
    }
    // Other tests run beside this one; one thread for each would be hundreds.
    assert!(threads() < before + 100, "{} threads, {before} before", threads());
}
