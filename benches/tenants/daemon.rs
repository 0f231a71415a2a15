//! The daemon as a process, asked through its admin page.

use super::process::{peak_mb, processor_seconds};
use super::{wait_until, wait_until_each};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub const PORT: u16 = 18_420;
pub const TOKEN: &str = "a token of the bench";

/// A scrape costs the daemon time of its own, which the measurement counts.
const ASKED_EVERY: Duration = Duration::from_secs(5);

pub struct Daemon(Child, PathBuf);

#[derive(serde::Deserialize)]
struct Run {
    job: String,
    outcome: String,
    detail: String,
}

fn gauge(metrics: &str, name: &str) -> Option<f64> {
    metrics.lines().find(|line| line.starts_with(name))?.rsplit(' ').next()?.parse().ok()
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Daemon {
    pub fn start(root: &Path) -> Self {
        let log = std::fs::File::create(root.join("daemon.log")).expect("a log");
        let child = Command::new(env!("CARGO_BIN_EXE_daybook"))
            .arg("-C")
            .arg(root)
            .arg("serve")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the binary");
        let mut daemon = Self(child, root.to_owned());
        wait_until("the start", || {
            let ended = daemon.0.try_wait().expect("a child");
            let log = || std::fs::read_to_string(root.join("daemon.log")).unwrap_or_default();
            assert!(ended.is_none(), "the daemon ended: {}", log());
            daemon.ask("GET", "/healthz").is_some_and(|answer| answer.contains("alive"))
        });
        daemon
    }

    fn ask(&self, method: &str, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", PORT)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(180))).ok()?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    pub fn get(&self, path: &str) -> String {
        self.ask("GET", path).expect("an answer")
    }

    /// The value of a metric without labels, or of its first line.
    pub fn gauge(&self, name: &str) -> Option<f64> {
        gauge(&self.get("/metrics"), name)
    }

    /// Runs a job for every workspace, and waits until nothing is at work.
    pub fn run_to_end(&self, job: &str) {
        let answer = self.ask("POST", &format!("/jobs/{job}/run")).expect("an answer");
        let is_taken = answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.1 202");
        assert!(is_taken, "{job}: {}", answer.lines().next().unwrap_or_default());
        // The next beat takes the slots up.
        std::thread::sleep(Duration::from_secs(2));
        let mut still = 0;
        wait_until_each(ASKED_EVERY, job, || {
            let text = self.get("/metrics");
            let at = |name: &str| gauge(&text, name).unwrap_or(1.0);
            let busy = at("daybook_runs_at_work") + at("daybook_slots_waiting");
            still = if busy == 0.0 { still + 1 } else { 0 };
            still >= 2
        });
    }

    pub fn wait_for_mails(&self, count: usize) {
        wait_until_each(ASKED_EVERY, "the delivery", || {
            self.gauge("daybook_messages{state=\"sent\"}").is_some_and(|sent| sent as usize >= count)
        });
    }

    pub fn processor_seconds(&self) -> f64 {
        processor_seconds(self.0.id())
    }

    pub fn most_resident_mb(&self) -> u64 {
        peak_mb(self.0.id())
    }

    /// Rows that the newest runs of a job wrote, as `12 rows of 4 streams` tells.
    pub fn rows_of_newest(&self, job: &str, runs: usize) -> u64 {
        let all = self.runs();
        let own = all.iter().filter(|run| run.job == job).take(runs);
        own.filter_map(|run| run.detail.split(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// The newest runs.
    fn runs(&self) -> Vec<Run> {
        let said = Command::new(env!("CARGO_BIN_EXE_daybook"))
            .arg("-C")
            .arg(&self.1)
            .args(["--json", "runs", "--limit", "10000"])
            .output()
            .expect("the binary");
        serde_json::from_slice(&said.stdout).expect("a list of runs")
    }

    /// How many of the newest runs ended in which way.
    pub fn outcomes(&self) -> String {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for run in self.runs() {
            *counts.entry(run.outcome).or_default() += 1;
        }
        counts.iter().map(|(outcome, count)| format!("{outcome} {count}")).collect::<Vec<_>>().join(", ")
    }
}
