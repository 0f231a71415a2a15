//! A cell's value as a person would have written it in a text file. Pure.

use super::typed;
use calamine::{Data, DataRef, ExcelDateTime};

/// How numbers are written, and what is to be reported about them.
#[derive(Debug)]
pub struct Writing {
    pub decimal_mark: char,
    /// Row and text of the first whole number longer than Excel can keep.
    pub long_number: Option<(u32, String)>,
}

impl Writing {
    /// The text of a cell in the row `row` (counted from 1); empty for none.
    pub fn text(&mut self, cell: &DataRef<'_>, row: u32) -> String {
        match cell {
            DataRef::Empty => String::new(),
            DataRef::String(text) => clean(text),
            DataRef::SharedString(text) => clean(text),
            DataRef::DateTimeIso(text) => iso(text),
            DataRef::DurationIso(text) => duration_of_iso(text).unwrap_or_else(|| text.clone()),
            DataRef::Bool(is_true) => is_true.to_string(),
            DataRef::Error(error) => error.to_string(),
            DataRef::Int(number) => self.long(number.to_string(), number.unsigned_abs() as f64, row),
            DataRef::Float(number) => self.number(*number, row),
            DataRef::DateTime(time) => instant(time).unwrap_or_else(|| self.number(time.as_f64(), row)),
        }
    }

    fn number(&mut self, number: f64, row: u32) -> String {
        if !number.is_finite() || number.abs() >= 1e21 || (number != 0.0 && number.abs() < 1e-9) {
            return format!("{number:e}");
        }
        let text = format!("{number}");
        if number.fract() == 0.0 {
            let text = if text == "-0" { "0".to_owned() } else { text };
            return self.long(text, number.abs(), row);
        }
        typed(&text, self.decimal_mark)
    }

    fn long(&mut self, text: String, size: f64, row: u32) -> String {
        if size < 1e15 {
            return text;
        }
        if self.long_number.is_none() {
            self.long_number = Some((row, text));
        }
        // As Excel shows it: what is an id here has lost its last digits.
        format!("{size:E}")
    }
}

/// A value of a whole sheet in memory, as the streaming readers hand it out.
pub fn borrowed(cell: &Data) -> DataRef<'_> {
    match cell {
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(is_true) => DataRef::Bool(*is_true),
        Data::DateTime(time) => DataRef::DateTime(*time),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

fn clean(text: &str) -> String {
    if text.contains(['\0', '\r']) {
        text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "\u{fffd}")
    } else {
        text.to_owned()
    }
}

/// Whole days as days, instants without an offset: Excel knows none.
fn instant(time: &ExcelDateTime) -> Option<String> {
    let value = time.as_f64();
    if !value.is_finite() || value.abs() > 3_000_000.0 {
        return None;
    }
    if time.is_duration() {
        return Some(clock((value * 86_400_000.0).round() as i64));
    }
    if value < 0.0 {
        return None;
    }
    if value < 1.0 {
        return Some(clock((value * 86_400_000.0).round() as i64));
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    let fraction = if milli > 0 { format!(".{milli:03}") } else { String::new() };
    Some(if (hour, minute, second, milli) == (0, 0, 0, 0) {
        date
    } else {
        format!("{date}T{hour:02}:{minute:02}:{second:02}{fraction}")
    })
}

fn clock(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    let millis = millis.abs();
    let (hours, minutes, seconds, rest) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60, millis % 1000);
    let fraction = if rest > 0 { format!(".{rest:03}") } else { String::new() };
    format!("{sign}{hours:02}:{minutes:02}:{seconds:02}{fraction}")
}

/// LibreOffice writes days as `2026-11-02`, some programs with a midnight behind.
fn iso(text: &str) -> String {
    text.strip_suffix("T00:00:00").unwrap_or(text).to_owned()
}

/// `PT25H03M00S` as `25:03:00`.
pub fn duration_of_iso(text: &str) -> Option<String> {
    let (hours, rest) = text.strip_prefix("PT")?.split_once('H')?;
    let (minutes, rest) = rest.split_once('M')?;
    let seconds = rest.strip_suffix('S')?;
    let (whole, fraction) = seconds.split_once(['.', ',']).unwrap_or((seconds, ""));
    let number = |text: &str| text.parse::<u32>().ok();
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{:02}:{:02}:{:02}{point}{fraction}", number(hours)?, number(minutes)?, number(whole)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::ExcelDateTimeType;

    #[test]
    fn numbers_keep_every_digit_excel_had() {
        let mut writing = Writing { decimal_mark: '.', long_number: None };
        let mut text = |number: f64| writing.text(&DataRef::Float(number), 7);
        assert_eq!(text(202_611_000_123.0), "202611000123");
        assert_eq!(
            [text(80.5), text(0.1 + 0.2), text(-0.0), text(1e-12)],
            ["80.5", "0.30000000000000004", "0", "1e-12"]
        );
        assert_eq!(text(159_001_810_629_457_000.0), "1.59001810629457E17");
        assert_eq!(writing.long_number, Some((7, "159001810629457000".to_owned())));
        let mut comma = Writing { decimal_mark: ',', long_number: None };
        assert_eq!(comma.text(&DataRef::Float(1204.5), 1), "1204,5");
    }

    #[test]
    fn days_instants_and_durations_are_distinguished() {
        let time = |value, kind| instant(&ExcelDateTime::new(value, kind, false)).expect("an instant");
        assert_eq!(time(46328.0, ExcelDateTimeType::DateTime), "2026-11-02");
        assert_eq!(time(46328.75, ExcelDateTimeType::DateTime), "2026-11-02T18:00:00");
        assert_eq!(time(0.5, ExcelDateTimeType::DateTime), "12:00:00");
        assert_eq!(time(1.5, ExcelDateTimeType::TimeDelta), "36:00:00");
        assert_eq!(duration_of_iso("PT25H03M00S").as_deref(), Some("25:03:00"));
    }
}
