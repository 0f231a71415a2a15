//! What an admin sets of a stream's timing in place of the connector's own word: conversion windows,
//! lagging indexes and late repairs differ from account to account.

use super::catalog::Connector;
use super::spec::{SlicingSpec, StreamSpec};
use std::collections::BTreeMap;

/// The parts of a stream's timing that a connection may set; see [`SlicingSpec`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamTiming {
    pub reread_days: Option<u32>,
    pub nightly_days: Option<u32>,
    pub weekly_days: Option<u32>,
    pub overlap_secs: Option<u64>,
    pub settles_after_days: Option<u32>,
}

impl Connector {
    /// The connector with the timing of its streams set anew; every setting that does not fit is reported.
    pub fn timed(&self, timings: &BTreeMap<String, StreamTiming>) -> Result<Self, Vec<String>> {
        let mut connector = self.clone();
        let mut problems = Vec::new();
        for (id, timing) in timings {
            match connector.spec.streams.get_mut(id) {
                None => {
                    let known: Vec<&str> = self.spec.streams.keys().map(String::as_str).collect();
                    problems.push(format!("{} has no stream {id:?}; it has {}", self.spec.name, known.join(", ")));
                }
                Some(stream) => problems.extend(timing.set(stream).into_iter().map(|wrong| format!("{id}: {wrong}"))),
            }
        }
        if problems.is_empty() { Ok(connector) } else { Err(problems) }
    }
}

impl StreamTiming {
    fn set(&self, stream: &mut StreamSpec) -> Vec<String> {
        if let Some(days) = self.settles_after_days {
            stream.settles_after_days = days;
        }
        let by_day = [self.reread_days, self.nightly_days, self.weekly_days];
        match &mut stream.slicing {
            SlicingSpec::Days { reread_days, nightly_days, weekly_days, .. } => {
                for (own, set) in [reread_days, nightly_days, weekly_days].into_iter().zip(by_day) {
                    *own = set.unwrap_or(*own);
                }
                let wrong = "it is read by days: overlap_secs means nothing; set reread_days";
                self.overlap_secs.map(|_| wrong.to_owned()).into_iter().collect()
            }
            SlicingSpec::Instants { overlap_secs, .. } => {
                *overlap_secs = self.overlap_secs.unwrap_or(*overlap_secs);
                let wrong = "it is read by instants: only overlap_secs and settles_after_days can be set";
                by_day.iter().any(Option::is_some).then(|| wrong.to_owned()).into_iter().collect()
            }
            SlicingSpec::Whole | SlicingSpec::Before { .. } => {
                let is_set = self.overlap_secs.is_some() || by_day.iter().any(Option::is_some);
                is_set
                    .then(|| "it is read once or always as a whole: there is no look-back to set".to_owned())
                    .into_iter()
                    .collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::Catalog;

    fn timed(connector: &str, stream: &str, timing: StreamTiming) -> Result<Connector, Vec<String>> {
        let connector = Catalog::built_in().expect("a sound catalog").get(connector).expect("a connector");
        connector.timed(&BTreeMap::from([(stream.to_owned(), timing)]))
    }

    #[test]
    fn a_connection_looks_back_as_far_as_its_conversion_windows_reach() {
        // PostHog/posthog#64836: conversions come for up to 90 days.
        let timing = StreamTiming { weekly_days: Some(60), settles_after_days: Some(60), ..StreamTiming::default() };
        let connector = timed("google_ads", "ad_daily", timing).expect("a connector");
        let stream = &connector.spec.streams["ad_daily"];
        assert_eq!((super::super::slice::look_back(&stream.slicing), stream.settles_after_days), (60, 60));
    }

    #[test]
    fn a_timing_that_means_nothing_is_reported() {
        let overlap = StreamTiming { overlap_secs: Some(3600), ..StreamTiming::default() };
        assert!(timed("google_ads", "ad_daily", overlap.clone()).is_err_and(|e| e[0].contains("reread_days")));
        assert!(timed("stripe", "charges", overlap.clone()).is_ok());
        assert!(timed("stripe", "payments", overlap).is_err_and(|e| e[0].contains("it has")));
        let days = StreamTiming { nightly_days: Some(3), ..StreamTiming::default() };
        assert!(timed("stripe", "charges", days).is_err());
    }
}
