//! The ways to ask for the next page.

use super::fields::{self, Variant};
use crate::settings::Section;

/// How to ask for the next page. The pager sets `cursor.*` for the request's templates; on the
/// first page all of `cursor` is empty text (`offset` is `0`, `page` is `first`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PagingSpec {
    /// A single response.
    #[default]
    None,
    /// A token in the body, sent as `cursor.token` (in query or body); its absence ends.
    NextToken {
        /// JSON pointer, e.g. `/nextPageToken`.
        pointer: String,
        /// The token arrives percent-encoded and is decoded once.
        percent_encoded: bool,
        /// After so many rows of one query, begin again above the last id.
        restart: Option<RestartSpec>,
        /// JSON pointer to how many rows the query has: readers are told of a list that ends before. Needs
        /// `restart`, which counts them.
        total_pointer: Option<String>,
    },
    /// `cursor.offset` grows by what came until it reaches the total; without a total, until a page has
    /// fewer than `limit` records. A total that changes meanwhile begins the slice anew.
    Offset {
        limit: u64,
        total_pointer: String,
        /// JSON pointer to the list of records: a page shorter than `limit` is not skipped over, and an
        /// empty one before the total is an error.
        records_pointer: Option<String>,
    },
    /// `cursor.page` grows by one until a page has fewer records than `limit` and than the largest
    /// before it: vendors cap pages below what is asked.
    PageNumber { first: u64, limit: u64, records_pointer: String },
    /// `cursor.after` is the id of the last record while `has_more_pointer` is true.
    StartingAfter { records_pointer: String, id_field: String, has_more_pointer: String },
    /// The body holds the whole next URL (same host only).
    NextUrl { pointer: String },
}

/// The pagers, a line each.
const PAGERS: &[Variant<PagingSpec>] = &[
    Variant::plain("none", "A single response.", || PagingSpec::None),
    Variant::new(
        "next_token",
        "A token in the body, sent as `cursor.token` (in query or body); its absence ends.",
        next_token,
    ),
    Variant::new(
        "offset",
        "`cursor.offset` grows by what came until it reaches the total; without a total, \
                 until a page has fewer than `limit` records. A total that changes meanwhile begins \
                 the slice anew.",
        offset,
    ),
    Variant::new(
        "page_number",
        "`cursor.page` grows by one until a page has fewer records than `limit` and than the \
                 largest before it: vendors cap pages below what is asked.",
        page_number,
    ),
    Variant::new(
        "starting_after",
        "`cursor.after` is the id of the last record while `has_more_pointer` is true.",
        starting_after,
    ),
    Variant::new("next_url", "The body holds the whole next URL (same host only).", next_url),
];

impl PagingSpec {
    /// Reads its table.
    pub fn read(section: Section<'_>) -> Self {
        fields::tagged(section, PAGERS).unwrap_or_default()
    }
}

/// For searches that list only so many rows: order by id, and when `rows` have come, ask again
/// with `cursor.floor` set to the last id and no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestartSpec {
    pub rows: u64,
    pub records_pointer: String,
    pub id_field: String,
}

impl RestartSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            rows: fields::number(&mut section, "rows", "10000", "The rows after which to begin again."),
            records_pointer: fields::text(
                &mut section,
                "records_pointer",
                "\"/results\"",
                "JSON pointer to the list of records.",
            ),
            id_field: fields::text(&mut section, "id_field", "\"id\"", "The field of a record that holds its id."),
        };
        section.finish();
        read
    }
}

fn next_token(section: &mut Section<'_>) -> PagingSpec {
    PagingSpec::NextToken {
        pointer: fields::text(section, "pointer", "\"/nextPageToken\"", "JSON pointer, e.g. `/nextPageToken`."),
        percent_encoded: fields::boolean(
            section,
            "percent_encoded",
            "The token arrives percent-encoded and is decoded once.",
        ),
        restart: fields::table(
            section,
            "restart",
            "After so many rows of one query, begin again above the last id.",
            RestartSpec::read,
        ),
        total_pointer: fields::optional_text(
            section,
            "total_pointer",
            "JSON pointer to how many rows the query has: readers are told of a list that ends \
                 before. Needs `restart`, which counts them.",
        ),
    }
}

fn offset(section: &mut Section<'_>) -> PagingSpec {
    PagingSpec::Offset {
        limit: fields::number(section, "limit", "1000", "The records of a full page."),
        total_pointer: fields::text(
            section,
            "total_pointer",
            "\"/rowCount\"",
            "JSON pointer to how many records there are.",
        ),
        records_pointer: fields::optional_text(
            section,
            "records_pointer",
            "JSON pointer to the list of records: a page shorter than `limit` is not skipped \
                 over, and an empty one before the total is an error.",
        ),
    }
}

fn page_number(section: &mut Section<'_>) -> PagingSpec {
    PagingSpec::PageNumber {
        first: fields::number(section, "first", "1", "The number of the first page."),
        limit: fields::number(section, "limit", "100", "The records of a full page."),
        records_pointer: fields::text(
            section,
            "records_pointer",
            "\"/results\"",
            "JSON pointer to the list of records.",
        ),
    }
}

fn starting_after(section: &mut Section<'_>) -> PagingSpec {
    PagingSpec::StartingAfter {
        records_pointer: fields::text(section, "records_pointer", "\"/data\"", "JSON pointer to the list of records."),
        id_field: fields::text(section, "id_field", "\"id\"", "The field of a record that holds its id."),
        has_more_pointer: fields::text(
            section,
            "has_more_pointer",
            "\"/has_more\"",
            "JSON pointer to whether there is more.",
        ),
    }
}

fn next_url(section: &mut Section<'_>) -> PagingSpec {
    PagingSpec::NextUrl {
        pointer: fields::text(
            section,
            "pointer",
            "\"/paging/next\"",
            "JSON pointer to the next URL; its absence ends.",
        ),
    }
}
