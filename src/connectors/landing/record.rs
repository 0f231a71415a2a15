//! What is known of a page of a landed slice.

use serde::{Deserialize, Serialize};

/// One page as it lies in the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRecord {
    pub file: String,
    /// As received, decompressed.
    pub bytes: u64,
    /// Of the compressed file.
    pub sha256: String,
    #[serde(flatten)]
    pub label: PageLabel,
}

/// What a page is of, within its slice.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PageLabel {
    /// The stream's part; empty for its own request.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub part: String,
    /// The id of the object whose page it is, where it was asked for by that id alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub parent: String,
}

impl PageLabel {
    /// A part's pages.
    pub fn of_part(part: &str) -> Self {
        Self { part: part.to_owned(), parent: String::new() }
    }
}
