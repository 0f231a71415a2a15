//! Further questions of a slice, whose answers are read together with those of the stream's own request.

use super::job::JobSpec;
use super::request::RequestSpec;
use crate::connectors::fields;
use crate::connectors::paging::PagingSpec;
use crate::settings::Section;

/// A further request of the same slice: the account as a whole beside its campaigns, fields that the vendor does not
/// give in one answer. Where it fails the slice fails, unless it may be refused. Queries tell its pages by `page.part`.
#[derive(Clone, Debug, PartialEq)]
pub struct PartSpec {
    pub name: String,
    pub request: RequestSpec,
    pub paging: PagingSpec,
    /// Where the vendor makes its answer in its own time.
    pub job: Option<JobSpec>,
    /// What cannot be told where the vendor refuses it (403): a note, and the rest goes on.
    pub if_refused: Option<String>,
}

impl PartSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            name: fields::text(
                &mut section,
                "name",
                "\"by_account\"",
                "What `page.part` is of its pages; those of the stream's own request have an empty one.",
            ),
            request: RequestSpec::of(&mut section),
            paging: PagingSpec::of(&mut section),
            job: fields::table(
                &mut section,
                "job",
                "Where the vendor makes its answer in its own time: how it is asked for and waited for.",
                JobSpec::read,
            ),
            if_refused: fields::optional_text(
                &mut section,
                "if_refused",
                "What cannot be told where the vendor refuses it (403): a note, and the rest goes on.",
            ),
        };
        section.finish();
        read
    }
}
