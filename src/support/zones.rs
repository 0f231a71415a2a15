//! Time zones that differ by name alone.

use chrono::{DateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Whether two zones have had the same days for a year before `at`: many zones have several names.
pub fn are_alike(one: Tz, other: Tz, at: DateTime<Utc>) -> bool {
    (0..=12).all(|month| {
        let at = (at - TimeDelta::days(30 * month)).naive_utc();
        one.offset_from_utc_datetime(&at).fix() == other.offset_from_utc_datetime(&at).fix()
    })
}
