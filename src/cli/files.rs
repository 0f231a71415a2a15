//! `daybook files`: what became of dropped files, and taking one out or in again.

use super::show::{count, plain, table, wrapped};
use super::sync::{fetch, print};
use super::{Outcome, Which, out, trial};
use crate::app::{App, AppError, Selection};
use crate::domain::dropped::FileState;
use crate::jobs::files::{FileSource, held};
use crate::queries::files::{DroppedFile, files};
use crate::warehouse::audit;
use crate::warehouse::coverage::Place;
use crate::warehouse::dropped;

#[derive(Debug, clap::Subcommand)]
pub(super) enum FilesCommand {
    /// Every file that was found in a drop folder, with what became of it.
    List(Which),
    /// Show how a file would be read: nothing is loaded.
    Try(Box<trial::TryArgs>),
    /// Take a file's rows out; it is not read again until it changes or is reloaded.
    ///
    /// The rows move to history, and other files that speak of the same days are read again.
    Unload(OneFile),
    /// Read a file again as if it were new.
    Reload(OneFile),
}

#[derive(Debug, clap::Args)]
pub(super) struct OneFile {
    /// The connection and the file's name, as `daybook files list` prints them.
    #[arg(value_name = "CONNECTION/FILE")]
    file: String,
    /// Its workspace; needed where several have such a connection.
    #[arg(long, short, value_name = "ID")]
    workspace: Option<String>,
}

pub(super) async fn run(app: &App, command: &FilesCommand, json: bool) -> anyhow::Result<Outcome> {
    match command {
        FilesCommand::List(which) => list(app, &which.selection(), json),
        FilesCommand::Try(args) => trial::run(&app.settings.root, args, json).await,
        FilesCommand::Unload(file) => unload(app, file, json).await,
        FilesCommand::Reload(file) => reload(app, file, json).await,
    }
}

fn list(app: &App, selection: &Selection, json: bool) -> anyhow::Result<Outcome> {
    let all = files(app, selection)?;
    if json {
        out::json(&all)?;
    } else if all.is_empty() {
        outln!("no file was found in any drop folder yet; daybook sync looks");
    } else {
        let rows = all.iter().map(|DroppedFile { workspace, file }| {
            let days = file.days.map_or(String::new(), |(from, to)| format!("{from} to {to}"));
            let name = format!("{}/{}", file.connection, plain(&file.name));
            vec![
                workspace.clone(),
                name,
                file.state.name().to_owned(),
                count(file.rows_read),
                count(file.rows_quarantined),
                days,
            ]
        });
        outln!("{}", table(&["workspace", "file", "", "rows", "bad", "days"], &[3, 4], rows.collect()));
        for DroppedFile { workspace, file } in &all {
            match &file.reason {
                _ if file.state.is_trouble() => {
                    outln!("{}", wrapped(&format!("{workspace}: "), &plain(&file.trouble())))
                }
                Some(reason) if file.state == FileState::Removed => {
                    outln!("{}", wrapped(&format!("{workspace}: "), &plain(&format!("{}: {reason}", file.name))));
                }
                _ => {}
            }
        }
    }
    let is_well = !all.iter().any(|of| of.file.state.is_trouble());
    Ok(if is_well { Outcome::Done } else { Outcome::Partly })
}

/// The connection and place of a file that the ledger knows.
fn find(app: &App, named: &OneFile) -> Result<(Option<FileSource>, Place), AppError> {
    let (connection, name) = named.file.split_once('/').ok_or_else(|| {
        AppError::Usage(format!("{:?} names no file; it must be CONNECTION/FILE, see daybook files list", named.file))
    })?;
    let workspaces = named.workspace.iter().cloned().collect();
    let mut found = Vec::new();
    for workspace in app.workspaces(&Selection { workspaces, connections: Vec::new() })? {
        let source = app.file_sources(workspace).into_iter().find(|source| source.id == connection);
        let id = workspace.workspace.id.clone();
        let books = app.warehouse.read_blocking(|reader| dropped::known(reader, &id, connection))?;
        if let Some(noted) = books.get(name) {
            let place = Place::new(&id, connection, &noted.file.stream, name);
            found.push((source, place));
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(AppError::Usage(format!("no file {:?} is known; see daybook files list", named.file))),
        _ => Err(AppError::Usage(format!("several workspaces have {:?}; choose one with -w", named.file))),
    }
}

async fn unload(app: &App, named: &OneFile, json: bool) -> anyhow::Result<Outcome> {
    let (source, place) = find(app, named)?;
    // The connection may be gone; what its files were about is in the ledger.
    let target = app.settings.presets.targets().named(&place.stream).ok_or_else(|| {
        AppError::Usage(format!(
            "{0} is no target of files and no fact of this installation; put config/facts/{0}.toml back to take its rows out",
            place.stream
        ))
    })?;
    let held = held(target);
    let workspace = place.workspace.clone();
    let rows =
        noted(app, "files unload", place.clone(), move |writer, now| dropped::unload(writer, &place, &held, now))
            .await?;
    if !json {
        outln!("{} rows taken out; they are in history", count(rows));
    }
    match source {
        Some(source) => again(app, &source, json).await,
        None => {
            app.rollup(&Selection { workspaces: vec![workspace], connections: Vec::new() }).await?;
            Ok(Outcome::Done)
        }
    }
}

async fn reload(app: &App, named: &OneFile, json: bool) -> anyhow::Result<Outcome> {
    let (source, place) = find(app, named)?;
    let gone = || AppError::Usage(format!("no connection is called {:?} any more", place.connection));
    let source = source.ok_or_else(gone)?;
    noted(app, "files reload", place.clone(), move |writer, _| dropped::read_again(writer, &place)).await?;
    again(app, &source, json).await
}

/// Does it, and enters who did.
async fn noted<T: Send + 'static>(
    app: &App,
    what: &'static str,
    place: Place,
    work: impl FnOnce(&mut duckdb::Connection, chrono::DateTime<chrono::Utc>) -> Result<T, crate::warehouse::WarehouseError>
    + Send
    + 'static,
) -> Result<T, crate::warehouse::WarehouseError> {
    let now = app.clock.now();
    let actor = crate::support::environment::text("USER").unwrap_or_else(|| "somebody at the command line".to_owned());
    app.warehouse
        .write(move |writer| {
            let done = work(writer, now)?;
            let detail = format!("{}/{}", place.connection, place.partition);
            audit::note(writer, now, &actor, what, Some(&place.workspace), &detail)?;
            Ok(done)
        })
        .await
}

/// Syncs the connection, and computes the days that changed.
async fn again(app: &App, source: &FileSource, json: bool) -> anyhow::Result<Outcome> {
    let selection = Selection { workspaces: vec![source.workspace.id.clone()], connections: vec![source.id.clone()] };
    let outcomes = fetch(app, &selection).await?;
    app.rollup(&Selection { connections: Vec::new(), ..selection }).await?;
    print(&outcomes, json)
}
