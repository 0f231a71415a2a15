//! How long to wait, by a vendor's own word or by ours.

use crate::connectors::fields::{self, Word};
use crate::settings::{Section, kinds};
use chrono_tz::Tz;

/// Where an answer says how long to wait, and how long where it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitSpec {
    /// A JSON pointer to a wait, in the body, or in the header's JSON where a header is named.
    pub pointer: Option<String>,
    pub header: Option<String>,
    /// What a number without a unit counts.
    pub unit: WaitUnit,
    pub secs: Option<u64>,
    /// The vendor counts anew at midnight in this zone.
    pub midnight: Option<Tz>,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WaitUnit {
    Milliseconds,
    #[default]
    Seconds,
    Minutes,
}

const UNITS: &[Word<WaitUnit>] = &[
    ("milliseconds", "Thousandths of a second.", WaitUnit::Milliseconds),
    ("seconds", "Seconds.", WaitUnit::Seconds),
    ("minutes", "Minutes.", WaitUnit::Minutes),
];

impl WaitSpec {
    /// Reads its keys, which stand among others.
    pub fn of(section: &mut Section<'_>) -> Self {
        Self {
            pointer: fields::optional_text(
                section,
                "wait_pointer",
                "A JSON pointer to a wait such as `\"60s\"`, `\"1m30s\"`, `60` (see `wait_unit`), a date, or an instant \
                 as seconds or milliseconds since 1970. With `wait_header` it leads into JSON that the header holds, \
                 and `*` stands for each member there; the longest counts.",
            ),
            header: fields::optional_text(
                section,
                "wait_header",
                "The header that says how long to wait, where it is not `Retry-After`.",
            ),
            unit: fields::optional_word(
                section,
                "wait_unit",
                "What a number counts that has no unit; seconds if absent.",
                UNITS,
            )
            .unwrap_or_default(),
            secs: fields::optional_number(section, "wait_secs", "Wait this long where the vendor does not say."),
            midnight: section
                .optional(
                    "wait_midnight",
                    kinds::time_zone().about(
                        "Wait until midnight in this zone where the vendor does not say: there it begins to count \
                         anew.",
                    ),
                )
                .map(|at| at.value),
        }
    }
}
