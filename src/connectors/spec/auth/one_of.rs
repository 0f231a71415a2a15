//! Several ways to prove who asks, of which a setting takes one.

use super::{AuthSpec, read_choice};
use crate::connectors::fields;
use crate::settings::Section;
use std::collections::BTreeMap;

/// Ways by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOf {
    /// The setting whose value names one of them.
    pub setting: String,
    pub choices: BTreeMap<String, Choice>,
}

/// One of several ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub about: String,
    pub auth: AuthSpec,
}

impl OneOf {
    pub const WORD: &str = "one_of";
    pub const ABOUT: &str = "Several ways, of which a setting takes one. Secrets and settings that only others mention \
                 are not asked for.";

    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            setting: fields::text(section, "setting", "\"auth\"", "The setting whose value names one of the choices."),
            choices: fields::required_named(section, "choices", "The ways by name.", Choice::read),
        }
    }

    /// The one that the settings take.
    pub fn chosen(&self, settings: &BTreeMap<String, toml::Value>) -> Option<&Choice> {
        self.choices.get(settings.get(&self.setting)?.as_str()?)
    }

    /// Their names, in quotes.
    pub fn names(&self) -> String {
        let names: Vec<String> = self.choices.keys().map(|name| format!("{name:?}")).collect();
        names.join(", ")
    }
}

impl Choice {
    fn read(mut section: Section<'_>) -> Self {
        section.about("One of several ways to prove who asks.");
        let about =
            fields::text(&mut section, "about", "\"A service account.\"", "What an admin needs for it, one sentence.");
        Self { about, auth: read_choice(section) }
    }
}
