//! Meta Ads: report jobs, refusals that look alike, and the sandbox's account from the first request to the tables.

mod account;
mod refusals;
mod reports;

use crate::engine::vendor::Vendor;
use daybook::connectors::{ConnectorError, Engine, LandedSlice, Slice, Window};
use daybook::domain::period::Period;
use daybook::jobs::sync::Source;
use daybook::support::clock::Clock;
use std::path::Path;
use std::sync::Arc;

/// The built-in connector against a vendor, without its waits.
fn source(vendor: &Vendor) -> Source {
    let settings = [("base_url", toml::Value::from(vendor.base_url()))];
    let mut source = crate::support::source("meta_ads", &settings);
    let mut connector = (*source.connection.connector).clone();
    connector.spec.limits.requests = 1000;
    for rule in connector.spec.errors.iter_mut().filter(|rule| rule.wait.header.is_none()) {
        rule.wait.secs = Some(0);
    }
    let job = connector.spec.streams.get_mut("ad_daily").and_then(|stream| stream.job.as_mut()).expect("a job");
    (job.first_wait_secs, job.longest_wait_secs) = (0, 1);
    job.errors.iter_mut().for_each(|rule| rule.wait.secs = Some(0));
    source.connection.connector = Arc::new(connector);
    source
}

fn engine(folder: &Path) -> Engine {
    Engine::new(folder.to_owned(), Clock::System).expect("an engine")
}

/// Days of November 2026 of an account.
fn november(account: &str, first: u32, last: u32) -> Slice {
    let day = |day| chrono::NaiveDate::from_ymd_opt(2026, 11, day).expect("a day");
    let period = Period::new(day(first), day(last) + chrono::Days::new(1)).expect("days");
    Slice { partition: account.to_owned(), window: Window::Days { period } }
}

async fn fetch(engine: &Engine, source: &Source, stream: &str, slice: &Slice) -> Result<LandedSlice, ConnectorError> {
    engine.fetch(&source.connection, stream, slice, None, &|_| ()).await
}
