//! Answers that the vendor makes in its own time: asked for, waited for, fetched.

use super::errors::ErrorRule;
use super::request::RequestSpec;
use crate::connectors::fields;
use crate::settings::Section;

/// A job at the vendor's: `create` begins it and `poll` asks whether it is done; then the stream's own request
/// fetches what it made. All of them see `cursor.job`, the job's id, and `cursor.job_url`, where its result lies.
#[derive(Clone, Debug, PartialEq)]
pub struct JobSpec {
    pub create: RequestSpec,
    /// JSON pointer to the job's id in the answer to `create`.
    pub id_pointer: String,
    pub poll: RequestSpec,
    /// JSON pointer to the job's state in the answer to `poll`.
    pub status_pointer: String,
    /// The states of a job whose result is there. By these alone a job is done.
    pub done: Vec<String>,
    /// The states of a job that came to nothing: it is begun again.
    pub failed: Vec<String>,
    /// JSON pointer to why it failed.
    pub detail_pointer: Option<String>,
    /// JSON pointer to where the result lies, a text or a list of texts, in the answer to `poll`.
    pub url_pointer: Option<String>,
    /// Whether a job that is done and names no address has an empty result.
    pub empty_without_url: bool,
    /// Statuses by which a result's address is no longer good: `poll` is asked for another one.
    pub expired: Vec<u16>,
    /// Ends a job that is given up; such jobs run on where this is absent.
    pub abort: Option<RequestSpec>,
    /// Rules for the answers of the job's requests, before the connector's own.
    pub errors: Vec<ErrorRule>,
    pub first_wait_secs: u64,
    /// Waits double up to this.
    pub longest_wait_secs: u64,
    /// A sync waits so long; the next one goes on with the job.
    pub patience_secs: u64,
    /// A job that is not done after so long is given up.
    pub give_up_mins: u64,
}

/// How often a job is begun that fails.
pub const MOST_JOBS: u32 = 3;

impl JobSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let request = |section: &mut Section<'_>, key, about| {
            fields::required_table(section, key, about, RequestSpec::read).unwrap_or_default()
        };
        let read = Self {
            create: request(&mut section, "create", "Begins a job."),
            id_pointer: fields::text(
                &mut section,
                "id_pointer",
                "\"/report_id\"",
                "JSON pointer to the job's id in the answer to `create`.",
            ),
            poll: request(&mut section, "poll", "Asks whether it is done; its templates see `cursor.job`."),
            status_pointer: fields::text(
                &mut section,
                "status_pointer",
                "\"/status\"",
                "JSON pointer to the job's state in the answer to `poll`.",
            ),
            done: fields::required_texts(
                &mut section,
                "done",
                "[\"Success\"]",
                "The states of a job whose result is there. By these alone a job is done.",
            ),
            failed: fields::texts(
                &mut section,
                "failed",
                "The states of a job that came to nothing: it is begun again.",
            ),
            detail_pointer: fields::optional_text(&mut section, "detail_pointer", "JSON pointer to why it failed."),
            url_pointer: fields::optional_text(
                &mut section,
                "url_pointer",
                "JSON pointer to where the result lies, a text or a list of texts, in the answer to `poll`; the \
                 stream's own request sees it as `cursor.job_url`.",
            ),
            empty_without_url: fields::boolean(
                &mut section,
                "empty_without_url",
                "Whether a job that is done and names no address has an empty result.",
            ),
            expired: fields::numbers(
                &mut section,
                "expired",
                "Statuses by which a result's address is no longer good: `poll` is asked for another one.",
            ),
            abort: fields::table(
                &mut section,
                "abort",
                "Ends a job that is given up; such jobs run on where this is absent.",
                RequestSpec::read,
            ),
            errors: fields::tables(
                &mut section,
                "errors",
                "Rules for the answers of the job's requests, before the connector's own.",
                ErrorRule::read,
            ),
            first_wait_secs: fields::optional_number(
                &mut section,
                "first_wait_secs",
                "Before the first question whether it is done; 5 if left out.",
            )
            .unwrap_or(5),
            longest_wait_secs: fields::optional_number(
                &mut section,
                "longest_wait_secs",
                "Waits double up to this; 60 if left out.",
            )
            .unwrap_or(60),
            patience_secs: fields::optional_number(
                &mut section,
                "patience_secs",
                "A sync waits so long, and the next one goes on with the job; 600 if left out.",
            )
            .unwrap_or(600),
            give_up_mins: fields::optional_number(
                &mut section,
                "give_up_mins",
                "A job that is not done after so long is given up, and begun again; 180 if left out.",
            )
            .unwrap_or(180),
        };
        section.finish();
        read
    }
}
