//! Looks a few values up in a page while reading it once as a stream: memory stays small whatever
//! the page's size, and a page that is cut short is noticed.

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
    /// A header of the response; the body does not answer it.
    Header,
}

impl Want {
    /// What is wanted of each element of a list; `None` where no list is wanted.
    fn in_elements(&self) -> Option<Vec<String>> {
        match self {
            Self::Records { id_field } => Some(id_field.iter().cloned().collect()),
            Self::Last { path } => Some(path.clone()),
            Self::Page => Some(Vec::new()),
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
        let mut left = if is_page { FINGERPRINT_BYTES } else { 0 };
        let mut hasher = std::hash::DefaultHasher::new();
        loop {
            let node = Node { wanted: &below, found: &mut *self.found, is_root: false };
            if left > 0 {
                let mut of_element = LARGEST_ELEMENT;
                let Some(element) = elements.next_element_seed(Part { left: &mut of_element })? else { break };
                left = left.saturating_sub(LARGEST_ELEMENT - of_element);
                element.to_string().hash(&mut hasher);
                node.deserialize(&element).map_err(A::Error::custom)?;
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
    fn a_body_that_is_the_list_itself_is_counted_and_its_elements_are_answers_still() {
        let lookups = [
            Lookup::new("", Want::Page),
            Lookup::new("", Want::Last { path: path_of("/at/day") }),
            Lookup::new("/error", Want::Whole),
        ];
        let body = br#"[{"id":1,"at":{"day":"b"}},{"id":2,"at":{"day":"a"},"error":"x"}]"#;
        let found = scan(&body[..], &lookups).expect("found");
        assert_eq!((found[0].records, found[1].records, found[1].last_id.as_deref()), (2, 2, Some("a")));
        assert_eq!(found[2].text().as_deref(), Some("x"));
    }

    #[test]
    fn pages_with_the_same_records_have_the_same_fingerprint() {
        let of = |body: &str| {
            let found = scan(body.as_bytes(), &[Lookup::new("/rows", Want::Page)]).expect("found");
            (found[0].records, found[0].fingerprint)
        };
        let one = of(r#"{"request_id":"a","rows":[{"id":1,"n":null},{"id":2}]}"#);
        assert_eq!(one, of(r#"{"rows":[ {"id":1, "n":null}, {"id":2} ],"request_id":"b"}"#));
        assert_ne!(one, of(r#"{"rows":[{"id":1,"n":null},{"id":3}]}"#));
        let long = |last: &str| format!(r#"{{"rows":[{}"{last}"]}}"#, format!("\"{}\",", "x".repeat(100)).repeat(500));
        assert_eq!(of(&long("a")), of(&long("b")), "only the first 16 KB are looked at");
        assert_eq!(of(&long("a")).0, 501);
    }

    #[test]
    fn a_cursor_may_be_a_list_or_an_object() {
        let token = |body: &str| scan(body.as_bytes(), &[Lookup::new("/next", Want::Token)]).expect("found")[0].text();
        assert_eq!(token(r#"{"next":["2026-11-10",7]}"#).as_deref(), Some(r#"["2026-11-10",7]"#));
        assert_eq!(token(r#"{"next":{"id":{"S":"x"}}}"#).as_deref(), Some(r#"{"id":{"S":"x"}}"#));
        assert_eq!((token(r#"{"next":"a"}"#).as_deref(), token(r#"{"next":7}"#).as_deref()), (Some("a"), Some("7")));
        for none in [r#"{"next":null}"#, r#"{"next":""}"#, r#"{"next":[]}"#, r#"{"next":{}}"#, "{}"] {
            assert_eq!(token(none), None, "{none}");
        }
        assert_eq!(token(r#"[{"next":"a"},{"next":null}]"#), None, "the last one counts");
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
