//! A small installation lives through kills, wrong clocks, full disks, cut logs and older copies of its
//! database, mixed by chance; in the end everything is as if nothing had happened, and no mail came twice.
//! `DAYBOOK_SMALL_KILLS=300` asks for the long form, `DAYBOOK_SEED` for another mixture.

use super::small::{Small, said};
use crate::maintenance_faults::SmallDisk;
use crate::support::skip;
use chrono::{Days, NaiveDate};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

const DAYS: u64 = 30;
/// Room for thirty days, some backups and what the lives land.
const DISK_MB: u32 = 400;
const COMMANDS: [&str; 7] = ["sync", "rollup", "report", "report", "care", "backup", "run"];
const CLOCKS: [&str; 5] = ["+400d", "-20d", "+14h", "-1d", "+3d"];
/// No command of so small an installation takes longer.
const LONGEST: Duration = Duration::from_secs(60);

/// What happened to the installation.
#[derive(Debug, Default)]
struct Tally {
    lives: u32,
    kills: u32,
    clocks: u32,
    full_disks: u32,
    cuts: u32,
    older: u32,
    refused: u32,
}

/// The database and its log, as a disk image holds them.
type Copy = (Vec<u8>, Option<Vec<u8>>);

struct Lives {
    small: Small,
    disk: Option<SmallDisk>,
    faketime: Option<PathBuf>,
    random: ChaCha8Rng,
    tally: Tally,
    copy: Option<Copy>,
    /// What a person answers to the last refusal.
    accepted: Vec<&'static str>,
    /// Where commands write to: a full disk must not end what they say.
    told: tempfile::TempDir,
}

impl Lives {
    async fn begin(seed: u64) -> Self {
        let disk = SmallDisk::new(DISK_MB);
        let folder = tempfile::tempdir().expect("a folder");
        let root = disk.as_ref().map_or(folder.path(), |disk| disk.path()).to_owned();
        let small = Small::start_in(folder, root, DAYS).await;
        let settings = small.root.join("config/daybook.toml");
        let text = fs::read_to_string(&settings).expect("the settings") + "[backup]\nkeep = 2\n";
        fs::write(settings, text).expect("written");
        Self {
            small,
            disk,
            faketime: faketime(),
            random: ChaCha8Rng::seed_from_u64(seed),
            tally: Tally::default(),
            copy: None,
            accepted: Vec::new(),
            told: tempfile::tempdir().expect("a folder"),
        }
    }

    fn one_in(&mut self, count: u32) -> bool {
        self.random.random_range(0..count) == 0
    }

    /// What happens to the files while nothing runs.
    fn between(&mut self) {
        let (database, log) = (self.small.database(), self.small.log());
        match self.random.random_range(0..16) {
            0..=3 => {
                let Ok(file) = OpenOptions::new().write(true).open(&log) else { return };
                let length = file.metadata().expect("its length").len();
                if length > 0 {
                    file.set_len(self.random.random_range(0..length)).expect("cut");
                    self.tally.cuts += 1;
                }
            }
            4 | 5 => self.copy = fs::read(&database).ok().map(|bytes| (bytes, fs::read(&log).ok())),
            6 => {
                let Some((bytes, before)) = self.copy.take() else { return };
                fs::write(&database, bytes).expect("put back");
                match before {
                    Some(before) => fs::write(&log, before).expect("put back"),
                    None => drop(fs::remove_file(&log)),
                }
                self.tally.older += 1;
            }
            _ => {}
        }
    }

    /// One process, and its end.
    fn live(&mut self) {
        self.between();
        let mut arguments = vec![COMMANDS[self.random.random_range(0..COMMANDS.len())].to_owned()];
        if arguments[0] == "report" {
            let day = self.small.first + Days::new(self.random.random_range(0..DAYS));
            arguments.extend(["-w", "shop", "--even-if-late", "--date"].map(str::to_owned));
            arguments.push(day.to_string());
        }
        let (filled, shifted) = (self.one_in(8), self.one_in(6));
        let clock = self.faketime.clone().filter(|_| shifted);
        let clock = clock.map(|library| (library, CLOCKS[self.random.random_range(0..CLOCKS.len())]));
        let kilobytes = self.random.random_range(0..1500);
        let filled = self.disk.as_ref().filter(|_| filled).inspect(|disk| disk.fill(kilobytes)).is_some();
        let longest = if arguments[0] == "run" { 2000 } else { 900 };
        let limit = Duration::from_millis(self.random.random_range(30..longest));
        let was_killed = self.process(&arguments, clock, Some(limit));
        if filled {
            self.disk.as_ref().expect("a disk").free();
        }
        self.tally.lives += 1;
        self.tally.kills += u32::from(was_killed);
        self.tally.full_disks += u32::from(filled);
        self.tally.clocks += u32::from(shifted && self.faketime.is_some());
    }

    /// Runs a command, and kills it after `limit`; whether it was killed.
    fn process(&mut self, arguments: &[String], clock: Option<(PathBuf, &str)>, limit: Option<Duration>) -> bool {
        let mut words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        words.extend(self.accepted.iter().filter(|word| !arguments.iter().any(|argument| argument == *word)));
        let told = self.told.path().join("told");
        let file = File::create(&told).expect("a file");
        let mut command = self.small.command(&words);
        if let Some((library, shift)) = &clock {
            command.env("LD_PRELOAD", library).env("FAKETIME", shift).env("DONT_FAKE_MONOTONIC", "1");
        }
        let output = (Stdio::from(file.try_clone().expect("a handle")), Stdio::from(file));
        let mut child = command.stdout(output.0).stderr(output.1).spawn().expect("the binary");
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child") {
                break Some(status);
            }
            if limit.is_some_and(|limit| begun.elapsed() >= limit) {
                child.kill().expect("killed");
                child.wait().expect("reaped");
                break None;
            }
            let words = || fs::read_to_string(&told).unwrap_or_default();
            assert!(begun.elapsed() < LONGEST, "{arguments:?} does not end: {}", words());
            std::thread::sleep(Duration::from_millis(3));
        };
        let words = String::from_utf8_lossy(&fs::read(&told).expect("what it said")).into_owned();
        let place = format!("{arguments:?} {clock:?} after {:?}: {words}", self.tally);
        assert!(!words.contains("fault of Daybook itself") && !words.contains("panicked"), "{place}");
        let Some(status) = status else { return true };
        // Under a wrong clock a day that was asked for may not be over.
        let is_expected = matches!(status.code(), Some(0 | 1 | 3)) || status.code() == Some(2) && clock.is_some();
        assert!(is_expected, "{status}: {place}");
        self.accepted.clear();
        if status.code() == Some(1) && words.contains("--accept-older") {
            self.tally.refused += 1;
            self.accepted.push("--accept-older");
        }
        assert!(!words.contains("--accept-empty"), "nobody took the database away: {place}");
        false
    }

    /// Runs a command with the right clock until it comes to a good end.
    fn well(&mut self, arguments: &[&str]) -> String {
        let words: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        let mut told = String::new();
        for _ in 0..6 {
            self.process(&words, None, None);
            told = fs::read_to_string(self.told.path().join("told")).expect("what it said");
            let output = self.small.daybook(arguments);
            if output.status.success() {
                return said(&output);
            }
            told += &said(&output);
        }
        panic!("{arguments:?} comes to no good end after {:?}: {told}", self.tally);
    }

    /// Lives of the daemon until no mail waits: a `report` that was killed leaves its mails to it.
    fn deliver(&mut self) {
        let begun = Instant::now();
        while begun.elapsed() < LONGEST * 2 && !self.small.texts(WAITING).is_empty() {
            self.process(&["run".to_owned()], None, Some(Duration::from_secs(5)));
        }
    }
}

const WAITING: &str = "SELECT message_id FROM ops.outbox WHERE lane = 'mail' AND state IN ('pending', 'claimed')";

/// The library that shows a process another time.
fn faketime() -> Option<PathBuf> {
    let places = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    let names = places.map(|place| Path::new(place).join("faketime/libfaketimeMT.so.1"));
    let found = names.into_iter().find(|path| path.exists());
    if found.is_none() {
        skip("wrong clocks need libfaketime; all else is tried");
    }
    found
}

/// Rows of the ads and of the payments, whatever load they came with.
fn facts(small: &Small, last: NaiveDate) -> Vec<String> {
    let of = |table: &str| {
        format!(
            "SELECT '{table} ' || to_json(f)::VARCHAR AS line FROM (SELECT * EXCLUDE (load_id) FROM core.{table} WHERE date <= DATE '{last}') AS f"
        )
    };
    small.texts(&format!("{} UNION ALL {} ORDER BY line", of("ad_daily"), of("payment")))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_installation_survives_kills_wrong_clocks_full_disks_and_cut_logs() {
    let asked = |name: &str| daybook::support::environment::text(name).and_then(|text| text.parse().ok());
    let (wanted, seed) = (asked("DAYBOOK_SMALL_KILLS").unwrap_or(6), asked("DAYBOOK_SEED").unwrap_or(1));
    println!("seed {seed}");
    let mut lives = Lives::begin(seed).await;
    while u64::from(lives.tally.kills) < wanted {
        lives.live();
    }
    if !lives.accepted.is_empty() {
        lives.well(&["status", "--accept-older"]);
    }
    lives.well(&["clock", "--correct"]);
    for command in ["sync", "sync", "rollup"] {
        lives.well(&[command]);
    }
    lives.well(&["report", "-w", "shop"]);
    lives.deliver();

    let small = &lives.small;
    let twin = small.twin();
    for command in ["sync", "rollup"] {
        twin.well(&[command]);
    }
    let last = small.first + Days::new(DAYS - 1);
    let (held, expected) = (facts(small, last), facts(&twin, last));
    let truth: usize = expected.len();
    let lost = expected.iter().filter(|line| held.binary_search(line).is_err()).collect::<Vec<_>>();
    let strange = held.iter().filter(|line| expected.binary_search(line).is_err()).collect::<Vec<_>>();
    assert!(truth > 100 && lost.is_empty() && strange.is_empty(), "{:?}: {lost:#?} {strange:#?}", lives.tally);
    assert_eq!(held.len(), truth, "no row stands there twice");

    let states = small.texts("SELECT state || ' ' || message_id FROM ops.outbox WHERE lane = 'mail'");
    let is_settled = |line: &String| line.starts_with("sent ") || line.starts_with("unknown ");
    assert!(states.iter().all(is_settled), "{:?}: {states:#?}", lives.tally);
    let counts = small.mails();
    let doubled = counts.values().filter(|count| **count > 1).count();
    assert_eq!(doubled, 0, "{:?}: a mail came twice: {counts:#?}", lives.tally);
    let sent = states.iter().filter(|line| line.starts_with("sent ")).count();
    let unknown = states.len() - sent;
    assert!(counts.len() >= sent, "{:?}: {} came, {sent} are called sent", lives.tally, counts.len());

    let clock: serde_json::Value = serde_json::from_str(&small.well(&["clock", "--json"])).expect("JSON");
    assert_eq!((&clock["ahead"], &clock["doubt"]), (&serde_json::json!([]), &serde_json::Value::Null), "{clock}");
    let doctor = said(&small.daybook(&["doctor"]));
    assert!(!doctor.contains("BAD"), "{:?}: {doctor}", lives.tally);
    println!(
        "{:?}; {truth} rows, none lost or doubled; {} mails came, {sent} sent, {unknown} unknown, none doubled",
        lives.tally,
        counts.len()
    );
}
