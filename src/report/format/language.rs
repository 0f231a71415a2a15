//! The languages numbers and dates can be worded in: a closed list, each with its row of rules.

use super::rules::Rules;
use super::table;
use std::fmt;
use std::str::FromStr;

/// A language by its tag (BCP 47), e.g. `de-CH`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Language {
    /// Daybook's standard: English with the day before the month and no more commas than needed.
    #[default]
    En,
    EnGb,
    EnUs,
    De,
    DeCh,
    Fr,
    Es,
    It,
    Nl,
    Pl,
    PtBr,
    Sv,
    Da,
    Nb,
    Ja,
}

impl Language {
    pub const ALL: [Self; 15] = [
        Self::En,
        Self::EnGb,
        Self::EnUs,
        Self::De,
        Self::DeCh,
        Self::Fr,
        Self::Es,
        Self::It,
        Self::Nl,
        Self::Pl,
        Self::PtBr,
        Self::Sv,
        Self::Da,
        Self::Nb,
        Self::Ja,
    ];

    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::EnGb => "en-GB",
            Self::EnUs => "en-US",
            Self::De => "de",
            Self::DeCh => "de-CH",
            Self::Fr => "fr",
            Self::Es => "es",
            Self::It => "it",
            Self::Nl => "nl",
            Self::Pl => "pl",
            Self::PtBr => "pt-BR",
            Self::Sv => "sv",
            Self::Da => "da",
            Self::Nb => "nb",
            Self::Ja => "ja",
        }
    }

    pub(super) fn rules(self) -> &'static Rules {
        match self {
            Self::En => &table::EN,
            Self::EnGb => &table::EN_GB,
            Self::EnUs => &table::EN_US,
            Self::De => &table::DE,
            Self::DeCh => &table::DE_CH,
            Self::Fr => &table::FR,
            Self::Es => &table::ES,
            Self::It => &table::IT,
            Self::Nl => &table::NL,
            Self::Pl => &table::PL,
            Self::PtBr => &table::PT_BR,
            Self::Sv => &table::SV,
            Self::Da => &table::DA,
            Self::Nb => &table::NB,
            Self::Ja => &table::JA,
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.tag())
    }
}

/// A tag that is not in the list.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("numbers and dates cannot be worded in {0:?}; known are {known}", known = Language::ALL.map(Language::tag).join(", "))]
pub struct UnknownLanguage(String);

impl FromStr for Language {
    type Err = UnknownLanguage;
    fn from_str(tag: &str) -> Result<Self, UnknownLanguage> {
        let found = Self::ALL.into_iter().find(|language| language.tag() == tag);
        found.ok_or_else(|| UnknownLanguage(tag.to_owned()))
    }
}

impl TryFrom<String> for Language {
    type Error = UnknownLanguage;
    fn try_from(tag: String) -> Result<Self, UnknownLanguage> {
        tag.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.tag().to_owned()
    }
}
