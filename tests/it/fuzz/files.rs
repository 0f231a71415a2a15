//! Dropped files, on the same way as `daybook files try`.

use super::Trial;
use crate::drops::fuzz::{case, sentence};
use crate::support::texts;
use daybook::connectors::Engine;
use daybook::domain::money::Currency;
use daybook::domain::workspace::Workspace;
use daybook::jobs::files::{FileSource, look, sync_files};
use daybook::jobs::sync::SyncContext;
use daybook::support::clock::Clock;
use daybook::support::secret::Secret;
use daybook::warehouse::{Warehouse, WarehouseConfig};
use std::sync::Arc;

pub fn hunt(mut trial: Trial) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let config = WarehouseConfig { memory_limit_mb: 200, threads: 1, backup_dir: None, ..WarehouseConfig::default() };
    let warehouse = Warehouse::open(&folder.path().join("daybook.duckdb"), &config).expect("a warehouse");
    let clock = Clock::System;
    let engine = Arc::new(Engine::new(folder.path().join("landing"), clock.clone()).expect("an engine"));
    let context = SyncContext::new(engine, warehouse, clock, Secret::new("key"));
    let (mut loaded, mut refused) = (0, 0);
    let seed = trial.seed;
    while let Some(round) = trial.next() {
        let case = case(seed, round.number);
        trial.keep(case.name, &case.bytes);
        let drops = folder.path().join(format!("drops-{}", round.number));
        std::fs::create_dir(&drops).expect("a folder");
        std::fs::write(drops.join(case.name), &case.bytes).expect("written");
        let mut drop_of = case.drop;
        drop_of.folder.clone_from(&drops);
        drop_of.settle_secs = 0;
        let workspace = Workspace {
            id: "acme".to_owned(),
            name: "Acme".to_owned(),
            time_zone: chrono_tz::Europe::Berlin,
            currency: Currency::new("EUR").expect("a currency"),
            week_starts_on: chrono::Weekday::Mon,
            fiscal_year: Default::default(),
        };
        let id = format!("drop_{}", round.number);
        let source = FileSource { workspace, id: id.clone(), drop: drop_of };
        let landing = folder.path().join("landing");
        let outcome = runtime.block_on(sync_files(&context, &landing, &source));
        let seen = look(&context, &source, &drops.join(case.name));
        let done = &outcome.loaded;
        if let Some(error) = &outcome.error {
            refused += 1;
            sentence(&error.message, case.name).unwrap_or_else(|told| panic!("{told}"));
        } else if let Ok(table) = seen {
            loaded += 1;
            // A quarter is three months.
            assert!(done.rows_read <= 3 * table.rows, "{done:?} of {} rows", table.rows);
            let settled = done.rows_written + done.rows_unchanged + done.rows_quarantined;
            assert!(settled <= done.rows_read, "more settled than read: {done:?}");
            let sets = texts(
                &context.warehouse,
                &format!("SELECT count(*)::VARCHAR FROM ops.quarantine WHERE connection = '{id}'"),
            );
            // A good row of the same key settles a bad one, which is reported all the same.
            let is_told = done.notes.iter().any(|note| note.contains("quarantined"));
            assert!(done.rows_quarantined == 0 || is_told || sets != ["0"], "set aside and not there: {done:?}");
        }
        std::fs::remove_dir_all(&drops).expect("removed");
        drop(std::fs::remove_dir_all(&landing));
        drop(std::fs::remove_file(trial.folder.join(case.name)));
    }
    println!("{loaded} loaded, {refused} refused");
}
