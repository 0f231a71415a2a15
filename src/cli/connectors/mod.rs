//! `daybook connectors`: the connectors at hand, and one of one's own from its first file to its first row.

mod described;
mod draft;
mod trial;

use super::show::{table, wrapped};
use super::{Outcome, out};
use crate::queries::check::check_connectors;
use crate::queries::connectors::{ListedConnector, Named, connectors, file_formats, list};
use crate::support::clock::Clock;
use std::path::Path;
use tokio::task::block_in_place;

#[derive(Debug, clap::Args)]
pub struct ConnectorsArgs {
    #[command(subcommand)]
    command: Option<ConnectorsCommand>,
}

#[derive(Debug, clap::Subcommand)]
enum ConnectorsCommand {
    /// List the connectors in a line each.
    List,
    /// Describe one: settings, secrets, what is read, how and into which tables.
    Describe {
        /// As `list` names it.
        name: String,
    },
    /// Write the files of a connector of your own, from an answer of the vendor's; nothing is overwritten.
    New(draft::NewArgs),
    /// Try a connector: first rows, types, what is quarantined and what is not read. Nothing is stored.
    Test(trial::TestArgs),
    /// Check one connector, or all of your own: every mistake with file, line and remedy.
    Check {
        /// All of the installation's own if left out.
        name: Option<String>,
    },
}

pub async fn run(root: &Path, args: &ConnectorsArgs, json: bool) -> anyhow::Result<Outcome> {
    match &args.command {
        None => all(root, json),
        Some(ConnectorsCommand::List) => listed(root, json),
        Some(ConnectorsCommand::Describe { name }) => described::run(root, name, json),
        Some(ConnectorsCommand::New(args)) => draft::run(root, args, json).await,
        Some(ConnectorsCommand::Test(args)) => trial::run(root, args, json).await,
        Some(ConnectorsCommand::Check { name }) => check(root, name.as_deref(), json),
    }
}

fn listed(root: &Path, json: bool) -> anyhow::Result<Outcome> {
    let all = list(root)?;
    if json {
        return out::json(&all);
    }
    let row = |own: &ListedConnector| {
        let whose = if own.is_own { "your own" } else { "ships with Daybook" };
        vec![own.name.clone(), own.label.clone(), whose.to_owned(), own.streams.join(", ")]
    };
    outln!("{}", table(&["name", "vendor", "whose", "streams"], &[], all.iter().map(row).collect()));
    Ok(Outcome::Done)
}

fn check(root: &Path, name: Option<&str>, json: bool) -> anyhow::Result<Outcome> {
    let checked = block_in_place(|| check_connectors(root, name, Clock::System.now()))?;
    if json {
        return out::json(&checked);
    }
    match checked.is_empty() {
        true => outln!("no connector of your own is in config/connectors; `daybook connectors new NAME` writes one"),
        false => outln!("{}", wrapped("", &format!("OK: {}", checked.join(", ")))),
    }
    Ok(Outcome::Done)
}

fn all(root: &Path, json: bool) -> anyhow::Result<Outcome> {
    let all = connectors(root)?;
    if json {
        return out::json(&all);
    }
    for connector in all {
        outln!("{} ({})\n  {}", connector.name, connector.label, connector.docs);
        for setting in &connector.settings {
            outln!("{}", wrapped("  setting ", &format!("{}: {}", marked(setting), setting.about)));
        }
        for way in &connector.ways {
            outln!("{}", wrapped("  way     ", &format!("{}: {}", way.name, way.about)));
        }
        for secret in &connector.secrets {
            outln!("{}", wrapped("  secret  ", &format!("{}: {}", secret.name, secret.about)));
        }
        for stream in &connector.streams {
            outln!("{}", wrapped("  stream  ", &format!("{}: {}", stream.name, stream.about)));
        }
    }
    outln!("file (dropped files: CSV, Excel, OpenDocument, NDJSON, Parquet; zip, gz and zst)");
    let formats = file_formats(root);
    for (preset, target) in &formats.presets {
        outln!("{}", wrapped("  preset  ", &format!("{}: {} ({target})", preset.name, preset.about)));
    }
    for (target, fields) in &formats.targets {
        let fields: Vec<String> = fields.iter().map(marked).collect();
        outln!("{}", wrapped("  target  ", &format!("{}: {} {}", target.name, target.about, fields.join(", "))));
    }
    Ok(Outcome::Done)
}

/// The name, and whether it must be given.
fn marked(named: &Named) -> String {
    format!("{}{}", named.name, if named.is_required { " (required)" } else { "" })
}
