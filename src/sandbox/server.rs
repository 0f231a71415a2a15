//! The vendors on loopback.

use super::vendors::{
    Armed, Credentials, SandboxOptions, Shared, Troubles, ecb, google, google_ads, hubspot, linkedin_ads, meta_ads,
    microsoft_ads, misbehave, search_console, stripe, tiktok_ads,
};
use super::world::{Simulation, Truth, mishaps};
use axum::{Router, middleware};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

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

/// Running vendors; they stop when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
    port: u16,
    server: tokio::task::JoinHandle<()>,
}

impl Sandbox {
    /// Simulates the companies and serves their vendors on 127.0.0.1.
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let port = options.port;
        let shared = Arc::new(Shared::new(options));
        let failed = |source| SandboxError { port, source };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = tokio::net::TcpListener::bind(address).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let router = Router::new()
            .merge(google::routes())
            .merge(google_ads::routes())
            .merge(search_console::routes())
            .merge(ecb::routes())
            .merge(stripe::routes())
            .merge(hubspot::routes())
            .merge(meta_ads::routes())
            .merge(microsoft_ads::routes())
            .merge(linkedin_ads::routes())
            .merge(tiktok_ads::routes())
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
        let events = events.iter().chain(&mishaps::EVENTS).map(|event| (*event).to_owned());
        Truth { tenants, events: events.collect() }
    }

    pub fn worlds(&self) -> Arc<Vec<Simulation>> {
        self.shared.worlds()
    }

    /// Time passes: more days, and restated ones.
    pub fn set_as_of(&self, at: DateTime<Utc>) {
        self.shared.set_as_of(at);
    }

    /// Vendors get into these troubles, and out of all others.
    pub fn set_troubles(&self, troubles: Troubles) {
        self.shared.set_troubles(troubles);
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
        Credentials::of_sandbox()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.abort();
    }
}
