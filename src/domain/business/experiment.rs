//! Experiments as they were planned, before anything is measured.

use chrono::NaiveDate;
use rust_decimal::Decimal;

/// How an experiment divides what it compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExperimentKind {
    /// Visitors see one variant each.
    Split,
    /// Regions get one variant each.
    Geo,
    /// A part gets nothing.
    Holdout,
}

/// What is assigned to a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExperimentUnit {
    Visitor,
    Session,
    Customer,
    Region,
}

/// Where an experiment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExperimentStatus {
    Planned,
    Running,
    /// Ended before its time.
    Stopped,
    Done,
}

/// One of the things compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    pub id: String,
    /// Of all units, above 0; shares of an experiment sum to 1.
    pub share: Decimal,
    /// What the others are compared with; exactly one is.
    pub is_control: bool,
}

/// A planned comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Experiment {
    pub id: String,
    pub hypothesis: String,
    pub kind: ExperimentKind,
    /// What it decides on; at least one.
    pub metrics: Vec<String>,
    /// What must not become worse.
    pub guardrails: Vec<String>,
    /// In the order of the file; at least two.
    pub variants: Vec<Variant>,
    pub unit: ExperimentUnit,
    /// The smallest relative change worth finding, as a fraction above 0.
    pub minimum_effect: Decimal,
    /// The wanted chance to find that change, between 0 and 1.
    pub power: Decimal,
    /// How often results are looked at, the last time included.
    pub looks: u32,
    pub start: NaiveDate,
    /// The last day that counts.
    pub end: Option<NaiveDate>,
    pub status: ExperimentStatus,
}

impl Experiment {
    /// What is wrong with the status on a day, if anything is.
    pub fn contradiction(&self, today: NaiveDate) -> Option<&'static str> {
        let is_over = self.end.is_some_and(|end| end < today);
        match self.status {
            ExperimentStatus::Planned if self.start < today => Some("is planned, but its start has passed"),
            ExperimentStatus::Running if self.start > today => Some("is running, but its start is still to come"),
            ExperimentStatus::Running if is_over => Some("is running, but its end has passed"),
            ExperimentStatus::Done if !is_over => Some("is done, but its end has not passed"),
            ExperimentStatus::Stopped if self.end.is_some_and(|end| end > today) => {
                Some("is stopped, but its end is still to come")
            }
            _ => None,
        }
    }
}
