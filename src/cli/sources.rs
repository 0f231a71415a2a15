//! `daybook sources accept`: a person's word on days that are doubted or were never answered.

use super::Outcome;
use super::show::plain;
use super::sync::{fetch, print};
use crate::app::{App, AppError, Selection};
use crate::domain::period::Period;
use crate::warehouse::audit;
use crate::warehouse::coverage::{Place, accept};
use chrono::{Days, NaiveDate};

#[derive(Debug, clap::Subcommand)]
pub enum SourcesCommand {
    /// Take days as the source says them, though its answer is emptier than before or missing.
    ///
    /// Doubted days are asked for once more, and whatever comes replaces what is held; the rows from
    /// before move to history. Days that were never answered count as they are held.
    Accept(AcceptArgs),
}

#[derive(Debug, clap::Args)]
pub struct AcceptArgs {
    /// As `daybook status` names it: workspace/connection/stream[/account]/from..to
    #[arg(value_name = "SLICE")]
    slice: String,
}

pub async fn run(app: &App, command: &SourcesCommand, json: bool) -> anyhow::Result<Outcome> {
    let SourcesCommand::Accept(args) = command;
    let (place, period) = named(&args.slice).ok_or_else(|| {
        let wanted = "workspace/connection/stream[/account]/from..to, e.g. acme/google_ads/ad_daily/1234567890/2026-11-01..2026-11-09";
        AppError::Usage(format!("{:?} names no days of a source; it must be {wanted}", args.slice))
    })?;
    let selection =
        Selection { workspaces: vec![place.workspace.clone()], connections: vec![place.connection.clone()] };
    app.workspaces(&selection)?;
    let (of, now) = (place.clone(), app.clock.now());
    let actor = crate::support::environment::text("USER").unwrap_or_else(|| "somebody at the command line".to_owned());
    let (workspace, detail) = (place.workspace.clone(), args.slice.clone());
    let days = app
        .warehouse
        .write(move |writer| {
            let days = accept(writer, &of, period)?;
            audit::note(writer, now, &actor, "sources accept", Some(&workspace), &detail)?;
            Ok(days)
        })
        .await?;
    if days == 0 {
        return Err(AppError::Usage(format!(
            "no day of {} is doubted or unanswered; daybook status names those that are",
            plain(&args.slice)
        ))
        .into());
    }
    if !json {
        outln!("{days} days accepted; the source is asked once more");
    }
    print(&fetch(app, &selection).await?, json)
}

/// `workspace/connection/stream[/partition]/from..to`; a partition may hold slashes.
fn named(text: &str) -> Option<(Place, Period)> {
    let (place, days) = text.rsplit_once('/')?;
    let (from, to) = days.split_once("..")?;
    let (from, to): (NaiveDate, NaiveDate) = (from.parse().ok()?, to.parse().ok()?);
    let mut parts = place.splitn(4, '/');
    let mut part = || parts.next().filter(|part| !part.is_empty());
    let place = Place::new(part()?, part()?, part()?, part().unwrap_or_default());
    Some((place, Period::new(from, to + Days::new(1))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_is_named_as_status_prints_it() {
        let (place, period) = named("acme/ads/ad_daily/123/2026-11-01..2026-11-09").expect("a slice");
        assert_eq!((place.stream.as_str(), place.partition.as_str(), period.days()), ("ad_daily", "123", 9));
        assert_eq!(named("acme/stripe/charges/2026-11-01..2026-11-01").expect("a slice").0.partition, "");
        for wrong in ["acme/ads/2026-11-01..2026-11-09", "acme/ads/ad_daily/2026-11-09..2026-11-01", "2026-11-01"] {
            assert_eq!(named(wrong), None, "{wrong}");
        }
    }
}
