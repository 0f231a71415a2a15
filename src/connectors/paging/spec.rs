//! The ways to ask for the next page. Another one is a file, and a line in the list below.

use super::kind::PageKind;
use super::next_token::NextToken;
use super::next_url::NextUrl;
use super::offset::Offset;
use super::page_number::PageNumber;
use super::starting_after::StartingAfter;
use crate::connectors::fields::{self, Variant};
use crate::settings::Section;

macro_rules! pagers {
    ($($kind:ident),* $(,)?) => {
        /// How to ask for the next page. The pager sets `cursor.*` for the request's templates; on the
        /// first page all of `cursor` is empty text (`offset` is `0`, `page` is `first`).
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub enum PagingSpec {
            /// A single response.
            #[default]
            None,
            $($kind($kind),)*
        }

        const PAGERS: &[Variant<PagingSpec>] = &[
            Variant::plain("none", "A single response.", || PagingSpec::None),
            $(Variant::new($kind::WORD, $kind::ABOUT, |section| PagingSpec::$kind($kind::read(section))),)*
        ];

        impl PagingSpec {
    /// The table `paging`; a single page where there is none.
    pub fn of(section: &mut Section<'_>) -> Self {
        let about = "How to ask for the next page. The pager sets `cursor.*` for the request's templates; on the first \
                     page all of `cursor` is empty text (`offset` is `0`, `page` is `first`).";
        fields::table(section, "paging", about, Self::read).unwrap_or_default()
    }

            /// How the pages follow one another; `None` for a single response.
            pub fn kind(&self) -> Option<&dyn PageKind> {
                match self {
                    Self::None => None,
                    $(Self::$kind(kind) => Some(kind),)*
                }
            }
        }
    };
}

pagers![NextToken, Offset, PageNumber, StartingAfter, NextUrl];

impl PagingSpec {
    /// Reads its table.
    pub fn read(section: Section<'_>) -> Self {
        fields::tagged(section, PAGERS).unwrap_or_default()
    }
}
