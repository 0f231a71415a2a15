use super::*;
use crate::warehouse::rollup::repeated::tests::told_by;

const BY_LABEL: &str = "SELECT p.workspace, p.date, 'social' AS source, '' AS medium, l.label AS campaign, p.likes
    FROM core.post_daily AS p JOIN (FROM core.post_label WHERE post_id = 'b') AS l USING (workspace, post_id)";

// PostHog/posthog#75517: rows whose partner was deleted are in no sum.
#[test]
fn rows_without_a_partner_in_a_join_are_reported_with_what_they_add() {
    let says = told_by(BY_LABEL, left_out);
    assert_eq!(
        says,
        [
            "w: config/facts/post_daily.metrics.sql adds up likes to 8, and 11 with the rows of core.post_daily that have \
             no partner in its join; write LEFT JOIN, or SEMI JOIN where they are to be left out"
        ]
    );
    // The fact on the right, and the join within a common table expression.
    let right = "WITH all_posts AS (SELECT p.* FROM (FROM core.post_label WHERE post_id = 'b') AS l
        JOIN core.post_daily AS p ON p.workspace = l.workspace AND p.post_id = l.post_id)
        SELECT workspace, date, 'social' AS source, '' AS medium, '' AS campaign, sum(likes) AS likes FROM all_posts GROUP BY ALL";
    assert_eq!(told_by(right, left_out).len(), 1);
}

#[test]
fn rows_that_are_meant_to_be_left_out_are_not_reported() {
    for adds in [
        BY_LABEL.replace(" JOIN (", " LEFT JOIN ("),
        BY_LABEL.replace(" JOIN (", " SEMI JOIN (").replace("l.label", "''"),
        BY_LABEL.replace("WHERE post_id = 'b'", ""),
        format!("{BY_LABEL} WHERE l.label = 'x'"),
    ] {
        assert_eq!(told_by(&adds, left_out), Vec::<String>::new(), "{adds}");
    }
}
