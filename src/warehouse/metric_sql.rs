//! Numbers that metrics are made of, as SQL over `mart.metric_daily`: reports and `daybook explain` use the same.

use crate::domain::fact::Dimension;
use crate::domain::metric::{Condition, Origin, RowFilter};
use crate::warehouse::sql::literal;
use std::collections::BTreeSet;

/// The sum of a column over rows. Where there are rows at all, none of those that count sum up to zero.
pub fn sum(column: &str, rows: &RowFilter) -> String {
    match rows.is_all() {
        true => format!("sum({column})"),
        false => {
            format!("CASE WHEN count(*) > 0 THEN coalesce(sum({column}) FILTER (WHERE {}), 0) END", condition(rows))
        }
    }
}

/// A fact that splits what it adds by a dimension, with the measures.
pub type Adds = (String, Vec<String>);

/// The columns `names` of the unified metrics by a dimension, as a relation of their origin, `part`, `label` and the
/// columns. What facts without the dimension add is under the empty part, so that parts sum to the whole.
pub fn by_dimension(dimension: Dimension, facts: &[Adds], names: &BTreeSet<String>) -> String {
    const ORIGIN: &str = "workspace, date, channel, source, campaign";
    let column = format!("trim(coalesce({}, ''))", dimension.word());
    let none = "('(not set)', '(not provided)', '(none)')";
    let key = if dimension.is_word_in_any_case() { format!("lower({column})") } else { column.clone() };
    let part = format!("CASE WHEN lower({column}) IN {none} THEN '' ELSE {key} END AS part, {column} AS label");
    let sums = |names: &[&String], sign: &str| -> String {
        names.iter().map(|name| format!(", {sign}{name} AS {name}")).collect()
    };
    let mut parts = Vec::new();
    for (fact, measures) in facts {
        let own: Vec<&String> = measures.iter().filter(|measure| names.contains(*measure)).collect();
        if !own.is_empty() {
            parts.push(format!("SELECT {ORIGIN}, {part}{} FROM mart.{fact}_by", sums(&own, "")));
            parts.push(format!("SELECT {ORIGIN}, '' AS part, '' AS label{} FROM mart.{fact}_by", sums(&own, "-")));
        }
    }
    let all: Vec<&String> = names.iter().collect();
    parts.push(format!("SELECT {ORIGIN}, '' AS part, '' AS label{} FROM mart.metric_daily", sums(&all, "")));
    format!("({})", parts.join("\n    UNION ALL BY NAME "))
}

/// The condition on rows. Names of sources and campaigns count in any case, as the rules of channels read them: links are
/// tagged by hand.
pub(super) fn condition(rows: &RowFilter) -> String {
    let one = |Condition { origin, names }: &Condition| {
        let column = origin.word();
        let listed = |word: &dyn Fn(&String) -> String| names.iter().map(word).collect::<Vec<_>>().join(", ");
        match *origin == Origin::Campaign && names.iter().any(|name| name.contains('*')) {
            true => format!("regexp_full_match({column}, {})", literal(&campaigns(names))),
            false if *origin == Origin::Channel => format!("{column} IN ({})", listed(&|name| literal(name))),
            false => format!("lower({column}) IN ({})", listed(&|name| format!("lower({})", literal(name)))),
        }
    };
    rows.conditions.iter().map(one).collect::<Vec<_>>().join(" AND ")
}

/// Names of campaigns in any case as a regular expression, `*` standing for anything.
pub fn campaigns(names: &[String]) -> String {
    let starred = |name: &String| name.split('*').map(regex::escape).collect::<Vec<_>>().join(".*");
    format!("(?is)(?:{})", names.iter().map(starred).collect::<Vec<_>>().join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fiscal::FiscalYear;
    use crate::domain::metric::Window;
    use chrono::NaiveDate;
    use duckdb::Connection;

    fn rows(text: &str) -> RowFilter {
        serde_json::from_str(text).expect("rows")
    }

    #[test]
    fn rows_that_count_are_chosen_by_their_origin() {
        let of = |text: &str| condition(&rows(text));
        assert_eq!(of(r#"{"channel": "it's"}"#), "channel IN ('it''s')");
        assert_eq!(
            of(r#"{"channel": ["a", "b"], "campaign": "Brand (x) *"}"#),
            "channel IN ('a', 'b') AND regexp_full_match(campaign, '(?is)(?:Brand \\(x\\) .*)')"
        );
        assert_eq!(sum("cost", &RowFilter::default()), "sum(cost)");
    }

    // lightdash/lightdash#21986: a filter that minds the case finds a part of the rows, and nothing tells it.
    #[test]
    fn names_of_sources_and_campaigns_count_in_any_case() {
        let reader = Connection::open_in_memory().expect("a database");
        let visits = "(VALUES ('newsletter', 'Brand Berlin', 60), ('Newsletter', 'brand köln', 40), ('x', 'other', 7)) AS v(source, campaign, visits)";
        for filter in [
            r#"{"source": "newsletter"}"#,
            r#"{"campaign": ["brand berlin", "BRAND KÖLN"]}"#,
            r#"{"campaign": "brand *"}"#,
        ] {
            let sql = format!("SELECT CAST({} AS BIGINT) FROM {visits}", sum("visits", &rows(filter)));
            let found: i64 = reader.query_row(&sql, [], |row| row.get(0)).expect("a sum");
            assert_eq!(found, 100, "{filter}");
        }
    }

    #[test]
    fn nothing_that_counts_is_zero_and_nothing_at_all_is_no_value() {
        let reader = Connection::open_in_memory().expect("a database");
        let value = |from: &str| -> Option<f64> {
            let sql = format!("SELECT CAST({} AS DOUBLE) FROM {from}", sum("cost", &rows(r#"{"channel": "email"}"#)));
            reader.query_row(&sql, [], |row| row.get(0)).expect("a value")
        };
        assert_eq!(value("(SELECT 'email' AS channel, 5 AS cost UNION ALL SELECT 'display', 7)"), Some(5.0));
        assert_eq!(value("(SELECT 'display' AS channel, 7 AS cost)"), Some(0.0));
        assert_eq!(value("(SELECT 'display' AS channel, 7 AS cost LIMIT 0)"), None);
    }

    /// What is read goes by days, what is explained by SQL: both are the same for every day of some years.
    #[test]
    fn windows_begin_on_the_same_day_in_sql() {
        let reader = Connection::open_in_memory().expect("a database");
        let first: NaiveDate = "2023-12-25".parse().expect("a date");
        for (word, window) in Window::WORDS {
            for month in [1, 2, 4, 10, 12] {
                let year = FiscalYear::from_month(month);
                let sql = format!(
                    "SELECT {} FROM (SELECT DATE '{first}' + CAST(i AS INTEGER) AS day FROM range(1600) AS r(i)) ORDER BY day",
                    window.start_sql("day", year)
                );
                let mut statement = reader.prepare(&sql).expect("a query");
                let starts: Vec<NaiveDate> =
                    statement.query_map([], |row| row.get(0)).expect("rows").map(|day| day.expect("a day")).collect();
                let expected: Vec<NaiveDate> =
                    first.iter_days().take(1600).map(|last| window.days(last, year).start).collect();
                assert_eq!(starts, expected, "{word} of a year from month {month}");
            }
        }
    }
}
