//! From what a wall clock shows to instants, across every change of clocks.

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// The longest gap looked across: Samoa once skipped a whole day.
const LONGEST_GAP_MINUTES: i64 = 2 * 24 * 60;

/// Where a wall time stands in real time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalResolution {
    Once(DateTime<Utc>),
    /// The clock goes back over it.
    Twice {
        first: DateTime<Utc>,
        second: DateTime<Utc>,
    },
    /// The clock skips it.
    Never {
        /// The first whole minute after the gap.
        next_valid: DateTime<Utc>,
        /// When the clock would have shown it, had it not been changed.
        carried: DateTime<Utc>,
    },
}

/// The instants of a wall time; `None` only at the ends of the calendar.
pub fn resolve(zone: Tz, wall: NaiveDateTime) -> Option<LocalResolution> {
    match zone.from_local_datetime(&wall) {
        MappedLocalTime::Single(at) => Some(LocalResolution::Once(at.to_utc())),
        MappedLocalTime::Ambiguous(one, other) => {
            Some(LocalResolution::Twice { first: one.min(other).to_utc(), second: one.max(other).to_utc() })
        }
        MappedLocalTime::None => {
            let next_valid = (1..=LONGEST_GAP_MINUTES).find_map(|minutes| {
                let later = wall.checked_add_signed(TimeDelta::minutes(minutes))?;
                zone.from_local_datetime(&later).earliest()
            })?;
            let next_valid = next_valid.to_utc();
            let before = (next_valid - TimeDelta::minutes(1)).naive_utc();
            let offset = zone.offset_from_utc_datetime(&before).fix();
            let carried = wall.checked_sub_offset(offset)?.and_utc();
            Some(LocalResolution::Never { next_valid, carried })
        }
    }
}
