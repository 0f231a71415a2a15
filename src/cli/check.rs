//! `daybook check`: all that can be wrong, reported at once, without touching the network.

use super::show::{plain, wrapped};
use super::{Outcome, out};
use crate::app::SecretsAre;
use crate::config::Settings;
use crate::queries::check::{inspect, reservations};
use crate::settings::problems;
use crate::support::clock::Clock;
use std::path::Path;
use tokio::task::block_in_place;

#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Do not check that secrets exist: for machines that do not hold them, such as CI.
    #[arg(long)]
    without_secrets: bool,
    /// Fail where there are warnings: the exit code is 1.
    #[arg(long)]
    strict: bool,
    /// Also try each credential and server: one small request a stream, a login at the mail server.
    /// Nothing is loaded or sent.
    #[arg(long, conflicts_with = "without_secrets")]
    online: bool,
    /// With --online, only this workspace; may be given more than once.
    #[arg(long, short, value_name = "ID", requires = "online", conflicts_with = "without_secrets")]
    workspace: Vec<String>,
}

pub async fn run(root: &Path, args: &CheckArgs, json: bool) -> anyhow::Result<Outcome> {
    let secrets = if args.without_secrets { SecretsAre::Assumed } else { SecretsAre::Needed };
    let now = Clock::System.now();
    let settings = block_in_place(|| inspect(root, secrets, now))?;
    if args.online {
        return super::online::run(&settings, &args.workspace, json).await;
    }
    let found = block_in_place(|| reservations(&settings, secrets, now))?;
    if json {
        out::json(&found)?;
    } else {
        if !found.warnings.is_empty() {
            outln!("{}", problems::warnings_for_terminal(&found.warnings, 80));
        }
        outln!("{}", summary(&settings, secrets));
        for folder in &found.missing {
            outln!("{}", wrapped("not there yet: ", &plain(folder)));
        }
        for told in &found.dropped {
            outln!("{}", wrapped("dropped file: ", &plain(told)));
        }
    }
    Ok(match (args.strict && !found.warnings.is_empty(), found.dropped.is_empty()) {
        (true, _) => Outcome::Failed,
        (false, true) => Outcome::Done,
        (false, false) => Outcome::Partly,
    })
}

/// What was found to be well.
pub fn summary(settings: &Settings, secrets: SecretsAre) -> String {
    let workspaces = &settings.workspaces;
    let streams: usize = workspaces.iter().map(|workspace| workspace.connections.len() + workspace.files.len()).sum();
    let counts = [
        (workspaces.len(), "workspace"),
        (streams, "connection"),
        (settings.jobs.len(), "job"),
        (settings.metrics.iter().count(), "metric"),
        (settings.rollups.len(), "rollup"),
        (settings.checks.len(), "check"),
    ];
    let counted = counts.map(|(count, noun)| format!("{count} {noun}{}", if count == 1 { "" } else { "s" }));
    let secrets = if secrets == SecretsAre::Assumed { "\nsecrets were not looked for" } else { "" };
    wrapped("", &format!("OK: {}", counted.join(", "))) + secrets
}
