//! When facts become final.

use crate::domain::incident::Incident;
use crate::domain::period::Period;
use crate::report::readiness::SourceFreshness;
use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;

/// When facts become final.
#[derive(Clone, Debug, Default)]
pub struct Settling {
    /// The workspace's calendar day at the time of issue.
    pub today: Option<NaiveDate>,
    /// What is held of each fact's sources.
    pub facts: BTreeMap<String, Vec<SourceFreshness>>,
    /// Facts that are never final for periods that end before a day.
    pub unsure: BTreeMap<String, NaiveDate>,
    /// Known errors of the vendors.
    pub incidents: Vec<Incident>,
}

impl Settling {
    pub fn new(reach: &[SourceFreshness], today: NaiveDate) -> Self {
        let mut facts: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for source in reach {
            facts.entry(source.fact.clone()).or_default().push(source.clone());
        }
        Self { today: Some(today), facts, unsure: BTreeMap::new(), incidents: Vec::new() }
    }

    /// Whether a fact's rows of a period will not change any more: they are all here and confirmed, their
    /// source does not call them an estimate, and the time its vendor takes to settle has passed.
    pub fn is_final(&self, fact: &str, period: Period) -> bool {
        let Some(today) = self.today else { return true };
        if self.unsure.get(fact).is_some_and(|date| period.last_day() < *date) {
            return false;
        }
        self.facts.get(fact).into_iter().flatten().all(|source| {
            let settles = source.settles_after_days;
            let settled = settles == 0 || period.last_day() + Days::new(u64::from(settles)) < today;
            settled && source.covers(period) && source.limits(period).is_empty()
        })
    }
}
