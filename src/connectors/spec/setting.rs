//! What a connector asks of an admin: settings and secrets.

use super::sunset::SunsetSpec;
use crate::connectors::fields::{self, Word};
use crate::settings::Section;

/// A value an admin may set on a connection.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingSpec {
    pub about: String,
    pub kind: SettingKind,
    /// A regular expression that a text, or each entry of a list, must match as a whole.
    pub pattern: Option<String>,
    /// What matches looks like, for the message: `digits only, such as 1234567890`.
    pub looks_like: Option<String>,
    /// The most entries of a list.
    pub most_entries: Option<usize>,
    /// Without a default the setting is required.
    pub default: Option<toml::Value>,
    /// When the API versions end that it may hold.
    pub sunset: SunsetSpec,
}

/// What a setting may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SettingKind {
    #[default]
    Text,
    Number,
    Boolean,
    /// A list of texts; the only kind a partition may run over.
    List,
    /// An IANA zone such as `Europe/Berlin`.
    TimeZone,
    /// `https://…`, or `http://` to loopback.
    Url,
}

const KINDS: &[Word<SettingKind>] = &[
    ("text", "A text.", SettingKind::Text),
    ("number", "A number.", SettingKind::Number),
    ("boolean", "true or false.", SettingKind::Boolean),
    ("list", "A list of texts; the only kind a partition may run over.", SettingKind::List),
    ("time_zone", "An IANA zone such as `Europe/Berlin`.", SettingKind::TimeZone),
    ("url", "`https://…`, or `http://` to loopback.", SettingKind::Url),
];

/// A secret the connector needs.
#[derive(Clone, Debug, PartialEq)]
pub struct SecretSpec {
    pub about: String,
    pub optional: bool,
}

impl SettingSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        section.about("A value an admin may set on a connection.");
        let read = Self {
            about: fields::text(&mut section, "about", "\"The account's id.\"", "What to write, one sentence."),
            kind: fields::optional_word(&mut section, "kind", "What it may hold; \"text\" if absent.", KINDS)
                .unwrap_or_default(),
            pattern: fields::optional_text(
                &mut section,
                "pattern",
                "A regular expression that a text, or each entry of a list, must match as a whole.",
            ),
            looks_like: fields::optional_text(
                &mut section,
                "looks_like",
                "What matches looks like, for the message: `digits only, such as 1234567890`.",
            ),
            most_entries: fields::optional_number(&mut section, "most_entries", "The most entries of a list."),
            default: fields::optional_value(&mut section, "default", "Without a default the setting is required."),
            sunset: SunsetSpec::read(&mut section),
        };
        section.finish();
        read
    }
}

impl SecretSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        section.about("A secret the connector needs.");
        let read = Self {
            about: fields::text(
                &mut section,
                "about",
                "\"A key with the right to read.\"",
                "What it is and where the vendor gives it, one sentence.",
            ),
            optional: fields::boolean(&mut section, "optional", "Whether a connection can do without it."),
        };
        section.finish();
        read
    }
}
