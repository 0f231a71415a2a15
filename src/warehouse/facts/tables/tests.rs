use crate::warehouse::facts::{builtin, fact_of};
use crate::warehouse::{Context, Warehouse, WarehouseConfig};
use std::sync::Arc;

/// A database that is cut off before its log was folded in opens again: what contracts change can be replayed.
#[test]
fn a_database_that_was_cut_off_after_its_first_start_opens() {
    let folder = tempfile::tempdir().expect("a folder");
    let [first, cut] = ["first.duckdb", "cut.duckdb"].map(|name| folder.path().join(name));
    let warehouse = Warehouse::open(&first, &WarehouseConfig::default()).expect("a new database");
    let log = |path: &std::path::Path| {
        let mut name = path.as_os_str().to_owned();
        name.push(".wal");
        std::path::PathBuf::from(name)
    };
    assert!(log(&first).exists(), "the log is not folded in yet");
    std::fs::copy(&first, &cut).expect("copied");
    std::fs::copy(log(&first), log(&cut)).expect("copied");
    drop(warehouse);
    let again = Warehouse::open(&cut, &WarehouseConfig::default()).expect("the log can be replayed");
    let sql = "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'core' AND comment IS NOT NULL";
    let commented: u64 =
        again.read_blocking(|reader| Ok(reader.query_row(sql, [], |row| row.get(0)).expect("a count"))).expect("read");
    assert!(commented > 20, "{commented}");
}

// dlt-hub/dlt#2409: a column that may be empty now kept its NOT NULL, and every load failed. MonetDB/MonetDB#1734: one
// that must not be empty any more was not looked at.
#[test]
fn a_column_may_become_optional_and_required_again_where_every_row_has_it() {
    let contract = |required: bool| {
        let text = format!(
            "about = 'Mails.'\nday = 'date'\nkey = ['date']\n[columns]\n\
             date = {{ type = 'DATE', required = true, about = 'The day.' }}\n\
             campaign = {{ type = 'VARCHAR', required = {required}, about = 'The campaign.' }}\n"
        );
        let mut facts = (*builtin()).clone();
        facts.add(fact_of("mail_daily", &text, None)).expect("added");
        Arc::new(facts)
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("one.duckdb");
    let open = || {
        let config = WarehouseConfig { facts: contract(true), ..WarehouseConfig::default() };
        Warehouse::open(&path, &config).expect("opened")
    };
    let run = |warehouse: &Warehouse, sql: &'static str| {
        warehouse.write_blocking(move |c| c.execute_batch(sql).context(|| sql.to_owned()))
    };
    let warehouse = open();
    run(&warehouse, "INSERT INTO core.mail_daily VALUES ('w', 'c', DATE '2026-11-01', 'x', 'l')").expect("a row");
    let without = "INSERT INTO core.mail_daily VALUES ('w', 'c', DATE '2026-11-02', NULL, 'l')";
    run(&warehouse, without).expect_err("it is required");
    warehouse.apply_facts(contract(false)).expect("optional now");
    run(&warehouse, without).expect("without a campaign");
    let error = warehouse.apply_facts(contract(true)).expect_err("one row has none").to_string();
    assert!(error.contains("the column campaign is required now, and 1 rows of core.mail_daily have none"), "{error}");
    run(&warehouse, "UPDATE core.mail_daily SET campaign = 'y' WHERE campaign IS NULL").expect("a campaign");
    warehouse.apply_facts(contract(true)).expect("every row has one");
    run(&warehouse, without).expect_err("it is required again");
    drop(warehouse);
    drop(open());
}
