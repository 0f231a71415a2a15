//! Looks a few values up in a page while reading it once as a stream: memory stays small whatever
//! the page's size, and a page that is cut short is noticed.

use super::part::{LARGEST_PART, Part};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;
use std::io::Read;

/// What to look up at a JSON pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// A text, number or truth value.
    Scalar,
    /// The first thing that stands there and is not null, whatever it is, up to 64 KB.
    Whole,
    /// The length of an array and a field of its last element.
    Records { id_field: Option<String> },
}

/// A place and what is wanted there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    path: Vec<String>,
    want: Want,
}

impl Lookup {
    /// `pointer` is a JSON pointer (RFC 6901), e.g. `/paging/next/after`.
    pub fn new(pointer: &str, want: Want) -> Self {
        let path = pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
        Self { path, want }
    }

    /// What is found in a body that holds so many rows and nothing that a pointer leads to.
    pub fn of_rows(&self, rows: u64) -> Found {
        let records = if matches!(self.want, Want::Records { .. }) { rows } else { 0 };
        Found { records, ..Found::default() }
    }
}

/// What was found; for a body that is an array, over all its elements. The last one wins, but where
/// something was wanted as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    pub value: Option<Value>,
    pub records: u64,
    pub last_id: Option<String>,
}

impl Found {
    /// The value as text; `None` for null and the empty text.
    pub fn text(&self) -> Option<String> {
        match self.value.as_ref()? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
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
    Node { wanted: &wanted, found: &mut found, is_root: true }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(found)
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
        for wanted in self.wanted.iter().filter(|wanted| wanted.is_whole() && !value.is_null()) {
            self.found[wanted.index].value.get_or_insert_with(|| value.clone());
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

impl Wanted<'_> {
    fn is_whole(&self) -> bool {
        self.rest.is_empty() && *self.want == Want::Whole
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
        if self.is_root {
            let inner = self.wanted;
            while elements.next_element_seed(Node { wanted: inner, found: &mut *self.found, is_root: false })?.is_some()
            {
            }
            return Ok(());
        }
        let lists = self.wanted.iter().filter_map(|wanted| match wanted.want {
            Want::Records { id_field } if wanted.rest.is_empty() => Some((wanted.index, id_field)),
            _ => None,
        });
        let here: Vec<(usize, &Option<String>)> = lists.collect();
        if here.is_empty() {
            let is_filled = self.elements(&mut elements)?;
            // A list with something in it is a yes, where a truth value is asked for.
            return if is_filled { self.scalar(&Value::Bool(true)) } else { Ok(()) };
        }
        let path: Vec<String> = here.iter().find_map(|(_, id_field)| id_field.as_ref()).cloned().into_iter().collect();
        let id = [Wanted { index: 0, rest: &path, want: &Want::Scalar }];
        let wanted: &[Wanted<'_>] = if path.is_empty() { &[] } else { &id };
        loop {
            let mut last = [Found::default()];
            if elements.next_element_seed(Node { wanted, found: &mut last, is_root: false })?.is_none() {
                return Ok(());
            }
            for (index, _) in &here {
                self.found[*index].records += 1;
                self.found[*index].last_id = last[0].text();
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn lookups() -> Vec<Lookup> {
        vec![
            Lookup::new("/paging/next/after", Want::Scalar),
            Lookup::new("/data", Want::Records { id_field: Some("id".to_owned()) }),
            Lookup::new("/rowCount", Want::Scalar),
        ]
    }

    #[test]
    fn values_are_found_in_any_order_and_depth() {
        let body = br#"{"rowCount":"2","data":[{"id":"a","x":[{"id":9}]},{"x":1,"id":"b"}],"paging":{"next":{"after":"Mw%3D"}}}"#;
        let found = scan(&body[..], &lookups()).expect("found");
        assert_eq!(found[0].text().as_deref(), Some("Mw%3D"));
        assert_eq!((found[1].records, found[1].last_id.as_deref()), (2, Some("b")));
        assert_eq!(found[2].text().as_deref(), Some("2"));
    }

    #[test]
    fn an_array_body_is_one_answer() {
        let body = br#" [ {"data":[{"id":1}]}, {"data":[{"id":2},{"id":3}]} ] "#;
        let found = scan(&body[..], &lookups()).expect("found");
        assert_eq!((found[1].records, found[1].last_id.as_deref()), (3, Some("3")));
    }

    #[test]
    fn what_is_wanted_as_a_whole_is_found_in_any_element_and_the_first_counts() {
        let lookups =
            [Lookup::new("/error", Want::Whole), Lookup::new("/n", Want::Scalar), Lookup::new("/e/1/x", Want::Whole)];
        let body = br#"[{"n":1,"error":null},{"n":2,"error":{"code":503,"d":[{"e":"f"}]}},{"error":"later"},{"e":[{"x":1},{"x":2}]}]"#;
        let found = scan(&body[..], &lookups).expect("found");
        assert_eq!(found[0].value, Some(serde_json::json!({"code": 503, "d": [{"e": "f"}]})));
        assert_eq!((found[1].text().as_deref(), found[2].text().as_deref()), (Some("2"), Some("2")));
        let both = [Lookup::new("/error", Want::Whole), Lookup::new("/error/code", Want::Scalar)];
        let found = scan(&br#"{"error":{"code":7}}"#[..], &both).expect("found");
        assert_eq!((found[0].text().as_deref(), found[1].text().as_deref()), (Some("true"), Some("7")));
        assert_eq!(scan(&br#"{"data":[]}"#[..], &lookups).expect("found")[0].value, None);
    }

    #[test]
    fn a_body_cut_short_or_followed_by_more_is_an_error() {
        assert!(scan(&br#"{"data":[{"id":1},"#[..], &lookups()).is_err());
        assert!(scan(&br#"{"data":[]} <html>"#[..], &lookups()).is_err());
    }
}
