//! What each number means and what it is made of.

use crate::domain::fiscal::FiscalYear;
use crate::domain::metric::{Better, Metric, Registry, Window};
use crate::jobs::explain::{AskedOf, DAILY, sql_of};
use rust_decimal::Decimal;
use serde::Serialize;

/// A metric with its definition.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricEntry {
    pub id: String,
    /// As printed.
    pub label: String,
    /// What it means, in a sentence.
    pub about: String,
    pub unit: &'static str,
    /// Which direction is good: `higher`, `lower` or `neither`.
    pub better: &'static str,
    pub definition: Option<String>,
    /// A query of one day over the tables, with `$workspace`, `$start` and `$end`.
    pub sql: String,
    /// Whether the values of days add up to that of their period.
    pub is_additive: bool,
    /// The facts that it rests on.
    pub from: Vec<String>,
    pub window: Option<&'static str>,
    /// A ratio has no value where its divisor is below this.
    pub minimum: Option<Decimal>,
    /// Days after which a day's figure is complete.
    pub matures_after: u32,
    /// The metrics of its formula, each with what it means.
    #[serde(skip)]
    pub parts: Vec<(String, String)>,
    /// What the minimum is of.
    #[serde(skip)]
    pub divisor: Option<String>,
}

/// Every metric.
pub fn metrics(registry: &Registry) -> Vec<MetricEntry> {
    registry.iter().map(|metric| entry(registry, metric)).collect()
}

/// One metric; none where there is none of that id.
pub fn metric(registry: &Registry, id: &str) -> Option<MetricEntry> {
    registry.get(id).map(|metric| entry(registry, metric))
}

fn entry(registry: &Registry, metric: &Metric) -> MetricEntry {
    let parts = metric.kind.metrics().into_iter().filter_map(|name| registry.get(name));
    MetricEntry {
        id: metric.id.clone(),
        label: metric.label.clone(),
        about: metric.about.clone(),
        unit: metric.unit.word(),
        better: match metric.better {
            Better::Higher => "higher",
            Better::Lower => "lower",
            Better::Neither => "neither",
        },
        definition: registry.definition(&metric.id),
        sql: sql(registry, metric),
        is_additive: registry.is_additive(&metric.id),
        from: metric.from.iter().cloned().collect(),
        window: registry.window(&metric.id).map(Window::word),
        minimum: registry.minimum(&metric.id),
        matures_after: metric.matures_after,
        parts: parts.map(|part| (part.id.clone(), part.about.clone())).collect(),
        divisor: registry.divisor(&metric.id).map(|divisor| divisor.to_string()),
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
