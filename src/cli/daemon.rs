//! Words with the running daemon: `daybook diff`, `reload` and `run-job`.

use super::Outcome;
use super::out;
use super::show::{count, plain};
use crate::app::{App, AppError};
use crate::config;
use crate::daemon::DaemonHandle;
use crate::daemon::reload::Reloaded;
use crate::queries::changes::{Changes, changes, stranded};
use crate::settings::problems;
use serde::Serialize;

pub fn diff(app: &App, daemon: Option<&DaemonHandle>, json: bool) -> anyhow::Result<Outcome> {
    running(daemon)?;
    let Changes { mut changes, days, stranded } = changes(app)?;
    if days > 0 {
        changes.push(format!("{} days of figures are computed anew by the next rollup", count(days)));
    }
    if json {
        return out::json(&[changes, stranded].concat());
    }
    stranded.iter().for_each(|line| outln!("{}", plain(line)));
    if changes.is_empty() {
        outln!("nothing differs from what the daemon runs");
    } else {
        for change in &changes {
            outln!("{}", plain(change));
        }
        outln!("\n`daybook reload` puts this into use");
    }
    Ok(Outcome::Done)
}

#[derive(Serialize)]
struct Reload {
    reload: &'static str,
    /// What waits for channels that are not configured.
    stranded: Vec<String>,
}

/// Slots that were entered for a job, as `job workspace instant`.
#[derive(Serialize)]
struct Entered {
    slots: Vec<String>,
}

pub async fn reload(daemon: Option<&DaemonHandle>, json: bool) -> anyhow::Result<Outcome> {
    let daemon = running(daemon)?;
    let (word, outcome) = match daemon.reload().await? {
        Reloaded::Taken => ("the edited configuration is in use", Outcome::Done),
        Reloaded::Same => ("nothing differs; templates and secrets were read again", Outcome::Done),
        Reloaded::Refused => return Err(AppError::Config(daemon.current.refused()).into()),
    };
    let app = daemon.current.app();
    let stranded = stranded(&app, &app.settings.delivery)?;
    if json {
        out::json(&Reload { reload: word, stranded })?;
    } else {
        outln!("{word}");
        stranded.iter().for_each(|line| outln!("{}", plain(line)));
    }
    Ok(outcome)
}

pub async fn run_job(daemon: Option<&DaemonHandle>, job: &str, json: bool) -> anyhow::Result<Outcome> {
    let slots: Vec<String> = running(daemon)?.run_now(job).await?.iter().map(ToString::to_string).collect();
    if json {
        out::json(&Entered { slots })?;
    } else {
        outln!(
            "entered: {}\nsee how it goes with daybook status, and how it ended with daybook runs",
            slots.join(", ")
        );
    }
    Ok(Outcome::Done)
}

fn running(daemon: Option<&DaemonHandle>) -> Result<&DaemonHandle, AppError> {
    daemon.ok_or_else(|| AppError::Usage("no daemon runs here: start it with daybook serve".to_owned()))
}

/// Every mistake, for a terminal.
pub fn mistakes(found: &[config::Problem]) -> String {
    problems::for_terminal(found, 80)
}
