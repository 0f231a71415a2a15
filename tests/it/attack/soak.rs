//! Half an hour of a busy daemon, about one slot a second: memory, files, threads, logs and what lies on the
//! disk do not grow but by what each slot has to keep. `DAYBOOK_LONG=1` asks for it, `DAYBOOK_SOAK_MINUTES`
//! for another length.

use super::small::{Small, said};
use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Jobs that run each minute, each at a second of its own.
const JOBS: usize = 60;
const EVERY: Duration = Duration::from_secs(10);
/// DuckDB writes its log into the database at 128 MB, and care does at night.
const LONGEST_LOG: u64 = 160 << 20;
/// Kilobytes, handles and threads that come and go with what is just at work.
const SLACK: Sample = Sample { resident_kb: 16 << 10, handles: 12, threads: 6, log: 0, landing: 0, database: 0 };

/// What the daemon holds at an instant.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    resident_kb: u64,
    handles: u64,
    threads: u64,
    /// The database's log.
    log: u64,
    landing: u64,
    database: u64,
}

impl Sample {
    fn take(process: u32, small: &Small) -> Self {
        let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process is there");
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
        };
        let length = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
        Self {
            resident_kb: number("VmRSS:"),
            handles: fs::read_dir(format!("/proc/{process}/fd")).expect("its files").count() as u64,
            threads: number("Threads:"),
            log: length(&small.log()),
            landing: bytes_below(&small.root.join("landing")),
            database: length(&small.database()),
        }
    }

    fn fields(self) -> [(&'static str, u64); 6] {
        [
            ("resident kB", self.resident_kb),
            ("handles", self.handles),
            ("threads", self.threads),
            ("log", self.log),
            ("landing", self.landing),
            ("database", self.database),
        ]
    }
}

fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let of = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => bytes_below(&entry.path()),
        _ => entry.metadata().map_or(0, |file| file.len()),
    };
    entries.flatten().map(of).sum()
}

/// One slot a second: syncs and roll-ups, care and a backup now and then, and the report of the day.
fn write_jobs(small: &Small) {
    for number in 0..JOBS {
        let text = match number {
            0 => "kind = 'care'\ncron = '*/5 * * * *'\n".to_owned(),
            _ if number % 3 == 1 => "kind = 'sync'\nconnections = ['payments']\ncron = '* * * * *'\n".to_owned(),
            _ if number % 3 == 2 => "kind = 'sync'\nconnections = ['ads']\ncron = '* * * * *'\n".to_owned(),
            _ => "kind = 'rollup'\ncron = '* * * * *'\n".to_owned(),
        };
        fs::write(small.root.join(format!("jobs/soak_{number:02}.toml")), text + "jitter_secs = 59\n")
            .expect("written");
    }
}

/// The median of a measure.
fn middle(samples: &[Sample], index: usize) -> u64 {
    let mut values: Vec<u64> = samples.iter().map(|sample| sample.fields()[index].1).collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn half_an_hour_of_a_slot_a_second_leaves_memory_files_and_logs_flat() {
    let usual = if crate::support::is_long() { 30 } else { 0 };
    let minutes: u64 =
        daybook::support::environment::text("DAYBOOK_SOAK_MINUTES").and_then(|text| text.parse().ok()).unwrap_or(usual);
    if minutes == 0 {
        crate::support::skip("half an hour of a busy daemon is for DAYBOOK_LONG=1");
        return;
    }
    let small = Small::start(7).await;
    write_jobs(&small);
    small.well(&["check"]);
    small.well(&["sync"]);
    let told = small.root.join("told");
    let file = File::create(&told).expect("a file");
    let mut child = small.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::from(file)).spawn().expect("a daemon");
    let (begun, mut samples) = (Instant::now(), Vec::new());
    while begun.elapsed() < Duration::from_secs(minutes * 60) {
        tokio::time::sleep(EVERY).await;
        let words = || fs::read_to_string(&told).unwrap_or_default();
        assert!(child.try_wait().expect("a child").is_none(), "it ended: {}", words());
        let sample = Sample::take(child.id(), &small);
        println!("{:>5} s {sample:?} told {}", begun.elapsed().as_secs(), fs::metadata(&told).map_or(0, |f| f.len()));
        samples.push(sample);
    }
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::TERM).expect("asked to stop");
    let status = child.wait().expect("reaped");
    let words = fs::read_to_string(&told).expect("its log");
    assert!(status.success(), "{status}: {words}");

    let slots = small.texts("SELECT state || ' ' || count(*) FROM ops.slot WHERE job LIKE 'soak%' GROUP BY state");
    println!("{slots:?}; the daemon wrote {} bytes of its own log", words.len());
    let bad = small.texts("SELECT job || ' ' || state FROM ops.slot WHERE state IN ('failed', 'refused') LIMIT 5");
    assert!(bad.is_empty(), "{bad:?}: {}", said(&small.daybook(&["status"])));
    let (third, half) = (samples.len() / 3, samples.len() / 2);
    let (warm, late) = (&samples[third..2 * third], &samples[half..]);
    for (index, (name, slack)) in SLACK.fields().into_iter().enumerate() {
        let (before, after) = (middle(warm, index), middle(late, index));
        let (first, mid, last) =
            (&samples[third], &samples[third + (samples.len() - third) / 2], &samples[samples.len() - 1]);
        let grown = |from: &Sample, to: &Sample| to.fields()[index].1.saturating_sub(from.fields()[index].1);
        println!(
            "{name}: {before} in the middle third, {after} in the second half; grew {} then {}",
            grown(first, mid),
            grown(mid, last)
        );
        if name == "log" {
            let most = samples.iter().map(|sample| sample.log).max().unwrap_or(0);
            assert!(most <= LONGEST_LOG, "the log of the database grew to {most} bytes");
        } else if slack > 0 {
            assert!(after <= before + before / 10 + slack, "{name} grows: {before}, then {after}");
        } else {
            // What each slot keeps adds up, at the same pace.
            let (early, late) = (grown(first, mid), grown(mid, last));
            assert!(late <= early * 3 / 2 + (2 << 20), "{name} grows ever faster: {early}, then {late}");
        }
    }
}
