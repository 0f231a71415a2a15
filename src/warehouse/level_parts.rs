//! Parts of a level that a day lacks: the level of a workspace is the sum of the rows of a day, e.g. of all accounts, so
//! that it falls in silence where one of them has no row.

use super::error::{Context, WarehouseError};
use chrono::NaiveDate;
use duckdb::{Connection, OptionalExt, params};

/// What a day lacks of the parts that had a row within the week before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LackingParts {
    /// Parts with a row in that week, and those of them without one on the day itself.
    pub parts: u64,
    pub lacking: u64,
    /// The first of these, e.g. `account_id 17`.
    pub example: String,
}

/// Days back to which a part is looked for.
const DAYS: u32 = 7;

/// The parts that a fact's level lacks on a day that has rows; none where the fact is not by day or has no other key.
/// Parts that stood at 0 lack nothing.
pub fn lacking_parts(
    reader: &Connection,
    workspace: &str,
    (fact, column): (&str, &str),
    date: NaiveDate,
) -> Result<Option<LackingParts>, WarehouseError> {
    let step = || format!("looking for rows that core.{fact} lacks on {date}");
    let keys: Option<(String, String)> = reader
        .query_row(
            "SELECT day_column, array_to_string(list_filter(key_columns, name -> name <> day_column), ',')
             FROM ops.fact WHERE fact = ? AND day_column IS NOT NULL",
            params![fact],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
        .context(step)?;
    let Some((day, keys)) = keys.filter(|(_, keys)| !keys.is_empty()) else { return Ok(None) };
    let texts: Vec<String> = keys.split(',').map(|key| format!("concat_ws(' ', '{key}', {key})")).collect();
    let texts = texts.join(", ");
    let sql = format!(
        "WITH near AS (SELECT {day} AS day, connection, concat_ws(', ', {texts}) AS part, {column} AS value
             FROM core.{fact} WHERE workspace = $1 AND {day} BETWEEN CAST($2 AS DATE) - {DAYS} AND CAST($2 AS DATE)),
         now AS (FROM near WHERE day = $2),
         before AS (SELECT connection, part FROM near WHERE day < $2 GROUP BY ALL HAVING arg_max(value, day) <> 0),
         lacking AS (FROM before ANTI JOIN now USING (connection, part))
         SELECT (SELECT count(*)::UBIGINT FROM before), count(*)::UBIGINT, min(part)
         FROM lacking HAVING count(*) > 0 AND (SELECT count(*) FROM now) > 0"
    );
    reader
        .query_row(&sql, params![workspace, date], |row| {
            Ok(LackingParts { parts: row.get(0)?, lacking: row.get(1)?, example: row.get(2)? })
        })
        .optional()
        .context(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::Warehouse;
    use crate::warehouse::facts::{builtin, fact_of};
    use crate::warehouse::worker::WarehouseConfig;
    use std::sync::Arc;

    // KenTaniguchi-R/ledgr#68: a balance on a day on which one account has no row is that of the others.
    #[test]
    fn a_part_that_had_a_row_the_day_before_and_has_none_is_found() {
        let mut facts = (*builtin()).clone();
        let balance = "about = 'Balances.'\nday = 'date'\nkey = ['date', 'account_id']\n[columns]\n\
            date = { type = 'DATE', required = true, about = 'The day.' }\n\
            account_id = { type = 'VARCHAR', about = 'The account.' }\n\
            balance = { type = 'BIGINT', required = true, about = 'Its balance.' }\n";
        facts.add(fact_of("balance_daily", balance, None)).expect("added");
        let config = WarehouseConfig { facts: Arc::new(facts), ..WarehouseConfig::default() };
        let warehouse = Warehouse::in_memory_with(config).expect("a warehouse");
        let rows = "INSERT INTO core.balance_daily VALUES
            ('w', 'c', DATE '2026-11-01', 'a', 100, 'l'), ('w', 'c', DATE '2026-11-01', 'b', 50, 'l'),
            ('w', 'c', DATE '2026-11-01', 'closed', 0, 'l'), ('w', 'c', DATE '2026-11-01', NULL, 5, 'l'),
            ('w', 'c', DATE '2026-11-03', 'b', 50, 'l'), ('w', 'c', DATE '2026-11-03', NULL, 5, 'l'),
            ('w', 'c', DATE '2026-11-04', 'b', 50, 'l'), ('other', 'c', DATE '2026-11-04', 'a', 1, 'l')";
        warehouse.write_blocking(move |c| c.execute_batch(rows).context(|| "rows".to_owned())).expect("written");
        let day = |day: u32| NaiveDate::from_ymd_opt(2026, 11, day).expect("a day");
        let lacking = |date: NaiveDate| {
            warehouse.read_blocking(|c| lacking_parts(c, "w", ("balance_daily", "balance"), date)).expect("read")
        };
        let wanted = LackingParts { parts: 3, lacking: 1, example: "account_id a".to_owned() };
        assert_eq!(lacking(day(3)), Some(wanted));
        // Not on the first of these days alone.
        let wanted = LackingParts { parts: 3, lacking: 2, example: "account_id".to_owned() };
        assert_eq!(lacking(day(4)), Some(wanted));
        // A day without any row has no level, and the first one nothing to lack.
        assert_eq!((lacking(day(2)), lacking(day(1))), (None, None));
    }
}
