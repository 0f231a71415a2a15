//! What a vendor allows.

use super::wait::WaitSpec;
use crate::connectors::fields;
use crate::settings::Section;

/// What the vendor allows, per credential, shared by every job of the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitSpec {
    /// At most this many requests in `per_secs`.
    pub requests: u32,
    pub per_secs: u32,
    /// At most this many requests under way at once.
    pub concurrency: usize,
    /// Longest wait for a whole response, in seconds.
    pub timeout_secs: u64,
    /// Longest response body accepted, decompressed.
    pub max_body_mb: u64,
    /// Attempts of one request before the slice fails, the first included.
    pub attempts: u32,
}

impl Default for LimitSpec {
    fn default() -> Self {
        Self { requests: 10, per_secs: 1, concurrency: 4, timeout_secs: 120, max_body_mb: 1024, attempts: 6 }
    }
}

/// What the vendor allows of one kind of request, within the credential's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllowanceSpec {
    /// At most this many requests in `per_secs`.
    pub requests: u32,
    pub per_secs: u32,
    /// At most this many requests under way at once.
    pub concurrency: usize,
}

impl LimitSpec {
    /// How often requests of the credential may be made, whatever they ask for.
    pub fn allowance(&self) -> AllowanceSpec {
        AllowanceSpec { requests: self.requests, per_secs: self.per_secs, concurrency: self.concurrency }
    }
}

/// An allowance that pages state: where little is left, the next request waits as the vendor says; where that is
/// long, or nobody says how long, the partition waits for a later run, so that what else uses the account is not
/// cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaSpec {
    /// JSON pointer to a number in the body, or in the JSON that the header holds.
    pub pointer: Option<String>,
    pub header: Option<String>,
    /// Fewer than this are little.
    pub least: Option<u64>,
    /// The setting that says it.
    pub least_setting: Option<String>,
    /// JSON pointer to what the next query costs: fewer are little.
    pub least_pointer: Option<String>,
    /// The number counts what is used: from this on little is left.
    pub most: Option<u64>,
    /// JSON pointer to how many are restored in a second.
    pub restore_pointer: Option<String>,
    pub wait: WaitSpec,
    /// What is little, one sentence.
    pub note: String,
    /// What is counted, in words.
    pub label: Option<String>,
}

impl QuotaSpec {
    /// What is counted, in words; where nobody says so, where it stands.
    pub fn label(&self) -> String {
        let place =
            || self.header.clone().or_else(|| Some(self.pointer.as_ref()?.trim_start_matches('/').replace('/', " ")));
        self.label.clone().or_else(place).unwrap_or_default()
    }
}

impl LimitSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let usual = Self::default();
        let read = Self {
            requests: fields::optional_number(&mut section, "requests", "At most this many requests in `per_secs`.")
                .unwrap_or(usual.requests),
            per_secs: fields::optional_number(
                &mut section,
                "per_secs",
                "The seconds in which so many requests may be made.",
            )
            .unwrap_or(usual.per_secs),
            concurrency: fields::optional_number(
                &mut section,
                "concurrency",
                "At most this many requests under way at once.",
            )
            .unwrap_or(usual.concurrency),
            timeout_secs: fields::optional_number(
                &mut section,
                "timeout_secs",
                "Longest wait for a whole response, in seconds.",
            )
            .unwrap_or(usual.timeout_secs),
            max_body_mb: fields::optional_number(
                &mut section,
                "max_body_mb",
                "Longest response body accepted, decompressed.",
            )
            .unwrap_or(usual.max_body_mb),
            attempts: fields::optional_number(
                &mut section,
                "attempts",
                "Attempts of one request before the slice fails, the first included.",
            )
            .unwrap_or(usual.attempts),
        };
        section.finish();
        read
    }
}

impl AllowanceSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        section.about("What the vendor allows of one kind of request, within the credential's limit.");
        let read = Self {
            requests: fields::number(&mut section, "requests", "10", "At most this many requests in `per_secs`."),
            per_secs: fields::number(
                &mut section,
                "per_secs",
                "1",
                "The seconds in which so many requests may be made.",
            ),
            concurrency: fields::number(
                &mut section,
                "concurrency",
                "2",
                "At most this many requests under way at once.",
            ),
        };
        section.finish();
        read
    }
}

impl QuotaSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            pointer: fields::optional_text(
                &mut section,
                "pointer",
                "JSON pointer to a number. With `header` it leads into JSON that the header holds, and `*` stands for \
                 each member there; the worst counts.",
            ),
            header: fields::optional_text(
                &mut section,
                "header",
                "The header with the number, with JSON, or with what is used of all as `used=900/15000`, which counts in \
                 percent.",
            ),
            least: fields::optional_number(&mut section, "least", "Fewer than this are little."),
            least_setting: fields::optional_text(
                &mut section,
                "least_setting",
                "The setting, a number, that says how many are little: what an admin leaves to others.",
            ),
            least_pointer: fields::optional_text(
                &mut section,
                "least_pointer",
                "JSON pointer in the body to what the next query costs: fewer are little.",
            ),
            most: fields::optional_number(
                &mut section,
                "most",
                "The number counts what is used, e.g. in percent: from this on little is left.",
            ),
            restore_pointer: fields::optional_text(
                &mut section,
                "restore_pointer",
                "JSON pointer in the body to how many are restored in a second: the next request waits until there \
                 are enough.",
            ),
            wait: WaitSpec::of(&mut section),
            note: fields::text(
                &mut section,
                "note",
                "\"little of the day's allowance is left\"",
                "What is little, one sentence.",
            ),
            label: fields::optional_text(
                &mut section,
                "label",
                "What is counted, in words, for `daybook quota`: e.g. \"tokens of the day\".",
            ),
        };
        section.finish();
        read
    }
}
