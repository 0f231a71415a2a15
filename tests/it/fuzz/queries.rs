//! Queries of connectors, rollups and checks: one that reads a file is never taken, however it is wrapped.

use super::Trial;
use crate::drops::fuzz::bytes::Chance;
use daybook::warehouse::queries::examine;
use duckdb::Connection;

/// Relations and values that reach beyond tables.
const BAD_RELATIONS: [&str; 23] = [
    "'/etc/passwd.csv'",
    "\"a.parquet\"",
    "\"https://x.example/a.csv\"",
    "read_text('/etc/passwd')",
    "read_blob('/etc/passwd')",
    "READ_CSV_AUTO('/etc/passwd')",
    "read_json('/x')",
    "read_parquet('/x')",
    "parquet_scan('/x')",
    "glob('/**')",
    "sniff_csv('/x')",
    "query('SELECT 1')",
    "query_table('x.csv')",
    "duckdb_secrets()",
    "duckdb_settings()",
    "duckdb_variables()",
    "pg_catalog.pg_settings",
    "information_schema.tables",
    "ops.outbox",
    "ops.payload",
    "\"OPS\".\"Outbox\"",
    "(SHOW TABLES)",
    "json_execute_serialized_sql('{}')",
];
const BAD_VALUES: [&str; 8] = [
    "getenv('HOME')",
    "GetEnv('HOME')",
    "getvariable('person_key')",
    "getvariable('person' || '_key')",
    "current_setting('memory_limit')",
    "\"getenv\"('HOME')",
    "(SELECT content FROM read_text('/etc/passwd'))",
    "system.main.getenv('HOME')",
];
const GOOD_RELATIONS: [&str; 5] = ["core.payment", "mart.metric_daily", "page", "(SELECT 1 AS x)", "range(3)"];
const GOOD_VALUES: [&str; 5] = ["1", "'read_text(''/etc/passwd'')'", "lower('A')", "[1, 2]", "getvariable('since')"];

/// A sound query around a relation; `{}` is where it stands.
const AROUND_RELATION: [&str; 22] = [
    "SELECT * FROM {}",
    "FROM {}",
    "SELECT 1 FROM core.payment, {} AS t",
    "SELECT * FROM core.payment LEFT JOIN {} AS t ON true",
    "SELECT * FROM core.payment SEMI JOIN {} AS t ON true",
    "SELECT * FROM core.payment, LATERAL (SELECT * FROM {}) AS t",
    "SELECT (SELECT count(*) FROM {})",
    "SELECT * FROM core.payment WHERE EXISTS (FROM {})",
    "SELECT * FROM core.payment WHERE payment_id IN (SELECT 'a' FROM {})",
    "SELECT * FROM core.payment WHERE amount > ALL (SELECT 1 FROM {})",
    "WITH t AS (SELECT * FROM {}) SELECT * FROM t",
    "WITH t AS MATERIALIZED (FROM {}) SELECT 1",
    "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t, {} AS u WHERE i < 2) SELECT * FROM t",
    "SELECT 1 UNION ALL SELECT 2 FROM {}",
    "SELECT 1 EXCEPT SELECT 1 FROM {}",
    "SELECT list(x) FROM (SELECT 1 AS x FROM {}) GROUP BY ALL",
    "SELECT [x FOR x IN (SELECT list(1) FROM {})]",
    "SELECT 1 ORDER BY (SELECT 1 FROM {})",
    "SELECT 1 LIMIT (SELECT 1 FROM {})",
    "SELECT sum(1) OVER (ORDER BY (SELECT 1 FROM {}))",
    "SELECT CASE WHEN (SELECT true FROM {}) THEN 1 END",
    "FROM (PIVOT {} ON x USING count(*))",
];
const AROUND_VALUE: [&str; 18] = [
    "SELECT {}",
    "SELECT CAST({} AS VARCHAR)",
    "SELECT list_transform([1], lambda x: {})",
    "SELECT [y || {} FOR y IN ['a']]",
    "SELECT struct_pack(a := {})",
    "SELECT {'a': {}}",
    "SELECT coalesce(NULL, {})",
    "SELECT 1 WHERE {} IS NOT NULL",
    "SELECT count(*) FILTER (WHERE {} IS NOT NULL) FROM core.payment",
    "SELECT 1 FROM core.payment GROUP BY {}",
    "SELECT 1 FROM core.payment QUALIFY row_number() OVER (PARTITION BY {}) = 1",
    "SELECT * FROM (VALUES ({})) AS t(x)",
    "SELECT * REPLACE ({} AS payment_id) FROM core.payment",
    "SELECT first(1 ORDER BY {})",
    "SELECT * FROM core.payment AS p JOIN page ON {} IS NULL",
    "SELECT * FROM range(length({}::VARCHAR))",
    "SELECT 'a' LIKE {}::VARCHAR",
    "SELECT {} BETWEEN 1 AND 2",
];
const BAD_STATEMENTS: [&str; 9] = [
    "COPY (SELECT 1) TO '/tmp/x'",
    "ATTACH '/tmp/x'",
    "INSTALL httpfs",
    "SET memory_limit = '1GB'",
    "DELETE FROM core.payment",
    "PRAGMA database_list",
    "CALL checkpoint()",
    "EXPORT DATABASE '/tmp/x'",
    "CREATE TABLE x AS FROM read_text('/x')",
];

pub fn hunt(mut trial: Trial) {
    let connection = Connection::open_in_memory().expect("a database");
    let (mut taken, mut refused) = (0, 0);
    while let Some(mut round) = trial.next() {
        let chance = &mut round.chance;
        let is_bad = !chance.one_in(4);
        let sql = match is_bad && chance.one_in(10) {
            true => {
                let (one, other) = (chance.of(&BAD_STATEMENTS), "SELECT 1");
                chance
                    .of(&[
                        format!("{other}; {one}").as_str(),
                        one,
                        format!("{one}; {other}").as_str(),
                        format!("{other};;{one};").as_str(),
                    ])
                    .to_owned()
            }
            false => query(is_bad, chance),
        };
        trial.keep("query", sql.as_bytes());
        let answer = examine(&connection, &sql);
        if is_bad {
            assert!(answer.is_err(), "taken: {sql}");
            refused += 1;
        } else if answer.is_ok() {
            taken += 1;
        }
        if let Err(error) = answer {
            let told = error.to_string();
            assert!(is_bad || !told.contains("it reads"), "refused: {sql}: {told}");
        }
        // Whatever bytes come, an answer comes.
        let spoilt =
            String::from_utf8_lossy(&super::spoil::bytes(sql.as_bytes(), b"FROM read_text('/x')", chance)).into_owned();
        trial.keep("query", spoilt.as_bytes());
        let may = examine(&connection, &spoilt).is_ok();
        if may {
            runs_within_tables(&connection, &spoilt);
        }
    }
    assert!(taken > 0 && refused > 0, "{taken} taken, {refused} refused");
}

/// What was taken does not plan a scan of anything but tables and values.
fn runs_within_tables(connection: &Connection, sql: &str) {
    let Ok(mut statement) = connection.prepare(&format!("EXPLAIN {}", sql.trim_end_matches([';', ' ', '\n']))) else {
        return;
    };
    let Ok(rows) = statement.query_map([], |row| row.get::<_, String>(1)) else { return };
    let plan: String = rows.flatten().collect();
    for scan in ["READ_", "GLOB", "SNIFF", "PARQUET", "DUCKDB_SE"] {
        assert!(!plan.to_uppercase().contains(&format!(" {scan}")), "taken: {sql}\n{plan}");
    }
}

/// A query around one thing, perhaps in another query, with comments and letters of other cases.
fn query(is_bad: bool, chance: &mut Chance) -> String {
    let mut sql = match chance.one_in(2) {
        true => {
            let inner = if is_bad { chance.of(&BAD_RELATIONS) } else { chance.of(&GOOD_RELATIONS) };
            chance.of(&AROUND_RELATION).replace("{}", inner)
        }
        false => {
            let inner = if is_bad { chance.of(&BAD_VALUES) } else { chance.of(&GOOD_VALUES) };
            chance.of(&AROUND_VALUE).replacen("{}", inner, 1)
        }
    };
    for _ in 0..chance.below(4) {
        let around = chance.of(&AROUND_RELATION[..18]);
        sql = around.replace("{}", &format!("({sql})"));
    }
    if chance.one_in(3) {
        sql = sql.replace(' ', chance.of(&[" /* a */ ", "\n", "\t", " -- b\n "]));
    }
    if chance.one_in(6) {
        sql = format!("{}{sql}{}", chance.of(&["", " ", "-- c\n", "/* */"]), chance.of(&["", ";", " ;\n", " -- d"]));
    }
    sql
}
