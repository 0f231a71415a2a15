//! The forms of a response body.

use crate::connectors::fields::{self, Word};
use crate::settings::Section;
use serde::{Deserialize, Serialize};

/// How a response body is read. What is not JSON is kept as it came, and read as JSON pages of one form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyKind {
    #[default]
    Object,
    Array,
    Lines,
    Csv,
    Workbook,
    Xml,
}

/// The kinds, a line each.
pub(super) const BODIES: &[Word<BodyKind>] = &[
    ("object", "One JSON object.", BodyKind::Object),
    ("array", "An array of objects that is read element by element.", BodyKind::Array),
    ("lines", "A JSON object on each line; queries see them as `rows`.", BodyKind::Lines),
    (
        "csv",
        "Values between separators, plain, gzipped or in a zip archive; queries see `columns`, the lines `above` \
         them, and `rows`, objects of texts by column.",
        BodyKind::Csv,
    ),
    ("workbook", "A sheet of an Excel or OpenDocument workbook; queries see what they see of csv.", BodyKind::Workbook),
    (
        "xml",
        "An XML document; queries see an object by its root's name: attributes as `@name`, text as `#text`, and each \
         kind of child as a list. Names lose their prefixes.",
        BodyKind::Xml,
    ),
];

impl BodyKind {
    /// How the files of its pages end, before they are packed.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Object | Self::Array => "json",
            Self::Lines => "ndjson",
            Self::Csv => "csv",
            Self::Workbook => "xlsx",
            Self::Xml => "xml",
        }
    }

    /// Whether the body is JSON that queries read as it came.
    pub fn is_json(self) -> bool {
        matches!(self, Self::Object | Self::Array)
    }
}

/// How the lines of a csv or workbook body are found. What is left out is found out from the body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableSpec {
    /// Columns that must be there: by them the line of names is found below a preamble.
    pub columns: Vec<String>,
    pub delimiter: Option<String>,
    /// A WHATWG label, e.g. `windows-1252`.
    pub encoding: Option<String>,
    pub sheet: Option<String>,
    /// How a line begins that is no row, e.g. a copyright at the end.
    pub ignores: Vec<String>,
    /// What stands above the columns before how many rows there are.
    pub count: Option<String>,
}

impl TableSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            columns: fields::texts(
                &mut section,
                "columns",
                "Columns that must be there: by them the line of names is found below a preamble.",
            ),
            delimiter: fields::optional_text(
                &mut section,
                "delimiter",
                "The sign between values; found out if left out.",
            ),
            encoding: fields::optional_text(
                &mut section,
                "encoding",
                "How the text is encoded, as \"windows-1252\"; found out if left out.",
            ),
            sheet: fields::optional_text(
                &mut section,
                "sheet",
                "The sheet of a workbook; its only one with data if left out.",
            ),
            ignores: fields::texts(
                &mut section,
                "ignores",
                "How a line begins that is no row, e.g. a copyright at the end.",
            ),
            count: fields::optional_text(
                &mut section,
                "count",
                "What stands above the columns before how many rows there are, e.g. \"Rows\" of `Rows: 5`: a body with \
                 another number of them is cut and is asked for again.",
            ),
        };
        section.finish();
        read
    }
}
