//! A daemon with 2,000 jobs over 200 workspaces: how late its beats are, with nothing due and with 200
//! slots due each minute, what processor it takes, and where its memory goes; the same over the
//! demo's data. `cargo bench --bench idle [-- SECONDS]`; each phase is watched for so long.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a bench speaks, and stops where it fails")]

#[path = "common/process.rs"]
mod process;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const WORKSPACES: usize = 200;
const JOBS: usize = 2_000;

const WORKSPACE: &str = "name = 'W'\ntime_zone = 'Europe/Berlin'\ncurrency = 'EUR'\n\
    [[connections]]\nid = 'plans'\nconnector = 'file'\nfolder = 'drops'\npreset = 'budgets'\n";

/// Each job is one workspace's own: ten for each, at minutes of their own.
fn write_heap(root: &Path, each_minute: bool) {
    let write = |file: String, text: String| {
        let path = root.join(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("written");
    };
    write("config/daybook.toml".to_owned(), String::new());
    std::fs::create_dir_all(root.join("drops")).expect("a folder");
    for number in 0..WORKSPACES {
        write(format!("config/workspaces/w{number:03}.toml"), WORKSPACE.to_owned());
    }
    for number in 0..JOBS {
        let (workspace, of_workspace) = (number % WORKSPACES, number / WORKSPACES);
        let cron = match of_workspace {
            0 if each_minute => "* * * * *".to_owned(),
            hour => format!("{} {} * * *", number % 60, (hour + 12) % 24),
        };
        write(
            format!("jobs/rollup_{number:04}.toml"),
            format!("kind = 'rollup'\ncron = '{cron}'\nworkspaces = ['w{workspace:03}']\n"),
        );
    }
}

struct Daemon(Child, PathBuf);

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Daemon {
    fn start(root: &Path) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_daybook"))
            .arg("-C")
            .arg(root)
            .arg("run")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary");
        let mut daemon = Self(child, root.to_owned());
        let begun = Instant::now();
        // Before it listens, whoever asks would open the folder in its place.
        while !root.join("daybook.sock").exists() {
            assert!(daemon.0.try_wait().expect("a child").is_none(), "the daemon ended");
            std::thread::sleep(Duration::from_millis(50));
        }
        while daemon.status().is_none_or(|status| status["daemon"].is_null()) {
            assert!(begun.elapsed() < Duration::from_secs(120), "the daemon does not answer");
            std::thread::sleep(Duration::from_millis(200));
        }
        daemon
    }

    fn status(&self) -> Option<serde_json::Value> {
        let said = Command::new(env!("CARGO_BIN_EXE_daybook"))
            .arg("-C")
            .arg(&self.1)
            .args(["status", "--json"])
            .output()
            .expect("the binary");
        serde_json::from_slice(&said.stdout).ok()
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.0.id())).expect("a process")
    }

    fn processor_seconds(&self) -> f64 {
        process::processor_seconds(self.0.id())
    }

    /// Watches for `seconds`, then tells.
    fn watch(&self, what: &str, seconds: u64) {
        let (begun, before) = (Instant::now(), self.processor_seconds());
        std::thread::sleep(Duration::from_secs(seconds));
        let share = (self.processor_seconds() - before) / begun.elapsed().as_secs_f64();
        let status = self.status().expect("a status");
        let lag = &status["daemon"]["lag"];
        println!(
            "{what}: lag of {} beats: median {} ms, p99 {} ms, most {} ms; processor {:.2} %; waiting {}",
            lag["beats"],
            lag["median_ms"],
            lag["p99_ms"],
            lag["most_ms"],
            share * 100.0,
            status["daemon"]["waiting"].as_array().map_or(0, Vec::len)
        );
    }

    /// Resident memory by what it holds, in MB.
    fn memory(&self) {
        let mut held: BTreeMap<&str, u64> = BTreeMap::new();
        let maps = self.read("smaps");
        let mut of = "";
        for line in maps.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [range, _, _, _, inode, rest @ ..] if range.contains('-') && !range.ends_with(':') => {
                    of = match rest {
                        ["[heap]", ..] => "heap",
                        [name, ..] if name.starts_with('[') => "stacks of threads and the like",
                        [name, ..] if name.contains("daybook") => {
                            "the program's own pages, shared and given back when wanted"
                        }
                        [_, ..] => "libraries of the system",
                        [] if *inode == "0" => "heaps of threads and DuckDB's buffers",
                        [] => "other",
                    };
                }
                ["Rss:", kb, "kB"] => *held.entry(of).or_default() += kb.parse::<u64>().unwrap_or(0),
                _ => {}
            }
        }
        println!("resident {:.1} MB:", held.values().sum::<u64>() as f64 / 1024.0);
        for (what, kb) in held {
            println!("  {:6.1} MB  {what}", kb as f64 / 1024.0);
        }
    }
}

fn main() {
    let seconds = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(150);
    let folder = tempfile::tempdir().expect("a folder");
    for (what, each_minute) in [("2,000 jobs, none due", false), ("2,000 jobs, 200 due each minute", true)] {
        let root = folder.path().join(if each_minute { "busy" } else { "idle" });
        write_heap(&root, each_minute);
        let daemon = Daemon::start(&root);
        daemon.watch(what, seconds);
        daemon.memory();
    }
    let demo = folder.path().join("demo");
    let made = Command::new(env!("CARGO_BIN_EXE_daybook")).args(["demo", "--dir"]).arg(&demo).output();
    assert!(made.expect("the binary").status.success(), "the demo ends well");
    let daemon = Daemon::start(&demo);
    daemon.watch("the demo's data, two workspaces", seconds);
    daemon.memory();
}
