use super::*;
use crate::domain::channel::ChannelRules;
use crate::domain::fact::Rollup;
use crate::domain::period::Period;
use crate::domain::workspace::Workspace;
use crate::warehouse::facts::{builtin, fact_of};
use crate::warehouse::rollup::{RollupSql, compute_anew};
use crate::warehouse::{Warehouse, WarehouseConfig};
use chrono::NaiveDate;
use std::sync::Arc;

const LISTS: &str = "about = 'Lists.'\nkey = ['list_id']\n[columns]\n\
    list_id = { type = 'VARCHAR', required = true, about = 'The list.' }\n\
    label = { type = 'VARCHAR', about = 'Its name.' }\n";
const HITS: &str = "about = 'Hits.'\nday = 'date'\nkey = ['hit_id']\n[columns]\n\
    hit_id = { type = 'VARCHAR', required = true, about = 'The hit.' }\n\
    date = { type = 'DATE', required = true, about = 'The day.' }\n\
    campaign = { type = 'VARCHAR', about = 'The campaign.' }\n\
    list_id = { type = 'VARCHAR', about = 'The list.' }\n\
    visitor = { type = 'VARCHAR', about = 'Who came.' }\n\
    wait = { type = 'DECIMAL(18, 3)', about = 'Seconds.' }\n\
    amount = { type = 'DECIMAL(18, 6)', about = 'What was paid.' }\n\
    currency = { type = 'VARCHAR', about = 'Its currency.' }\n\
    [[money]]\namount = 'amount'\ncurrency = 'currency'\nis_converted = true\n[measures]\nfound = '{kind}'\n";

/// What is told of a contribution whose measure `found` has a type.
fn told_as(kind: &str, adds: &str, rollups: Vec<Rollup>) -> Vec<String> {
    let mut facts = (*builtin()).clone();
    facts.add(fact_of("list_name", LISTS, None)).expect("added");
    facts.add(fact_of("hit", &HITS.replace("{kind}", kind), Some(adds))).expect("added");
    facts.set_rollups(rollups);
    let facts = Arc::new(facts);
    let config = WarehouseConfig { facts: facts.clone(), ..WarehouseConfig::default() };
    let warehouse = Warehouse::in_memory_with(config).expect("a warehouse");
    let of = Workspace::sample("w", "EUR");
    let sql = RollupSql { facts: facts.clone(), ..RollupSql::shipped() };
    let day = Period::day(NaiveDate::from_ymd_opt(2026, 11, 2).expect("a day"));
    let found = warehouse.write_blocking(move |c| {
        compute_anew(c, &[(&of, day)], &ChannelRules::new(&[]).expect("no rules"), &sql)?;
        not_additive(c, &facts)
    });
    found.expect("read").iter().map(ToString::to_string).collect()
}

/// The same for a measure of decimals that a query over hits adds.
fn told(measure: &str, more: &str) -> Vec<String> {
    let adds = format!(
        "SELECT h.workspace, h.date, 'web' AS source, '' AS medium, h.campaign, {measure} AS found FROM core.hit AS h
         SEMI JOIN touched AS t USING (workspace, date) {more} GROUP BY ALL"
    );
    told_as("DECIMAL(38, 6)", &adds, Vec::new())
}

#[track_caller]
fn is_told(found: &[String], says: &str) {
    assert!(found.len() == 1 && found[0].contains(says), "{found:?}");
    assert!(found[0].starts_with("config/facts/hit.metrics.sql: "), "{found:?}");
}

// Velir/dbt-ga4#125: people counted by page and hour, and summed. cube-js/cube#4454: averages of hours, summed by day.
#[test]
fn distinct_counts_and_averages_of_rows_are_not_added_up() {
    is_told(&told("count(DISTINCT h.visitor)", ""), "found counts distinct values of each row");
    is_told(&told("avg(h.wait)", ""), "found is an average of each row");
    is_told(&told("coalesce(round(median(h.wait), 3), 0)", ""), "found is an average of each row");
    is_told(&told("sum(h.wait) / count(*)", ""), "found is an average of each row");
    for good in [
        "count(*)",
        "sum(h.wait) / 60",
        "sum(h.wait / 60)",
        "count(*) FILTER (h.wait > (SELECT avg(wait) FROM core.hit))",
    ] {
        assert_eq!(told(good, ""), Vec::<String>::new(), "{good}");
    }
}

// microsoft/finops-toolkit#2093: amounts of several currencies are summed as they stand.
#[test]
fn amounts_of_several_currencies_are_not_added_up() {
    is_told(&told("sum(h.amount)", ""), "found adds up amount of several currencies as it stands");
    let rated = "JOIN rate AS r ON r.workspace = h.workspace AND r.date = h.date AND r.currency = h.currency";
    assert_eq!(told("sum(h.amount * r.rate)", rated), Vec::<String>::new());
    assert_eq!(told("sum(h.amount)", "WHERE h.currency = 'EUR'"), Vec::<String>::new());
}

// cube-js/cube#10398 and cube-js/cube#9293: rows are refreshed by one day and counted on another.
#[test]
fn what_is_counted_is_counted_on_the_day_of_its_fact() {
    let on = |date: &str| {
        let adds = format!(
            "SELECT workspace, {date} AS date, 'web' AS source, '' AS medium, campaign, count(*) AS found FROM core.hit GROUP BY ALL"
        );
        told_as("BIGINT", &adds, Vec::new())
    };
    is_told(&on("CAST(date + INTERVAL 330 MINUTE AS DATE)"), "its date is not date, the day of hit");
    is_told(&on("date + 1"), "its date is not date, the day of hit");
    assert_eq!(on("CAST(date AS DATE)"), Vec::<String>::new());
}

// dbt-labs/dbt-core#8183: a declared type without decimals rounds what the query yields.
#[test]
fn decimals_of_a_query_fit_its_measure() {
    let adds = "SELECT workspace, date, 'web' AS source, '' AS medium, campaign, sum(wait) AS found FROM core.hit GROUP BY ALL";
    is_told(&told_as("BIGINT", adds, Vec::new()), "found has decimals in the query");
    is_told(&told_as("DECIMAL(18, 2)", adds, Vec::new()), "each row would be rounded");
    assert_eq!(told_as("DECIMAL(18, 3)", adds, Vec::new()), Vec::<String>::new());
    assert_eq!(told_as("BIGINT", &adds.replace("sum(wait)", "count(*)"), Vec::new()), Vec::<String>::new());
}

// zitadel/zitadel#4598 and fivetran/dbt_quickbooks#95: a join by ids alone mixes rows of several tenants.
#[test]
fn tables_of_several_workspaces_are_joined_by_workspace() {
    let label = |on: &str| told("count(n.label)", &format!("LEFT JOIN core.list_name AS n {on}"));
    is_told(&label("ON n.list_id = h.list_id"), "list_name is joined without its workspace");
    is_told(&label("USING (list_id)"), "list_name is joined without its workspace");
    assert_eq!(label("USING (workspace, list_id)"), Vec::<String>::new());
    assert_eq!(label("ON n.workspace = h.workspace AND n.list_id = h.list_id"), Vec::<String>::new());
    let comma = |condition: &str| told("count(n.label)", &format!(", core.list_name AS n WHERE {condition}"));
    is_told(&comma("n.list_id = h.list_id"), "list_name is joined without its workspace");
    is_told(&comma("n.list_id = h.list_id AND n.workspace = 'acme'"), "list_name is joined without its workspace");
    assert_eq!(comma("n.list_id = h.list_id AND n.workspace = h.workspace"), Vec::<String>::new());
    let constants = "JOIN (VALUES ('a', 1)) AS v(campaign, weight) USING (campaign)";
    assert_eq!(told("count(*)", constants), Vec::<String>::new());
    let text = "-- Rollup: Hits by list.\n-- Table: mart.hit_by_list\n-- Grain: workspace, date, label\n\
        -- Columns: label VARCHAR, hits BIGINT\n-- Inputs: core.hit, core.list_name\n\
        SELECT h.workspace, h.date, coalesce(n.label, '') AS label, count(*) AS hits FROM core.hit AS h
        SEMI JOIN touched USING (workspace, date) LEFT JOIN core.list_name AS n ON n.list_id = h.list_id GROUP BY ALL";
    let rollup = Rollup::read("hit_by_list", PathBuf::from("jobs/rollups/hit_by_list.sql"), text).expect("a rollup");
    let adds =
        "SELECT workspace, date, 'web' AS source, '' AS medium, campaign, count(*) AS found FROM core.hit GROUP BY ALL";
    let found = told_as("BIGINT", adds, vec![rollup]);
    assert!(found.len() == 1 && found[0].starts_with("jobs/rollups/hit_by_list.sql: list_name is joined"), "{found:?}");
}
