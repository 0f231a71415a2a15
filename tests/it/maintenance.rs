//! The warehouse's care: backups, restore, compaction, retention, exports, and one person's data.

use crate::data_folder::DataFolder;
use crate::person::BOOKS;
use crate::support::{noon, texts};
use crate::tenants::synced_world;
use chrono::{DateTime, Duration, Months, Utc};
use daybook::jobs::doctor::{Patient, doctor};
use daybook::jobs::maintenance::{back_up, maintain};
use daybook::support::secret::Secret;
use daybook::warehouse::facts::builtin;
use daybook::warehouse::facts::checks::checks;
use daybook::warehouse::maintenance::backup::{self, Kind};
use daybook::warehouse::maintenance::checksum::open_read_only;
use daybook::warehouse::maintenance::doctor::Health;
use daybook::warehouse::maintenance::restore::restore;
use daybook::warehouse::maintenance::{MaintenanceConfig, RetentionConfig, compact, export, retention};
use daybook::warehouse::{Context, WarehouseConfig};

pub fn installation() -> (tempfile::TempDir, DataFolder) {
    let folder = tempfile::tempdir().expect("a folder");
    let installation = DataFolder::open(folder.path());
    installation.pay(0, 3000, noon()).expect("loaded");
    (folder, installation)
}

pub fn keeps_all() -> MaintenanceConfig {
    MaintenanceConfig {
        retention: RetentionConfig { months: 0, ..RetentionConfig::default() },
        ..MaintenanceConfig::default()
    }
}

#[test]
fn a_night_leaves_a_backup_that_opens_and_holds_every_row() {
    let (_folder, installation) = installation();
    let night = maintain(&installation.maintain(keeps_all()), noon());
    assert!(night.is_ok(), "{}", night.failures());
    let backups = backup::list(&installation.folder.join("backups"), DateTime::<Utc>::MAX_UTC).expect("a list");
    assert_eq!(backups.len(), 1);
    assert_eq!(backups[0].manifest.tables["core.payment"], 3000);
    backup::verify(&backups[0]).expect("it opens and counts");
    let again = maintain(&installation.maintain(keeps_all()), noon() + Duration::days(1));
    assert!(again.is_ok(), "{}", again.failures());
    assert_eq!(installation.payments(), ["3000 payments, 30000.000000"]);
}

#[test]
fn backups_are_kept_by_number_and_the_newest_stay() {
    let (_folder, installation) = installation();
    let mut config = keeps_all();
    config.backup.keep = 2;
    let rests = installation.folder.join("backups");
    std::fs::create_dir_all(&rests).expect("a folder");
    std::fs::write(rests.join("daybook-20200101T000000Z-v1.duckdb.part"), "of a killed backup").expect("a rest");
    for night in 0..4 {
        back_up(&installation.maintain(config.clone()), true, noon() + Duration::days(night)).expect("a backup");
    }
    let backups = backup::list(&installation.folder.join("backups"), DateTime::<Utc>::MAX_UTC).expect("a list");
    let made: Vec<_> = backups.iter().map(|backup| backup.manifest.made_at).collect();
    assert_eq!(made, [noon() + Duration::days(3), noon() + Duration::days(2)]);
    let files = std::fs::read_dir(installation.folder.join("backups")).expect("the folder").count();
    assert_eq!(files, 4, "each with its manifest and nothing else");
}

#[test]
fn a_backup_that_lost_rows_is_refused_by_restore() {
    let (_folder, installation) = installation();
    back_up(&installation.maintain(keeps_all()), true, noon()).expect("a backup");
    let made = backup::list(&installation.folder.join("backups"), DateTime::<Utc>::MAX_UTC).expect("a list").remove(0);
    let tampered = duckdb::Connection::open(&made.path).expect("opened");
    tampered.execute_batch("DELETE FROM core.payment WHERE payment_id = 'ch_7'; CHECKPOINT").expect("deleted");
    drop(tampered);
    let database = installation.warehouse.path().to_owned();
    let before = installation.payments();
    drop(installation);
    let error = restore(&database, &WarehouseConfig::default(), &made, (&[], &Secret::new("key")), noon())
        .expect_err("refused")
        .to_string();
    assert!(error.contains("does not hold the rows it was made with"), "{error}");
    assert_eq!(DataFolder::open(database.parent().expect("a folder")).payments(), before, "nothing was changed");
}

#[test]
fn a_restore_brings_the_rows_back_and_sends_nothing_twice() {
    let (_folder, installation) = installation();
    let waiting = |id: &str, state: &str| {
        format!(
            "INSERT INTO ops.outbox (message_id, report_id, workspace, position, route, state, attempts, created_at, kind, lane)
             VALUES ('{id}', 'rep', 'acme', 0, '{{}}', '{state}', 0, now()::TIMESTAMP, 'report', 'mail')"
        )
    };
    let first = waiting("m1", "pending");
    installation
        .warehouse
        .write_blocking(move |c| c.execute_batch(&first).context(|| "m1".to_owned()))
        .expect("a message");
    back_up(&installation.maintain(keeps_all()), true, noon()).expect("a backup");
    // Afterwards the message goes out, another is born, and the rows are lost.
    let later = format!(
        "UPDATE ops.outbox SET state = 'sent' WHERE message_id = 'm1'; {}; DELETE FROM core.payment;
         INSERT INTO ops.issued_file VALUES ('rep', 'x.pdf', 1, 'sum');
         INSERT INTO ops.landing_removed SELECT load_id, loaded_at FROM ops.load",
        waiting("m2", "pending")
    ) + "; INSERT INTO ops.payload VALUES ('m2', 5, 'sum', 'hello'::BLOB, false)";
    installation
        .warehouse
        .write_blocking(move |c| c.execute_batch(&later).context(|| "later".to_owned()))
        .expect("later");
    let (database, folder) = (installation.warehouse.path().to_owned(), installation.folder.clone());
    drop(installation);
    let made = backup::list(&folder.join("backups"), DateTime::<Utc>::MAX_UTC).expect("a list").remove(0);
    let key = Secret::new("key");
    let done = restore(&database, &WarehouseConfig::default(), &made, (&[], &key), noon()).expect("restored");
    assert_eq!((done.carried, done.unknown), (Some(4), 0));
    assert!(done.set_aside.expect("set aside").exists());
    let installation = DataFolder::open(&folder);
    assert_eq!(installation.payments(), ["3000 payments, 30000.000000"]);
    let states = texts(&installation.warehouse, "SELECT message_id || ' ' || state FROM ops.outbox ORDER BY 1");
    assert_eq!(states, ["m1 sent", "m2 pending"]);
    assert_eq!(
        texts(&installation.warehouse, "SELECT message_id || ' ' || payload::VARCHAR FROM ops.payload"),
        ["m2 hello"]
    );
    assert_eq!(texts(&installation.warehouse, "SELECT name FROM ops.issued_file"), ["x.pdf"]);
    assert_eq!(texts(&installation.warehouse, "SELECT count(*)::VARCHAR FROM ops.landing_removed"), ["1"]);
}

#[test]
fn a_restore_over_a_broken_database_shows_what_waited_as_unknown() {
    let (_folder, installation) = installation();
    let sql = "INSERT INTO ops.outbox (message_id, report_id, workspace, position, route, state, attempts, created_at, kind, lane)
        VALUES ('m1', 'rep', 'acme', 0, '{}', 'pending', 0, now()::TIMESTAMP, 'report', 'mail')";
    installation
        .warehouse
        .write_blocking(move |c| c.execute_batch(sql).context(|| "m1".to_owned()))
        .expect("a message");
    back_up(&installation.maintain(keeps_all()), true, noon()).expect("a backup");
    let (database, folder) = (installation.warehouse.path().to_owned(), installation.folder.clone());
    drop(installation);
    std::fs::write(&database, vec![7; 1 << 20]).expect("broken");
    let made = backup::list(&folder.join("backups"), DateTime::<Utc>::MAX_UTC).expect("a list").remove(0);
    let key = Secret::new("key");
    let done = restore(&database, &WarehouseConfig::default(), &made, (&[], &key), noon()).expect("restored");
    assert_eq!((done.carried, done.unknown), (None, 1));
    let installation = DataFolder::open(&folder);
    assert_eq!(texts(&installation.warehouse, "SELECT state FROM ops.outbox"), ["unknown"]);
    assert_eq!(installation.payments(), ["3000 payments, 30000.000000"]);
}

#[test]
fn compaction_gives_space_back_and_keeps_every_row_while_others_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let installation = DataFolder::open(folder.path());
    let fill = "CREATE TABLE main.ballast AS SELECT i, hash(i)::VARCHAR || hash(i + 1)::VARCHAR AS word FROM range(2000000) AS r(i);
        CHECKPOINT; DROP TABLE main.ballast; CHECKPOINT";
    installation.pay(0, 3000, noon()).expect("loaded");
    installation
        .warehouse
        .write_blocking(move |c| c.execute_batch(fill).context(|| "ballast".to_owned()))
        .expect("ballast");
    let space = installation.warehouse.read_blocking(compact::space).expect("measured");
    assert!(space.is_wasteful(30), "{space:?}");
    let reader = installation.warehouse.clone();
    let reading = std::thread::spawn(move || {
        (0..200).all(|_| texts(&reader, "SELECT count(*)::VARCHAR FROM core.payment") == ["3000"])
    });
    let done = compact::compact(&installation.warehouse).expect("compacted");
    assert!(reading.join().expect("a reader"), "a reader saw other rows");
    assert!(done.bytes_after * 3 < done.bytes_before, "{done:?}");
    assert_eq!(installation.payments(), ["3000 payments, 30000.000000"]);
    installation.pay(3000, 10, noon() + Duration::hours(1)).expect("the writer goes on");
    drop(installation);
    assert_eq!(DataFolder::open(folder.path()).payments(), ["3010 payments, 30100.000000"], "and it lasts");
}

#[test]
fn retention_removes_what_is_old_and_keeps_what_figures_rest_on() {
    let (_folder, installation) = installation();
    // An old second payment of a payer, and an old first one.
    let sql = "UPDATE core.payment SET person_key = 'p1', customer_id = 'c1' WHERE payment_id IN ('ch_850', 'ch_860', 'ch_5')";
    installation
        .warehouse
        .write_blocking(move |c| c.execute_batch(sql).context(|| "payers".to_owned()))
        .expect("payers");
    let config = RetentionConfig::default();
    let removed = retention::retain(&installation.warehouse, &config, noon()).expect("retained");
    let rows: u64 = removed.iter().filter(|gone| gone.table == "core.payment").map(|gone| gone.rows).sum();
    // ch_850 is younger than ch_860, both older than 24 months: the first one of the payer stays.
    assert_eq!(rows, 1, "{removed:?}");
    let left = texts(&installation.warehouse, "SELECT payment_id FROM core.payment WHERE person_key = 'p1' ORDER BY 1");
    assert_eq!(left, ["ch_5", "ch_860"]);
    let sealed = installation.warehouse.read_blocking(retention::sealed_before).expect("sealed");
    assert_eq!(
        Some(sealed),
        noon()
            .date_naive()
            .checked_sub_months(Months::new(24))
            .map(|day| { chrono::Datelike::with_day(&day, 1).expect("a first") })
    );
    let audit = texts(&installation.warehouse, "SELECT detail FROM ops.audit");
    assert!(audit[0].contains("1 rows of core.payment"), "{audit:?}");
    let config = RetentionConfig::default();
    let again = retention::retain(&installation.warehouse, &config, noon()).expect("retained");
    assert_eq!(again, [], "a second run removes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollup_after_retention_changes_no_figure() {
    let world = synced_world(75).await;
    let warehouse = &world.context.warehouse;
    let figures = || {
        texts(
            warehouse,
            "SELECT concat_ws(' ', workspace, date, channel, source, campaign, sessions, leads, customers, orders, revenue, refunds, cost)
             FROM mart.metric_daily ORDER BY 1",
        )
    };
    let recurring = || texts(warehouse, "SELECT concat_ws(' ', workspace, date, mrr) FROM mart.mrr_daily ORDER BY 1");
    let (before, recurring_before) = (figures(), recurring());
    let tables = ["metric_daily", "mrr_daily"].map(|table| (table.to_owned(), 0)).into();
    let config = RetentionConfig { months: 1, tables };
    let removed = retention::retain(warehouse, &config, noon()).expect("retained");
    assert!(removed.iter().any(|gone| gone.table == "core.web_daily"), "{removed:?}");
    // Every day there ever was is touched, as a backfill of all would.
    let sql = "INSERT INTO ops.touched_day SELECT DISTINCT workspace, date, 'test' FROM mart.metric_daily";
    warehouse.write_blocking(move |c| c.execute_batch(sql).context(|| "touched".to_owned())).expect("touched");
    let rolled = world.rollup().await;
    assert!(rolled.iter().all(|tenant| tenant.days > 40), "{rolled:?}");
    assert_eq!(figures(), before);
    assert_eq!(recurring(), recurring_before);
}

#[test]
fn a_night_without_a_backup_removes_nothing() {
    let (_folder, installation) = installation();
    std::fs::write(installation.folder.join("backups"), b"a file where the folder should be").expect("a file");
    let sql = "UPDATE core.payment SET person_key = 'p1' WHERE payment_id IN ('ch_850', 'ch_860')";
    installation
        .warehouse
        .write_blocking(move |c| c.execute_batch(sql).context(|| "payers".to_owned()))
        .expect("payers");
    let sent = "INSERT INTO ops.report (report_id, workspace, report, period_start, period_end, issued_at, document)
        VALUES ('rep', 'acme', 'daily', DATE '2026-09-01', DATE '2026-09-02', TIMESTAMP '2026-09-02', '{}');
        INSERT INTO ops.outbox (message_id, report_id, workspace, position, route, state, attempts, created_at, ended_at, kind, lane)
        VALUES ('m1', 'rep', 'acme', 0, '{}', 'sent', 1, TIMESTAMP '2026-09-02', TIMESTAMP '2026-09-02', 'report', 'file');
        INSERT INTO ops.payload VALUES ('m1', 3, '', 'pdf'::BLOB, false)";
    installation.warehouse.write_blocking(move |c| c.execute_batch(sent).context(|| "sent".to_owned())).expect("sent");
    let night = maintain(&installation.maintain(MaintenanceConfig::default()), noon());
    for step in ["retention", "payloads"] {
        let waits = format!("{step}: left for the next run, because the backup failed");
        assert!(night.failures().contains(&waits), "{}", night.failures());
    }
    assert_eq!(texts(&installation.warehouse, "SELECT message_id FROM ops.payload"), ["m1"]);
    assert_eq!(installation.payments(), ["3000 payments, 30000.000000"]);
}

#[test]
fn exported_months_read_back_as_they_were_and_are_written_once() {
    let (folder, installation) = installation();
    let (to, before) = (folder.path().join("export"), noon().date_naive());
    let done = installation.warehouse.read_blocking(|c| export::export(c, &to, before)).expect("exported");
    assert!(done.iter().all(|month| month.is_new && month.month < before), "{done:?}");
    let rows: u64 = done.iter().filter(|month| month.table == "core.payment").map(|month| month.rows).sum();
    let sql = format!(
        "SELECT count(*) || ' ' || sum(amount) || ' ' || count(DISTINCT month) FROM read_parquet('{}/core/payment/*/*/*.parquet', hive_partitioning = true)",
        to.display()
    );
    let held = texts(&installation.warehouse, &sql).remove(0);
    assert!(held.starts_with(&format!("{rows} {}.000000", rows * 10)), "{held}");
    let again = installation.warehouse.read_blocking(|c| export::export(c, &to, before)).expect("exported");
    assert!(again.iter().all(|month| !month.is_new));
}

#[test]
fn a_snapshot_is_read_only_and_leaves_messages_at_home() {
    let (folder, installation) = installation();
    let sql = "INSERT INTO ops.outbox (message_id, report_id, workspace, position, route, state, attempts, created_at, kind, lane)
        VALUES ('m1', 'rep', 'acme', 0, '{}', 'pending', 0, now()::TIMESTAMP, 'report', 'mail')";
    installation
        .warehouse
        .write_blocking(move |c| c.execute_batch(sql).context(|| "m1".to_owned()))
        .expect("a message");
    installation.warehouse.write_blocking(|c| c.execute_batch(BOOKS).context(|| "books".to_owned())).expect("books");
    let target = folder.path().join("bi.duckdb");
    for _ in 0..2 {
        daybook::jobs::maintenance::make_snapshot(&installation.maintain(keeps_all()), &target).expect("a snapshot");
    }
    assert!(std::fs::metadata(&target).expect("the file").permissions().readonly());
    let copy = open_read_only(&target).expect("opened");
    let count = |sql: &str| -> i64 { copy.query_row(sql, [], |row| row.get(0)).expect(sql) };
    assert_eq!(count("SELECT count(*) FROM core.payment"), 3000);
    for books in ["ops.outbox", "ops.payload", "ops.delivery_attempt", "ops.suppression"] {
        assert_eq!(count(&format!("SELECT count(*) FROM {books}")), 0, "{books} holds addresses");
    }
    assert_eq!(count("SELECT count(*) FROM mart.metric_monthly"), 0, "views came along");
}

#[test]
fn landed_pages_go_after_their_days_and_unloaded_ones_stay() {
    let (folder, installation) = installation();
    let land = |at| crate::data_folder::land(&folder.path().join("landing"), 5000, 3, at).expect("landed");
    let (overtaken, never) = (land(noon() - Duration::days(40)), land(noon() + Duration::hours(1)));
    let later = noon() + Duration::days(32);
    let night = maintain(&installation.maintain(keeps_all()), later);
    assert!(night.is_ok(), "{}", night.failures());
    let says = &night.steps.iter().find(|step| step.name == "landing").expect("the step").says;
    assert!(
        says.contains("2 slices older than 30 days removed")
            && says.contains("1 of them were never loaded, and newer answers hold their days")
            && says.contains("1 old slices were never loaded and stay"),
        "{says}"
    );
    assert!(never.manifest_path().exists() && !overtaken.manifest_path().exists());
    assert_eq!(texts(&installation.warehouse, "SELECT count(*)::VARCHAR FROM ops.landing_removed"), ["1"]);
    land(noon() - Duration::days(2));
    let findings = examine(&installation);
    let pages = findings.iter().find(|finding| finding.subject == "landed pages").expect("a finding");
    assert!(pages.says.contains("0 missing, 1 never loaded"), "{pages:?}");
}

#[test]
fn pages_that_a_stopped_night_noted_as_gone_go_in_the_next() {
    let (_folder, installation) = installation();
    let noted = "INSERT INTO ops.landing_removed SELECT load_id, loaded_at FROM ops.load";
    installation.warehouse.write_blocking(|c| c.execute_batch(noted).context(|| noted.to_owned())).expect("noted");
    let night = maintain(&installation.maintain(keeps_all()), noon() + Duration::days(31));
    let says = &night.steps.iter().find(|step| step.name == "landing").expect("the step").says;
    assert_eq!(says, "1 slices older than 30 days removed, 0 unfinished");
    assert_eq!(texts(&installation.warehouse, "SELECT count(*)::VARCHAR FROM ops.landing_removed"), ["1"]);
}

#[test]
fn the_doctor_finds_a_sound_installation_sound_and_names_a_damaged_page() {
    let (_folder, installation) = installation();
    back_up(&installation.maintain(keeps_all()), true, noon()).expect("a backup");
    let worst = |findings: &[daybook::warehouse::maintenance::doctor::Finding]| findings.iter().map(|f| f.health).max();
    let findings = examine(&installation);
    assert_eq!(worst(&findings), Some(Health::Good), "{findings:#?}");
    let page = daybook::connectors::landed::entries(&installation.folder.join("landing")).expect("entries").remove(0);
    let path = page.folder.join("page-00001.json.zst");
    std::fs::write(&path, b"damaged").expect("damaged");
    let findings = examine(&installation);
    let told = findings.iter().find(|finding| finding.health == Health::Bad).expect("a finding");
    assert!(told.says.contains("page-00001.json.zst is damaged"), "{told:?}");
    assert!(told.remedy.as_deref().expect("a remedy").contains("`daybook backfill`"), "{told:?}");
    assert_eq!(installation.payments(), ["3000 payments, 30000.000000"], "what was loaded from it is kept");
}

fn examine(installation: &DataFolder) -> Vec<daybook::warehouse::maintenance::doctor::Finding> {
    let patient = Patient {
        warehouse: Ok(&installation.warehouse),
        data_dir: &installation.folder,
        backups: installation.folder.join("backups"),
        keep_landing_days: 30,
        compact_at_free_percent: 30,
        has_person_key: true,
        figures: None,
        checks: vec![("fact_keys_are_unique".to_owned(), checks(&builtin())[0].sql.clone())],
    };
    doctor(&patient, noon() + Duration::hours(3))
}

#[test]
fn a_backup_before_a_migration_has_a_name_of_its_own() {
    let (_folder, installation) = installation();
    let folder = installation.folder.join("backups");
    let made = installation
        .warehouse
        .read_blocking(|c| backup::make(c, &folder, Kind::BeforeMigration, noon()))
        .expect("a backup");
    assert!(made.path.file_name().expect("a name").to_string_lossy().starts_with("before-migration-"));
    back_up(&installation.maintain(keeps_all()), true, noon()).expect("a nightly one");
    assert_eq!(
        backup::list(&folder, DateTime::<Utc>::MAX_UTC).expect("a list").len(),
        2,
        "they do not push each other out"
    );
}
