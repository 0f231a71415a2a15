//! What vendors said last of the allowance that is left, by credential: all connections that use it share it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

/// An allowance as a page stated it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reading {
    /// The partition whose pages state it, e.g. an account; empty if there is none.
    pub partition: String,
    /// What is counted, in words.
    pub what: String,
    /// What is left, or what is used; of several the worst.
    pub amount: f64,
    /// Below it, or from it on where it is what is used, little is left.
    pub limit: Option<f64>,
    pub is_used: bool,
    /// When it returns, where the vendor says so.
    pub resets_at: Option<DateTime<Utc>>,
    pub said_at: DateTime<Utc>,
}

/// The newest reading of each allowance, by credential.
#[derive(Debug, Default)]
pub struct Meters {
    readings: Mutex<HashMap<String, BTreeMap<Place, Reading>>>,
}

/// A partition, and what is counted.
type Place = (String, String);

impl Meters {
    /// Notes what a page said.
    pub fn note(&self, credential: &str, partition: &str, readings: Vec<Reading>) {
        if readings.is_empty() {
            return;
        }
        let mut all = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.entry(credential.to_owned()).or_default();
        own.extend(readings.into_iter().map(|reading| {
            let reading = Reading { partition: partition.to_owned(), ..reading };
            ((partition.to_owned(), reading.what.clone()), reading)
        }));
    }

    /// What was said of a credential last, by partition and what is counted.
    pub fn of(&self, credential: &str) -> Vec<Reading> {
        let all = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(credential).into_iter().flat_map(BTreeMap::values).cloned().collect()
    }
}
