//! Databases that earlier versions wrote: they open, hold the same rows and sums, and go back.

use crate::maintenance_faults::{daybook, installation, said};
use crate::support::texts;
use chrono::{DateTime, Utc};
use daybook::warehouse::maintenance::backup;
use daybook::warehouse::{Warehouse, WarehouseConfig, WarehouseError};
use std::path::{Path, PathBuf};

/// What was written down when the database was stored.
#[derive(serde::Deserialize)]
struct Stored {
    schema_version: u32,
    tables: std::collections::BTreeMap<String, Table>,
}

#[derive(serde::Deserialize)]
struct Table {
    rows: u64,
    sums: std::collections::BTreeMap<String, String>,
}

/// The stored databases, unpacked into a folder.
fn stored(folder: &Path) -> Vec<(Stored, PathBuf)> {
    let compat = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat");
    let files = std::fs::read_dir(&compat).expect("tests/compat").flatten().map(|entry| entry.path());
    files
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| {
            let stored: Stored = serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("its sums");
            let packed = std::fs::File::open(path.with_extension("duckdb.zst")).expect("the database");
            let target = folder.join(format!("v{}/daybook.duckdb", stored.schema_version));
            std::fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
            let mut file = std::fs::File::create(&target).expect("a file");
            zstd::stream::copy_decode(packed, &mut file).expect("unpacked");
            (stored, target)
        })
        .collect()
}

/// A line for each table and each sum.
fn lines(stored: &Stored, warehouse: &Warehouse) -> Vec<(String, String)> {
    // A rule that changed touches the days it changes.
    let own = stored.tables.iter().filter(|(name, _)| !name.starts_with("main.") && *name != "ops.touched_day");
    own.flat_map(|(name, table)| {
        let rows = texts(warehouse, &format!("SELECT count(*)::VARCHAR FROM {name}")).remove(0);
        let mut lines = vec![(format!("{name}: {} rows", table.rows), format!("{name}: {rows} rows"))];
        for (column, sum) in &table.sums {
            let found =
                texts(warehouse, &format!("SELECT coalesce(sum({column})::VARCHAR, 'None') FROM {name}")).remove(0);
            lines.push((format!("{name}.{column} = {sum}"), format!("{name}.{column} = {found}")));
        }
        lines
    })
    .collect()
}

#[test]
fn databases_of_earlier_versions_hold_the_same_sums_after_migration() {
    let folder = tempfile::tempdir().expect("a folder");
    let all = stored(folder.path());
    assert!(!all.is_empty());
    for (stored, path) in all {
        let warehouse = Warehouse::open(&path, &WarehouseConfig::default()).expect("migrated");
        let lines = lines(&stored, &warehouse);
        assert!(lines.len() > 40, "{}", lines.len());
        for (wanted, found) in lines {
            assert_eq!(found, wanted);
        }
    }
}

#[test]
fn what_an_earlier_version_issued_is_handed_out_and_explained_by_this_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let with_snapshots = stored(folder.path()).into_iter().filter(|(stored, _)| stored.schema_version >= 6);
    for (_, path) in with_snapshots {
        let root = installation();
        std::fs::copy(&path, root.path().join("daybook.duckdb")).expect("in place");
        let (report, receipt, workspaces) = {
            let warehouse = Warehouse::open(&path, &WarehouseConfig::default()).expect("migrated");
            let newest = "SELECT report_id FROM ops.report ORDER BY issued_at DESC, report_id LIMIT 1";
            let receipt = "SELECT receipt FROM ops.receipt ORDER BY 1 LIMIT 1";
            let workspaces = texts(&warehouse, "SELECT DISTINCT workspace FROM ops.report");
            (texts(&warehouse, newest).remove(0), texts(&warehouse, receipt).remove(0), workspaces)
        };
        let out = root.path().join("out");
        let issued = daybook(root.path(), &["report", "--issued", &report, "--out", &out.display().to_string()]);
        // Layout may have moved on since, and that is reported; figures never.
        assert!(matches!(issued.status.code(), Some(0 | 3)), "{}", said(&issued));
        assert!(said(&issued).contains("the figures are the same"), "{}", said(&issued));
        let files: Vec<_> = std::fs::read_dir(&out).expect("a folder").flatten().map(|file| file.file_name()).collect();
        for ending in ["pdf", "html", "csv"] {
            assert!(files.iter().any(|file| file.to_string_lossy().ends_with(ending)), "{files:?}");
        }
        for workspace in workspaces {
            let file = root.path().join(format!("config/workspaces/{workspace}.toml"));
            std::fs::write(file, "name = 'One'\ntime_zone = 'Europe/Berlin'\ncurrency = 'EUR'\n").expect("written");
        }
        let explained = daybook(root.path(), &["explain", &receipt]);
        assert!(explained.status.success() && said(&explained).contains("SELECT"), "{}", said(&explained));
    }
}

#[test]
fn a_migration_leaves_a_backup_that_the_older_version_could_go_on_with() {
    let folder = tempfile::tempdir().expect("a folder");
    for (stored, path) in stored(folder.path()) {
        drop(Warehouse::open(&path, &WarehouseConfig::default()).expect("migrated"));
        let made = backup::list(&backup::default_dir(&path), DateTime::<Utc>::MAX_UTC).expect("a list").remove(0);
        assert_eq!(made.manifest.version, stored.schema_version);
        backup::verify(&made).expect("it opens and counts");
        for (name, table) in &stored.tables {
            assert_eq!(made.manifest.tables[name], table.rows, "{name}");
        }
        // A second start has nothing to migrate and makes no further backup.
        drop(Warehouse::open(&path, &WarehouseConfig::default()).expect("opened"));
        assert_eq!(backup::list(&backup::default_dir(&path), DateTime::<Utc>::MAX_UTC).expect("a list").len(), 1);
    }
}

#[test]
fn a_migration_without_room_for_its_backup_does_not_begin() {
    let folder = tempfile::tempdir().expect("a folder");
    for (stored, path) in stored(folder.path()) {
        let before = std::fs::read(&path).expect("the file");
        std::fs::write(backup::default_dir(&path), b"a file where the folder should be").expect("a file");
        Warehouse::open(&path, &WarehouseConfig::default()).expect_err("no backup, no migration");
        assert!(std::fs::read(&path).expect("the file") == before, "v{} was changed", stored.schema_version);
    }
}

#[test]
fn an_older_daybook_refuses_a_newer_database_and_leaves_it_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("daybook.duckdb");
    drop(Warehouse::open(&path, &WarehouseConfig::default()).expect("a warehouse"));
    let newer = duckdb::Connection::open(&path).expect("opened");
    newer
        .execute_batch("INSERT INTO main.daybook_version (version, daybook) VALUES (99, '7.3.0'); CREATE TABLE core.future (a INTEGER)")
        .expect("a newer version's work");
    drop(newer);
    let before = std::fs::read(&path).expect("the file");
    let error = Warehouse::open(&path, &WarehouseConfig::default()).expect_err("refused");
    assert!(matches!(error, WarehouseError::TooNew { found: 99, .. }) && !error.can_retry());
    let told = error.to_string();
    for words in ["version 99", "(7.3.0)", "`daybook restore`", "nothing was changed"] {
        assert!(told.contains(words), "{told}");
    }
    assert!(std::fs::read(&path).expect("the file") == before, "the file was changed");
    assert!(!backup::default_dir(&path).exists());
}
