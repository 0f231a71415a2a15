//! Requests as templates over `settings`, `secrets`, `slice`, `partition` and `cursor`.

use super::connection::Connection;
use super::error::ConnectorError;
use super::slice::{Slice, Window};
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use std::collections::BTreeMap;

/// What a pager passes to the next request; all texts, empty when they do not apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Cursor {
    pub token: String,
    pub offset: u64,
    pub page: u64,
    pub after: String,
    pub floor: String,
    /// The objects a following request asks for.
    pub ids: Vec<String>,
    /// Where each of them goes on; empty texts at first.
    pub tokens: Vec<String>,
    /// The whole next URL, when the vendor gives one.
    #[serde(skip)]
    pub url: Option<String>,
}

/// Renders the templates of one connection.
#[derive(Debug)]
pub struct Renderer<'a> {
    environment: Environment<'a>,
    context: BTreeMap<&'static str, Value>,
    connection: &'a Connection,
}

/// The environment of every request template: undefined names are errors, and so is endless work.
pub fn environment<'a>() -> Environment<'a> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(100_000));
    environment.add_filter("path", |text: String| -> String { encode_path(&text) });
    environment
}

impl<'a> Renderer<'a> {
    /// A renderer without a slice, for authentication.
    pub fn new(connection: &'a Connection) -> Self {
        let secrets: BTreeMap<&str, &str> =
            connection.secrets.iter().map(|(name, secret)| (name.as_str(), secret.expose())).collect();
        let context = BTreeMap::from([
            ("settings", Value::from(Serde(&connection.settings))),
            ("secrets", Value::from(Serde(secrets))),
        ]);
        Self { environment: environment(), context, connection }
    }

    /// A renderer for the requests of a slice.
    pub fn for_slice(connection: &'a Connection, slice: &Slice) -> Self {
        let mut renderer = Self::new(connection);
        renderer.context.insert("partition", Value::from(slice.partition.clone()));
        renderer.context.insert("slice", window(&slice.window));
        renderer
    }

    /// Renders `template`; the error names the template's place, never a value.
    pub fn render(&self, template: &str, cursor: Option<&Cursor>) -> Result<String, ConnectorError> {
        let mut context = self.context.clone();
        if let Some(cursor) = cursor {
            context.insert("cursor", Value::from(Serde(cursor)));
        }
        self.environment.render_str(template, context).map_err(|error| ConnectorError::Configuration {
            note: self.connection.redact(&format!("the template {template:?} does not render: {error}")),
        })
    }
}

fn window(window: &Window) -> Value {
    let mut values: BTreeMap<&str, Value> = BTreeMap::new();
    let mut instants = |start: chrono::DateTime<chrono::Utc>, end: chrono::DateTime<chrono::Utc>| {
        values.insert("start_unix", Value::from(start.timestamp()));
        values.insert("end_unix", Value::from(end.timestamp()));
        values.insert("start_ms", Value::from(start.timestamp_millis()));
        values.insert("end_ms", Value::from(end.timestamp_millis()));
    };
    match *window {
        Window::Whole => {}
        Window::Instants { start, end } => instants(start, end),
        Window::Days { period } => {
            values.insert("start_date", Value::from(period.start.to_string()));
            values.insert("end_date", Value::from(period.last_day().to_string()));
        }
    }
    Value::from(Serde(values))
}

/// Percent-encodes everything that could end or leave a path segment.
fn encode_path(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => out.push(char::from(byte)),
            b'.' if text != "." && text != ".." => out.push('.'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_cannot_leave_its_path_segment() {
        assert_eq!(encode_path("../x?y"), "..%2Fx%3Fy");
        assert_eq!(encode_path(".."), "%2E%2E");
    }
}
