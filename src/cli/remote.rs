//! Commands across processes: typed here, carried out by the daemon that has the data folder.

use super::files::FilesCommand;
use super::out::{CALLER, Caller};
use super::{Cli, Command, finish, with_app};
use crate::app::AppError;
use crate::config;
use crate::daemon::DaemonHandle;
use crate::daemon::control::{ControlResponse, Request, ask};
use clap::Parser;
use std::pin::Pin;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

/// Has a running daemon carry out the command line; `None` if none runs, or it is not the daemon's to do.
pub async fn forward(cli: &Cli) -> anyhow::Result<Option<u8>> {
    if !is_for_daemon(&cli.command) {
        return Ok(None);
    }
    let request = Request { arguments: std::env::args().skip(1).collect(), folder: here()? };
    let code = ask(&config::data_dir(&cli.root), &request, |word| match word {
        ControlResponse::Out(text) => super::out::print(&text),
        ControlResponse::Err(text) => super::out::error_print(&text),
        ControlResponse::Exit(_) => {}
    })
    .await?;
    Ok(code)
}

/// Where the command was typed.
///
/// # Errors
/// Somebody has removed the folder meanwhile, so that no path from it leads anywhere.
pub fn here() -> Result<std::path::PathBuf, AppError> {
    std::env::current_dir().map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "the current folder was removed".to_owned(),
            _ => format!("the current folder cannot be read ({error})"),
        };
        AppError::Usage(format!("{why}: change into another one (cd), and name the installation with -C"))
    })
}

/// Whether the daemon's own hands are needed: what needs no database is done here.
fn is_for_daemon(command: &Command) -> bool {
    !matches!(
        command,
        Command::Demo(_)
            | Command::Init(_)
            | Command::Add(_)
            | Command::Note(_)
            | Command::Check(_)
            | Command::Connectors(_)
            | Command::Tables(_)
            | Command::Metrics(_)
            | Command::Schema(_)
            | Command::Link(_)
            | Command::Plan(_)
            | Command::Restore(_)
            | Command::Serve
            | Command::TrySlice(_)
            | Command::TryTemplates { .. }
            | Command::Files(FilesCommand::Try(_))
    ) && !matches!(command, Command::Report(args) if args.preview().is_some())
}

/// The daemon's side: does what was typed elsewhere, and ends with the exit code. Given up when the
/// asker goes away.
pub fn carry_out(
    daemon: DaemonHandle,
    request: Request,
    say: UnboundedSender<ControlResponse>,
) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    Box::pin(async move {
        let gone = CancellationToken::new();
        let _at_the_end = gone.clone().drop_guard();
        let runtime = tokio::runtime::Handle::current();
        // A thread of its own: a command may hold what cannot move between threads.
        let work = tokio::task::spawn_blocking(move || {
            runtime.block_on(async {
                tokio::select! {
                    code = CALLER.scope(Caller { say, folder: request.folder }, run(daemon, &request.arguments)) => code,
                    () = gone.cancelled() => 130,
                }
            })
        });
        work.await.unwrap_or(1)
    })
}

async fn run(daemon: DaemonHandle, arguments: &[String]) -> u8 {
    let program = std::iter::once("daybook".to_owned());
    match Cli::try_parse_from(program.chain(arguments.iter().cloned())) {
        Ok(cli) => {
            let app = daemon.current.app();
            let ended = with_app(&app, Some(&daemon), &cli).await;
            finish(ended, cli.json)
        }
        Err(error) => {
            super::out::error_line(format_args!("{error}"));
            2
        }
    }
}
