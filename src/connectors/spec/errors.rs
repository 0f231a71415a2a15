//! What answers mean that are not the data.

use super::wait::WaitSpec;
use crate::connectors::fields::{self, Word};
use crate::settings::Section;
use serde::{Deserialize, Serialize};

/// What a response that is not the data means. All conditions given must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorRule {
    /// Any of these statuses; empty means any status. A rule with `exists`, `body` or `values` is
    /// tried on a 2xx response too.
    pub status: Vec<u16>,
    /// A response header that must equal (case-insensitively) the value.
    pub header: Option<HeaderMatch>,
    /// A JSON pointer that must exist in the body; of a top-level array in any element, so `/error`
    /// finds `[{"results": […]}, {"error": …}]`. On a 2xx response the whole body is looked through.
    pub exists: Option<String>,
    /// A regular expression over the first 64 KB of the body.
    pub body: Option<String>,
    /// What must stand at places in the body, e.g. an error's code; all of them. Tried on a 2xx response too,
    /// whose whole body is looked through.
    pub values: Vec<ValueMatch>,
    pub action: ErrorAction,
    /// How long to wait, and until when a stream is not asked for that stops for today.
    pub wait: WaitSpec,
    /// After so many attempts a `retry` is a refusal: a person has to look.
    pub attempts: Option<u32>,
    /// Whether what is used up is the whole partition's: its other streams are not asked either while it lasts.
    pub all_streams: bool,
    /// The HTTP status that the answer stands for, of a vendor that answers with another.
    pub as_status: Option<u16>,
    /// A JSON pointer to what else the vendor says, such as the names of missing rights.
    pub detail_pointer: Option<String>,
    /// Further such places, of a vendor that says it here or there; the first that holds anything counts.
    pub detail_pointers: Vec<String>,
    /// What an admin should know or do, one sentence.
    pub note: String,
}

/// A place in a body and what must stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueMatch {
    /// A JSON pointer, in which `*` stands for each element of a list.
    pub pointer: String,
    /// A regular expression over the value, numbers as digits.
    pub matches: Option<String>,
    /// Any value but this one.
    pub other_than: Option<String>,
    /// None of the values may be this one, of a list that is there, e.g. a right that a token lacks.
    pub without: Option<String>,
}

impl ValueMatch {
    /// The place up to the first list of which each element counts.
    pub fn place(&self) -> &str {
        self.pointer.split("/*").next().unwrap_or_default()
    }
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
    /// This stream cannot go on today; later runs try again, not before the wait is over where one is said.
    StopForToday,
    /// Only a person can mend it: credentials, rights, configuration.
    Stop,
    /// Page tokens went stale: begin the slice anew.
    RestartSlice,
    /// Too much for one page: ask for the same place with half as many records (`cursor.limit`).
    SmallerPage,
    /// Too much for one query: ask for fewer days at once.
    SplitWindow,
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
    (
        "stop_for_today",
        "This stream cannot go on today; later runs try again, not before the wait is over where one is said.",
        ErrorAction::StopForToday,
    ),
    ("stop", "Only a person can mend it: credentials, rights, configuration.", ErrorAction::Stop),
    ("restart_slice", "Page tokens went stale: begin the slice anew.", ErrorAction::RestartSlice),
    (
        "smaller_page",
        "Too much for one page: ask for the same place with half as many records (`cursor.limit`), down to the \
                 pager's `least_limit`; too much even then, for fewer days.",
        ErrorAction::SmallerPage,
    ),
    ("split_window", "Too much for one query: ask for fewer days at once.", ErrorAction::SplitWindow),
];

impl ErrorRule {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            status: fields::numbers(
                &mut section,
                "status",
                "Any of these statuses; empty means any status. A rule with `exists`, `body` or \
                 `values` is tried on a 2xx response too.",
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
            values: fields::tables(
                &mut section,
                "values",
                "What must stand at places in the body, e.g. an error's code; all of them. Tried on a 2xx response \
                 too, whose whole body is looked through.",
                ValueMatch::read,
            ),
            action: fields::word(&mut section, "action", "What to do about it.", ACTIONS).unwrap_or(ErrorAction::Stop),
            wait: WaitSpec::of(&mut section),
            attempts: fields::optional_number(
                &mut section,
                "attempts",
                "After so many attempts a `retry` is a refusal: a person has to look. For codes that nobody knows.",
            ),
            all_streams: fields::boolean(
                &mut section,
                "all_streams",
                "Whether what is used up is the whole partition's: its other streams are not asked either while it lasts.",
            ),
            as_status: fields::optional_number(
                &mut section,
                "as_status",
                "The HTTP status that the answer stands for, of a vendor that answers with another: 401 for a \
                 credential, 403 for a right, 404 for what is not there.",
            ),
            detail_pointer: fields::optional_text(
                &mut section,
                "detail_pointer",
                "A JSON pointer to what else the vendor says, such as the names of missing rights.",
            ),
            detail_pointers: fields::texts(
                &mut section,
                "detail_pointers",
                "Further such places, of a vendor that says it here or there; the first that holds anything counts.",
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

impl ErrorRule {
    /// Where the vendor says more.
    pub fn details(&self) -> Vec<&str> {
        self.detail_pointer.iter().chain(&self.detail_pointers).map(String::as_str).collect()
    }
}

impl ValueMatch {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            pointer: fields::text(
                &mut section,
                "pointer",
                "\"/errors/*/code\"",
                "A JSON pointer, in which `*` stands for each element of a list; one that fits is enough.",
            ),
            matches: fields::optional_text(
                &mut section,
                "matches",
                "A regular expression over the value, numbers as digits.",
            ),
            other_than: fields::optional_text(&mut section, "other_than", "Any value but this one."),
            without: fields::optional_text(
                &mut section,
                "without",
                "None of the values may be this one, of a list that is there, e.g. a right that a token lacks.",
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
