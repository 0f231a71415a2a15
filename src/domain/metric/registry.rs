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
    /// A level as it stood at the end of the period's last day, e.g. MRR; never summed.
    pub level: Option<String>,
    /// A distinct count as the vendor made it for one day; never summed over days or channels.
    pub distinct: Option<String>,
    /// An expression over other metrics. Exactly one of `sum`, `level`, `distinct` and `formula`.
    pub formula: Option<String>,
    /// For all but formulas: the facts it is computed from, e.g. `ad_daily`.
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
    /// A column of `mart.mrr_daily` at the end of the period's last day, of the workspace as a whole.
    Level {
        column: String,
    },
    /// A column of `core.web_visitors_daily`. It has a value for a single day of a single property,
    /// for which the vendor counted it, and none for anything that would have to be added up.
    Distinct {
        column: String,
    },
    Formula(Formula),
}

/// The columns that metrics may name, by kind. No name is in two of them.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    pub summed: &'a [&'a str],
    pub levels: &'a [&'a str],
    pub distinct: &'a [&'a str],
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
    /// Resolves the definitions. All problems are returned at once.
    pub fn new(specs: BTreeMap<String, MetricSpec>, columns: Columns<'_>) -> Result<Self, Vec<RegistryProblem>> {
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

    /// A metric's value from the columns of a period and scope; `value_of` is asked by column, and
    /// knows levels and distinct counts only where they exist.
    pub fn value(&self, id: &str, value_of: &dyn Fn(&str) -> Option<Decimal>) -> Option<Decimal> {
        match &self.get(id)?.kind {
            Kind::Sum { column } | Kind::Level { column } | Kind::Distinct { column } => value_of(column),
            Kind::Formula(formula) => formula.evaluate(&|name| self.value(name, value_of)),
        }
    }

    /// The expression a metric stands for; `sql_of` writes the part that is no formula.
    pub fn sql(&self, id: &str, sql_of: &dyn Fn(&Kind) -> String) -> Option<String> {
        Some(match &self.get(id)?.kind {
            Kind::Formula(formula) => {
                formula.to_sql(&|name| self.sql(name, sql_of).unwrap_or_else(|| "NULL".to_owned()))
            }
            kind => sql_of(kind),
        })
    }

    /// Whether the values of days add up to that of the whole: then a month's target can be shared
    /// out among its days. Rates, levels and distinct counts do not.
    pub fn is_additive(&self, id: &str) -> bool {
        match self.get(id).map(|metric| &metric.kind) {
            Some(Kind::Sum { .. }) => true,
            Some(Kind::Formula(formula)) => formula.is_sum_of(&|name| self.is_additive(name)),
            _ => false,
        }
    }

    /// Whether a metric is or is computed from `part`.
    pub fn rests_on(&self, id: &str, part: &str) -> bool {
        id == part
            || matches!(self.get(id).map(|metric| &metric.kind), Some(Kind::Formula(formula))
                if formula.metrics().into_iter().any(|name| self.rests_on(name, part)))
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

fn metric(id: &str, spec: MetricSpec, columns: Columns<'_>) -> Result<Metric, String> {
    if !id.starts_with(|c: char| c.is_ascii_lowercase())
        || !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    {
        return Err("an id is lower-case letters, digits and _, and begins with a letter".to_owned());
    }
    let known = |column: String, known: &[&str], table: &str| {
        if known.contains(&column.as_str()) {
            return Ok(column);
        }
        Err(format!("{column:?} is not such a column of {table}; it has {}", known.join(", ")))
    };
    let kind = match (spec.sum, spec.level, spec.distinct, spec.formula) {
        (Some(column), None, None, None) => Kind::Sum { column: known(column, columns.summed, "mart.metric_daily")? },
        (None, Some(column), None, None) => Kind::Level { column: known(column, columns.levels, "mart.mrr_daily")? },
        (None, None, Some(column), None) => {
            Kind::Distinct { column: known(column, columns.distinct, "core.web_visitors_daily")? }
        }
        (None, None, None, Some(formula)) => {
            Kind::Formula(Formula::parse(&formula).map_err(|error| error.to_string())?)
        }
        _ => return Err("give exactly one of `sum`, `level`, `distinct` and `formula`".to_owned()),
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
        let summed = &["impressions", "clicks", "cost", "conversions", "revenue"];
        Registry::new(specs, Columns { summed, levels: &["mrr"], distinct: &["visitors"] })
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
    fn only_what_adds_up_is_shared_out_among_days() {
        let level = "[mrr]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'higher'\nlevel = 'mrr'\n";
        let text = ["cost", "revenue", "clicks"].map(sum).concat()
            + level
            + &formula("profit", "0.4 * revenue - cost")
            + &formula("roas", "revenue / cost")
            + &formula("squared", "revenue * revenue")
            + &formula("shifted", "revenue + 1");
        let registry = registry(&text).expect("a registry");
        let additive: Vec<&str> =
            registry.iter().filter(|m| registry.is_additive(&m.id)).map(|m| m.id.as_str()).collect();
        assert_eq!(additive, ["clicks", "cost", "profit", "revenue"]);
    }

    #[test]
    fn a_level_is_not_summed_and_names_its_own_columns() {
        let wrong = "[mrr]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'higher'\nsum = 'mrr'\n";
        assert!(registry(wrong).expect_err("not a sum")[0].message.contains("mart.metric_daily"));
        let both = "[a]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'higher'\nlevel = 'mrr'\nsum = 'cost'\n";
        assert!(registry(both).expect_err("two kinds")[0].message.contains("exactly one"));
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
