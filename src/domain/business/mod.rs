//! What an admin states about the business besides money: competitors, known events, the regions whose
//! public holidays count, and experiments. Other parts read it; nothing here is measured.

mod competitor;
mod countries;
mod event;
mod experiment;

pub use competitor::{Competitor, NETWORKS, domain};
pub use countries::COUNTRIES;
pub use event::{EventKind, KnownEvent};
pub use experiment::{Experiment, ExperimentKind, ExperimentStatus, ExperimentUnit, Variant};

use crate::domain::holidays::Region;

/// All that a workspace states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Business {
    pub competitors: Vec<Competitor>,
    /// In the order of the file.
    pub events: Vec<KnownEvent>,
    /// Whose public holidays count.
    pub holidays: Vec<Region>,
    pub experiments: Vec<Experiment>,
}
