//! From TOML values to checked values, each mistake with its remedy.

use super::fault::{Fault, fault};
use crate::domain::money::Currency;
use crate::domain::schedule::{Expression, ExpressionError};
use crate::support::mailbox::mailbox;
use crate::support::nearest::unknown_remedy;
use crate::support::secret::SecretRef;
use chrono::NaiveDate;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::path::PathBuf;
use toml::de::DeValue;

/// The same as [`is_id`], for schemas.
pub const ID_PATTERN: &str = "^[a-z][a-z0-9_]{0,59}$";

/// Whether `text` can name files, rows and folders.
pub fn is_id(text: &str) -> bool {
    text.len() <= 60
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// A text with something in it, without control characters.
pub fn read_text(value: &DeValue<'_>) -> Result<String, Fault> {
    let text = any_text(value)?;
    if text.trim().is_empty() {
        return Err(fault("the text is empty", "write something, or remove the key"));
    }
    if text.chars().any(char::is_control) {
        return Err(fault("the text holds line breaks or control characters", "write it on one line"));
    }
    Ok(text.to_owned())
}

/// The value without its places in the file.
pub fn read_any(value: &DeValue<'_>) -> Result<toml::Value, Fault> {
    let spanned = toml::Spanned::new(0..0, value.clone());
    toml::Value::deserialize(toml::de::ValueDeserializer::from(spanned))
        .map_err(|_| fault("this value is out of range", "write it as text, in quotes"))
}

/// A snake_case id.
pub fn read_id(value: &DeValue<'_>) -> Result<String, Fault> {
    let text = read_text(value)?;
    if is_id(&text) {
        return Ok(text);
    }
    let remedy = "use lower-case letters, digits and _, beginning with a letter, at most 60";
    Err(fault(format!("{} is not an id", quoted(&text)), remedy))
}

/// A path as written.
pub fn read_path(value: &DeValue<'_>) -> Result<PathBuf, Fault> {
    read_text(value).map(PathBuf::from)
}

/// `true` or `false`.
pub fn read_boolean(value: &DeValue<'_>) -> Result<bool, Fault> {
    value.as_bool().ok_or_else(|| expected(value, "true or false", "write true or false without quotes"))
}

/// A calendar day, as TOML's own date or as text.
pub fn read_date(value: &DeValue<'_>) -> Result<NaiveDate, Fault> {
    let text = match value {
        DeValue::Datetime(datetime) => datetime.to_string(),
        DeValue::String(text) => text.to_string(),
        _ => return Err(expected(value, "a date", "write it as 2026-01-31")),
    };
    NaiveDate::parse_from_str(&text, "%Y-%m-%d")
        .ok()
        .filter(|_| text.len() == 10)
        .ok_or_else(|| fault(format!("{} is not a calendar day", quoted(&text)), "write it as 2026-01-31"))
}

/// A calendar month such as `2026-11`, as its first day.
pub fn read_month(value: &DeValue<'_>) -> Result<NaiveDate, Fault> {
    const REMEDY: &str = "write year and month in quotes, as \"2026-11\"";
    let text = value.as_str().ok_or_else(|| expected(value, "a month", REMEDY))?;
    NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d")
        .ok()
        .filter(|_| text.len() == 7)
        .ok_or_else(|| fault(format!("{} is not a month", quoted(text)), REMEDY))
}

/// A decimal written as text, so that no digit is lost: at most 12 digits before the point, 6 after.
pub fn read_decimal(value: &DeValue<'_>) -> Result<Decimal, Fault> {
    let text = match value {
        DeValue::String(text) => text.as_ref(),
        DeValue::Float(number) => {
            let remedy = format!("quote it: \"{}\"", number.as_str().replace('_', ""));
            return Err(fault("a number with decimals loses digits as a float", remedy));
        }
        DeValue::Integer(number) => {
            return Err(fault("an amount is written as text", format!("quote it: \"{}\"", number.as_str())));
        }
        _ => return Err(expected(value, "a decimal in quotes", "write it as \"12000.00\"")),
    };
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str, most: usize| {
        !part.is_empty() && part.len() <= most && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !are_digits(whole, 12) || !are_digits(fraction, 6) {
        let remedy =
            "write digits with a point and no separators, as \"12000.00\"; 12 digits before it and 6 after at most";
        return Err(fault(format!("{} is not an amount", quoted(text)), remedy));
    }
    text.parse().map_err(|_| fault(format!("{} is not an amount", quoted(text)), "write it as \"12000.00\""))
}

/// A decimal of at least zero.
pub fn read_amount(value: &DeValue<'_>) -> Result<Decimal, Fault> {
    let amount = read_decimal(value)?;
    if amount.is_sign_negative() && !amount.is_zero() {
        return Err(fault("the amount is negative", "write an amount of at least \"0\""));
    }
    Ok(amount)
}

/// An IANA zone such as `Europe/Berlin`.
pub fn read_time_zone(value: &DeValue<'_>) -> Result<Tz, Fault> {
    let text = read_text(value)?;
    text.parse().map_err(|_| {
        let names: Vec<&str> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
        let near = unknown_remedy(&text, &names, "zones");
        let remedy = if near.starts_with("did you mean") {
            near
        } else {
            "use an IANA name such as \"Europe/Berlin\"".to_owned()
        };
        fault(format!("{} is not a time zone", quoted(&text)), remedy)
    })
}

/// An ISO 4217 code.
pub fn read_currency(value: &DeValue<'_>) -> Result<Currency, Fault> {
    let text = read_text(value)?;
    Currency::new(&text).map_err(|_| {
        fault(format!("{} is not a currency", quoted(&text)), "use a three-letter ISO 4217 code such as \"EUR\"")
    })
}

/// A mail address without a name.
pub fn read_mail_address(value: &DeValue<'_>) -> Result<String, Fault> {
    let text = read_text(value)?;
    // The parser of mails is stricter than that of addresses, and it is mails that are written.
    let is_address = text.parse::<lettre::Address>().is_ok() && mailbox(&text).is_some();
    match is_address {
        true => Ok(text),
        false => Err(fault(format!("{} is not a mail address", quoted(&text)), "write it as \"name@example.com\"")),
    }
}

/// A mail address with or without a name.
pub fn read_mailbox(value: &DeValue<'_>) -> Result<String, Fault> {
    let text = read_text(value)?;
    match mailbox(&text) {
        Some(_) => Ok(text),
        None => {
            Err(fault(format!("{} is not a sender", quoted(&text)), "write it as \"Daybook <reports@example.com>\""))
        }
    }
}

/// Where a secret is kept: `{ env = "NAME" }`, `{ file = "path" }` or `{ credential = "name" }`. What
/// was written instead may be the secret, so it is never repeated.
pub fn read_secret_ref(value: &DeValue<'_>) -> Result<SecretRef, Fault> {
    const REMEDY: &str = "write { env = \"NAME\" }, { file = \"path\" } or { credential = \"name\" }";
    let Some(table) = value.as_table() else {
        return Err(fault("a secret must not stand in a configuration file", REMEDY));
    };
    let mut entries = table.iter();
    let (Some((key, value)), None) = (entries.next(), entries.next()) else {
        return Err(fault("a secret has exactly one place", REMEDY));
    };
    let name = value.get_ref().as_str().filter(|name| !name.is_empty() && !name.chars().any(char::is_control));
    match (key.get_ref().as_ref(), name) {
        ("env", Some(name)) if is_variable(name) => Ok(SecretRef::Env(name.to_owned())),
        ("env", _) => Err(fault("this does not name an environment variable", "use letters, digits and _ only")),
        ("file", Some(path)) => Ok(SecretRef::File(PathBuf::from(path))),
        ("credential", Some(name)) if !name.contains('/') => Ok(SecretRef::Credential(name.to_owned())),
        _ => Err(fault("this does not say where a secret is kept", REMEDY)),
    }
}

/// A five-field cron expression that fires at some time.
pub fn read_cron(value: &DeValue<'_>) -> Result<Expression, Fault> {
    let text = read_text(value)?;
    Expression::parse(&text).map_err(|error| {
        let remedy = match error {
            ExpressionError::NeverFires => "name a day that exists",
            _ => "write minute, hour, day, month, weekday, as \"0 8 * * 1-5\"",
        };
        fault(format!("{} {error}", quoted(&text)), remedy)
    })
}

/// A fault for a value of the wrong type; names its type, never the value.
pub fn expected(value: &DeValue<'_>, wanted: &str, remedy: &str) -> Fault {
    let found = match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with decimals",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    fault(format!("this is {found}, not {wanted}"), remedy)
}

/// At most 60 characters of a text, in quotes.
pub fn quoted(text: &str) -> String {
    let cut: String = text.chars().take(60).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("\"{cut}{more}\"")
}

fn any_text<'v>(value: &'v DeValue<'_>) -> Result<&'v str, Fault> {
    value.as_str().ok_or_else(|| expected(value, "a text", "put it in quotes"))
}

fn is_variable(name: &str) -> bool {
    name.len() <= 200
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
