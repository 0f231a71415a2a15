//! From which day on an answer is not whole: by the clock, and by what the answer says of itself.

use super::LoadRequest;
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::literal;
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use duckdb::Transaction;
use std::collections::BTreeMap;

/// When the days of a stream are whole, beside their end in the account's zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closing {
    pub incomplete_when: Option<IncompleteWhen>,
    /// A zone in which a day must have ended as well.
    pub also_in: Option<Tz>,
    pub after_hours: u32,
    /// IANA zones by the vendor's own names of them.
    pub zone_names: BTreeMap<String, String>,
}

/// How a page says that it may not be whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncompleteWhen {
    pub path: String,
    pub value: String,
    /// JSON path to the instant until which the vendor has all.
    pub until_path: Option<String>,
    /// In the words of strftime; RFC 3339 where it is absent.
    pub until_format: Option<String>,
}

/// What the pages of a slice say of themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub is_incomplete: bool,
    /// Until when the vendor has all, where it may lack something.
    pub until: Option<DateTime<Utc>>,
}

impl IncompleteWhen {
    fn instant(&self, text: &str) -> Option<DateTime<Utc>> {
        match &self.until_format {
            Some(format) => NaiveDateTime::parse_from_str(text.trim(), format).ok().map(|at| at.and_utc()),
            None => DateTime::parse_from_rfc3339(text.trim()).ok().map(|at| at.with_timezone(&Utc)),
        }
    }
}

/// Whether pages of a slice say that they may not be whole, as an SQL condition on `body`.
pub fn says_incomplete(when: &IncompleteWhen) -> String {
    format!("json_extract_string(body, {}) = {}", literal(&when.path), literal(&when.value))
}

/// What the pages of a slice say of themselves.
pub fn said(transaction: &Transaction<'_>, request: &LoadRequest) -> Result<Said, WarehouseError> {
    let Some(when) = &request.closing.incomplete_when else { return Ok(Said::default()) };
    let step = || "looking for days that are not whole yet".to_owned();
    let until = when
        .until_path
        .as_ref()
        .map_or_else(|| "''".to_owned(), |path| format!("coalesce(json_extract_string(body, {}), '')", literal(path)));
    let sql = format!("SELECT DISTINCT {until} FROM page WHERE {}", says_incomplete(when));
    let mut statement = transaction.prepare(&sql).context(step)?;
    let found = statement.query_map([], |row| row.get(0)).context(step)?;
    let found: Vec<String> = found.collect::<Result<_, _>>().context(step)?;
    let instants: Option<Vec<DateTime<Utc>>> = found.iter().map(|text| when.instant(text)).collect();
    let until = instants.and_then(|instants| instants.into_iter().min());
    Ok(Said { is_incomplete: !found.is_empty(), until })
}

/// The first day of a zone that the vendor had not as a whole when it was asked.
pub fn first_open_day(request: &LoadRequest, zone: Tz, said: Said) -> NaiveDate {
    let closing = &request.closing;
    let closed = request.fetched_at - TimeDelta::hours(i64::from(closing.after_hours));
    let until = said.until.map_or(closed, |until| until.min(closed));
    let running = std::iter::once(zone).chain(closing.also_in).map(|zone| until.with_timezone(&zone).date_naive());
    let running = running.min().unwrap_or_default();
    match request.window.filter(|_| said.is_incomplete) {
        Some((_, end)) if said.until.is_some() => running.min(end - Days::new(1)),
        Some((start, _)) => running.min(start),
        None => running,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::load::tests::request;

    fn closing() -> Closing {
        Closing {
            incomplete_when: Some(IncompleteWhen {
                path: "$.stated.Incomplete".to_owned(),
                value: "true".to_owned(),
                until_path: Some("$.stated.Last".to_owned()),
                until_format: Some("%m/%d/%Y %I:%M:%S %p (GMT)".to_owned()),
            }),
            also_in: Some(Tz::UTC),
            after_hours: 3,
            ..Closing::default()
        }
    }

    /// The first open day of a report over 20 to 24 November, asked for at an instant.
    fn first_open(zone: Tz, at: &str, until: Option<&str>, is_incomplete: bool) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let day = |text: &str| text.parse().expect("a date");
        let request = LoadRequest {
            closing: closing(),
            window: Some((day("2026-11-20"), day("2026-11-25"))),
            fetched_at: format!("{at}:00Z").parse().expect("an instant"),
            ..request(folder.path(), "1", "{}")
        };
        let until = until.and_then(|text| closing().incomplete_when.and_then(|when| when.instant(text)));
        first_open_day(&request, zone, Said { is_incomplete, until }).to_string()
    }

    #[test]
    fn a_day_is_whole_when_it_is_over_in_both_zones_and_the_vendor_had_its_hours() {
        let pacific = Tz::America__Los_Angeles;
        // 24 November ends at 08:00 UTC of the 25th there.
        assert_eq!(first_open(pacific, "2026-11-25T10:59", None, false), "2026-11-24");
        assert_eq!(first_open(pacific, "2026-11-25T11:00", None, false), "2026-11-25");
        // From Berlin it is over by 23:00, and by UTC an hour later.
        assert_eq!(first_open(Tz::Europe__Berlin, "2026-11-25T02:59", None, false), "2026-11-24");
        assert_eq!(first_open(Tz::Europe__Berlin, "2026-11-25T03:00", None, false), "2026-11-25");
    }

    #[test]
    fn an_answer_that_may_not_be_whole_is_so_up_to_what_the_vendor_has_finished() {
        let pacific = Tz::America__Los_Angeles;
        let of = |until| first_open(pacific, "2026-11-25T20:00", until, true);
        assert_eq!(of(Some("11/24/2026 2:15:00 AM (GMT)")), "2026-11-23", "it had not ended at 02:15 UTC");
        assert_eq!(of(Some("11/24/2026 8:00:00 AM (GMT)")), "2026-11-24");
        assert_eq!(of(Some("12/1/2026 8:00:00 AM (GMT)")), "2026-11-24", "the last day that was asked for");
        assert_eq!(of(Some("yesterday")), "2026-11-20", "none of them");
    }

    #[test]
    fn a_day_of_25_hours_ends_with_its_last_hour() {
        // New York leaves summer time on 1 November 2026: the day ends at 05:00 UTC, a day before at 04:00.
        let new_york = Tz::America__New_York;
        assert_eq!(first_open(new_york, "2026-11-02T07:30", None, false), "2026-11-01");
        assert_eq!(first_open(new_york, "2026-11-02T08:00", None, false), "2026-11-02");
        assert_eq!(first_open(new_york, "2026-11-01T07:00", None, false), "2026-11-01");
    }
}
