//! `daybook doctor`: what is wrong with the installation, and what to do.

use super::show::{plain, wrapped};
use super::{Outcome, out};
use crate::app::App;
use crate::queries::doctor::{Examination, examine, examine_opened};
use crate::support::clock::Clock;
use crate::warehouse::maintenance::doctor::Health;
use std::path::Path;
use tokio::task::block_in_place;

/// Opens the installation to look at it.
pub fn run(root: &Path, json: bool) -> anyhow::Result<Outcome> {
    tell(&block_in_place(|| examine(root, Clock::System))?, json)
}

/// Looks at what a daemon has open.
pub fn of_app(app: &App, json: bool) -> anyhow::Result<Outcome> {
    tell(&block_in_place(|| examine_opened(app)), json)
}

fn tell(found: &Examination, json: bool) -> anyhow::Result<Outcome> {
    if json {
        out::json(found)?;
    } else {
        for finding in &found.findings {
            let mark = match finding.health {
                Health::Good => "good   ",
                Health::Warning => "WARNING",
                Health::Bad => "BAD    ",
            };
            outln!("{}", wrapped(&format!("{mark} "), &format!("{}: {}", finding.subject, plain(&finding.says))));
            if let Some(remedy) = &finding.remedy {
                outln!("{}", wrapped("        -> ", &plain(remedy)));
            }
        }
    }
    Ok(if found.health == Health::Bad { Outcome::Partly } else { Outcome::Done })
}
