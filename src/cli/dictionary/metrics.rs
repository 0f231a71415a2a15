//! `daybook metrics [ID]`: what each number means and what it is made of.

use super::line;
use crate::app::AppError;
use crate::cli::show::{table, wrapped};
use crate::cli::{Outcome, out};
use crate::config;
use crate::queries::dictionary::metrics::{MetricEntry, metric, metrics as all_metrics};
use crate::settings::unknown_remedy;
use crate::support::shown::fault;
use std::path::Path;

#[derive(Debug, clap::Args)]
pub struct MetricsArgs {
    /// Only this metric, with its definition.
    id: Option<String>,
}

pub fn metrics(root: &Path, args: &MetricsArgs, json: bool) -> anyhow::Result<Outcome> {
    let settings = config::load(root).map_err(AppError::Config)?;
    let registry = &settings.metrics;
    let Some(id) = &args.id else {
        let all = all_metrics(registry);
        if json {
            return out::json(&all);
        }
        let row = |metric: &MetricEntry| {
            vec![metric.id.clone(), fault(&metric.label), metric.unit.to_owned(), metric.from.join(", ")]
        };
        outln!("{}", table(&["metric", "printed as", "unit", "rests on"], &[], all.iter().map(row).collect()));
        return Ok(Outcome::Done);
    };
    let found = metric(registry, id).ok_or_else(|| {
        let ids: Vec<&str> = registry.iter().map(|metric| metric.id.as_str()).collect();
        AppError::Usage(format!("there is no metric {id:?}; {}", unknown_remedy(id, &ids, "metrics")))
    })?;
    show(&found, json)
}

/// Prints a metric.
pub fn show(metric: &MetricEntry, json: bool) -> anyhow::Result<Outcome> {
    if json {
        return out::json(metric);
    }
    outln!("{}", wrapped(&format!("{}: ", metric.id), &fault(&metric.label)));
    outln!("{}", line("meaning", &fault(&metric.about)));
    outln!("{}", line("unit", metric.unit));
    outln!("{}", line("good is", metric.better));
    outln!("{}", line("definition", metric.definition.as_deref().unwrap_or_default()));
    for (part, about) in &metric.parts {
        outln!("{}", line("", &format!("{part}: {}", fault(about))));
    }
    if let (Some(minimum), Some(divisor)) = (metric.minimum, &metric.divisor) {
        outln!("{}", line("too few", &format!("below {minimum} {divisor}, and then no value")));
    }
    if metric.matures_after > 0 {
        outln!("{}", line("mature", &format!("{} days after the day", metric.matures_after)));
    }
    let from: Vec<String> = metric.from.iter().map(|fact| format!("core.{fact}")).collect();
    outln!("{}", line("rests on", &from.join(", ")));
    outln!("{}", line("in SQL", &metric.sql));
    Ok(Outcome::Done)
}
