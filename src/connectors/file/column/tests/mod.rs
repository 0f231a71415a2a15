//! Whole files: the cases of the field, public reports, and files written at random.

mod cases;
mod properties;
mod public;

use super::*;
use chrono_tz::Europe::Berlin;

pub fn hints() -> Hints {
    Hints { decimal_mark: None, date_format: None, zone: None, workspace_zone: Berlin, is_semicolon_file: false }
}

pub fn format(date_format: &str) -> Hints {
    Hints { date_format: Some(date_format.to_owned()), ..hints() }
}

pub fn mark(mark: Mark) -> Hints {
    Hints { decimal_mark: Some(mark), ..hints() }
}

/// Each column's values, beginning in line 2, read in two passes and written down; `!` before what is bad.
pub fn table(columns: &[(Meaning, &str, &[&str])], hints: &Hints) -> Result<Vec<Vec<String>>, Doubt> {
    let gather = |(meaning, header, values): &(Meaning, &str, &[&str])| {
        let mut evidence = Evidence::new(*meaning, header);
        (2..).zip(*values).for_each(|(line, text)| evidence.see(line, text));
        evidence
    };
    let evidence: Vec<Evidence> = columns.iter().map(gather).collect();
    let readings = decide(&evidence, hints)?;
    let read = |(reading, (_, _, values)): (&Reading, &(Meaning, &str, &[&str]))| {
        values.iter().map(|text| shown(reading.read(text))).collect()
    };
    Ok(readings.iter().zip(columns).map(read).collect())
}

/// One column.
pub fn column(meaning: Meaning, values: &[&str], hints: &Hints) -> Result<Vec<String>, String> {
    let read =
        table(&[(meaning, "header", values)], hints).map_err(|doubt| format!("{} → {}", doubt.message, doubt.remedy));
    Ok(read?.concat())
}

fn shown(value: Result<Value, String>) -> String {
    match value {
        Ok(Value::None) => "none".to_owned(),
        Ok(Value::Text(text)) => text,
        Ok(Value::Number { value, currency: None }) => value.to_string(),
        Ok(Value::Number { value, currency: Some(code) }) => format!("{value} {code}"),
        Ok(Value::Day(day)) => day.to_string(),
        Ok(Value::Quarter(first)) => format!("quarter from {first}"),
        Ok(Value::Month(month)) => month.format("%Y-%m").to_string(),
        Err(reason) => format!("! {reason}"),
    }
}

/// As [`column`], for values that must all be read or none.
pub fn refused(meaning: Meaning, values: &[&str], hints: &Hints) -> String {
    column(meaning, values, hints).expect_err("the file is refused")
}

/// The values, with `!` alone for bad ones.
pub fn read(meaning: Meaning, values: &[&str], hints: &Hints) -> Vec<String> {
    let read = column(meaning, values, hints).expect("the file is read");
    read.into_iter().map(|value| if value.starts_with('!') { "!".to_owned() } else { value }).collect()
}
