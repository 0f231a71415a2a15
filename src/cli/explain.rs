//! `daybook explain`: where a printed figure comes from.

use super::dictionary::show_metric;
use super::show::{count, plain, table};
use super::{Outcome, out};
use crate::app::App;
use crate::queries::dictionary::metrics::metric;
use crate::queries::explain::{Explanation, Meaning, explain};
use crate::report::format::Locale;

#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// The receipt beside a figure, e.g. r_1f0a2b3c4d5e; or the id of a metric.
    #[arg(value_name = "RECEIPT or METRIC")]
    receipt: String,
}

pub fn run(app: &App, args: &ExplainArgs, json: bool) -> anyhow::Result<Outcome> {
    if let Some(metric) = metric(&app.settings.metrics, &args.receipt) {
        return show_metric(&metric, json);
    }
    let found = explain(app, &args.receipt)?;
    if json {
        return out::json(&found);
    }
    print(&found);
    Ok(Outcome::Done)
}

fn print(found: &Explanation) {
    let receipt = &found.receipt;
    outln!("{}: {}", plain(&receipt.label), receipt.text);
    let at = found.issued_at.format("%Y-%m-%d %H:%M UTC");
    outln!("  report      {} of {}, issued {at}", found.report_id, found.workspace);
    outln!("  exactly     {}", receipt.value.as_deref().unwrap_or("no value"));
    let same = if receipt.text == found.text_now { "the same" } else { "another figure" };
    outln!("  now         {} ({same})", found.text_now);
    outln!("  definition  {}", plain(&found.definition));
    if !receipt.definition.is_empty() && receipt.definition != found.definition {
        outln!("  then        {}", plain(&receipt.definition));
    }
    for Meaning { label, about } in &found.meanings {
        outln!("  meaning     {}: {}", plain(label), plain(about));
    }
    for filter in &found.filters {
        outln!("  filter      {}", plain(filter));
    }
    for source in &found.freshness {
        let through =
            source.whole_through.map_or_else(|| "nothing yet".to_owned(), |day| Locale::STANDARD.date_text(day));
        let read =
            source.last_success_at.map_or_else(|| "never".to_owned(), |at| at.format("%Y-%m-%d %H:%M UTC").to_string());
        outln!("  freshness   {}: whole days through {through}, last read {read}", source.label);
    }
    outln!("\n{}\n", found.sql.lines().map(plain).collect::<Vec<_>>().join("\n"));
    let rows: Vec<_> = found
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
    for line in &found.loads {
        outln!("{} {}", line.load_id, line.manifest);
    }
}
