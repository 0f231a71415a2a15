//! `daybook demo`: the whole path on simulated companies, over real HTTP on loopback.

mod folder;
mod guide;
mod serve;

use super::Outcome;
use super::report::{Issued, issue_job, print};
use super::show::{bytes, count};
use super::sync::{fetch, print as print_sync};
use crate::app::issue::Deadline;
use crate::app::{App, Selection};
use crate::config::WorkspaceSettings;
use crate::daemon::start_log;
use crate::jobs::deliver::{BusyQueues, deliver_due};
use crate::report::definition::Cadence;
use crate::sandbox::{Faults, SOFTWARE, Sandbox, SandboxOptions, with_odd_names, write_drop_files};
use crate::support::clock::Clock;
use crate::warehouse::outbox::Ending;
use anyhow::{anyhow, bail};
use chrono::Days;
use folder::Memory;
use futures_util::future::try_join_all;
use guide::Guide;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

const SEED: u64 = 20_26;
/// Two rows of its file are bad, for everybody to see what becomes of them.
const PLANTED: &str = "influencer";
/// Days reported one by one: the last one is the day before today.
const REPORTS: u64 = 3;

#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// Where everything goes.
    #[arg(long, default_value = "daybook-demo", value_name = "DIR")]
    dir: PathBuf,
    /// Days of history to simulate.
    #[arg(long, default_value_t = 400, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(60..=1000))]
    days: u64,
    /// Read all days of all vendors; else 60 days of some.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    serving: serve::ServeArgs,
}

pub async fn run(args: &DemoArgs) -> anyhow::Result<Outcome> {
    let clock = Clock::System;
    fs::create_dir_all(&args.dir)?;
    let dir = args.dir.canonicalize()?;
    let _claim = folder::claim(&dir)?;
    let kept = Memory::of(&dir);
    if args.all && kept.as_ref().is_some_and(|kept| !kept.is_all) {
        bail!(
            "the demo in {} reads 60 days of some vendors: for all of them choose another folder with --dir",
            dir.display()
        );
    }
    let (sandbox, memory) = start(args, kept.as_ref(), &clock).await?;
    if !args.serving.serve {
        let built = build(&dir, args.days, &sandbox, &memory, clock).await?;
        outln!("its vendors are down now; with --serve they stay up, to try other commands on");
        return Ok(built);
    }
    let is_there = memory.is_built && dir.join("daybook.duckdb").exists();
    let built = if is_there {
        folder::write_days(&sandbox, &dir)?;
        Outcome::Done
    } else {
        // What is late never was there; a token is refused and a vendor breaks only after good days.
        sandbox.set_troubles(args.serving.troubles(clock.now()).only_late());
        build(&dir, args.days, &sandbox, &memory, clock.clone()).await?
    };
    let is_moved = folder::point_to(&dir, sandbox.port())?;
    Memory { is_built: true, ..memory }.write(&dir)?;
    let address = sandbox.base_url();
    let serving = serve::Serving::begin(sandbox, &args.serving, &clock)?;
    let guide = Guide {
        program: &std::env::args().next().unwrap_or_else(|| "daybook".to_owned()),
        dir: &args.dir,
        address: &address,
        is_moved: is_moved && is_there,
        troubles: &args.serving.troubles(clock.now()),
    };
    outln!();
    guide.lines().iter().for_each(|line| outln!("{line}"));
    serving.until_stopped(&dir, &clock).await?;
    Ok(built)
}

/// Syncs the companies and makes and delivers their reports.
async fn build(dir: &Path, days: u64, sandbox: &Sandbox, memory: &Memory, clock: Clock) -> anyhow::Result<Outcome> {
    let begun = Instant::now();
    outln!("sandbox: three companies with {days} days of history, their vendors on {}", sandbox.base_url());
    folder::write_installation(dir, sandbox, memory, clock.now().date_naive())?;
    folder::point_to(dir, sandbox.port())?;
    memory.write(dir)?;
    write_drop_files(sandbox, &dir.join("drops"))?;
    folder::write_truth(sandbox, dir)?;

    let app = App::open(dir, clock)?;
    start_log(&app.settings.log);
    let all = Selection::default();
    let outcomes = fetch(&app, &all).await?;
    print_sync(&outcomes, false)?;
    let is_well = outcomes.iter().all(|outcome| outcome.error.is_none() || outcome.stream == PLANTED);
    let (rows, size) = outcomes.iter().fold((0, 0), |(rows, size), o| (rows + o.loaded.rows_read, size + o.bytes));
    let rolled: u64 = app.rollup(&all).await?.iter().map(|(_, rolled)| rolled.days).sum();
    outln!("\nsynced {} rows ({}); {} days computed", count(rows), bytes(size), count(rolled));

    let all = app.settings.workspaces.iter().map(|workspace| issue_all(&app, workspace));
    let issued: Vec<Issued> = try_join_all(all).await?.into_iter().flatten().collect();
    let sent = deliver_due(&app.warehouse, &app.deliverers()?, &app.clock, &BusyQueues::default()).await?;
    outln!();
    print(&issued, &sent);
    let requests: Vec<String> = sandbox.request_counts().iter().map(|(vendor, n)| format!("{vendor} {n}")).collect();
    outln!("\nrequests answered by the sandbox: {}", requests.join(", "));
    Memory { is_built: true, ..memory.clone() }.write(dir)?;
    closing(dir, &issued, begun);
    let is_sent = sent.iter().all(|delivery| matches!(delivery.ending, Ending::Accepted { .. }));
    Ok(if is_sent && is_well { Outcome::Done } else { Outcome::Partly })
}

/// The reports of a company: the last ones of each of its jobs.
async fn issue_all(app: &App, workspace: &WorkspaceSettings) -> anyhow::Result<Vec<Issued>> {
    let of = &workspace.workspace;
    let today = app.clock.now().with_timezone(&of.time_zone).date_naive();
    let mut issued = Vec::new();
    for (_, report) in app.settings.report_jobs(&of.id) {
        let last = report.base.cadence.last_whole(today, of.calendar());
        let reports = if report.base.cadence == Cadence::Daily { REPORTS } else { 1 };
        for back in (0..reports).rev() {
            issued.extend(issue_job(app, workspace, report, last.back(back), Deadline::None, false).await?);
        }
    }
    Ok(issued)
}

/// Starts the sandbox as it was the last time. Where vendors are to stay up, only on the port that is
/// wanted; else on another one if that is taken.
async fn start(args: &DemoArgs, kept: Option<&Memory>, clock: &Clock) -> anyhow::Result<(Sandbox, Memory)> {
    let now = clock.now();
    let first_date = kept.map_or(now.date_naive() - Days::new(args.days), |kept| kept.first_date);
    let planted_at = kept.and_then(|kept| kept.planted_at).unwrap_or(now);
    let options = |port| SandboxOptions {
        tenants: with_odd_names(),
        seed: SEED,
        first_date,
        as_of: now,
        planted_at,
        port,
        faults: Faults { latency_ms: args.serving.latency, ..Faults::default() },
    };
    let port = args.serving.port.or(kept.map(|kept| kept.port)).unwrap_or(0);
    let sandbox = match Sandbox::start(options(port)).await {
        Err(error) if args.serving.serve && error.is_port_taken() => Err(anyhow!(
            "port {port} of this machine is taken: stop what listens there, or choose another one with --port"
        )),
        Err(error) if args.serving.serve => Err(anyhow!("{error}: choose another port with --port")),
        Err(_) => Ok(Sandbox::start(options(0)).await?),
        Ok(sandbox) => Ok(sandbox),
    }?;
    let is_built = kept.is_some_and(|kept| kept.is_built);
    let is_all = args.all || kept.is_some_and(|kept| kept.is_all);
    let memory =
        Memory { seed: SEED, first_date, port: sandbox.port(), planted_at: Some(planted_at), is_built, is_all };
    Ok((sandbox, memory))
}

fn closing(dir: &Path, issued: &[Issued], begun: Instant) {
    outln!("\nin {}", dir.display());
    outln!("  daybook.duckdb      the warehouse");
    outln!("  reports/            PDF, HTML and CSV, by workspace");
    outln!("  mail/  slack/       the same as mail and Slack messages");
    outln!("  config/  jobs/      the configuration, to be edited");
    outln!("  truth.json          what the simulated companies really did");
    if let Some(last) = issued.iter().rfind(|report| report.workspace == SOFTWARE && report.stem.starts_with("daily-"))
    {
        outln!("\nlook at {}", dir.join(format!("reports/{}/{}.pdf", last.workspace, last.stem)).display());
    }
    outln!("done in {:.1} s; run it again, and nothing is sent twice", begun.elapsed().as_secs_f64());
}
