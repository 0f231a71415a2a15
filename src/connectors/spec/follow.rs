//! Objects that are only named at first, and counts.

use super::request::RequestSpec;
use crate::connectors::fields;
use crate::connectors::paging::PagingSpec;
use crate::settings::Section;

/// Asks for named objects, after the stream's own pages and into the same slice, so that all is
/// loaded in one transaction under one cursor: changed objects that events name, what belongs to
/// each listed object.
#[derive(Clone, Debug, PartialEq)]
pub struct FollowSpec {
    /// Another listing that names the objects; its pages are not kept. Absent: the stream's own
    /// pages name them.
    pub listing: Option<ListingSpec>,
    /// Where the names stand.
    pub ids: IdPlace,
    /// Objects that the stream's own pages hold here need no second asking: they were read after
    /// the listing's news of them.
    pub held: Option<IdPlace>,
    /// What `page.part` is of its pages; those of a named part that were asked for by one id have it as `page.parent`.
    pub part: String,
    /// Only pages of this part name objects: the empty one is the stream's own. All pages so far, where it is absent.
    pub from_part: Option<String>,
    /// At most so many ids a request.
    pub batch: usize,
    /// Its templates also see `cursor.ids`, and with one id a request `cursor.parent`, the id that the page was asked
    /// for by which names it.
    pub request: RequestSpec,
    /// How the pages of one request follow one another.
    pub paging: PagingSpec,
    /// Where an answer about several objects says of which it has none, and why.
    pub failed: Option<FailedSpec>,
    /// Where an answer is cut within an object: it is asked for again, from there on.
    pub rest: Option<RestSpec>,
    /// What cannot be told where the vendor refuses these objects (403): a note, and the rest goes on.
    pub if_refused: Option<String>,
}

/// Where an answer about several objects names those that it could not be given.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct FailedSpec {
    /// JSON pointer to the list of failures; 64 KB of it are read.
    pub records_pointer: String,
    /// JSON pointer within a failure to the object's id; ids may stand in a list.
    pub id_pointer: String,
    /// JSON pointer within a failure to the reason.
    pub message_pointer: String,
}

impl FailedSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            records_pointer: fields::text(
                &mut section,
                "records_pointer",
                "\"/errors\"",
                "JSON pointer to the list of failures.",
            ),
            id_pointer: fields::text(
                &mut section,
                "id_pointer",
                "\"/context/ids\"",
                "JSON pointer within a failure to the object's id; ids may stand in a list.",
            ),
            message_pointer: fields::text(
                &mut section,
                "message_pointer",
                "\"/message\"",
                "JSON pointer within a failure to the reason.",
            ),
        };
        section.finish();
        read
    }
}

/// Where an answer says that it does not hold all of an object. The request then sees in `cursor.tokens`,
/// at the place that the object has in `cursor.ids`, where to go on; an empty text at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestSpec {
    /// JSON pointer to the list of objects.
    pub records_pointer: String,
    /// JSON pointer within an object to its id.
    pub id_pointer: String,
    /// JSON pointer within an object to where it goes on; absent where it is whole.
    pub token_pointer: String,
}

/// Asks how many records there are, before they are listed.
#[derive(Clone, Debug, PartialEq)]
pub struct CountSpec {
    pub request: RequestSpec,
    /// JSON pointer to the number in its answer.
    pub total_pointer: String,
    /// JSON pointer to the list of records in the stream's own pages.
    pub records_pointer: String,
}

/// A listing beside the stream's own.
#[derive(Clone, Debug, PartialEq)]
pub struct ListingSpec {
    pub request: RequestSpec,
    pub paging: PagingSpec,
    /// The vendor keeps it so many days: older slices do not ask for it.
    pub kept_days: u32,
}

/// Where ids stand in a page.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct IdPlace {
    /// JSON pointer to the list of records; a page without it is a single record.
    pub records_pointer: String,
    /// JSON pointers within a record, where `*` stands for each element of a list: the first that holds
    /// a text or a number gives the id, or the ids.
    pub id_pointers: Vec<String>,
    /// Only records that hold something at this pointer.
    pub only_with: Option<OnlyWith>,
    /// Only records that hold something new at this pointer, be it a text, a number or an object: of a
    /// thousand objects with the same coupon one is enough to learn of it.
    pub one_for_each: Option<String>,
}

/// A condition on a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnlyWith {
    /// A JSON pointer with `*` as in an id's.
    pub pointer: String,
    /// The text, number or truth value that must stand there; any if absent.
    pub value: Option<String>,
    /// A JSON pointer to what one of them must differ from, e.g. a price's currency from its subscription's.
    pub other_than: Option<String>,
}

impl FollowSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            listing: fields::table(
                &mut section,
                "listing",
                "Another listing that names the objects; its pages are not kept. Absent: the \
                 stream's own pages name them.",
                ListingSpec::read,
            ),
            ids: fields::required_table(&mut section, "ids", "Where the names stand.", IdPlace::read)
                .unwrap_or_default(),
            held: fields::table(
                &mut section,
                "held",
                "Objects that the stream's own pages hold here need no second asking: they were read \
                 after the listing's news of them.",
                IdPlace::read,
            ),
            part: fields::optional_text(&mut section, "part", "What `page.part` is of its pages; those of a named part that were asked for by one id have it as `page.parent`.").unwrap_or_default(),
            from_part: fields::optional_text(
                &mut section,
                "from_part",
                "Only pages of this part name objects: the empty one is the stream's own. All pages so far, where it \
                 is absent.",
            ),
            batch: fields::optional_number(&mut section, "batch", "At most so many ids a request.").unwrap_or(1),
            request: fields::required_table(
                &mut section,
                "request",
                "Its templates also see `cursor.ids`, and with one id a request `cursor.parent`, the id that the page \
                 was asked for by which names it.",
                RequestSpec::read,
            )
            .unwrap_or_default(),
            paging: PagingSpec::of(&mut section),
            failed: fields::table(
                &mut section,
                "failed",
                "Where an answer about several objects says of which it has none, and why.",
                FailedSpec::read,
            ),
            rest: fields::table(
                &mut section,
                "rest",
                "Where an answer is cut within an object: it is asked for again, from there on.",
                RestSpec::read,
            ),
            if_refused: fields::optional_text(
                &mut section,
                "if_refused",
                "What cannot be told where the vendor refuses these objects (403): a note, and the \
                 rest goes on.",
            ),
        };
        section.finish();
        read
    }
}

impl RestSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            records_pointer: fields::text(
                &mut section,
                "records_pointer",
                "\"/results\"",
                "JSON pointer to the list of objects.",
            ),
            id_pointer: fields::text(&mut section, "id_pointer", "\"/id\"", "JSON pointer within an object to its id."),
            token_pointer: fields::text(
                &mut section,
                "token_pointer",
                "\"/paging/next\"",
                "JSON pointer within an object to where it goes on; absent where it is whole.",
            ),
        };
        section.finish();
        read
    }
}

impl CountSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            request: RequestSpec::of(&mut section),
            total_pointer: fields::text(
                &mut section,
                "total_pointer",
                "\"/total\"",
                "JSON pointer to the number in its answer.",
            ),
            records_pointer: fields::text(
                &mut section,
                "records_pointer",
                "\"/results\"",
                "JSON pointer to the list of records in the stream's own pages.",
            ),
        };
        section.finish();
        read
    }
}

impl ListingSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            request: RequestSpec::of(&mut section),
            paging: PagingSpec::of(&mut section),
            kept_days: fields::number(
                &mut section,
                "kept_days",
                "30",
                "The vendor keeps it so many days: older slices do not ask for it.",
            ),
        };
        section.finish();
        read
    }
}

impl IdPlace {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            records_pointer: fields::text(
                &mut section,
                "records_pointer",
                "\"/data\"",
                "JSON pointer to the list of records; a page without it is a single record.",
            ),
            id_pointers: fields::required_texts(
                &mut section,
                "id_pointers",
                "[\"/id\"]",
                "JSON pointers within a record, where `*` stands for each element of a list: the \
                 first that holds a text or a number gives the id, or the ids.",
            ),
            only_with: fields::table(
                &mut section,
                "only_with",
                "Only records that hold something at this pointer.",
                OnlyWith::read,
            ),
            one_for_each: fields::optional_text(
                &mut section,
                "one_for_each",
                "Only records that hold something new at this pointer, be it a text, a number or an \
                 object: of a thousand objects with the same coupon one is enough to learn of it.",
            ),
        };
        section.finish();
        read
    }
}

impl OnlyWith {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            pointer: fields::text(&mut section, "pointer", "\"/type\"", "A JSON pointer with `*` as in an id's."),
            value: fields::optional_text(
                &mut section,
                "value",
                "The text, number or truth value that must stand there; any if absent.",
            ),
            other_than: fields::optional_text(
                &mut section,
                "other_than",
                "A JSON pointer to what one of them must differ from, e.g. a price's currency from \
                 its subscription's.",
            ),
        };
        section.finish();
        read
    }
}
