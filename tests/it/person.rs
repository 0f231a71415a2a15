//! One person's data, and addresses in the ledger: handed out, aged, erased for good.

use crate::data_folder::DataFolder;
use crate::maintenance::{installation, keeps_all};
use crate::support::{noon, texts};
use chrono::{DateTime, Duration, Utc};
use daybook::jobs::maintenance::back_up;
use daybook::jobs::person::{ERASURES, about, forget};
use daybook::support::secret::Secret;
use daybook::warehouse::maintenance::backup;
use daybook::warehouse::maintenance::restore::restore;
use daybook::warehouse::maintenance::{RetentionConfig, retention};
use daybook::warehouse::privacy::erased;
use daybook::warehouse::privacy::person::Who;
use daybook::warehouse::{Context, WarehouseConfig, WarehouseError};

#[test]
fn an_erased_person_is_gone_everywhere_and_does_not_come_back() {
    let (_folder, installation) = installation();
    let context = installation.maintain(keeps_all());
    back_up(&context, true, noon()).expect("a backup that still holds the person");
    let who = Who::Mail(" Payer17@Example.com ".to_owned());
    let found = about(&context, "acme", &who).expect("found");
    assert_eq!(found.held.tables["core.payment"].len(), 1);
    assert_eq!(found.landed.len(), 1, "the landed slice names the person");
    let kinds: Vec<&str> = found.held.identifiers.iter().map(|id| id.kind.as_str()).collect();
    assert_eq!(kinds, ["person_key", "customer_id"].map(|kind| kind).into_iter().rev().collect::<Vec<_>>());

    let done = forget(&context, "acme", &who, "cli", false, noon() + Duration::hours(1)).expect("erased");
    assert_eq!(done.left, Vec::<String>::new());
    assert_eq!((done.erased.identifiers, done.landed.len(), done.backups.len()), (2, 1, 1));
    let of_17 = "SELECT customer_id || ' ' || person_key FROM core.payment WHERE payment_id = 'ch_17'";
    let words = texts(&installation.warehouse, of_17).remove(0);
    assert!(words.starts_with("erased_") && words.contains(" erased_") && !words.contains("cus_17"), "{words}");
    assert_eq!(installation.payments(), ["3000 payments, 30000.000000"], "the books are as they were");
    assert!(about(&context, "acme", &who).expect("looked").held.tables.is_empty());

    // The vendor sends everyone again: the same words stand there, and nothing counts as restated.
    let loaded = installation.pay(0, 3000, noon() + Duration::hours(2)).expect("loaded");
    assert_eq!((loaded.rows_written, loaded.rows_superseded), (0, 0));
    assert_eq!(texts(&installation.warehouse, of_17), std::slice::from_ref(&words));

    // Nor does a backup from before bring the person back.
    let (database, folder) = (installation.warehouse.path().to_owned(), installation.folder.clone());
    drop((installation, context));
    let made = backup::list(&folder.join("backups"), DateTime::<Utc>::MAX_UTC).expect("a list").remove(0);
    let erasures = erased::read_file(&folder.join(ERASURES)).expect("the list of erasures");
    let key = Secret::new("key");
    let done = restore(&database, &WarehouseConfig::default(), &made, (&erasures, &key), noon()).expect("restored");
    assert_eq!(done.erased_again, 2);
    assert_eq!(texts(&DataFolder::open(&folder).warehouse, of_17), [words]);
}

#[test]
fn an_erasure_that_fails_midway_is_finished_by_running_it_again() {
    let (_folder, installation) = installation();
    let context = installation.maintain(keeps_all());
    let who = Who::Mail("payer17@example.com".to_owned());
    let write = |sql: &'static str| {
        installation.warehouse.write_blocking(move |c| c.execute_batch(sql).context(|| sql.to_owned())).expect(sql);
    };
    write("ALTER TABLE ops.audit RENAME TO audit_away");
    forget(&context, "acme", &who, "cli", false, noon()).expect_err("it cannot be noted");
    let found = about(&context, "acme", &who).expect("looked");
    assert_eq!(found.landed, Vec::<std::path::PathBuf>::new(), "pages go first, while what leads to them is known");
    assert_eq!(found.held.identifiers.len(), 2, "the database is as it was");
    write("ALTER TABLE ops.audit_away RENAME TO audit");
    let done = forget(&context, "acme", &who, "cli", false, noon()).expect("erased");
    assert_eq!((done.erased.identifiers, done.left), (2, Vec::new()));
}

/// The ledger of delivery and schedule, of three years ago and of last week.
pub const BOOKS: &str = "
    INSERT INTO ops.slot (job, workspace, slot_at, fire, is_catch_up, state, attempts, reason, detail, planned_at)
    SELECT 'sync', 'acme', then_at, 'normal', false, state, 1, '', '', then_at
    FROM (VALUES (TIMESTAMP '2023-01-02 08:00', 'succeeded'), (TIMESTAMP '2023-01-02 09:00', 'planned'), (TIMESTAMP '2026-11-10 08:00', 'failed')) AS v(then_at, state);
    INSERT INTO ops.job_mark VALUES ('sync', 'acme', TIMESTAMP '2023-01-01', TIMESTAMP '2026-11-19', 0, NULL, NULL);
    INSERT INTO ops.run (run_id, job, workspace, subject, started_at, ended_at, outcome, detail)
    VALUES ('r1', 'sync', 'acme', '', TIMESTAMP '2023-01-02', TIMESTAMP '2023-01-02 01:00', 'succeeded', ''),
        ('r2', 'sync', 'acme', '', TIMESTAMP '2023-01-02', NULL, 'running', ''), ('r3', 'sync', 'acme', '', TIMESTAMP '2026-11-10', TIMESTAMP '2026-11-10', 'failed', '');
    INSERT INTO ops.outbox (message_id, report_id, workspace, position, route, state, attempts, created_at, kind, lane, recipient)
    SELECT id, 'rep', ws, 0, '{\"kind\":\"mail\",\"from\":\"d@example.com\",\"to\":\"Ann <ann@example.com>\"}', state, 1, then_at, 'report', 'mail', 'ann@example.com'
    FROM (VALUES ('old', 'acme', 'sent', TIMESTAMP '2023-01-02'), ('unsure', 'acme', 'unknown', TIMESTAMP '2023-01-02'),
        ('new', 'acme', 'sent', TIMESTAMP '2026-11-10'), ('waiting', 'acme', 'pending', TIMESTAMP '2026-11-10'), ('theirs', 'other', 'sent', TIMESTAMP '2026-11-10')) AS v(id, ws, state, then_at);
    INSERT INTO ops.payload SELECT message_id, 19, '', 'To: ann@example.com'::BLOB, false FROM ops.outbox;
    INSERT INTO ops.delivery_attempt
    SELECT id, 1, 'ann@example.com', then_at, then_at, 'sent', 'to <Ann@Example.com> taken', NULL, '[{\"text\":\"250 ann@example.com ok\"}]'
    FROM (VALUES ('old', TIMESTAMP '2023-01-02'), ('unsure', TIMESTAMP '2023-01-02'), ('new', TIMESTAMP '2026-11-10'), ('theirs', TIMESTAMP '2026-11-10')) AS v(id, then_at);
    INSERT INTO ops.suppression VALUES ('ann@example.com', '550 ann@example.com: gone', 'new', TIMESTAMP '2022-01-02', NULL),
        ('bob@example.com', 'gone', 'old', TIMESTAMP '2022-01-02', TIMESTAMP '2022-02-02');
    INSERT INTO ops.issued_file VALUES ('rep_old', 'x.pdf', 1, 'sum'), ('rep_new', 'x.pdf', 1, 'sum');
    INSERT INTO ops.report (report_id, workspace, report, period_start, period_end, issued_at, document)
    VALUES ('rep_old', 'acme', 'daily', DATE '2023-01-01', DATE '2023-01-02', TIMESTAMP '2023-01-02', '{}'), ('rep_new', 'acme', 'daily', DATE '2026-11-09', DATE '2026-11-10', TIMESTAMP '2026-11-10', '{}')";

fn with_books() -> (tempfile::TempDir, DataFolder) {
    let folder = tempfile::tempdir().expect("a folder");
    let installation = DataFolder::open(folder.path());
    installation.warehouse.write_blocking(|c| c.execute_batch(BOOKS).context(|| "books".to_owned())).expect("books");
    (folder, installation)
}

#[test]
fn records_of_delivery_and_schedule_age_and_what_is_open_or_in_force_stays() {
    let (_folder, installation) = with_books();
    let config = RetentionConfig::default();
    retention::retain(&installation.warehouse, &config, noon()).expect("retained");
    let left = |sql: &str| texts(&installation.warehouse, sql);
    assert_eq!(left("SELECT state FROM ops.slot ORDER BY slot_at"), ["planned", "failed"]);
    assert_eq!(left("SELECT run_id FROM ops.run ORDER BY 1"), ["r2", "r3"]);
    assert_eq!(left("SELECT message_id FROM ops.outbox ORDER BY 1"), ["new", "theirs", "unsure", "waiting"]);
    assert_eq!(left("SELECT message_id FROM ops.payload ORDER BY 1"), ["new", "theirs", "unsure", "waiting"]);
    assert_eq!(left("SELECT message_id FROM ops.delivery_attempt ORDER BY 1"), ["new", "theirs", "unsure"]);
    assert_eq!(left("SELECT address FROM ops.suppression"), ["ann@example.com"], "in force for four years");
    assert_eq!(left("SELECT report_id FROM ops.issued_file"), ["rep_new"]);

    // Who keeps them for good says so.
    let (_folder, installation) = with_books();
    let tables = ["schedule", "delivery"].map(|name| (name.to_owned(), 0)).into_iter().collect();
    let config = RetentionConfig { tables, ..RetentionConfig::default() };
    retention::retain(&installation.warehouse, &config, noon()).expect("retained");
    assert_eq!(texts(&installation.warehouse, "SELECT count(*)::VARCHAR FROM ops.slot"), ["3"]);
    assert_eq!(texts(&installation.warehouse, "SELECT count(*)::VARCHAR FROM ops.suppression"), ["2"]);
}

#[test]
fn an_erased_readers_address_leaves_the_records_of_delivery_but_not_those_of_other_tenants() {
    let (_folder, installation) = with_books();
    let context = installation.maintain(keeps_all());
    back_up(&context, true, noon()).expect("a backup that still holds the address");
    let who = Who::Mail("Ann@Example.com".to_owned());
    let found = about(&context, "acme", &who).expect("found");
    assert_eq!(found.held.tables["ops.outbox"].len(), 4, "{:?}", found.held.tables);
    let done = forget(&context, "acme", &who, "cli", false, noon() + Duration::hours(1)).expect("erased");
    assert_eq!(done.left, Vec::<String>::new());
    let gone = |warehouse: &daybook::warehouse::Warehouse| {
        for (table, id) in [("outbox", "message_id"), ("delivery_attempt", "message_id"), ("suppression", "address")] {
            let sql = format!("SELECT {id} FROM ops.{table} AS t WHERE to_json(t)::VARCHAR ILIKE '%ann@%' ORDER BY 1");
            let theirs: &[&str] = if table == "suppression" { &[] } else { &["theirs"] };
            assert_eq!(texts(warehouse, &sql), theirs, "{table}");
        }
    };
    gone(&installation.warehouse);
    let states = texts(
        &installation.warehouse,
        "SELECT message_id || ' ' || state || ' ' || coalesce(octet_length(payload), 0) FROM ops.outbox
             LEFT JOIN ops.payload USING (message_id) ORDER BY 1",
    );
    assert_eq!(states, ["new sent 0", "old sent 0", "theirs sent 19", "unsure failed 0", "waiting failed 0"]);
    let route = texts(&installation.warehouse, "SELECT route FROM ops.outbox WHERE message_id = 'new'").remove(0);
    let route: daybook::delivery::Route = serde_json::from_str(&route).expect("still a route");
    assert!(route.text().starts_with("mail to erased_"), "{}", route.text());
    assert!(about(&context, "acme", &who).expect("looked").is_empty());

    // A restored backup does not bring the address back.
    let (database, folder) = (installation.warehouse.path().to_owned(), installation.folder.clone());
    drop((installation, context));
    let made = backup::list(&folder.join("backups"), DateTime::<Utc>::MAX_UTC).expect("a list").remove(0);
    let erasures = erased::read_file(&folder.join(ERASURES)).expect("the list of erasures");
    restore(&database, &WarehouseConfig::default(), &made, (&erasures, &Secret::new("key")), noon()).expect("restored");
    gone(&DataFolder::open(&folder).warehouse);
}

#[test]
fn an_erased_persons_record_that_is_set_aside_later_is_emptied() {
    let (_folder, installation) = installation();
    let who = Who::Id { id: "cus_17".to_owned(), connection: Some("stripe".to_owned()) };
    forget(&installation.maintain(keeps_all()), "acme", &who, "cli", false, noon()).expect("erased");
    let sql = "INSERT INTO ops.quarantine (load_id, workspace, connection, stream, slice, table_name, page_no, record_no, reason, raw) VALUES
        ('l', 'acme', 'stripe', 'charges', 's', 'payment', 1, 0, 'why', '{\"customer\":\"cus_17\"}'),
        ('l', 'acme', 'stripe', 'charges', 's', 'payment', 1, 1, 'why', '{\"customer\":\"cus_18\"}'),
        ('l', 'acme', 'other', 'charges', 's', 'payment', 1, 2, 'why', '{\"customer\":\"cus_17\"}'),
        ('l', 'acme', 'other', 'charges', 's', 'payment', 1, 3, 'why', '{\"mail\":\"payer17@example.com\"}')";
    let scrubbed = installation
        .warehouse
        .write_blocking(move |c| -> Result<u64, WarehouseError> {
            c.execute_batch(sql).context(|| "records".to_owned())?;
            erased::set_key(c, &Secret::new("key"))?;
            erased::scrub_quarantine(c, "acme", Some("l"))
        })
        .expect("scrubbed");
    assert_eq!(scrubbed, 2, "the id counts at its own vendor only, the address everywhere");
    let left = texts(
        &installation.warehouse,
        "SELECT record_no::VARCHAR FROM ops.quarantine WHERE raw IS NOT NULL ORDER BY 1",
    );
    assert_eq!(left, ["1", "2"]);
}
