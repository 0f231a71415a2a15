//! Whether an emptier answer is believed. A missing answer is not zero: days whose measure fell to
//! nothing, or to less than a tenth, keep their rows until another stream says the same, or a person
//! accepts it; and days of which nothing came yet are not taken for empty ones at once.

mod contradiction;
mod measures;
mod silence;

pub use contradiction::{Contradicted, doubt_contradictions};
pub(super) use measures::Measures;
pub use silence::{LOOKED_AT, doubt_silence, is_silent};

use super::asked::OTHER_DAY;
use super::merge::covered;
use super::table_columns::columns;
use super::{ListsAll, LoadRequest, Loaded, Replaces, Target};
use crate::domain::coverage::{Standing, what_stays};
use crate::support::shown::cut_line;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::literal;
use chrono::NaiveDate;
use duckdb::{Transaction, params};
use rust_decimal::Decimal;

/// What distinguishes an emptier answer from a missing one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubt {
    /// A column of numbers; rows are counted where it is absent.
    pub measure: Option<String>,
    /// Further columns, of the table that confirms as well, for days that have nothing of `measure`.
    pub also: Vec<String>,
    pub confirmed_by: Option<Confirm>,
    /// The window of which the pages name every row there ever was.
    pub lists_all: Option<ListsAll>,
}

/// Another stream of the same connection that may say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirm {
    pub stream: String,
    pub table: String,
    /// The column that holds the partition there.
    pub partition: String,
    pub measure: String,
}

/// A day whose answer is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoubtedDay {
    pub date: NaiveDate,
    /// What is held, and what came.
    pub held: Decimal,
    pub came: Decimal,
    pub reason: String,
}

/// What is doubted, a sentence for each run of days.
pub fn notes(doubted: &[DoubtedDay]) -> Vec<String> {
    let mut days: Vec<&DoubtedDay> = doubted.iter().collect();
    days.sort_by_key(|day| day.date);
    let runs = days.chunk_by(|day, next| day.date.succ_opt() == Some(next.date));
    let note = |run: &[&DoubtedDay]| match run {
        [] => None,
        [day] => Some(format!("{} is doubted: {}{}", day.date, day.reason, what_stays(&day.reason))),
        [first, .., last] => {
            let (days, reason) = (format!("{} to {}", first.date, last.date), &first.reason);
            let of = if run.iter().all(|day| day.reason == *reason) { "" } else { "on the first of them " };
            Some(format!("{days} are doubted: {of}{reason}{}", what_stays(reason)))
        }
    };
    runs.filter_map(note).collect()
}

/// What a note begins with that says that a person took the vendor's word.
pub const ACCEPTED: &str = "accepted by a person";

/// Fewer than this may fall by chance; only to nothing is then doubted.
const SMALLEST_FALL: u32 = 100;
/// The share of a slice's measure that may be quarantined before none of its days is believed.
const MOST_QUARANTINED: f64 = 0.05;

/// Days of the staged rows that are not believed; these are taken out of `staged`, and stand in the
/// temporary table `doubted(date)`.
pub fn doubt(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    target: &Target,
) -> Result<Vec<DoubtedDay>, WarehouseError> {
    transaction
        .execute_batch("CREATE OR REPLACE TEMP TABLE doubted (date DATE)")
        .context(|| "looking for emptier answers".to_owned())?;
    let (Replaces::Window { column, .. }, Some(_), false) = (&target.replaces, request.window, request.is_believed)
    else {
        return Ok(Vec::new());
    };
    let step = || format!("comparing {} with what is held", target.table);
    let measures = Measures::of(&target.doubt);
    let confirmed =
        target.doubt.confirmed_by.as_ref().map_or_else(|| "false".to_owned(), |by| measures.confirmed(request, by));
    let accepting = literal(Standing::Accepting.name());
    let of_stream = of_stream("v", request);
    let sql = format!(
        "WITH held AS (SELECT {column} AS date, {amounts} AS held FROM core.{table} WHERE {covered} GROUP BY 1),
         came AS (SELECT {column} AS date, {amounts} AS came FROM staged GROUP BY 1),
         -- The first measure that the day has decides.
         judged AS (
             SELECT h.date, h.held, c.came, coalesce(list_position(list_transform(h.held, lambda one: one > 0), true), 1) AS which
             FROM held AS h LEFT JOIN came AS c USING (date)),
         both_sides AS (SELECT date, which, held[which] AS held, coalesce(came[which], 0) AS came FROM judged),
         fallen AS (
             SELECT b.* FROM both_sides AS b
             WHERE {is_fallen})
         SELECT f.date, f.held, f.came, f.which FROM fallen AS f
         WHERE NOT EXISTS (SELECT 1 FROM ops.coverage AS v WHERE {of_stream} AND v.date = f.date AND v.standing = {accepting})
           AND NOT ({confirmed})
         ORDER BY f.date",
        is_fallen = is_fallen("b.held", "b.came"),
        amounts = measures.sums(),
        table = target.table,
        covered = covered(request, target),
    );
    let mut statement = transaction.prepare(&sql).context(step)?;
    let rows = statement
        .query_map([], |row| {
            Ok((row.get(0)?, row.get::<_, Decimal>(1)?, row.get::<_, Decimal>(2)?, row.get::<_, i64>(3)?))
        })
        .context(step)?;
    let mut found = Vec::new();
    for row in rows {
        let (date, held, came, which) = row.context(step)?;
        let what = measures.name(which);
        let (was, is) = (held.normalize(), came.normalize());
        let reason = format!("the newest answer has {is} {what} where {was} were read before");
        found.push(DoubtedDay { date, held, came, reason });
    }
    drop(statement);
    if found.is_empty() {
        return Ok(found);
    }
    let is_silent = found.iter().all(|day| day.came.is_zero())
        && transaction.query_row("SELECT count(*) = 0 FROM staged", [], |row| row.get(0)).context(step)?;
    if is_silent {
        // An answer without any row says nothing of its other days either.
        let known: Vec<NaiveDate> = found.iter().map(|day| day.date).collect();
        distrust(transaction, request, "the newest answer has no row at all, and rows were read before", &mut found)?;
        let sql = format!("SELECT {confirmed} FROM (SELECT CAST(? AS DATE) AS date, 0 AS came, 0 AS which) AS f");
        let mut statement = transaction.prepare(&sql).context(step)?;
        let mut believed = Vec::new();
        for day in found.iter().filter(|day| !known.contains(&day.date)) {
            if statement.query_row([day.date], |row| row.get(0)).context(step)? {
                believed.push(day.date);
            }
        }
        found.retain(|day| !believed.contains(&day.date));
    }
    let days: Vec<String> = found.iter().map(|day| format!("(DATE '{}')", day.date)).collect();
    let names = columns(transaction, &target.table)?.join(", ");
    transaction
        .execute_batch(&format!(
            "INSERT INTO doubted VALUES {};
             CREATE OR REPLACE TEMP TABLE believed AS
                 SELECT {names} FROM staged WHERE {column} IS NULL OR {column} NOT IN (SELECT date FROM doubted);
             DROP VIEW staged;
             CREATE TEMP VIEW staged AS SELECT {names} FROM believed",
            days.join(", ")
        ))
        .context(step)?;
    Ok(found)
}

/// Whether a day's measure fell to nothing, or to less than a tenth, as an expression.
pub(super) fn is_fallen(held: &str, came: &str) -> String {
    format!("{held} > 0 AND ({came} <= 0 OR {held} >= {SMALLEST_FALL} AND {came} * 10 < {held})")
}

/// How much of a slice could not be used, between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Share(f64);

impl Share {
    /// Too small to be worth a reader's attention.
    pub fn is_small(self) -> bool {
        self.0 < 0.001
    }

    /// So much that none of its days is believed.
    pub fn is_much(self) -> bool {
        self.0 > MOST_QUARANTINED
    }
}

/// What could not be used of a slice, in words and as a share of the measure, or of the rows where the
/// load has none. `read` holds all rows of the slice, `bad` of them with a problem.
pub fn quarantined(
    transaction: &Transaction<'_>,
    target: &Target,
    bad: u64,
    rows: u64,
) -> Result<Option<(String, Share)>, WarehouseError> {
    if bad == 0 {
        return Ok(None);
    }
    let by_rows = bad as f64 / rows.max(1) as f64;
    let Some(measure) = &target.doubt.measure else {
        let told = format!("{bad} of {rows} rows could not be used ({:.1}%)", by_rows * 100.0);
        return Ok(Some((told, Share(by_rows))));
    };
    let share: Option<f64> = transaction
        .query_row(
            &format!(
                "SELECT coalesce(sum({measure}) FILTER (problem IS NOT NULL), 0)::DOUBLE / nullif(sum({measure}), 0)::DOUBLE
                 FROM read WHERE problem IS NULL OR NOT ends_with(problem, '{OTHER_DAY}')"
            ),
            [],
            |row| row.get(0),
        )
        .context(|| format!("weighing what was quarantined of {}", target.table))?;
    // Where nothing at all has the measure, only the rows decide.
    let share = share.unwrap_or(by_rows);
    let what = measure.replace('_', " ");
    let told = format!("{bad} of {rows} rows could not be used ({:.1}% of {what})", share * 100.0);
    Ok(Some((told, Share(share))))
}

/// The condition that a row `alias` of the ledger is of the stream's partition.
pub(super) fn of_stream(alias: &str, request: &LoadRequest) -> String {
    format!(
        "{alias}.workspace = {} AND {alias}.connection = {} AND {alias}.stream = {} AND {alias}.partition = {}",
        literal(&request.workspace),
        literal(&request.connection),
        literal(&request.stream),
        literal(&request.partition)
    )
}

/// Adds every day of a slice that is not believed as a whole, but those that a person accepts.
pub(super) fn distrust(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    reason: &str,
    doubted: &mut Vec<DoubtedDay>,
) -> Result<(), WarehouseError> {
    let Some((start, end)) = request.window.filter(|_| !request.is_believed) else { return Ok(()) };
    let accepted = accepted_days(transaction, request)?;
    for date in start.iter_days().take_while(|date| *date < end) {
        if !accepted.contains(&date) && !doubted.iter().any(|day| day.date == date) {
            let (held, came) = (Decimal::ZERO, Decimal::ZERO);
            doubted.push(DoubtedDay { date, held, came, reason: reason.to_owned() });
        }
    }
    Ok(())
}

/// Days of the stream's partition that are taken as the vendor says them.
fn accepted_days(transaction: &Transaction<'_>, request: &LoadRequest) -> Result<Vec<NaiveDate>, WarehouseError> {
    let step = || "looking for days that a person accepts".to_owned();
    let accepting = literal(Standing::Accepting.name());
    let sql =
        format!("SELECT date FROM ops.coverage AS v WHERE {} AND standing = {accepting}", of_stream("v", request));
    let mut statement = transaction.prepare(&sql).context(step)?;
    statement.query_map([], |row| row.get(0)).context(step)?.collect::<Result<_, _>>().context(step)
}

/// Doubts every day of a slice whose pages say that the answer is not whole.
pub fn distrust_incomplete(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    loaded: &mut Loaded,
) -> Result<(), WarehouseError> {
    if let Some(reason) = &request.cut {
        loaded.caveat(reason.clone());
        distrust(transaction, request, reason, &mut loaded.doubted)?;
    }
    let Some(path) = &request.incomplete_path else { return Ok(()) };
    let why: Option<String> = transaction
        .query_row(
            &format!(
                "SELECT any_value(why) FROM (SELECT json_extract(body, {}) AS why FROM page)
                 WHERE why IS NOT NULL AND json_type(why) <> 'NULL'",
                literal(path)
            ),
            [],
            |row| row.get(0),
        )
        .context(|| "looking for what an answer lacks".to_owned())?;
    let Some(why) = why else { return Ok(()) };
    let shown = cut_line(&why, 160);
    let reason = format!("the source says that its answer is not whole: {shown}");
    loaded.caveat(reason.clone());
    distrust(transaction, request, &reason, &mut loaded.doubted)
}

/// Enters the days that are not believed: what is held stays theirs, and they are not whole.
pub fn enter(transaction: &Transaction<'_>, request: &LoadRequest, days: &[DoubtedDay]) -> Result<(), WarehouseError> {
    if days.is_empty() {
        return Ok(());
    }
    let step = || "noting doubted days".to_owned();
    let rows: Vec<String> = days.iter().map(|day| format!("(DATE '{}', {})", day.date, literal(&day.reason))).collect();
    // One statement for all of them: each change by itself would hold memory until the end.
    transaction
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE disbelieved (date DATE, reason VARCHAR);
             INSERT INTO disbelieved VALUES {}",
            rows.join(", ")
        ))
        .context(step)?;
    let place = params![request.workspace, request.connection, request.stream, request.partition];
    transaction
        .execute(
            "UPDATE ops.coverage AS c SET standing = 'doubted', is_whole_day = false, reason = d.reason
             FROM disbelieved AS d
             WHERE c.workspace = ? AND c.connection = ? AND c.stream = ? AND c.partition = ? AND c.date = d.date",
            place,
        )
        .context(step)?;
    transaction
        .execute(
            "INSERT INTO ops.coverage
             SELECT $1, $2, $3, $4, d.date, $5, $6, false, 'doubted', d.reason
             FROM disbelieved AS d
             WHERE NOT EXISTS (SELECT 1 FROM ops.coverage AS c WHERE c.workspace = $1 AND c.connection = $2
                 AND c.stream = $3 AND c.partition = $4 AND c.date = d.date)",
            params![
                request.workspace,
                request.connection,
                request.stream,
                request.partition,
                request.load_id,
                request.fetched_at.naive_utc()
            ],
        )
        .context(step)?;
    transaction.execute_batch("DROP TABLE disbelieved").context(step)
}

#[cfg(test)]
mod tests;
