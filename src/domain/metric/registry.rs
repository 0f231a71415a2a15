//! The registry read from `jobs/metrics.toml`: every metric by its id, with formulas resolved.

use super::{Formula, Unit};
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A metric as its section of `metrics.toml` describes it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricSpec {
    pub label: String,
    /// What it means, in a sentence a reader can check.
    pub about: String,
    pub unit: Unit,
    pub better: Better,
    /// A column of `mart.metric_daily` that is summed.
    pub sum: Option<String>,
    /// An expression over other metrics. Exactly one of `sum` and `formula`.
    pub formula: Option<String>,
    /// For a sum: the facts it is computed from, e.g. `ad_daily`.
    #[serde(default)]
    pub from: Vec<String>,
}

/// Which direction is welcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    Higher,
    Lower,
    /// Neither: spending more is not good or bad by itself.
    Neither,
}

/// A metric ready to be evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    pub id: String,
    pub label: String,
    pub about: String,
    pub unit: Unit,
    pub better: Better,
    pub kind: Kind,
    /// The facts (tables of `core`) that it rests on, of its parts as well.
    pub from: BTreeSet<String>,
}

/// Where a metric's value comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// The sum of a column of `mart.metric_daily`.
    Sum {
        column: String,
    },
    Formula(Formula),
}

/// All metrics by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Registry {
    metrics: BTreeMap<String, Metric>,
}

/// What is wrong with a metric's definition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("metric {metric}: {message}")]
pub struct RegistryProblem {
    pub metric: String,
    pub message: String,
}

impl Registry {
    /// Resolves the definitions; `columns` are those of `mart.metric_daily` that may be summed.
    /// All problems are returned at once.
    pub fn new(specs: BTreeMap<String, MetricSpec>, columns: &[&str]) -> Result<Self, Vec<RegistryProblem>> {
        let mut problems = Vec::new();
        let mut metrics = BTreeMap::new();
        for (id, spec) in specs {
            match metric(&id, spec, columns) {
                Ok(metric) => drop(metrics.insert(id, metric)),
                Err(message) => problems.push(RegistryProblem { metric: id, message }),
            }
        }
        let ids: BTreeSet<String> = metrics.keys().cloned().collect();
        for metric in metrics.values() {
            if let Kind::Formula(formula) = &metric.kind {
                for name in formula.metrics() {
                    if !ids.contains(name) {
                        let message = format!("the formula uses {name:?}, which no metric defines");
                        problems.push(RegistryProblem { metric: metric.id.clone(), message });
                    }
                }
            }
        }
        if problems.is_empty() {
            problems = cycles(&metrics);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut registry = Self { metrics };
        for id in ids {
            let from = registry.facts(&id);
            if let Some(metric) = registry.metrics.get_mut(&id) {
                metric.from = from;
            }
        }
        Ok(registry)
    }

    pub fn get(&self, id: &str) -> Option<&Metric> {
        self.metrics.get(id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Metric> {
        self.metrics.values()
    }

    /// A metric's value from the sums of `mart.metric_daily`; `sum_of` is asked by column.
    pub fn value(&self, id: &str, sum_of: &dyn Fn(&str) -> Option<Decimal>) -> Option<Decimal> {
        match &self.get(id)?.kind {
            Kind::Sum { column } => sum_of(column),
            Kind::Formula(formula) => formula.evaluate(&|name| self.value(name, sum_of)),
        }
    }

    /// The expression a metric stands for, over columns of `mart.metric_daily`.
    pub fn sql(&self, id: &str) -> Option<String> {
        Some(match &self.get(id)?.kind {
            Kind::Sum { column } => format!("sum({column})"),
            Kind::Formula(formula) => formula.to_sql(&|name| self.sql(name).unwrap_or_else(|| "NULL".to_owned())),
        })
    }

    fn facts(&self, id: &str) -> BTreeSet<String> {
        match self.get(id) {
            Some(Metric { kind: Kind::Formula(formula), .. }) => {
                formula.metrics().into_iter().flat_map(|name| self.facts(name)).collect()
            }
            Some(metric) => metric.from.clone(),
            None => BTreeSet::new(),
        }
    }
}

fn metric(id: &str, spec: MetricSpec, columns: &[&str]) -> Result<Metric, String> {
    if !id.starts_with(|c: char| c.is_ascii_lowercase())
        || !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    {
        return Err("an id is lower-case letters, digits and _, and begins with a letter".to_owned());
    }
    let kind = match (spec.sum, spec.formula) {
        (Some(column), None) if columns.contains(&column.as_str()) => Kind::Sum { column },
        (Some(column), None) => {
            return Err(format!("{column:?} is not a column of mart.metric_daily; it has {}", columns.join(", ")));
        }
        (None, Some(formula)) => Kind::Formula(Formula::parse(&formula).map_err(|error| error.to_string())?),
        _ => return Err("give exactly one of `sum` and `formula`".to_owned()),
    };
    Ok(Metric {
        id: id.to_owned(),
        label: spec.label,
        about: spec.about,
        unit: spec.unit,
        better: spec.better,
        kind,
        from: spec.from.into_iter().collect(),
    })
}

/// Metrics that are defined by themselves.
fn cycles(metrics: &BTreeMap<String, Metric>) -> Vec<RegistryProblem> {
    fn reaches<'a>(
        metrics: &'a BTreeMap<String, Metric>,
        from: &'a str,
        goal: &str,
        seen: &mut BTreeSet<&'a str>,
    ) -> bool {
        let Some(Metric { kind: Kind::Formula(formula), .. }) = metrics.get(from) else {
            return false;
        };
        formula
            .metrics()
            .into_iter()
            .any(|name| name == goal || (seen.insert(name) && reaches(metrics, name, goal, seen)))
    }
    metrics
        .keys()
        .filter(|id| reaches(metrics, id, id, &mut BTreeSet::new()))
        .map(|id| RegistryProblem { metric: id.clone(), message: "the formula leads back to itself".to_owned() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn registry(text: &str) -> Result<Registry, Vec<RegistryProblem>> {
        let specs = toml::from_str(text).expect("well-formed TOML");
        Registry::new(specs, &["impressions", "clicks", "cost", "conversions", "revenue"])
    }

    fn sum(id: &str) -> String {
        format!(
            "[{id}]\nlabel = 'x'\nabout = 'x'\nunit = 'count'\nbetter = 'higher'\nsum = '{id}'\nfrom = ['ad_daily']\n"
        )
    }

    fn formula(id: &str, text: &str) -> String {
        format!("[{id}]\nlabel = 'x'\nabout = 'x'\nunit = 'ratio'\nbetter = 'higher'\nformula = '{text}'\n")
    }

    /// The worked example of the metrics chapter (pandas): sums of three rows.
    #[test]
    fn ratios_come_from_sums() {
        let text = ["impressions", "clicks", "cost", "conversions", "revenue"].map(sum).concat()
            + &formula("ctr", "clicks / impressions")
            + &formula("cpc", "cost / clicks")
            + &formula("conversion_rate", "conversions / clicks")
            + &formula("cpa", "cost / conversions")
            + &formula("roas", "revenue / cost")
            + &formula("roi", "(revenue - cost) / cost");
        let registry = registry(&text).expect("a registry");
        let sums = |column: &str| {
            Some(match column {
                "impressions" => dec!(60200),
                "clicks" => dec!(820),
                "cost" => dec!(550),
                "conversions" => dec!(23),
                _ => dec!(1300),
            })
        };
        let value = |id| registry.value(id, &sums).expect("a value").round_dp(6);
        assert_eq!(value("ctr"), dec!(0.013621));
        assert_eq!(value("cpc"), dec!(0.670732));
        assert_eq!(value("conversion_rate"), dec!(0.028049));
        assert_eq!(value("cpa"), dec!(23.913043));
        assert_eq!(value("roas"), dec!(2.363636));
        assert_eq!(value("roi"), dec!(1.363636));
        assert_eq!(registry.get("roi").expect("roi").from, BTreeSet::from(["ad_daily".to_owned()]));
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let problems =
            registry(&(sum("typo") + &formula("a", "b / cost") + &formula("c", "1 +"))).expect_err("problems");
        assert_eq!(problems.len(), 4, "{problems:?}");
    }

    #[test]
    fn a_metric_may_not_be_defined_by_itself() {
        let problems = registry(&(formula("a", "b + 1") + &formula("b", "a + 1"))).expect_err("a circle");
        assert_eq!(problems.len(), 2);
        assert!(problems[0].message.contains("back to itself"));
    }
}
