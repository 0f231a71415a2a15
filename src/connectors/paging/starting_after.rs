//! The id of the last record.

use super::flag::{has_more, unsaid};
use super::kind::PageKind;
use super::scan::{Found, Lookup, Want};
use super::walk::Walk;
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;

/// `cursor.after` is the id of the last record while `has_more_pointer` is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartingAfter {
    pub records_pointer: String,
    pub id_field: String,
    pub has_more_pointer: String,
}

impl StartingAfter {
    pub const WORD: &str = "starting_after";
    pub const ABOUT: &str = "`cursor.after` is the id of the last record while `has_more_pointer` is true.";
    pub const HAS_LIMIT: bool = false;

    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            records_pointer: fields::text(
                section,
                "records_pointer",
                "\"/data\"",
                "JSON pointer to the list of records.",
            ),
            id_field: fields::text(section, "id_field", "\"id\"", "The field of a record that holds its id."),
            has_more_pointer: fields::text(
                section,
                "has_more_pointer",
                "\"/has_more\"",
                "JSON pointer to whether there is more.",
            ),
        }
    }
}

impl PageKind for StartingAfter {
    fn lookups(&self) -> Vec<Lookup> {
        vec![
            Lookup::new(&self.has_more_pointer, Want::Scalar),
            Lookup::new(&self.records_pointer, Want::Records { id_field: Some(self.id_field.clone()) }),
        ]
    }

    fn list(&self) -> Option<&str> {
        Some(&self.records_pointer)
    }

    fn advance(&self, walk: &mut Walk, found: &[Found]) -> Result<bool, ConnectorError> {
        if !has_more(found.first())?.ok_or_else(unsaid)? {
            return Ok(false);
        }
        let last = found.get(1).and_then(|records| records.last_id.clone()).ok_or_else(|| {
            let note = "the vendor says there is more, but the page has no last id".to_owned();
            ConnectorError::UnexpectedPayload { note }
        })?;
        walk.once(&last)?;
        walk.cursor.after = last;
        Ok(true)
    }
}
