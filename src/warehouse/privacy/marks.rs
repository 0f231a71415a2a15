//! Identifiers as they are known after an erasure: by a keyed hash. Whatever a text holds is hashed and
//! compared, in every spelling, so that it is found by those who do not know it.

use crate::support::ids::hex;
use crate::support::spelling::{Kind, Outcome, Words, addresses, of_address, search, without_endings};
use crate::warehouse::error::{Context, WarehouseError};
use duckdb::{Connection, params};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// In free text, a shorter id of a vendor may be any number.
const SHORTEST_ID: usize = 6;
/// Texts beyond are no ids.
const LONGEST_ID: usize = 200;

/// Marks to look for, each with the word in its place.
#[derive(Clone, Debug)]
pub struct Marks {
    key: String,
    known: BTreeMap<String, String>,
    /// Of the workspace; ids of vendors are marked with their connection.
    connections: Vec<String>,
}

/// What was found in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The words as they stand there, each with the word to put in its place.
    pub words: BTreeMap<String, String>,
    /// The text can be read in more ways than are looked through: it counts as one that names somebody.
    pub is_cut: bool,
}

impl Found {
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && !self.is_cut
    }
}

/// What is looked for in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Addresses,
    /// Also ids of any vendor that stand alone.
    AddressesAndIds,
    /// Addresses in names of files and paths, where numbers are days and instants.
    Name,
}

impl Look {
    fn kind(self) -> Kind {
        if self == Self::Name { Kind::Name } else { Kind::Text }
    }
}

/// In place of a text that cannot be looked through.
const CUT: &str = "***";

impl Marks {
    /// The erased people of a workspace. The key must be set.
    pub fn erased(connection: &Connection, workspace: &str) -> Result<Self, WarehouseError> {
        Self::of(connection, workspace, "SELECT mark, token FROM ops.erased WHERE workspace = ?")
    }

    /// The person of `person_mark`, who is looked for.
    pub fn wanted(connection: &Connection, workspace: &str) -> Result<Self, WarehouseError> {
        Self::of(connection, workspace, "SELECT mark, '***' FROM person_mark WHERE ? IS NOT NULL AND mark IS NOT NULL")
    }

    fn of(connection: &Connection, workspace: &str, sql: &str) -> Result<Self, WarehouseError> {
        let step = || "reading who is looked for".to_owned();
        let key: Option<String> =
            connection.query_row("SELECT getvariable('person_key')::VARCHAR", [], |row| row.get(0)).context(step)?;
        let mut statement = connection.prepare(sql).context(step)?;
        let rows = statement.query_map(params![workspace], |row| Ok((row.get(0)?, row.get(1)?))).context(step)?;
        let known = rows.collect::<Result<_, _>>().context(step)?;
        let mut statement =
            connection.prepare("SELECT DISTINCT connection FROM ops.load WHERE workspace = ?").context(step)?;
        let rows = statement.query_map(params![workspace], |row| row.get(0)).context(step)?;
        Ok(Self { key: key.unwrap_or_default(), known, connections: rows.collect::<Result<_, _>>().context(step)? })
    }

    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// As the SQL macro `pseudonym` makes it, of a text in lower case.
    fn pseudonym(&self, text: &str) -> String {
        let inner = hex(&Sha256::digest(format!("{}{text}", self.key)));
        hex(&Sha256::digest(format!("{}{inner}", self.key)))
    }

    /// The word in the place of an address.
    pub fn of_address(&self, address: &str) -> Option<&String> {
        of_address(address).iter().find_map(|form| self.known.get(&self.pseudonym(form)))
    }

    fn of_id(&self, id: &str, connections: &[String]) -> Option<&String> {
        let kinds = ["contact_id", "customer_id"];
        // A pseudonym is its own mark.
        if let Some(token) = self.known.get(id) {
            return Some(token);
        }
        let mut marks = connections.iter().flat_map(|of| kinds.map(|kind| format!("{of}/{kind}/{id}").to_lowercase()));
        marks.find_map(|mark| self.known.get(&self.pseudonym(&mark)))
    }

    /// Everybody whom a text names.
    pub fn found_in(&self, text: &str, look: Look) -> Found {
        let mut words = BTreeMap::new();
        let kind = look.kind();
        let outcome = search(text, &mut |reading| {
            for address in addresses(reading, kind) {
                if let Some(token) = self.of_address(&address) {
                    words.insert(address, token.clone());
                }
            }
            let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
            let all = if look == Look::AddressesAndIds { reading } else { "" }.split(|letter| !is_part(letter));
            let all = all.flat_map(|word| without_endings(word.trim_matches('.'), kind));
            for id in all.filter(|id| (SHORTEST_ID..LONGEST_ID).contains(&id.len())) {
                if let Some(token) = self.of_id(id, &self.connections) {
                    words.insert(id.to_owned(), token.clone());
                }
            }
            false
        });
        Found { words, is_cut: outcome == Outcome::TooMany }
    }

    /// Whether a record of a connection names anybody: an address anywhere, an id as a whole value.
    pub fn are_in_record(&self, connection: &str, raw: &str) -> bool {
        let own = [connection.to_owned()];
        let is_id = |text: &str| text.len() < LONGEST_ID && self.of_id(text.trim(), &own).is_some();
        let names_an_id = match serde_json::from_str::<Value>(raw) {
            Ok(value) => {
                let is_named = |leaf: &String| search(leaf, &mut |reading| is_id(reading)) != Outcome::Absent;
                leaves(&value).iter().any(is_named)
            }
            // Cut short, or no JSON: as free text.
            Err(_) => raw
                .split(|letter: char| !(letter.is_ascii_alphanumeric() || "_.-".contains(letter)))
                .any(|word| !word.is_empty() && is_id(word)),
        };
        names_an_id || !self.found_in(raw, Look::Addresses).is_empty()
    }
}

/// Texts and numbers in a value.
fn leaves(value: &Value) -> Vec<String> {
    match value {
        Value::Null | Value::Bool(_) => Vec::new(),
        Value::Number(number) => vec![number.to_string()],
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => all.iter().flat_map(leaves).collect(),
        Value::Object(fields) => fields.values().flat_map(leaves).collect(),
    }
}

/// `text` with what was found replaced. JSON stays JSON: its texts are replaced one by one.
pub fn replaced(text: &str, found: &Found, look: Look) -> Result<String, WarehouseError> {
    let words = found.words.iter().map(|(word, token)| Ok((Words::of(&[word], look.kind())?, token.as_str())));
    let words: Vec<(Words, &str)> = words
        .collect::<Result<_, regex::Error>>()
        .map_err(|_| WarehouseError::Invalid("a text names too many erased people to be looked through".to_owned()))?;
    let within = |text: &str| {
        if found.is_cut && search(text, &mut |_| false) == Outcome::TooMany {
            return CUT.to_owned();
        }
        words.iter().fold(
            text.to_owned(),
            |text, (word, token)| {
                if word.are_in_text(&text) { word.replaced(&text, token) } else { text }
            },
        )
    };
    let is_json = text.starts_with(['{', '[']);
    match serde_json::from_str::<Value>(text) {
        Ok(value) if is_json => {
            let new = mapped(value.clone(), &within);
            // No text in it has too many readings, only all of it has: all of it goes.
            let is_left = found.is_cut && new == value;
            Ok(match &value {
                Value::Array(_) if is_left => json!([CUT]),
                _ if is_left => json!({ "text": CUT }),
                _ => new,
            }
            .to_string())
        }
        _ => Ok(within(text)),
    }
}

fn mapped(value: Value, within: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(within(&text)),
        Value::Array(all) => Value::Array(all.into_iter().map(|one| mapped(one, within)).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, one)| (within(&name), mapped(one, within))).collect())
        }
        other => other,
    }
}
