//! `daybook add`: a workspace, connection, reader or report by command. Files keep their comments, the
//! change is shown first, and nothing is written that `daybook check` would refuse.

mod connection;
mod edit;
pub(super) mod note;
mod reader;
mod report;
mod workspace;

use super::init::ask::Asker;
use super::init::files::Wanted;
use super::{Outcome, out};
use crate::app::AppError;
use crate::config::{self, Problem, Settings};
use crate::support::nearest::unknown_remedy;
use edit::Edit;
use serde::Serialize;
use std::io::IsTerminal;
use std::path::Path;

#[derive(Debug, clap::Subcommand)]
pub enum AddCommand {
    /// Add a workspace: the same file that init writes.
    Workspace(workspace::WorkspaceArgs),
    /// Add a vendor's account, or a folder that files are dropped in, to a workspace.
    Connection(connection::ConnectionArgs),
    /// Add a mail address to a group of recipients.
    Reader(reader::ReaderArgs),
    /// Add a job that sends a report.
    Report(report::ReportArgs),
}

/// What every kind of addition takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Manner {
    /// Write without asking.
    #[arg(long, short)]
    yes: bool,
    /// Show the change and write nothing.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Ask even where the input is no terminal.
    #[arg(long, conflicts_with = "yes")]
    ask: bool,
}

/// What is to be added.
struct Addition {
    edits: Vec<Edit>,
    /// Secrets that have to be put in place.
    wanted: Vec<Wanted>,
    /// What to do next.
    next: String,
}

pub fn run(root: &Path, command: &AddCommand, json: bool) -> anyhow::Result<Outcome> {
    let settings = config::load(root).map_err(AppError::Config)?;
    let manner = match command {
        AddCommand::Workspace(args) => &args.manner,
        AddCommand::Connection(args) => &args.manner,
        AddCommand::Reader(args) => &args.manner,
        AddCommand::Report(args) => &args.manner,
    };
    let asks = manner.ask || (!manner.yes && !json && std::io::stdin().is_terminal());
    let mut input = std::io::stdin().lock();
    let mut asker = Asker::new(asks.then_some(&mut input as &mut dyn std::io::BufRead));
    let addition = match command {
        AddCommand::Workspace(args) => workspace::add(&settings, args, &mut asker)?,
        AddCommand::Connection(args) => connection::add(&settings, args, &mut asker)?,
        AddCommand::Reader(args) => reader::add(&settings, args, &mut asker)?,
        AddCommand::Report(args) => report::add(&settings, args, &mut asker)?,
    };
    apply(&settings, addition, manner, &mut asker, json)
}

/// Adds a known event, in the same way.
pub fn add_note(root: &Path, args: &note::NoteArgs, json: bool) -> anyhow::Result<Outcome> {
    let settings = config::load(root).map_err(AppError::Config)?;
    let asks = args.manner.ask || (!args.manner.yes && !json && std::io::stdin().is_terminal());
    let mut input = std::io::stdin().lock();
    let mut asker = Asker::new(asks.then_some(&mut input as &mut dyn std::io::BufRead));
    let addition = note::add(&settings, args, &mut asker)?;
    apply(&settings, addition, &args.manner, &mut asker, json)
}

/// What was or would be added.
#[derive(Serialize)]
struct Added {
    written: bool,
    files: Vec<String>,
    /// Secrets that have to be put in place.
    secrets: Vec<Wanted>,
    warnings: Vec<Problem>,
}

/// Shows what would change, has it checked, and writes it.
fn apply(
    settings: &Settings,
    addition: Addition,
    manner: &Manner,
    asker: &mut Asker<'_>,
    json: bool,
) -> anyhow::Result<Outcome> {
    let Addition { edits, wanted, next } = addition;
    if !json {
        for edit in &edits {
            outln!("{}", edit.diff());
        }
    }
    let warnings = edit::try_out(settings, &edits)?;
    if !json && !warnings.is_empty() {
        outln!("{}", crate::settings::problems::warnings_for_terminal(&warnings, 80));
    }
    let files: Vec<String> = edits.iter().map(|edit| edit.file.display().to_string()).collect();
    let is_meant = !manner.dry_run && (!asker.asks() || asker.value("write this (yes, no)", None, "yes", yes_or_no)?);
    if is_meant {
        edits.iter().try_for_each(|edit| edit.write(&settings.root))?;
        folders(settings)?;
    }
    if json {
        return out::json(&Added { written: is_meant, files, secrets: wanted, warnings });
    }
    if !is_meant {
        outln!("nothing was written");
        return Ok(Outcome::Done);
    }
    outln!("written: {}", files.join(", "));
    if !wanted.is_empty() {
        outln!("secrets wanted:");
        for secret in &wanted {
            outln!("  {}: {}", secret.place, secret.about);
        }
    }
    outln!("next: {next}");
    Ok(Outcome::Done)
}

/// Folders that files are dropped in must be there before somebody drops one.
fn folders(settings: &Settings) -> anyhow::Result<()> {
    let written = config::load(&settings.root).map_err(AppError::Config)?;
    for own in written.workspaces.iter().flat_map(|workspace| &workspace.files) {
        if own.drop.address.is_none() && !own.drop.folder.exists() {
            std::fs::create_dir_all(&own.drop.folder)?;
        }
    }
    Ok(())
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" | "y" => Ok(true),
        "no" | "n" => Ok(false),
        _ => Err("write yes or no".to_owned()),
    }
}

/// The workspace that is meant: by flag, the only one, or asked for.
fn chosen_workspace(settings: &Settings, flag: Option<&str>, asker: &mut Asker<'_>) -> Result<String, AppError> {
    let known: Vec<&str> = settings.workspaces.iter().map(|own| own.workspace.id.as_str()).collect();
    if let (None, [only]) = (flag, known.as_slice()) {
        return Ok((*only).to_owned());
    }
    asker.value(&format!("workspace ({})", known.join(", ")), flag, "", |text| {
        if known.contains(&text) {
            return Ok(text.to_owned());
        }
        if text.is_empty() {
            return Err(format!("name the workspace with --workspace: {}", known.join(", ")));
        }
        Err(format!("there is no workspace {text:?}: {}", unknown_remedy(text, &known, "workspaces")))
    })
}
