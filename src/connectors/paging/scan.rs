//! Looks a few values up in a page while reading it once as a stream: memory stays small whatever
//! the page's size, and a page that is cut short is noticed.

#[cfg(test)]
mod tests;

use super::part::{LARGEST_PART, Part};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::io::Read;

/// What to look up at a JSON pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// A text, number or truth value.
    Scalar,
    /// The same, or a list or object as a whole, up to 64 KB.
    Token,
    /// The first thing that stands there and is not null, whatever it is, up to 64 KB.
    Whole,
    /// The length of an array and a field of its last element.
    Records { id_field: Option<String> },
    /// The length of an array and a value within its last element.
    Last { path: Vec<String> },
    /// The length of an array and a fingerprint of its first elements.
    Page,
    /// A fingerprint of what stands at some places of each element of an array.
    Keys { within: Vec<Vec<String>> },
    /// A header of the response; the body does not answer it.
    Header,
}

impl Want {
    /// What is wanted of each element of a list; `None` where no list is wanted.
    fn in_elements(&self) -> Option<Vec<String>> {
        match self {
            Self::Records { id_field } => Some(id_field.iter().cloned().collect()),
            Self::Last { path } => Some(path.clone()),
            Self::Page | Self::Keys { .. } => Some(Vec::new()),
            Self::Scalar | Self::Token | Self::Whole | Self::Header => None,
        }
    }
}

/// As much of a list as tells one page from another.
const FINGERPRINT_BYTES: usize = 16 << 10;
/// Of one element at most so much is read for it.
const LARGEST_ELEMENT: usize = 1 << 20;

/// A place and what is wanted there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    path: Vec<String>,
    want: Want,
}

impl Lookup {
    /// `pointer` is a JSON pointer (RFC 6901), e.g. `/paging/next/after`.
    pub fn new(pointer: &str, want: Want) -> Self {
        Self { path: path_of(pointer), want }
    }

    /// What is found in a body that holds so many rows and nothing that a pointer leads to. `fingerprint` tells the
    /// body from others.
    pub fn of_rows(&self, rows: u64, fingerprint: u64) -> Found {
        let records = if matches!(self.want, Want::Records { .. } | Want::Page) { rows } else { 0 };
        Found { records, fingerprint, ..Found::default() }
    }

    /// A header of the response, by its name.
    pub fn header(name: &str) -> Self {
        Self { path: vec![name.to_owned()], want: Want::Header }
    }

    /// A number in the body or in a header; nothing where neither is named.
    pub fn either(pointer: Option<&str>, header: Option<&str>) -> Self {
        match (pointer, header) {
            (Some(pointer), _) => Self::new(pointer, Want::Scalar),
            (None, header) => Self::header(header.unwrap_or_default()),
        }
    }

    /// The name of the header that is wanted, if it is one.
    pub fn header_name(&self) -> Option<&str> {
        self.path.first().filter(|_| self.want == Want::Header).map(String::as_str)
    }
}

/// The steps of a JSON pointer.
pub fn path_of(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

/// What was found; for a body that is an array, over all its elements. The last one wins, but where
/// something was wanted as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    pub value: Option<Value>,
    pub records: u64,
    pub last_id: Option<String>,
    /// What the first elements of a list are like.
    pub fingerprint: u64,
    /// What each element of a list is known by.
    pub keys: Vec<u64>,
}

impl Found {
    /// The value as text, a list or object as JSON; `None` for null and what is empty.
    pub fn text(&self) -> Option<String> {
        match self.value.as_ref()? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            Value::Array(elements) if elements.is_empty() => None,
            Value::Object(fields) if fields.is_empty() => None,
            other => Some(other.to_string()),
        }
    }
}

/// Answers each lookup in order from a body in memory.
pub fn scan(body: &[u8], lookups: &[Lookup]) -> Result<Vec<Found>, serde_json::Error> {
    search(serde_json::Deserializer::from_slice(body), lookups)
}

/// The same for a body too large to hold; several times slower.
pub fn scan_stream(body: impl Read, lookups: &[Lookup]) -> Result<Vec<Found>, serde_json::Error> {
    let buffered = std::io::BufReader::with_capacity(1 << 16, body);
    search(serde_json::Deserializer::from_reader(buffered), lookups)
}

fn search<'de, R: serde_json::de::Read<'de>>(
    mut reader: serde_json::Deserializer<R>,
    lookups: &[Lookup],
) -> Result<Vec<Found>, serde_json::Error> {
    let mut found = vec![Found::default(); lookups.len()];
    let wanted: Vec<Wanted<'_>> =
        lookups.iter().enumerate().map(|(index, l)| Wanted { index, rest: &l.path, want: &l.want }).collect();
    let wanted: Vec<Wanted<'_>> = wanted.into_iter().filter(|wanted| *wanted.want != Want::Header).collect();
    Node { wanted: &wanted, found: &mut found, is_root: true }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(found)
}

/// A fingerprint of what stands at these places.
fn key_of(element: &Value, within: &[Vec<String>]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    for path in within {
        let place = path.iter().try_fold(element, |place, step| place.get(step));
        place.map(Value::to_string).hash(&mut hasher);
    }
    hasher.finish()
}

#[derive(Clone, Copy)]
struct Wanted<'a> {
    index: usize,
    rest: &'a [String],
    want: &'a Want,
}

struct Node<'a, 'f> {
    wanted: &'a [Wanted<'a>],
    found: &'f mut [Found],
    is_root: bool,
}

impl Node<'_, '_> {
    fn scalar<E: Error>(mut self, value: &Value) -> Result<(), E> {
        for wanted in self.wanted.iter().filter(|wanted| wanted.rest.is_empty() && *wanted.want == Want::Scalar) {
            self.found[wanted.index].value = Some(value.clone());
        }
        self.whole(value);
        Ok(())
    }

    /// Keeps what is wanted as a whole, unless it is nothing or was found before.
    fn whole(&mut self, value: &Value) {
        for wanted in self.wanted.iter().filter(|wanted| wanted.is_whole()) {
            let place = &mut self.found[wanted.index].value;
            if *wanted.want == Want::Token {
                *place = Some(value.clone());
            } else if !value.is_null() {
                place.get_or_insert_with(|| value.clone());
            }
        }
    }
}

impl Node<'_, '_> {
    /// Looks into the elements of a list that are wanted by their number; whether it has any.
    fn elements<'de, A: SeqAccess<'de>>(&mut self, elements: &mut A) -> Result<bool, A::Error> {
        let inner: Vec<&Wanted<'_>> = self.wanted.iter().filter(|wanted| !wanted.rest.is_empty()).collect();
        let mut count = 0_usize;
        loop {
            let number = if inner.is_empty() { String::new() } else { count.to_string() };
            let of_element = inner.iter().filter(|wanted| wanted.rest[0] == number);
            let below: Vec<Wanted<'_>> =
                of_element.map(|wanted| Wanted { rest: &wanted.rest[1..], ..**wanted }).collect();
            let node = Node { wanted: &below, found: &mut *self.found, is_root: false };
            if elements.next_element_seed(node)?.is_none() {
                return Ok(count > 0);
            }
            count += 1;
        }
    }
}

impl Node<'_, '_> {
    /// Counts the elements of a list that is wanted as such, and keeps what is wanted of the last one. Of a
    /// body that is a list itself each element may be an answer as well.
    fn list<'de, A: SeqAccess<'de>>(
        &mut self,
        elements: &mut A,
        here: &[(Wanted<'_>, Vec<String>)],
    ) -> Result<(), A::Error> {
        let fields = here.iter().filter(|(_, path)| !path.is_empty());
        let mut below: Vec<Wanted<'_>> =
            fields.map(|(wanted, path)| Wanted { index: wanted.index, rest: path, want: &Want::Scalar }).collect();
        if self.is_root {
            below.extend(self.wanted.iter().filter(|wanted| !wanted.rest.is_empty()));
        }
        let is_page = here.iter().any(|(wanted, _)| *wanted.want == Want::Page);
        let keys: Vec<(usize, &[Vec<String>])> = here
            .iter()
            .filter_map(|(wanted, _)| match wanted.want {
                Want::Keys { within } => Some((wanted.index, within.as_slice())),
                _ => None,
            })
            .collect();
        let mut left = if is_page { FINGERPRINT_BYTES } else { 0 };
        let mut hasher = std::hash::DefaultHasher::new();
        loop {
            let node = Node { wanted: &below, found: &mut *self.found, is_root: false };
            if left > 0 || !keys.is_empty() {
                let mut of_element = LARGEST_ELEMENT;
                let Some(element) = elements.next_element_seed(Part { left: &mut of_element })? else { break };
                if left > 0 {
                    left = left.saturating_sub(LARGEST_ELEMENT - of_element);
                    element.to_string().hash(&mut hasher);
                }
                node.deserialize(&element).map_err(A::Error::custom)?;
                for (index, within) in &keys {
                    self.found[*index].keys.push(key_of(&element, within));
                }
            } else if elements.next_element_seed(node)?.is_none() {
                break;
            }
            for (wanted, path) in here {
                let found = &mut self.found[wanted.index];
                found.records += 1;
                if !path.is_empty() {
                    found.last_id = Found { value: found.value.take(), ..Found::default() }.text();
                }
            }
        }
        for (wanted, _) in here {
            self.found[wanted.index].fingerprint = hasher.finish();
        }
        Ok(())
    }
}

impl Wanted<'_> {
    fn is_whole(&self) -> bool {
        self.rest.is_empty() && matches!(self.want, Want::Whole | Want::Token)
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.wanted.is_empty() {
            return deserializer.deserialize_ignored_any(IgnoredAny).map(drop);
        }
        if self.wanted.iter().all(Wanted::is_whole) {
            let mut node = self;
            let part = Part { left: &mut { LARGEST_PART } }.deserialize(deserializer)?;
            node.whole(&part);
            return Ok(());
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        // Something within it is wanted as well: that it is there is all that is reported of it.
        self.whole(&Value::Bool(true));
        while let Some(key) = map.next_key::<String>()? {
            let below: Vec<Wanted<'_>> = self
                .wanted
                .iter()
                .filter(|wanted| wanted.rest.first() == Some(&key))
                .map(|wanted| Wanted { rest: &wanted.rest[1..], ..*wanted })
                .collect();
            map.next_value_seed(Node { wanted: &below, found: &mut *self.found, is_root: false })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
        let lists = self.wanted.iter().filter(|wanted| wanted.rest.is_empty());
        let here: Vec<(Wanted<'_>, Vec<String>)> =
            lists.filter_map(|wanted| Some((*wanted, wanted.want.in_elements()?))).collect();
        if here.is_empty() && self.is_root {
            let inner = self.wanted;
            while elements.next_element_seed(Node { wanted: inner, found: &mut *self.found, is_root: false })?.is_some()
            {
            }
            return Ok(());
        }
        if here.is_empty() {
            let is_filled = self.elements(&mut elements)?;
            // A list with something in it is a yes, where a truth value is asked for.
            return if is_filled { self.scalar(&Value::Bool(true)) } else { Ok(()) };
        }
        self.list(&mut elements, &here)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.scalar(&Value::from(text))
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.scalar(&Value::from(value))
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.scalar(&Value::from(value))
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.scalar(&Value::from(value))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.scalar(&Value::from(value))
    }
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.scalar(&Value::Null)
    }
}
