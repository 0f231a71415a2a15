//! Accounts, lists and the like that a credential can see, asked for rather than named by an admin.

use super::follow::IdPlace;
use super::request::RequestSpec;
use crate::connectors::fields;
use crate::connectors::paging::PagingSpec;
use crate::settings::Section;

/// A list that streams run once for each entry of (`partition_over` names it). It is asked for before they are: an
/// entry that an admin named and that is not listed is not read, and one that was listed once and is no more stays
/// expected until it is ignored.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionsSpec {
    /// What the entries are, in the plural, e.g. `ad accounts`.
    pub label: String,
    /// The setting, a list, in which an admin names the entries to read; all that are listed where it is empty.
    pub setting: Option<String>,
    /// The setting, a list, of entries that are not to be read.
    pub ignored: Option<String>,
    /// What is asked before, for a value that the list is asked for by.
    pub first: Option<FirstSpec>,
    pub request: RequestSpec,
    pub paging: PagingSpec,
    pub ids: IdPlace,
}

/// A question whose answer has a value that another question needs, e.g. the id of the user whose accounts are listed.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct FirstSpec {
    pub request: RequestSpec,
    /// JSON pointer to the value; templates of the list's request see it as `cursor.first`.
    pub pointer: String,
}

impl FirstSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            request: RequestSpec::of(&mut section),
            pointer: fields::text(
                &mut section,
                "pointer",
                "\"/user/id\"",
                "JSON pointer to the value; templates of the list's request see it as `cursor.first`.",
            ),
        };
        section.finish();
        read
    }
}

impl PartitionsSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            label: fields::text(
                &mut section,
                "label",
                "\"ad accounts\"",
                "What the entries are, in the plural, e.g. `ad accounts`.",
            ),
            setting: fields::optional_text(
                &mut section,
                "setting",
                "The setting, a list, in which an admin names the entries to read; all that are listed where it is \
                 empty.",
            ),
            ignored: fields::optional_text(
                &mut section,
                "ignored",
                "The setting, a list, of entries that are not to be read.",
            ),
            first: fields::table(
                &mut section,
                "first",
                "What is asked before, for a value that the list is asked for by, e.g. the id of the user.",
                FirstSpec::read,
            ),
            request: RequestSpec::of(&mut section),
            paging: PagingSpec::of(&mut section),
            ids: fields::required_table(&mut section, "ids", "Where the entries stand.", IdPlace::read)
                .unwrap_or_default(),
        };
        section.finish();
        read
    }
}
