//! What days are measured by: one column, and others for days that have nothing of it.

use super::super::LoadRequest;
use super::{Confirm, Doubt, of_stream};
use crate::warehouse::sql::literal;

/// The columns of a table, in the order in which they decide; none where rows are counted.
pub struct Measures<'a>(Vec<&'a str>);

impl<'a> Measures<'a> {
    pub fn of(doubt: &'a Doubt) -> Self {
        let first = doubt.measure.as_deref();
        Self(first.into_iter().chain(doubt.also.iter().map(String::as_str).filter(|_| first.is_some())).collect())
    }

    /// A list of their sums, as an SQL expression.
    pub fn sums(&self) -> String {
        let sums: Vec<String> =
            self.0.iter().map(|column| format!("coalesce(sum({column}), 0)::DECIMAL(38, 6)")).collect();
        if sums.is_empty() { "[count(*)::DECIMAL(38, 6)]".to_owned() } else { format!("[{}]", sums.join(", ")) }
    }

    /// What the measure of this number, from 1, is called.
    pub fn name(&self, number: i64) -> String {
        let column = usize::try_from(number - 1).ok().and_then(|index| self.0.get(index));
        column.copied().unwrap_or("rows").replace('_', " ")
    }

    /// Holds where another stream's measure of the day `f.date` does not exceed what came, `f.came`, and
    /// was asked for at least as late as the rows that are held. `f.which` is the measure's number, 0 for
    /// all of them. What is doubted itself confirms nothing: two reports that fall silent together say no
    /// more than one.
    pub fn confirmed(&self, request: &LoadRequest, by: &Confirm) -> String {
        let (workspace, connection) = (literal(&request.workspace), literal(&request.connection));
        let (stream, partition) = (literal(&by.stream), literal(&request.partition));
        let own = of_stream("v", request);
        let other = |column: &str| other_sum(by, column, [&workspace, &connection, &partition, "f.date"]);
        let others = std::iter::once(other(&by.measure)).chain(self.0.iter().skip(1).map(|column| other(column)));
        let holds =
            others.enumerate().map(|(index, sum)| format!("(f.which NOT IN (0, {}) OR {sum} <= f.came)", index + 1));
        format!(
            "EXISTS (
             SELECT 1 FROM ops.coverage AS o
             WHERE o.workspace = {workspace} AND o.connection = {connection} AND o.stream = {stream}
               AND o.partition = {partition} AND o.date = f.date AND o.standing IS NULL AND o.is_whole_day
               AND o.covered_at >= coalesce((SELECT max(v.covered_at) FROM ops.coverage AS v WHERE {own} AND v.date = f.date), o.covered_at)
               AND {})",
            holds.collect::<Vec<_>>().join(" AND ")
        )
    }
}

/// What another stream's table has of a day in a column; place and day are SQL expressions.
pub fn other_sum(by: &Confirm, column: &str, [workspace, connection, partition, date]: [&str; 4]) -> String {
    let Confirm { table, partition: of, .. } = by;
    format!(
        "coalesce((SELECT sum(t.{column}) FROM core.{table} AS t WHERE t.workspace = {workspace}
             AND t.connection = {connection} AND t.{of} = {partition} AND t.date = {date}), 0)"
    )
}
