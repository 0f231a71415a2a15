//! Earlier spellings of keys and words in users' files. They are read as the present ones; editors show them as
//! deprecated.

use serde_json::{Value, json};

/// Present key, earlier key.
const KEYS: [(&str, &str); 2] = [("splits", "rows"), ("maintenance", "care")];
/// Present word, earlier word, of choices.
const WORDS: [(&str, &str); 1] = [("maintenance", "care")];

/// How a key was spelled earlier.
pub fn earlier_key(key: &str) -> Option<&'static str> {
    KEYS.iter().find(|(present, _)| *present == key).map(|(_, earlier)| *earlier)
}

/// How the word of a choice is spelled now.
pub fn present_word(word: &str) -> &str {
    WORDS.iter().find(|(_, earlier)| *earlier == word).map_or(word, |(present, _)| present)
}

/// Adds the earlier spellings to a schema.
pub fn describe(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(describe),
        Value::Object(keywords) => {
            keywords.values_mut().for_each(describe);
            if let Some(properties) = keywords.get_mut("properties").and_then(Value::as_object_mut) {
                for (present, earlier) in KEYS {
                    if let Some(mut same) = properties.get(present).cloned().filter(Value::is_object) {
                        same["deprecated"] = json!(true);
                        same["description"] = json!(format!("The earlier name of {present}."));
                        properties.insert(earlier.to_owned(), same);
                    }
                }
            }
            for (present, earlier) in WORDS {
                if keywords.get("const").is_some_and(|word| word == present) {
                    keywords.remove("const");
                    keywords.insert("enum".to_owned(), json!([present, earlier]));
                }
            }
        }
        _ => {}
    }
}
