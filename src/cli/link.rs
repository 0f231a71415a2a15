//! `daybook link`: an address with tags that reports will know.

use super::{Outcome, out};
use crate::app::AppError;
use crate::config::channels;
use crate::domain::channel::UNASSIGNED;
use crate::domain::link::{Tag, tagged};
use serde::Serialize;
use std::path::Path;

#[derive(Debug, clap::Args)]
#[command(override_usage = "daybook link [OPTIONS] <URL> --source <TAG> --medium <TAG>\n           --campaign <TAG>")]
pub struct LinkArgs {
    /// The address of the page; its query and fragment stay, old utm_ tags go.
    #[arg(value_name = "URL")]
    url: String,
    /// Who sends the visit, e.g. newsletter.
    #[arg(long, value_name = "TAG")]
    source: String,
    /// By which kind of link, e.g. email.
    #[arg(long, value_name = "TAG")]
    medium: String,
    /// The campaign's name.
    #[arg(long, value_name = "TAG")]
    campaign: String,
    /// Tells links of one campaign apart.
    #[arg(long, value_name = "TAG")]
    content: Option<String>,
    /// The search term that was paid for.
    #[arg(long, value_name = "TAG")]
    term: Option<String>,
}

/// An address with its tags, and the channel of its visits.
#[derive(Serialize)]
struct Link {
    link: String,
    channel: String,
}

pub fn run(root: &Path, args: &LinkArgs, json: bool) -> anyhow::Result<Outcome> {
    let channels = channels::load(root).map_err(AppError::Config)?;
    let mut tags: Vec<Tag<'_>> =
        vec![("utm_source", &args.source), ("utm_medium", &args.medium), ("utm_campaign", &args.campaign)];
    tags.extend(args.content.iter().map(|value| ("utm_content", value.as_str())));
    tags.extend(args.term.iter().map(|value| ("utm_term", value.as_str())));
    let link = tagged(&args.url, &tags, &channels.tags).map_err(|error| AppError::Usage(error.to_string()))?;
    let channel = channels.rules.channel(&args.source, &args.medium, &args.campaign);
    if json {
        return out::json(&Link { link, channel: channel.to_owned() });
    }
    outln!("{link}");
    // Beside the answer, so that a script gets the address alone.
    if channel == UNASSIGNED {
        errln!("no rule of config/channels.toml gives these tags a channel: visits will be \"unassigned\"");
    } else {
        errln!("visits will be in the channel {:?}", channels.label(channel));
    }
    Ok(Outcome::Done)
}
