//! Words with the running daemon: `daybook diff`, `reload` and `run-job`.

use super::Outcome;
use super::show::{count, plain};
use crate::app::rollup_sql;
use crate::app::{App, AppError};
use crate::config::{self, diff as compare};
use crate::daemon::DaemonHandle;
use crate::daemon::reload::Reloaded;
use crate::delivery::ChannelRef;
use crate::delivery::settings::DeliveryConfig;
use crate::settings::problems;
use crate::warehouse::outbox::waiting_by_lane;
use crate::warehouse::rollup::due;

pub fn diff(app: &App, daemon: Option<&DaemonHandle>, json: bool) -> anyhow::Result<Outcome> {
    running(daemon)?;
    let edited = config::load(&app.settings.root).map_err(AppError::Config)?;
    let mut changes = compare::changes(&app.settings, &edited, app.clock.now());
    let (rules, sql) = (&edited.channels.rules, rollup_sql(&edited));
    let days = app.warehouse.read_blocking(|reader| due::days_due(reader, rules, &sql))?;
    if days > 0 {
        changes.push(format!("{} days of figures are computed anew by the next rollup", count(days)));
    }
    let stranded = stranded(app, &edited.delivery)?;
    if json {
        outln!("{}", serde_json::json!([changes, stranded].concat()));
        return Ok(Outcome::Done);
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

/// Messages that wait for channels which are not configured; nothing else takes them there.
fn stranded(app: &App, delivery: &DeliveryConfig) -> Result<Vec<String>, AppError> {
    let waiting = app.warehouse.read_blocking(waiting_by_lane)?;
    let left = waiting.into_iter().filter_map(|(lane, messages)| {
        let channel: ChannelRef = lane.parse().ok()?;
        let noun = if messages == 1 { "message waits" } else { "messages wait" };
        (!delivery.channels.contains_key(&channel)).then(|| {
            format!(
                "{messages} {noun} for {channel}, which is not configured: daybook deliveries move {channel} <channel>, \
                 or daybook deliveries cancel each"
            )
        })
    });
    Ok(left.collect())
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
        outln!("{}", serde_json::json!({ "reload": word, "stranded": stranded }));
    } else {
        outln!("{word}");
        stranded.iter().for_each(|line| outln!("{}", plain(line)));
    }
    Ok(outcome)
}

pub async fn run_job(daemon: Option<&DaemonHandle>, job: &str, json: bool) -> anyhow::Result<Outcome> {
    let slots: Vec<String> = running(daemon)?.run_now(job).await?.iter().map(ToString::to_string).collect();
    if json {
        outln!("{}", serde_json::json!({ "slots": slots }));
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
