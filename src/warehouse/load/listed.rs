//! Whether a list is of the same account as what is held: a vendor that lists every record for ever
//! names those that were read before, or it is asked with the key of another account.

use super::{LoadRequest, Loaded, Target};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::literal;
use chrono::{DateTime, Utc};
use duckdb::Transaction;

/// The window of instants `[start, end)`, by a column, of which the pages name every row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListsAll {
    pub column: String,
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
}

/// Fewer than these may go missing without a word.
const FEW: u64 = 5;
/// From so many on, one that is still listed does not prove that the account is the same.
const MANY: u64 = 10;

/// Refuses a list that names none, or hardly any, of the rows held of its window; one that lacks many is
/// reported.
pub fn check(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    target: &Target,
    loaded: &mut Loaded,
) -> Result<(), WarehouseError> {
    let (Some(ListsAll { column, start, end }), Some(_), false) =
        (&target.doubt.lists_all, request.window, request.is_believed)
    else {
        return Ok(());
    };
    if request.pages.files.is_empty() {
        return Ok(());
    }
    let key = target.key.join(", ");
    let at = |at: &DateTime<Utc>| at.format("%Y-%m-%d %H:%M:%S").to_string();
    let (held, listed): (u64, u64) = transaction
        .query_row(
            &format!(
                "SELECT count(*)::UBIGINT, (count(*) FILTER (is_listed))::UBIGINT FROM (
                     SELECT ({key}) IN (SELECT ({key}) FROM read) AS is_listed FROM core.{}
                     WHERE workspace = {} AND connection = {} AND {column} >= TIMESTAMP '{}' AND {column} < TIMESTAMP '{}')",
                target.table,
                literal(&request.workspace),
                literal(&request.connection),
                at(start),
                at(end),
            ),
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .context(|| format!("comparing the list of {} with what is held", target.table))?;
    let what = super::left_out::plural(&target.table, held);
    if is_another(held, listed) {
        let none = if listed == 0 { "none".to_owned() } else { format!("only {listed}") };
        return Err(WarehouseError::OtherAccount(format!(
            "{none} of the {held} {what} held of this time is listed now"
        )));
    }
    let missing = held - listed;
    if missing > FEW && missing.saturating_mul(10) > held {
        loaded.caveat(format!("{missing} of {held} {what} that were read before are not listed any more"));
    }
    Ok(())
}

fn is_another(held: u64, listed: u64) -> bool {
    held > 0 && listed == 0 || held >= MANY && listed.saturating_mul(10) < held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_none_or_hardly_any_is_another_accounts() {
        assert!(is_another(1, 0) && is_another(40, 3));
        assert!(!is_another(0, 0), "nothing was held");
        assert!(!is_another(4, 1) && !is_another(40, 4) && !is_another(40, 40));
    }
}
