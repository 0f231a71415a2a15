//! What comes out equals what the simulated companies did, to the cent, on every day.

mod documents;

use crate::support::{noon, texts};
use crate::tenants::{Simulation, world};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use daybook::sandbox::{Day, Faults, Records, SHOP, SOFTWARE, TenantTruth, write_drop_files};
use daybook::warehouse::{Context, Warehouse};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

pub fn totals(warehouse: &Warehouse, tenant: &str) -> Vec<(NaiveDate, Vec<Decimal>)> {
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
                "chargebacks",
            ];
            let sums = sums.map(|column| format!("CAST(sum({column}) AS DECIMAL(38, 6))")).join(", ");
            let sql = format!(
                "SELECT date, {sums}, coalesce(any_value(r.mrr), 0) FROM mart.metric_daily
                 LEFT JOIN mart.mrr_daily AS r USING (workspace, date) WHERE workspace = ? GROUP BY date ORDER BY date"
            );
            let mut statement = connection.prepare(&sql).context(|| "totals".to_owned())?;
            let rows = statement.query_map([tenant], |row| {
                Ok((row.get(0)?, (1..18).map(|index| row.get(index)).collect::<Result<Vec<Decimal>, _>>()?))
            });
            rows.context(|| "totals".to_owned())?.collect::<Result<_, _>>().context(|| "totals".to_owned())
        })
        .expect("totals")
}

/// A day of the truth in the order of [`totals`].
pub fn row(day: &Day) -> Vec<Decimal> {
    let n = Decimal::from;
    vec![
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
        day.chargebacks,
        day.mrr,
    ]
}

/// The days on which the mart differs from the truth in any of `columns`.
fn wrong_days(world: &Simulation, tenant: &str, truth: &TenantTruth, columns: std::ops::Range<usize>) -> Vec<String> {
    let found: BTreeMap<NaiveDate, Vec<Decimal>> = totals(&world.context.warehouse, tenant).into_iter().collect();
    let none = vec![Decimal::ZERO; 17];
    let wrong = truth.days.iter().filter_map(|(date, day)| {
        let (found, wanted) = (found.get(date).unwrap_or(&none), row(day));
        let (found, wanted) = (&found[columns.clone()], &wanted[columns.clone()]);
        (found != wanted).then(|| format!("{tenant} {date}: found {found:?}, wanted {wanted:?}"))
    });
    wrong.collect()
}

/// What the warehouse holds as records of a tenant, counted as the truth counts them.
fn records(world: &Simulation, tenant: &str) -> Vec<String> {
    let all = [
        "SELECT 'contacts ' || count(*) FROM core.contact WHERE workspace = ? AND archived_at IS NULL",
        "SELECT 'deals ' || count(*) FROM core.deal WHERE workspace = ? AND archived_at IS NULL",
        "SELECT 'links ' || count(*) FROM core.deal_contact ANTI JOIN (SELECT workspace, deal_id FROM core.deal WHERE archived_at IS NOT NULL)
         USING (workspace, deal_id) SEMI JOIN (SELECT workspace, contact_id FROM core.contact WHERE archived_at IS NULL) USING (workspace, contact_id)
         WHERE workspace = ?",
        "SELECT 'dispute ' || status || ' ' || count(*) FROM core.dispute WHERE workspace = ? GROUP BY status ORDER BY status",
        "SELECT 'refund ' || status || ' ' || count(*) FROM core.refund WHERE workspace = ? GROUP BY status ORDER BY status",
        "SELECT 'subscription ' || status || ' ' || count(*) FROM core.subscription WHERE workspace = ? GROUP BY status ORDER BY status",
    ];
    all.iter().flat_map(|sql| texts(&world.context.warehouse, &sql.replace('?', &format!("'{tenant}'")))).collect()
}

/// The truth's records in the words of [`records`]; deals whose amount is no number are set aside.
fn wanted(records: &Records, set_aside: u64) -> Vec<String> {
    let by_status = |name: &str, counts: &BTreeMap<&str, u64>| {
        counts.iter().map(|(status, count)| format!("{name} {status} {count}")).collect::<Vec<_>>()
    };
    let mut all = vec![format!("contacts {}", records.contacts), format!("deals {}", records.deals - set_aside)];
    all.push(format!("links {}", records.deal_contacts));
    all.extend(by_status("dispute", &records.disputes));
    all.extend(by_status("refund", &records.refunds));
    all.extend(by_status("subscription", &records.subscriptions));
    all
}

async fn synced(world: &Simulation) {
    for outcome in world.sync().await {
        assert_eq!(outcome.error.as_ref().filter(|_| !outcome.stream.contains("influencer")), None, "{outcome:?}");
    }
    world.rollup().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_equal_the_simulators_truth_on_every_day() {
    let world = world(400, Faults::default()).await;
    synced(&world).await;
    let truth = world.sandbox.truth();
    for (tenant, truth) in &truth.tenants {
        assert_eq!(truth.days.len(), 400);
        assert_eq!(wrong_days(&world, tenant, truth, 0..17), Vec::<String>::new());
        assert!(truth.days.values().map(|day| day.revenue).sum::<Decimal>() > Decimal::from(1000));
        let planted = (truth.records.holds, truth.records.captured_holds, truth.records.disputes.len());
        assert!(tenant == SOFTWARE || (planted.0 > planted.1 && planted.1 > 10), "{planted:?}");
        assert!(planted.2 >= 5 && truth.records.refunds["failed"] > 5, "{:?}", truth.records);
    }
    let software = ["stacked coupons", "customer-wide discounts", "trials given later", "payers from before"];
    let shop = ["expired holds", "partial captures", "payers from before"];
    for (tenant, happened) in software.map(|what| (SOFTWARE, what)).into_iter().chain(shop.map(|what| (SHOP, what))) {
        assert!(truth.tenants[tenant].records.billing[happened] > 0, "{tenant}: no {happened}");
    }
    assert_eq!(off_the_ledger(&world), Vec::<String>::new());
    let planted = "SELECT DISTINCT table_name FROM ops.quarantine ORDER BY 1";
    assert_eq!(
        texts(&world.context.warehouse, planted),
        ["ad_daily", "deal", "influencer_post", "page_daily", "web_daily"]
    );
    for (tenant, truth) in &truth.tenants {
        pages_equal_the_truth(&world, tenant, truth);
    }
    breakdowns_add_up(&world);
    documents::equal_the_truth(&world, &truth);
}

/// Devices of a campaign come to the campaign; what platforms cannot place is a row of its own.
fn breakdowns_add_up(world: &Simulation) {
    let found = |sql: &str| texts(&world.context.warehouse, sql);
    let parts = "WITH part AS (SELECT workspace, account_id, campaign_id, date, sum(impressions) AS impressions, sum(clicks) AS clicks,
            sum(cost) AS cost, sum(conversions) AS conversions FROM core.ad_device_daily GROUP BY ALL)
        SELECT concat_ws(' ', count(*) > 200, count(*) FILTER (p.impressions = a.impressions AND p.clicks = a.clicks
            AND p.cost = a.cost AND p.conversions = a.conversions) = count(*))
        FROM part AS p JOIN core.ad_daily AS a USING (workspace, account_id, campaign_id, date)";
    assert_eq!(found(parts), ["true true"]);
    let rest =
        |of: &str| found(&format!("SELECT DISTINCT breakdown FROM mart.{of} WHERE value LIKE 'not split%' ORDER BY 1"));
    assert_eq!(rest("ad_breakdown_daily"), ["keyword", "region", "search term"]);
    assert_eq!(rest("web_breakdown_daily"), [""; 0]);
    let kinds = "SELECT DISTINCT breakdown FROM mart.web_breakdown_daily ORDER BY 1";
    assert_eq!(found(kinds), ["device", "hour", "new or returning"]);
}

/// What the standing check says of payments that the provider's ledger does not have.
fn off_the_ledger(world: &Simulation) -> Vec<String> {
    let check = include_str!("../../jobs/checks/payments_match_the_ledger.sql");
    texts(&world.context.warehouse, &format!("SELECT says FROM ({check}) ORDER BY workspace, date"))
}

/// Each page over all days, and all pages of each day: every session began on one page.
fn pages_equal_the_truth(world: &Simulation, tenant: &str, truth: &TenantTruth) {
    let of = |key: &str| {
        let sums = ["sessions", "engaged_sessions", "pageviews", "CAST(sum(key_events) AS BIGINT)"]
            .map(|column| if column.contains('(') { column.to_owned() } else { format!("sum({column})") });
        let sql = format!(
            "SELECT concat_ws(' ', {key}, {}) FROM core.page_daily WHERE workspace = '{tenant}' GROUP BY {key} ORDER BY {key}",
            sums.join(", ")
        );
        texts(&world.context.warehouse, &sql)
    };
    let line = |key: String, sums: [u64; 4]| {
        let [sessions, engaged, pageviews, key_events] = sums;
        format!("{key} {sessions} {engaged} {pageviews} {key_events}")
    };
    let pages = truth.pages.iter().map(|(page, sums)| {
        line((*page).to_owned(), [sums.sessions, sums.engaged_sessions, sums.pageviews, sums.key_events])
    });
    assert_eq!(of("page"), pages.collect::<Vec<_>>());
    let days =
        truth.days.iter().filter(|(_, day)| day.sessions > 0).map(|(date, day)| {
            line(date.to_string(), [day.sessions, day.engaged_sessions, day.pageviews, day.key_events])
        });
    assert_eq!(of("date"), days.collect::<Vec<_>>());
    assert!(truth.pages.len() >= 10, "{:?}", truth.pages);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_sync_and_rollup_change_nothing() {
    let world = world(20, Faults::none()).await;
    world.sync().await;
    world.rollup().await;
    let facts = "SELECT concat_ws(' ', workspace, stream, sum(rows_written)) FROM ops.load GROUP BY workspace, stream ORDER BY 1";
    let before = (texts(&world.context.warehouse, facts), totals(&world.context.warehouse, "northwind_shop"));
    world.sync().await;
    assert!(world.rollup().await.iter().all(|rolled| rolled.days == 0));
    assert_eq!(texts(&world.context.warehouse, facts), before.0);
    assert_eq!(totals(&world.context.warehouse, "northwind_shop"), before.1);
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

/// Time passes; the vendors change old objects meanwhile, and exchange rates go on.
fn later(world: &Simulation, at: DateTime<Utc>) {
    world.move_to(at);
    write_drop_files(&world.sandbox, &world.folder.path().join("drops")).expect("drop files");
}

fn set_aside(world: &Simulation) -> u64 {
    let bad = "SELECT count(DISTINCT (raw ->> '$.id'))::VARCHAR FROM ops.quarantine WHERE table_name = 'deal' AND (raw ->> '$.archived') = 'false'";
    texts(&world.context.warehouse, bad)[0].parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_late_at_the_vendors_is_seen_by_the_next_sync() {
    let world = world(120, Faults::none()).await;
    synced(&world).await;
    let first = world.sandbox.truth();
    for (tenant, truth) in &first.tenants {
        assert_eq!(
            records(&world, tenant),
            wanted(&truth.records, if tenant == SOFTWARE { set_aside(&world) } else { 0 })
        );
    }
    // The search index did not have them yet.
    let late = "SELECT (count(*) > 0)::VARCHAR FROM core.contact JOIN ops.load USING (load_id) WHERE stream = 'contacts_listed'";
    assert_eq!(texts(&world.context.warehouse, late), ["true"]);
    // The same day still: subscriptions end and trials turn by events alone.
    later(&world, noon() + TimeDelta::hours(9));
    synced(&world).await;
    let same_day = world.sandbox.truth();
    let statuses = |sql: &str| texts(&world.context.warehouse, sql);
    let found = statuses(
        "SELECT status || ' ' || count(*) FROM core.subscription WHERE workspace = 'customerhappy' GROUP BY status ORDER BY 1",
    );
    let of = |truth: &TenantTruth| -> Vec<String> {
        truth.records.subscriptions.iter().map(|(status, count)| format!("{status} {count}")).collect()
    };
    assert_ne!(of(&same_day.tenants[SOFTWARE]), of(&first.tenants[SOFTWARE]), "nothing was planted");
    assert_eq!(found, of(&same_day.tenants[SOFTWARE]));

    later(&world, noon() + TimeDelta::days(12));
    synced(&world).await;
    let now = world.sandbox.truth();
    for (tenant, truth) in &now.tenants {
        let old = &first.tenants[tenant];
        assert_eq!(
            records(&world, tenant),
            wanted(&truth.records, if tenant == SOFTWARE { set_aside(&world) } else { 0 })
        );
        assert_eq!(wrong_days(&world, tenant, truth, 0..17), Vec::<String>::new());
        let restated = old.days.iter().filter(|(date, day)| truth.days[*date] != **day).count();
        assert!(restated > 0, "{tenant}: the vendors restated only {restated} days");
    }
    let software = &now.tenants[SOFTWARE].records.billing;
    assert!(software["upgrades"] > 0 && software["pauses"] > 0, "nothing was planted: {software:?}");
    assert_eq!(off_the_ledger(&world), Vec::<String>::new());
    assert_ne!(now.tenants[SHOP].records.disputes, first.tenants[SHOP].records.disputes, "nothing was planted");
    assert!(now.tenants[SHOP].records.captured_holds > first.tenants[SHOP].records.captured_holds);
    for (table, reason) in [
        ("payment", "a hold was captured"),
        ("refund", "a refund went through"),
        ("dispute", "a dispute was answered"),
        ("contact", "a contact was deleted"),
        ("deal_contact", "a link went"),
        (
            "contact WHERE archived_at IS NOT NULL AND absence IS NULL AND contact_id IN (SELECT contact_id FROM core.contact WHERE archived_at IS NULL)",
            "a contact was restored",
        ),
    ] {
        let moved = texts(&world.context.warehouse, &format!("SELECT (count(*) > 0)::VARCHAR FROM history.{table}"));
        assert_eq!(moved, ["true"], "{table}: {reason}");
    }
    who_people_are_was_planted(&world);
}

/// What befell identities within the days of the test, so that the figures that hold say something.
fn who_people_are_was_planted(world: &Simulation) {
    for planted in [
        "core.contact WHERE absence = 'merged'",
        "core.contact WHERE absence = 'gone'",
        "core.deal WHERE absence = 'merged'",
        "core.contact WHERE len(other_person_keys) > 0",
        "core.payment WHERE customer_id IS NOT NULL AND person_key IS NULL",
        "(SELECT customer_id FROM core.payment GROUP BY customer_id HAVING count(DISTINCT person_key) > 1)",
    ] {
        let found = texts(&world.context.warehouse, &format!("SELECT (count(*) > 0)::VARCHAR FROM {planted}"));
        assert_eq!(found, ["true"], "{planted}");
    }
    let doubts = "SELECT count(*)::VARCHAR FROM core.contact WHERE absence = 'missing'";
    assert_eq!(texts(&world.context.warehouse, doubts), ["0"]);
}
