//! `daybook metrics [ID]`: what each number means and what it is made of.

use super::line;
use crate::app::AppError;
use crate::cli::Outcome;
use crate::cli::show::{table, wrapped};
use crate::config;
use crate::domain::fiscal::FiscalYear;
use crate::domain::metric::{Better, Metric, Registry, Window};
use crate::jobs::explain::{AskedOf, DAILY, sql_of};
use crate::settings::unknown_remedy;
use crate::support::shown::fault;
use serde_json::{Value, json};
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
        if json {
            outln!("{}", Value::Array(registry.iter().map(|metric| as_json(registry, metric)).collect()));
            return Ok(Outcome::Done);
        }
        let rows = registry.iter().map(|metric| {
            let from: Vec<&str> = metric.from.iter().map(String::as_str).collect();
            vec![metric.id.clone(), fault(&metric.label), metric.unit.word().to_owned(), from.join(", ")]
        });
        outln!("{}", table(&["metric", "printed as", "unit", "rests on"], &[], rows.collect()));
        return Ok(Outcome::Done);
    };
    if !one(registry, id, json) {
        let ids: Vec<&str> = registry.iter().map(|metric| metric.id.as_str()).collect();
        let message = format!("there is no metric {id:?}; {}", unknown_remedy(id, &ids, "metrics"));
        return Err(AppError::Usage(message).into());
    }
    Ok(Outcome::Done)
}

/// Prints a metric; false where there is none of that id.
pub fn one(registry: &Registry, id: &str, json: bool) -> bool {
    let Some(metric) = registry.get(id) else { return false };
    if json {
        outln!("{}", as_json(registry, metric));
        return true;
    }
    outln!("{}", wrapped(&format!("{}: ", metric.id), &fault(&metric.label)));
    outln!("{}", line("meaning", &fault(&metric.about)));
    outln!("{}", line("unit", metric.unit.word()));
    outln!("{}", line("good is", better(metric.better)));
    outln!("{}", line("definition", &registry.definition(&metric.id).unwrap_or_default()));
    for part in metric.kind.metrics().into_iter().filter_map(|name| registry.get(name)) {
        outln!("{}", line("", &format!("{}: {}", part.id, fault(&part.about))));
    }
    if let (Some(minimum), Some(divisor)) = (registry.minimum(&metric.id), registry.divisor(&metric.id)) {
        outln!("{}", line("too few", &format!("below {minimum} {divisor}, and then no value")));
    }
    if metric.matures_after > 0 {
        outln!("{}", line("mature", &format!("{} days after the day", metric.matures_after)));
    }
    let from: Vec<String> = metric.from.iter().map(|fact| format!("core.{fact}")).collect();
    outln!("{}", line("rests on", &from.join(", ")));
    outln!("{}", line("in SQL", &sql(registry, metric)));
    true
}

fn as_json(registry: &Registry, metric: &Metric) -> Value {
    json!({ "id": metric.id, "label": metric.label, "about": metric.about, "unit": metric.unit.word(),
        "better": better(metric.better), "definition": registry.definition(&metric.id), "sql": sql(registry, metric),
        "is_additive": registry.is_additive(&metric.id), "from": metric.from,
        "window": registry.window(&metric.id).map(Window::word), "minimum": registry.minimum(&metric.id),
        "matures_after": metric.matures_after })
}

fn better(better: Better) -> &'static str {
    match better {
        Better::Higher => "higher",
        Better::Lower => "lower",
        Better::Neither => "neither",
    }
}

/// The query over the tables, with `$workspace`, `$start` and `$end`; of one day where it is counted by day. Windows of
/// quarters and years are those of the calendar: each workspace has its own.
fn sql(registry: &Registry, metric: &Metric) -> String {
    let of = AskedOf {
        workspace: "$workspace",
        days: ("$start", "$end"),
        last: "$end - 1",
        from: DAILY,
        rows: "",
        is_whole: true,
        is_one: true,
        year: FiscalYear::default(),
    };
    sql_of(registry, &metric.id, &of)
}
