//! The tables that pages fill.

use crate::connectors::fields::{self, Variant};
use crate::settings::Section;

/// A table filled from the pages.
///
/// The query `<sql>` reads `page(page_no INTEGER, body JSON)` and yields every column of
/// `core.<table>` but workspace, connection and load_id, plus `page_no` as it is, `record_no` (from 0
/// within the body) and `problem` (null for a good row, else the reason). It may also yield
/// `is_absent BOOLEAN`: such a row is not loaded but says that its `scope` holds nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadSpec {
    /// Table in schema `core`.
    pub table: String,
    /// File beside `connector.toml`; `<table>.sql` by default.
    pub sql: Option<String>,
    /// Columns that name a row within workspace and connection; those of the fact's contract if empty.
    pub key: Vec<String>,
    pub mode: LoadMode,
    /// Date columns whose days a changed row touches; the day of a fact that adds to the metrics if empty.
    pub touches: Vec<String>,
    /// What tells an emptier answer of a replaced window from a missing one; rows are counted where
    /// this is absent.
    pub doubt: DoubtSpec,
    /// For records that the vendor deletes, restores and merges: which of them the rows are. The table has
    /// `modified_at`, `archived_at`, `absence` and `merged_<key>s`, and comes before tables of the same key.
    pub records: Option<RecordList>,
}

impl LoadSpec {
    /// The query's file name.
    pub fn sql_file(&self) -> String {
        self.sql.clone().unwrap_or_else(|| format!("{}.sql", self.table))
    }
}

/// What the new rows replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadMode {
    /// All rows of the slice's days (by `column`), and of its partition where `partition` names the
    /// column that holds it: rows the vendor no longer states are gone.
    ReplaceWindow {
        column: String,
        partition: Option<String>,
        /// The query relates no row to another day's and asks neither for its window (but by `of_day`: a row
        /// that needs it ends the reading at once), nor for when it was fetched, nor for the numbers of
        /// pages: slices whose days hold nothing yet may be read at once.
        days_stand_alone: bool,
    },
    /// All rows of this connection.
    ReplaceAll,
    /// Rows with the same values in `scope` (the key by default).
    Upsert { scope: Vec<String> },
}

/// The ways, a line each.
const MODES: &[Variant<LoadMode>] = &[
    Variant::new(
        "replace_window",
        "All rows of the slice's days (by `column`), and of its partition where `partition` \
                 names the column that holds it: rows the vendor no longer states are gone.",
        replace_window,
    ),
    Variant::plain("replace_all", "All rows of this connection.", || LoadMode::ReplaceAll),
    Variant::new("upsert", "Rows with the same values in `scope` (the key by default).", upsert),
];

/// Which of a vendor's records a stream lists.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// The lists, a line each.
const LISTS: &[Variant<RecordList>] = &[
    Variant::plain(
        "changed",
        "Living ones that changed, found by an index that may be behind: it never brings a \
                 deleted one back.",
        || RecordList::Changed,
    ),
    Variant::plain(
        "living",
        "Every living one: what is not listed is gone, unless it was merged or lies in the \
                 recycle bin.",
        || RecordList::Living,
    ),
    Variant::new("deleted", "Those in the recycle bin.", deleted),
];

/// A day whose measure fell to nothing, or to less than a tenth, is not believed until something else
/// says the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmSpec {
    pub stream: String,
    pub table: String,
    /// The column that holds the partition there.
    pub partition: String,
    pub measure: String,
}

impl LoadSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            table: fields::text(&mut section, "table", "\"ad_daily\"", "Table in schema `core`."),
            sql: fields::optional_text(&mut section, "sql", "File beside `connector.toml`; `<table>.sql` by default."),
            key: fields::texts(
                &mut section,
                "key",
                "Columns that name a row within workspace and connection; those of the fact's \
                 contract if empty.",
            ),
            mode: fields::required_table(&mut section, "mode", "What the new rows replace.", LoadMode::read)
                .unwrap_or(LoadMode::ReplaceAll),
            touches: fields::texts(
                &mut section,
                "touches",
                "Date columns whose days a changed row touches; the day of a fact that adds to the \
                 metrics if empty.",
            ),
            doubt: fields::table(
                &mut section,
                "doubt",
                "What tells an emptier answer of a replaced window from a missing one; rows are \
                 counted where this is absent.",
                DoubtSpec::read,
            )
            .unwrap_or_default(),
            records: fields::table(
                &mut section,
                "records",
                "For records that the vendor deletes, restores and merges: which of them the rows \
                 are. The table has `modified_at`, `archived_at`, `absence` and `merged_<key>s`, and \
                 comes before tables of the same key.",
                RecordList::read,
            )
            .flatten(),
        };
        section.finish();
        read
    }
}

impl LoadMode {
    /// Reads its table.
    pub fn read(section: Section<'_>) -> Self {
        fields::tagged(section, MODES).unwrap_or(Self::ReplaceAll)
    }
}

impl RecordList {
    /// Reads its table.
    pub fn read(section: Section<'_>) -> Option<Self> {
        fields::tagged(section, LISTS)
    }
}

impl DoubtSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            measure: fields::optional_text(
                &mut section,
                "measure",
                "A column of numbers; rows are counted where it is absent.",
            ),
            also: fields::texts(
                &mut section,
                "also",
                "Further columns, of the table that confirms as well: the first of them that the day \
                 has is its measure where it has nothing of `measure`.",
            ),
            confirmed_by: fields::table(
                &mut section,
                "confirmed_by",
                "Another stream of the connection, in another table, whose measure of the day may \
                 not exceed this one's.",
                ConfirmSpec::read,
            ),
            lists_all_by: fields::optional_text(
                &mut section,
                "lists_all_by",
                "A column of instants by which the vendor lists every row for ever, of a stream of \
                 instants: a list that names hardly any of the rows held of its window is another \
                 account's, and is not loaded.",
            ),
        };
        section.finish();
        read
    }
}

impl ConfirmSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            stream: fields::text(&mut section, "stream", "\"orders\"", "The other stream."),
            table: fields::text(&mut section, "table", "\"payment\"", "Its table in schema `core`."),
            partition: fields::text(
                &mut section,
                "partition",
                "\"account\"",
                "The column that holds the partition there.",
            ),
            measure: fields::text(&mut section, "measure", "\"amount\"", "The column of numbers there."),
        };
        section.finish();
        read
    }
}

fn replace_window(section: &mut Section<'_>) -> LoadMode {
    LoadMode::ReplaceWindow {
        column: fields::text(section, "column", "\"date\"", "The column that holds the day."),
        partition: fields::optional_text(section, "partition", "The column that holds the partition."),
        days_stand_alone: fields::boolean(
            section,
            "days_stand_alone",
            "The query relates no row to another day's and asks neither for its window, nor for \
                 when it was fetched, nor for the numbers of pages: slices whose days hold nothing \
                 yet may be read at once.",
        ),
    }
}

fn upsert(section: &mut Section<'_>) -> LoadMode {
    LoadMode::Upsert { scope: fields::texts(section, "scope", "Columns; the key if empty.") }
}

fn deleted(section: &mut Section<'_>) -> RecordList {
    RecordList::Deleted {
        listed_by: fields::text(
            section,
            "listed_by",
            "\"contacts\"",
            "The stream that lists every living one: what it has listed since lives.",
        ),
    }
}
