//! What the readers of the configuration ask for, written down while they run over nothing: the
//! source of the JSON Schemas. Where a reader asks other keys depending on a value (`kind = "smtp"`),
//! it is run once for each value.

use super::kind::with;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Which alternative is taken at each fork, by the fork's place; the first by default.
type Script = BTreeMap<String, usize>;

/// One run of a reader.
#[derive(Debug, Default)]
pub struct SchemaRecorder {
    script: Script,
    forks: RefCell<Vec<(String, usize)>>,
    shapes: RefCell<BTreeMap<String, Shape>>,
}

/// What is known of the table at a place.
#[derive(Debug, Default)]
struct Shape {
    about: &'static str,
    /// In the order they are asked for.
    keys: Vec<(String, Vec<Held>)>,
    required: Vec<String>,
    exclusive_keys: Vec<Vec<&'static str>>,
    /// Tables under names of the admin's choice.
    entries: Option<(Value, String)>,
    /// Key, its schema, and the place of what else may be there then.
    variants: Vec<(String, Value, String)>,
}

/// What a key may hold.
#[derive(Clone, Debug, PartialEq)]
enum Held {
    Value(Value),
    Table(String),
    List(String),
}

impl SchemaRecorder {
    /// Notes a key with a value of its own.
    pub fn value(&self, place: &str, key: &str, schema: Value, is_required: bool) {
        self.hold(place, key, Held::Value(schema));
        if is_required {
            self.require(place, key);
        }
    }

    /// Notes that a key must be there.
    pub fn require(&self, place: &str, key: &str) {
        self.with_shape(place, |shape| {
            if !shape.required.iter().any(|known| known == key) {
                shape.required.push(key.to_owned());
            }
        });
    }

    /// Notes a better description of a key's values.
    pub fn replace(&self, place: &str, key: &str, schema: Value) {
        self.with_shape(place, |shape| shape.keys.retain(|(known, _)| known != key));
        self.hold(place, key, Held::Value(schema));
    }

    /// Notes a table under a key; its place.
    pub fn table(&self, place: &str, key: &str) -> String {
        let inner = format!("{place}/{key}");
        self.hold(place, key, Held::Table(inner.clone()));
        inner
    }

    /// Notes a list of tables under a key; the place of each.
    pub fn list(&self, place: &str, key: &str) -> String {
        let inner = format!("{place}/{key}[]");
        self.hold(place, key, Held::List(inner.clone()));
        inner
    }

    /// Notes that all keys left are names of tables; the place of each.
    pub fn entries(&self, place: &str, names: Value) -> String {
        let inner = format!("{place}/*");
        self.with_shape(place, |shape| shape.entries = Some((names, inner.clone())));
        inner
    }

    /// Notes what a table is for.
    pub fn about(&self, place: &str, about: &'static str) {
        self.with_shape(place, |shape| shape.about = about);
    }

    /// Notes keys of which exactly one is to be there.
    pub fn exclusive_keys(&self, place: &str, keys: &[&'static str]) {
        self.with_shape(place, |shape| {
            if !shape.exclusive_keys.iter().any(|known| known == keys) {
                shape.exclusive_keys.push(keys.to_vec());
            }
        });
    }

    /// Notes what `key` may hold if each variant has keys of its own: one of them is taken in this run.
    /// Its number, and the place of its keys.
    pub fn variant(&self, place: &str, key: &str, variants: &[Value]) -> (usize, String) {
        let taken = self.fork(&format!("{place}/{key}"), variants.len());
        let schema = variants.get(taken).cloned().unwrap_or_default();
        let inner = format!("{place}/{key}={taken}");
        self.with_shape(place, |shape| {
            if !shape.variants.iter().any(|(.., known)| *known == inner) {
                shape.variants.push((key.to_owned(), schema, inner.clone()));
            }
        });
        (taken, inner)
    }

    /// Whether a key that may hold a table or something else is to be a table in this run.
    pub fn is_table(&self, place: &str, key: &str) -> bool {
        self.fork(&format!("{place}/{key}?"), 2) == 1
    }

    fn fork(&self, place: &str, ways: usize) -> usize {
        self.forks.borrow_mut().push((place.to_owned(), ways));
        self.script.get(place).copied().unwrap_or(0)
    }

    fn hold(&self, place: &str, key: &str, held: Held) {
        self.with_shape(place, |shape| match shape.keys.iter_mut().find(|(known, _)| known == key) {
            Some((_, all)) if all.contains(&held) => {}
            Some((_, all)) => all.push(held),
            None => shape.keys.push((key.to_owned(), vec![held])),
        });
    }

    fn with_shape(&self, place: &str, change: impl FnOnce(&mut Shape)) {
        change(self.shapes.borrow_mut().entry(place.to_owned()).or_default());
    }

    fn object(&self, place: &str) -> Value {
        let shapes = self.shapes.borrow();
        let Some(shape) = shapes.get(place) else { return json!({ "type": "object", "additionalProperties": false }) };
        let mut object = json!({ "type": "object" });
        if !shape.about.is_empty() {
            object = with(json!({ "description": shape.about }), &object);
        }
        if shape.variants.is_empty() {
            return with(object, &self.keys(&[shape], None));
        }
        let none = Shape::default();
        let variants = shape.variants.iter().map(|(key, schema, inner)| {
            let own = shapes.get(inner).unwrap_or(&none);
            with(json!({ "type": "object" }), &self.keys(&[shape, own], Some((key, schema))))
        });
        with(object, &json!({ "oneOf": variants.collect::<Vec<_>>() }))
    }

    /// The keywords about the keys of a table that is described in several parts.
    fn keys(&self, parts: &[&Shape], tag: Option<(&String, &Value)>) -> Value {
        let mut properties = Map::new();
        let mut required: Vec<Value> = Vec::new();
        let mut told = json!({ "additionalProperties": false });
        if let Some((key, schema)) = tag {
            properties.insert(key.clone(), schema.clone());
            required.push(json!(key));
        }
        for part in parts {
            properties.extend(part.keys.iter().map(|(key, held)| (key.clone(), self.held(held))));
            required.extend(part.required.iter().map(|key| json!(key)));
            if let Some((names, inner)) = &part.entries {
                told = with(told, &json!({ "propertyNames": names, "additionalProperties": self.object(inner) }));
            }
            for exclusive_keys in &part.exclusive_keys {
                let one: Vec<Value> = exclusive_keys.iter().map(|key| json!({ "required": [key] })).collect();
                told = with(told, &json!({ "oneOf": one }));
            }
        }
        if !required.is_empty() {
            told = with(json!({ "required": required }), &told);
        }
        if properties.is_empty() { told } else { with(json!({ "properties": properties }), &told) }
    }

    fn held(&self, held: &[Held]) -> Value {
        let schema = |held: &Held| match held {
            Held::Value(schema) => schema.clone(),
            Held::Table(inner) => self.object(inner),
            Held::List(inner) => json!({ "type": "array", "items": self.object(inner) }),
        };
        match held {
            [one] => schema(one),
            several => json!({ "anyOf": several.iter().map(schema).collect::<Vec<_>>() }),
        }
    }
}

/// Runs `read` until every fork has been taken each way; the schema of what it reads.
pub fn explore(read: impl Fn(&SchemaRecorder)) -> Value {
    let (mut waiting, mut known) = (vec![Script::new()], BTreeSet::new());
    let mut recorder = SchemaRecorder::default();
    while let Some(script) = waiting.pop() {
        recorder.script.clone_from(&script);
        read(&recorder);
        for (place, ways) in recorder.forks.take() {
            if known.insert(place.clone()) {
                for way in (1..ways).rev() {
                    let mut other = script.clone();
                    other.insert(place.clone(), way);
                    waiting.push(other);
                }
            }
        }
    }
    recorder.object("")
}
