//! What comes out equals what the simulated companies did, to the cent, on every day.

use crate::support::{noon, texts};
use crate::tenants::world;
use chrono::{NaiveDate, TimeDelta};
use daybook::sandbox::Faults;
use daybook::warehouse::{Context, Warehouse};
use rust_decimal::Decimal;

fn totals(warehouse: &Warehouse, tenant: &str) -> Vec<(NaiveDate, Vec<Decimal>)> {
    warehouse
        .read_blocking(|connection| {
            let sums = [
                "sessions",
                "engaged_sessions",
                "pageviews",
                "key_events",
                "impressions",
                "clicks",
                "cost",
                "leads",
                "mqls",
                "sqls",
                "opportunities",
                "customers",
                "orders",
                "revenue",
                "refunds",
            ];
            let sums = sums.map(|column| format!("CAST(sum({column}) AS DECIMAL(38, 6))")).join(", ");
            let sql = format!(
                "SELECT date, {sums}, coalesce(any_value(r.mrr), 0) FROM mart.metric_daily
                 LEFT JOIN mart.mrr_daily AS r USING (workspace, date) WHERE workspace = ? GROUP BY date ORDER BY date"
            );
            let mut statement = connection.prepare(&sql).context(|| "totals".to_owned())?;
            let rows = statement.query_map([tenant], |row| {
                Ok((row.get(0)?, (1..17).map(|index| row.get(index)).collect::<Result<Vec<Decimal>, _>>()?))
            });
            rows.context(|| "totals".to_owned())?.collect::<Result<_, _>>().context(|| "totals".to_owned())
        })
        .expect("totals")
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_equal_the_simulators_truth_on_every_day() {
    let world = world(120, Faults::default()).await;
    for outcome in world.sync().await {
        assert_eq!(outcome.error.as_ref().filter(|_| !outcome.stream.contains("influencer")), None, "{outcome:?}");
    }
    world.rollup().await;
    let truth = world.sandbox.truth();
    for (tenant, truth) in &truth.tenants {
        let found = totals(&world.context.warehouse, tenant);
        for (date, day) in &truth.days {
            let row = found.iter().find(|(found, _)| found == date).map(|(_, row)| row.clone()).unwrap_or_default();
            let n = Decimal::from;
            let wanted = vec![
                n(day.sessions),
                n(day.engaged_sessions),
                n(day.pageviews),
                n(day.key_events),
                n(day.impressions),
                n(day.clicks),
                day.cost,
                n(day.leads),
                n(day.mqls),
                n(day.sqls),
                n(day.opportunities),
                n(day.customers),
                n(day.orders),
                day.revenue,
                day.refunds,
                day.mrr,
            ];
            assert_eq!(row, wanted, "{tenant} {date}");
        }
        assert!(truth.days.values().map(|day| day.revenue).sum::<Decimal>() > Decimal::from(1000));
    }
    let planted = "SELECT DISTINCT table_name FROM ops.quarantine ORDER BY 1";
    assert_eq!(texts(&world.context.warehouse, planted), ["ad_daily", "deal", "influencer_post", "web_daily"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_sync_and_rollup_change_nothing() {
    let world = world(20, Faults::none()).await;
    world.sync().await;
    world.rollup().await;
    let facts = "SELECT sum(rows_written)::VARCHAR FROM ops.load";
    let before = (texts(&world.context.warehouse, facts), totals(&world.context.warehouse, "northwind_shop"));
    world.sync().await;
    assert!(world.rollup().await.iter().all(|rolled| rolled.days == 0));
    assert_eq!((texts(&world.context.warehouse, facts), totals(&world.context.warehouse, "northwind_shop")), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn restated_conversions_move_the_earlier_rows_to_history() {
    let world = world(20, Faults::none()).await;
    world.sync().await;
    world.move_to(noon() + TimeDelta::days(3));
    world.sync().await;
    let restated = "SELECT count(DISTINCT date)::VARCHAR FROM history.ad_daily WHERE workspace = 'northwind_shop'";
    assert_eq!(texts(&world.context.warehouse, restated), ["20"]);
    let twice = "SELECT count(*)::VARCHAR FROM (SELECT 1 FROM core.ad_daily GROUP BY workspace, campaign_id, date HAVING count(*) > 1)";
    assert_eq!(texts(&world.context.warehouse, twice), ["0"]);
}
