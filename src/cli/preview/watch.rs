//! `--watch`: a rendering for each edit, until somebody has seen enough.

use super::make::{Made, Stage};
use super::stamps::Stamps;
use super::{PreviewArgs, gather, tell};
use crate::app::AppError;
use crate::cli::faults::told;
use crate::cli::show::{plain, wrapped};
use crate::cli::{Outcome, out};
use crate::queries::check::TEMPLATES;
use crate::settings::problems;
use crate::support::clock::Clock;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How soon a data folder that another process has is asked for again.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the documents are those of the files as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Documents {
    Current,
    /// The configuration has mistakes, or a query failed.
    Broken,
    /// Another process has the data folder.
    Awaited,
}

pub async fn run(mut stage: Stage, args: &PreviewArgs, json: bool) -> anyhow::Result<Outcome> {
    stage.is_watched = true;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let out = stage.clone();
    tokio::select! {
        ended = follow(stage, args, json) => ended,
        _ = interrupt.recv() => farewell(&out, json),
        _ = terminate.recv() => farewell(&out, json),
    }
}

fn farewell(stage: &Stage, json: bool) -> anyhow::Result<Outcome> {
    stage.close()?;
    if !json {
        outln!("\nno longer watched; {} stays as it is", stage.out.display());
    }
    Ok(Outcome::Done)
}

/// Renders at each edit. Ends only if the very first command line makes no sense, or nothing can be
/// written at all.
async fn follow(mut stage: Stage, args: &PreviewArgs, json: bool) -> anyhow::Result<Outcome> {
    let folders: &[&str] = if args.workspace.is_some() { &[TEMPLATES, "config", "jobs"] } else { &[TEMPLATES] };
    // Seen before they are read: what is edited meanwhile is an edit.
    let mut stamps = Stamps::new(stage.root(), folders, &stage.out);
    let drafts = gather::drafts(stage.root(), args).await;
    if matches!(&drafts, Err(error) if matches!(error.downcast_ref(), Some(AppError::Usage(_)))) {
        return drafts.map(|_| Outcome::Done);
    }
    stage.prepare()?;
    let mut documents = match drafts {
        Ok(drafts) => {
            stage.drafts = drafts;
            Documents::Current
        }
        Err(error) => set_aside(&mut stage, &error, "at the start", json)?,
    };
    match make(&stage).await {
        Ok(made) => tell(&made, json)?,
        Err(error) if matches!(error.downcast_ref(), Some(AppError::Io { .. })) => return Err(error),
        Err(error) => line("at the start", &told(&error), json)?,
    }
    if !json {
        outln!("\nwatching {}; Ctrl-C ends", folders.iter().map(|f| format!("{f}/")).collect::<Vec<_>>().join(", "));
    }
    loop {
        let edited = tokio::select! {
            edited = stamps.changed() => edited,
            () = tokio::time::sleep(PATIENCE), if documents == Documents::Awaited => Vec::new(),
        };
        let what = name(&edited, documents);
        let is_configuration = edited.iter().any(|file| !file.starts_with(TEMPLATES));
        // Templates alone need no other document, so the data folder stays free.
        if args.workspace.is_some() && (is_configuration || documents != Documents::Current) {
            match gather::drafts(stage.root(), args).await {
                Ok(drafts) => {
                    stage.drafts = drafts;
                    stage.mistakes.clear();
                    documents = Documents::Current;
                }
                Err(error) if documents == Documents::Awaited && edited.is_empty() && is_lock(&error) => continue,
                Err(error) => documents = set_aside(&mut stage, &error, &what, json)?,
            }
        }
        match make(&stage).await {
            Ok(made) => tell_again(&made, &what, documents, json)?,
            Err(error) => line(&what, &told(&error), json)?,
        }
    }
}

/// A panic inside ends one rendering, not the watch.
async fn make(stage: &Stage) -> anyhow::Result<Made> {
    let stage = stage.clone();
    let made = tokio::task::spawn_blocking(move || stage.make()).await;
    made.unwrap_or_else(|_| Err(anyhow::anyhow!("the rendering broke off, which is Daybook's own fault")))
}

/// The documents stay those of the last configuration that worked.
fn set_aside(stage: &mut Stage, error: &anyhow::Error, what: &str, json: bool) -> anyhow::Result<Documents> {
    stage.mistakes.clear();
    match error.downcast_ref() {
        Some(AppError::Config(found)) => stage.mistakes.clone_from(found),
        _ => line(what, &told(error), json)?,
    }
    Ok(if is_lock(error) { Documents::Awaited } else { Documents::Broken })
}

fn is_lock(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(AppError::Lock(_)))
}

/// The edited files in few words.
fn name(edited: &[PathBuf], documents: Documents) -> String {
    let shown = |path: &Path| plain(&path.display().to_string());
    match edited {
        [] if documents == Documents::Awaited => "the data folder is free again".to_owned(),
        [] => String::new(),
        [one] => shown(one),
        [first, rest @ ..] => format!("{} and {} more", shown(first), rest.len()),
    }
}

fn tell_again(made: &Made, what: &str, documents: Documents, json: bool) -> anyhow::Result<()> {
    if json {
        return tell(made, json);
    }
    let count = made.problems.len();
    let problems = match count {
        0 => String::new(),
        _ => format!(", {count} problem{}", if count == 1 { "" } else { "s" }),
    };
    let old = if documents == Documents::Current { "" } else { ", figures as before" };
    line(what, &format!("rendered in {} ms{old}{problems}", made.took.as_millis()), json)?;
    // One under the other, without the count that the line has given.
    for told in &made.problems {
        let text = problems::for_terminal(std::slice::from_ref(told), 78);
        let lines = text.split("\n\n").next().unwrap_or_default().lines();
        lines.for_each(|line| outln!("  {line}"));
    }
    Ok(())
}

/// What came of an edit that could not be shown.
#[derive(Serialize)]
struct EditOutcome<'a> {
    edited: &'a str,
    error: &'a str,
}

fn line(what: &str, came_of_it: &str, json: bool) -> anyhow::Result<()> {
    if json {
        return out::json(&EditOutcome { edited: what, error: came_of_it }).map(drop);
    }
    let time = Clock::System.now().with_timezone(&chrono::Local).format("%H:%M:%S ").to_string();
    outln!("{}", wrapped(&time, &format!("{what}: {}", plain(came_of_it))));
    Ok(())
}
