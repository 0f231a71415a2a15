//! `daybook explain`: where a printed figure comes from.

use super::Outcome;
use super::show::{count, plain, table};
use crate::daemon::{App, AppError};
use crate::domain::period::Period;
use crate::report::format::value_text;
use crate::warehouse::{outbox, readings};

#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// The receipt beside a figure, e.g. r_1f0a2b3c4d5e.
    receipt: String,
}

pub fn run(app: &App, args: &ExplainArgs, json: bool) -> anyhow::Result<Outcome> {
    let found = app.warehouse.read_blocking(|reader| outbox::receipt(reader, &args.receipt))?;
    let receipt =
        found.ok_or_else(|| AppError::Usage(format!("no issued report holds the receipt {:?}", args.receipt)))?;
    let metric = app.settings.metrics.get(&receipt.metric);
    let definition = app.settings.metrics.sql(&receipt.metric).unwrap_or_else(|| "(no longer defined)".to_owned());
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut sql = format!(
        "SELECT {definition} FROM mart.metric_daily\nWHERE workspace = {} AND date >= DATE '{}' AND date < DATE '{}'",
        quoted(&receipt.workspace),
        receipt.period_start,
        receipt.period_end
    );
    for (column, value) in [("channel", &receipt.channel), ("campaign", &receipt.campaign)] {
        if let Some(value) = value {
            sql += &format!("\n  AND {column} = {}", quoted(value));
        }
    }
    let facts: Vec<String> = metric.map(|metric| metric.from.iter().cloned().collect()).unwrap_or_default();
    let (now, loads) = app.warehouse.read_blocking(|reader| {
        let period = Period { start: receipt.period_start, end: receipt.period_end };
        let sums = match &receipt.campaign {
            Some(campaign) => {
                readings::by_campaign(reader, &receipt.workspace, period)?.remove(campaign).unwrap_or_default()
            }
            None => readings::total(reader, &receipt.workspace, period, receipt.channel.as_deref())?,
        };
        let now = app.settings.metrics.value(&receipt.metric, &|column| sums.get(column).copied());
        let mut loads = Vec::new();
        for fact in &facts {
            for line in outbox::loads(reader, &receipt.workspace, fact, receipt.period_start, receipt.period_end)? {
                loads.push((fact.clone(), line));
            }
        }
        Ok((now, loads))
    })?;
    let currency = app.settings.workspace(&receipt.workspace).map(|workspace| workspace.workspace.currency);
    let now_text = metric.zip(currency).map(|(metric, currency)| value_text(now, metric.unit, currency));
    if json {
        let loads: Vec<_> = loads.iter().map(|(fact, line)| serde_json::json!({"fact": fact, "load": line})).collect();
        say!(
            "{}",
            serde_json::json!({
                "receipt": receipt, "metric": metric.map(|m| serde_json::json!({"id": m.id, "label": m.label, "about": m.about})),
                "definition": definition, "sql": sql, "value_now": now.map(|value| value.normalize().to_string()), "loads": loads,
            })
        );
        return Ok(Outcome::Done);
    }
    let label = metric.map_or(receipt.metric.as_str(), |metric| metric.label.as_str());
    say!("{label}: {}", receipt.text);
    say!(
        "  report    {} of {}, issued {}",
        receipt.report_id,
        receipt.workspace,
        receipt.issued_at.format("%Y-%m-%d %H:%M UTC")
    );
    say!("  days      {} to before {}", receipt.period_start, receipt.period_end);
    say!("  exactly   {}", receipt.value.as_deref().unwrap_or("no value"));
    say!("  now       {}", now_text.as_deref().unwrap_or("no value"));
    if let Some(metric) = metric {
        say!("  meaning   {}", metric.about);
    }
    say!("\n{}\n", plain(&sql));
    let rows = loads.iter().map(|(fact, line)| {
        vec![
            fact.clone(),
            format!("{} {}", line.connection, line.stream),
            plain(&line.slice),
            count(line.rows),
            line.fetched_at.format("%m-%d %H:%M").to_string(),
        ]
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        say!("No fact of these days is held.");
    } else {
        say!("{}", table(&["fact", "stream", "slice", "rows", "fetched UTC"], &[3], rows));
        for (_, line) in &loads {
            say!("{} {}", line.load_id, line.manifest);
        }
    }
    Ok(Outcome::Done)
}
