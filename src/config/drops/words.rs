//! The values that keys of a drop folder may have.

use crate::connectors::file::{Pattern, published};
use crate::settings::reader::{Fault, fault};
use crate::settings::values::{quoted, read_text as any_text};
use reqwest::Url;
use toml::de::DeValue;

pub(super) fn prefix(value: &DeValue<'_>) -> Result<Pattern, Fault> {
    let text = any_text(value)?;
    if text.contains(['/', '\\']) || text.starts_with('.') {
        return Err(fault(
            format!("{} begins no file's name", quoted(&text)),
            "write letters that the names begin with, and put folders in folder",
        ));
    }
    Ok(Pattern::beginning(&text))
}

pub(super) fn pattern(value: &DeValue<'_>) -> Result<Pattern, Fault> {
    Pattern::new(&any_text(value)?)
        .map_err(|message| fault(message, "write it as \"plan_*.xlsx\" or \"plan_{series}_v*.xlsx\""))
}

pub(super) fn address(value: &DeValue<'_>) -> Result<Url, Fault> {
    let text = any_text(value)?;
    let address: Url =
        text.parse().map_err(|_| fault(format!("{} is no address", quoted(&text)), "write it as \"https://…\""))?;
    if !published::is_protected(&address) {
        return Err(fault("the address must begin with https://", "what comes over http can be changed on its way"));
    }
    if !address.username().is_empty() || address.password().is_some() {
        return Err(fault("the address holds a login", "publish the file for everybody who has the address"));
    }
    Ok(address)
}

pub(super) fn encoding(value: &DeValue<'_>) -> Result<String, Fault> {
    let label = any_text(value)?;
    match encoding_rs::Encoding::for_label(label.as_bytes()) {
        Some(_) => Ok(label),
        None => Err(fault(
            format!("{} is no encoding that is known", quoted(&label)),
            "write utf-8, utf-16le, windows-1252 or another label of the WHATWG",
        )),
    }
}

pub(super) fn range(value: &DeValue<'_>) -> Result<String, Fault> {
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
pub(super) fn date_format(value: &DeValue<'_>) -> Result<String, Fault> {
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
