//! `daybook serve`: the jobs on their schedule, until a signal.

use super::{Outcome, remote};
use crate::app::App;
use crate::app::opening::Accepted;
use crate::config;
use crate::daemon::{serve, start_log, wait_for_room};
use crate::support::clock::Clock;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The exit code after a second signal, as shells have it for Ctrl-C.
const CUT_SHORT: i32 = 130;
/// Wrappers pass a signal on that the terminal has sent to the whole group: that is one request to stop.
const ONE_WISH: Duration = Duration::from_secs(1);

pub async fn run(root: &Path, accepted: Accepted) -> anyhow::Result<Outcome> {
    let stop = CancellationToken::new();
    let signals = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let listening = tokio::spawn(listen(signals, stop.clone()));
    let Some(app) = opened(root, accepted, &stop).await? else { return Ok(Outcome::Done) };
    tracing::info!(jobs = app.settings.jobs.len(), workspaces = app.settings.workspaces.len(), "daybook runs");
    for warning in app.settings.warnings(app.clock.now()) {
        tracing::warn!(warning = %warning, "the configuration is hardly meant so");
    }
    // What is broken in them is reported at the start, not with the first report.
    drop(app.templates());
    let cut_off =
        serve(app, |daemon| Arc::new(move |request, say| remote::carry_out(daemon.clone(), request, say))).await?;
    listening.abort();
    tracing::info!(runs.cut_off = cut_off, "daybook stops");
    Ok(if cut_off == 0 { Outcome::Done } else { Outcome::Partly })
}

/// The installation, once it can be opened: a full disk or a want of file handles is waited out, as nobody may
/// be there to start a daemon again that gave up. `None` where a stop was asked for first.
async fn opened(root: &Path, accepted: Accepted, stop: &CancellationToken) -> anyhow::Result<Option<App>> {
    loop {
        let opened = App::open_accepting(root, Clock::System, accepted);
        match opened {
            Ok(mut app) => {
                start_log(&app.settings.log);
                app.sync.stop = stop.clone();
                return Ok(Some(app));
            }
            Err(error) if error.ran_short() => {
                if let Ok(settings) = config::load(root) {
                    start_log(&settings.log);
                }
                wait_for_room(&error, stop).await;
                if stop.is_cancelled() {
                    return Ok(None);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The first signal asks for a stop; a later one does not wait for it. Claims that are left then are
/// closed at the next start, as after a crash.
async fn listen((mut terminate, mut interrupt): (Signal, Signal), stop: CancellationToken) {
    let mut asked_at: Option<Instant> = None;
    loop {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        match asked_at {
            None => {
                tracing::info!("asked to stop: what is at work is finished or given up; a second signal ends at once");
                stop.cancel();
                asked_at = Some(Instant::now());
            }
            Some(at) if at.elapsed() < ONE_WISH => {}
            Some(_) => {
                tracing::warn!("asked again: ends at once");
                std::process::exit(CUT_SHORT);
            }
        }
    }
}
