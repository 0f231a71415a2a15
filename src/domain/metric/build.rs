//! Makes the registry of the definitions, with every problem reported at once.

use super::problem::Refusal;
use super::{Columns, Formula, Kind, Metric, MetricSpec, Registry, RegistryProblem, refusals};
use std::collections::{BTreeMap, BTreeSet};

const REMEDY: &str = "define it by other metrics or by the sum of a column";

impl Registry {
    /// Resolves the definitions.
    ///
    /// # Errors
    /// All problems: names that nothing defines, circles, and sums of what does not add up.
    pub fn new(specs: BTreeMap<String, MetricSpec>, columns: &Columns) -> Result<Self, Vec<RegistryProblem>> {
        let mut problems = Vec::new();
        let mut metrics = BTreeMap::new();
        for (id, spec) in specs {
            match metric(&id, spec, columns) {
                Ok(metric) => drop(metrics.insert(id, metric)),
                Err(refusal) => problems.push(RegistryProblem::new(&id, refusal)),
            }
        }
        for metric in metrics.values() {
            for name in metric.kind.metrics().into_iter().filter(|name| !metrics.contains_key(*name)) {
                let uses = if matches!(metric.kind, Kind::Formula(_)) { "the formula uses" } else { "it is of" };
                let message = format!("{uses} {name:?}, which no metric defines");
                problems.push(RegistryProblem::new(&metric.id, plain(message)));
            }
        }
        if problems.is_empty() {
            problems = circles(&metrics);
        }
        let mut registry = Self { metrics };
        if problems.is_empty() {
            problems = refusals::find(&registry);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        for id in registry.metrics.keys().cloned().collect::<Vec<_>>() {
            let (from, matures_after) = (registry.facts(&id), registry.maturity(&id));
            let parts = registry.parts_of(&id);
            let Some(metric) = registry.metrics.get_mut(&id) else { continue };
            (metric.from, metric.matures_after) = (from, matures_after);
            metric.windows = parts.iter().filter_map(|part| part.scope.window).collect();
            metric.is_windowed = parts.iter().all(|part| part.scope.window.is_some());
            metric.days_of_rows = parts.iter().map(|part| columns.days_of_rows(&part.number)).fold(1, u32::max);
        }
        Ok(registry)
    }

    fn facts(&self, id: &str) -> BTreeSet<String> {
        let Some(metric) = self.get(id) else { return BTreeSet::new() };
        let parts = metric.kind.metrics().into_iter().flat_map(|name| self.facts(name));
        // A formula rests on what its parts rest on.
        let own = if matches!(metric.kind, Kind::Formula(_)) { BTreeSet::new() } else { metric.from.clone() };
        own.into_iter().chain(parts).collect()
    }

    fn maturity(&self, id: &str) -> u32 {
        let Some(metric) = self.get(id) else { return 0 };
        let parts = metric.kind.metrics().into_iter().map(|name| self.maturity(name));
        parts.fold(metric.matures_after, u32::max)
    }
}

fn plain(message: impl Into<String>) -> Refusal {
    Refusal::new(message, REMEDY)
}

fn metric(id: &str, spec: MetricSpec, columns: &Columns) -> Result<Metric, Refusal> {
    if !id.starts_with(|c: char| c.is_ascii_lowercase())
        || !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    {
        return Err(plain("an id is lower-case letters, digits and _, and begins with a letter"));
    }
    refusals::of_columns(&spec, columns)?;
    let mut from: BTreeSet<String> = spec.from.into_iter().collect();
    let kind = match (spec.sum, spec.level, spec.distinct, spec.formula, spec.of) {
        (Some(column), None, None, None, None) => {
            let Some(facts) = columns.summed.get(&column) else {
                let known = columns.summed.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                return Err(plain(format!("{column:?} is not such a column of mart.metric_daily; it has {known}")));
            };
            from.extend(facts.iter().cloned());
            Kind::Sum { column, rows: spec.rows }
        }
        (None, Some(name), None, None, None) => Kind::Level(columns.daily(&name).map_err(plain)?),
        (None, None, Some(name), None, None) => Kind::Distinct(columns.daily(&name).map_err(plain)?),
        (None, None, None, Some(formula), None) => {
            Kind::Formula(Formula::parse(&formula).map_err(|error| plain(error.to_string()))?)
        }
        (None, None, None, None, Some(metric)) => Kind::Of { metric, rows: spec.rows, window: spec.window },
        _ => return Err(plain("give exactly one of `sum`, `level`, `distinct`, `formula` and `of`")),
    };
    if let Kind::Level(daily) | Kind::Distinct(daily) = &kind {
        match columns.rests_on.get(&daily.table) {
            Some(facts) => from.extend(facts.iter().cloned()),
            None if daily.schema == "core" => drop(from.insert(daily.table.clone())),
            None => {}
        }
    }
    Ok(Metric {
        id: id.to_owned(),
        label: spec.label,
        about: spec.about,
        unit: spec.unit,
        better: spec.better,
        kind,
        minimum: spec.minimum,
        matures_after: spec.matures_after,
        from,
        windows: BTreeSet::new(),
        is_windowed: false,
        days_of_rows: 1,
    })
}

/// Metrics that are defined by themselves.
fn circles(metrics: &BTreeMap<String, Metric>) -> Vec<RegistryProblem> {
    fn reaches<'a>(
        metrics: &'a BTreeMap<String, Metric>,
        from: &'a str,
        goal: &str,
        seen: &mut BTreeSet<&'a str>,
    ) -> bool {
        let Some(metric) = metrics.get(from) else { return false };
        metric
            .kind
            .metrics()
            .into_iter()
            .any(|name| name == goal || (seen.insert(name) && reaches(metrics, name, goal, seen)))
    }
    metrics
        .keys()
        .filter(|id| reaches(metrics, id, id, &mut BTreeSet::new()))
        .map(|id| RegistryProblem::new(id, plain("the formula leads back to itself")))
        .collect()
}
