//! The daemon: a tick or an end makes a beat, SIGHUP a reload, a stop signal the end; beside it
//! the socket of the command line and the admin page answer.

use super::admin::{self, Admin};
use super::control::{self, ControlResponse, Handler};
use super::handle::{DaemonCommand, DaemonHandle};
use super::notify::Notify;
use super::reload::{Current, Reloaded, reload};
use super::scheduler::{Scheduler, Ticker};
use crate::app::{App, AppError};
use crate::support::blocking::off_thread;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Between two tries to start.
const NEXT_TRY: Duration = Duration::from_secs(10);

/// Runs the jobs on their schedule until somebody asks to stop. Answers how many runs had to be cut
/// off. `commands` makes what answers the command line.
pub async fn serve(app: App, commands: impl FnOnce(DaemonHandle) -> Handler) -> Result<usize, AppError> {
    let (stop, clock) = (app.sync.stop.clone(), app.clock.clone());
    let data_dir = app.settings.data_dir.clone();
    let current = Current::new(app);
    let Some(mut scheduler) = scheduler(&current, &data_dir).await? else { return Ok(0) };
    let (daemon, mut commanded) = DaemonHandle::new(current.clone(), scheduler.watch());
    let socket = control::socket(&data_dir);
    let listener = control::listen(&data_dir).map_err(|source| AppError::Io { path: socket.clone(), source })?;
    let answering = tokio::spawn(control::serve(listener, commands(daemon.clone())));
    // Answers until the last run has ended: `/readyz` says meanwhile that it is stopping.
    let closing = CancellationToken::new();
    let admin = admin::start(Admin { daemon: daemon.clone(), clock: clock.clone() }, closing.clone()).await?;
    let failed = |source| AppError::Io { path: data_dir.clone(), source };
    let mut hang_up = signal(SignalKind::hangup()).map_err(failed)?;
    let (mut ticker, notify) = (Ticker::new(clock.clone()), Notify);
    notify.ready(&described(&current.app()));
    let watch = scheduler.watch();
    let feeding = tokio::spawn(notify.feed_watchdog(move || watch.status(), clock.clone()));
    let (mut due, mut waits_for_replacement) = (None, false);
    while !stop.is_cancelled() {
        // Until the ledger can be used the scheduler goes on as it was.
        if std::mem::take(&mut waits_for_replacement)
            && let Err(error) = scheduler.replace(current.app(), clock.now()).await
        {
            tracing::error!(error = %error, "the new jobs cannot be taken up; the next beat tries again");
            waits_for_replacement = true;
        }
        if let Err(error) = scheduler.tick(clock.now()).await {
            tracing::error!(error = %error, "the books cannot be used; the next beat tries again");
        }
        if let Some(due) = due.take() {
            scheduler.note_lag(due, clock.now());
        }
        let command = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            _ = hang_up.recv() => Some(DaemonCommand::Reload(oneshot::channel().0)),
            // Before the ends of runs: where hundreds end one after the other, a beat is not to wait for the last.
            mark = ticker.next() => {
                due = mark;
                None
            }
            command = commanded.recv() => command,
            () = scheduler.ended() => None,
        };
        match command {
            None => {}
            Some(DaemonCommand::Run(job, answer)) => drop(answer.send(scheduler.ask(&job, clock.now()).await)),
            Some(DaemonCommand::Reload(answer)) => {
                notify.reloading();
                let reloading = current.clone();
                let reloaded = off_thread(move || reload(&reloading)).await;
                if reloaded != Reloaded::Refused {
                    waits_for_replacement = true;
                }
                // Nobody waits for the answer to a signal.
                let _ = answer.send(reloaded);
                notify.ready(&described(&current.app()));
            }
        }
    }
    notify.stopping();
    ticker.end().await;
    let cut_off = scheduler.stop(current.app().settings.schedule.stop_within).await;
    answering.abort();
    feeding.abort();
    closing.cancel();
    if let Some(admin) = admin {
        // It bounds its own end.
        drop(admin.await);
    }
    drop(std::fs::remove_file(socket));
    Ok(cut_off)
}

/// The scheduler, once there is room for its ledger; `None` where a stop was asked for first. Meanwhile
/// whoever asks is shown what the daemon waits for.
async fn scheduler(current: &Current, data_dir: &Path) -> Result<Option<Scheduler>, AppError> {
    let app = current.app();
    let mut answering: Option<JoinHandle<()>> = None;
    let opened = loop {
        match Scheduler::open(app.clone(), app.clock.now()).await {
            Err(error) if error.ran_short() => {
                if answering.is_none() {
                    let listener = control::listen(data_dir).ok();
                    answering = listener.map(|socket| tokio::spawn(control::serve(socket, waits(&error))));
                }
                wait_for_room(&error, &app.sync.stop).await;
                if app.sync.stop.is_cancelled() {
                    break Ok(None);
                }
            }
            opened => break opened.map(Some),
        }
    };
    if let Some(answering) = answering {
        answering.abort();
    }
    opened
}

/// Answers every command with what the start waits for.
fn waits(error: &AppError) -> Handler {
    let words = format!("daybook: the daemon cannot work yet and tries again by itself: {error}\n");
    Arc::new(move |_, say| {
        drop(say.send(ControlResponse::Err(words.clone())));
        Box::pin(std::future::ready(1))
    })
}

/// Says what a start waits for, in the log and to the service manager, and waits a while for it.
pub async fn wait_for_room(error: &AppError, stop: &CancellationToken) {
    tracing::warn!(error = %error, "daybook cannot start yet; it tries again in {} seconds", NEXT_TRY.as_secs());
    Notify.waiting(&format!("waits: {error}"));
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(NEXT_TRY) => {}
    }
}

fn described(app: &App) -> String {
    format!("{} jobs for {} workspaces", app.settings.jobs.len(), app.settings.workspaces.len())
}
