//! Vendors that stay up until somebody stops them, well or in trouble; time passes for them.

use super::folder::write_days;
use crate::sandbox::{Sandbox, Troubles, Vendor};
use crate::support::blocking::off_thread;
use crate::support::clock::Clock;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What late vendors are behind.
const LATE_HOURS: i64 = 48;
/// How often vendors learn what came since.
const STEP: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// Keep the vendors up until Ctrl-C, to try commands on; a demo that is there is not made again.
    #[arg(long)]
    pub serve: bool,
    /// The port of 127.0.0.1 that vendors listen on; the last one by default.
    #[arg(long, requires = "serve", value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Each answer of a vendor takes so many milliseconds.
    #[arg(long, default_value_t = 0, value_name = "MILLISECONDS", value_parser = clap::value_parser!(u64).range(..=60_000))]
    pub latency: u64,
    /// This vendor refuses its credential; may be given more than once.
    #[arg(long, requires = "serve", value_name = "SOURCE", value_parser = vendor(Vendor::has_credential))]
    wrong_token: Vec<Vendor>,
    /// This vendor has nothing yet of the last two days; may be given more than once.
    #[arg(long, requires = "serve", value_name = "SOURCE", value_parser = vendor(|_| true))]
    late: Vec<Vendor>,
    /// This vendor fails (503, 500, half a body); may be given more than once.
    #[arg(long, requires = "serve", value_name = "SOURCE", value_parser = vendor(|_| true))]
    broken: Vec<Vendor>,
}

fn vendor(can: fn(Vendor) -> bool) -> impl TypedValueParser<Value = Vendor> {
    PossibleValuesParser::new(Vendor::ALL.into_iter().filter(|vendor| can(*vendor)).map(Vendor::id))
        .try_map(|id| Vendor::of(&id).ok_or_else(|| format!("no vendor is called {id}")))
}

impl ServeArgs {
    /// What is asked for, at an instant.
    pub fn troubles(&self, now: DateTime<Utc>) -> Troubles {
        let set = |vendors: &[Vendor]| vendors.iter().copied().collect();
        Troubles {
            wrong_token: set(&self.wrong_token),
            broken: set(&self.broken),
            late: set(&self.late),
            late_as_of: (!self.late.is_empty()).then(|| now - TimeDelta::hours(LATE_HOURS)),
        }
    }
}

/// Vendors that are up.
#[derive(Debug)]
pub struct Serving<'a> {
    sandbox: Arc<Sandbox>,
    args: &'a ServeArgs,
    signals: (Signal, Signal),
}

impl<'a> Serving<'a> {
    /// From now on in the troubles that are asked for; Ctrl-C and SIGTERM are waited for, not suffered.
    pub fn begin(sandbox: Sandbox, args: &'a ServeArgs, clock: &Clock) -> anyhow::Result<Self> {
        sandbox.set_troubles(args.troubles(clock.now()));
        let signals = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { sandbox: Arc::new(sandbox), args, signals })
    }

    /// Ends with a signal.
    pub async fn until_stopped(mut self, dir: &Path, clock: &Clock) -> anyhow::Result<()> {
        let mut days = last_days(&self.sandbox);
        loop {
            tokio::select! {
                _ = self.signals.0.recv() => break,
                _ = self.signals.1.recv() => break,
                () = tokio::time::sleep(STEP) => {}
            }
            let (sandbox, now) = (Arc::clone(&self.sandbox), clock.now());
            let troubles = self.args.troubles(now);
            off_thread(move || {
                sandbox.set_as_of(now);
                sandbox.set_troubles(troubles);
            })
            .await;
            if last_days(&self.sandbox) != days {
                days = last_days(&self.sandbox);
                write_days(&self.sandbox, dir)?;
            }
        }
        let counts = self.sandbox.request_counts();
        let requests: Vec<String> = counts.iter().map(|(vendor, count)| format!("{vendor} {count}")).collect();
        outln!(
            "\nstopped; requests answered: {}",
            if requests.is_empty() { "none".to_owned() } else { requests.join(", ") }
        );
        Ok(())
    }
}

/// The last whole day of each company.
fn last_days(sandbox: &Sandbox) -> Vec<NaiveDate> {
    sandbox.worlds().iter().map(|world| world.last).collect()
}
