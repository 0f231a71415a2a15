//! Whatever the bytes of a dropped file: reading it ends within seconds and with bounded memory, without a panic,
//! and yields rows or a refusal in one sentence. DAYBOOK_LONG asks for a minute; FUZZ_SECS
//! and FUZZ_SEED for any other run.

pub mod bytes;

use bytes::{Chance, HEADERS, gz, json, ods, spoil, table, xlsx, zipped};
use daybook::connectors::file::shape::{self, Ask, Known, Sink, shape_of};
use daybook::connectors::file::{Answers, FileDrop, Mark, Preset, Presets, Target, read};
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// No file of a few megabytes takes longer, on a slow and busy machine.
const LONGEST: Duration = Duration::from_secs(20);
const XLS: &[u8] = include_bytes!("../../../src/connectors/file/shape/testdata/plan.xls");

/// What a run has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub files: u64,
    pub read: u64,
    pub rows: u64,
    pub slowest: Duration,
    /// The most memory that the process held, where the system reports it.
    pub most_bytes: u64,
}

/// One file, with the settings it is read by.
pub struct Case {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    pub drop: FileDrop,
}

/// Reads spoilt files for a time, or until `most` are read. Panics with the number of the file that broke a promise;
/// the file itself is then left in the system's folder for temporary files.
pub fn run(seed: u64, first: u64, most: u64, time: Duration) -> Tally {
    let started = Instant::now();
    let folder = tempfile::tempdir().expect("a folder");
    let mut tally = Tally::default();
    for number in first..first.saturating_add(most) {
        if started.elapsed() > time {
            break;
        }
        let case = case(seed, number);
        let kept = folder.path().join(case.name);
        std::fs::write(&kept, &case.bytes).expect("written");
        let (done, wait) = mpsc::channel();
        let (scratch, begun) = (folder.path().to_owned(), Instant::now());
        let thread = std::thread::spawn(move || {
            let outcome = one(&case, &scratch);
            let _ = done.send(());
            outcome
        });
        let is_over = wait.recv_timeout(LONGEST);
        let failed = |what: &str| -> PathBuf {
            let left = std::env::temp_dir().join(format!("fuzz-{seed}-{number}-{what}"));
            std::fs::copy(&kept, &left).expect("left");
            left
        };
        assert!(is_over != Err(mpsc::RecvTimeoutError::Timeout), "no end: {:?}", failed("slow"));
        let rows = thread.join().unwrap_or_else(|_| panic!("a panic: {:?}", failed("panic")));
        let rows = rows.unwrap_or_else(|told| panic!("{told}: {:?}", failed("told")));
        tally.files += 1;
        tally.read += u64::from(rows.is_some());
        tally.rows += rows.unwrap_or(0);
        tally.slowest = tally.slowest.max(begun.elapsed());
        std::fs::remove_file(&kept).expect("removed");
    }
    tally.most_bytes = most_memory();
    tally
}

/// The file of a number.
pub fn case(seed: u64, number: u64) -> Case {
    let mut chance = Chance::new(seed ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let chance = &mut chance;
    let (preset, header) = chance.of(&HEADERS);
    let other = table(HEADERS[0].1, chance);
    let is_deep = !chance.one_in(4);
    // One file in five is sound.
    let is_spoilt = !chance.one_in(5);
    // Parts of an archive are spoilt before it is packed, or the archive is.
    let inner = |bytes: &mut Vec<u8>, chance: &mut Chance| {
        if is_spoilt && is_deep && chance.one_in(3) {
            spoil(bytes, &other, chance);
        }
    };
    let (name, mut bytes) = match chance.below(12) {
        0..=4 => (chance.of(&["a.csv", "a.tsv", "a.txt"]), table(header, chance)),
        5 => (chance.of(&["a.ndjson", "a.json"]), json(header, chance)),
        6 | 7 => {
            let mut parts = xlsx(header, chance);
            parts.iter_mut().for_each(|(_, bytes)| inner(bytes, chance));
            (chance.of(&["a.xlsx", "a.xlsm", "a.xlsb"]), zipped(&parts))
        }
        8 => {
            let mut parts = ods(header, chance);
            parts.iter_mut().for_each(|(_, bytes)| inner(bytes, chance));
            ("a.ods", zipped(&parts))
        }
        9 => ("a.xls", XLS.to_vec()),
        10 => {
            let mut member = table(header, chance);
            inner(&mut member, chance);
            let name = chance.of(&["a.csv", "../../a.csv", "b.txt", "x/y.ndjson", "a.xlsx", "__MACOSX/._a.csv"]);
            ("a.zip", zipped(&[(name.to_owned(), member)]))
        }
        _ => {
            let mut member = if chance.one_in(2) { table(header, chance) } else { json(header, chance) };
            inner(&mut member, chance);
            (chance.of(&["a.csv.gz", "a.json.gz"]), gz(&member))
        }
    };
    if is_spoilt && (!is_deep || bytes.len() < 4000 && chance.one_in(3)) {
        spoil(&mut bytes, &other, chance);
    }
    // Now and then under another name.
    let name =
        if chance.one_in(15) { chance.of(&["a.csv", "a.xlsx", "a.zip", "a.xls", "a.csv.zst", "a.json"]) } else { name };
    let preset = if chance.one_in(10) { "fx" } else { preset };
    let mut drop = FileDrop::new("/drops".into(), Presets::built_in().get(preset).expect("a preset"));
    drop.max_mb = 8;
    if bytes.starts_with(b"\xd0\xcf") {
        let column = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let columns = vec![column("order", "conversion_id"), column("day", "date"), column("cost", "amount")];
        let answers = Answers { columns, constants: vec![column("currency", "EUR")], ..Answers::default() };
        drop.preset = Preset::mapped(Target::OfflineConversions, &answers).into();
    }
    if chance.one_in(8) {
        drop.written.decimal_mark = Some(chance.of(&[Mark::Point, Mark::Comma]));
    }
    if chance.one_in(8) {
        drop.written.date_format =
            Some(chance.of(&["%d/%m/%Y", "%m/%d/%y", "%Y", "%m/%Y", "%d-%b-%y", "%Z", "%"]).to_string());
    }
    if chance.one_in(12) {
        drop.written.encoding = Some(chance.of(&["utf-8", "utf-16le", "windows-1252", "shift_jis", "x"]).to_string());
    }
    if chance.one_in(12) {
        drop.written.delimiter = Some(chance.of(b",;\t|\"\n\0 "));
    }
    if chance.one_in(12) {
        drop.written.header_line = Some(chance.below(5) as u64);
    }
    if chance.one_in(12) {
        drop.written.range = Some(chance.of(&["A1:C9", "A:B", "B2:ZZ99999", "x", "C3:A1"]).to_string());
    }
    if chance.one_in(12) {
        drop.written.zone = Some(chrono_tz::Pacific::Apia);
    }
    if chance.one_in(12) {
        drop.written.sheet = Some(chance.of(&["Plan", "plan ", "Sheet1", ""]).to_string());
    }
    Case { name, bytes, drop }
}

/// The number of rows, none where the file is refused, or which promise is broken.
fn one(case: &Case, folder: &Path) -> Result<Option<u64>, String> {
    let path = folder.join(case.name);
    let Known::Data(shape, _) = shape_of(case.name) else { return Ok(None) };
    let ask = Ask { scratch: Some(folder.to_owned()), ..case.drop.ask(case.name) };
    let pass = |sink: &mut dyn Sink| shape::read(&path, shape, &ask, sink);
    let table = match read(case.name, &case.drop, chrono_tz::Europe::Berlin, &pass, (0, folder)) {
        Ok(table) => table,
        Err(error) => return sentence(&error.to_string(), case.name).map(|()| None),
    };
    let records = std::fs::File::open(table.records.path()).map_err(|error| error.to_string())?;
    let mut rows = 0;
    for record in std::io::BufReader::new(records).lines() {
        let record = record.map_err(|error| error.to_string())?;
        let record: serde_json::Value = serde_json::from_str(&record).map_err(|error| error.to_string())?;
        let is_row = record["n"].is_u64() && record["k"] == 0 && record["h"].is_u64();
        // What is bad, and what lacks a field that the query asks for, comes with the row as it was.
        let is_bad = record["raw"].is_string();
        let has_fields = table.sources.iter().any(|source| record[source.field.name].is_string());
        if !is_row || (!is_bad && !has_fields) {
            return Err(format!("a record is not whole: {record}"));
        }
        rows += 1;
    }
    let notes = table.notes.iter().chain(table.told.iter().map(|(_, told)| told));
    let is_long = notes.clone().any(|note| note.len() > 4000) || notes.count() > 60;
    let is_counted = rows == table.rows && !is_long;
    if is_counted { Ok(Some(rows)) } else { Err(format!("{rows} records for {} rows, or long notes", table.rows)) }
}

/// A refusal names the file, and neither steers a terminal nor goes on for pages.
pub fn sentence(message: &str, name: &str) -> Result<(), String> {
    let is_good = message.contains(name) && message.len() < 6000 && !message.chars().any(char::is_control);
    if is_good { Ok(()) } else { Err(format!("a refusal that nobody can read: {message:?}")) }
}

fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) << 10
}

#[test]
fn any_file_ends_with_rows_or_a_refusal() {
    let asked = |name: &str| daybook::support::environment::text(name).and_then(|value| value.parse().ok());
    let usual = if crate::support::is_long() { 60 } else { 5 };
    let (seed, seconds) = (asked("FUZZ_SEED").unwrap_or(1), asked("FUZZ_SECS").unwrap_or(usual));
    // Within the usual time, always the same files.
    let most = if seconds > 5 { u64::MAX } else { 1000 };
    let tally = run(seed, asked("FUZZ_FIRST").unwrap_or(0), most, Duration::from_secs(seconds));
    println!("{tally:?}");
    assert!(tally.read * 20 > tally.files && tally.read < tally.files, "{tally:?}");
    // Other tests share the process unless this one is run alone, for long.
    assert!(seconds <= 5 || tally.most_bytes < 700 << 20, "{tally:?}");
}
