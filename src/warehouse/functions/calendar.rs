//! Days and hours in a zone.

use super::arguments::column;
use chrono::{DateTime, NaiveDate, Timelike};
use chrono_tz::Tz;
use duckdb::arrow::array::{Array, Date32Array, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use duckdb::arrow::datatypes::{DataType, TimeUnit};
use duckdb::vscalar::{ArrowFunctionSignature, VArrowScalar};
use std::error::Error;
use std::sync::Arc;

/// Microseconds of the years 1 to 9999.
const EARLIEST: i64 = -62_135_596_800_000_000;
const LATEST: i64 = 253_402_300_799_999_999;

/// `local_date(at TIMESTAMP, zone VARCHAR) -> DATE`: the calendar day of a UTC instant in an IANA
/// zone. NULL for a NULL argument and outside the years 1 to 9999; an unknown zone fails the query.
#[derive(Debug)]
pub struct LocalDate;

impl VArrowScalar for LocalDate {
    type State = ();

    fn invoke((): &(), input: RecordBatch) -> Result<Arc<dyn Array>, Box<dyn Error>> {
        let at = column::<TimestampMicrosecondArray>(&input, 0)?;
        let zones = column::<StringArray>(&input, 1)?;
        let mut known: Option<(String, Tz)> = None;
        let mut days = Vec::with_capacity(input.num_rows());
        for row in 0..input.num_rows() {
            if at.is_null(row) || zones.is_null(row) {
                days.push(None);
                continue;
            }
            let zone = zone_of(zones.value(row), &mut known)?;
            // No calendar reaches there ("infinity" is an instant to DuckDB): no day, and no failed load.
            let in_calendar = |at: &i64| (EARLIEST..=LATEST).contains(at);
            let instant = Some(at.value(row)).filter(in_calendar).and_then(DateTime::from_timestamp_micros);
            let day = instant.map(|at| (at.with_timezone(&zone).date_naive() - NaiveDate::default()).num_days());
            days.push(day.map(i32::try_from).transpose()?);
        }
        Ok(Arc::new(Date32Array::from(days)))
    }

    fn signatures() -> Vec<ArrowFunctionSignature> {
        let at = DataType::Timestamp(TimeUnit::Microsecond, None);
        vec![ArrowFunctionSignature::exact(vec![at, DataType::Utf8], DataType::Date32)]
    }
}

/// `local_hour(at TIMESTAMP, zone VARCHAR) -> INTEGER`: the hour (0 to 23) that a clock in an IANA
/// zone shows at a UTC instant. NULL for a NULL argument; an unknown zone fails the query.
#[derive(Debug)]
pub struct LocalHour;

impl VArrowScalar for LocalHour {
    type State = ();

    fn invoke((): &(), input: RecordBatch) -> Result<Arc<dyn Array>, Box<dyn Error>> {
        let at = column::<TimestampMicrosecondArray>(&input, 0)?;
        let zones = column::<StringArray>(&input, 1)?;
        let mut known: Option<(String, Tz)> = None;
        let mut hours = Vec::with_capacity(input.num_rows());
        for row in 0..input.num_rows() {
            if at.is_null(row) || zones.is_null(row) {
                hours.push(None);
                continue;
            }
            let zone = zone_of(zones.value(row), &mut known)?;
            let instant = DateTime::from_timestamp_micros(at.value(row)).ok_or("an instant is out of range")?;
            hours.push(Some(i32::try_from(instant.with_timezone(&zone).hour())?));
        }
        Ok(Arc::new(Int32Array::from(hours)))
    }

    fn signatures() -> Vec<ArrowFunctionSignature> {
        let at = DataType::Timestamp(TimeUnit::Microsecond, None);
        vec![ArrowFunctionSignature::exact(vec![at, DataType::Utf8], DataType::Int32)]
    }
}

/// The zone of `name`; a column nearly always repeats one, so the last is kept.
fn zone_of(name: &str, known: &mut Option<(String, Tz)>) -> Result<Tz, Box<dyn Error>> {
    if let Some((last, zone)) = known
        && last == name
    {
        return Ok(*zone);
    }
    let zone: Tz = name.parse().map_err(|_| format!("unknown time zone {name:?}"))?;
    *known = Some((name.to_owned(), zone));
    Ok(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_when_the_zone_says() {
        let connection = duckdb::Connection::open_in_memory().expect("a database");
        connection.register_scalar_function::<LocalDate>("local_date").expect("registered");
        let day = |sql: &str| -> Option<NaiveDate> { connection.query_row(sql, [], |row| row.get(0)).expect(sql) };
        let date = |text: &str| Some(text.parse().expect("a date"));
        assert_eq!(day("SELECT local_date(TIMESTAMP '2026-03-08 04:59:59', 'America/New_York')"), date("2026-03-07"));
        assert_eq!(day("SELECT local_date(TIMESTAMP '2026-03-08 05:00:00', 'America/New_York')"), date("2026-03-08"));
        assert_eq!(day("SELECT local_date(TIMESTAMP '1969-12-31 23:59:59', 'UTC')"), date("1969-12-31"));
        assert_eq!(day("SELECT local_date(NULL::TIMESTAMP, 'UTC')"), None);
        assert_eq!(day("SELECT local_date(TIMESTAMP 'infinity', 'Europe/Berlin')"), None);
        let error = connection
            .query_row("SELECT local_date(TIMESTAMP '2026-01-01', 'Mars/Base')", [], |row| row.get::<_, NaiveDate>(0));
        assert!(error.expect_err("no such zone").to_string().contains("Mars/Base"));
    }

    #[test]
    fn an_hour_is_what_the_local_clock_shows() {
        let connection = duckdb::Connection::open_in_memory().expect("a database");
        connection.register_scalar_function::<LocalHour>("local_hour").expect("registered");
        let hour = |sql: &str| -> Option<i32> { connection.query_row(sql, [], |row| row.get(0)).expect(sql) };
        assert_eq!(hour("SELECT local_hour(TIMESTAMP '2026-03-08 06:59:59', 'America/New_York')"), Some(1));
        assert_eq!(hour("SELECT local_hour(TIMESTAMP '2026-03-08 07:00:00', 'America/New_York')"), Some(3), "skipped");
        assert_eq!(hour("SELECT local_hour(NULL::TIMESTAMP, 'UTC')"), None);
    }
}
