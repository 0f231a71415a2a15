//! Records of money that could not be used. What one of them is worth is not known, so none is too few
//! to report: they are named, by every load, until they come again and can be used.

use super::{LoadRequest, Loaded, Replaces, Target};
use crate::support::shown::cut_line;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::literal;
use duckdb::{Transaction, params};

/// So many reasons are reported of one table, and so many records of a reason.
const MOST_REASONS: usize = 5;
const MOST_NAMES: u64 = 3;
/// A longer reason is cut.
const LONGEST_REASON: usize = 160;

/// Whether a table's rows are amounts by themselves, each under its own key, with nothing to weigh them by.
fn holds_money(target: &Target, columns: &[String]) -> bool {
    target.doubt.measure.is_none()
        && matches!(target.replaces, Replaces::Scope(_))
        && columns.iter().any(|column| column == "currency")
}

/// The expression of a bad record's name; null where the table is not of money or the record has none.
pub fn key(target: &Target, columns: &[String]) -> String {
    if !holds_money(target, columns) {
        return "NULL::VARCHAR".to_owned();
    }
    let parts: Vec<String> = target.key.iter().map(|column| format!("CAST({column} AS VARCHAR)")).collect();
    format!("nullif(concat_ws(' ', {}), '')", parts.join(", "))
}

/// Whether every bad record in `read` is one that [`settle`] names.
pub fn are_named(transaction: &Transaction<'_>, target: &Target, columns: &[String]) -> Result<bool, WarehouseError> {
    if !holds_money(target, columns) {
        return Ok(false);
    }
    let sql = format!("SELECT count(*) = 0 FROM read WHERE problem IS NOT NULL AND {} IS NULL", key(target, columns));
    transaction.query_row(&sql, [], |row| row.get(0)).context(|| format!("looking for names in {}", target.table))
}

/// Keeps what could not be read beside what could not be used, forgets what can be used by now, and notifies
/// readers of the rest. `read` holds the load's rows.
pub fn settle(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    target: &Target,
    columns: &[String],
    loaded: &mut Loaded,
) -> Result<(), WarehouseError> {
    let unread = &request.pages.unread;
    let step = || format!("telling what is left out of {}", target.table);
    let is_first = request.targets.first() == Some(target);
    if !holds_money(target, columns) {
        if is_first {
            let note = |(id, reason): &(String, String)| loaded.caveat(format!("{id} could not be read: {reason}"));
            unread.iter().for_each(note);
        }
        return Ok(());
    }
    for (id, reason) in unread.iter().filter(|_| is_first) {
        let reason = format!("it could not be read: {reason}");
        transaction
            .execute(
                "INSERT INTO ops.quarantine (load_id, workspace, connection, stream, slice, table_name, page_no, record_no, reason, record_key)
                 VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?, ?)",
                params![
                    request.load_id,
                    request.workspace,
                    request.connection,
                    request.stream,
                    request.slice,
                    target.table,
                    reason,
                    id
                ],
            )
            .context(step)?;
    }
    let of_table = format!(
        "workspace = {} AND connection = {} AND stream = {} AND table_name = {} AND record_key IS NOT NULL",
        literal(&request.workspace),
        literal(&request.connection),
        literal(&request.stream),
        literal(&target.table)
    );
    let waiting: bool = transaction
        .query_row(&format!("SELECT count(*) > 0 FROM ops.quarantine WHERE {of_table}"), [], |row| row.get(0))
        .context(step)?;
    if !waiting {
        return Ok(());
    }
    let name = key(target, columns);
    transaction
        .execute_batch(&format!(
            "DELETE FROM ops.quarantine WHERE {of_table} AND record_key IN (SELECT {name} FROM read WHERE problem IS NULL);
             DELETE FROM ops.quarantine WHERE {of_table} AND load_id <> {own}
                 AND record_key IN (SELECT record_key FROM ops.quarantine WHERE {of_table} AND load_id = {own})",
            own = literal(&request.load_id)
        ))
        .context(step)?;
    let mut statement = transaction
        .prepare(&format!(
            "SELECT reason, count(DISTINCT record_key)::UBIGINT, array_to_string(list_sort(list(DISTINCT record_key))[:{MOST_NAMES}], ', ')
             FROM ops.quarantine WHERE {of_table} GROUP BY reason ORDER BY 2 DESC, 1"
        ))
        .context(step)?;
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?, row.get::<_, String>(2)?)))
        .context(step)?;
    let reasons: Vec<(String, u64, String)> = rows.collect::<Result<_, _>>().context(step)?;
    for (reason, count, names) in reasons.iter().take(MOST_REASONS) {
        let shown = cut_line(reason, LONGEST_REASON);
        let more = if *count > MOST_NAMES { format!(" and {} more", count - MOST_NAMES) } else { String::new() };
        let what = plural(&target.table, *count);
        loaded.caveat(format!("{count} {what} could not be used and may be in no figure: {shown} ({names}{more})"));
    }
    if let Some(rest) = reasons.get(MOST_REASONS..).filter(|rest| !rest.is_empty()) {
        let count: u64 = rest.iter().map(|(_, count, _)| count).sum();
        let what = plural(&target.table, count);
        loaded.caveat(format!("{count} more {what} could not be used, for {} other reasons", rest.len()));
    }
    Ok(())
}

/// A table's rows in words, e.g. `ledger entries`.
pub fn plural(table: &str, count: u64) -> String {
    let one = table.replace('_', " ");
    match one.strip_suffix('y') {
        _ if count == 1 => one,
        Some(stem) => format!("{stem}ies"),
        None => format!("{one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::plural;

    #[test]
    fn rows_have_names_of_one_and_of_many() {
        assert_eq!(
            (plural("ledger_entry", 2), plural("ledger_entry", 1)),
            ("ledger entries".into(), "ledger entry".into())
        );
        assert_eq!(plural("subscription", 0), "subscriptions");
    }
}
