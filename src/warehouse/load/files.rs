//! Loads dropped files: rows, history, quarantine, load records and touched days of many files in one
//! transaction. Each file is judged by itself; what is refused leaves the others as they are.

mod dropped_rows;
mod held;
mod items;
mod ledger;
mod merge;
mod parquet;
mod quarantine;
mod repeats;

pub use parquet::{parquet_columns, parquet_rows};

use super::table_columns::columns;
use super::{Loaded, contract};
use crate::domain::dropped::Repeats;
use crate::support::secret::Secret;
use crate::warehouse::clock;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::facts;
use crate::warehouse::privacy::erased;
use chrono::{DateTime, NaiveDate, Utc};
use duckdb::{Connection, Transaction};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Files of one connection, and how their rows are loaded.
#[derive(Clone, Debug)]
pub struct FileLoad {
    pub workspace: String,
    pub connection: String,
    pub stream: String,
    /// The workspace's currency, where the file does not say.
    pub currency: String,
    /// Key of the pseudonyms.
    pub person_key: Secret,
    pub target: FileTarget,
    /// The oldest first.
    pub files: Vec<FileRows>,
}

/// The table that the files fill.
#[derive(Clone, Debug)]
pub struct FileTarget {
    /// In schema `core`.
    pub table: String,
    /// Over `page`: the fields as texts, `problem`, `page_no` (the file) and `record_no` (the line).
    pub sql: String,
    pub key: Vec<String>,
    pub touches: Vec<String>,
    /// Columns of numbers: an empty one never takes away what is held.
    pub measures: Vec<String>,
    /// The column of days.
    pub day: String,
    /// Fields of numbers.
    pub numbers: Vec<String>,
    /// The fields, and whether a row must have them.
    pub fields: Vec<(String, bool)>,
    pub repeats: Repeats,
    /// The first day to load.
    pub since: Option<NaiveDate>,
    /// Rows of later days are reported: day and month may be the wrong way round.
    pub until: Option<NaiveDate>,
    /// More bad rows than this, and more than one, refuse a file; in percent of its rows.
    pub most_bad_percent: u32,
    /// Whether one bad row refuses a file, because its rows are parts of a whole.
    pub is_whole: bool,
}

/// A file, ready to be loaded.
#[derive(Clone, Debug)]
pub struct FileRows {
    /// Its own among those of the load; newer files have greater ones.
    pub number: u32,
    pub load_id: String,
    /// As it is called in the drop folder.
    pub partition: String,
    /// The same, as messages show it.
    pub name: String,
    /// Names its content and the way it is read.
    pub slice: String,
    pub fetched_at: DateTime<Utc>,
    pub manifest: String,
    pub bytes: u64,
    /// A JSON line a row: `k` the file's number, `n` the line, `h` a hash of the row, the fields by name, `p`
    /// what is wrong, `raw` the row as it came.
    pub records: PathBuf,
    /// Whether rows are counted, not lines.
    pub has_rows: bool,
    /// By the file's own clock: what a newer file says of a key stays.
    pub modified_at: Option<DateTime<Utc>>,
    /// Older versions of it, whose rows go.
    pub replaces: Vec<String>,
    pub notes: Vec<String>,
}

/// What became of the files that are loaded together.
struct Batch<'a> {
    load: &'a FileLoad,
    /// What the table has beside workspace, connection and load.
    names: Vec<String>,
    loaded: Vec<Loaded>,
    /// Whether rows of the same keys are held.
    overlaps: bool,
    /// Why a file is refused, by place.
    refused: BTreeMap<usize, String>,
}

/// Loads the files at `now`; what became of each, in their order. An error of the whole leaves all files
/// as they were.
pub fn load_files(
    connection: &mut Connection,
    load: &FileLoad,
    now: DateTime<Utc>,
) -> Result<Vec<Result<Loaded, WarehouseError>>, WarehouseError> {
    let done = load_all(connection, load, now);
    erased::forget_key(connection);
    done
}

fn load_all(
    connection: &mut Connection,
    load: &FileLoad,
    now: DateTime<Utc>,
) -> Result<Vec<Result<Loaded, WarehouseError>>, WarehouseError> {
    let step = || format!("loading {} files of {}", load.files.len(), load.connection);
    let transaction = connection.transaction().context(step)?;
    clock::redate_loads(&transaction, (&load.workspace, &load.connection), now)?;
    dropped_rows::set_variables(&transaction, load)?;
    dropped_rows::create(&transaction, load)?;
    let mut batch = Batch {
        load,
        names: columns(&transaction, &load.target.table)?,
        loaded: load.files.iter().map(|file| Loaded { notes: file.notes.clone(), ..Loaded::default() }).collect(),
        overlaps: false,
        refused: BTreeMap::new(),
    };
    batch.run(&transaction, now)?;
    dropped_rows::forget(&transaction)?;
    transaction.commit().context(step)?;
    let Batch { loaded, mut refused, .. } = batch;
    let done = loaded.into_iter().enumerate().map(|(place, loaded)| match refused.remove(&place) {
        Some(reason) => Err(WarehouseError::Invalid(reason)),
        None => Ok(loaded),
    });
    Ok(done.collect())
}

impl Batch<'_> {
    fn run(&mut self, transaction: &Transaction<'_>, now: DateTime<Utc>) -> Result<(), WarehouseError> {
        if matches!(self.load.target.repeats, Repeats::Items | Repeats::Same) {
            items::put_together(transaction, self)?;
        }
        dropped_rows::read(transaction, self.load)?;
        if facts::builtin().get(&self.load.target.table).is_none() {
            contract::judge(transaction, &self.load.target.table, "read")?;
        }
        repeats::settle(transaction, self)?;
        quarantine::judge(transaction, self)?;
        let (load, table) = (self.load, &self.load.target.table);
        let some_are_erased = erased::in_read_rows(transaction, &load.workspace, &load.connection, table)?;
        quarantine::keep(transaction, self, some_are_erased)?;
        held::stage(transaction, self)?;
        merge::merge(transaction, self, now)?;
        ledger::days(transaction, self)?;
        ledger::enter(transaction, self, now)
    }

    /// Runs statements.
    fn run_sql(&self, transaction: &Transaction<'_>, what: &str, sql: &str) -> Result<(), WarehouseError> {
        transaction.execute_batch(sql).context(|| format!("{what} of {}", self.load.connection))
    }

    fn count(&self, transaction: &Transaction<'_>, sql: &str) -> Result<u64, WarehouseError> {
        transaction
            .query_row(&format!("SELECT count(*)::UBIGINT FROM {sql}"), [], |row| row.get(0))
            .context(|| format!("counting rows of {}", self.load.connection))
    }

    /// Rows of `SELECT file_no, number`, by the file's place.
    fn by_file(&self, transaction: &Transaction<'_>, sql: &str) -> Result<Vec<(usize, u64)>, WarehouseError> {
        let step = || format!("counting rows of {}", self.load.connection);
        let mut statement = transaction.prepare(sql).context(step)?;
        let rows = statement
            .query_map([], |row| Ok((row.get::<_, Option<u32>>(0)?, row.get::<_, u64>(1)?)))
            .context(step)?
            .collect::<Result<Vec<_>, _>>()
            .context(step)?;
        Ok(rows.into_iter().filter_map(|(file, number)| Some((self.place(file?)?, number))).collect())
    }

    /// The place of the file with this number.
    fn place(&self, number: u32) -> Option<usize> {
        self.load.files.binary_search_by_key(&number, |file| file.number).ok()
    }

    /// The key's columns.
    fn key(&self) -> String {
        self.load.target.key.join(", ")
    }

    /// `a.x = b.x AND …` over the key's columns.
    fn same_key(&self, one: &str, other: &str) -> String {
        let same: Vec<String> =
            self.load.target.key.iter().map(|column| format!("{one}.{column} = {other}.{column}")).collect();
        same.join(" AND ")
    }
}
