//! Bytes of others, spoilt in every way: no panic, no abort, no hang, no memory without bound, and nothing taken
//! in silence that the target can judge. Each target runs as a process of its own, since native code that fails
//! ends it. By default a smoke test; `DAYBOOK_FUZZ_SECS=60` asks for a minute each, `DAYBOOK_FUZZ_SEED` and
//! `DAYBOOK_FUZZ_FIRST` for a run that is printed.

mod answers;
mod bodies;
mod config;
mod connectors;
mod cron;
mod files;
mod ledger;
mod manifests;
mod queries;
mod spoil;
mod templates;

use crate::drops::fuzz::bytes::Chance;
use daybook::support::shown::is_steering;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// No input of a few megabytes takes longer, on a slow and busy machine.
const LONGEST: Duration = Duration::from_secs(10);
/// What a process may hold: the database's limit, and as much again for all else.
const MOST_RESIDENT: u64 = 1200 << 20;
/// Of addresses: threads and arenas take many that they never use.
const MOST_ADDRESSES: u64 = 12 << 30;
const TARGET: &str = "DAYBOOK_FUZZ_TARGET";

/// One target's run, inside its process.
pub struct Trial {
    seed: u64,
    first: u64,
    begun: Instant,
    until: Instant,
    /// The inputs of the round at hand, left there by a process that ends.
    pub folder: PathBuf,
    rounds: u64,
    /// Goes up with each round, and with each step of a long one.
    pub steps: Arc<AtomicU64>,
}

/// One input and its chance.
pub struct Round {
    pub number: u64,
    pub chance: Chance,
}

impl Trial {
    /// The next round, until the time is over; the first always comes.
    pub fn next(&mut self) -> Option<Round> {
        let number = self.first + self.rounds;
        let is_first = number == self.first;
        let seed = self.seed ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d);
        if !is_first && Instant::now() >= self.until {
            println!("{} rounds of {:?}", self.rounds, self.begun.elapsed());
            return None;
        }
        self.rounds += 1;
        self.steps.fetch_add(1, Ordering::Relaxed);
        Some(Round { number, chance: Chance::new(seed) })
    }

    /// Keeps an input where it is found after a crash.
    pub fn keep(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.join(name), bytes).expect("kept");
    }
}

fn asked(name: &str) -> Option<u64> {
    daybook::support::environment::text(name).and_then(|text| text.parse().ok())
}

/// Runs a target in a process of its own. A finding leaves its input and is reported with its number.
fn hunt(target: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let (seed, first) = (asked("DAYBOOK_FUZZ_SEED").unwrap_or(1), asked("DAYBOOK_FUZZ_FIRST").unwrap_or(0));
    let output = Command::new(std::env::current_exe().expect("this binary"))
        .args([
            "fuzz::a_process_of_its_own_tries_one_kind_of_input",
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(TARGET, target)
        .env("DAYBOOK_FUZZ_FOLDER", folder.path())
        .output()
        .expect("a process");
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        let kept = folder.keep();
        let place = format!("{target}, seed {seed} from {first}: {}", output.status);
        panic!("{place}; its input lies in {}:\n{told}", kept.display());
    }
    assert!(told.contains("rounds of"), "the process did nothing: {told}");
    let lines = told.lines().filter(|line| !line.is_empty() && !line.contains("test"));
    println!("{target}: {}", lines.collect::<Vec<_>>().join("; "));
}

#[test]
#[ignore = "the other tests of this module run it, each in a process of its own"]
fn a_process_of_its_own_tries_one_kind_of_input() {
    let target = daybook::support::environment::text(TARGET).expect("a kind of input, as the other tests here name it");
    let secs =
        daybook::support::environment::text("DAYBOOK_FUZZ_SECS").and_then(|text| text.parse().ok()).unwrap_or(0.2);
    let folder = PathBuf::from(daybook::support::environment::variable("DAYBOOK_FUZZ_FOLDER").expect("a folder"));
    let steps = Arc::new(AtomicU64::new(0));
    let limit = Rlimit { current: Some(MOST_ADDRESSES), maximum: Some(MOST_ADDRESSES) };
    setrlimit(Resource::As, limit).expect("a limit");
    watch(steps.clone());
    let begun = Instant::now();
    let trial = Trial {
        seed: asked("DAYBOOK_FUZZ_SEED").unwrap_or(1),
        first: asked("DAYBOOK_FUZZ_FIRST").unwrap_or(0),
        begun,
        until: begun + Duration::from_secs_f64(secs),
        folder,
        rounds: 0,
        steps,
    };
    match target.as_str() {
        "bodies" => bodies::hunt(trial),
        "files" => files::hunt(trial),
        "manifests" => manifests::hunt(trial),
        "connectors" => connectors::hunt(trial),
        "templates" => templates::hunt(trial),
        "smtp" => answers::smtp(trial),
        "slack" => answers::slack(trial),
        "cron" => cron::hunt(trial),
        "config" => config::hunt(trial),
        "handed" => ledger::handed(trial),
        "mark" => ledger::mark(trial),
        "queries" => queries::hunt(trial),
        other => panic!("no target {other}"),
    }
    println!("{target}: at most {} MB", resident() >> 20);
}

/// Ends the process where a round takes too long or too much: of its own processor's time, or in all, as other
/// processes may have the processor.
fn watch(steps: Arc<AtomicU64>) {
    std::thread::spawn(move || {
        let (mut last, mut since, mut spent) = (u64::MAX, Instant::now(), processor_time());
        loop {
            std::thread::sleep(Duration::from_millis(50));
            let now = steps.load(Ordering::Relaxed);
            if now != last {
                (last, since, spent) = (now, Instant::now(), processor_time());
            }
            let is_slow = now > 0 && (processor_time() - spent > LONGEST || since.elapsed() > LONGEST * 12);
            if is_slow || resident() > MOST_RESIDENT {
                let what = if is_slow { "takes longer than 10 s" } else { "holds too much memory" };
                println!("step {} {what}, {} MB", now.saturating_sub(1), resident() >> 20);
                std::process::abort();
            }
        }
    });
}

/// Of all threads, as the kernel counts it in hundredths of a second.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name before them may hold blanks.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let hundredths: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(hundredths * 10)
}

/// The most memory that the process held.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) << 10
}

/// Every file of these endings below a folder of the repository, as seeds.
fn seeds(folder: &str, endings: &[&str]) -> Vec<(String, Vec<u8>)> {
    fn below(folder: &Path, endings: &[&str], found: &mut Vec<(String, Vec<u8>)>) {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                below(&path, endings, found);
            } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
                found.push((path.display().to_string(), std::fs::read(&path).expect("a seed")));
            }
        }
    }
    let mut found = Vec::new();
    below(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), endings, &mut found);
    assert!(!found.is_empty(), "no seeds in {folder}");
    found
}

/// What is reported of bytes of others is bounded and steers no terminal.
fn is_told_well(text: &str) {
    let steers = |c: char| is_steering(c) && c != '\n' && c != '\t';
    assert!(text.len() < 20_000 && !text.chars().any(steers), "told badly: {text:?}");
}

macro_rules! targets {
    ($($name:ident $target:literal),* $(,)?) => {
        $(#[test] fn $name() { hunt($target); })*
    };
}

targets! {
    bodies_of_vendors_cost_no_good_record_and_heal "bodies",
    dropped_files_load_or_are_refused_in_a_sentence "files",
    manifests_never_lead_out_of_their_folder "manifests",
    descriptions_of_connectors_are_taken_or_refused_in_bounds "connectors",
    templates_render_in_bounds "templates",
    answers_of_mail_servers_never_make_a_mail_sent "smtp",
    answers_of_slack_never_make_a_message_sent "slack",
    cron_expressions_fire_in_order_or_are_refused "cron",
    settings_are_taken_or_refused_with_their_file "config",
    lists_of_what_was_handed_over_keep_their_whole_lines "handed",
    marks_and_headers_of_other_bytes_say_nothing "mark",
    queries_that_read_files_are_never_taken "queries",
}
