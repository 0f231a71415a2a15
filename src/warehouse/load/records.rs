//! Records that a vendor deletes, restores and merges: before new rows are compared with what is
//! held, it is settled which of them are behind, what was merged away, and what is listed no more.
//!
//! A table of such records has the columns `modified_at`, `archived_at` (since when a record counts
//! no more), `absence` (why, where no recycle bin says so) and `merged_<key>s`.

use super::{LoadRequest, Loaded, Target};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::literal;
use chrono::{DateTime, TimeDelta, Utc};
use duckdb::{OptionalExt, Transaction, params};

mod doubt;

pub use doubt::Count;
use doubt::{Absent, Verdict, judge};

/// Lists of living records and recycle bins may each be behind by so many minutes.
const BEHIND_MINUTES: i64 = 10;

/// Which records the rows of a target are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Records {
    /// Living ones that changed, found by an index that may be behind.
    Changed,
    /// Every living one, with what the vendor's own count says of the list.
    Living { count: Count },
    /// Those in the recycle bin. `listed_by` is the stream that lists every living one.
    Deleted { listed_by: String },
}

/// Changes the rows in `read`, once they are staged, so that the merge does the right thing. What is
/// left out of a target of records is left out of the targets after it as well.
pub fn settle(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    target: &Target,
    loaded: &mut Loaded,
) -> Result<(), WarehouseError> {
    let Some(records) = &target.records else { return leave_out_here(transaction, request, target) };
    let of = Of::new(request, target)?;
    let listed = match records {
        Records::Living { count } => of.listed(transaction)?.zip(Some(*count)),
        Records::Changed | Records::Deleted { .. } => None,
    };
    of.leave_out(transaction, records)?;
    of.merged_away(transaction)?;
    match listed {
        Some((listed, count)) => of.gone(transaction, (listed, count), loaded),
        None => Ok(()),
    }
}

/// Days that change with a contact though no row of theirs does: the stages of those who were changed,
/// deleted, restored or merged, and of those merged into them.
pub fn touch(transaction: &Transaction<'_>, request: &LoadRequest) -> Result<(), WarehouseError> {
    let step = || "touching the days of contacts".to_owned();
    transaction.execute_batch("DROP TABLE IF EXISTS left_out; DROP TABLE IF EXISTS listed").context(step)?;
    if !request.targets.iter().any(|target| target.table == "contact" && target.records.is_some()) {
        return Ok(());
    }
    transaction
        .execute(
            include_str!("records/touched_stages.sql"),
            params![request.workspace, request.connection, request.load_id],
        )
        .context(step)?;
    Ok(())
}

fn leave_out_here(transaction: &Transaction<'_>, request: &LoadRequest, target: &Target) -> Result<(), WarehouseError> {
    let before = request.targets.iter().take_while(|other| *other != target);
    let Some(key) = before.filter(|other| other.records.is_some()).find_map(|other| other.key.first()) else {
        return Ok(());
    };
    if !target.key.contains(key) {
        return Ok(());
    }
    transaction
        .execute_batch(&format!("DELETE FROM read WHERE {key} IN (SELECT {key} FROM left_out)"))
        .context(|| format!("leaving out of {} what is behind", target.table))
}

/// A table of records and the words that its statements are made of.
struct Of<'a> {
    request: &'a LoadRequest,
    table: &'a str,
    key: &'a str,
    /// The column that lists the records merged into one.
    merged: String,
    /// The connection's rows of the table, as `held`.
    held: String,
    /// The instant of fetching, as a literal.
    fetched: String,
}

impl<'a> Of<'a> {
    fn new(request: &'a LoadRequest, target: &'a Target) -> Result<Self, WarehouseError> {
        let [key] = target.key.as_slice() else {
            return Err(WarehouseError::Invalid(format!("records of {} need a key of one column", target.table)));
        };
        let held = format!(
            "(SELECT h.*, l.fetched_at AS told_at FROM core.{} AS h LEFT JOIN ops.load AS l USING (load_id)
              WHERE h.workspace = {} AND h.connection = {}) AS held",
            target.table,
            literal(&request.workspace),
            literal(&request.connection)
        );
        let fetched = instant(request.fetched_at);
        Ok(Self { request, table: &target.table, key, merged: format!("merged_{key}s"), held, fetched })
    }

    fn run(&self, transaction: &Transaction<'_>, sql: &str) -> Result<u64, WarehouseError> {
        let done = transaction.execute(sql, []).context(|| format!("settling records of {}", self.table))?;
        Ok(done as u64)
    }

    fn count(&self, transaction: &Transaction<'_>, sql: &str) -> Result<u64, WarehouseError> {
        transaction
            .query_row(&format!("SELECT count(*)::UBIGINT FROM {sql}"), [], |row| row.get(0))
            .context(|| format!("counting records of {}", self.table))
    }

    /// Notes every id that a whole list names, also in quarantined rows; how many. `None` where
    /// the list says nothing about what it does not name: a newer one was loaded, or it has rows without id.
    fn listed(&self, transaction: &Transaction<'_>) -> Result<Option<u64>, WarehouseError> {
        let Self { key, .. } = self;
        self.run(transaction, &format!("CREATE OR REPLACE TEMP TABLE listed AS SELECT DISTINCT {key} FROM read"))?;
        let newest = self.fetched_last(transaction, &self.request.stream)?;
        let unnamed = self.count(transaction, &format!("listed WHERE {key} IS NULL OR {key} = ''"))?;
        if unnamed > 0 || newest.is_some_and(|newest| newest > self.request.fetched_at) {
            return Ok(None);
        }
        self.count(transaction, "listed").map(Some)
    }

    /// When the newest loaded answer of a stream was fetched.
    fn fetched_last(
        &self,
        transaction: &Transaction<'_>,
        stream: &str,
    ) -> Result<Option<DateTime<Utc>>, WarehouseError> {
        let found: Option<Option<chrono::NaiveDateTime>> = transaction
            .query_row(
                "SELECT max(fetched_at) FROM ops.load WHERE workspace = ? AND connection = ? AND stream = ?",
                params![self.request.workspace, self.request.connection, stream],
                |row| row.get(0),
            )
            .optional()
            .context(|| "looking for the newest list".to_owned())?;
        Ok(found.flatten().map(|at| at.and_utc()))
    }

    /// Takes rows out of `read` that are behind what is held; their keys stay in `left_out`.
    fn leave_out(&self, transaction: &Transaction<'_>, records: &Records) -> Result<(), WarehouseError> {
        let Self { key, held, fetched, .. } = self;
        let margin = TimeDelta::minutes(BEHIND_MINUTES);
        let is_behind = match records {
            // An index shows a record as it was, or one that is deleted by now.
            Records::Changed => {
                "held.modified_at > read.modified_at OR read.modified_at <= held.archived_at".to_owned()
            }
            // A list that was fetched earlier and is loaded again, or one that does not know yet what the bin knows.
            Records::Living { .. } => format!(
                "(held.told_at > {fetched} AND held.modified_at > read.modified_at)
                 OR held.archived_at > CASE WHEN held.absence IS NULL THEN {} ELSE {fetched} END",
                instant(self.request.fetched_at - margin)
            ),
            // A bin that still holds what has been listed as living since, or changed since.
            Records::Deleted { listed_by } => {
                let listed_at = self.fetched_last(transaction, listed_by)?.unwrap_or(DateTime::UNIX_EPOCH);
                format!(
                    "held.archived_at IS NULL AND held.absence IS NULL AND (
                        (read.archived_at < {} AND held.told_at <= {})
                        OR held.modified_at > read.archived_at + INTERVAL {BEHIND_MINUTES} MINUTE)",
                    instant(listed_at - margin),
                    instant(listed_at)
                )
            }
        };
        self.run(
            transaction,
            &format!(
                "CREATE OR REPLACE TEMP TABLE left_out AS
                 SELECT read.{key} FROM read JOIN {held} ON held.{key} = read.{key}
                 WHERE read.problem IS NULL AND ({is_behind})"
            ),
        )?;
        self.run(transaction, &format!("DELETE FROM read WHERE {key} IN (SELECT {key} FROM left_out)"))?;
        Ok(())
    }

    /// Marks what was merged into another record, whoever says so, in `read` and in what is held.
    fn merged_away(&self, transaction: &Transaction<'_>) -> Result<(), WarehouseError> {
        let Self { key, merged, held, fetched, .. } = self;
        self.run(
            transaction,
            &format!(
                "CREATE OR REPLACE TEMP TABLE loser AS
                 SELECT DISTINCT loser FROM (
                     SELECT {key}, unnest({merged}) AS loser FROM read WHERE problem IS NULL
                     UNION ALL SELECT {key}, unnest({merged}) FROM {held})
                 WHERE loser <> {key}"
            ),
        )?;
        // One that is known to be merged stays as it is, whatever an index or a list shows.
        self.run(
            transaction,
            &format!(
                "DELETE FROM read WHERE {key} IN (SELECT loser FROM loser)
                     AND {key} IN (SELECT {key} FROM {held} WHERE held.absence = 'merged')"
            ),
        )?;
        self.run(
            transaction,
            &format!(
                "UPDATE read SET archived_at = coalesce(archived_at, {fetched}), absence = 'merged'
                 WHERE problem IS NULL AND {key} IN (SELECT loser FROM loser)"
            ),
        )?;
        self.add(
            transaction,
            &format!(
                "held.archived_at IS NULL AND held.{key} IN (SELECT loser FROM loser)
                     AND held.{key} NOT IN (SELECT {key} FROM read WHERE {key} IS NOT NULL)"
            ),
            &format!("{fetched} AS archived_at, 'merged' AS absence"),
        )?;
        self.run(transaction, "DROP TABLE loser")?;
        Ok(())
    }

    /// What a whole list of `listed` records does not name is gone, or in doubt.
    fn gone(
        &self,
        transaction: &Transaction<'_>,
        (listed, count): (u64, Count),
        loaded: &mut Loaded,
    ) -> Result<(), WarehouseError> {
        let Self { key, held, fetched, .. } = self;
        let is_absent = format!(
            "held.archived_at IS NULL AND coalesce(held.told_at <= {fetched}, true)
             AND held.{key} NOT IN (SELECT {key} FROM listed)
             AND held.{key} NOT IN (SELECT {key} FROM read WHERE {key} IS NOT NULL)"
        );
        let living = self.count(transaction, &format!("{held} WHERE held.archived_at IS NULL"))?;
        let again = self.count(transaction, &format!("{held} WHERE {is_absent} AND held.absence = 'missing'"))?;
        let first = self.count(transaction, &format!("{held} WHERE {is_absent} AND held.absence IS NULL"))?;
        let absent = Absent { living, listed, first, again };
        let verdict = judge(absent, count);
        let is_believed = match verdict {
            Verdict::Gone => "true",
            Verdict::Doubted => "held.absence = 'missing'",
            Verdict::Refuted => "false",
        };
        for told in verdict.told(self.table, absent) {
            match told.concerns_readers {
                true => loaded.caveat(told.text),
                false => loaded.notes.push(told.text),
            }
        }
        self.add(
            transaction,
            &format!("{is_absent} AND {is_believed}"),
            &format!("{fetched} AS archived_at, 'gone' AS absence"),
        )?;
        if verdict != Verdict::Gone {
            self.add(
                transaction,
                &format!("{is_absent} AND held.absence IS NULL"),
                "NULL::TIMESTAMP AS archived_at, 'missing' AS absence",
            )?;
        }
        Ok(())
    }

    /// Puts held rows into `read` with other values, as if the vendor had sent them.
    fn add(&self, transaction: &Transaction<'_>, which: &str, values: &str) -> Result<u64, WarehouseError> {
        self.run(
            transaction,
            &format!(
                "INSERT INTO read BY NAME
                 SELECT held.* EXCLUDE (workspace, connection, load_id, told_at, archived_at, absence), {values}
                 FROM {} WHERE {which}",
                self.held
            ),
        )
    }
}

/// An instant as an SQL literal.
fn instant(at: DateTime<Utc>) -> String {
    format!("TIMESTAMP '{}'", at.format("%Y-%m-%d %H:%M:%S%.6f"))
}
