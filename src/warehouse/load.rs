//! Loading a landed slice: rows, history, quarantine, coverage, cursor, load record and touched
//! days in one transaction. Loading the same pages again changes no fact.

mod asked;
mod closing;
mod contract;
mod coverage;
mod direct;
mod doubt;
mod files;
mod left_out;
mod listed;
mod merge;
mod pages;
mod records;
mod stage;
mod table_columns;
mod together;

pub use closing::{Closing, IncompleteWhen};
pub use direct::load_direct;
pub use doubt::{Confirm, Contradicted, Doubt, DoubtedDay, doubt_contradictions};
pub use files::{FileLoad, FileRows, FileTarget, load_files, parquet_columns, parquet_rows};
pub use listed::ListsAll;
pub use records::{Count, Records};
pub use table_columns::columns;
pub use together::{MOST_BYTES as MOST_SMALL_BYTES, is_small, load_together};

use super::attempts::{self, SliceKey};
use super::clock;
use super::error::{Context, WarehouseError};
use super::privacy::erased;
use super::sql::literal;
use chrono::{DateTime, NaiveDate, Utc};
use duckdb::{Connection, Transaction};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// A landed slice and how to read it. The warehouse knows nothing of vendors: the job that joins
/// the two fills this in.
#[derive(Clone, Debug)]
pub struct LoadRequest {
    pub load_id: String,
    pub workspace: String,
    pub connection: String,
    pub stream: String,
    /// Names the slice within the stream.
    pub slice: String,
    /// Its name in versions before 0.2.
    pub slice_before: String,
    /// The partition, e.g. an account; empty if the stream has none.
    pub partition: String,
    /// The days replaced, `[start, end)`, in `time_zone`; absent for streams without days.
    pub window: Option<(NaiveDate, NaiveDate)>,
    /// Zone of the vendor's days.
    pub time_zone: String,
    /// The workspace's currency, where the vendor does not say.
    pub currency: String,
    pub fetched_at: DateTime<Utc>,
    pub manifest: String,
    pub pages: Pages,
    pub bytes: u64,
    /// JSON path from a page (or array element) to its records.
    pub records_path: String,
    /// Whether a page without a list says that there is nothing.
    pub may_lack_list: bool,
    /// Whether a page may be a single record that was asked for by its id.
    pub may_be_followed: bool,
    pub targets: Vec<Target>,
    /// Yields `note` rows over `page`.
    pub notes_sql: Option<String>,
    pub notes: Vec<String>,
    /// What readers of the figures should know.
    pub caveats: Vec<String>,
    /// Where the stream's cursor stands once this is loaded; absent for backfills.
    pub read_until: Option<DateTime<Utc>>,
    /// The first day that a window of instants speaks for from its beginning; absent where all are whole.
    pub first_whole: Option<NaiveDate>,
    /// JSON path to why an answer is not whole, in a page.
    pub incomplete_path: Option<String>,
    /// JSON path to the first day that the vendor has not as a whole yet, in a page.
    pub open_from_path: Option<String>,
    /// Why the answer is not whole, where that is known already.
    pub cut: Option<String>,
    /// JSON path to the zone of the account in a page.
    pub time_zone_path: Option<String>,
    /// When days are whole, beside their end in the account's zone.
    pub closing: Closing,
    /// Whether even an emptier answer than before is taken: for pages that a person loads again.
    pub is_believed: bool,
    /// Further variables for the targets' queries; a value of `None` unsets.
    pub variables: Vec<(&'static str, Option<String>)>,
    /// Under which it was noted that the load began; absent where that was not noted.
    pub attempt: Option<SliceKey>,
    /// Key of the pseudonyms.
    pub person_key: crate::support::secret::Secret,
}

/// What was landed: compressed JSON bodies.
#[derive(Clone, Debug)]
pub struct Pages {
    pub files: Vec<PathBuf>,
    /// What the pages of these numbers are of: the stream's part, and the object's id. Others are of neither.
    pub labels: BTreeMap<u32, (String, String)>,
    /// Whether each is read element by element.
    pub is_array: bool,
    /// In bytes, decompressed.
    pub largest_page: u64,
    /// Ids of records that could not be read, with the reason.
    pub unread: Vec<(String, String)>,
    /// Holds the JSON of pages that are none.
    pub decoded: Option<Arc<TempDir>>,
    /// Holds copies of pages that could not be read as they were landed.
    pub copies: Option<Arc<TempDir>>,
    /// Holds the pieces of pages that were too large to be read whole.
    pub pieces: Option<Arc<TempDir>>,
}

/// A table to fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// In schema `core`.
    pub table: String,
    pub sql: String,
    pub key: Vec<String>,
    pub replaces: Replaces,
    pub touches: Vec<String>,
    pub doubt: Doubt,
    /// Where the rows are records that a vendor deletes, restores and merges.
    pub records: Option<Records>,
}

/// What the new rows stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaces {
    /// Every row of the window's days by `column`, of the partition if it has a column. Where
    /// `days_stand_alone`, the query may read the pages of several slices at once.
    Window { column: String, partition: Option<String>, days_stand_alone: bool },
    /// Every row of the connection.
    All,
    /// Every row that shares these columns' values with a new row, or with one marked absent.
    Scope(Vec<String>),
}

/// What a load did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    pub rows_read: u64,
    pub rows_written: u64,
    pub rows_unchanged: u64,
    pub rows_superseded: u64,
    pub rows_quarantined: u64,
    pub notes: Vec<String>,
    /// What readers of the figures should know; among the notes as well.
    pub caveats: Vec<String>,
    /// Days whose answer was not believed.
    pub doubted: Vec<DoubtedDay>,
    /// The first and the last day of a file's rows.
    pub days: Option<(NaiveDate, NaiveDate)>,
    /// The days of a file's bad rows; absent where one of them has none.
    pub bad_days: Option<Vec<NaiveDate>>,
    /// Rows that the file said before and no longer says.
    pub rows_withdrawn: u64,
}

impl Loaded {
    /// Adds another load's counts and its new notes.
    pub fn add(&mut self, other: Self) {
        self.rows_read += other.rows_read;
        self.rows_written += other.rows_written;
        self.rows_unchanged += other.rows_unchanged;
        self.rows_superseded += other.rows_superseded;
        self.rows_quarantined += other.rows_quarantined;
        self.doubted.extend(other.doubted);
        self.rows_withdrawn += other.rows_withdrawn;
        for (own, notes) in [(&mut self.notes, other.notes), (&mut self.caveats, other.caveats)] {
            for note in notes {
                if !own.contains(&note) {
                    own.push(note);
                }
            }
        }
    }

    /// Notes what readers should know as well.
    pub fn caveat(&mut self, caveat: String) {
        if !self.caveats.contains(&caveat) {
            self.notes.push(caveat.clone());
            self.caveats.push(caveat);
        }
    }
}

/// Loads a slice at `now`, and notes that its load ended. Nothing is written unless all is.
pub fn load(connection: &mut Connection, request: &LoadRequest, now: DateTime<Utc>) -> Result<Loaded, WarehouseError> {
    let loaded = load_slice(connection, request, now);
    erased::forget_key(connection);
    loaded
}

fn load_slice(
    connection: &mut Connection,
    request: &LoadRequest,
    now: DateTime<Utc>,
) -> Result<Loaded, WarehouseError> {
    let step = || format!("loading {} {} {}", request.connection, request.stream, request.slice);
    let transaction = connection.transaction().context(step)?;
    clock::redate_loads(&transaction, (&request.workspace, &request.connection), now)?;
    stage::set_variables(&transaction, request)?;
    pages::create_pages(&transaction, std::slice::from_ref(request))?;
    let mut loaded = Loaded { notes: request.notes.clone(), ..Loaded::default() };
    for target in &request.targets {
        let distrust = stage::stage(&transaction, request, target, &mut loaded)?;
        records::settle(&transaction, request, target, &mut loaded)?;
        let doubted = doubt::doubt(&transaction, request, target)?;
        merge::merge(&transaction, request, target, now, &mut loaded)?;
        loaded.doubted.extend(doubted);
        if let Some(reason) = distrust {
            doubt::distrust(&transaction, request, &reason, &mut loaded.doubted)?;
        }
    }
    records::touch(&transaction, request)?;
    finish(&transaction, request, now, &mut loaded)?;
    move_cursor(&transaction, request)?;
    attempts::forget(&transaction, request.attempt.as_slice())?;
    stage::drop_page(&transaction)?;
    transaction.commit().context(step)?;
    Ok(loaded)
}

/// What follows once a slice's rows are in: what it has to report, and its records. The relation
/// `page` holds this slice's pages alone.
fn finish(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    now: DateTime<Utc>,
    loaded: &mut Loaded,
) -> Result<(), WarehouseError> {
    request.caveats.iter().for_each(|caveat| loaded.caveat(caveat.clone()));
    asked::check_records(transaction, request, loaded)?;
    stage::note_fields(transaction, request, loaded)?;
    stage::collect_notes(transaction, request, loaded)?;
    doubt::distrust_incomplete(transaction, request, loaded)?;
    coverage::note_accepted(transaction, request, loaded)?;
    let today = coverage::first_open_day(transaction, request, loaded)?;
    for target in &request.targets {
        doubt::doubt_silence(transaction, request, target, today, &mut loaded.doubted)?;
    }
    loaded.notes.extend(doubt::notes(&loaded.doubted));
    record(transaction, request, now, loaded)?;
    coverage::enter(transaction, request, loaded, today)
}

/// The load's entry among the loads.
fn record(
    transaction: &Transaction<'_>,
    request: &LoadRequest,
    now: DateTime<Utc>,
    loaded: &Loaded,
) -> Result<(), WarehouseError> {
    enter_loads(transaction, std::iter::once((request, loaded)), now)?;
    // What the last answer about changes stated of itself ends with the next one.
    if request.first_whole.is_some() && loaded.caveats.is_empty() {
        let sql = format!(
            "UPDATE ops.load AS l SET caveats = NULL WHERE {} AND len(caveats) > 0",
            doubt::of_stream("l", request)
        );
        transaction.execute_batch(&sql).context(|| "recording a load".to_owned())?;
    }
    Ok(())
}

/// Moves the stream's cursor to where it stands after this load.
fn move_cursor(transaction: &Transaction<'_>, request: &LoadRequest) -> Result<(), WarehouseError> {
    if let Some(read_until) = request.read_until {
        let place = [&request.workspace, &request.connection, &request.stream, &request.partition];
        transaction
            .execute_batch(&format!(
                "DELETE FROM ops.cursor AS c WHERE {}; INSERT INTO ops.cursor VALUES ({}, TIMESTAMP '{}', {})",
                doubt::of_stream("c", request),
                place.map(|text| literal(text)).join(", "),
                read_until.format("%Y-%m-%d %H:%M:%S%.6f"),
                literal(&request.load_id)
            ))
            .context(|| "moving the cursor".to_owned())?;
    }
    Ok(())
}

/// Enters loads, each with what it did, in one statement. Values in the text, for parameters are planned twice, and JSON
/// takes three times as long.
fn enter_loads<'a>(
    transaction: &Transaction<'_>,
    loads: impl Iterator<Item = (&'a LoadRequest, &'a Loaded)>,
    now: DateTime<Utc>,
) -> Result<(), WarehouseError> {
    let at = |at: DateTime<Utc>| format!("TIMESTAMP '{}'", at.format("%Y-%m-%d %H:%M:%S%.6f"));
    let day = |day: Option<NaiveDate>| day.map_or_else(|| "NULL".to_owned(), |day| format!("DATE '{day}'"));
    // Words of a vendor may hold what ends a statement's text.
    let texts = |texts: &[String]| {
        let all: Vec<String> = texts.iter().map(|text| literal(&text.replace('\0', "\u{fffd}"))).collect();
        format!("CAST([{}] AS VARCHAR[])", all.join(", "))
    };
    let row = |(request, loaded): (&LoadRequest, &Loaded)| {
        let LoadRequest { load_id, workspace, connection, stream, slice, partition, .. } = request;
        let (start, end) = request.window.unzip();
        let names = [load_id, workspace, connection, stream, slice, partition].map(|text| literal(text));
        let numbers = [request.pages.files.len() as u64, request.bytes, loaded.rows_read, loaded.rows_written];
        let more = [loaded.rows_unchanged, loaded.rows_superseded, loaded.rows_quarantined];
        let numbers: Vec<String> = numbers.iter().chain(&more).map(u64::to_string).collect();
        let mut values = names.to_vec();
        values.extend([day(start), day(end), at(request.fetched_at), at(now), literal(&request.manifest)]);
        values.extend(numbers);
        values.extend([texts(&loaded.notes), texts(&loaded.caveats)]);
        format!("({})", values.join(", "))
    };
    let rows: Vec<String> = loads.map(row).collect();
    transaction
        .execute_batch(&format!(
            "INSERT INTO ops.load (load_id, workspace, connection, stream, slice, partition, window_start, window_end,
                 fetched_at, loaded_at, manifest, pages, bytes, rows_read, rows_written, rows_unchanged, rows_superseded,
                 rows_quarantined, notes, caveats)
             VALUES {}",
            rows.join(", ")
        ))
        .context(|| "recording a load".to_owned())
}

#[cfg(test)]
mod tests;
