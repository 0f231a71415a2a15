use super::*;
use crate::domain::channel::ChannelRules;
use crate::domain::fact::Rollup;
use crate::domain::workspace::Workspace;
use crate::warehouse::facts::{builtin, fact_of};
use crate::warehouse::rollup::due::waiting;
use crate::warehouse::rollup::{RollupSql, rollup};
use crate::warehouse::{Warehouse, WarehouseConfig};
use chrono::NaiveDate;
use std::path::PathBuf;
use std::sync::Arc;

const AGENTS: &str = "about = 'Who takes calls.'\nkey = ['agent_id']\n[columns]\n\
    agent_id = { type = 'VARCHAR', required = true, about = 'The id.' }\n\
    team = { type = 'VARCHAR', about = 'The team.' }\n";
const CALLS: &str = "about = 'Calls.'\nday = 'date'\ndimensions = ['content']\nkey = ['date', 'agent_id']\n[columns]\n\
    date = { type = 'DATE', required = true, about = 'The day.' }\n\
    agent_id = { type = 'VARCHAR', required = true, about = 'Who took it.' }\n\
    calls = { type = 'BIGINT', required = true, about = 'Calls.' }\n[measures]\ncalls = 'BIGINT'\n";
const ADDS: &str =
    "SELECT c.workspace, c.date, 'phone' AS source, '' AS medium, a.team AS campaign, a.team AS content, c.calls
    FROM core.call_daily AS c LEFT JOIN core.agent AS a USING (workspace, agent_id)";
const BY_TEAM: &str = "-- Rollup: Calls by team and day.\n-- Table: mart.team_daily\n-- Grain: workspace, date, team\n\
    -- Columns: team VARCHAR, calls BIGINT\n-- Inputs: core.call_daily\n\
    SELECT c.workspace, c.date, coalesce(a.team, '') AS team, sum(c.calls) AS calls
    FROM core.call_daily AS c LEFT JOIN Core.Agent AS a USING (workspace, agent_id)
    SEMI JOIN touched AS t ON t.workspace = c.workspace AND t.date = c.date GROUP BY ALL";

fn asked() -> Vec<(Workspace, NaiveDate)> {
    let of = Workspace::sample("w", "EUR");
    vec![(of, NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day"))]
}

/// StarRocks/starrocks#76059: a row of a table that is joined changes, and days of before keep what it said, with no
/// error. Every day has what it says now, in the metrics, by dimension and in a rollup of the installation.
#[test]
fn a_change_of_a_table_without_days_reaches_every_day_that_is_computed_with_it() {
    let mut facts = (*builtin()).clone();
    facts.add(fact_of("agent", AGENTS, None)).expect("added");
    facts.add(fact_of("call_daily", CALLS, Some(ADDS))).expect("added");
    facts.set_rollups(vec![Rollup::read("team_daily", PathBuf::from("team_daily.sql"), BY_TEAM).expect("a rollup")]);
    let facts = Arc::new(facts);
    let config = WarehouseConfig { facts: facts.clone(), ..WarehouseConfig::default() };
    let warehouse = Warehouse::in_memory_with(config).expect("a warehouse");
    let sql = RollupSql { facts, ..RollupSql::shipped() };
    let rules = ChannelRules::new(&[]).expect("no rules");
    let run = |sql: &str| {
        let sql = sql.to_owned();
        warehouse.write_blocking(move |c| c.execute_batch(&sql).context(|| sql.clone())).expect("written");
    };
    let roll_up = || {
        let (of, today) = asked().remove(0);
        let (rules, sql) = (rules.clone(), sql.clone());
        warehouse.write_blocking(move |c| rollup(c, &of, &rules, &sql, today)).expect("rolled up").days
    };
    let teams = || -> Vec<Vec<String>> {
        let queries = [
            "SELECT concat_ws(' ', date, campaign, calls) FROM mart.metric_daily ORDER BY 1",
            "SELECT concat_ws(' ', date, content, calls) FROM mart.call_daily_by ORDER BY 1",
            "SELECT concat_ws(' ', date, team, calls) FROM mart.team_daily ORDER BY 1",
        ];
        let read = |sql: &str| {
            warehouse.read_blocking(|reader| {
                let mut statement = reader.prepare(sql).context(|| sql.to_owned())?;
                let rows = statement.query_map([], |row| row.get(0)).context(|| sql.to_owned())?;
                rows.collect::<Result<_, _>>().context(|| sql.to_owned())
            })
        };
        queries.iter().map(|sql| read(sql).expect("rows")).collect()
    };
    let is_waiting = || {
        let (rules, sql) = (rules.clone(), sql.clone());
        warehouse.write_blocking(move |c| waiting(c, &asked(), &rules, &sql)).expect("asked").contains("w")
    };
    run("INSERT INTO core.agent VALUES ('w', 'c', 'a', 'Sales', 'l1');
         INSERT INTO core.call_daily VALUES ('w', 'c', DATE '2026-01-01', 'a', 3, 'l1'), ('w', 'c', DATE '2026-11-02', 'a', 4, 'l1');
         INSERT INTO ops.touched_day SELECT DISTINCT 'w', date, 'l1' FROM core.call_daily");
    roll_up();
    for table in teams() {
        assert_eq!(table, ["2026-01-01 Sales 3", "2026-11-02 Sales 4"]);
    }
    assert!(!is_waiting(), "nothing changed since");
    assert_eq!(roll_up(), 0);

    run("DELETE FROM core.agent; INSERT INTO core.agent VALUES ('w', 'c', 'a', 'Care', 'l2')");
    assert!(is_waiting(), "a comparison of figures waits for the rollup");
    assert_eq!(roll_up(), 2);
    for table in teams() {
        assert_eq!(table, ["2026-01-01 Care 3", "2026-11-02 Care 4"]);
    }
    assert_eq!(roll_up(), 0);

    // A join that finds nothing: PostHog/posthog#75601 and dbt-labs/dbt-adapters#159 have such a row once more at each
    // run, and a column that is never null would fail the run.
    run("INSERT INTO core.call_daily VALUES ('w', 'c', DATE '2026-11-02', 'b', 5, 'l3');
         INSERT INTO ops.touched_day VALUES ('w', DATE '2026-11-02', 'l3')");
    for _ in 0..2 {
        roll_up();
        for table in teams() {
            assert_eq!(table.len(), 3, "{table:?}");
            assert!(table.contains(&"2026-11-02 Care 4".to_owned()) && table[1].ends_with(" 5"), "{table:?}");
        }
        run("INSERT INTO ops.touched_day VALUES ('w', DATE '2026-11-02', 'again')");
    }
}

#[test]
fn a_table_is_named_by_its_whole_name() {
    assert!(names("SELECT 1 FROM core.agent", "agent") && names("from CORE.Agent as a", "agent"));
    assert!(!names("SELECT 1 FROM core.agent_daily, mart.agent", "agent"));
}
