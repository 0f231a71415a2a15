use crate::domain::channel::ChannelRules;
use crate::domain::fact::Facts;
use crate::domain::workspace::Workspace;
use crate::warehouse::error::Context;
use crate::warehouse::facts::{builtin, fact_of};
use crate::warehouse::rollup::{RollupSql, rollup};
use crate::warehouse::{Warehouse, WarehouseConfig};
use chrono::NaiveDate;
use rand::{RngExt, SeedableRng};
use std::sync::Arc;

const CALLS: &str = "about = 'Calls by hour.'\nday = 'date'\nhour = 'hour'\ndimensions = ['device']\n\
    key = ['date', 'hour', 'device']\n[columns]\n\
    date = { type = 'DATE', required = true, about = 'The day.' }\n\
    hour = { type = 'INTEGER', required = true, about = 'The hour.' }\n\
    device = { type = 'VARCHAR', required = true, about = 'The device.' }\n\
    calls = { type = 'BIGINT', required = true, about = 'Calls.' }\n\
    minutes = { type = 'DECIMAL(18, 2)', about = 'Minutes.' }\n[measures]\ncalls = 'BIGINT'\nminutes = 'BIGINT'\n";
const ADDS: &str =
    "SELECT workspace, date, hour, 'phone' AS source, '' AS medium, '' AS campaign, device, calls, minutes
    FROM core.call_hourly";
const TABLES: [&str; 5] = ["metric_daily", "metric_hourly", "call_hourly_by", "web_daily_by", "ad_daily_by"];

fn facts(contract: &str) -> Arc<Facts> {
    let mut facts = (*builtin()).clone();
    facts.add(fact_of("call_hourly", contract, Some(ADDS))).expect("added");
    Arc::new(facts)
}

fn run(warehouse: &Warehouse, sql: &str) {
    let sql = sql.to_owned();
    warehouse.write_blocking(move |c| c.execute_batch(&sql).context(|| sql.clone())).expect("written");
}

fn roll_up(warehouse: &Warehouse, sql: RollupSql) {
    let of = Workspace::sample("w", "EUR");
    let today = NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day");
    let rules = ChannelRules::new(&[]).expect("no rules");
    warehouse.write_blocking(move |c| rollup(c, &of, &rules, &sql, today)).expect("rolled up");
}

fn texts(warehouse: &Warehouse, sql: &str) -> Vec<String> {
    warehouse
        .read_blocking(|reader| {
            let mut statement = reader.prepare(sql).context(|| sql.to_owned())?;
            let rows = statement.query_map([], |row| row.get(0)).context(|| sql.to_owned())?;
            rows.collect::<Result<_, _>>().context(|| sql.to_owned())
        })
        .expect("rows")
}

fn all(warehouse: &Warehouse) -> Vec<Vec<String>> {
    TABLES.map(|table| texts(warehouse, &format!("SELECT t::VARCHAR FROM mart.{table} AS t ORDER BY 1"))).to_vec()
}

/// Rows of vendors come, go and change at random on a few days; others are read again as they were. What is stored then
/// is what computing everything anew gives.
#[test]
fn days_that_differ_are_written_and_give_what_all_days_computed_anew_give() {
    let facts = facts(CALLS);
    let config = WarehouseConfig { facts: facts.clone(), ..WarehouseConfig::default() };
    let warehouse = Warehouse::in_memory_with(config).expect("a warehouse");
    let sql = RollupSql { facts, ..RollupSql::shipped() };
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(15);
    run(
        &warehouse,
        "INSERT INTO core.fx_rate BY NAME SELECT 'w' AS workspace, 'r' AS connection, DATE '2026-11-01' AS date,
             'USD' AS currency, 1.1 AS rate, 'l' AS load_id",
    );
    for round in 0..12 {
        let mut batch = String::new();
        for _ in 0..6 {
            let [day, name, n] = [8, 3, 5].map(|below| random.random_range(1..=below));
            let date = format!("DATE '2026-11-{day:02}'");
            let currency = ["EUR", "USD"][random.random_range(0..2)];
            batch += &match random.random_range(0..7) {
                0 => format!("DELETE FROM core.call_hourly WHERE date = {date};"),
                1 => format!("DELETE FROM core.ad_daily WHERE date = {date} AND device = 'd{name}';"),
                2 => format!("UPDATE core.web_daily SET sessions = {n} WHERE date = {date};"),
                3 => format!("UPDATE core.call_hourly SET hour = {n} WHERE date = {date} AND device = 'd{name}';"),
                4 => format!(
                    "INSERT INTO core.call_hourly VALUES ('w', 'c', {date}, {n}, 'd{name}', {n}, NULL, 'l{round}');"
                ),
                5 => format!(
                    "INSERT INTO core.web_daily BY NAME SELECT 'w' AS workspace, 'c' AS connection, 'p' AS property_id,
                         {date} AS date, 'google' AS source, 'cpc' AS medium, '(not set)' AS campaign, 'd{name}' AS device,
                         '' AS country, {n} AS sessions, 0 AS engaged_sessions, 0 AS pageviews, 0 AS session_seconds,
                         0 AS key_events, 'l' AS load_id;"
                ),
                _ => format!(
                    "INSERT INTO core.ad_daily BY NAME SELECT 'w' AS workspace, 'ads' AS connection, 'a{n}' AS account_id,
                         '1' AS campaign_id, 'Brand' AS campaign_name, '' AS campaign_status, '' AS campaign_type,
                         '' AS ad_group_id, '' AS ad_id, 'd{name}' AS device, '' AS country, {date} AS date,
                         'google' AS source, 'cpc' AS medium, '{currency}' AS currency, {n} AS impressions, 1 AS clicks,
                         0.37 AS cost, 0 AS conversions, 0 AS conversion_value, 'l' AS load_id;"
                ),
            };
            // Beside the day of the change, one on which nothing changed.
            batch += &format!("INSERT INTO ops.touched_day VALUES ('w', {date}, 'l'), ('w', {date} + 1, 'l');");
        }
        run(&warehouse, &batch);
        roll_up(&warehouse, sql.clone());
        let stored = all(&warehouse);
        let empty: String = TABLES.map(|table| format!("DELETE FROM mart.{table};")).concat();
        let touch = "INSERT INTO ops.touched_day SELECT 'w', DATE '2026-11-01' + CAST(n AS INTEGER), 'l' FROM range(10) AS r(n)";
        run(&warehouse, &format!("{empty} {touch}"));
        roll_up(&warehouse, sql.clone());
        assert_eq!(stored, all(&warehouse), "round {round}: {batch}");
    }
    assert!(all(&warehouse).iter().all(|rows| !rows.is_empty()), "each table was tried");
}

/// Reading a day again writes nothing where it is as it was, and rows that a removed query of the installation left
/// twice go.
#[test]
fn a_day_that_is_as_it_was_is_not_written_and_one_with_rows_twice_is() {
    let facts = facts(CALLS);
    let config = WarehouseConfig { facts: facts.clone(), ..WarehouseConfig::default() };
    let warehouse = Warehouse::in_memory_with(config).expect("a warehouse");
    let sql = RollupSql { facts, ..RollupSql::shipped() };
    let touch = "INSERT INTO ops.touched_day SELECT DISTINCT 'w', date, 'l' FROM core.call_hourly";
    run(
        &warehouse,
        &format!(
            "INSERT INTO core.call_hourly
             SELECT 'w', 'c', DATE '2026-11-01' + CAST(n AS INTEGER), 9, 'd', 1, 2.5, 'l' FROM range(3) AS r(n); {touch}"
        ),
    );
    roll_up(&warehouse, sql.clone());
    let rows = || {
        TABLES.map(|table| texts(&warehouse, &format!("SELECT date || ' ' || rowid FROM mart.{table} ORDER BY date")))
    };
    let before = rows();
    run(&warehouse, &format!("UPDATE core.call_hourly SET calls = 7 WHERE date = DATE '2026-11-02'; {touch}"));
    roll_up(&warehouse, sql.clone());
    for (before, after) in before.iter().zip(rows()).filter(|(before, _)| !before.is_empty()) {
        assert_eq!((&before[0], &before[2]), (&after[0], &after[2]), "these days were left alone");
        assert_ne!(before[1], after[1]);
    }
    run(&warehouse, &format!("INSERT INTO mart.metric_daily FROM mart.metric_daily LIMIT 1; {touch}"));
    roll_up(&warehouse, sql);
    assert_eq!(texts(&warehouse, "SELECT calls::VARCHAR FROM mart.metric_daily ORDER BY date"), ["1", "7", "1"]);
}

/// A measure that is given another type has it in every table, and its days are computed anew.
#[test]
fn a_measure_of_another_type_is_kept_in_it_everywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.duckdb");
    for (kind, minutes) in [("BIGINT", "3"), ("DECIMAL(38, 2)", "2.50"), ("BIGINT", "3")] {
        let facts = facts(&CALLS.replace("minutes = 'BIGINT'", &format!("minutes = '{kind}'")));
        let config = WarehouseConfig { facts: facts.clone(), ..WarehouseConfig::default() };
        let warehouse = Warehouse::open(&path, &config).expect("a warehouse");
        if kind == "BIGINT" && texts(&warehouse, "SELECT device FROM core.call_hourly").is_empty() {
            run(
                &warehouse,
                "INSERT INTO core.call_hourly VALUES ('w', 'c', DATE '2026-11-01', 9, 'd', 1, 2.5, 'l');
                 INSERT INTO ops.touched_day VALUES ('w', DATE '2026-11-01', 'l')",
            );
        }
        roll_up(&warehouse, RollupSql { facts, ..RollupSql::shipped() });
        for table in ["metric_daily", "metric_hourly", "call_hourly_by"] {
            assert_eq!(texts(&warehouse, &format!("SELECT minutes::VARCHAR FROM mart.{table}")), [minutes], "{table}");
        }
    }
}
