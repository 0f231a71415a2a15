//! What a connector says of each stream: what is asked, how it is cut and paged, which tables it fills.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One kind of thing a vendor lists.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamSpec {
    /// What readers of a report call it, in lower case; its own name where absent.
    pub label: Option<String>,
    /// What it holds, one sentence.
    pub about: String,
    #[serde(default)]
    pub slicing: SlicingSpec,
    /// Read by the first run of each day (in the account's zone) only.
    #[serde(default)]
    pub once_a_day: bool,
    /// Runs once for each value of this setting, a list or a text, as `partition`; not at all where it is empty.
    pub partition_over: Option<String>,
    pub request: RequestSpec,
    #[serde(default)]
    pub paging: PagingSpec,
    /// Objects that are only named at first, asked for afterwards in the same slice.
    pub follow: Option<FollowSpec>,
    /// Further objects, asked for after those of `follow`: what belongs to all pages so far.
    #[serde(default)]
    pub follow_also: Vec<FollowSpec>,
    /// How many records there are by another of the vendor's counts: a list that ends early is told by it.
    pub count: Option<CountSpec>,
    /// What cannot be told where the vendor refuses the stream (403, 404): the slice then ends with this
    /// note, holds nothing, and is asked for again by the next sync.
    pub if_refused: Option<String>,
    /// What the body is: one JSON object, or an array of objects that is read element by element.
    #[serde(default)]
    pub body: BodyKind,
    /// JSON path from a body (or array element) to its records, e.g. `$.results[*]`. Used to keep
    /// the raw record of a rejected row and to notice new fields.
    pub records: String,
    /// Whether the vendor leaves the list out where it would be empty. Without this an answer that lacks it is no
    /// answer: its days stay unread.
    #[serde(default)]
    pub omits_empty_list: bool,
    /// The tables the pages fill, all in one transaction.
    pub loads: Vec<LoadSpec>,
    /// Days until the vendor's word on a day is final.
    #[serde(default)]
    pub settles_after_days: u32,
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
    /// JSON pointers to what says in a body that rows were folded together or cut: a truth value, or a list
    /// with something in it. Then days are asked for one by one.
    #[serde(default)]
    pub folded_pointers: Vec<String>,
}

impl StreamSpec {
    /// Whether its slices are days that a source is late with: not what is read as a whole, what was before
    /// the first day, or what a source can do without.
    pub fn has_days(&self) -> bool {
        !matches!(self.slicing, SlicingSpec::Whole | SlicingSpec::Before { .. }) && self.if_refused.is_none()
    }
}

/// How the past is cut into requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SlicingSpec {
    /// Everything, every time.
    #[default]
    Whole,
    /// Calendar days in the account's zone: `step_days` a slice. Each run reads today, the
    /// `reread_days` before it, and every day that is not there as a whole.
    Days {
        step_days: u32,
        reread_days: u32,
        /// The first run of a day also reads so many days back again.
        #[serde(default)]
        nightly_days: u32,
        /// Once in seven days so many days back are read again.
        #[serde(default)]
        weekly_days: u32,
    },
    /// What was before the connection's first day, once: from `from` until there, cut every `step_days`.
    Before {
        #[schemars(with = "String")]
        from: NaiveDate,
        step_days: u32,
    },
    /// Instants: from the cursor less `overlap_secs` until now, cut every `step_days`.
    Instants {
        step_days: u32,
        overlap_secs: u64,
        /// After a pause longer than this everything is read again: the vendor no longer knows what
        /// changed meanwhile.
        reload_after_days: Option<u32>,
        /// The first run of each day (in the account's zone) reads everything again: for changes that
        /// leave no trace at the vendor's.
        #[serde(default)]
        reload_daily: bool,
        /// Everything means from the beginning of time, not from the connection's first day.
        #[serde(default)]
        from_beginning: bool,
        /// So many days before the connection's first day are read as well: what was made then may move
        /// money later. The query leaves out what belongs to days before the variable `since`, which is set for
        /// such slices.
        #[serde(default)]
        before_days: u32,
    },
}

impl SlicingSpec {
    /// The same without anything from before the first day.
    pub fn without_days_before(&self) -> Self {
        let mut own = self.clone();
        if let Self::Instants { before_days, .. } = &mut own {
            *before_days = 0;
        }
        own
    }

    /// Whether more is read than the days from the first on.
    pub fn reads_days_before(&self) -> bool {
        matches!(self, Self::Instants { before_days: 1.., .. })
    }
}

/// One request. Path, query, headers and body are templates.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestSpec {
    #[serde(default)]
    pub method: Method,
    /// A full URL, normally `{{ settings.base_url }}/…`.
    pub url: String,
    /// In order, repeats allowed; a pair whose value renders empty is left out.
    #[serde(default)]
    pub query: Vec<(String, String)>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A JSON body.
    pub body: Option<String>,
    /// One of the connector's `allowances`, which the request uses up beside the credential's limit.
    pub allowance: Option<String>,
}

/// Asks for named objects, after the stream's own pages and into the same slice, so that all is
/// loaded in one transaction under one cursor: changed objects that events name, what belongs to
/// each listed object.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowSpec {
    /// Another listing that names the objects; its pages are not kept. Absent: the stream's own
    /// pages name them.
    pub listing: Option<ListingSpec>,
    /// Where the names stand.
    pub ids: IdPlace,
    /// Objects that the stream's own pages hold here need no second asking: they were read after
    /// the listing's news of them.
    pub held: Option<IdPlace>,
    /// At most so many ids a request.
    #[serde(default = "one")]
    pub batch: usize,
    /// Its templates also see `cursor.ids`.
    pub request: RequestSpec,
    /// Where an answer is cut within an object: it is asked for again, from there on.
    pub rest: Option<RestSpec>,
    /// What cannot be told where the vendor refuses these objects (403): a note, and the rest goes on.
    pub if_refused: Option<String>,
}

/// Where an answer says that it does not hold all of an object. The request then sees in `cursor.tokens`,
/// at the place that the object has in `cursor.ids`, where to go on; an empty text at first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestSpec {
    /// JSON pointer to the list of objects.
    pub records_pointer: String,
    /// JSON pointer within an object to its id.
    pub id_pointer: String,
    /// JSON pointer within an object to where it goes on; absent where it is whole.
    pub token_pointer: String,
}

/// Asks how many records there are, before they are listed.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountSpec {
    pub request: RequestSpec,
    /// JSON pointer to the number in its answer.
    pub total_pointer: String,
    /// JSON pointer to the list of records in the stream's own pages.
    pub records_pointer: String,
}

fn one() -> usize {
    1
}

/// A listing beside the stream's own.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListingSpec {
    pub request: RequestSpec,
    #[serde(default)]
    pub paging: PagingSpec,
    /// The vendor keeps it so many days: older slices do not ask for it.
    pub kept_days: u32,
}

/// Where ids stand in a page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnlyWith {
    /// A JSON pointer with `*` as in an id's.
    pub pointer: String,
    /// The text or number that must stand there; any if absent.
    pub value: Option<String>,
    /// A JSON pointer to what one of them must differ from, e.g. a price's currency from its subscription's.
    pub other_than: Option<String>,
}

/// The methods vendors use to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    #[default]
    Get,
    Post,
}

/// How to ask for the next page. The pager sets `cursor.*` for the request's templates; on the
/// first page all of `cursor` is empty text (`offset` is `0`, `page` is `first`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum PagingSpec {
    /// A single response.
    #[default]
    None,
    /// A token in the body, sent as `cursor.token` (in query or body); its absence ends.
    NextToken {
        /// JSON pointer, e.g. `/nextPageToken`.
        pointer: String,
        /// The token arrives percent-encoded and is decoded once.
        #[serde(default)]
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

/// For searches that list only so many rows: order by id, and when `rows` have come, ask again
/// with `cursor.floor` set to the last id and no token.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestartSpec {
    pub rows: u64,
    pub records_pointer: String,
    pub id_field: String,
}

/// How a response body is cut into JSON objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BodyKind {
    #[default]
    Object,
    Array,
}

/// A table filled from the pages.
///
/// The query `<sql>` reads `page(page_no INTEGER, body JSON)` and yields every column of
/// `core.<table>` but workspace, connection and load_id, plus `page_no` as it is, `record_no` (from 0
/// within the body) and `problem` (null for a good row, else the reason). It may also yield
/// `is_absent BOOLEAN`: such a row is not loaded but says that its `scope` holds nothing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadSpec {
    /// Table in schema `core`.
    pub table: String,
    /// File beside `connector.toml`; `<table>.sql` by default.
    pub sql: Option<String>,
    /// Columns that name a row within workspace and connection; those of the fact's contract if empty.
    #[serde(default)]
    pub key: Vec<String>,
    pub mode: LoadMode,
    /// Date columns whose days a changed row touches; the day of a fact that adds to the metrics if empty.
    #[serde(default)]
    pub touches: Vec<String>,
    /// What tells an emptier answer of a replaced window from a missing one; rows are counted where
    /// this is absent.
    #[serde(default)]
    pub doubt: DoubtSpec,
    /// For records that the vendor deletes, restores and merges: which of them the rows are. The table has
    /// `modified_at`, `archived_at`, `absence` and `merged_<key>s`, and comes before tables of the same key.
    pub records: Option<RecordList>,
}

/// A day whose measure fell to nothing, or to less than a tenth, is not believed until something else
/// says the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DoubtSpec {
    /// A column of numbers; rows are counted where it is absent.
    pub measure: Option<String>,
    /// Further columns, of the table that confirms as well: the first of them that the day has is its
    /// measure where it has nothing of `measure`.
    pub also: Vec<String>,
    /// Another stream of the connection, in another table, whose measure of the day may not exceed
    /// this one's.
    pub confirmed_by: Option<ConfirmSpec>,
    /// A column of instants by which the vendor lists every row for ever, of a stream of instants: a list
    /// that names hardly any of the rows held of its window is another account's, and is not loaded.
    pub lists_all_by: Option<String>,
}

/// What confirms an emptier answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmSpec {
    pub stream: String,
    pub table: String,
    /// The column that holds the partition there.
    pub partition: String,
    pub measure: String,
}

/// Which of a vendor's records a stream lists.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum RecordList {
    /// Living ones that changed, found by an index that may be behind: it never brings a deleted one back.
    Changed,
    /// Every living one: what is not listed is gone, unless it was merged or lies in the recycle bin.
    Living,
    /// Those in the recycle bin.
    Deleted {
        /// The stream that lists every living one: what it has listed since lives.
        listed_by: String,
    },
}

impl LoadSpec {
    /// The query's file name.
    pub fn sql_file(&self) -> String {
        self.sql.clone().unwrap_or_else(|| format!("{}.sql", self.table))
    }
}

/// What the new rows replace.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum LoadMode {
    /// All rows of the slice's days (by `column`), and of its partition where `partition` names the
    /// column that holds it: rows the vendor no longer states are gone.
    ReplaceWindow {
        column: String,
        partition: Option<String>,
        /// The query relates no row to another day's and asks neither for its window, nor for when it
        /// was fetched, nor for the numbers of pages: slices whose days hold nothing yet may be read at once.
        #[serde(default)]
        days_stand_alone: bool,
    },
    /// All rows of this connection.
    ReplaceAll,
    /// Rows with the same values in `scope` (the key by default).
    Upsert {
        #[serde(default)]
        scope: Vec<String>,
    },
}
