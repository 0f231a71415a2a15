//! What a connector says of each stream: what is asked, how it is cut and paged, which tables it fills.

use super::body::{BODIES, BodyKind, TableSpec};
use super::completeness::{DayEnds, IncompleteWhen};
use super::follow::{CountSpec, FollowSpec};
use super::job::JobSpec;
use super::load::LoadSpec;
use super::part::PartSpec;
use super::request::RequestSpec;
use super::slicing::SlicingSpec;
use crate::connectors::fields;
use crate::connectors::paging::PagingSpec;
use crate::settings::Section;

/// One kind of thing a vendor lists.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamSpec {
    /// What readers of a report call it, in lower case; its own name where absent.
    pub label: Option<String>,
    /// What it holds, one sentence.
    pub about: String,
    /// The stream that has as a whole what this one has in parts: only reports that print what rests on it wait for it.
    pub breakdown_of: Option<String>,
    pub slicing: SlicingSpec,
    /// Read by the first run of each day (in the account's zone) only.
    pub once_a_day: bool,
    /// Read again after so many hours only.
    pub every_hours: Option<u32>,
    /// Runs once for each value of this setting, a list or a text, or for each entry of this list of `partitions`, as
    /// `partition`; not at all where it is empty.
    pub partition_over: Option<String>,
    /// Not read where this setting is empty, false or 0.
    pub needs_setting: Option<String>,
    /// The setting with how many days back it is read at most; as far as the connection where absent.
    pub days_setting: Option<String>,
    pub request: RequestSpec,
    pub paging: PagingSpec,
    /// Where the vendor makes answers in its own time: how they are asked for and waited for.
    pub job: Option<JobSpec>,
    /// Further questions of the same slice.
    pub parts: Vec<PartSpec>,
    /// Objects that are only named at first, asked for afterwards in the same slice.
    pub follow: Option<FollowSpec>,
    /// Further objects, asked for after those of `follow`: what belongs to all pages so far.
    pub follow_also: Vec<FollowSpec>,
    /// How many records there are by another of the vendor's counts: a list that ends early is told by it.
    pub count: Option<CountSpec>,
    /// What cannot be told where the vendor refuses the stream (403, 404): the slice then ends with this
    /// note, holds nothing, and is asked for again by the next sync.
    pub if_refused: Option<String>,
    /// What the body is.
    pub body: BodyKind,
    /// How its lines are found, where it is csv or a workbook.
    pub table: TableSpec,
    /// JSON path from a body (or array element) to its records, e.g. `$.results[*]`. Used to keep
    /// the raw record of a rejected row and to notice new fields.
    pub records: String,
    /// Whether the vendor leaves the list out where it would be empty. Without this an answer that lacks it is no
    /// answer: its days stay unread.
    pub omits_empty_list: bool,
    /// The tables the pages fill, all in one transaction.
    pub loads: Vec<LoadSpec>,
    /// Days until the vendor's word on a day is final.
    pub settles_after_days: u32,
    /// Days until the vendor has a day as a whole, where that is later than its end: no report waits for those since.
    pub complete_after_days: u32,
    /// File with a query over `page` that yields `note` texts: what the vendor says about the quality
    /// of its answer, e.g. that rows were folded together.
    pub notes_sql: Option<String>,
    /// The setting that names the zone of the vendor's days; else the workspace's zone.
    pub time_zone_setting: Option<String>,
    /// JSON path to the zone of the account in a body: where it differs from the setting, a day counts
    /// as whole when it has ended in both, and readers are told.
    pub time_zone_path: Option<String>,
    /// JSON path to the currency of the account in a body: `check --online` tells one that is not the
    /// workspace's.
    pub currency_path: Option<String>,
    /// JSON path to why an answer is not whole, e.g. rows of days that are no longer kept: where it is there,
    /// no day of the slice counts as read.
    pub incomplete_path: Option<String>,
    /// JSON path to the first day that the vendor has not as a whole yet: days from there on are read in part.
    pub open_from_path: Option<String>,
    /// How an answer says that it may not be whole.
    pub incomplete_when: Option<IncompleteWhen>,
    /// What else must be before a day is whole than its end in the account's zone.
    pub day_ends: Option<DayEnds>,
    /// JSON pointers to what says in a body that rows were folded together or cut: a truth value, or a list
    /// with something in it. Then days are asked for one by one.
    pub folded_pointers: Vec<String>,
}

impl StreamSpec {
    /// JSON pointer to the list of records, where `records` names a single one.
    pub fn list_pointer(&self) -> Option<String> {
        let path = self.records.strip_prefix('$')?;
        let list = match path.strip_suffix("[*]") {
            Some(list) => list,
            // Elements of a body that is read one by one are the records themselves.
            None if path.is_empty() && self.body == BodyKind::Array => "",
            None => return None,
        };
        let is_plain = list.chars().all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '_' | '-'));
        is_plain.then(|| list.replace('.', "/"))
    }

    /// Whether its slices are days that a source is late with: not what is read as a whole, what was before
    /// the first day, or what a source can do without.
    pub fn has_days(&self) -> bool {
        !matches!(self.slicing, SlicingSpec::Whole | SlicingSpec::Before { .. }) && self.if_refused.is_none()
    }
}

impl StreamSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        section.about("One kind of thing a vendor lists.");
        let read = Self {
            label: fields::optional_text(
                &mut section,
                "label",
                "What readers of a report call it, in lower case; its own name where absent.",
            ),
            about: fields::text(&mut section, "about", "\"Cost by campaign and day.\"", "What it holds, one sentence."),
            breakdown_of: fields::optional_text(
                &mut section,
                "breakdown_of",
                "The stream that has as a whole what this one has in parts: only reports that print what rests on it \
                 wait for it.",
            ),
            slicing: fields::table(&mut section, "slicing", "How the past is cut into requests.", SlicingSpec::read)
                .unwrap_or_default(),
            once_a_day: fields::boolean(
                &mut section,
                "once_a_day",
                "Read by the first run of each day (in the account's zone) only.",
            ),
            every_hours: fields::optional_number(
                &mut section,
                "every_hours",
                "Read again after so many hours only (a quarter of an hour less counts as well), however often the \
                 connection is synced: for vendors that answer anew only so often, or charge for each answer.",
            ),
            partition_over: fields::optional_text(
                &mut section,
                "partition_over",
                "Runs once for each value of this setting, a list or a text, or for each entry of this list of \
                 `partitions`, as `partition`; not at all where it is empty.",
            ),
            needs_setting: fields::optional_text(
                &mut section,
                "needs_setting",
                "Not read where this setting is empty, false or 0.",
            ),
            days_setting: fields::optional_text(
                &mut section,
                "days_setting",
                "The setting with how many days back it is read at most; as far as the connection \
                 where absent. For streams by days.",
            ),
            request: RequestSpec::of(&mut section),
            paging: PagingSpec::of(&mut section),
            job: fields::table(
                &mut section,
                "job",
                "Where the vendor makes answers in its own time: how they are asked for and waited for.",
                JobSpec::read,
            ),
            parts: fields::tables(
                &mut section,
                "parts",
                "Further questions of the same slice; queries tell their pages by `page.part`.",
                PartSpec::read,
            ),
            follow: fields::table(
                &mut section,
                "follow",
                "Objects that are only named at first, asked for afterwards in the same slice.",
                FollowSpec::read,
            ),
            follow_also: fields::tables(
                &mut section,
                "follow_also",
                "Further objects, asked for after those of `follow`: what belongs to all pages so \
                 far.",
                FollowSpec::read,
            ),
            count: fields::table(
                &mut section,
                "count",
                "How many records there are by another of the vendor's counts: a list that ends \
                 early is told by it.",
                CountSpec::read,
            ),
            if_refused: fields::optional_text(
                &mut section,
                "if_refused",
                "What cannot be told where the vendor refuses the stream (403, 404): the slice then \
                 ends with this note, holds nothing, and is asked for again by the next sync.",
            ),
            body: fields::optional_word(&mut section, "body", "What the body is: one JSON object if left out.", BODIES)
                .unwrap_or_default(),
            table: fields::table(
                &mut section,
                "table",
                "How the lines of a csv or workbook body are found. What is left out is found out.",
                TableSpec::read,
            )
            .unwrap_or_default(),
            records: fields::text(
                &mut section,
                "records",
                "\"$.results[*]\"",
                "JSON path from a body (or array element) to its records, e.g. `$.results[*]`. Used \
                 to keep the raw record of a rejected row and to notice new fields.",
            ),
            omits_empty_list: fields::boolean(
                &mut section,
                "omits_empty_list",
                "Whether the vendor leaves the list out where it would be empty. Without this an \
                 answer that lacks it is no answer: its days stay unread.",
            ),
            loads: fields::required_tables(
                &mut section,
                "loads",
                "The tables the pages fill, all in one transaction.",
                LoadSpec::read,
            ),
            settles_after_days: fields::optional_number(
                &mut section,
                "settles_after_days",
                "Days until the vendor's word on a day is final.",
            )
            .unwrap_or(0),
            complete_after_days: fields::optional_number(
                &mut section,
                "complete_after_days",
                "Days until the vendor has a day as a whole, where that is later than its end: no \
                 report waits for those since.",
            )
            .unwrap_or(0),
            notes_sql: fields::optional_text(
                &mut section,
                "notes_sql",
                "File with a query over `page` that yields `note` texts: what the vendor says about \
                 the quality of its answer, e.g. that rows were folded together.",
            ),
            time_zone_setting: fields::optional_text(
                &mut section,
                "time_zone_setting",
                "The setting that names the zone of the vendor's days; else the workspace's zone.",
            ),
            time_zone_path: fields::optional_text(
                &mut section,
                "time_zone_path",
                "JSON path to the zone of the account in a body: where it differs from the setting, \
                 a day counts as whole when it has ended in both, and readers are told.",
            ),
            currency_path: fields::optional_text(
                &mut section,
                "currency_path",
                "JSON path to the currency of the account in a body: `check --online` tells one that \
                 is not the workspace's.",
            ),
            incomplete_path: fields::optional_text(
                &mut section,
                "incomplete_path",
                "JSON path to why an answer is not whole, e.g. rows of days that are no longer kept: \
                 where it is there, no day of the slice counts as read.",
            ),
            open_from_path: fields::optional_text(
                &mut section,
                "open_from_path",
                "JSON path to the first day that the vendor has not as a whole yet: days from there \
                 on are read in part.",
            ),
            incomplete_when: fields::table(
                &mut section,
                "incomplete_when",
                "How an answer says that it may not be whole: rows are taken as they are, and the days that it lacks \
                 something of are read in part.",
                IncompleteWhen::read,
            ),
            day_ends: fields::table(
                &mut section,
                "day_ends",
                "What else must be before a day is whole than its end in the account's zone.",
                DayEnds::read,
            ),
            folded_pointers: fields::texts(
                &mut section,
                "folded_pointers",
                "JSON pointers to what says in a body that rows were folded together or cut: a truth \
                 value, or a list with something in it. Then days are asked for one by one.",
            ),
        };
        section.finish();
        read
    }
}
