//! `daybook run`: a plain loop that looks each minute which jobs have come due since the last look.

use super::Outcome;
use super::report::{issue_daily, yesterday};
use crate::config::{Job, JobKind};
use crate::daemon::{App, Selection};
use crate::jobs::deliver::deliver_due;
use chrono::{DateTime, Utc};
use std::time::Duration;

pub async fn run(app: &App) -> anyhow::Result<Outcome> {
    let mut last = app.clock.now();
    tracing::info!(jobs = app.settings.jobs.len(), workspaces = app.settings.workspaces.len(), "daybook runs");
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(60)) => {}
            _ = terminate.recv() => return Ok(Outcome::Done),
            _ = tokio::signal::ctrl_c() => return Ok(Outcome::Done),
        }
        let now = app.clock.now();
        for job in &app.settings.jobs {
            for workspace in app.settings.workspaces_of(job) {
                let zone = job.time_zone.unwrap_or(workspace.workspace.time_zone);
                if is_due(job, zone, last, now)
                    && let Err(error) = work(app, job, &workspace.workspace.id).await
                {
                    tracing::error!(
                        job.id = job.id,
                        workspace.id = workspace.workspace.id,
                        error = format!("{error:#}"),
                        "a job failed"
                    );
                }
            }
        }
        if let Err(error) = deliver_due(&app.warehouse, &app.deliverers()?, &app.clock).await {
            tracing::error!(error = %error, "deliveries stopped");
        }
        last = now;
    }
}

/// Whether the job's time fell after `last`, up to `now`.
fn is_due(job: &Job, zone: chrono_tz::Tz, last: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let schedule = crate::domain::schedule::Schedule { expression: job.cron.clone(), zone };
    let next = schedule.next(last + chrono::TimeDelta::nanoseconds(1));
    next.is_some_and(|next| next.at <= now)
}

async fn work(app: &App, job: &Job, workspace: &str) -> anyhow::Result<()> {
    let mut selection = Selection { workspaces: vec![workspace.to_owned()], connections: Vec::new() };
    match &job.kind {
        JobKind::Sync(sync) => {
            selection.connections = sync.connections.clone().unwrap_or_default();
            let outcomes = app.sync(&selection, &|_| {}).await?;
            let rows: u64 = outcomes.iter().map(|outcome| outcome.loaded.rows_written).sum();
            tracing::info!(job.id = job.id, workspace.id = workspace, rows.loaded = rows, "synced");
            app.rollup(&selection).await?;
        }
        JobKind::Rollup => drop(app.rollup(&selection).await?),
        JobKind::Report(_) => {
            for tenant in app.workspaces(&selection)? {
                issue_daily(app, tenant, yesterday(app, tenant)).await?;
            }
        }
    }
    Ok(())
}
