//! `daybook runs`: runs of jobs, loads and quarantined rows.

use super::Outcome;
use super::out;
use super::show::{count, plain, table};
use crate::app::App;
use crate::queries::{self, loads::loads, quarantine::quarantine};

#[derive(Debug, clap::Args)]
pub struct RunsArgs {
    /// Only this workspace.
    #[arg(long, short, value_name = "ID")]
    workspace: Option<String>,
    /// Only this job's runs.
    #[arg(long, value_name = "ID", conflicts_with_all = ["loads", "quarantine"])]
    job: Option<String>,
    /// What was loaded, slice by slice, instead of the jobs' runs.
    #[arg(long, conflicts_with = "quarantine")]
    loads: bool,
    /// Quarantined rows, with the reasons.
    #[arg(long)]
    quarantine: bool,
    /// At most so many, newest first.
    #[arg(long, default_value_t = 30, value_name = "COUNT")]
    limit: u32,
}

pub fn runs(app: &App, args: &RunsArgs, json: bool) -> anyhow::Result<Outcome> {
    if args.quarantine {
        return quarantined(app, args, json);
    }
    if !args.loads {
        return of_jobs(app, args, json);
    }
    let found = loads(app, args.workspace.as_deref(), args.limit)?;
    if json {
        return out::json(&found);
    }
    let lines = found.iter().map(|load| {
        vec![
            load.loaded_at.format("%m-%d %H:%M").to_string(),
            format!("{} {}", load.workspace, load.stream),
            load.slice.clone(),
            count(load.rows_read),
            count(load.rows_written),
            count(load.rows_superseded),
            count(load.rows_quarantined),
        ]
    });
    outln!(
        "{}",
        table(
            &["loaded UTC", "stream", "slice", "read", "new", "restated", "quarantined"],
            &[3, 4, 5, 6],
            lines.collect()
        )
    );
    Ok(Outcome::Done)
}

fn of_jobs(app: &App, args: &RunsArgs, json: bool) -> anyhow::Result<Outcome> {
    let runs = queries::runs::runs(app, args.job.as_deref(), args.workspace.as_deref(), args.limit)?;
    if json {
        return out::json(&runs);
    }
    if runs.is_empty() {
        outln!("no job has run yet; `daybook runs --loads` shows what was loaded by hand");
        return Ok(Outcome::Done);
    }
    let lines = runs.iter().map(|run| {
        let took = run
            .ended_at
            .map(|ended| format!("{} s", count((ended - run.started_at).num_seconds().max(0).unsigned_abs())));
        let attempt = if run.attempt > 1 { format!(" ({}.)", run.attempt) } else { String::new() };
        vec![
            run.started_at.format("%m-%d %H:%M").to_string(),
            format!("{} {}", run.job, run.workspace),
            took.unwrap_or_default(),
            format!("{}{attempt}", run.outcome.replace('_', " ")),
            run.detail.clone(),
        ]
    });
    outln!("{}", table(&["began UTC", "job", "took", "outcome", "detail"], &[2], lines.collect()));
    Ok(Outcome::Done)
}

fn quarantined(app: &App, args: &RunsArgs, json: bool) -> anyhow::Result<Outcome> {
    let rows = quarantine(app, args.workspace.as_deref(), args.limit)?;
    if json {
        return out::json(&rows);
    }
    if rows.is_empty() {
        outln!("no row is quarantined");
    }
    for row in rows {
        outln!(
            "{} {} ({}), {}\n  {}\n  {}",
            row.workspace,
            row.stream,
            row.table,
            plain(&row.slice),
            plain(&row.reason),
            plain(&row.raw)
        );
    }
    Ok(Outcome::Done)
}
