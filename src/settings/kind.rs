//! What a key may hold: one description that both reads a value and is written into the schemas, so
//! that the two cannot disagree.

use super::fault::{Fault, fault};
use super::values::{ID_PATTERN, is_id, quoted};
use crate::support::nearest::unknown_remedy;
use serde_json::{Value, json};
use toml::de::DeValue;

type Read<'k, T> = Box<dyn Fn(&DeValue<'_>) -> Result<T, Fault> + 'k>;

/// A kind of value: how it is read, and how a JSON Schema says the same.
pub struct Kind<'k, T> {
    read: Read<'k, T>,
    schema: Box<dyn Fn() -> Value + 'k>,
    about: &'static str,
}

impl<'k, T> Kind<'k, T> {
    /// `schema` is asked for only where schemas are made.
    pub fn new(schema: impl Fn() -> Value + 'k, read: impl Fn(&DeValue<'_>) -> Result<T, Fault> + 'k) -> Self {
        Self { read: Box::new(read), schema: Box::new(schema), about: "" }
    }

    /// A text with a check of its own, which the schema states only as far as `schema` does.
    pub fn text(schema: Value, read: impl Fn(&DeValue<'_>) -> Result<T, Fault> + 'k) -> Self {
        Self::new(move || with(json!({ "type": "string", "minLength": 1 }), &schema), read)
    }

    /// What the key means, for who edits the file.
    pub fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// One of a few words that needs another form here: schemas do not offer it.
    pub fn without(self, word: &'static str) -> Self
    where
        T: 'k,
    {
        let schema = self.schema;
        let others = move || {
            let mut schema = schema();
            if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
                words.retain(|known| known != word);
            }
            schema
        };
        Self { schema: Box::new(others), ..self }
    }

    /// The checked value.
    pub fn read(&self, value: &DeValue<'_>) -> Result<T, Fault> {
        (self.read)(value)
    }

    /// The JSON Schema of the value.
    pub fn schema(&self) -> Value {
        self.described(&(self.schema)())
    }

    /// `schema` with what the key means.
    pub fn described(&self, schema: &Value) -> Value {
        let described = if self.about.is_empty() { json!({}) } else { json!({ "description": self.about }) };
        with(described, schema)
    }

    /// The JSON Schema of a table of such values, whose description is the table's.
    pub fn table_of(&self, names: &Names) -> Value {
        let table =
            json!({ "type": "object", "propertyNames": names.schema(), "additionalProperties": (self.schema)() });
        let properties = match names {
            // Known names complete in editors only where they are spelled out.
            Names::Known(names, ..) => names.iter().map(|name| (name.clone(), (self.schema)())).collect(),
            _ => serde_json::Map::new(),
        };
        let table = if properties.is_empty() { table } else { with(table, &json!({ "properties": properties })) };
        self.described(&table)
    }
}

/// `base` with the keywords of `more`.
pub fn with(mut base: Value, more: &Value) -> Value {
    if let (Some(base), Some(more)) = (base.as_object_mut(), more.as_object()) {
        base.extend(more.iter().map(|(keyword, value)| (keyword.clone(), value.clone())));
    }
    base
}

/// What the free keys of a table may be called.
#[derive(Clone, Debug)]
pub enum Names {
    Any,
    /// snake_case; the text says what such a name is, as in "a channel id".
    Ids(&'static str),
    /// One of these; the texts are the noun and its plural.
    Known(Vec<String>, &'static str, &'static str),
}

impl Names {
    /// What is wrong with a name.
    pub fn check(&self, name: &str) -> Result<(), Fault> {
        match self {
            Self::Ids(what) if !is_id(name) => Err(fault(
                format!("{} is not {what}", quoted(name)),
                "use lower-case letters, digits and _, beginning with a letter",
            )),
            Self::Known(names, noun, nouns) if !names.iter().any(|known| known == name) => {
                let known: Vec<&str> = names.iter().map(String::as_str).collect();
                Err(fault(format!("there is no {noun} {}", quoted(name)), unknown_remedy(name, &known, nouns)))
            }
            _ => Ok(()),
        }
    }

    /// The JSON Schema of the names.
    pub fn schema(&self) -> Value {
        match self {
            Self::Any => json!({ "minLength": 1 }),
            Self::Ids(_) => json!({ "pattern": ID_PATTERN }),
            Self::Known(names, ..) => json!({ "enum": names }),
        }
    }
}
