//! The sandbox's tenants as sources, the way a config would describe them.

use crate::support::{noon, one_thread, place_database};
use chrono::{DateTime, NaiveDate, Utc};
use daybook::connectors::file::{FileDrop, Pattern, Presets};
use daybook::connectors::{Catalog, Connection, Engine};
use daybook::domain::channel::{ChannelRuleSpec, ChannelRules};
use daybook::domain::workspace::Workspace;
use daybook::jobs::files::{FileSource, sync_files};
use daybook::jobs::sync::{Source, StreamOutcome, SyncContext, sync_connection};
use daybook::sandbox::{Faults, Sandbox, SandboxOptions, Tenant, tenants, write_drop_files};
use daybook::support::clock::Clock;
use daybook::support::secret::Secret;
use daybook::warehouse::Warehouse;
use daybook::warehouse::rollup::{RolledUp, RollupSql, rollup};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use tokio::sync::OnceCell;

/// A sandbox with an installation beside it.
pub struct Simulation {
    pub sandbox: Sandbox,
    pub context: SyncContext,
    pub folder: tempfile::TempDir,
    pub first: NaiveDate,
    pub rules: ChannelRules,
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
    let clock = Clock::fixed(noon());
    let path = folder.path().join("daybook.duckdb");
    place_database(&path);
    let warehouse = Warehouse::open(&path, &one_thread()).expect("a warehouse");
    let engine = Arc::new(Engine::new(folder.path().join("landing"), clock.clone()).expect("an engine"));
    let context = SyncContext::new(engine, warehouse, clock, Secret::new("key"));
    #[derive(serde::Deserialize)]
    struct Channels {
        rules: Vec<ChannelRuleSpec>,
    }
    let channels: Channels = toml::from_str(include_str!("../../config/channels.toml")).expect("channels");
    let rules = ChannelRules::new(&channels.rules).expect("rules");
    Simulation { sandbox, context, folder, first, rules }
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
        let Simulation { context, folder, .. } = world;
        // Its log is folded in when the last handle goes.
        drop(context);
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
    pub fn workspace(tenant: &Tenant) -> Workspace {
        Workspace {
            id: tenant.id.to_owned(),
            name: tenant.name.to_owned(),
            time_zone: tenant.zone,
            currency: tenant.currency,
            week_starts_on: chrono::Weekday::Mon,
            fiscal_year: Default::default(),
        }
    }

    /// A tenant's connections.
    pub fn sources(&self, tenant: &Tenant) -> Vec<Source> {
        let catalog = Catalog::built_in().expect("a catalog");
        let (base, keys) = (self.sandbox.base_url(), Sandbox::credentials());
        let list = |values: &[&str]| toml::Value::Array(values.iter().map(|value| (*value).into()).collect());
        let token_url = ("token_url", toml::Value::from(format!("{base}/oauth2/token")));
        let at = |path: &str| ("base_url", toml::Value::from(format!("{base}/{path}")));
        let mut all = vec![
            (
                "google_analytics",
                vec![at("google_analytics"), token_url.clone(), ("property_ids", list(&[tenant.property]))],
                vec![("key_json", keys.service_account_key)],
            ),
            (
                "google_ads",
                vec![at("google_ads"), token_url, ("customer_ids", list(tenant.accounts))],
                vec![
                    ("developer_token", keys.developer_token),
                    ("client_id", keys.client_id),
                    ("client_secret", keys.client_secret),
                    ("refresh_token", keys.refresh_token),
                ],
            ),
            ("stripe", vec![at(&format!("stripe/{}", tenant.id))], vec![("api_key", keys.stripe_key)]),
        ];
        if tenant.has_crm {
            all.push(("hubspot", vec![at("hubspot")], vec![("access_token", keys.hubspot_token)]));
        }
        let own = |name: &str| name.to_owned();
        all.into_iter()
            .map(|(name, settings, secrets)| {
                let settings: BTreeMap<_, _> = settings.into_iter().map(|(name, value)| (own(name), value)).collect();
                let secrets = secrets.into_iter().map(|(name, value)| (own(name), Secret::new(value))).collect();
                let connector = catalog.get(name).expect("a connector");
                let connection =
                    Connection::new(tenant.id, name, connector, settings, secrets, tenant.zone).expect("a connection");
                Source { connection, currency: tenant.currency, since: self.first }
            })
            .collect()
    }

    /// Syncs every connection and drop folder of both tenants.
    pub async fn sync(&self) -> Vec<StreamOutcome> {
        let mut outcomes = Vec::new();
        for tenant in tenants() {
            for source in self.sources(&tenant) {
                outcomes.extend(sync_connection(&self.context, &source, &|_| {}).await);
            }
            for (preset, prefix) in
                [("fx", "fx"), ("budgets", "budgets"), ("targets", "targets"), ("influencer", "influencer")]
            {
                let folder = self.folder.path().join("drops").join(tenant.id);
                let drop = FileDrop {
                    pattern: Pattern::beginning(prefix),
                    ..FileDrop::new(folder, Presets::built_in().get(preset).expect("a preset"))
                };
                let (workspace, id) = (Self::workspace(&tenant), format!("{prefix}_files"));
                let source = FileSource { workspace, id, drop };
                outcomes.push(sync_files(&self.context, &self.folder.path().join("landing"), &source).await);
            }
        }
        outcomes
    }

    pub async fn rollup(&self) -> Vec<RolledUp> {
        self.rollup_by(RollupSql::shipped()).await
    }

    pub async fn rollup_by(&self, sql: RollupSql) -> Vec<RolledUp> {
        let mut all = Vec::new();
        for tenant in tenants() {
            let (workspace, rules, sql) = (Self::workspace(&tenant), self.rules.clone(), sql.clone());
            let today = self.context.clock.now().with_timezone(&tenant.zone).date_naive();
            all.push(
                self.context
                    .warehouse
                    .write(move |c| rollup(c, &workspace, &rules, &sql, today))
                    .await
                    .expect("a rollup"),
            );
        }
        all
    }

    pub fn move_to(&self, at: DateTime<Utc>) {
        self.context.clock.set(at);
        self.sandbox.set_as_of(at);
    }
}
