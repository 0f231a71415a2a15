//! What an answer of a vendor shows of its records: where the list is, which fields they have and of what type.

use serde_json::Value;
use std::collections::BTreeMap;

/// Lists are looked for so many objects deep.
const DEEPEST: usize = 4;
/// Records of a list that are looked at.
const MOST_RECORDS: usize = 500;

/// A list of objects in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundList {
    /// JSON path, as `records` of a stream says it: `$.data.items[*]`.
    pub path: String,
    pub records: usize,
}

/// Every list of objects, the longest first.
pub fn lists(body: &Value) -> Vec<FoundList> {
    let mut found = Vec::new();
    look(body, "$", 0, &mut found);
    found.sort_by(|one, other| other.records.cmp(&one.records).then_with(|| one.path.len().cmp(&other.path.len())));
    found
}

fn look(value: &Value, path: &str, depth: usize, found: &mut Vec<FoundList>) {
    match value {
        Value::Array(items) if items.iter().any(Value::is_object) => {
            found.push(FoundList { path: format!("{path}[*]"), records: items.len() });
        }
        Value::Object(entries) if depth < DEEPEST => {
            for (name, inner) in entries {
                look(inner, &format!("{path}{}", step(name)), depth + 1, found);
            }
        }
        _ => {}
    }
}

/// A step of a JSON path.
pub fn step(name: &str) -> String {
    let is_plain = !name.is_empty() && name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
    if is_plain { format!(".{name}") } else { format!(".\"{}\"", name.replace('"', "")) }
}

/// The list at a path that [`lists`] gave.
pub fn records<'v>(body: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut value = body;
    let steps = path.trim_start_matches('$').trim_end_matches("[*]");
    for name in steps.split('.').filter(|name| !name.is_empty()) {
        match value.get(name.trim_matches('"')) {
            Some(inner) => value = inner,
            None => return Vec::new(),
        }
    }
    value.as_array().map(|items| items.iter().take(MOST_RECORDS).collect()).unwrap_or_default()
}

/// What a field's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    Whole,
    Decimal,
    Flag,
    Day,
    Instant,
    /// Seconds since 1970.
    UnixSeconds,
    /// Milliseconds since 1970.
    UnixMillis,
    MailAddress,
}

/// A field of the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// JSON path within a record: `$.customer.city`.
    pub path: String,
    /// The names on the way: `["customer", "city"]`.
    pub names: Vec<String>,
    pub kind: FieldKind,
    /// Whether every record has a value, and no two have the same.
    pub tells_apart: bool,
    /// Whether every record has a value.
    pub is_always_there: bool,
    /// Whether every value is a code of three capital letters.
    pub is_currency: bool,
}

/// The fields of records, in the order in which they first come; lists within records are left out.
pub fn fields(records: &[&Value]) -> Vec<Field> {
    let mut order: Vec<Vec<String>> = Vec::new();
    let mut values: BTreeMap<Vec<String>, Vec<&Value>> = BTreeMap::new();
    for record in records {
        flatten(record, &mut Vec::new(), &mut |names, value| {
            let of = values.entry(names.to_vec()).or_insert_with(|| {
                order.push(names.to_vec());
                Vec::new()
            });
            of.push(value);
        });
    }
    let fields = order.into_iter().filter_map(|names| {
        let values = values.remove(&names)?;
        let mut kinds = values.iter().map(|value| kind(value, &names));
        let first = kinds.next()?;
        let kind = kinds.fold(first, join);
        let mut texts: Vec<String> = values.iter().map(ToString::to_string).collect();
        texts.sort();
        let is_always_there = values.len() == records.len();
        let is_distinct = texts.windows(2).all(|pair| pair[0] != pair[1]);
        let is_code = |value: &&Value| {
            value.as_str().is_some_and(|text| text.len() == 3 && text.chars().all(|sign| sign.is_ascii_uppercase()))
        };
        Some(Field {
            path: format!("${}", names.iter().map(|name| step(name)).collect::<String>()),
            kind,
            tells_apart: is_always_there && is_distinct,
            is_always_there,
            is_currency: values.iter().all(is_code),
            names,
        })
    });
    fields.collect()
}

fn flatten<'v>(value: &'v Value, names: &mut Vec<String>, take: &mut dyn FnMut(&[String], &'v Value)) {
    match value {
        Value::Object(entries) if names.len() < DEEPEST => {
            for (name, inner) in entries {
                names.push(name.clone());
                flatten(inner, names, take);
                names.pop();
            }
        }
        Value::Null | Value::Array(_) | Value::Object(_) => {}
        Value::String(text) if text.is_empty() => {}
        other if !names.is_empty() => take(names, other),
        _ => {}
    }
}

fn kind(value: &Value, names: &[String]) -> FieldKind {
    match value {
        Value::Bool(_) => FieldKind::Flag,
        Value::Number(number) => number.as_i64().map_or(FieldKind::Decimal, |number| whole(number, names)),
        Value::String(text) => of_text(text),
        _ => FieldKind::Text,
    }
}

/// A large number under the name of a time is one; another is an id, and too large to count.
fn whole(number: i64, names: &[String]) -> FieldKind {
    let name = names.last().map(|name| name.to_lowercase()).unwrap_or_default();
    let is_id = name == "id" || name.ends_with("_id") || names.last().is_some_and(|name| name.ends_with("Id"));
    let is_time =
        ["date", "time", "_at", "created", "updated", "timestamp", "day"].iter().any(|word| name.contains(word));
    match number {
        _ if is_id => FieldKind::Text,
        600_000_000..=4_000_000_000 if is_time => FieldKind::UnixSeconds,
        600_000_000_000..=4_000_000_000_000 if is_time => FieldKind::UnixMillis,
        -999_999_999_999..=999_999_999_999 => FieldKind::Whole,
        _ => FieldKind::Text,
    }
}

fn of_text(text: &str) -> FieldKind {
    let digits = |part: &str| !part.is_empty() && part.chars().all(|sign| sign.is_ascii_digit());
    let is_day = |text: &str| text.len() == 10 && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok();
    if is_day(text) {
        return FieldKind::Day;
    }
    let begins_with_day = text.get(..10).is_some_and(is_day);
    if text.len() >= 16 && begins_with_day && matches!(text.as_bytes().get(10), Some(b'T' | b' ')) {
        return FieldKind::Instant;
    }
    let number = text.strip_prefix('-').unwrap_or(text);
    if let Some((whole, part)) = number.split_once('.')
        && digits(whole)
        && digits(part)
        && whole.len() <= 12
        && part.len() <= 6
    {
        return FieldKind::Decimal;
    }
    if let Some((user, host)) = text.split_once('@')
        && !user.is_empty()
        && host.contains('.')
        && !text.contains(char::is_whitespace)
    {
        return FieldKind::MailAddress;
    }
    FieldKind::Text
}

fn join(one: FieldKind, other: FieldKind) -> FieldKind {
    use FieldKind::{Day, Decimal, Instant, Text, Whole};
    match (one, other) {
        (one, other) if one == other => one,
        (Whole, Decimal) | (Decimal, Whole) => Decimal,
        (Day, Instant) | (Instant, Day) => Instant,
        _ => Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_longest_list_of_objects_is_found_wherever_it_is() {
        let body =
            json!({"meta": {"warnings": [{"code": 1}]}, "data": {"items": [{"id": 1}, {"id": 2}]}, "tags": ["a"]});
        let paths: Vec<String> = lists(&body).into_iter().map(|list| list.path).collect();
        assert_eq!(paths, ["$.data.items[*]", "$.meta.warnings[*]"]);
        assert_eq!(records(&body, "$.data.items[*]").len(), 2);
        assert_eq!(lists(&json!([{"id": 1}]))[0].path, "$[*]");
        let odd = json!({"first page": [{"id": 1}]});
        assert_eq!(records(&odd, &lists(&odd)[0].path).len(), 1);
    }

    #[test]
    fn types_are_those_that_every_record_allows() {
        let body = json!([
            {"id": 7, "made": 1_764_000_000, "createdTime": 1_764_000_000, "n": 1, "price": "12.50", "on": "2026-11-01",
             "at": "2026-11-01T10:00:00Z", "who": {"mail": "a@example.com"}, "big": 120_330_000_000_000_001_i64, "ok": true, "tags": ["x"], "source": "newsletter"},
            {"id": 8, "made": 2, "createdTime": 1_764_000_001, "n": 1.5, "price": "3.00", "on": "2026-11-02",
             "at": "2026-11-02 10:00:00", "who": {"mail": "b@example.com"}, "big": 5, "ok": false, "cur": "EUR"}
        ]);
        let records = records(&body, "$[*]");
        let found = fields(&records);
        let of = |path: &str| found.iter().find(|field| field.path == path).unwrap_or_else(|| panic!("{path}"));
        let kinds = [
            ("$.id", FieldKind::Text),
            ("$.made", FieldKind::Whole),
            ("$.createdTime", FieldKind::UnixSeconds),
            ("$.n", FieldKind::Decimal),
            ("$.price", FieldKind::Decimal),
            ("$.on", FieldKind::Day),
            ("$.at", FieldKind::Instant),
            ("$.who.mail", FieldKind::MailAddress),
            ("$.big", FieldKind::Text),
            ("$.ok", FieldKind::Flag),
        ];
        for (path, kind) in kinds {
            assert_eq!(of(path).kind, kind, "{path}");
        }
        assert!(of("$.id").tells_apart && of("$.cur").is_currency && !of("$.cur").is_always_there);
        assert!(!found.iter().any(|field| field.path == "$.tags"));
    }
}
