//! The vendors on loopback.

use super::company::Tenant;
use super::faults::{Armed, Fault, FaultBox, Faults};
use super::troubles::{Troubles, Vendor};
use super::truth::{Simulation, Truth, worlds};
use super::{google, hubspot, misbehave, stripe};
use axum::{Router, middleware};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};

/// What a sandbox simulates.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    pub tenants: Vec<Tenant>,
    pub seed: u64,
    pub first_date: NaiveDate,
    pub as_of: DateTime<Utc>,
    /// What is planted lies before this instant and stays there as time passes.
    pub planted_at: DateTime<Utc>,
    /// 0 takes any free port.
    pub port: u16,
    pub faults: Faults,
}

/// The sandbox cannot start.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox cannot listen on port {port}: {source}")]
pub struct SandboxError {
    port: u16,
    source: std::io::Error,
}

impl SandboxError {
    /// Whether another program listens there.
    pub fn is_port_taken(&self) -> bool {
        self.source.kind() == std::io::ErrorKind::AddrInUse
    }
}

/// The secrets a tenant's connections need; they open nothing but the sandbox.
#[derive(Clone, Copy, Debug)]
pub struct Credentials {
    pub developer_token: &'static str,
    pub client_id: &'static str,
    pub client_secret: &'static str,
    pub refresh_token: &'static str,
    pub service_account_key: &'static str,
    pub stripe_key: &'static str,
    pub hubspot_token: &'static str,
}

/// Running vendors; they stop when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
    port: u16,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
pub struct Shared {
    tenants: Vec<Tenant>,
    seed: u64,
    first: NaiveDate,
    is_hostile: bool,
    planted_at: DateTime<Utc>,
    worlds: RwLock<Arc<Vec<Simulation>>>,
    troubles: RwLock<Troubles>,
    /// What late vendors know.
    late_worlds: RwLock<Arc<Vec<Simulation>>>,
    pub faults: FaultBox,
    pub tokens: google::Tokens,
}

impl Shared {
    pub fn worlds(&self) -> Arc<Vec<Simulation>> {
        Arc::clone(&self.worlds.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What a vendor knows.
    pub fn worlds_of(&self, vendor: Vendor) -> Arc<Vec<Simulation>> {
        let troubles = self.troubles.read().unwrap_or_else(PoisonError::into_inner);
        if troubles.late_as_of.is_none() || !troubles.late.contains(&vendor) {
            return self.worlds();
        }
        Arc::clone(&self.late_worlds.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether a vendor refuses its connections' credential.
    pub fn refuses(&self, vendor: Vendor) -> bool {
        self.troubles.read().unwrap_or_else(PoisonError::into_inner).wrong_token.contains(&vendor)
    }

    /// Counts a request and returns what goes wrong with it.
    pub fn strike(&self, vendor: &str, path: &str) -> Option<Fault> {
        self.faults.strike(vendor, path, &self.troubles.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn worlds_at(&self, as_of: DateTime<Utc>) -> Arc<Vec<Simulation>> {
        Arc::new(worlds(&self.tenants, self.seed, self.first, self.planted_at, as_of, self.is_hostile))
    }
}

impl Sandbox {
    /// Simulates the companies and serves their vendors on 127.0.0.1.
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let shared = Arc::new(Shared {
            seed: options.seed,
            first: options.first_date,
            is_hostile: options.faults.is_hostile,
            planted_at: options.planted_at,
            worlds: RwLock::new(Arc::new(worlds(
                &options.tenants,
                options.seed,
                options.first_date,
                options.planted_at,
                options.as_of,
                options.faults.is_hostile,
            ))),
            troubles: RwLock::default(),
            late_worlds: RwLock::default(),
            faults: FaultBox::new(options.faults),
            tenants: options.tenants,
            tokens: google::Tokens::new(options.faults.token_uses),
        });
        let failed = |source| SandboxError { port: options.port, source };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
        let listener = tokio::net::TcpListener::bind(address).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let router = Router::new()
            .merge(google::routes())
            .merge(stripe::routes())
            .merge(hubspot::routes())
            .layer(middleware::from_fn_with_state(Arc::clone(&shared), misbehave::misbehave))
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self { shared, port, server })
    }

    /// Where all vendors answer, e.g. `http://127.0.0.1:4123`.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What reports must equal.
    pub fn truth(&self) -> Truth {
        let tenants = self.worlds().iter().map(|world| (world.tenant.id.to_owned(), world.truth())).collect();
        let events = [
            "customerhappy: sessions nearly vanish 41 and 40 days back while ad clicks go on",
            "northwind_shop: campaign \"Schuhe Generisch\" costs four times as much 6 days back",
            "customerhappy: organic search from Google falls 35% over the last 14 days",
            "both: Google Ads conversions grow for 30 days after the click",
            "both: holds are captured days later, refunds fail, disputes are opened, won and lost, long after the payment",
            "customerhappy: coupons stack, customers have discounts, plans go up, collection pauses and goes on, trials are given later",
            "both: holds expire or are taken in part, and some payers had paid before the first day",
            "both: payers pay under another address, or without one",
            "customerhappy: contacts and deals are merged, restored from the bin or deleted for good, and some are found by the search only after 30 hours",
            "customerhappy: contacts and deals are deleted, and links between them come and go without a trace",
            "both: Google Ads sends a field \"campaign.labels\" during the last 60 days",
        ];
        let events = events.iter().chain(&super::mishaps::EVENTS).map(|event| (*event).to_owned());
        Truth { tenants, events: events.collect() }
    }

    pub fn worlds(&self) -> Arc<Vec<Simulation>> {
        self.shared.worlds()
    }

    /// Time passes: more days, and restated ones.
    pub fn set_as_of(&self, at: DateTime<Utc>) {
        let later = self.shared.worlds_at(at);
        *self.shared.worlds.write().unwrap_or_else(PoisonError::into_inner) = later;
    }

    /// Vendors get into these troubles, and out of all others.
    pub fn set_troubles(&self, troubles: Troubles) {
        if let Some(at) = troubles.late_as_of {
            let late = self.shared.worlds_at(at);
            *self.shared.late_worlds.write().unwrap_or_else(PoisonError::into_inner) = late;
        }
        *self.shared.troubles.write().unwrap_or_else(PoisonError::into_inner) = troubles;
    }

    pub fn arm(&self, armed: Armed) {
        self.shared.faults.arm(armed);
    }

    /// Vendors stop what they were armed to do.
    pub fn disarm(&self) {
        self.shared.faults.disarm();
    }

    /// Requests so far, by vendor.
    pub fn request_counts(&self) -> BTreeMap<String, u64> {
        self.shared.faults.counts()
    }

    /// Keys to the sandbox.
    pub fn credentials() -> Credentials {
        Credentials {
            developer_token: "sandbox-developer-token",
            client_id: "sandbox-client-id",
            client_secret: "sandbox-client-secret",
            refresh_token: "sandbox-refresh-token",
            service_account_key: google::SERVICE_ACCOUNT_KEY,
            stripe_key: "rk_sandbox_key",
            hubspot_token: "pat-sandbox-token",
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.abort();
    }
}
