//! What metrics may be split by: the dimensions of the facts that add to them.

use crate::domain::fact::{Dimension, Fact, Facts, Origin};
use crate::domain::metric::{Number, Registry};
use std::collections::{BTreeMap, BTreeSet};

/// By metric, the facts that add to each measure it is made of.
#[derive(Debug, Default)]
pub(super) struct Splits {
    metrics: BTreeMap<String, BTreeMap<String, Vec<Adding>>>,
}

#[derive(Clone, Debug)]
struct Adding {
    fact: String,
    dimensions: BTreeSet<Dimension>,
    /// Its contract, where it is one of the installation's own.
    file: Option<String>,
}

impl Splits {
    pub fn of(metrics: &Registry, facts: &Facts) -> Self {
        let adding = |fact: &Fact| Adding {
            fact: fact.id.clone(),
            dimensions: fact.contribution.iter().flat_map(|adds| adds.dimensions.iter().copied()).collect(),
            file: match &fact.origin {
                Origin::BuiltIn => None,
                Origin::File(file) => Some(file.display().to_string()),
            },
        };
        let of = |id: &str| -> BTreeMap<String, Vec<Adding>> {
            let columns = metrics.parts_of(id).into_iter().filter_map(|part| match part.number {
                Number::Sum(column) => Some(column),
                _ => None,
            });
            let facts_of = |column: &String| facts.adding_to(column).into_iter().filter_map(|id| facts.get(id));
            columns.map(|column| (column.clone(), facts_of(&column).map(adding).collect())).collect()
        };
        Self { metrics: metrics.iter().map(|metric| (metric.id.clone(), of(&metric.id))).collect() }
    }

    /// Why a metric cannot be split by a dimension, and what to do; none where it can. Of several facts that add
    /// to one measure, those without the dimension have a part of their own, "Not stated".
    pub fn refuse(&self, metric: &str, dimension: Dimension) -> Option<(String, String)> {
        let measures = self.metrics.get(metric)?;
        let has = |facts: &[Adding], dimension| facts.iter().any(|fact| fact.dimensions.contains(&dimension));
        let (measure, facts) = measures.iter().find(|(_, facts)| !has(facts, dimension))?;
        let names: Vec<&str> = facts.iter().map(|fact| fact.fact.as_str()).collect();
        let word = dimension.word();
        let what = match names.as_slice() {
            [] => format!("no fact adds {measure}"),
            [one] => format!("the fact {one}, which adds {measure}, has no dimension {word}"),
            several => {
                format!("none of the facts {}, which add {measure}, has the dimension {word}", several.join(", "))
            }
        };
        let others: Vec<&str> = Dimension::WORDS
            .iter()
            .filter(|(_, other)| measures.values().all(|facts| has(facts, *other)))
            .map(|(word, _)| *word)
            .collect();
        let leave = match others.as_slice() {
            [] => "leave the metric out, or write by = \"channel\"".to_owned(),
            others => format!("leave the metric out, or write by = \"{}\"", others.join("\" or \"")),
        };
        let own = facts.iter().find_map(|fact| Some((fact, fact.file.as_ref()?)));
        let remedy = match own {
            Some((fact, file)) => {
                format!("add \"{word}\" to dimensions of {file} and yield it in {}.metrics.sql, or {leave}", fact.fact)
            }
            None => leave,
        };
        Some((format!("by: {metric} is not known by {word}: {what}"), remedy))
    }
}
