//! A small installation for the real binary: one workspace, ads and payments of a few days, one report by
//! mail to two readers.

use crate::kills::MailSink;
use crate::outage::write_installation;
use chrono::{Days, NaiveDate};
use daybook::sandbox::{Faults, Sandbox, SandboxOptions, tenants};
use daybook::support::clock::Clock;
use daybook::warehouse::{Warehouse, WarehouseConfig};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

pub struct Small {
    pub root: PathBuf,
    pub sandbox: Arc<Sandbox>,
    pub sink: MailSink,
    /// The first day that is asked for.
    pub first: NaiveDate,
    _folder: tempfile::TempDir,
}

impl Small {
    pub async fn start(days: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().to_owned();
        Self::start_in(folder, root, days).await
    }

    /// The same with its files at `root`, e.g. on a small disk.
    pub async fn start_in(folder: tempfile::TempDir, root: PathBuf, days: u64) -> Self {
        let now = Clock::System.now();
        let first = now.date_naive() - Days::new(days);
        let options = SandboxOptions {
            tenants: tenants(),
            seed: 11,
            first_date: first,
            as_of: now,
            planted_at: now,
            port: 0,
            faults: Faults::none(),
        };
        let sandbox = Arc::new(Sandbox::start(options).await.expect("a sandbox"));
        Self::beside(sandbox, first, folder, root)
    }

    /// Another installation that asks the same vendors.
    pub fn twin(&self) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().to_owned();
        Self::beside(self.sandbox.clone(), self.first, folder, root)
    }

    fn beside(sandbox: Arc<Sandbox>, first: NaiveDate, folder: tempfile::TempDir, root: PathBuf) -> Self {
        write_installation(&root, &sandbox.base_url(), first);
        let (sink, port) = MailSink::start();
        let settings = format!(
            "[warehouse]\nmemory_limit_mb = 200\nthreads = 1\n[delivery]\nconfirmed = true\n[delivery.mail]\nkind = 'smtp'\n\
             host = '127.0.0.1'\nport = {port}\nsecurity = 'plain'\nfrom = 'Daybook <daybook@example.com>'\n\
             [delivery.files]\npath = 'reports'\n"
        );
        std::fs::write(root.join("config/daybook.toml"), settings).expect("written");
        let workspace = root.join("config/workspaces/shop.toml");
        let text = std::fs::read_to_string(&workspace).expect("the workspace").replacen(
            "[[connections]]",
            "[recipients.marketing]\nmail = ['a@example.com', 'b@example.com']\nfiles = true\n[[connections]]",
            1,
        );
        std::fs::write(&workspace, text).expect("written");
        let job = "kind = 'report'\nreport = 'daily_performance'\ncron = '0 8 * * *'\nto = ['marketing']\nformats = ['html']\nlate = 'send_with_banner'\n";
        std::fs::write(root.join("jobs/report_daily.toml"), job).expect("written");
        std::fs::write(root.join("jobs/rollup_nightly.toml"), "kind = 'rollup'\ncron = '0 3 * * *'\n")
            .expect("written");
        Self { root, sandbox, sink, first, _folder: folder }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_daybook"));
        command.arg("-C").arg(&self.root).args(arguments).stdin(Stdio::null());
        command
    }

    pub fn daybook(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary")
    }

    /// Runs a command that must come to its end; what it printed.
    pub fn well(&self, arguments: &[&str]) -> String {
        let output = self.daybook(arguments);
        let told = said(&output);
        assert!(output.status.success(), "{arguments:?}: {}: {told}", output.status);
        told
    }

    pub fn database(&self) -> PathBuf {
        self.root.join("daybook.duckdb")
    }

    /// The first column of a query's rows; nobody may have the database.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        let warehouse = Warehouse::open(&self.database(), &WarehouseConfig::default()).expect("the database opens");
        crate::support::texts(&warehouse, sql)
    }

    /// How often each mail came.
    pub fn mails(&self) -> BTreeMap<String, u32> {
        self.sink.0.lock().expect("no panic").clone()
    }

    pub fn log(&self) -> PathBuf {
        self.root.join("daybook.duckdb.wal")
    }
}

/// What a command printed on both ways.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
