//! `daybook explain`: where a printed figure comes from.

use super::Outcome;
use super::dictionary::explain_metric;
use super::show::{count, plain, table};
use crate::app::{App, AppError};
use crate::jobs::explain::{Explained, explain};
use crate::report::format::Locale;
use crate::warehouse::issued::{self, Receipt};

#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// The receipt beside a figure, e.g. r_1f0a2b3c4d5e; or the id of a metric.
    #[arg(value_name = "RECEIPT or METRIC")]
    receipt: String,
}

pub fn run(app: &App, args: &ExplainArgs, json: bool) -> anyhow::Result<Outcome> {
    if explain_metric(&app.settings.metrics, &args.receipt, json) {
        return Ok(Outcome::Done);
    }
    let found = app.warehouse.read_blocking(|reader| {
        let Some((report_id, receipt)) = issued::receipt(reader, &args.receipt)? else { return Ok(None) };
        Ok(issued::issued(reader, &report_id)?.map(|report| (report, receipt)))
    })?;
    let (report, receipt) =
        found.ok_or_else(|| AppError::Usage(format!("no issued report holds the receipt {:?}", args.receipt)))?;
    let workspace = app.settings.workspace(&report.workspace).ok_or_else(|| {
        AppError::Usage(format!(
            "the receipt is of the workspace {}, which is not configured any more",
            report.workspace
        ))
    })?;
    let context = app.report_context(workspace);
    let explained = app.warehouse.snapshot_blocking(|reader| explain(reader, &context, &receipt))?;
    let explained = explained.ok_or_else(|| {
        AppError::Usage("the receipt was kept by another version of Daybook, which knows what it stands for".to_owned())
    })?;
    if json {
        outln!("{}", as_json(&report, &receipt, &explained));
    } else {
        print(&report, &receipt, &explained);
    }
    Ok(Outcome::Done)
}

fn as_json(report: &issued::Issued, receipt: &Receipt, explained: &Explained) -> serde_json::Value {
    let meanings = explained.meanings.iter().map(|(label, about)| serde_json::json!({"label": label, "about": about}));
    let freshness = explained.freshness.iter().map(|source| {
        serde_json::json!({"source": source.source, "label": source.label, "whole_through": source.whole_through(),
            "last_success_at": source.last_success_at, "settles_after_days": source.settles_after_days})
    });
    serde_json::json!({
        "receipt": receipt, "report_id": report.report_id, "workspace": report.workspace, "issued_at": report.issued_at,
        "definition": explained.definition, "meanings": meanings.collect::<Vec<_>>(), "filters": explained.filters,
        "sql": explained.sql, "value_now": explained.now.map(|value| value.normalize().to_string()),
        "text_now": explained.now_text, "loads": explained.loads, "freshness": freshness.collect::<Vec<_>>(),
    })
}

fn print(report: &issued::Issued, receipt: &Receipt, explained: &Explained) {
    outln!("{}: {}", plain(&receipt.label), receipt.text);
    let at = report.issued_at.format("%Y-%m-%d %H:%M UTC");
    outln!("  report      {} of {}, issued {at}", report.report_id, report.workspace);
    outln!("  exactly     {}", receipt.value.as_deref().unwrap_or("no value"));
    let same = if receipt.text == explained.now_text { "the same" } else { "another figure" };
    outln!("  now         {} ({same})", explained.now_text);
    outln!("  definition  {}", plain(&explained.definition));
    if !receipt.definition.is_empty() && receipt.definition != explained.definition {
        outln!("  then        {}", plain(&receipt.definition));
    }
    for (label, about) in &explained.meanings {
        outln!("  meaning     {}: {}", plain(label), plain(about));
    }
    for filter in &explained.filters {
        outln!("  filter      {}", plain(filter));
    }
    for source in &explained.freshness {
        let through =
            source.whole_through().map_or_else(|| "nothing yet".to_owned(), |day| Locale::STANDARD.date_text(day));
        let read =
            source.last_success_at.map_or_else(|| "never".to_owned(), |at| at.format("%Y-%m-%d %H:%M UTC").to_string());
        outln!("  freshness   {}: whole days through {through}, last read {read}", source.label);
    }
    outln!("\n{}\n", explained.sql.lines().map(plain).collect::<Vec<_>>().join("\n"));
    let rows: Vec<_> = explained
        .loads
        .iter()
        .map(|line| {
            vec![
                line.fact.clone(),
                format!("{} {}", line.connection, line.stream),
                plain(&line.slice),
                count(line.rows),
                line.fetched_at.format("%m-%d %H:%M").to_string(),
            ]
        })
        .collect();
    if rows.is_empty() {
        outln!("It rests on no load: it was written into the configuration, or nothing is held of these days.");
        return;
    }
    outln!("{}", table(&["fact", "stream", "slice", "rows", "fetched UTC"], &[3], rows));
    for line in &explained.loads {
        outln!("{} {}", line.load_id, line.manifest);
    }
}
