//! A part of a body as a value, cut where it grows larger than what it has to report.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Bytes of texts and names that are kept of a part.
pub const LARGEST_PART: usize = 64 << 10;

/// Reads a value; what comes once nothing is `left` is read over.
pub struct Part<'b> {
    pub left: &'b mut usize,
}

impl Part<'_> {
    /// As much of a text as may be kept.
    fn cut(self, text: &str) -> Value {
        let mut end = text.len().min(*self.left);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        *self.left -= end;
        Value::from(&text[..end])
    }

    /// A number or truth value, which takes room as well.
    fn small(self, value: impl Into<Value>) -> Value {
        *self.left = self.left.saturating_sub(8);
        value.into()
    }
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if *self.left == 0 {
            return deserializer.deserialize_ignored_any(IgnoredAny).map(|_| Value::Null);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            *self.left = self.left.saturating_sub(name.len() + 8);
            let value = map.next_value_seed(Part { left: &mut *self.left })?;
            if *self.left > 0 {
                fields.insert(name, value);
            }
        }
        Ok(Value::Object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut kept = Vec::new();
        while let Some(value) = elements.next_element_seed(Part { left: &mut *self.left })? {
            *self.left = self.left.saturating_sub(8);
            if *self.left > 0 {
                kept.push(value);
            }
        }
        Ok(Value::Array(kept))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(self.cut(text))
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(self.small(value))
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(self.small(value))
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(self.small(value))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(self.small(value))
    }
    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(body: &str, mut left: usize) -> Value {
        let mut reader = serde_json::Deserializer::from_str(body);
        let value = Part { left: &mut left }.deserialize(&mut reader).expect("JSON");
        reader.end().expect("all was read");
        value
    }

    #[test]
    fn a_small_part_is_kept_as_it_is_and_a_large_one_is_cut() {
        let body = r#"{"code":503,"details":[{"a":"b","c":null},[true,-1.5]]}"#;
        assert_eq!(part(body, LARGEST_PART).to_string(), body);
        let long = format!(r#"{{"code":503,"message":"{}","more":[1,2]}}"#, "é".repeat(1000));
        let cut = part(&long, 101);
        assert_eq!(cut["code"], 503);
        assert!(cut.to_string().len() < 120 && cut.get("more").is_none(), "{cut}");
    }
}
