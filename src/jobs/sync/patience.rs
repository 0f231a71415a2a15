//! When a vendor is asked no further in a run. Pure.
//!
//! Slices are independent, but one refusal after another says something about all of a partition, and a
//! vendor that cannot be reached says the same to every slice.

use crate::connectors::ConnectorError;
use crate::connectors::rules::LONGEST_WAIT;
use std::collections::BTreeMap;

/// After so many refusals in a row, the newest slice is asked for before the next ones: the past may be
/// closed while the present is open.
const REFUSALS: u32 = 3;
/// After so many slices in a row without an answer, each after all its attempts, a partition waits for
/// the next run, and after twice as many the stream.
const SILENCES: u32 = 2;

/// Whether to ask for a slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    Yes,
    /// Only if the partition's newest slice is answered.
    AfterNewest,
    /// Not in this run, for this reason.
    No(ConnectorError),
}

/// What was answered in a run so far.
#[derive(Debug, Default)]
pub struct Patience {
    partitions: BTreeMap<String, Heard>,
    /// What concerns every partition.
    ended: Option<ConnectorError>,
    silences: u32,
}

#[derive(Debug, Default)]
struct Heard {
    refusals: u32,
    silences: u32,
    ended: Option<ConnectorError>,
    newest_was_answered: bool,
}

impl Patience {
    /// Whether to ask for a slice of a partition.
    pub fn ask(&self, partition: &str, is_newest: bool) -> Ask {
        if let Some(error) = &self.ended {
            return Ask::No(error.clone());
        }
        let Some(heard) = self.partitions.get(partition) else { return Ask::Yes };
        match &heard.ended {
            Some(error) => Ask::No(error.clone()),
            None if heard.refusals >= REFUSALS && !is_newest && !heard.newest_was_answered => Ask::AfterNewest,
            None => Ask::Yes,
        }
    }

    /// A slice of the partition was answered.
    pub fn answered(&mut self, partition: &str, is_newest: bool) {
        self.silences = 0;
        let heard = self.partitions.entry(partition.to_owned()).or_default();
        (heard.refusals, heard.silences) = (0, 0);
        heard.newest_was_answered |= is_newest;
    }

    /// A slice of the partition failed.
    pub fn failed(&mut self, partition: &str, error: &ConnectorError, is_newest: bool) {
        let heard = self.partitions.entry(partition.to_owned()).or_default();
        match error {
            ConnectorError::Unauthorized { .. }
            | ConnectorError::Configuration { .. }
            | ConnectorError::Unreachable { .. }
            | ConnectorError::RanShort { .. }
            | ConnectorError::Landing { .. } => self.ended = Some(error.clone()),
            ConnectorError::QuotaSpent { .. } => heard.ended = Some(error.clone()),
            // Another slice may hold less.
            ConnectorError::Cut { .. } => {}
            ConnectorError::RateLimited { .. } | ConnectorError::Unavailable { .. } => {
                heard.silences += 1;
                self.silences += 1;
                let waits_long =
                    matches!(error, ConnectorError::RateLimited { wait: Some(wait), .. } if *wait > LONGEST_WAIT);
                if heard.silences >= SILENCES || waits_long {
                    heard.ended = Some(error.clone());
                }
                if self.silences >= 2 * SILENCES {
                    self.ended = Some(error.clone());
                }
            }
            ConnectorError::Rejected { .. } | ConnectorError::UnexpectedPayload { .. } => {
                heard.refusals += 1;
                if is_newest && heard.refusals > REFUSALS {
                    heard.ended = Some(error.clone());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::error::Less;

    fn refused() -> ConnectorError {
        ConnectorError::Rejected { status: 403, note: "no access".to_owned() }
    }

    #[test]
    fn a_partition_without_access_ends_once_its_newest_slice_is_refused_as_well_and_the_others_go_on() {
        let mut patience = Patience::default();
        for _ in 0..3 {
            assert_eq!(patience.ask("1", false), Ask::Yes);
            patience.failed("1", &refused(), false);
        }
        assert_eq!(patience.ask("1", false), Ask::AfterNewest);
        patience.failed("1", &refused(), true);
        assert_eq!((patience.ask("1", false), patience.ask("2", false)), (Ask::No(refused()), Ask::Yes));
    }

    #[test]
    fn a_past_that_is_closed_does_not_end_a_partition_whose_present_is_open() {
        let mut patience = Patience::default();
        (0..5).for_each(|_| patience.failed("1", &refused(), false));
        patience.answered("1", true);
        (0..5).for_each(|_| patience.failed("1", &refused(), false));
        assert_eq!(patience.ask("1", false), Ask::Yes);
    }

    #[test]
    fn a_spent_quota_ends_a_partition_and_a_lost_credential_the_stream() {
        let mut patience = Patience::default();
        patience.failed("1", &ConnectorError::QuotaSpent { note: "no tokens".to_owned() }, false);
        assert!(matches!(patience.ask("1", true), Ask::No(_)) && patience.ask("2", false) == Ask::Yes);
        patience.failed("2", &ConnectorError::Unauthorized { note: "revoked".to_owned() }, false);
        assert!(matches!(patience.ask("3", false), Ask::No(ConnectorError::Unauthorized { .. })));
    }

    #[test]
    fn a_slice_that_holds_too_much_says_nothing_of_others() {
        let mut patience = Patience::default();
        let cut = ConnectorError::Cut { less: Less::Window, note: "15000 records at most".to_owned() };
        (0..9).for_each(|_| patience.failed("1", &cut, true));
        assert_eq!((patience.ask("1", false), patience.ask("2", false)), (Ask::Yes, Ask::Yes));
    }

    #[test]
    fn a_vendor_that_does_not_answer_is_not_asked_for_every_slice() {
        let mut patience = Patience::default();
        let silent = ConnectorError::Unavailable { note: "HTTP 503".to_owned() };
        patience.failed("1", &silent, false);
        patience.answered("1", false);
        patience.failed("1", &silent, false);
        assert_eq!(patience.ask("1", false), Ask::Yes);
        patience.failed("1", &silent, false);
        assert!(matches!(patience.ask("1", false), Ask::No(_)));
        assert_eq!(patience.ask("2", false), Ask::Yes);
        (0..2).for_each(|_| patience.failed("2", &silent, false));
        assert!(matches!(patience.ask("3", false), Ask::No(_)));
    }
}
