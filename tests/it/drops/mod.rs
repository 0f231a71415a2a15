//! Dropped files: every kind loads, and whatever cannot be used is reported with file, line and remedy.

mod cases;
mod dialects;
mod formats;
pub mod fuzz;
mod hostile;
mod mistakes;
mod names;
mod presets;
mod published;
mod statements;

use crate::support::{noon, texts};
use daybook::connectors::Engine;
use daybook::connectors::file::{FileDrop, Presets};
use daybook::domain::money::Currency;
use daybook::domain::workspace::Workspace;
use daybook::jobs::files::{FileSource, sync_files};
use daybook::jobs::sync::{StreamOutcome, SyncContext};
use daybook::support::clock::Clock;
use daybook::support::secret::Secret;
use daybook::warehouse::Warehouse;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A drop folder with an installation beside it.
struct DaemonHandle {
    root: tempfile::TempDir,
    context: SyncContext,
    drop: FileDrop,
}

impl DaemonHandle {
    fn new(preset: &str) -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("drops");
        std::fs::create_dir(&folder).expect("a drop folder");
        let clock = Clock::fixed(noon());
        let engine = Arc::new(Engine::new(root.path().join("landing"), clock.clone()).expect("an engine"));
        let warehouse = Warehouse::in_memory().expect("a warehouse");
        let context = SyncContext::new(engine, warehouse, clock, Secret::new("key"));
        Self { root, context, drop: FileDrop::new(folder, Presets::built_in().get(preset).expect("a preset")) }
    }

    /// However many rows are bad, the others load.
    fn forgiving(preset: &str) -> Self {
        let mut desk = Self::new(preset);
        desk.drop.most_bad_percent = Some(100);
        desk
    }

    /// Drops a file as if it had come an hour ago.
    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.drop.folder.join(name);
        std::fs::write(&path, bytes).expect("written");
        self.rested(&path);
        path
    }

    fn rested(&self, path: &Path) {
        rest(path, 60);
    }

    async fn sync(&self) -> StreamOutcome {
        let workspace = Workspace {
            id: "acme".to_owned(),
            name: "Acme".to_owned(),
            time_zone: chrono_tz::Europe::Berlin,
            currency: Currency::new("EUR").expect("a currency"),
            week_starts_on: chrono::Weekday::Mon,
            fiscal_year: Default::default(),
        };
        let source = FileSource { workspace, id: "drop".to_owned(), drop: self.drop.clone() };
        sync_files(&self.context, &self.root.path().join("landing"), &source).await
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        texts(&self.context.warehouse, sql)
    }

    fn quarantine(&self) -> Vec<String> {
        self.texts("SELECT reason FROM ops.quarantine ORDER BY record_no")
    }

    fn budgets(&self) -> Vec<String> {
        self.texts(
            "SELECT month_date || ' ' || channel || ' ' || amount || ' ' || currency FROM core.budget ORDER BY ALL",
        )
    }

    /// What a sync of one file says that must be refused.
    async fn refusal(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.put(name, bytes);
        let outcome = self.sync().await;
        assert_eq!(outcome.loaded.rows_written, 0, "{outcome:?}");
        std::fs::remove_file(path).expect("removed");
        let error = outcome.error.expect("an error");
        assert!(!error.can_retry && error.message.contains(name), "{error:?}");
        error.message
    }
}

/// Makes a file as old as if it had been changed so many minutes ago.
fn rest(path: &Path, minutes: i64) {
    let file = std::fs::File::options().write(true).open(path).expect("the file");
    file.set_modified((noon() - chrono::TimeDelta::minutes(minutes)).into()).expect("an age");
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

/// A Parquet file with the rows of a query.
fn parquet(path: &Path, query: &str) {
    let connection = duckdb::Connection::open_in_memory().expect("a database");
    connection.execute_batch(&format!("COPY ({query}) TO '{}' (FORMAT parquet)", path.display())).expect("written");
}

const BUDGETS: &str = "month,channel,amount,currency\n2026-11,paid_search,\"12,000.50\",EUR\n2026-11,Email,800,\n";
const LOADED: [&str; 2] = ["2026-11-01 email 800.000000 EUR", "2026-11-01 paid_search 12000.500000 EUR"];

fn walk(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            found.extend(walk(&entry.path()))
        } else {
            found.push(entry.path().display().to_string())
        }
    }
    found
}
