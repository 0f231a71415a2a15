//! `daybook runs`: the loads, read aloud.

use super::Outcome;
use super::show::{count, plain, table};
use crate::app::App;
use crate::warehouse::{Context, WarehouseError, slots};
use chrono::NaiveDateTime;
use duckdb::params;

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
        return quarantine(app, args, json);
    }
    if !args.loads {
        return of_jobs(app, args, json);
    }
    let step = || "reading the loads".to_owned();
    let rows = app.warehouse.read_blocking(|reader| -> Result<Vec<_>, WarehouseError> {
        let mut statement = reader
            .prepare(
                "SELECT loaded_at, workspace, connection, stream, slice, rows_read, rows_written, rows_superseded,
                     rows_quarantined, array_to_string(notes, '; '), manifest
                 FROM ops.load WHERE ?::VARCHAR IS NULL OR workspace = ? ORDER BY loaded_at DESC, load_id LIMIT ?",
            )
            .context(step)?;
        let rows = statement
            .query_map(params![args.workspace, args.workspace, args.limit], |row| {
                let texts = (1..5).map(|index| row.get::<_, String>(index)).collect::<Result<Vec<_>, _>>()?;
                let counts = (5..9).map(|index| row.get::<_, u64>(index)).collect::<Result<Vec<_>, _>>()?;
                Ok((
                    row.get::<_, NaiveDateTime>(0)?,
                    texts,
                    counts,
                    row.get::<_, String>(9)?,
                    row.get::<_, String>(10)?,
                ))
            })
            .context(step)?;
        rows.collect::<Result<_, _>>().context(step)
    })?;
    if json {
        let lines = rows.iter().map(|(at, texts, counts, notes, manifest)| {
            serde_json::json!({
                "loaded_at": at.and_utc(), "workspace": texts[0], "connection": texts[1], "stream": texts[2], "slice": texts[3],
                "rows_read": counts[0], "rows_written": counts[1], "rows_superseded": counts[2], "rows_quarantined": counts[3],
                "notes": notes, "manifest": manifest,
            })
        });
        outln!("{}", serde_json::Value::Array(lines.collect()));
        return Ok(Outcome::Done);
    }
    let lines = rows.iter().map(|(at, texts, counts, ..)| {
        let mut line =
            vec![at.format("%m-%d %H:%M").to_string(), format!("{} {}", texts[0], texts[2]), texts[3].clone()];
        line.extend(counts.iter().map(|value| count(*value)));
        line
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
    let (job, workspace) = (args.job.as_deref(), args.workspace.as_deref());
    let runs = app.warehouse.read_blocking(|reader| slots::runs(reader, job, workspace, args.limit))?;
    if json {
        outln!("{}", serde_json::to_string(&runs)?);
        return Ok(Outcome::Done);
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

fn quarantine(app: &App, args: &RunsArgs, json: bool) -> anyhow::Result<Outcome> {
    let step = || "reading the quarantine".to_owned();
    let rows = app.warehouse.read_blocking(|reader| -> Result<Vec<Vec<String>>, WarehouseError> {
        let mut statement = reader
            .prepare(
                "SELECT workspace, stream, table_name, slice, reason, left(coalesce(raw, ''), 300) FROM ops.quarantine
                 WHERE ?::VARCHAR IS NULL OR workspace = ? ORDER BY ALL LIMIT ?",
            )
            .context(step)?;
        let rows = statement
            .query_map(params![args.workspace, args.workspace, args.limit], |row| {
                (0..6).map(|index| row.get(index)).collect()
            })
            .context(step)?;
        rows.collect::<Result<_, _>>().context(step)
    })?;
    if json {
        outln!("{}", serde_json::json!(rows));
    } else if rows.is_empty() {
        outln!("no row is quarantined");
    } else {
        for row in rows {
            outln!(
                "{} {} ({}), {}\n  {}\n  {}",
                row[0],
                row[1],
                row[2],
                plain(&row[3]),
                plain(&row[4]),
                plain(&row[5])
            );
        }
    }
    Ok(Outcome::Done)
}
