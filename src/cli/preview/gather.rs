//! Where a preview's documents come from: the sample, a running daemon, or the warehouse itself.

use super::PreviewArgs;
use crate::app::{App, AppError, issue};
use crate::cli::report_days::{meant, period_of};
use crate::cli::{Outcome, USERS_MISTAKE};
use crate::config::{self, Job, ReportJob, Settings, WorkspaceSettings};
use crate::daemon::control::{ControlResponse, Request, ask};
use crate::jobs::preview::Draft;
use crate::support::clock::Clock;
use std::path::Path;

/// The documents to show.
pub async fn drafts(root: &Path, args: &PreviewArgs) -> anyhow::Result<Vec<Draft>> {
    if args.workspace.is_none() {
        return Ok(vec![Draft::sample()]);
    }
    // Mistakes are reported here, with file and line, whoever has the data folder.
    let settings = config::load(root).map_err(AppError::Config)?;
    chosen(&settings, args)?;
    if let Some(drafts) = of_daemon(&settings.data_dir, args).await? {
        return Ok(drafts);
    }
    // Opened for this alone: a daemon or a sync must not find the folder taken while somebody edits.
    of_app(&App::open(root, Clock::System)?, args).await
}

/// The daemon's side: its data under the configuration as it is edited now, as JSON.
pub async fn documents(app: &App, args: &PreviewArgs) -> anyhow::Result<Outcome> {
    let edited = config::load(&app.settings.root).map_err(AppError::Config)?;
    print(&of_app(&app.with_settings(edited)?, args).await?)
}

/// The documents as [`of_daemon`] reads them.
pub fn print(drafts: &[Draft]) -> anyhow::Result<Outcome> {
    outln!("{}", serde_json::to_string(drafts)?);
    Ok(Outcome::Done)
}

/// The daemon has the data folder, but not the right to write where its asker stands, so it gives the
/// documents and the files are made here.
async fn of_daemon(data_dir: &Path, args: &PreviewArgs) -> anyhow::Result<Option<Vec<Draft>>> {
    let mut arguments: Vec<String> = ["report", "preview", "--documents"].map(str::to_owned).to_vec();
    let date = args.date.map(|date| date.to_string());
    for (flag, value) in
        [("--workspace", &args.workspace), ("--job", &args.job), ("--date", &date), ("--reader", &args.reader)]
    {
        arguments.extend(value.iter().map(|value| format!("{flag}={value}")));
    }
    let (mut answer, mut complaint) = (String::new(), String::new());
    let hear = |said: ControlResponse| match said {
        ControlResponse::Out(text) => answer.push_str(&text),
        ControlResponse::Err(text) => complaint.push_str(&text),
        ControlResponse::Exit(_) => {}
    };
    match ask(data_dir, &Request { arguments, folder: data_dir.to_owned() }, hear).await? {
        None => Ok(None),
        Some(0) => Ok(Some(serde_json::from_str(&answer)?)),
        Some(code) => {
            let said = format!("the running daemon says: {}", complaint.trim().trim_start_matches("daybook: "));
            Err(if code == USERS_MISTAKE { AppError::Usage(said).into() } else { anyhow::anyhow!(said) })
        }
    }
}

async fn of_app(app: &App, args: &PreviewArgs) -> anyhow::Result<Vec<Draft>> {
    let (workspace, job, report) = chosen(&app.settings, args)?;
    let (period, _) = period_of(app, workspace, (job, report), args.date)?;
    let drafts = issue::drafts(app, workspace, report, period, args.reader.as_deref()).await?;
    match &args.reader {
        Some(reader) if drafts.is_empty() => {
            let id = &workspace.workspace.id;
            Err(AppError::Usage(format!("no group that this report of {id} goes to has {reader:?}")).into())
        }
        _ => Ok(drafts),
    }
}

/// The workspace and the report that are meant.
fn chosen<'a>(
    settings: &'a Settings,
    args: &PreviewArgs,
) -> Result<(&'a WorkspaceSettings, &'a Job, &'a ReportJob), AppError> {
    let id = args.workspace.as_deref().unwrap_or_default();
    let known = settings.workspaces.iter().map(|w| w.workspace.id.as_str()).collect::<Vec<_>>().join(", ");
    let unknown = || AppError::Usage(format!("there is no workspace {id:?}; there are {known}"));
    let workspace = settings.workspace(id).ok_or_else(unknown)?;
    let reports = meant(settings, id, args.job.as_deref())?;
    let first = reports.first().ok_or_else(unknown)?;
    Ok((workspace, first.0, first.1))
}
