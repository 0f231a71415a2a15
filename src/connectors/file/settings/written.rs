//! How values are written: the keys of a connection that count before the preset's.

use crate::connectors::file::written::{DELIMITERS, MARKS, Written, encoding};
use crate::settings::Kind;
use crate::settings::kinds::{one_of, text, time_zone, whole_number};
use crate::settings::reader::{Fault, Section, fault};
use crate::settings::values::{quoted, read_text as any_text};
use serde_json::json;
use toml::de::DeValue;

/// Reads the keys; what is absent is found out.
pub fn read(section: &mut Section<'_>) -> Written {
    let decimal_mark = section.optional(
        "decimal_mark",
        one_of(&MARKS).about("The sign before decimals; found out over the whole file if left out."),
    );
    let date_format = section.optional(
        "date_format",
        Kind::text(json!({}), date_format).about("How days are written, in the words of strptime, as \"%d.%m.%Y\"; found out over the whole file if left out."),
    );
    let zone =
        section.optional("zone", time_zone().about("Zone of times without an offset; the workspace's if left out."));
    let encoding = section
        .optional("encoding", encoding().about("How the text is encoded, as \"windows-1252\"; found out if left out."));
    let delimiter =
        section.optional("delimiter", one_of(&DELIMITERS).about("The sign between values; found out if left out."));
    let header_line = section.optional(
        "header_line",
        whole_number(1, 10_000).about("The line of the columns' names; looked for if left out."),
    );
    let sheet = section.optional("sheet", text().about("The sheet of a workbook; its only one with data if left out."));
    let range = section.optional(
        "range",
        Kind::text(json!({ "pattern": "^[A-Za-z]{1,3}[0-9]+:[A-Za-z]{1,3}[0-9]+$" }), range)
            .about("The cells of a workbook's table, as \"A3:F200\"."),
    );
    Written {
        decimal_mark: decimal_mark.map(|at| at.value),
        date_format: date_format.map(|at| at.value),
        zone: zone.map(|at| at.value),
        encoding: encoding.map(|at| at.value),
        delimiter: delimiter.map(|at| at.value),
        header_line: header_line.map(|at| at.value),
        sheet: sheet.map(|at| at.value),
        range: range.map(|at| at.value),
    }
}

fn range(value: &DeValue<'_>) -> Result<String, Fault> {
    let text = any_text(value)?;
    let is_cell = |cell: &str| {
        let digits = cell.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let letters = cell.len() - digits.len();
        (1..=3).contains(&letters) && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    match text.split_once(':') {
        Some((first, last)) if is_cell(first) && is_cell(last) => Ok(text),
        _ => Err(fault(format!("{} is no range of cells", quoted(&text)), "write it as \"A3:F200\"")),
    }
}

/// A format of whole days or months, in the words of DuckDB's strptime.
fn date_format(value: &DeValue<'_>) -> Result<String, Fault> {
    const REMEDY: &str = "write day, month and year as %d, %m (or %b, %B) and %Y (or %y), as \"%d/%m/%Y\"";
    const KNOWN: &str = "dmYybBHIMSpfgjaA%";
    let text = any_text(value)?;
    let mut words = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '%' {
            words.push(letters.find(|next| *next != '-').unwrap_or(' '));
        }
    }
    if let Some(unknown) = words.iter().find(|word| !KNOWN.contains(**word)) {
        return Err(fault(format!("%{unknown} means nothing in a date format"), REMEDY));
    }
    let has = |any: &str| words.iter().any(|word| any.contains(*word));
    // Plans are of months, which have no day.
    if (has("mbB") || has("j")) && has("Yy") {
        return Ok(text);
    }
    Err(fault(format!("{} does not tell day, month and year", quoted(&text)), REMEDY))
}
