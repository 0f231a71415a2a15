//! The kinds of values that keys may hold: how each is read, and how a JSON Schema says the same.

use super::aliases::present_word;
use super::fault::fault;
use super::kind::{Kind, with};
use super::values::{self, expected, quoted};
use crate::domain::money::Currency;
use crate::domain::schedule::Expression;
use crate::support::nearest::unknown_remedy;
use crate::support::secret::SecretRef;
use chrono::{NaiveDate, Weekday};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::path::PathBuf;

/// A text with something in it, without control characters.
pub fn text<'k>() -> Kind<'k, String> {
    Kind::text(json!({}), values::read_text)
}

/// Whatever TOML can hold.
pub fn any_value<'k>() -> Kind<'k, toml::Value> {
    Kind::new(|| json!({}), values::read_any)
}

/// A snake_case id.
pub fn id<'k>() -> Kind<'k, String> {
    Kind::text(json!({ "pattern": values::ID_PATTERN }), values::read_id)
}

/// A path as written.
pub fn path<'k>() -> Kind<'k, PathBuf> {
    Kind::text(json!({}), values::read_path)
}

/// `true` or `false`.
pub fn boolean<'k>() -> Kind<'k, bool> {
    Kind::new(|| json!({ "type": "boolean" }), values::read_boolean)
}

/// A whole number from `least` to `most`.
pub fn whole_number<'k>(least: u64, most: u64) -> Kind<'k, u64> {
    let schema = move || json!({ "type": "integer", "minimum": least, "maximum": most });
    Kind::new(schema, move |value| {
        let range = format!("a whole number from {least} to {most}");
        let Some(integer) = value.as_integer() else {
            return Err(expected(value, &range, "write digits without quotes or decimals"));
        };
        u64::from_str_radix(integer.as_str(), integer.radix())
            .ok()
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| fault(format!("the number is not {range}"), "choose a number in that range"))
    })
}

/// One of a few words.
pub fn one_of<'k, T: Copy>(choices: &'k [(&'static str, T)]) -> Kind<'k, T> {
    let words = || choices.iter().map(|(word, _)| *word).collect::<Vec<&str>>();
    Kind::new(
        move || json!({ "enum": words() }),
        move |value| {
            let text = value
                .as_str()
                .ok_or_else(|| expected(value, "a text", &format!("write one of \"{}\"", words().join("\", \""))))?;
            let spelled = present_word(text);
            let found = choices.iter().find(|(word, _)| *word == spelled).map(|(_, choice)| *choice);
            found.ok_or_else(|| {
                fault(format!("unknown choice {}", quoted(text)), unknown_remedy(text, &words(), "choices"))
            })
        },
    )
}

/// A list without repeats; the first wrong item is reported.
pub fn list_of<'k, T: PartialEq + 'k>(item: Kind<'k, T>) -> Kind<'k, Vec<T>> {
    list(item, None)
}

/// The same with at least one item; `remedy` says what to write.
pub fn some_of<'k, T: PartialEq + 'k>(item: Kind<'k, T>, remedy: &'static str) -> Kind<'k, Vec<T>> {
    list(item, Some(remedy))
}

fn list<'k, T: PartialEq + 'k>(item: Kind<'k, T>, if_empty: Option<&'static str>) -> Kind<'k, Vec<T>> {
    let item = std::rc::Rc::new(item);
    let of_schema = item.clone();
    let schema = move || {
        let list = json!({ "type": "array", "items": of_schema.schema(), "uniqueItems": true });
        if if_empty.is_some() { with(list, &json!({ "minItems": 1 })) } else { list }
    };
    Kind::new(schema, move |value| {
        let items = value.as_array().ok_or_else(|| expected(value, "a list", "write it in [ ], even a single one"))?;
        if let (true, Some(remedy)) = (items.is_empty(), if_empty) {
            return Err(fault("the list is empty", remedy));
        }
        let mut list = Vec::with_capacity(items.len());
        for (index, value) in items.iter().enumerate() {
            let item = item
                .read(value.get_ref())
                .map_err(|wrong| fault(format!("item {}: {}", index + 1, wrong.message), wrong.remedy))?;
            if list.contains(&item) {
                return Err(fault(format!("item {} repeats an earlier one", index + 1), "remove the repetition"));
            }
            list.push(item);
        }
        Ok(list)
    })
}

/// A calendar day, as TOML's own date or as text.
pub fn date<'k>() -> Kind<'k, NaiveDate> {
    // Editors hand TOML's dates to the schema as texts.
    Kind::text(json!({ "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }), values::read_date)
}

/// A calendar month such as `2026-11`, as its first day.
pub fn month<'k>() -> Kind<'k, NaiveDate> {
    Kind::text(json!({ "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$" }), values::read_month)
}

/// A decimal written as text, so that no digit is lost: at most 12 digits before the point, 6 after.
pub fn decimal<'k>() -> Kind<'k, Decimal> {
    Kind::text(json!({ "pattern": "^-?[0-9]{1,12}(\\.[0-9]{1,6})?$" }), values::read_decimal)
}

/// A decimal of at least zero.
pub fn amount<'k>() -> Kind<'k, Decimal> {
    Kind::text(json!({ "pattern": "^(-0+(\\.0+)?|[0-9]{1,12}(\\.[0-9]{1,6})?)$" }), values::read_amount)
}

/// An IANA zone such as `Europe/Berlin`.
pub fn time_zone<'k>() -> Kind<'k, Tz> {
    Kind::new(|| json!({ "anyOf": [{ "$ref": "#/definitions/time_zone" }] }), values::read_time_zone)
}

/// An ISO 4217 code.
pub fn currency<'k>() -> Kind<'k, Currency> {
    Kind::text(json!({ "pattern": "^[A-Za-z]{3}$" }), values::read_currency)
}

/// The English name of a weekday.
pub fn weekday<'k>() -> Kind<'k, Weekday> {
    one_of(&[
        ("monday", Weekday::Mon),
        ("tuesday", Weekday::Tue),
        ("wednesday", Weekday::Wed),
        ("thursday", Weekday::Thu),
        ("friday", Weekday::Fri),
        ("saturday", Weekday::Sat),
        ("sunday", Weekday::Sun),
    ])
}

/// A mail address without a name.
pub fn mail_address<'k>() -> Kind<'k, String> {
    Kind::text(json!({ "pattern": "^[^@\\s<>]+@[^@\\s<>]+$" }), values::read_mail_address)
}

/// A mail address with or without a name.
pub fn mailbox<'k>() -> Kind<'k, String> {
    Kind::text(json!({ "pattern": "@" }), values::read_mailbox)
}

/// Where a secret is kept: `{ env = "NAME" }`, `{ file = "path" }` or `{ credential = "name" }`.
pub fn secret_ref<'k>() -> Kind<'k, SecretRef> {
    Kind::new(|| json!({ "anyOf": [{ "$ref": "#/definitions/secret" }] }), values::read_secret_ref)
}

/// A five-field cron expression that fires at some time.
pub fn cron<'k>() -> Kind<'k, Expression> {
    Kind::text(json!({ "pattern": "^\\s*(\\S+\\s+){4}\\S+\\s*$" }), values::read_cron)
}

/// What kinds refer to by `$ref`.
pub fn definitions() -> Value {
    let zones: Vec<&str> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
    let place = |key: &str, about: &str, pattern: &str| {
        json!({
            "type": "object", "additionalProperties": false, "required": [key],
            "properties": { key: { "type": "string", "description": about, "pattern": pattern } }
        })
    };
    json!({
        "time_zone": { "description": "An IANA time zone.", "enum": zones },
        "secret": {
            "description": "Where the secret is kept; never the secret itself.",
            "oneOf": [
                place("env", "The name of an environment variable.", "^[A-Za-z_][A-Za-z0-9_]{0,199}$"),
                place("file", "A file that holds the secret, relative to config/.", "."),
                place("credential", "The name of a systemd credential.", "^[^/]+$"),
            ]
        }
    })
}
