//! XML as JSON: attributes as `@name`, text as `#text`, and children by name, each kind as a list, so that one child
//! and several are read alike. Names lose their prefixes; entities are those of XML itself, others are refused.

use super::packing::failed;
use super::{Decoded, Form, Take, unexpected};
use crate::connectors::error::ConnectorError;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use serde_json::{Map, Value};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// A document is held as a whole.
const LARGEST: u64 = 64 << 20;
/// Elements within one another.
const DEEPEST: usize = 64;

pub fn decode(path: &Path, _: &Form, take: &mut Take<'_>) -> Result<Decoded, ConnectorError> {
    let file = File::open(path).map_err(|error| failed(&error))?;
    if file.metadata().map_err(|error| failed(&error))?.len() > LARGEST {
        return Err(unexpected(format!("the answer is XML of more than {} MB", LARGEST >> 20)));
    }
    let root = read(BufReader::new(file))?;
    take(Value::Object(root).to_string().as_bytes())?;
    Ok(Decoded::default())
}

/// An element that is not closed yet.
struct Open {
    name: String,
    content: Map<String, Value>,
    text: String,
}

fn read(source: impl std::io::BufRead) -> Result<Map<String, Value>, ConnectorError> {
    let mut reader = Reader::from_reader(source);
    let mut open: Vec<Open> = Vec::new();
    let mut root = Map::new();
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer).map_err(|error| unsound(&error))?;
        match event {
            Event::Start(start) => {
                if open.len() >= DEEPEST {
                    return Err(unexpected(format!("the answer is XML of more than {DEEPEST} levels")));
                }
                open.push(opened(&start)?);
            }
            Event::Empty(start) => close(opened(&start)?, &mut open, &mut root)?,
            Event::End(_) => {
                let Some(element) = open.pop() else { return Err(unexpected("the answer is not sound XML")) };
                close(element, &mut open, &mut root)?;
            }
            Event::Text(text) => match open.last_mut() {
                Some(element) => element.text.push_str(&text),
                None if text.trim_matches(['\u{feff}', ' ', '\n', '\r', '\t']).is_empty() => {}
                None => return Err(unexpected("the answer is not XML")),
            },
            Event::CData(data) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&data);
                }
            }
            Event::GeneralRef(reference) => {
                let text = match reference.resolve_char_ref() {
                    Ok(Some(letter)) => letter.to_string(),
                    _ => quick_xml::escape::resolve_predefined_entity(&reference)
                        .ok_or_else(|| unexpected("the answer is XML with entities of its own"))?
                        .to_owned(),
                };
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
            Event::DocType(_) => return Err(unexpected("the answer is XML with a document type, as HTML pages have")),
            Event::Eof if !open.is_empty() => {
                return Err(ConnectorError::Unavailable { note: "the answer is cut short".to_owned() });
            }
            Event::Eof if root.is_empty() => return Err(unexpected("the answer is not XML")),
            Event::Eof => return Ok(root),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
        }
    }
}

fn opened(start: &BytesStart<'_>) -> Result<Open, ConnectorError> {
    let name = start.local_name().as_ref().to_owned();
    let mut content = Map::new();
    for attribute in start.attributes() {
        let attribute =
            attribute.map_err(|_| unexpected("the answer is not sound XML: an attribute is written wrong"))?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| unsound(&error))?;
        content.insert(format!("@{}", attribute.key.local_name().as_ref()), Value::from(value.as_ref()));
    }
    Ok(Open { name, content, text: String::new() })
}

/// Puts an element that ended into the one around it.
fn close(mut element: Open, open: &mut [Open], root: &mut Map<String, Value>) -> Result<(), ConnectorError> {
    let text = element.text.trim();
    if !text.is_empty() {
        element.content.insert("#text".to_owned(), Value::from(text));
    }
    let content = Value::Object(element.content);
    match open.last_mut() {
        Some(around) => match around.content.entry(element.name).or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(children) => children.push(content),
            _ => return Err(unexpected("the answer is not sound XML")),
        },
        None => {
            if !root.is_empty() {
                return Err(unexpected("the answer is not sound XML: it has two roots"));
            }
            root.insert(element.name, content);
        }
    }
    Ok(())
}

fn unsound(error: &quick_xml::Error) -> ConnectorError {
    match error {
        quick_xml::Error::Io(error) => failed(error),
        quick_xml::Error::Syntax(_) => ConnectorError::Unavailable { note: "the answer is cut short".to_owned() },
        _ => unexpected("the answer is not sound XML"),
    }
}
