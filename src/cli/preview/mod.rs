//! `daybook report preview`: every format as files to look at; nothing is issued, kept or sent.

mod gather;
mod make;
mod stamps;
mod watch;

pub use gather::documents;

use super::Outcome;
use super::show::{bytes, plain, table};
use crate::settings::problems;
use crate::support::blocking::off_thread;
use chrono::NaiveDate;
use make::{Made, Stage};
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Without --workspace a built-in sample is rendered: it has every kind of block,
and needs neither data nor a configuration. With it, the document is the one
that a real issue would make now. Either way the files of report-templates/
(below the folder given with -C) replace the built-in templates of the same
name. A broken one is told with file and line, the built-in one is used, and the
exit code is 3.

  daybook report preview --watch                     while you edit templates
  daybook report preview -w acme --job report_weekly last week's, every edition

Open index.html of the folder in a browser: with --watch it follows each edit.")]
pub struct PreviewArgs {
    /// Show this workspace's own data instead of the sample.
    #[arg(long, short, value_name = "ID")]
    workspace: Option<String>,
    /// This job of jobs/, e.g. report_weekly; the daily report by default.
    #[arg(long, value_name = "ID", requires = "workspace")]
    job: Option<String>,
    /// A day of the period to show, e.g. 2026-11-20; the last whole period by default.
    #[arg(long, value_name = "DAY", requires = "workspace")]
    date: Option<NaiveDate>,
    /// As this reader gets it, with the reader's language, currencies and files.
    #[arg(long, value_name = "ADDRESS", requires = "workspace")]
    reader: Option<String>,
    /// The folder the files are written to.
    #[arg(long, value_name = "DIR", default_value = "preview")]
    out: PathBuf,
    /// Render again whenever a template, the theme or, with --workspace, the configuration is
    /// edited; Ctrl-C ends it.
    #[arg(long)]
    watch: bool,
    /// Print the documents alone: how a preview asks a running daemon for them.
    #[arg(long, hide = true, requires = "workspace", conflicts_with = "watch")]
    documents: bool,
}

pub async fn run(root: &Path, args: &PreviewArgs, json: bool) -> anyhow::Result<Outcome> {
    if args.documents {
        return gather::print(&gather::drafts(root, args).await?);
    }
    let mut stage = Stage::new(root, &args.out)?;
    if args.watch {
        return watch::run(stage, args, json).await;
    }
    stage.drafts = gather::drafts(root, args).await?;
    stage.prepare()?;
    let made = off_thread(move || stage.make()).await?;
    tell(&made, json);
    Ok(if made.problems.is_empty() { Outcome::Done } else { Outcome::Partly })
}

/// What was made, and what is wrong with it.
fn tell(made: &Made, json: bool) {
    if json {
        let files: Vec<_> = made.files.iter().map(|(name, ..)| name).collect();
        outln!(
            "{}",
            serde_json::json!({"out": made.out, "files": files, "replaced": made.replaced,
                "problems": problems::as_json(&made.problems), "ms": made.took.as_millis() as u64})
        );
        return;
    }
    outln!("{}", plain(&made.title));
    if !made.files.is_empty() {
        outln!("{}\n", plain(&made.about));
        let rows =
            made.files.iter().map(|(name, label, size)| vec![name.clone(), label.clone(), bytes(*size)]).collect();
        outln!("{}", table(&["file", "what it is", "size"], &[2], rows));
        outln!("\nrendered in {} ms; open\n{}", made.took.as_millis(), made.out.join("index.html").display());
    }
    if !made.problems.is_empty() {
        errln!("\n{}", problems::for_terminal(&made.problems, 80).trim_end());
    }
}
