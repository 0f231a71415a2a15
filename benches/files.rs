//! Dropped files against DuckDB's own reading and inserting of the same files, in one run: a series of
//! daily files, one large file, and many small ones; rows or files a second, peak memory, ratio.
//! `cargo bench --bench files [-- FILES ROWS_A_FILE SMALL_FILES LARGE_MB]`.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a bench speaks, and stops where it fails")]

#[path = "common/process.rs"]
mod process;

use chrono::{Days, NaiveDate, TimeDelta};
use daybook::connectors::Engine;
use daybook::connectors::file::{Answers, FileDrop, Preset, Target};
use daybook::domain::money::Currency;
use daybook::domain::workspace::Workspace;
use daybook::jobs::files::{FileSource, sync_files};
use daybook::jobs::sync::SyncContext;
use daybook::support::clock::Clock;
use daybook::support::secret::Secret;
use daybook::warehouse::{Warehouse, WarehouseConfig};
use process::peak_mb;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// A folder of CSV files of so many rows each, a day a file, and its bytes.
fn write_files(folder: &Path, files: usize, rows: usize) -> u64 {
    std::fs::create_dir_all(folder).expect("a folder");
    let (first, mut bytes): (NaiveDate, u64) = ("2025-01-01".parse().expect("a date"), 0);
    for file in 0..files {
        let mut text = String::from("Order,Date,Channel,Campaign,Value,Currency,Note\n");
        let day = first + Days::new(file as u64 % 365);
        for row in 0..rows {
            let id = file * rows + row;
            let _ = writeln!(
                text,
                "ORD-{id:09},{day},email,Autumn offer {},\"{},{:03}.{:02}\",EUR,a remark that nobody reads",
                id % 40,
                id % 9 + 1,
                id % 1000,
                id % 100
            );
        }
        let path = folder.join(format!("orders-{file:05}.csv"));
        std::fs::write(&path, &text).expect("written");
        rest(&path);
        bytes += text.len() as u64;
    }
    bytes
}

/// One file of at least so many megabytes.
fn write_large(folder: &Path, mb: usize) -> u64 {
    std::fs::create_dir_all(folder).expect("a folder");
    let path = folder.join("orders.csv");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).expect("a file"));
    writeln!(file, "Order,Date,Channel,Campaign,Value,Currency,Note").expect("written");
    let note = "a long remark that nobody reads, ".repeat(16);
    let (mut id, mut bytes) = (0_u64, 0);
    while bytes < mb << 20 {
        let line = format!("ORD-{id:09},2026-01-{:02},email,Autumn,{}.50,EUR,\"{note}\"\n", id % 28 + 1, id % 900);
        file.write_all(line.as_bytes()).expect("written");
        (id, bytes) = (id + 1, bytes + line.len());
    }
    drop(file);
    rest(&path);
    id
}

fn rest(path: &Path) {
    let file = std::fs::File::options().write(true).open(path).expect("the file");
    file.set_modified((Clock::System.now() - TimeDelta::hours(1)).into()).expect("an age");
}

fn reset_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Syncs a folder into a new warehouse: seconds of the first sync and of one that finds nothing new.
async fn daybook(root: &Path, drops: &Path, rows: u64, memory_limit_mb: u64) -> (f64, f64) {
    let data = tempfile::tempdir_in(root).expect("a folder");
    let clock = Clock::System;
    let engine = Arc::new(Engine::new(data.path().join("landing"), clock.clone()).expect("an engine"));
    let config = WarehouseConfig { memory_limit_mb, ..WarehouseConfig::default() };
    let warehouse = Warehouse::open(&data.path().join("daybook.duckdb"), &config).expect("a warehouse");
    let context = SyncContext::new(engine, warehouse, clock, Secret::new("key"));
    let pairs = [
        ("Order", "conversion_id"),
        ("Date", "date"),
        ("Value", "amount"),
        ("Currency", "currency"),
        ("Campaign", "utm_campaign"),
    ];
    let columns = pairs.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec();
    let preset = Preset::mapped(Target::OfflineConversions, &Answers { columns, ..Answers::default() });
    let drop = FileDrop { max_mb: 4096, ..FileDrop::new(drops.to_owned(), Arc::new(preset)) };
    let workspace = Workspace {
        id: "bench".to_owned(),
        name: "Bench".to_owned(),
        time_zone: chrono_tz::Europe::Berlin,
        currency: Currency::new("EUR").expect("a currency"),
        week_starts_on: chrono::Weekday::Mon,
        fiscal_year: Default::default(),
    };
    let source = FileSource { workspace, id: "orders".to_owned(), drop };
    let begun = Instant::now();
    let outcome = sync_files(&context, &data.path().join("landing"), &source).await;
    let first = begun.elapsed().as_secs_f64();
    assert_eq!(outcome.error.as_ref().map(|error| error.message.as_str()), None);
    assert_eq!(outcome.loaded.rows_written, rows);
    let begun = Instant::now();
    let again = sync_files(&context, &data.path().join("landing"), &source).await;
    assert_eq!(again.slices, 0);
    (first, begun.elapsed().as_secs_f64())
}

/// DuckDB's own reading and inserting, a transaction a file, with the text that lands kept.
fn baseline(root: &Path, drops: &Path) -> f64 {
    let data = tempfile::tempdir_in(root).expect("a folder");
    let connection = duckdb::Connection::open(data.path().join("baseline.duckdb")).expect("a database");
    connection
        .execute_batch(
            "CREATE TABLE orders (id VARCHAR, date DATE, campaign VARCHAR, amount DECIMAL(18, 6), currency VARCHAR)",
        )
        .expect("a table");
    let begun = Instant::now();
    let mut files: Vec<_> = std::fs::read_dir(drops).expect("a folder").flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files {
        connection
            .execute_batch(&format!(
                "INSERT INTO orders SELECT \"Order\", Date::DATE, Campaign, replace(Value, ',', '')::DECIMAL(18, 6), Currency
                 FROM read_csv('{}', all_varchar = true, header = true)",
                file.display()
            ))
            .expect("loaded");
    }
    begun.elapsed().as_secs_f64()
}

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let number = |at: usize, or: usize| numbers.get(at).copied().unwrap_or(or);
    let (files, rows, small, large) = (number(0, 365), number(1, 10_000), number(2, 10_000), number(3, 0));
    let root = tempfile::tempdir().expect("a folder");
    let (year, many, one) = (root.path().join("year"), root.path().join("many"), root.path().join("one"));
    if files > 0 {
        let bytes = write_files(&year, files, rows);
        let slow = baseline(root.path(), &year);
        reset_peak();
        let (first, again) = daybook(root.path(), &year, (files * rows) as u64, 512).await;
        let all = (files * rows) as f64;
        println!(
            "{files} files of {rows} rows ({} MB): {:.0} rows a second, {first:.1} s, peak {} MB; nothing new {again:.2} s; DuckDB's own {slow:.1} s; ratio {:.2}",
            bytes >> 20,
            all / first,
            peak_mb(std::process::id()),
            first / slow
        );
    }
    if small > 0 {
        write_files(&many, small, 20);
        let slow = baseline(root.path(), &many);
        reset_peak();
        let (first, again) = daybook(root.path(), &many, small as u64 * 20, 512).await;
        println!(
            "{small} files of 20 rows: {:.0} files a second, {first:.1} s, peak {} MB; nothing new {again:.2} s; DuckDB's own {slow:.1} s; ratio {:.2}",
            small as f64 / first,
            peak_mb(std::process::id()),
            first / slow
        );
    }
    if large > 0 {
        let rows = write_large(&one, large);
        reset_peak();
        let (first, again) = daybook(root.path(), &one, rows, 192).await;
        println!(
            "a file of {large} MB, {rows} rows, memory_limit_mb = 192: {first:.1} s, peak {} MB; nothing new {again:.2} s",
            peak_mb(std::process::id())
        );
    }
}
