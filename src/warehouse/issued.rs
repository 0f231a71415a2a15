//! Reports as issued: the document, its receipts and its files' sums, and what changed since.

use super::error::{Context, WarehouseError};
use super::facts;
use crate::domain::period::Period;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use duckdb::{Connection, OptionalExt, Transaction, params};

/// What is kept of a report.
#[derive(Clone, Debug)]
pub struct NewIssued {
    pub report_id: String,
    pub workspace: String,
    pub report: String,
    /// Edition and row; empty for the standard one.
    pub variant: String,
    pub period: Period,
    /// The document in the standard locale, as JSON.
    pub document: String,
    pub receipts: Vec<Receipt>,
    /// Of that document; none where nobody got it so.
    pub files: Vec<IssuedFile>,
    /// The locale that the report folder and channels got.
    pub locale: String,
    /// The sum of the templates it was rendered with.
    pub templates: String,
    /// The other locales that somebody got.
    pub others: Vec<Localized>,
}

/// A report once more, with its numbers and dates written another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Localized {
    /// [`crate::report::format::Locale`] as text.
    pub locale: String,
    /// As JSON.
    pub document: String,
    pub files: Vec<IssuedFile>,
}

/// What one printed figure rests on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Receipt {
    pub receipt: String,
    pub label: String,
    /// [`crate::report::receipt::Expression`] as JSON.
    pub basis: String,
    /// [`crate::domain::metric::Unit`] as JSON.
    pub unit: String,
    pub definition: String,
    /// Exact; absent where the figure had no value.
    pub value: Option<String>,
    pub text: String,
}

/// A file of an issue.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct IssuedFile {
    pub name: String,
    pub bytes: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
}

/// A report that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    pub report_id: String,
    pub workspace: String,
    pub issued_at: DateTime<Utc>,
    /// In the standard locale, as JSON.
    pub document: String,
    pub files: Vec<IssuedFile>,
    /// The locale that the report folder and channels got.
    pub locale: String,
    /// The sum of the templates it was rendered with; absent in reports of early versions.
    pub templates: Option<String>,
    /// When a person was erased in its documents, last.
    pub person_erased_at: Option<DateTime<Utc>>,
}

/// Writes a report's snapshot within the transaction that issues it.
pub fn keep(transaction: &Transaction<'_>, new: &NewIssued, at: NaiveDateTime) -> Result<(), WarehouseError> {
    let step = || format!("keeping {}", new.report_id);
    transaction
        .execute(
            "INSERT INTO ops.report (report_id, workspace, report, period_start, period_end, issued_at, document, variant,
                 wording, templates)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                new.report_id,
                new.workspace,
                new.report,
                new.period.start,
                new.period.end,
                at,
                new.document,
                new.variant,
                new.locale,
                new.templates
            ],
        )
        .context(step)?;
    // A report has hundreds of receipts, and a statement for each took longer than all else of its issue.
    let columns = [
        "receipt",
        "report_id",
        "workspace",
        "path",
        "metric",
        "period_start",
        "period_end",
        "value",
        "text",
        "basis",
        "unit",
        "label",
        "definition",
    ];
    let mut appender = transaction.appender_with_columns_to_db("receipt", "ops", &columns).context(step)?;
    for receipt in &new.receipts {
        appender
            .append_row(params![
                receipt.receipt,
                new.report_id,
                new.workspace,
                "",
                "",
                new.period.start,
                new.period.end,
                receipt.value,
                receipt.text,
                receipt.basis,
                receipt.unit,
                receipt.label,
                receipt.definition
            ])
            .context(step)?;
    }
    appender.flush().context(step)?;
    drop(appender);
    for file in &new.files {
        transaction
            .execute(
                "INSERT INTO ops.issued_file VALUES (?, ?, ?, ?)",
                params![new.report_id, file.name, file.bytes, file.sha256],
            )
            .context(step)?;
    }
    for other in &new.others {
        let files = serde_json::to_string(&other.files).unwrap_or_default();
        transaction
            .execute(
                "INSERT INTO ops.report_wording (report_id, wording, document, files) VALUES (?, ?, ?, ?)",
                params![new.report_id, other.locale, other.document, files],
            )
            .context(step)?;
    }
    Ok(())
}

/// A report by its id.
pub fn issued(reader: &Connection, report_id: &str) -> Result<Option<Issued>, WarehouseError> {
    let step = || format!("looking for {report_id}");
    let found = reader
        .query_row(
            "SELECT report_id, workspace, issued_at, document, coalesce(wording, 'en'), templates, person_erased_at
             FROM ops.report WHERE report_id = ?",
            params![report_id],
            |row| {
                Ok(Issued {
                    report_id: row.get(0)?,
                    workspace: row.get(1)?,
                    issued_at: row.get::<_, NaiveDateTime>(2)?.and_utc(),
                    document: row.get(3)?,
                    files: Vec::new(),
                    locale: row.get(4)?,
                    templates: row.get(5)?,
                    person_erased_at: row.get::<_, Option<NaiveDateTime>>(6)?.map(|at| at.and_utc()),
                })
            },
        )
        .optional()
        .context(step)?;
    let Some(mut issued) = found else { return Ok(None) };
    let mut statement = reader
        .prepare("SELECT name, bytes, sha256 FROM ops.issued_file WHERE report_id = ? ORDER BY name")
        .context(step)?;
    let files = statement
        .query_map(params![report_id], |row| {
            Ok(IssuedFile { name: row.get(0)?, bytes: row.get(1)?, sha256: row.get(2)? })
        })
        .context(step)?;
    issued.files = files.collect::<Result<_, _>>().context(step)?;
    Ok(Some(issued))
}

/// The locales besides the standard one that somebody got a report in.
pub fn localized(reader: &Connection, report_id: &str) -> Result<Vec<Localized>, WarehouseError> {
    let step = || format!("reading the locales of {report_id}");
    let mut statement = reader
        .prepare("SELECT wording, document, files FROM ops.report_wording WHERE report_id = ? ORDER BY wording")
        .context(step)?;
    let rows = statement.query_map(params![report_id], |row| {
        let files: String = row.get(2)?;
        let files = serde_json::from_str(&files).unwrap_or_default();
        Ok(Localized { locale: row.get(0)?, document: row.get(1)?, files })
    });
    rows.context(step)?.collect::<Result<_, _>>().context(step)
}

/// The locale a reader got a report in; none if no mail of it to them is in the outbox.
pub fn locale_of(reader: &Connection, report_id: &str, address: &str) -> Result<Option<String>, WarehouseError> {
    reader
        .query_row(
            "SELECT coalesce(wording, 'en') FROM ops.outbox WHERE report_id = ? AND recipient = ? LIMIT 1",
            params![report_id, address.trim().to_lowercase()],
            |row| row.get(0),
        )
        .optional()
        .context(|| format!("looking for who got {report_id}"))
}

/// How often a report of some days was issued, corrections included, and the newest of these issues; none
/// if it never was.
pub fn last_of(
    reader: &Connection,
    workspace: &str,
    report: &str,
    variant: &str,
    period: Period,
) -> Result<Option<(u32, String)>, WarehouseError> {
    let (count, newest): (u32, Option<String>) = reader
        .query_row(
            "SELECT count(*)::UINTEGER, arg_max(report_id, issued_at) FROM ops.report
             WHERE workspace = ? AND report = ? AND coalesce(variant, '') = ? AND period_start = ? AND period_end = ?",
            params![workspace, report, variant, period.start, period.end],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .context(|| "looking for issues of a report".to_owned())?;
    Ok(newest.map(|newest| (count, newest)))
}

/// The newest issue of the same report about earlier days, by the day it ends.
pub fn last_before(
    reader: &Connection,
    workspace: &str,
    report: &str,
    variant: &str,
    period: Period,
) -> Result<Option<String>, WarehouseError> {
    reader
        .query_row(
            "SELECT report_id FROM ops.report
             WHERE workspace = ? AND report = ? AND coalesce(variant, '') = ? AND period_end <= ?
             ORDER BY period_end DESC, issued_at DESC, report_id LIMIT 1",
            params![workspace, report, variant, period.start],
            |row| row.get(0),
        )
        .optional()
        .context(|| "looking for the last report".to_owned())
}

const COLUMNS: &str = "c.receipt, c.label, c.basis, c.unit, c.definition, c.value, c.text";

fn receipt_of(row: &duckdb::Row<'_>) -> Result<Receipt, duckdb::Error> {
    let text = |index| row.get::<_, Option<String>>(index).map(Option::unwrap_or_default);
    Ok(Receipt {
        receipt: row.get(0)?,
        label: text(1)?,
        basis: text(2)?,
        unit: text(3)?,
        definition: text(4)?,
        value: row.get(5)?,
        text: row.get(6)?,
    })
}

/// A report's receipts; those of before receipts had a basis are left out.
pub fn receipts(reader: &Connection, report_id: &str) -> Result<Vec<Receipt>, WarehouseError> {
    let step = || format!("reading the receipts of {report_id}");
    let sql =
        format!("SELECT {COLUMNS} FROM ops.receipt AS c WHERE report_id = ? AND basis IS NOT NULL ORDER BY receipt");
    let mut statement = reader.prepare(&sql).context(step)?;
    let rows = statement.query_map(params![report_id], receipt_of).context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// A receipt, with the id of the report it was printed in.
pub fn receipt(reader: &Connection, receipt: &str) -> Result<Option<(String, Receipt)>, WarehouseError> {
    let sql = format!("SELECT {COLUMNS}, c.report_id FROM ops.receipt AS c WHERE c.receipt = ? LIMIT 1");
    reader
        .query_row(&sql, params![receipt], |row| Ok((row.get(7)?, receipt_of(row)?)))
        .optional()
        .context(|| "looking for a receipt".to_owned())
}

/// A load that a figure rests on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LoadLine {
    pub fact: String,
    pub load_id: String,
    pub connection: String,
    pub stream: String,
    pub slice: String,
    pub fetched_at: DateTime<Utc>,
    pub rows: u64,
    pub manifest: String,
}

/// The column that says a fact's day; none for facts that stand for all days.
fn day_column(reader: &Connection, fact: &str) -> Result<Option<String>, WarehouseError> {
    Ok(facts::days(reader)?.remove(fact))
}

/// The loads that the rows of a fact for a workspace's days came with.
pub fn loads(
    reader: &Connection,
    workspace: &str,
    fact: &str,
    period: Period,
) -> Result<Vec<LoadLine>, WarehouseError> {
    let step = || format!("looking for the loads of {fact}");
    let days = match day_column(reader, fact)? {
        Some(day) => format!("f.{day} >= ? AND f.{day} < ?"),
        None => "? IS NOT NULL AND ? IS NOT NULL".to_owned(),
    };
    let sql = format!(
        "SELECT l.load_id, l.connection, l.stream, l.slice, l.fetched_at, count(*)::UBIGINT, l.manifest
         FROM core.{fact} AS f JOIN ops.load AS l USING (load_id)
         WHERE f.workspace = ? AND {days} GROUP BY ALL ORDER BY l.fetched_at, l.load_id"
    );
    let mut statement = reader.prepare(&sql).context(step)?;
    let rows = statement
        .query_map(params![workspace, period.start, period.end], |row| {
            Ok(LoadLine {
                fact: fact.to_owned(),
                load_id: row.get(0)?,
                connection: row.get(1)?,
                stream: row.get(2)?,
                slice: row.get(3)?,
                fetched_at: row.get::<_, NaiveDateTime>(4)?.and_utc(),
                rows: row.get(5)?,
                manifest: row.get(6)?,
            })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}

/// What happened to a fact's rows of some days since an instant, by connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    pub connection: String,
    /// Rows that a later answer replaced or took back.
    pub superseded: u64,
    /// Rows that came, the replacing ones included.
    pub came: u64,
    /// That a person accepted it, in words.
    pub accepted: Option<String>,
}

/// Rows of a fact's days that moved to history, or came, after `since`.
pub fn touched_since(
    reader: &Connection,
    workspace: &str,
    fact: &str,
    period: Period,
    since: DateTime<Utc>,
) -> Result<Vec<Touched>, WarehouseError> {
    let step = || format!("looking for what changed in {fact}");
    let days = match day_column(reader, fact)? {
        Some(day) => format!("{day} >= $2 AND {day} < $3"),
        None => "$2 IS NOT NULL AND $3 IS NOT NULL".to_owned(),
    };
    let of = match fact {
        "fx_rate" => "coalesce((SELECT source FROM ops.rate_source WHERE workspace = $1), $1)",
        _ => "$1",
    };
    let sql = format!(
        "SELECT connection, sum(superseded)::UBIGINT, sum(came)::UBIGINT, any_value(said) FROM (
             SELECT h.connection, 1 AS superseded, 0 AS came,
                 list_filter(l.notes, lambda note: starts_with(note, 'accepted by a person'))[1] AS said
             FROM history.{fact} AS h LEFT JOIN ops.load AS l ON l.load_id = h.superseded_by
             WHERE h.workspace = {of} AND {days} AND h.superseded_at > $4
             UNION ALL
             SELECT f.connection, 0, 1, NULL FROM core.{fact} AS f JOIN ops.load AS l USING (load_id)
             WHERE f.workspace = {of} AND {days} AND l.loaded_at > $4
         ) GROUP BY connection ORDER BY connection"
    );
    let mut statement = reader.prepare(&sql).context(step)?;
    let (start, end): (NaiveDate, NaiveDate) = (period.start, period.end);
    let rows = statement
        .query_map(params![workspace, start, end, since.naive_utc()], |row| {
            Ok(Touched { connection: row.get(0)?, superseded: row.get(1)?, came: row.get(2)?, accepted: row.get(3)? })
        })
        .context(step)?;
    rows.collect::<Result<_, _>>().context(step)
}
