//! A warehouse in a folder with some payments in it, for the tests of its care.

use crate::support::{noon, source, texts};
use chrono::{DateTime, Duration, Utc};
use daybook::connectors::landing::{Landing, Manifest};
use daybook::connectors::{ConnectorError, LandedSlice, Slice, Window};
use daybook::jobs::maintenance::MaintenanceContext;
use daybook::jobs::sync::load_request;
use daybook::support::secret::Secret;
use daybook::warehouse::load::{Loaded, load};
use daybook::warehouse::maintenance::MaintenanceConfig;
use daybook::warehouse::{Warehouse, WarehouseConfig, WarehouseError};
use std::path::{Path, PathBuf};

/// An opened data folder.
pub struct DataFolder {
    pub folder: PathBuf,
    pub warehouse: Warehouse,
}

impl DataFolder {
    pub fn open(folder: &Path) -> Self {
        let config =
            WarehouseConfig { memory_limit_mb: 256, threads: 2, backup_dir: None, ..WarehouseConfig::default() };
        let warehouse = Warehouse::open(&folder.join("daybook.duckdb"), &config).expect("a warehouse");
        Self { folder: folder.to_owned(), warehouse }
    }

    pub fn maintain(&self, config: MaintenanceConfig) -> MaintenanceContext {
        MaintenanceContext {
            is_clock_right: false,
            warehouse: self.warehouse.clone(),
            config,
            data_dir: self.folder.clone(),
            keep_landing_days: 30,
            person_key: Secret::new("key"),
            figures: None,
            sent_folders: ["reports", "mail"].map(|name| self.folder.join(name)).to_vec(),
        }
    }

    /// Lands `count` charges from number `first` on at `at`, and loads them.
    pub fn pay(&self, first: usize, count: usize, at: DateTime<Utc>) -> Result<Loaded, WarehouseError> {
        let landed = land(&self.folder.join("landing"), first, count, at).expect("landed");
        self.load(&landed, at)
    }

    pub fn load(&self, landed: &LandedSlice, at: DateTime<Utc>) -> Result<Loaded, WarehouseError> {
        let request = load_request(
            &source("stripe", &[]),
            landed,
            &daybook::warehouse::facts::builtin(),
            &Secret::new("key"),
            true,
        )?;
        self.warehouse.write_blocking(move |connection| load(connection, &request, at))
    }

    /// Payments held and their sum.
    pub fn payments(&self) -> Vec<String> {
        texts(&self.warehouse, "SELECT count(*) || ' payments, ' || sum(amount) FROM core.payment")
    }
}

/// Lands charges of a day each, oldest last, in pages of a thousand.
pub fn land(root: &Path, first: usize, count: usize, at: DateTime<Utc>) -> Result<LandedSlice, ConnectorError> {
    let manifest = Manifest {
        workspace: "acme".to_owned(),
        connection: "stripe".to_owned(),
        connector: "stripe".to_owned(),
        stream: "charges".to_owned(),
        slice: Slice { partition: String::new(), window: Window::Whole },
        fetched_at: at,
        pages: Vec::new(),
        notes: Vec::new(),
        is_folded: false,
        quota_note: None,
        caveats: Vec::new(),
        cut: None,
        is_refused: false,
    };
    let mut landing = Landing::begin(root, manifest)?;
    let numbers: Vec<usize> = (first..first + count).collect();
    for page_of in numbers.chunks(1000) {
        let charges: Vec<serde_json::Value> = page_of.iter().map(|number| charge(*number)).collect();
        let body = serde_json::json!({ "object": "list", "has_more": false, "data": charges });
        let mut page = landing.page()?;
        page.write(body.to_string().as_bytes())?;
        landing.keep(page.finish()?);
    }
    landing.finish()
}

/// One charge of 10.00 EUR by a person of its own.
fn charge(number: usize) -> serde_json::Value {
    let created = noon() - Duration::days((number % 900) as i64);
    serde_json::json!({
        "id": format!("ch_{number}"), "object": "charge", "created": created.timestamp(), "amount": 1000,
        "amount_captured": 1000, "currency": "eur", "status": "succeeded", "captured": true, "disputed": false,
        "customer": format!("cus_{number}"), "billing_details": { "email": format!("payer{number}@example.com") },
        "metadata": {}
    })
}
