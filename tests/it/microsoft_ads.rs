//! Microsoft Advertising: the sandbox's account from the sign-in to the tables, and what its vendor refuses.

mod account;
mod refusals;

use crate::tenants::{Simulation, world};
use daybook::jobs::sync::Source;
use daybook::sandbox::{Faults, Sandbox};
use daybook::support::secret::Secret;
use std::sync::Arc;

const ACCOUNT: &str = "18310000001";

/// A sandbox of some days, and the built-in connector to it, without its waits.
async fn synced(days: u64, faults: Faults) -> (Simulation, Source) {
    let world = world(days, faults).await;
    let source = source(&world);
    (world, source)
}

fn source(world: &Simulation) -> Source {
    let base = format!("{}/microsoft_ads", world.sandbox.base_url());
    let text = |text: &str| toml::Value::from(text);
    let settings = [
        ("base_url", text(&base)),
        ("accounts_url", text(&base)),
        ("login_url", text(&base)),
        ("time_zone", text("America/New_York")),
    ];
    let mut source = crate::support::source("microsoft_ads", &settings);
    source.since = world.first;
    let keys = Sandbox::credentials();
    let secrets = [
        ("developer_token", keys.microsoft_developer_token),
        ("client_id", keys.microsoft_client_id),
        ("client_secret", keys.microsoft_client_secret),
        ("refresh_token", keys.microsoft_refresh_token),
    ];
    source.connection.secrets = secrets.map(|(name, value)| (name.to_owned(), Secret::new(value))).into();
    let mut connector = (*source.connection.connector).clone();
    connector.spec.limits.requests = 1000;
    connector.spec.allowances.values_mut().for_each(|allowance| allowance.requests = 1000);
    for job in connector.spec.streams.values_mut().filter_map(|stream| stream.job.as_mut()) {
        (job.first_wait_secs, job.longest_wait_secs) = (0, 1);
    }
    for rule in connector.spec.errors.iter_mut().filter(|rule| rule.wait.secs.is_some()) {
        rule.wait.secs = Some(0);
    }
    source.connection.connector = Arc::new(connector);
    source
}
