//! Streams that another stream of the connection contradicts.

use super::measures::other_sum;
use super::{ACCEPTED, Confirm};
use crate::domain::coverage::NOTHING_CAME;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::literal;

/// A stream whose days another stream may contradict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradicted {
    pub workspace: String,
    pub connection: String,
    pub stream: String,
    /// Its table, the column of the partition there, and its measure.
    pub own: Confirm,
    pub by: Confirm,
    /// Further measures that both tables have.
    pub also: Vec<String>,
}

/// Doubts whole days of which a stream states nothing while another one, as a whole, states something:
/// zero visits with 900 visitors are a missing answer. Days that a person accepted stay. Answers how many
/// days are doubted now.
pub fn doubt_contradictions(connection: &mut duckdb::Connection, of: &Contradicted) -> Result<u64, WarehouseError> {
    let (workspace, id) = (literal(&of.workspace), literal(&of.connection));
    let sums = |confirm: &Confirm| {
        let columns = std::iter::once(&confirm.measure).chain(&of.also);
        let sum = |column: &String| other_sum(confirm, column, [&workspace, &id, "v.partition", "v.date"]);
        columns.map(|column| (sum(column), column.replace('_', " "))).collect::<Vec<_>>()
    };
    let (own, by) = (sums(&of.own), sums(&of.by));
    let is_nothing: Vec<String> = own.iter().map(|(sum, _)| format!("{sum} = 0")).collect();
    let is_something: Vec<String> = by.iter().map(|(sum, _)| format!("{sum} > 0")).collect();
    let stated: Vec<String> = by
        .iter()
        .map(|(sum, name)| format!("WHEN {sum} > 0 THEN regexp_replace(CAST(CAST({sum} AS DECIMAL(38, 2)) AS VARCHAR), '[.]00$', '') || ' {name}'"))
        .collect();
    let what = of.own.measure.replace('_', " ");
    let sql = format!(
        "UPDATE ops.coverage AS v SET standing = 'doubted', is_whole_day = false,
             reason = 'it has no {what}, though ' || CASE {stated} END || ' are stated'
         WHERE v.workspace = {workspace} AND v.connection = {id} AND v.stream = {stream}
           AND (v.is_whole_day AND v.standing IS NULL OR v.standing = 'doubted' AND starts_with(v.reason, {silent}))
           AND NOT EXISTS (SELECT 1 FROM ops.load AS l WHERE l.load_id = v.load_id
               AND len(list_filter(l.notes, lambda note: starts_with(note, '{accepted}'))) > 0)
           AND EXISTS (SELECT 1 FROM ops.coverage AS o WHERE o.workspace = v.workspace AND o.connection = v.connection
               AND o.stream = {other_stream} AND o.partition = v.partition AND o.date = v.date
               AND o.is_whole_day AND o.standing IS NULL)
           AND {is_nothing} AND ({is_something})",
        stated = stated.join(" "),
        // That another stream has the day says more than that it may be late.
        silent = literal(NOTHING_CAME),
        is_nothing = is_nothing.join(" AND "),
        is_something = is_something.join(" OR "),
        stream = literal(&of.stream),
        other_stream = literal(&of.by.stream),
        accepted = ACCEPTED,
    );
    let days = connection.execute(&sql, []).context(|| format!("holding {} against {}", of.stream, of.by.stream))?;
    Ok(days as u64)
}
