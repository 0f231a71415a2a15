//! What a fact adds to the unified metrics: measures by day and origin, and by dimensions.

use super::ColumnType;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A query over the fact that yields `workspace`, `date`, `source`, `medium`, `campaign`, the measures, and the
/// dimensions; `hour` as well where the fact has hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// Where the query is written: relative to the root, or the name of a built-in file.
    pub file: PathBuf,
    pub sql: String,
    pub measures: Vec<Measure>,
    /// Each with the column of the query.
    pub dimensions: Vec<Dimension>,
}

/// A column of the unified metrics: the sum of what all facts add to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    pub name: String,
    pub kind: ColumnType,
}

/// What else the measures of a fact are split by. The list is closed, so that tables of several facts can be
/// laid side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    Device,
    Country,
    Region,
    LandingPage,
    NewOrReturning,
    Account,
    Content,
    #[serde(rename = "custom_1")]
    Custom1,
    #[serde(rename = "custom_2")]
    Custom2,
    #[serde(rename = "custom_3")]
    Custom3,
    #[serde(rename = "custom_4")]
    Custom4,
    #[serde(rename = "custom_5")]
    Custom5,
}

impl Dimension {
    /// Every dimension with the name of its column.
    pub const WORDS: [(&'static str, Self); 12] = [
        ("device", Self::Device),
        ("country", Self::Country),
        ("region", Self::Region),
        ("landing_page", Self::LandingPage),
        ("new_or_returning", Self::NewOrReturning),
        ("account", Self::Account),
        ("content", Self::Content),
        ("custom_1", Self::Custom1),
        ("custom_2", Self::Custom2),
        ("custom_3", Self::Custom3),
        ("custom_4", Self::Custom4),
        ("custom_5", Self::Custom5),
    ];

    /// The heading of its values in reports.
    pub fn label(self) -> &'static str {
        match self {
            Self::Device => "Device",
            Self::Country => "Country",
            Self::Region => "Region",
            Self::LandingPage => "Landing page",
            Self::NewOrReturning => "New or returning",
            Self::Account => "Account",
            Self::Content => "Content",
            Self::Custom1 => "Custom 1",
            Self::Custom2 => "Custom 2",
            Self::Custom3 => "Custom 3",
            Self::Custom4 => "Custom 4",
            Self::Custom5 => "Custom 5",
        }
    }

    /// Whether its values are words of which each vendor has its own spelling: `MOBILE` and `mobile` are one.
    pub fn is_word_in_any_case(self) -> bool {
        matches!(self, Self::Device | Self::Country | Self::Region | Self::NewOrReturning)
    }

    /// The name of its column.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, dimension)| *dimension == self).map_or("", |(word, _)| word)
    }
}
