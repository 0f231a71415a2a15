//! The ways out on which messages wait until somebody has mended something.

use crate::app::{App, AppError};
use crate::delivery::ChannelRef;
use crate::warehouse::outbox::{held, orphans, waiting};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// A way out that is blocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WayStatus {
    /// `mail`, or a channel, e.g. `Slack marketing`.
    pub way: String,
    /// Messages that wait.
    pub messages: u64,
    /// What was answered, and what to do about it.
    pub trouble: String,
    pub remedy: String,
    pub next_try_at: Option<DateTime<Utc>>,
}

/// Every way out that needs somebody.
pub fn blocked(app: &App) -> Result<Vec<WayStatus>, AppError> {
    let known: Vec<String> = app.settings.workspaces.iter().map(|of| of.workspace.id.clone()).collect();
    let (found, held, orphans) =
        app.warehouse.read_blocking(move |reader| Ok((waiting(reader)?, held(reader)?, orphans(reader, &known)?)))?;
    let left = orphans.into_iter().map(|(workspace, messages)| WayStatus {
        way: format!("reports of {workspace}"),
        messages,
        trouble: "wait, because the workspace is not configured any more".to_owned(),
        remedy: format!("put config/workspaces/{workspace}.toml back, or daybook deliveries cancel each of them"),
        next_try_at: None,
    });
    let unreleased = (held > 0).then(|| WayStatus {
        way: "first reports".to_owned(),
        messages: held,
        trouble: "held, because this installation has sent no report yet".to_owned(),
        remedy: "look at them with daybook report preview, then: daybook deliveries release".to_owned(),
        next_try_at: None,
    });
    let blocked = found.into_iter().map(|waiting| WayStatus {
        way: waiting.lane.parse::<ChannelRef>().map_or(waiting.lane.clone(), |channel| channel.text()),
        messages: waiting.messages,
        trouble: waiting.answer,
        remedy: format!(
            "mend that, see it with daybook check --online, then: daybook deliveries resend {}",
            waiting.message_id
        ),
        next_try_at: waiting.not_before,
    });
    Ok(unreleased.into_iter().chain(left).chain(blocked).collect())
}
