//! JSON objects as rows: keys and raw values, every digit kept.

use super::{LONGEST_NAME, MOST_COLUMNS, Refusal, shown, typed};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::fmt;

/// The fields of one object, in their order; a key may stand twice.
pub struct Fields<'a>(pub Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// The columns, in the order in which their names first appear.
#[derive(Default)]
pub struct Columns {
    pub names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Columns {
    /// Adds the names of an object.
    pub fn learn(&mut self, fields: &Fields<'_>, line: u64) -> Result<(), Refusal> {
        for (key, _) in &fields.0 {
            if self.places.contains_key(key) {
                continue;
            }
            if self.names.len() == MOST_COLUMNS {
                let message = "the objects have more than 500 different fields";
                return Err(Refusal::new(Some(line), message, "drop fewer"));
            }
            if key.chars().count() > LONGEST_NAME || key.contains('\0') {
                let message = format!("a field is called {:?}", shown(key));
                return Err(Refusal::new(Some(line), message, "give fields short names"));
            }
            self.places.insert(key.clone(), self.names.len());
            self.names.push(key.clone());
        }
        Ok(())
    }

    /// The values of an object by column, or why it is no row.
    pub fn values(&self, fields: &Fields<'_>, decimal_mark: char) -> Result<Vec<Option<String>>, String> {
        let mut values = vec![None; self.names.len()];
        let mut is_set = vec![false; self.names.len()];
        for (key, value) in &fields.0 {
            let Some(place) = self.places.get(key).copied() else {
                return Err(format!("the field {:?} was not there a moment ago", shown(key)));
            };
            if std::mem::replace(&mut is_set[place], true) {
                return Err(format!("the field {:?} is given twice", shown(key)));
            }
            let text = text_of(value, decimal_mark);
            if text.as_ref().is_some_and(|text| text.contains('\0')) {
                return Err("a value holds a zero byte".to_owned());
            }
            values[place] = text;
        }
        Ok(values)
    }
}

/// A value as a person would have written it.
fn text_of(value: &RawValue, decimal_mark: char) -> Option<String> {
    let raw = value.get();
    match raw.as_bytes().first() {
        Some(b'n') | None => None,
        Some(b'"') => serde_json::from_str(raw).ok(),
        Some(b'-' | b'0'..=b'9') => Some(typed(raw, decimal_mark)),
        Some(_) => Some(raw.to_owned()),
    }
}
