use super::*;
use crate::domain::channel::ChannelRuleSpec;
use crate::warehouse::Warehouse;

fn workspace(currency: &str) -> Workspace {
    Workspace {
        id: "it's".to_owned(),
        name: "W".to_owned(),
        time_zone: chrono_tz::UTC,
        currency: Currency::new(currency).expect("a currency"),
        week_starts_on: chrono::Weekday::Mon,
    }
}

/// Spend of ten dollars on two days, and a rate from the first of them on.
fn warehouse() -> Warehouse {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    run(
        &warehouse,
        "INSERT INTO core.ad_daily BY NAME
         SELECT 'it''s' AS workspace, 'ads' AS connection, 'a' AS account_id, '1' AS campaign_id, 'Brand' AS campaign_name,
             '' AS campaign_status, '' AS campaign_type, '' AS ad_group_id, '' AS ad_id, '' AS device, '' AS country,
             day AS date, 'google' AS source, 'cpc' AS medium, 'USD' AS currency, 1 AS impressions, 1 AS clicks,
             10 AS cost, 0 AS conversions, 0 AS conversion_value, 'l' AS load_id
         FROM (VALUES (DATE '2026-11-01'), (DATE '2026-11-02')) AS d(day);
         INSERT INTO core.fx_rate BY NAME
         SELECT 'it''s' AS workspace, 'rates' AS connection, DATE '2026-11-01' AS date, 'USD' AS currency, 2 AS rate, 'l' AS load_id;
         INSERT INTO ops.touched_day SELECT DISTINCT 'it''s', date, 'l' FROM core.ad_daily",
    );
    warehouse
}

fn run(warehouse: &Warehouse, sql: &'static str) {
    warehouse.write_blocking(move |c| c.execute_batch(sql).context(|| sql.to_owned())).expect("written");
}

fn roll_up(warehouse: &Warehouse, currency: &str) -> RolledUp {
    let spec = ChannelRuleSpec {
        channel: "paid_search".to_owned(),
        source: None,
        medium: Some("cpc".to_owned()),
        campaign: None,
    };
    let today = NaiveDate::from_ymd_opt(2026, 11, 2).expect("a day");
    let (rules, of) = (ChannelRules::new(&[spec]).expect("rules"), workspace(currency));
    warehouse.write_blocking(move |c| rollup(c, &of, &rules, &RollupSql::shipped(), today)).expect("rolled up")
}

/// Channel and cost of each day.
fn costs(warehouse: &Warehouse) -> Vec<String> {
    let sql = "SELECT channel || ' ' || CAST(cost AS DECIMAL(18, 2)) FROM mart.metric_daily ORDER BY date";
    warehouse
        .read_blocking(|reader| {
            let step = || sql.to_owned();
            let mut statement = reader.prepare(sql).context(step)?;
            let rows = statement.query_map([], |row| row.get(0)).context(step)?;
            rows.collect::<Result<_, _>>().context(step)
        })
        .expect("costs")
}

#[test]
fn a_rate_that_changes_or_goes_moves_every_day_it_stood_for() {
    let warehouse = warehouse();
    assert_eq!(roll_up(&warehouse, "EUR").days, 2);
    assert_eq!(costs(&warehouse), ["paid_search 5.00", "paid_search 5.00"]);
    assert_eq!(roll_up(&warehouse, "EUR"), RolledUp::default(), "nothing has come since");

    let touch = "INSERT INTO ops.touched_day VALUES ('it''s', DATE '2026-11-01', 'rates')";
    run(&warehouse, "UPDATE core.fx_rate SET rate = 4");
    run(&warehouse, touch);
    assert_eq!(roll_up(&warehouse, "EUR").days, 2, "the second day's rate was carried forward from the first");
    assert_eq!(costs(&warehouse), ["paid_search 2.50", "paid_search 2.50"]);

    run(&warehouse, "DELETE FROM core.fx_rate");
    run(&warehouse, touch);
    assert_eq!(roll_up(&warehouse, "EUR").days, 2);
    assert_eq!(costs(&warehouse), ["paid_search 0.00", "paid_search 0.00"], "what has no rate counts nothing");
}

#[test]
fn another_currency_of_the_workspace_is_seen_without_any_load() {
    let warehouse = warehouse();
    roll_up(&warehouse, "EUR");
    assert_eq!(roll_up(&warehouse, "USD").days, 2);
    assert_eq!(costs(&warehouse), ["paid_search 10.00", "paid_search 10.00"]);
}
