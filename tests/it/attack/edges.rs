//! The edges of the process: modes of its files, who may ask it and how slowly, what runs short, and the words
//! in which all of it is reported.

mod deep;
mod modes;
mod room;
mod slow;
mod words;

use crate::maintenance_faults::{command, installation, said};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A folder with one workspace of payments, whose vendor need not be there.
struct Small {
    root: tempfile::TempDir,
}

const WORKSPACE: &str = "name = \"One\"\ntime_zone = \"UTC\"\ncurrency = \"EUR\"\n\n[[connections]]\nid = \"pay\"\nconnector = \"stripe\"\nsince = 2026-11-01\nsettings = { base_url = \"http://127.0.0.1:9\" }\nsecrets = { api_key = { file = \"secrets/key\" } }\n\n[[connections]]\nid = \"rates\"\nconnector = \"file\"\nfolder = \"drops\"\npreset = \"fx\"\nsettle_secs = 0\n";

impl Small {
    fn new() -> Self {
        let root = installation();
        let config = root.path().join("config");
        for entry in std::fs::read_dir(config.join("workspaces")).expect("workspaces").flatten() {
            std::fs::remove_file(entry.path()).expect("removed");
        }
        for entry in std::fs::read_dir(root.path().join("jobs")).expect("jobs").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with("report_") {
                std::fs::remove_file(entry.path()).expect("removed");
            }
        }
        std::fs::create_dir(config.join("secrets")).expect("made");
        std::fs::write(config.join("secrets/key"), "sk_test_4242\n").expect("written");
        std::fs::write(config.join("workspaces/one.toml"), WORKSPACE).expect("written");
        let small = Self { root };
        small.shut(&config.join("secrets/key"), 0o600);
        small
    }

    fn path(&self) -> &Path {
        self.root.path()
    }

    fn shut(&self, path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
    }

    /// Puts a line at the top of `config/daybook.toml`.
    fn set(&self, line: &str) {
        let file = self.path().join("config/daybook.toml");
        let text = std::fs::read_to_string(&file).expect("read");
        std::fs::write(&file, format!("{line}\n{text}")).expect("written");
    }

    fn append(&self, text: &str) {
        let file = self.path().join("config/daybook.toml");
        let before = std::fs::read_to_string(&file).expect("read");
        std::fs::write(&file, format!("{before}\n{text}\n")).expect("written");
    }

    /// A command through a shell, which sets masks and limits and points output elsewhere; `$D` is Daybook in
    /// this folder.
    fn sh(&self, script: &str) -> Output {
        let daybook = command(self.path());
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(script.replace("$D", &format!("{:?} -C {:?}", daybook.get_program(), self.path())));
        shell.env("DAYBOOK_PERSON_KEY", "key").env_remove("RUST_LOG").env_remove("RUST_BACKTRACE");
        shell.output().expect("a shell")
    }

    /// A daemon begun by a shell, with its log in a file.
    fn daemon(&self, before: &str) -> Daemon {
        let log = self.path().join("daemon.log");
        let daybook = command(self.path());
        let script = format!("{before} exec {:?} -C {:?} run 2>{log:?}", daybook.get_program(), self.path());
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(script).env("DAYBOOK_PERSON_KEY", "key").env_remove("RUST_LOG").stdout(Stdio::null());
        Daemon { child: shell.spawn().expect("a daemon"), log }
    }
}

/// Killed when dropped.
struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until something holds.
    fn until(&mut self, what: &str, holds: impl Fn() -> bool) {
        let begun = Instant::now();
        while !holds() {
            assert!(self.child.try_wait().expect("known").is_none(), "{what}: it ended: {}", self.log());
            assert!(begun.elapsed() < Duration::from_secs(90), "{what}: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("killed: {}", said(output)))
}
