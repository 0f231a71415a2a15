//! Asking a vendor when the credential ends.

use super::connection::Connection;
use super::cursor::Cursor;
use super::engine::{Engine, request};
use super::error::ConnectorError;
use super::landing::{Landing, Manifest};
use super::paging::{Lookup, Want};
use super::slice::{Slice, Window};
use super::template::Renderer;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde_json::Value;

/// What its page is called while it is landed; nothing of it stays.
const NAME: &str = "horizon";
/// A larger number of seconds since 1970 counts milliseconds.
const MOST_SECONDS: i64 = 100_000_000_000;

impl Engine {
    /// When the connection's credential ends, as the vendor says; `None` where it never ends, or the vendor does not
    /// tell.
    ///
    /// # Errors
    /// As a request of the connection fails.
    pub async fn credential_end(&self, connection: &Connection) -> Result<Option<DateTime<Utc>>, ConnectorError> {
        let Some(horizon) = &connection.connector.spec.horizon else { return Ok(None) };
        let Some(asked) = &horizon.request else { return Ok(None) };
        let slice = Slice { partition: String::new(), window: Window::Whole };
        self.introduce(connection).await?;
        let asked = request(asked, &Renderer::for_slice(connection, &slice), &Cursor::default())?;
        let lookups: Vec<Lookup> = horizon.ends_at.iter().map(|pointer| Lookup::new(pointer, Want::Scalar)).collect();
        let manifest = Manifest::begun(connection, NAME, slice, self.clock().now());
        let mut landing = Landing::begin(self.landing_root(), manifest)?;
        let found = self.told(connection, &asked, &lookups, &mut landing).await?.unwrap_or_default();
        Ok(found.iter().filter_map(|found| instant(found.value.as_ref()?)).min())
    }
}

/// A day, an instant, or seconds or milliseconds since 1970; `None` for none, e.g. zero.
fn instant(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::Number(number) => of_number(number.as_i64()?),
        Value::String(text) => {
            let text = text.trim();
            let of_day = || Some(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_time(NaiveTime::MIN).and_utc());
            let stated = DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc)).or_else(of_day);
            stated.or_else(|| of_number(text.parse().ok()?))
        }
        _ => None,
    }
}

fn of_number(number: i64) -> Option<DateTime<Utc>> {
    match number {
        ..=0 => None,
        MOST_SECONDS.. => DateTime::from_timestamp_millis(number),
        _ => DateTime::from_timestamp(number, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_end_is_read_in_whatever_way_it_is_written() {
        let read = |value: Value| instant(&value).map(|at| at.to_rfc3339());
        let day = Some("2027-01-15T00:00:00+00:00".to_owned());
        for value in [
            json!(1_799_971_200),
            json!("1799971200"),
            json!(1_799_971_200_000_i64),
            json!("2027-01-15"),
            json!("2027-01-15T00:00:00Z"),
            json!("2027-01-15T01:00:00+01:00"),
        ] {
            assert_eq!(read(value.clone()), day, "{value}");
        }
        // facebook debug_token: a token of a system user says 0.
        for value in [json!(0), json!("0"), json!(-1), json!(null), json!("never"), json!({})] {
            assert_eq!(read(value.clone()), None, "{value}");
        }
    }
}
