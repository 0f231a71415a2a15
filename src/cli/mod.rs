//! The command line: one file a command. Only this folder speaks to the terminal.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is where people are spoken to")]

#[macro_use]
mod out;

mod add;
mod backfill;
mod channel_args;
mod channels;
mod check;
mod clock;
mod connectors;
mod coverage;
mod daemon;
mod deliveries;
mod demo;
mod dictionary;
mod doctor;
mod explain;
mod faults;
mod files;
mod init;
mod install;
mod link;
mod maintain;
mod note;
mod online;
mod person;
mod plan;
mod preview;
mod quota;
mod reissue;
mod remote;
mod report;
mod report_days;
mod report_trial;
mod restore;
mod runs;
mod schema;
mod send_test;
mod serve;
mod show;
mod sources;
mod status;
mod sync;
mod trial;
mod try_slice;

use crate::app::lock::LockError;
use crate::app::opening::Accepted;
use crate::app::{App, AppError, Selection};
use crate::daemon::{DaemonHandle, start_log};
use crate::jobs::template_trial::try_out;
use crate::settings::problems;
use crate::support::clock::Clock;
use crate::support::owner;
use clap::{Args, Parser, Subcommand};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::process::ExitCode;

/// Keeps a company's marketing day-book: syncs vendors' APIs into DuckDB, and delivers reports whose
/// every number can be proved.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 80,
    after_help = "\
Begin with `daybook demo`: it simulates companies and their vendors on this
machine, syncs them and writes real reports into ./daybook-demo. `daybook init`
then asks what an installation of your own needs.

Exit codes: 0 all went well, 1 something failed, 2 the command or the
configuration is wrong, 3 part of the work is done and the rest is told."
)]
struct Cli {
    /// The folder that holds config/ and jobs/.
    #[arg(long, short = 'C', global = true, default_value = ".", env = "DAYBOOK_ROOT", value_name = "DIR")]
    root: PathBuf,
    /// Begin with an empty database where one was and is gone.
    #[arg(long, global = true, hide = true)]
    accept_empty: bool,
    /// Go on with a database that is older than it was.
    #[arg(long, global = true, hide = true)]
    accept_older: bool,
    /// Answer in JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Simulate three companies, sync them over HTTP, write and deliver their reports.
    Demo(demo::DemoArgs),
    /// Start a new installation: a few questions, or flags alone.
    Init(Box<init::InitArgs>),
    /// Add a workspace, connection, reader or report: shows the change, and writes what `check` takes.
    #[command(subcommand)]
    Add(Box<add::AddCommand>),
    /// Add and list known events, which reports mark on charts and name beside comparisons.
    #[command(subcommand)]
    Note(note::NoteCommand),
    /// Check every file of the configuration, all queries and templates; no network but with --online.
    Check(check::CheckArgs),
    /// List the connectors and what each needs; write, try and check one of your own.
    Connectors(connectors::ConnectorsArgs),
    /// List the tables of facts, or what one holds: columns, units, keys, what it adds to the metrics.
    Tables(dictionary::TablesArgs),
    /// List the metrics, or what one means and is made of.
    Metrics(dictionary::MetricsArgs),
    /// Print the JSON Schema of a kind of file, for editors.
    Schema(schema::SchemaArgs),
    /// Fetch what vendors and drop folders have, and load it.
    Sync(Which),
    /// Compute the days that changed, or days that are asked for.
    Rollup(sync::RollupArgs),
    /// Build a day's report, issue it once, and deliver what is due.
    Report(report::ReportArgs),
    /// Fetch days of the past again without moving the live cursor.
    Backfill(backfill::BackfillArgs),
    /// Load landed pages again, e.g. after a mapping was mended.
    Replay(backfill::ReplayArgs),
    /// Show when jobs are due, and why: across clock changes, pauses and what they wait for.
    Plan(plan::PlanArgs),
    /// Show what was loaded, and what became of it.
    Runs(runs::RunsArgs),
    /// Show which days of each source are there, the holes, and what fills them.
    Coverage(coverage::CoverageArgs),
    /// See what became of dropped files, try one, take one out or read it again.
    #[command(subcommand)]
    Files(files::FilesCommand),
    /// See which tags of visits are unknown.
    #[command(subcommand)]
    Channels(channels::ChannelsCommand),
    /// Write an address with tags that reports will know.
    Link(link::LinkArgs),
    /// Decide about days of a source that are doubted or were never answered.
    #[command(subcommand)]
    Sources(sources::SourcesCommand),
    /// Show messages and what the other side answered.
    Deliveries(deliveries::DeliveriesArgs),
    /// Send a sample report by the same path as real ones, and show each answer.
    SendTest(send_test::SendTestArgs),
    /// Say where a printed figure comes from.
    Explain(explain::ExplainArgs),
    /// Show how far each source's data reaches, what is wrong, and what to do.
    Status,
    /// Say what the edited configuration would change in the running daemon.
    Diff,
    /// Have the running daemon take the edited configuration, as SIGHUP does.
    Reload,
    /// Have the running daemon run a job now, for each of its workspaces.
    RunJob {
        /// The job's name: that of its file, without .toml.
        job: String,
    },
    /// Make a backup now: it is opened and counted before it is called good.
    Backup,
    /// Put a backup in the database's place; the replaced file is kept aside.
    Restore(restore::RestoreArgs),
    /// Run the nightly maintenance now: backup, retention, landed pages, free space.
    #[command(alias = "care")]
    Maintain(maintain::MaintainArgs),
    /// Show what the clock has shown, and what was noted while it stood ahead.
    Clock(clock::ClockArgs),
    /// Show what vendors allow, what is left of it, and when it returns.
    Quota(quota::QuotaArgs),
    /// Write a read-only copy for BI tools, beside the running warehouse.
    Snapshot(maintain::SnapshotArgs),
    /// Write months of the past as Parquet files.
    Export(maintain::ExportArgs),
    /// Hand out or erase what is kept about one person.
    #[command(subcommand)]
    Person(person::PersonCommand),
    /// Examine the installation: what is wrong, and what to do.
    Doctor,
    /// Load a landed slice in a process of its own, into a database in memory.
    #[command(hide = true)]
    TrySlice(try_slice::TrySliceArgs),
    /// Render the sample with replaced templates in a process of its own.
    #[command(hide = true)]
    TryTemplates { folder: PathBuf, refused: Vec<String> },
    /// Run the daemon: all jobs on their schedule, until stopped.
    #[command(alias = "run")]
    Serve,
}

/// Which tenants and connections.
#[derive(Clone, Debug, Default, Args)]
struct Which {
    /// Only this workspace; may be given more than once.
    #[arg(long, short, value_name = "ID")]
    workspace: Vec<String>,
    /// Only this connection; may be given more than once.
    #[arg(long, short, value_name = "ID")]
    connection: Vec<String>,
}

impl Which {
    fn selection(&self) -> Selection {
        Selection { workspaces: self.workspace.clone(), connections: self.connection.clone() }
    }
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    /// Some of it failed, and that was reported.
    Partly,
    /// It failed, and that was reported.
    Failed,
}

/// Parses the arguments, runs the command, and reports what went wrong.
pub fn main() -> ExitCode {
    faults::tell_plainly();
    // What is written holds persons, mails and figures, whatever the shell lets others read.
    let masked = owner::keep_new_files();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => {
            let code = u8::try_from(told.exit_code()).unwrap_or(USERS_MISTAKE);
            if let (Err(error), false) = (told.print(), told.use_stderr()) {
                out::note(error);
            }
            return ExitCode::from(out::exit_code(code));
        }
    };
    if is_for_others(&cli.command) {
        owner::share_new_files(masked);
    }
    // The panic was reported where it happened.
    let code = std::panic::catch_unwind(AssertUnwindSafe(|| carry_out(&cli))).unwrap_or(1);
    ExitCode::from(out::exit_code(code))
}

/// Whether a command writes configuration alone, which the user of a daemon may have to read; its secrets
/// are closed one by one.
fn is_for_others(command: &Command) -> bool {
    matches!(command, Command::Init(_) | Command::Add(_) | Command::Note(_) | Command::Schema(_))
}

/// Runs the command to its end; the exit code.
fn carry_out(cli: &Cli) -> u8 {
    if cli.root.is_relative()
        && let Err(gone) = remote::here()
    {
        return finish(Err(gone.into()), cli.json);
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            errln!("daybook: no threads to work with: {error}");
            return 1;
        }
    };
    let code = runtime.block_on(async {
        match remote::forward(cli).await {
            Ok(Some(code)) => code,
            Ok(None) => match dispatch(cli).await {
                // A daemon that was about to start has the folder, and listens by now.
                Err(error) if is_held(&error) => match remote::forward(cli).await {
                    Ok(Some(code)) => code,
                    Ok(None) | Err(_) => finish(Err(error), cli.json),
                },
                ended => finish(ended, cli.json),
            },
            Err(error) => finish(Err(error), cli.json),
        }
    });
    // What was cut off at a stop is not waited for; nothing else is under way here.
    runtime.shutdown_background();
    code
}

fn is_held(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(AppError::Lock(LockError::Held { .. })))
}

/// The exit code where the command line or the configuration is at fault.
const USERS_MISTAKE: u8 = 2;

/// Reports what went wrong; the exit code.
fn finish(ended: anyhow::Result<Outcome>, json: bool) -> u8 {
    match ended {
        Ok(Outcome::Done) => 0,
        Ok(Outcome::Partly) => 3,
        Ok(Outcome::Failed) => 1,
        Err(error) => {
            tell(&error, json);
            let is_users = error.downcast_ref().is_some_and(|e| matches!(e, AppError::Config(_) | AppError::Usage(_)));
            if is_users { USERS_MISTAKE } else { 1 }
        }
    }
}

async fn dispatch(cli: &Cli) -> anyhow::Result<Outcome> {
    match &cli.command {
        Command::Demo(args) => demo::run(args).await,
        Command::Init(args) => init::run(&cli.root, args, cli.json),
        Command::Add(command) => add::run(&cli.root, command, cli.json),
        Command::Note(command) => note::run(&cli.root, command, &Clock::System, cli.json),
        Command::Check(args) => check::run(&cli.root, args, cli.json).await,
        Command::Connectors(args) => Box::pin(connectors::run(&cli.root, args, cli.json)).await,
        Command::Tables(args) => dictionary::tables(&cli.root, args, cli.json),
        Command::Metrics(args) => dictionary::metrics(&cli.root, args, cli.json),
        Command::Schema(args) => schema::run(&cli.root, args, cli.json),
        Command::Link(args) => link::run(&cli.root, args, cli.json),
        Command::Plan(args) => plan::run(&cli.root, args, &Clock::System, cli.json),
        Command::Restore(args) => restore::run(&cli.root, args, cli.json).await,
        Command::Report(args) if let Some(preview) = args.preview() => preview::run(&cli.root, preview, cli.json).await,
        Command::Doctor => doctor::run(&cli.root, cli.json),
        Command::Files(files::FilesCommand::Try(args)) => trial::run(&cli.root, args, cli.json).await,
        Command::TrySlice(args) => try_slice::run(&cli.root, args).await,
        Command::TryTemplates { folder, refused } => {
            try_out(folder, refused, |file| outln!("{file}"));
            Ok(Outcome::Done)
        }
        Command::Serve => serve::run(&cli.root, accepted(cli)).await,
        _ => with_app(&open(cli)?, None, cli).await,
    }
}

/// Does what needs an opened installation; `daemon` is there where a daemon does it.
async fn with_app(app: &App, daemon: Option<&DaemonHandle>, cli: &Cli) -> anyhow::Result<Outcome> {
    match &cli.command {
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
        | Command::TrySlice(_)
        | Command::TryTemplates { .. }
        | Command::Serve => {
            Err(AppError::Usage("this command is not carried out by a running daemon".to_owned()).into())
        }
        Command::Sync(which) => sync::sync(app, &which.selection(), cli.json).await,
        Command::Rollup(args) => sync::rollup(app, args, cli.json).await,
        Command::Report(args) => report::run(app, args, cli.json).await,
        Command::Backfill(args) => backfill::backfill(app, args, cli.json).await,
        Command::Replay(args) => backfill::replay(app, args, cli.json).await,
        Command::Status => status::run(app, daemon, cli.json),
        Command::Runs(args) => runs::runs(app, args, cli.json),
        Command::Coverage(args) => coverage::run(app, args, cli.json),
        Command::Files(command) => files::run(app, command, cli.json).await,
        Command::Channels(command) => channels::run(app, command, cli.json),
        Command::Sources(command) => sources::run(app, command, cli.json).await,
        Command::Deliveries(args) => deliveries::run(app, args, cli.json),
        Command::SendTest(args) => send_test::run(app, args, cli.json).await,
        Command::Explain(args) => explain::run(app, args, cli.json),
        Command::Diff => daemon::diff(app, daemon, cli.json),
        Command::Reload => daemon::reload(daemon, cli.json).await,
        Command::RunJob { job } => daemon::run_job(daemon, job, cli.json).await,
        Command::Backup => maintain::backup(app, cli.json).await,
        Command::Maintain(args) => maintain::run(app, args, cli.json).await,
        Command::Clock(args) => clock::run(app, args, cli.json),
        Command::Quota(args) => quota::run(app, args, cli.json),
        Command::Snapshot(args) => maintain::snapshot(app, args, cli.json).await,
        Command::Export(args) => maintain::export(app, args, cli.json).await,
        Command::Doctor => doctor::of_app(app, cli.json),
        Command::Person(command) => person::run(app, command, cli.json).await,
    }
}

fn accepted(cli: &Cli) -> Accepted {
    // Whoever asks what is wrong, or makes room, must not need room.
    let no_room = !matches!(cli.command, Command::Serve);
    Accepted { empty: cli.accept_empty, older: cli.accept_older, no_room }
}

fn open(cli: &Cli) -> Result<App, AppError> {
    let app = App::open_accepting(&cli.root, Clock::System, accepted(cli))?;
    start_log(&app.settings.log);
    Ok(app)
}

/// What went wrong, for programs.
#[derive(serde::Serialize)]
struct Told {
    error: String,
}

fn tell_json(what: &impl serde::Serialize) {
    if let Err(error) = out::json(what) {
        errln!("daybook: {error}");
    }
}

fn tell(error: &anyhow::Error, json: bool) {
    if let Some(AppError::Config(found)) = error.downcast_ref() {
        if json {
            tell_json(found);
        } else {
            errln!("{}", problems::for_terminal(found, 80).trim_end());
        }
        return;
    }
    if json {
        tell_json(&Told { error: faults::told(error) });
    } else {
        errln!("daybook: {}", faults::told(error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// What an option asks for beside it; clap has no way to ask but its debug text.
    fn required_by(argument: &clap::Arg) -> Vec<String> {
        let text = format!("{argument:?}");
        let Some((_, rest)) = text.split_once("requires: [") else { return Vec::new() };
        let list = rest.split(']').next().unwrap_or_default();
        list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    }

    fn check(command: &clap::Command, found: &mut usize) {
        for argument in command.get_arguments() {
            let conflicts = |of| command.get_arg_conflicts_with(of).into_iter().map(|arg| arg.get_id().to_string());
            for wanted in required_by(argument) {
                *found += 1;
                let wanted = command.get_arguments().find(|arg| arg.get_id() == wanted.as_str()).expect("an option");
                let own: Vec<String> = conflicts(argument).collect();
                let missing: Vec<String> =
                    conflicts(wanted).filter(|id| id != argument.get_id().as_str() && !own.contains(id)).collect();
                let name = format!("{} --{}", command.get_name(), argument.get_id());
                assert!(missing.is_empty(), "{name} is silently ignored beside {missing:?}: let it conflict with them");
            }
        }
        command.get_subcommands().for_each(|command| check(command, found));
    }

    /// clap-rs/clap#4520: `destroy --dry-run` destroyed, since `requires` ends where its option conflicts with
    /// one that is there. `report -w acme --as-known-now` sent a report.
    #[test]
    fn an_option_that_needs_another_is_never_ignored() {
        let mut command = Cli::command();
        command.build();
        let mut found = 0;
        check(&command, &mut found);
        assert!(found > 8, "options that need another: {found}");
        let refused = |line: &str| Cli::try_parse_from(line.split(' ')).expect_err(line).kind();
        for line in [
            "daybook report -w acme --as-known-now",
            "daybook report --issued rep_1 --no-deliver",
            "daybook check --without-secrets -w acme",
            "daybook person erase -w acme --mail a@example.com --connection stripe --yes",
        ] {
            assert_eq!(refused(line), clap::error::ErrorKind::ArgumentConflict, "{line}");
        }
    }
}
