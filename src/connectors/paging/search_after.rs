//! The place of the last record in the list's order, which may take several values to name.

use super::kind::PageKind;
use super::scan::{Found, Lookup, Want, path_of};
use super::walk::Walk;
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;
use serde_json::Value;

/// `cursor.token` is a JSON list of values of the last record; an empty page ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchAfter {
    pub records_pointer: String,
    /// JSON pointers within a record.
    pub value_pointers: Vec<String>,
}

impl SearchAfter {
    pub const WORD: &str = "search_after";
    pub const ABOUT: &str = "`cursor.token` is a JSON list of values of the last record, by which a sorted search goes on; \
                 an empty page ends.";
    pub const HAS_LIMIT: bool = false;

    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            records_pointer: fields::text(
                section,
                "records_pointer",
                "\"/hits\"",
                "JSON pointer to the list of records.",
            ),
            value_pointers: fields::required_texts(
                section,
                "value_pointers",
                "[\"/sort/0\", \"/sort/1\"]",
                "JSON pointers within a record to what is sent; whole numbers are sent as such.",
            ),
        }
    }
}

impl PageKind for SearchAfter {
    fn lookups(&self) -> Vec<Lookup> {
        let last = |pointer: &String| Lookup::new(&self.records_pointer, Want::Last { path: path_of(pointer) });
        self.value_pointers.iter().map(last).collect()
    }

    fn list(&self) -> Option<&str> {
        Some(&self.records_pointer)
    }

    fn advance(&self, walk: &mut Walk, found: &[Found]) -> Result<bool, ConnectorError> {
        if found.iter().take(self.value_pointers.len()).all(|found| found.records == 0) {
            return Ok(false);
        }
        let values = found.iter().take(self.value_pointers.len()).map(|found| found.last_id.clone().map(sent));
        let values: Option<Vec<Value>> = values.collect();
        let token = values.map(|values| Value::from(values).to_string()).ok_or_else(|| {
            let note = "the last record of a page does not say where the list goes on".to_owned();
            ConnectorError::UnexpectedPayload { note }
        })?;
        walk.once(&token)?;
        walk.cursor.token = token;
        Ok(true)
    }
}

/// A number only if it is written as one: an id such as `007` is a text.
fn sent(text: String) -> Value {
    match text.parse::<i64>() {
        Ok(number) if number.to_string() == text => Value::from(number),
        _ => Value::from(text),
    }
}
