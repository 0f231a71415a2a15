//! When a day of a source's is whole.

use crate::connectors::fields;
use crate::settings::Section;

/// How an answer says that it may not be whole. Rows are taken as they are; the last day that was asked for is not
/// whole, and no day that had not ended by the instant at `until_path`. Where no such instant can be read, no day is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncompleteWhen {
    pub path: String,
    pub value: String,
    pub until_path: Option<String>,
    /// In the words of strftime; UTC.
    pub until_format: Option<String>,
}

/// What else must be before a day is whole than its end in the account's zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayEnds {
    /// A zone in which the day must have ended as well.
    pub also_in: Option<String>,
    pub after_hours: u32,
}

impl IncompleteWhen {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            path: fields::text(
                &mut section,
                "path",
                "\"$.stated.Incomplete\"",
                "JSON path to what says in a body whether the answer is whole.",
            ),
            value: fields::text(&mut section, "value", "\"true\"", "What stands there where it may not be whole."),
            until_path: fields::optional_text(
                &mut section,
                "until_path",
                "JSON path to the instant until which the vendor has all: days that had not ended by then are not \
                 whole. Without one that can be read none is.",
            ),
            until_format: fields::optional_text(
                &mut section,
                "until_format",
                "How the instant is written, in the words of strftime, in UTC; RFC 3339 if left out.",
            ),
        };
        section.finish();
        read
    }
}

impl DayEnds {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            also_in: fields::optional_text(
                &mut section,
                "also_in",
                "A zone in which the day must have ended as well: for vendors of which it is not known whose days \
                 they count.",
            ),
            after_hours: fields::optional_number(
                &mut section,
                "after_hours",
                "So many hours after its end, as the vendor is late with what happened in it.",
            )
            .unwrap_or(0),
        };
        section.finish();
        read
    }
}
