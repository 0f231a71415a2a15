//! All facts of an installation, and what they are together.

use super::{Column, Dimension, Fact, Measure, Rollup};
use std::collections::BTreeMap;

/// Facts by id, and the rollups of the installation over them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    facts: BTreeMap<String, Fact>,
    /// Each behind those it reads.
    rollups: Vec<Rollup>,
}

/// What is wrong with a fact beside the others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {remedy}")]
pub struct FactsProblem {
    pub message: String,
    pub remedy: String,
}

impl Facts {
    /// Adds a fact.
    ///
    /// # Errors
    /// If another has its id, or gives one of its measures another type.
    pub fn add(&mut self, fact: Fact) -> Result<(), Vec<FactsProblem>> {
        let mut found = Vec::new();
        if self.facts.contains_key(&fact.id) {
            let message = format!("there is a fact {:?} already", fact.id);
            found.push(problem(message, "name the file otherwise: facts are added, never replaced"));
        }
        let measures = self.measures();
        for measure in fact.contribution.iter().flat_map(|contribution| &contribution.measures) {
            if let Some(other) = measures.iter().find(|other| other.name == measure.name && other.kind != measure.kind)
            {
                let message =
                    format!("the measure {} is {} here and {} in other facts", measure.name, measure.kind, other.kind);
                found.push(problem(message, format!("give it the type {}, or another name", other.kind)));
            }
        }
        if found.is_empty() {
            self.facts.insert(fact.id.clone(), fact);
            return Ok(());
        }
        Err(found)
    }

    /// Puts the installation's rollups, in the order that they run in.
    pub fn set_rollups(&mut self, rollups: Vec<Rollup>) {
        self.rollups = rollups;
    }

    pub fn rollups(&self) -> &[Rollup] {
        &self.rollups
    }

    /// What columns refer to and no fact has, with the fact; asked once all are added.
    pub fn missing_references(&self) -> Vec<(&Fact, FactsProblem)> {
        let all = self.iter().flat_map(|fact| fact.columns.iter().map(move |column| (fact, column)));
        let refers = all.filter_map(|(fact, column)| Some((fact, column, column.references.as_ref()?)));
        let missing = refers.filter(|(_, _, (of, at))| self.column(of, at).is_none());
        let told = missing.map(|(fact, column, (of, at))| {
            let message = format!("columns.{}: it refers to {of}.{at}, which no fact has", column.name);
            (fact, problem(message, "name <fact>.<column>; `daybook tables` lists them"))
        });
        told.collect()
    }

    pub fn get(&self, id: &str) -> Option<&Fact> {
        self.facts.get(id)
    }

    /// By id.
    pub fn iter(&self) -> impl Iterator<Item = &Fact> {
        self.facts.values()
    }

    pub fn ids(&self) -> Vec<&str> {
        self.facts.keys().map(String::as_str).collect()
    }

    pub fn column(&self, fact: &str, column: &str) -> Option<&Column> {
        self.get(fact)?.column(column)
    }

    /// The columns of the unified metrics by name; each has one type whoever adds to it.
    pub fn measures(&self) -> Vec<Measure> {
        let all = self.iter().filter_map(|fact| fact.contribution.as_ref()).flat_map(|adds| &adds.measures);
        let by_name: BTreeMap<&str, &Measure> = all.map(|measure| (measure.name.as_str(), measure)).collect();
        by_name.into_values().cloned().collect()
    }

    /// The facts that add to a measure and split it by a dimension.
    pub fn telling_apart(&self, measure: &str, dimension: Dimension) -> Vec<&Fact> {
        let adds = |fact: &&Fact| {
            let contribution = fact.contribution.as_ref();
            contribution.is_some_and(|adds| {
                adds.dimensions.contains(&dimension) && adds.measures.iter().any(|own| own.name == measure)
            })
        };
        self.iter().filter(adds).collect()
    }

    /// The facts that add to a measure.
    pub fn adding_to(&self, measure: &str) -> Vec<&str> {
        let adds = |fact: &&Fact| {
            let contribution = fact.contribution.as_ref();
            contribution.is_some_and(|adds| adds.measures.iter().any(|own| own.name == measure))
        };
        self.iter().filter(adds).map(|fact| fact.id.as_str()).collect()
    }
}

fn problem(message: String, remedy: impl Into<String>) -> FactsProblem {
    FactsProblem { message, remedy: remedy.into() }
}
