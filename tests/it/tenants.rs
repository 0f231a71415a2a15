//! The sandbox's tenants with an installation beside them.

use crate::support::noon;
use crate::test_installation::TestInstallation;
use chrono::{DateTime, NaiveDate, Utc};
use daybook::app::Selection;
use daybook::jobs::files::sync_files;
use daybook::jobs::report::Audience;
use daybook::jobs::report_context::ReportContext;
use daybook::jobs::sync::{Source, StreamOutcome, SyncContext, sync_connection};
use daybook::sandbox::{Faults, Sandbox, SandboxOptions, Tenant, tenants, write_drop_files};
use daybook::warehouse::rollup::{RolledUp, RollupSql, rollup};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use tokio::sync::OnceCell;

/// A sandbox with an installation beside it.
pub struct Simulation {
    pub sandbox: Sandbox,
    pub context: SyncContext,
    pub installation: TestInstallation,
    pub folder: tempfile::TempDir,
    pub first: NaiveDate,
}

/// Starts a sandbox of `days` whole days and an empty warehouse.
pub async fn world(days: u64, faults: Faults) -> Simulation {
    open(days, faults, tempfile::tempdir().expect("a folder")).await
}

/// A sandbox of `days` whole days beside the installation in `folder`.
async fn open(days: u64, faults: Faults, folder: tempfile::TempDir) -> Simulation {
    let first = noon().date_naive() - chrono::Days::new(days);
    let options = SandboxOptions {
        tenants: tenants(),
        seed: 11,
        first_date: first,
        as_of: noon(),
        planted_at: noon(),
        port: 0,
        faults,
    };
    let sandbox = Sandbox::start(options).await.expect("a sandbox");
    write_drop_files(&sandbox, &folder.path().join("drops")).expect("drop files");
    let installation = TestInstallation::open(folder.path(), &sandbox.base_url(), first);
    let context = installation.app.sync.clone();
    Simulation { sandbox, context, installation, folder, first }
}

/// The files of an installation, relative to its folder.
type Files = Vec<(PathBuf, Vec<u8>)>;

/// Installations whose first sync and rollup are over, by their days: each is made once and opened by many tests.
static SYNCED: LazyLock<Mutex<BTreeMap<u64, Arc<OnceCell<Files>>>>> = LazyLock::new(Mutex::default);

/// As [`world`] without faults, synced and rolled up.
pub async fn synced_world(days: u64) -> Simulation {
    let cell = SYNCED.lock().expect("no panic").entry(days).or_default().clone();
    let files = cell.get_or_init(|| async move {
        let world = world(days, Faults::none()).await;
        world.sync().await;
        world.rollup().await;
        let Simulation { context, installation, folder, .. } = world;
        // Its log is folded in when the last handle goes.
        drop((context, installation));
        files_of(folder.path())
    });
    let folder = tempfile::tempdir().expect("a folder");
    for (path, bytes) in files.await {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, bytes).expect("written");
    }
    open(days, Faults::none(), folder).await
}

fn files_of(root: &Path) -> Files {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let bytes = std::fs::read(&path).expect("read");
                    found.push((path.strip_prefix(root).expect("below it").to_owned(), bytes));
                }
            }
        }
    }
    found
}

impl Simulation {
    /// What a tenant's reports are made from.
    pub fn report_context(&self, tenant: &Tenant) -> ReportContext {
        self.installation.report_context(tenant.id)
    }

    /// Who gets a tenant's daily report.
    pub fn audience(&self, tenant: &Tenant) -> Audience {
        self.installation.audience(tenant.id)
    }

    /// A tenant's connections.
    pub fn sources(&self, tenant: &Tenant) -> Vec<Source> {
        self.installation.app.sources(self.installation.workspace(tenant.id)).expect("connections")
    }

    /// Syncs every connection and drop folder of both tenants, one after the other.
    pub async fn sync(&self) -> Vec<StreamOutcome> {
        let app = &self.installation.app;
        let mut outcomes = Vec::new();
        for tenant in tenants() {
            for source in self.sources(&tenant) {
                outcomes.extend(sync_connection(&self.context, &source, &|_| {}).await);
            }
            for source in app.file_sources(self.installation.workspace(tenant.id)) {
                outcomes.push(sync_files(&self.context, &app.landing(), &source).await);
            }
        }
        outcomes
    }

    pub async fn rollup(&self) -> Vec<RolledUp> {
        let rolled = self.installation.app.rollup(&Selection::default()).await.expect("a rollup");
        rolled.into_iter().map(|(_, rolled)| rolled).collect()
    }

    /// The same by other queries than those configured.
    pub async fn rollup_by(&self, sql: RollupSql) -> Vec<RolledUp> {
        let mut all = Vec::new();
        for of in &self.installation.app.settings.workspaces {
            let (workspace, sql) = (of.workspace.clone(), sql.clone());
            let rules = self.installation.app.settings.channels.rules.clone();
            let today = self.context.clock.now().with_timezone(&workspace.time_zone).date_naive();
            let rolled = self.context.warehouse.write(move |c| rollup(c, &workspace, &rules, &sql, today)).await;
            all.push(rolled.expect("a rollup"));
        }
        all
    }

    pub fn move_to(&self, at: DateTime<Utc>) {
        self.context.clock.set(at);
        self.sandbox.set_as_of(at);
    }
}
