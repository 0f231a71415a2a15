//! The ways to ask for the next page, and what ends them all. Another way is a file, and a name in the list below.

use super::kind::PageKind;
use super::link_header::LinkHeader;
use super::next_token::NextToken;
use super::next_url::NextUrl;
use super::offset::Offset;
use super::page_number::PageNumber;
use super::search_after::SearchAfter;
use super::starting_after::StartingAfter;
use super::token_header::TokenHeader;
use crate::connectors::fields::{self, Variant};
use crate::settings::Section;

/// How to ask for the next page. The pager sets `cursor.*` for the request's templates; on the first page all of
/// `cursor` is empty text (`offset` is `0`, `page` is `first`, `limit` as it is set).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PagingSpec {
    pub way: Way,
    pub bounds: Bounds,
}

/// What every way may say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The records of a full page, for ways that do not need to know them.
    pub limit: Option<u64>,
    /// Where a page is refused as too large (action `smaller_page`), it is asked for with half as many records,
    /// down to this.
    pub least_limit: Option<u64>,
    /// The vendor never lists more than this of one query: a list of so many is cut.
    pub most_records: Option<u64>,
    /// JSON pointers within a record to what it is known by: where one comes again on a later page, the list has
    /// moved, and is read anew.
    pub distinct_by: Vec<String>,
    pub stop_before: Option<StopBefore>,
}

/// For lists sorted newest first that cannot be asked for by date: no further page once a page's last record is
/// older.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopBefore {
    /// JSON pointer to the list, `/*`, and the place of the instant in a record: `/data/*/created_at`.
    pub pointer: String,
    /// A template: an instant, a day, or seconds or milliseconds since 1970.
    pub value: String,
}

macro_rules! pagers {
    ($($kind:ident),* $(,)?) => {
        /// How the pages follow one another.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub enum Way {
            /// A single response.
            #[default]
            None,
            $($kind($kind),)*
        }

        const PAGERS: &[Variant<PagingSpec>] = &[
            Variant::lenient("none", "A single response.", |section| PagingSpec {
                way: Way::None,
                bounds: Bounds::read(section, true),
            }),
            $(Variant::new($kind::WORD, $kind::ABOUT, |section| PagingSpec {
                way: Way::$kind($kind::read(section)),
                bounds: Bounds::read(section, $kind::HAS_LIMIT),
            }),)*
        ];

        $(impl From<$kind> for PagingSpec {
            fn from(kind: $kind) -> Self {
                Self { way: Way::$kind(kind), bounds: Bounds::default() }
            }
        })*

        impl PagingSpec {
            /// How the pages follow one another; `None` for a single response.
            pub fn kind(&self) -> Option<&dyn PageKind> {
                match &self.way {
                    Way::None => None,
                    $(Way::$kind(kind) => Some(kind),)*
                }
            }

            /// The kind as it is written.
            pub fn word(&self) -> &'static str {
                match &self.way {
                    Way::None => "none",
                    $(Way::$kind(_) => $kind::WORD,)*
                }
            }
        }
    };
}

pagers![NextToken, Offset, PageNumber, StartingAfter, NextUrl, LinkHeader, TokenHeader, SearchAfter];

impl PagingSpec {
    /// The table `paging`; a single page where there is none.
    pub fn of(section: &mut Section<'_>) -> Self {
        let about = "How to ask for the next page. The pager sets `cursor.*` for the request's templates; on the first \
                     page all of `cursor` is empty text (`offset` is `0`, `page` is `first`, `limit` as it is set).";
        fields::table(section, "paging", about, Self::read).unwrap_or_default()
    }

    /// Reads its table.
    pub fn read(section: Section<'_>) -> Self {
        fields::tagged(section, PAGERS).unwrap_or_default()
    }

    /// The records of a full page, where they are said.
    pub fn limit(&self) -> Option<u64> {
        self.kind().and_then(PageKind::limit).or(self.bounds.limit)
    }
}

impl Bounds {
    fn read(section: &mut Section<'_>, has_limit: bool) -> Self {
        let limit = "The records of a full page, sent as `cursor.limit`.";
        Self {
            limit: if has_limit { None } else { fields::optional_number(section, "limit", limit) },
            least_limit: fields::optional_number(
                section,
                "least_limit",
                "Where a page is refused as too large (action `smaller_page`), it is asked for with half as many \
                 records (`cursor.limit`), down to this; 1 if absent.",
            ),
            most_records: fields::optional_number(
                section,
                "most_records",
                "The vendor never lists more than this of one query and does not say so: a list of so many is cut.",
            ),
            distinct_by: fields::texts(
                section,
                "distinct_by",
                "JSON pointers within a record to what it is known by: where one comes again on a later page, the list \
                 has moved, and is read anew.",
            ),
            stop_before: fields::table(
                section,
                "stop_before",
                "For lists sorted newest first that cannot be asked for by date: no further page once a page's last \
                 record is older.",
                StopBefore::read,
            ),
        }
    }
}

impl StopBefore {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            pointer: fields::text(
                &mut section,
                "pointer",
                "\"/data/*/created_at\"",
                "JSON pointer to the list, `/*`, and the place of the instant in a record.",
            ),
            value: fields::text(
                &mut section,
                "value",
                "\"{{ slice.start_unix }}\"",
                "A template: an instant, a day, or seconds or milliseconds since 1970. Instants without a zone count \
                 a day later than they say.",
            ),
        };
        section.finish();
        read
    }
}
