//! One report definition, a row each for parts of a tenant: the parts add up to the whole, and each is a
//! report of its own.

use crate::figures::{built, order};
use crate::support::{noon, texts};
use crate::tenants::synced_world;
use daybook::jobs::issue::{IssueRequest, Outcome, issue_report};
use daybook::report::definition::{Filter, Split};
use daybook::report::document::{Block, Document};
use daybook::report::templates::Templates;
use daybook::sandbox::tenants;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

fn row(whole: &IssueRequest, id: &str, channels: &[&str], campaigns: &[&str]) -> IssueRequest {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let filter = Filter { channels: words(channels), campaigns: words(campaigns) };
    let mut order = whole.clone();
    order.definition.split = Split { id: id.to_owned(), title: id.to_owned(), filter };
    order
}

/// A figure of the cards on top; none where the part has nothing of the kind.
fn headline(document: &Document, metric: &str) -> Option<Decimal> {
    let cards = document.sections.iter().flat_map(|section| &section.blocks).filter_map(|block| match block {
        Block::Cards { cards } => Some(cards),
        _ => None,
    });
    cards.flatten().find(|card| card.metric == metric)?.figure.value
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_report_are_parts_that_add_up_to_the_whole_and_go_out_each_once() {
    let (world, shop) = (synced_world(40).await, tenants().remove(1));
    let (warehouse, context) = (&world.context.warehouse, world.report_context(&shop));
    let whole = order("weekly_performance", &context, noon());
    let document = |order: &IssueRequest| built(warehouse, &context, order).0;

    let ids = texts(
        warehouse,
        &format!("SELECT DISTINCT channel FROM mart.metric_daily WHERE workspace = '{}' ORDER BY 1", shop.id),
    );
    let (paid, rest): (Vec<&str>, Vec<&str>) =
        ids.iter().map(String::as_str).partition(|id| ["paid_search", "influencer"].contains(id));
    assert_eq!((paid.len(), rest.len() > 2), (2, true), "{ids:?}");
    let parts = [row(&whole, "paid", &paid, &[]), row(&whole, "rest", &rest, &[])];
    for metric in ["sessions", "net_revenue", "cost"] {
        let of_parts: Decimal = parts.iter().filter_map(|order| headline(&document(order), metric)).sum();
        assert_eq!(Some(of_parts), headline(&document(&whole), metric), "{metric}");
    }

    // A pattern of campaigns, against the rollup itself.
    let autumn = row(&whole, "autumn", &[], &["Herbst*"]);
    let days = format!("date >= DATE '{}' AND date < DATE '{}'", whole.period.start, whole.period.end);
    let sql = format!(
        "SELECT sum(sessions)::VARCHAR FROM mart.metric_daily WHERE workspace = '{}' AND campaign LIKE 'Herbst%' AND {days}",
        shop.id
    );
    let sessions: Decimal = texts(warehouse, &sql)[0].parse().expect("a number");
    assert!(sessions > Decimal::ZERO);
    assert_eq!(headline(&document(&autumn), "sessions"), Some(sessions));

    let templates = Templates::new(None).0;
    let mut issued = BTreeSet::new();
    for order in parts.iter().chain([&autumn]) {
        for is_first in [true, false] {
            let (id, outcome) =
                issue_report(warehouse, &context, order, &world.audience(&shop), &templates).expect("issued");
            assert_eq!(matches!(outcome, Outcome::Issued { .. }), is_first, "{outcome:?}");
            issued.insert(id);
        }
    }
    assert_eq!(issued.len(), 3);
    let stems = texts(
        warehouse,
        "SELECT DISTINCT regexp_extract(route, '/(weekly-[^.]+)', 1) FROM ops.outbox WHERE lane = 'file' ORDER BY 1",
    );
    let when = whole.period.last_day();
    assert_eq!(stems, ["autumn", "paid", "rest"].map(|id| format!("weekly-{when}-{id}")));
}

/// The tables by dimension and the unified metrics are filled from one computation: they agree to the cent, for every
/// day, channel, source and campaign.
#[tokio::test(flavor = "multi_thread")]
async fn tables_by_dimension_add_up_to_the_unified_metrics() {
    let world = synced_world(40).await;
    let facts = daybook::warehouse::facts::builtin();
    let measures = facts.measures();
    let by_dimension = |fact: &&str| {
        let adds = facts.get(fact).and_then(|fact| fact.contribution.as_ref());
        adds.is_some_and(|adds| !adds.dimensions.is_empty())
    };
    let mut compared = 0;
    for measure in &measures {
        let adding = facts.adding_to(&measure.name);
        if !adding.iter().all(&by_dimension) {
            continue;
        }
        let grain = "workspace, date, channel, source, campaign";
        let sums = |table: &str| format!("SELECT {grain}, sum({}) AS value FROM {table} GROUP BY ALL", measure.name);
        let parts: Vec<String> =
            adding.iter().map(|fact| format!("SELECT {grain}, {} FROM mart.{fact}_by", measure.name)).collect();
        let parts = sums(&format!("({})", parts.join(" UNION ALL ")));
        let whole = sums("mart.metric_daily");
        let sql = format!(
            "SELECT concat_ws(' ', {grain}, value) FROM ((({parts}) EXCEPT ({whole})) UNION ALL (({whole}) EXCEPT ({parts})))
             WHERE value <> 0"
        );
        assert_eq!(texts(&world.context.warehouse, &sql), Vec::<String>::new(), "{}", measure.name);
        compared += 1;
    }
    assert!(compared >= 8, "{compared} measures");
}

/// An installation of an earlier version may have replaced `metric_daily.sql`: its query still runs, in place of what
/// facts add, and gives every row that it gave.
#[tokio::test(flavor = "multi_thread")]
async fn a_rollup_that_an_earlier_version_shipped_gives_the_rows_of_today() {
    let world = synced_world(40).await;
    let rows = "SELECT concat_ws(' ', workspace, date, channel, source, campaign, sessions, key_events, clicks, leads, customers,
        round(revenue, 4), round(refunds, 4), round(chargebacks, 4), round(cost, 4)) FROM mart.metric_daily ORDER BY 1";
    let now = texts(&world.context.warehouse, rows);
    let sql = daybook::warehouse::rollup::RollupSql {
        metric_daily: Some(include_str!("../fixtures/rollups/metric_daily.sql").to_owned()),
        ..daybook::warehouse::rollup::RollupSql::shipped()
    };
    let done = world.rollup_by(sql).await;
    assert!(done.iter().all(|rolled| rolled.days > 30), "another query makes every day due: {done:?}");
    let earlier = texts(&world.context.warehouse, rows);
    assert_eq!(now.len(), earlier.len());
    for (one, other) in now.iter().zip(&earlier) {
        assert_eq!(one, other);
    }
}
