//! What answers mean that are not the data.

use crate::connectors::fields::{self, Word};
use crate::settings::Section;
use serde::{Deserialize, Serialize};

/// What a response that is not the data means. All conditions given must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorRule {
    /// Any of these statuses; empty means any status. A rule with `exists` or `body` is tried on a
    /// 2xx response too.
    pub status: Vec<u16>,
    /// A response header that must equal (case-insensitively) the value.
    pub header: Option<HeaderMatch>,
    /// A JSON pointer that must exist in the body; of a top-level array in any element, so `/error`
    /// finds `[{"results": […]}, {"error": …}]`. On a 2xx response the whole body is looked through.
    pub exists: Option<String>,
    /// A regular expression over the first 64 KB of the body.
    pub body: Option<String>,
    pub action: ErrorAction,
    /// A JSON pointer to a wait such as `"60s"`, `"60"` or `60` (seconds).
    pub wait_pointer: Option<String>,
    /// Wait this long where the vendor does not say.
    pub wait_secs: Option<u64>,
    /// A JSON pointer to what else the vendor says, such as the names of missing rights.
    pub detail_pointer: Option<String>,
    /// What an admin should know or do, one sentence.
    pub note: String,
}

/// A header and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderMatch {
    pub name: String,
    pub value: String,
}

/// What to do about an error response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorAction {
    /// Wait (vendor's word, else `wait_secs`, else backoff with jitter) and ask again.
    Retry,
    /// Take a new token once, then ask again; a second time means stop.
    Refresh,
    /// No data, and that is fine where nothing is held: the slice is complete, with a note. What is held
    /// stays, and its days are doubted.
    Skip,
    /// This stream cannot go on today; later runs try again.
    StopForToday,
    /// Only a person can mend it: credentials, rights, configuration.
    Stop,
    /// Page tokens went stale: begin the slice anew.
    RestartSlice,
}

const ACTIONS: &[Word<ErrorAction>] = &[
    ("retry", "Wait (vendor's word, else `wait_secs`, else backoff with jitter) and ask again.", ErrorAction::Retry),
    ("refresh", "Take a new token once, then ask again; a second time means stop.", ErrorAction::Refresh),
    (
        "skip",
        "No data, and that is fine where nothing is held: the slice is complete, with a \
                 note. What is held stays, and its days are doubted.",
        ErrorAction::Skip,
    ),
    ("stop_for_today", "This stream cannot go on today; later runs try again.", ErrorAction::StopForToday),
    ("stop", "Only a person can mend it: credentials, rights, configuration.", ErrorAction::Stop),
    ("restart_slice", "Page tokens went stale: begin the slice anew.", ErrorAction::RestartSlice),
];

impl ErrorRule {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            status: fields::numbers(
                &mut section,
                "status",
                "Any of these statuses; empty means any status. A rule with `exists` or `body` is \
                 tried on a 2xx response too.",
            ),
            header: fields::table(
                &mut section,
                "header",
                "A response header that must equal (case-insensitively) the value.",
                HeaderMatch::read,
            ),
            exists: fields::optional_text(
                &mut section,
                "exists",
                "A JSON pointer that must exist in the body; of a top-level array in any element, so \
                 `/error` finds `[{\"results\": […]}, {\"error\": …}]`. On a 2xx response the whole \
                 body is looked through.",
            ),
            body: fields::optional_text(&mut section, "body", "A regular expression over the first 64 KB of the body."),
            action: fields::word(&mut section, "action", "What to do about it.", ACTIONS).unwrap_or(ErrorAction::Stop),
            wait_pointer: fields::optional_text(
                &mut section,
                "wait_pointer",
                "A JSON pointer to a wait such as `\"60s\"`, `\"60\"` or `60` (seconds).",
            ),
            wait_secs: fields::optional_number(
                &mut section,
                "wait_secs",
                "Wait this long where the vendor does not say.",
            ),
            detail_pointer: fields::optional_text(
                &mut section,
                "detail_pointer",
                "A JSON pointer to what else the vendor says, such as the names of missing rights.",
            ),
            note: fields::text(
                &mut section,
                "note",
                "\"the account lacks the right to read\"",
                "What an admin should know or do, one sentence.",
            ),
        };
        section.finish();
        read
    }
}

impl HeaderMatch {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            name: fields::text(&mut section, "name", "\"x-error\"", "The name of the header."),
            value: fields::text(&mut section, "value", "\"quota\"", "The value that it must have."),
        };
        section.finish();
        read
    }
}
