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
    /// A level as it stood at the end of the period's last day, as `<table>.<column>`; never summed over days.
    pub level: Option<String>,
    /// A distinct count as the vendor made it for one day, as `<fact>.<column>`; never summed.
    pub distinct: Option<String>,
    /// An expression over other metrics. Exactly one of `sum`, `level`, `distinct` and `formula`.
    pub formula: Option<String>,
    /// Facts it rests on besides those that add to it: those that decide what is counted.
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
    /// A number as it stands at the end of the period's last day, of the workspace as a whole: the sum of
    /// that day's rows.
    Level(Daily),
    /// A distinct count. It has a value for a day with a single row, for which the vendor counted it, and
    /// none for anything that would have to be added up.
    Distinct(Daily),
    Formula(Formula),
}

/// A column of numbers with a day and a workspace, which does not add up over days.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Daily {
    /// `core` or `mart`.
    pub schema: String,
    pub table: String,
    /// The column of the day.
    pub day: String,
    pub column: String,
}

impl Daily {
    pub fn new(schema: &str, table: &str, day: &str, column: &str) -> Self {
        let [schema, table, day, column] = [schema, table, day, column].map(str::to_owned);
        Self { schema, table, day, column }
    }

    /// As metrics name it, e.g. `mrr_daily.mrr`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }
}

/// The columns that metrics may name.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// Of `mart.metric_daily`, each with the facts that add to it.
    pub summed: BTreeMap<String, Vec<String>>,
    /// What may be a level or a distinct count.
    pub daily: Vec<Daily>,
}

/// The tables whose columns were once named alone, as `level = "mrr"` and `distinct = "visitors"`.
const NAMED_ALONE: [&str; 2] = ["mrr_daily", "web_visitors_daily"];

impl Columns {
    fn daily(&self, name: &str) -> Result<Daily, String> {
        let is_meant = |daily: &&Daily| match name.split_once('.') {
            Some((table, column)) => daily.table == table && daily.column == column,
            None => NAMED_ALONE.contains(&daily.table.as_str()) && daily.column == name,
        };
        let names = || self.daily.iter().map(Daily::name).collect::<Vec<_>>().join(", ");
        self.daily
            .iter()
            .find(is_meant)
            .cloned()
            .ok_or_else(|| format!("{name:?} is no number by day; there are {}", names()))
    }
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
    pub fn new(specs: BTreeMap<String, MetricSpec>, columns: &Columns) -> Result<Self, Vec<RegistryProblem>> {
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

    /// The columns of `mart.metric_daily` that metrics sum.
    pub fn summed(&self) -> BTreeSet<&str> {
        let sums = self.iter().filter_map(|metric| match &metric.kind {
            Kind::Sum { column } => Some(column.as_str()),
            _ => None,
        });
        sums.collect()
    }

    /// The numbers that metrics read as levels.
    pub fn levels(&self) -> BTreeSet<&Daily> {
        let levels = self.iter().filter_map(|metric| match &metric.kind {
            Kind::Level(daily) => Some(daily),
            _ => None,
        });
        levels.collect()
    }

    /// The numbers that metrics read as distinct counts.
    pub fn distinct(&self) -> BTreeSet<&Daily> {
        let counts = self.iter().filter_map(|metric| match &metric.kind {
            Kind::Distinct(daily) => Some(daily),
            _ => None,
        });
        counts.collect()
    }

    /// A metric's value from the columns of a period and scope; `value_of` is asked by column, and
    /// knows levels and distinct counts only where they exist.
    pub fn value(&self, id: &str, value_of: &dyn Fn(&str) -> Option<Decimal>) -> Option<Decimal> {
        match &self.get(id)?.kind {
            Kind::Sum { column } => value_of(column),
            Kind::Level(daily) | Kind::Distinct(daily) => value_of(&daily.name()),
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

    /// What a metric is made of, in names of columns.
    pub fn definition(&self, id: &str) -> Option<String> {
        self.sql(id, &|kind| match kind {
            Kind::Sum { column } => format!("sum({column})"),
            Kind::Level(daily) => format!("{} at the end of the last day", daily.column),
            Kind::Distinct(daily) => format!("{} as the vendor counted them", daily.column),
            Kind::Formula(_) => String::new(),
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

    /// Whether a part of a workspace has a value of its own: levels and distinct counts are of all of it.
    pub fn has_parts(&self, id: &str) -> bool {
        match self.get(id).map(|metric| &metric.kind) {
            Some(Kind::Sum { .. }) => true,
            Some(Kind::Formula(formula)) => formula.metrics().into_iter().all(|name| self.has_parts(name)),
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

fn metric(id: &str, spec: MetricSpec, columns: &Columns) -> Result<Metric, String> {
    if !id.starts_with(|c: char| c.is_ascii_lowercase())
        || !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    {
        return Err("an id is lower-case letters, digits and _, and begins with a letter".to_owned());
    }
    let mut from: BTreeSet<String> = spec.from.into_iter().collect();
    let kind = match (spec.sum, spec.level, spec.distinct, spec.formula) {
        (Some(column), None, None, None) => {
            let Some(facts) = columns.summed.get(&column) else {
                let known = columns.summed.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                return Err(format!("{column:?} is not such a column of mart.metric_daily; it has {known}"));
            };
            from.extend(facts.iter().cloned());
            Kind::Sum { column }
        }
        (None, Some(name), None, None) => Kind::Level(columns.daily(&name)?),
        (None, None, Some(name), None) => Kind::Distinct(columns.daily(&name)?),
        (None, None, None, Some(formula)) => {
            Kind::Formula(Formula::parse(&formula).map_err(|error| error.to_string())?)
        }
        _ => return Err("give exactly one of `sum`, `level`, `distinct` and `formula`".to_owned()),
    };
    if let Kind::Level(daily) | Kind::Distinct(daily) = &kind
        && daily.schema == "core"
    {
        from.insert(daily.table.clone());
    }
    Ok(Metric {
        id: id.to_owned(),
        label: spec.label,
        about: spec.about,
        unit: spec.unit,
        better: spec.better,
        kind,
        from,
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
        let summed = ["impressions", "clicks", "cost", "conversions", "revenue"];
        let summed = summed.map(|column| (column.to_owned(), vec!["ad_daily".to_owned()])).into();
        let daily = vec![
            Daily::new("mart", "mrr_daily", "date", "mrr"),
            Daily::new("core", "web_visitors_daily", "date", "visitors"),
        ];
        Registry::new(specs, &Columns { summed, daily })
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
