//! `daybook status`: per tenant and source how far data reaches, and what is wrong.

use super::daemon::mistakes;
use super::show::{plain, table, wrapped};
use super::{Outcome, out};
use crate::app::App;
use crate::config::Problem;
use crate::daemon::DaemonHandle;
use crate::queries::status::{Health, InstallationStatus, SourceStatus, status};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

/// At most so many notes of a source are printed.
const MOST_NOTES: usize = 8;

pub fn run(app: &App, daemon: Option<&DaemonHandle>, json: bool) -> anyhow::Result<Outcome> {
    let found = status(app, daemon.map(|daemon| daemon.watch.status()), app.clock.now())?;
    // Outside the daemon other secrets may be at hand.
    let (refused, lacks) = daemon.map(|daemon| (daemon.current.refused(), app.lacks())).unwrap_or_default();
    if json {
        out::json(&Answer { found, configuration: Configuration { refused, lacks } })?;
    } else {
        print(&found);
        if !lacks.is_empty() {
            outln!("\nconfigured, but cannot be used; all else goes on without:");
            outln!("{}", mistakes(&lacks).trim_end());
        }
        if !refused.is_empty() {
            outln!("\nthe edited configuration has mistakes; the last good one is in use:");
            outln!("{}", mistakes(&refused).trim_end());
        }
    }
    Ok(Outcome::Done)
}

/// The status with what the running daemon cannot use.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    found: InstallationStatus,
    configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    /// Mistakes of the edited files, while the last good ones are in use.
    refused: Vec<Problem>,
    /// What is configured and cannot be used.
    lacks: Vec<Problem>,
}

fn print(found: &InstallationStatus) {
    match &found.daemon {
        None => outln!("no daemon runs here; jobs wait until `daybook serve`"),
        Some(daemon) => {
            let beat = daemon.last_beat_at.map_or_else(|| "not yet".to_owned(), |at| ago(found.at - at));
            outln!(
                "the daemon runs: last beat {beat}, {} at work, {} waiting{}",
                daemon.at_work.len(),
                daemon.waiting.len(),
                if daemon.is_stopping { ", stopping" } else { "" }
            );
            if let Some(lag) = daemon.lag {
                outln!(
                    "  beats of the last hour: half at most {} ms late, 99% at most {} ms",
                    lag.median_ms,
                    lag.p99_ms
                );
            }
            for run in &daemon.at_work {
                let since = run.since.map_or_else(String::new, |at| format!(", begun {}", ago(found.at - at)));
                outln!("  at work: {} for {}{since}", run.job, run.workspace);
            }
            for wait in &daemon.waiting {
                outln!("  waiting: {} for {}: {}", wait.job, wait.workspace, plain(&wait.detail));
            }
            for circuit in &daemon.circuits {
                outln!(
                    "  {} for {} failed {} times in a row; probed {}",
                    circuit.job,
                    circuit.workspace,
                    circuit.failures_in_row,
                    clock(circuit.probe_at)
                );
            }
            if let Some(trouble) = &daemon.trouble {
                outln!("  {}", plain(trouble));
            }
        }
    }
    for incident in &found.incidents {
        outln!("\n{}", wrapped("the database: ", &plain(incident)));
    }
    if let Some(clock) = &found.clock {
        outln!("\n{}", wrapped("the clock: ", &plain(&clock.says)));
        outln!("{}", wrapped("  -> ", &plain(&clock.remedy)));
    }
    if let Some(lack) = &found.disk {
        outln!("{}", wrapped("disk: ", lack));
    }
    for job in &found.failed_jobs {
        outln!("\n{}", wrapped("job: ", &plain(job)));
        outln!("  -> mend that, then daybook run-job, or wait for its next run");
    }
    for end in &found.versions {
        outln!("\n{}", wrapped(&format!("{}/{}: ", end.workspace, end.connection), &plain(&end.says)));
        outln!("{}", wrapped("  -> ", &plain(&end.remedy)));
    }
    for end in &found.credentials {
        outln!("\n{}", wrapped(&format!("{}/{}: ", end.workspace, end.connection), &plain(&end.says)));
        outln!("{}", wrapped("  -> ", &plain(&end.remedy)));
    }
    for way in &found.ways {
        let again = way.next_try_at.map_or_else(String::new, |at| format!(", tried again {}", clock(at)));
        outln!("\n{}: needs you, messages that wait: {}{again}", way.way, way.messages);
        outln!("{}", wrapped("  ", &plain(&way.trouble)));
        outln!("{}", wrapped("  -> ", &plain(&way.remedy)));
    }
    for workspace in &found.workspaces {
        outln!("\n{} ({}, {})", workspace.name, workspace.workspace, workspace.time_zone);
        let lines = workspace.sources.iter().map(|source| line(source, found.at)).collect();
        outln!("{}", table(&["source", "data through", "last success", "next run", "state"], &[], lines));
        for source in workspace.sources.iter().filter(|source| source.health != Health::Fine) {
            let trouble = plain(source.trouble.as_deref().unwrap_or_default());
            outln!("{}", wrapped("", &format!("{}: {trouble}", source.connection)));
            if let Some(remedy) = &source.remedy {
                outln!("{}", wrapped("  -> ", &plain(remedy)));
            }
            let told = source.trouble.as_deref().unwrap_or_default();
            for note in source.notes.iter().filter(|note| !note.starts_with(told) || told.is_empty()).take(MOST_NOTES) {
                outln!("{}", wrapped("  - ", &plain(note)));
            }
            if source.notes.len() > MOST_NOTES {
                outln!("  - and {} more: daybook coverage -c {}", source.notes.len() - MOST_NOTES, source.connection);
            }
        }
        for source in &workspace.sources {
            for told in &source.not_kept {
                outln!("{}", wrapped("older: ", &plain(&format!("{} {told}", source.connection))));
            }
        }
        for told in &workspace.cross_checks {
            outln!("{}", wrapped("check: ", &plain(told)));
        }
    }
}

fn line(source: &SourceStatus, now: DateTime<Utc>) -> Vec<String> {
    let dash = || "-".to_owned();
    vec![
        source.connection.clone(),
        source.data_through.map_or_else(dash, |day| day.to_string()),
        source.last_success_at.map_or_else(dash, |at| ago(now - at)),
        source.next_run_at.map_or_else(dash, clock),
        source.health.name().to_owned(),
    ]
}

fn clock(at: DateTime<Utc>) -> String {
    at.format("%m-%d %H:%M UTC").to_string()
}

/// `3 min ago`.
fn ago(span: TimeDelta) -> String {
    match span.num_minutes() {
        i64::MIN..=0 => "just now".to_owned(),
        minutes @ 1..=119 => format!("{minutes} min ago"),
        minutes @ 120..=2879 => format!("{} h ago", minutes / 60),
        minutes => format!("{} days ago", minutes / 1440),
    }
}
