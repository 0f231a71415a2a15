//! Words with the running daemon: `daybook diff`, `reload` and `run-job`.

use super::Outcome;
use super::show::plain;
use crate::config::{self, diff as compare, problems};
use crate::daemon::reload::Reloaded;
use crate::daemon::{App, AppError, Desk};

pub fn diff(app: &App, desk: Option<&Desk>, json: bool) -> anyhow::Result<Outcome> {
    running(desk)?;
    let edited = config::load(&app.settings.root).map_err(AppError::Config)?;
    let changes = compare::changes(&app.settings, &edited, app.clock.now());
    if json {
        say!("{}", serde_json::json!(changes));
    } else if changes.is_empty() {
        say!("nothing differs from what the daemon runs");
    } else {
        for change in &changes {
            say!("{}", plain(change));
        }
        say!("\n`daybook reload` puts this into use");
    }
    Ok(Outcome::Done)
}

pub async fn reload(desk: Option<&Desk>, json: bool) -> anyhow::Result<Outcome> {
    let desk = running(desk)?;
    let (word, outcome) = match desk.reload().await? {
        Reloaded::Taken => ("the edited configuration is in use", Outcome::Done),
        Reloaded::Same => ("nothing differs", Outcome::Done),
        Reloaded::Refused => return Err(AppError::Config(desk.current.refused()).into()),
    };
    if json {
        say!("{}", serde_json::json!({ "reload": word }));
    } else {
        say!("{word}");
    }
    Ok(outcome)
}

pub async fn run_job(desk: Option<&Desk>, job: &str, json: bool) -> anyhow::Result<Outcome> {
    let slots: Vec<String> = running(desk)?.run_now(job).await?.iter().map(ToString::to_string).collect();
    if json {
        say!("{}", serde_json::json!({ "slots": slots }));
    } else {
        say!("entered: {}\nsee how it goes with daybook status, and how it ended with daybook runs", slots.join(", "));
    }
    Ok(Outcome::Done)
}

fn running(desk: Option<&Desk>) -> Result<&Desk, AppError> {
    desk.ok_or_else(|| AppError::Usage("no daemon runs here: start it with daybook run".to_owned()))
}

/// Every mistake, for a terminal.
pub fn mistakes(found: &[config::Problem]) -> String {
    problems::for_terminal(found, 80)
}
