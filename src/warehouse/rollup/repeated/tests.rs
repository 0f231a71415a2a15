use super::*;
use crate::domain::channel::ChannelRules;
use crate::domain::period::Period;
use crate::domain::workspace::Workspace;
use crate::warehouse::facts::{builtin, fact_of};
use crate::warehouse::rollup::{RollupSql, compute_anew};
use crate::warehouse::{Warehouse, WarehouseConfig};
use chrono::NaiveDate;
use std::sync::Arc;

const LABELS: &str = "about = 'Labels of posts.'\nkey = ['post_id', 'label']\n[columns]\n\
    post_id = { type = 'VARCHAR', required = true, about = 'The post.' }\n\
    label = { type = 'VARCHAR', required = true, about = 'A label.' }\n";
const POSTS: &str = "about = 'Posts.'\nday = 'date'\nkey = ['date', 'post_id']\n[columns]\n\
    date = { type = 'DATE', required = true, about = 'The day.' }\n\
    post_id = { type = 'VARCHAR', required = true, about = 'The post.' }\n\
    likes = { type = 'BIGINT', required = true, about = 'Likes.' }\n[measures]\nlikes = 'BIGINT'\n";
/// Two days of posts, of which one has two labels.
const ROWS: &str = "INSERT INTO core.post_daily VALUES ('w', 'c', DATE '2026-11-02', 'a', 3, 'l'), ('w', 'c', DATE '2026-11-02', 'b', 4, 'l'),
        ('w', 'c', DATE '2026-11-03', 'b', 5, 'l'), ('w', 'c', DATE '2026-11-04', 'b', -1, 'l');
    INSERT INTO core.post_label VALUES ('w', 'c', 'a', 'x', 'l'), ('w', 'c', 'a', 'y', 'l'), ('w', 'c', 'b', 'x', 'l')";

fn told(adds: &str) -> Vec<String> {
    told_by(adds, repeated)
}

/// What a comparison finds of each workspace.
type Found<T> = Result<BTreeMap<String, Vec<T>>, WarehouseError>;

/// What a comparison tells of a contribution.
pub fn told_by<T: std::fmt::Display + Send + 'static>(
    adds: &str,
    compare: fn(&Connection, &Facts) -> Found<T>,
) -> Vec<String> {
    let mut facts = (*builtin()).clone();
    facts.add(fact_of("post_label", LABELS, None)).expect("added");
    facts.add(fact_of("post_daily", POSTS, Some(adds))).expect("added");
    let facts = Arc::new(facts);
    let config = WarehouseConfig { facts: facts.clone(), ..WarehouseConfig::default() };
    let warehouse = Warehouse::in_memory_with(config).expect("a warehouse");
    warehouse.write_blocking(|c| c.execute_batch(ROWS).context(|| "rows".to_owned())).expect("written");
    let of = Workspace::sample("w", "EUR");
    let day = |day: u32| NaiveDate::from_ymd_opt(2026, 11, day).expect("a day");
    let days = Period { start: day(1), end: day(10) };
    let sql = RollupSql { facts: facts.clone(), ..RollupSql::shipped() };
    let found = warehouse.write_blocking(move |c| {
        let rules = ChannelRules::new(&[]).expect("no rules");
        compute_anew(c, &[(&of, days)], &rules, &sql)?;
        compare(c, &facts)
    });
    found
        .expect("compared")
        .into_iter()
        .flat_map(|(id, all)| all.into_iter().map(move |one| format!("{id}: {one}")))
        .collect()
}

// Datus-ai/Datus-agent#1426 and DataJunction/dj#1531: a join to several rows of a key repeats the rows of the other side,
// and the sums over them are too large without any error.
#[test]
fn a_join_that_repeats_rows_of_the_fact_is_reported() {
    let adds = "SELECT p.workspace, p.date, 'social' AS source, '' AS medium, l.label AS campaign, p.likes
        FROM core.post_daily AS p LEFT JOIN core.post_label AS l USING (workspace, post_id)";
    let says = told(adds);
    assert_eq!(
        says,
        [
            "w: config/facts/post_daily.metrics.sql adds up likes to 14, and core.post_daily holds 12: a join repeats rows of \
          post_daily; join by a key that is unique there, or give the measure a name of its own"
        ]
    );
}

#[test]
fn a_query_that_leaves_rows_out_or_dates_them_otherwise_repeats_none() {
    let one = "SELECT p.workspace, p.date, 'social' AS source, '' AS medium, '' AS campaign, p.likes FROM core.post_daily AS p";
    for adds in [
        one.to_owned(),
        format!("{one} WHERE p.likes > 0"),
        format!("{one} WHERE p.post_id = 'b'"),
        one.replace("p.date,", "p.date + 1 AS date,"),
        one.replace("p.likes", "2 * p.likes AS likes") + " WHERE false",
    ] {
        assert_eq!(told(&adds), Vec::<String>::new(), "{adds}");
    }
}
