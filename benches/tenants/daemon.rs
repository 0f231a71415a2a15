//! The daemon as a process, asked through its admin page.

use super::{processor_seconds, wait_until};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub const PORT: u16 = 18_420;
pub const TOKEN: &str = "a token of the bench";

pub struct Daemon(Child, PathBuf);

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
        let text = self.get("/metrics");
        text.lines().find(|line| line.starts_with(name))?.rsplit(' ').next()?.parse().ok()
    }

    /// Runs a job for every workspace, and waits until nothing is at work.
    pub fn run_to_end(&self, job: &str) {
        let answer = self.ask("POST", &format!("/jobs/{job}/run")).expect("an answer");
        let is_taken = answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.1 202");
        assert!(is_taken, "{job}: {}", answer.lines().next().unwrap_or_default());
        // The next beat takes the slots up.
        std::thread::sleep(Duration::from_secs(2));
        let mut still = 0;
        wait_until(job, || {
            let busy =
                self.gauge("daybook_runs_at_work").unwrap_or(1.0) + self.gauge("daybook_slots_waiting").unwrap_or(1.0);
            still = if busy == 0.0 { still + 1 } else { 0 };
            still >= 3
        });
    }

    pub fn wait_for_mails(&self, count: usize) {
        wait_until("the delivery", || {
            self.gauge("daybook_messages{state=\"sent\"}").is_some_and(|sent| sent as usize >= count)
        });
    }

    pub fn processor_seconds(&self) -> f64 {
        processor_seconds(self.0.id())
    }

    pub fn most_resident_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).expect("a process");
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
    }

    /// How many of the newest runs ended in which way.
    pub fn outcomes(&self) -> String {
        let said = Command::new(env!("CARGO_BIN_EXE_daybook"))
            .arg("-C")
            .arg(&self.1)
            .args(["--json", "runs", "--limit", "10000"])
            .output()
            .expect("the binary");
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        let count = |outcome: &str| text.matches(&format!("\"outcome\":\"{outcome}\"")).count();
        let all = ["succeeded", "partly", "failed", "lost", "timed_out", "running"];
        let told: Vec<String> = all
            .iter()
            .map(|outcome| (outcome, count(outcome)))
            .filter(|(_, n)| *n > 0)
            .map(|(o, n)| format!("{o} {n}"))
            .collect();
        told.join(", ")
    }
}
