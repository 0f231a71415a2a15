//! Who loads slices: ledgers outlive the process that writes into them.

use rand::RngExt;
use std::sync::OnceLock;

/// This process among all others, those of the same number included.
pub(super) fn process() -> &'static str {
    static OWN: OnceLock<String> = OnceLock::new();
    OWN.get_or_init(|| format!("{:032x}", rand::rng().random::<u128>()))
}
