//! Requests as templates over `settings`, `secrets`, `slice`, `partition`, `cursor` and `auth`, what the token's answer
//! says.

use super::connection::Connection;
use super::cursor::Cursor;
use super::environment::environment;
use super::error::ConnectorError;
use super::slice::{Slice, Window};
use crate::support::zones::name_of;
use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};
use minijinja::value::Serde;
use minijinja::{Environment, Value};
use std::collections::BTreeMap;

/// Renders the templates of one connection.
#[derive(Debug)]
pub struct Renderer<'a> {
    environment: Environment<'a>,
    context: BTreeMap<&'static str, Value>,
    connection: &'a Connection,
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
        let (names, zone) = (connection.connector.spec.time_zones.clone(), connection.workspace_zone);
        let at = slice.window.days().map_or(DateTime::UNIX_EPOCH, |days| days.end.and_time(NaiveTime::MIN).and_utc());
        renderer.environment.add_filter("zone_name", move |text: String| -> String {
            name_of(text.parse().unwrap_or(zone), at, &names).unwrap_or_default().to_owned()
        });
        renderer
    }

    /// Renders `template`; the error names the template's place, never a value.
    pub fn render(&self, template: &str, cursor: Option<&Cursor>) -> Result<String, ConnectorError> {
        let mut context = self.context.clone();
        let answer = self.connection.answer();
        if !answer.is_empty() {
            context.insert("auth", Value::from(Serde(answer)));
        }
        if let Some(cursor) = cursor {
            context.insert("cursor", Value::from(Serde(cursor)));
        }
        self.environment.render_str(template, context).map_err(|error| ConnectorError::Configuration {
            note: self.connection.redact(&format!("the template {template:?} does not render: {error}")),
        })
    }
}

fn window(window: &Window) -> Value {
    // Without a zone a vendor takes it for its own time.
    let at = |instant: DateTime<Utc>| Value::from(instant.to_rfc3339_opts(SecondsFormat::Secs, true));
    let mut values: BTreeMap<&str, Value> = BTreeMap::new();
    let mut instants = |start: DateTime<Utc>, end: DateTime<Utc>| {
        values.insert("start_unix", Value::from(start.timestamp()));
        values.insert("end_unix", Value::from(end.timestamp()));
        values.insert("start_ms", Value::from(start.timestamp_millis()));
        values.insert("end_ms", Value::from(end.timestamp_millis()));
        values.insert("start_at", at(start));
        values.insert("end_at", at(end));
    };
    match *window {
        Window::Whole => {}
        Window::Instants { start, end } => instants(start, end),
        Window::Days { period } => {
            // Instants that hold the days in whatever zone they are counted.
            let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
            values.insert("start_at", at(midnight(period.start) - TimeDelta::hours(14)));
            values.insert("end_at", at(midnight(period.end) + TimeDelta::hours(12)));
            values.insert("start_date", Value::from(period.start.to_string()));
            values.insert("end_date", Value::from(period.last_day().to_string()));
        }
    }
    Value::from(Serde(values))
}
