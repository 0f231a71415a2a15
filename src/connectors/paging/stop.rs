//! Where a list that is sorted newest first is old enough.

use super::scan::{Found, Lookup, Want, path_of};
use crate::connectors::error::ConnectorError;
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};

/// The instant before which no more pages are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop(DateTime<Utc>);

impl Stop {
    /// From what a template gave; `None` for an empty text.
    pub fn parse(text: &str) -> Result<Option<Self>, ConnectorError> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let note = || format!("stop_before: {text:?} is no instant and no day");
        let (at, is_sure) = instant(text).ok_or_else(|| ConnectorError::Configuration { note: note() })?;
        // The day of an account may begin up to fourteen hours before that of UTC.
        Ok(Some(Self(if is_sure { at } else { at - TimeDelta::days(1) })))
    }

    /// Whether a page's last record is older. One that says nothing of its age does not end a list.
    pub fn is_past(self, list: &Found) -> bool {
        let at = list.last_id.as_deref().and_then(instant);
        at.is_some_and(|(at, is_sure)| if is_sure { at < self.0 } else { at + TimeDelta::days(1) < self.0 })
    }
}

/// What is wanted of each page: `/data/*/created_at`.
pub fn lookup(pointer: &str) -> Lookup {
    let (list, within) = pointer.split_once("/*").unwrap_or((pointer, ""));
    Lookup::new(list, Want::Last { path: path_of(within) })
}

/// An instant, and whether its zone is known.
fn instant(text: &str) -> Option<(DateTime<Utc>, bool)> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        // Seconds of today have ten digits, milliseconds thirteen.
        let at = if number.abs() < 100_000_000_000 {
            DateTime::from_timestamp(number, 0)
        } else {
            DateTime::from_timestamp_millis(number)
        };
        return at.map(|at| (at, true));
    }
    let zoned = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .or_else(|_| DateTime::parse_from_rfc2822(text));
    if let Ok(at) = zoned {
        return Some((at.to_utc(), true));
    }
    let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .or_else(|| Some(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_time(chrono::NaiveTime::MIN)));
    local.map(|at| (at.and_utc(), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_past(last: &str, stop: &str) -> bool {
        let stop = Stop::parse(stop).expect("an instant").expect("a stop");
        stop.is_past(&Found { last_id: Some(last.to_owned()), ..Found::default() })
    }

    #[test]
    fn a_record_is_older_in_whatever_way_its_instant_is_written() {
        let stop = "1794268800"; // 2026-11-10T00:00:00Z
        for older in ["2026-11-09T23:59:59Z", "2026-11-10T00:30:00+0100", "1794268799", "1794268799999", "2026-11-08"] {
            assert!(is_past(older, stop), "{older}");
        }
        for not in ["2026-11-10T00:00:00Z", "2026-11-09T23:30:00-0100", "1794268800", "2026-11-09 12:00:00", "soon", ""]
        {
            assert!(!is_past(not, stop), "{not}");
        }
    }

    #[test]
    fn the_days_of_an_account_may_begin_before_those_of_utc() {
        assert!(!is_past("2026-11-09T11:00:00Z", "2026-11-10") && is_past("2026-11-08T23:59:59Z", "2026-11-10"));
        assert_eq!(Stop::parse("").expect("nothing"), None);
        assert!(Stop::parse("yesterday").is_err());
    }
}
