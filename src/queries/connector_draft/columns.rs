//! The columns of a table for records with given fields: names, types, the day, the key, and what can be added up.

use super::sample::{Field, FieldKind};

/// Words that SQL keeps to itself, and names that every table or query has already.
const TAKEN: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "default",
    "desc",
    "describe",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "from",
    "grant",
    "group",
    "having",
    "in",
    "initially",
    "intersect",
    "into",
    "lateral",
    "leading",
    "limit",
    "not",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "placing",
    "primary",
    "qualify",
    "references",
    "returning",
    "select",
    "show",
    "some",
    "summarize",
    "symmetric",
    "table",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "using",
    "when",
    "where",
    "window",
    "with",
    "workspace",
    "connection",
];
const OF_THE_LOADER: &[&str] = &["load_id", "page_no", "record_no", "problem", "is_absent"];

/// Parts of names under which values are amounts of money.
const MONEY: &[&str] =
    &["amount", "total", "revenue", "cost", "spend", "fee", "price", "tax", "refund", "discount", "payout"];
/// Parts of names of what is counted: total_items is no amount.
const COUNTED: &[&str] =
    &["count", "item", "number", "quantity", "order", "user", "visit", "view", "click", "impression", "result", "row"];
/// Parts of names whose values do not add up.
const NOT_ADDITIVE: &[&str] = &[
    "price", "rate", "ratio", "percent", "pct", "average", "avg", "score", "position", "rank", "ctr", "cpc", "cpm",
    "roas", "lat", "lng", "lon", "year", "month", "week", "version", "index",
];
/// Fields that tell who somebody is.
const OF_PEOPLE: &[&str] = &[
    "first_name",
    "last_name",
    "full_name",
    "phone",
    "mobile",
    "address",
    "street",
    "birthday",
    "birth_date",
    "ip",
    "ip_address",
    "user_agent",
    "password",
    "token",
];

/// A column of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftColumn {
    pub name: String,
    /// Of DuckDB.
    pub kind: &'static str,
    /// Its expression over a record `r`.
    pub value: String,
    /// An expression that says why the value is none; null for a good one.
    pub problem: Option<String>,
    pub about: String,
    pub is_required: bool,
    pub unit: Option<&'static str>,
    /// The kind of identifier of a person.
    pub personal: Option<&'static str>,
    /// Whether its values may be summed.
    pub adds_up: bool,
}

/// What a table is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftColumns {
    pub columns: Vec<DraftColumn>,
    pub day: String,
    pub key: Vec<String>,
    /// Whether nothing in a record says of which day it is: the day on which it was read stands for it.
    pub is_snapshot: bool,
    /// The column of the amounts' currency.
    pub currency: Option<String>,
    /// Fields that were left out because they tell who somebody is.
    pub left_out: Vec<String>,
}

/// The columns for fields.
pub fn columns(fields: &[Field]) -> DraftColumns {
    let mut made = Maker::default();
    let mut left_out = Vec::new();
    for field in fields {
        let plain = snake(field.names.last().map(String::as_str).unwrap_or_default());
        if field.kind == FieldKind::MailAddress && !made.is_taken("person_key") {
            made.pseudonym(field);
        } else if field.kind == FieldKind::MailAddress || OF_PEOPLE.contains(&plain.as_str()) {
            left_out.push(field.path.clone());
        } else {
            made.field(field);
        }
    }
    let (day, is_snapshot) = made.day(fields);
    let mut key = made.key(fields);
    if is_snapshot || key.is_empty() {
        key.push(day.clone());
    }
    for column in &mut made.columns {
        column.is_required |= key.contains(&column.name) || column.name == day;
    }
    let currency = made.currency(fields);
    DraftColumns { columns: made.columns, day, key, is_snapshot, currency, left_out }
}

#[derive(Default)]
struct Maker {
    columns: Vec<DraftColumn>,
    /// The path of each column's field.
    paths: Vec<(String, String)>,
}

impl Maker {
    fn is_taken(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name)
    }

    fn name(&self, field: &Field) -> String {
        let last = field.names.last().map(|name| snake(name)).unwrap_or_default();
        let whole = field.names.iter().map(|name| snake(name)).collect::<Vec<_>>().join("_");
        let usable = |name: &String| {
            !name.is_empty()
                && !self.is_taken(name)
                && !TAKEN.contains(&name.as_str())
                && !OF_THE_LOADER.contains(&name.as_str())
        };
        let numbered = (2..).map(|number| format!("{whole}_{number}"));
        // An id within an object is the object's.
        let short = if field.names.len() > 1 && ["id", "name"].contains(&last.as_str()) { whole.clone() } else { last };
        let whole_first = [short.clone(), whole.clone(), format!("{short}_value")];
        whole_first.into_iter().chain(numbered).find(usable).unwrap_or_default()
    }

    fn add(&mut self, field: &Field, column: DraftColumn) {
        self.paths.push((column.name.clone(), field.path.clone()));
        self.columns.push(column);
    }

    fn pseudonym(&mut self, field: &Field) {
        let column = DraftColumn {
            name: "person_key".to_owned(),
            kind: "VARCHAR",
            value: format!("pseudonym({})", text_of(&field.path)),
            problem: None,
            about: format!("Pseudonym of {}.", told(field)),
            is_required: false,
            unit: None,
            personal: Some("person_key"),
            adds_up: false,
        };
        self.add(field, column);
    }

    fn field(&mut self, field: &Field) {
        let name = self.name(field);
        let text = text_of(&field.path);
        let has =
            |words: &[&str]| words.iter().any(|word| name.split('_').any(|part| part.trim_end_matches('s') == *word));
        let is_number = matches!(field.kind, FieldKind::Whole | FieldKind::Decimal);
        let is_money = is_number && has(MONEY) && !has(COUNTED);
        let (kind, value, problem) = match field.kind {
            FieldKind::Whole | FieldKind::Decimal if is_money || field.kind == FieldKind::Decimal => {
                ("DECIMAL(18, 6)", format!("TRY_CAST({text} AS DECIMAL(18, 6))"), Some("bad_decimal"))
            }
            FieldKind::Whole => ("BIGINT", format!("TRY_CAST({text} AS BIGINT)"), Some("bad_whole")),
            FieldKind::Flag => ("BOOLEAN", format!("TRY_CAST({text} AS BOOLEAN)"), None),
            FieldKind::Day => ("DATE", format!("TRY_CAST({text} AS DATE)"), Some("bad_date")),
            FieldKind::Instant => ("TIMESTAMP", format!("TRY_CAST({text} AS TIMESTAMP)"), Some("bad_instant")),
            FieldKind::UnixSeconds => ("TIMESTAMP", format!("from_unix({text})"), Some("bad_unix")),
            FieldKind::UnixMillis => {
                ("TIMESTAMP", format!("from_unix(CAST(TRY_CAST({text} AS BIGINT) // 1000 AS VARCHAR))"), None)
            }
            _ => ("VARCHAR", text.clone(), None),
        };
        let personal = [("customer_id", "customer_id"), ("contact_id", "contact_id")];
        let column = DraftColumn {
            kind,
            value,
            problem: problem.map(|check| format!("{check}('{name}', {text})")),
            about: format!("{}, as the vendor names it.", told(field)),
            is_required: false,
            unit: (is_number && is_money).then_some("money").or_else(|| (kind == "BIGINT").then_some("count")),
            personal: personal.iter().find(|(own, _)| *own == name).map(|(_, kind)| *kind),
            adds_up: is_number && !has(NOT_ADDITIVE),
            name,
        };
        self.add(field, column);
    }

    /// The column of the day, made where there is none; and whether it is that of the reading.
    fn day(&mut self, fields: &[Field]) -> (String, bool) {
        let of = |made: &Self, kinds: &[FieldKind]| {
            let there = |(name, path): &&(String, String)| {
                let field = fields.iter().find(|field| field.path == *path);
                let is_it = field.is_some_and(|field| kinds.contains(&field.kind) && field.is_always_there);
                is_it && made.columns.iter().any(|column| column.name == *name && column.personal.is_none())
            };
            let mut found: Vec<(String, String)> = made.paths.iter().filter(there).cloned().collect();
            // What was made is of the day on which it was made, not of that on which it changed.
            let rank = |name: &str| match name {
                "date" | "day" => 0,
                _ if name.contains("creat") || name.contains("made") || name.contains("order") => 1,
                _ if name.contains("updat") || name.contains("modif") || name.contains("chang") => 3,
                _ => 2,
            };
            found.sort_by_key(|(name, _)| rank(name));
            found.into_iter().next()
        };
        if let Some((name, _)) = of(self, &[FieldKind::Day]) {
            return (name, false);
        }
        let name = if self.is_taken("date") { "local_date" } else { "date" }.to_owned();
        let instant = of(self, &[FieldKind::Instant, FieldKind::UnixSeconds, FieldKind::UnixMillis]);
        let (value, about, is_snapshot) = match &instant {
            Some((column, _)) => {
                let value = self.columns.iter().find(|own| own.name == *column).map(|own| own.value.clone());
                let value = format!("local_date({}, getvariable('time_zone'))", value.unwrap_or_default());
                (value, format!("The day of {column} in the account's time zone."), false)
            }
            None => (
                "local_date(from_unix(getvariable('fetched_unix')), getvariable('time_zone'))".to_owned(),
                "The day on which it was read: records say none themselves.".to_owned(),
                true,
            ),
        };
        let column = DraftColumn {
            name: name.clone(),
            kind: "DATE",
            value,
            problem: None,
            about,
            is_required: true,
            unit: None,
            personal: None,
            adds_up: false,
        };
        self.columns.push(column);
        (name, is_snapshot)
    }

    /// What tells rows apart: an id, or all texts and days.
    fn key(&self, fields: &[Field]) -> Vec<String> {
        let field_of = |name: &str| {
            let path = self.paths.iter().find(|(own, _)| own == name).map(|(_, path)| path)?;
            fields.iter().find(|field| field.path == *path)
        };
        let is_key = |column: &&DraftColumn| {
            let is_id = column.name == "id"
                || column.name.ends_with("_id")
                || ["uuid", "key", "code"].contains(&column.name.as_str());
            is_id && column.personal.is_none() && field_of(&column.name).is_some_and(|field| field.tells_apart)
        };
        let mut ids: Vec<&DraftColumn> = self.columns.iter().filter(is_key).collect();
        ids.sort_by_key(|column| column.name.len());
        if let Some(id) = ids.first() {
            return vec![id.name.clone()];
        }
        let tells = |column: &&DraftColumn| {
            ["VARCHAR", "DATE"].contains(&column.kind)
                && field_of(&column.name).is_some_and(|field| field.is_always_there)
        };
        self.columns.iter().filter(tells).map(|column| column.name.clone()).collect()
    }

    /// The column of the amounts' currency, made where there is none; `None` where there are no amounts.
    fn currency(&mut self, fields: &[Field]) -> Option<String> {
        self.columns.iter().find(|column| column.unit == Some("money"))?;
        let is_code = |(name, path): &&(String, String)| {
            name.contains("currency") && fields.iter().any(|field| field.path == *path && field.is_currency)
        };
        if let Some((name, _)) = self.paths.iter().find(is_code).cloned() {
            self.columns.iter_mut().filter(|column| column.name == name).for_each(|column| column.is_required = true);
            return Some(name);
        }
        let name = if self.is_taken("currency") { "currency_code" } else { "currency" }.to_owned();
        self.columns.push(DraftColumn {
            name: name.clone(),
            kind: "VARCHAR",
            value: "getvariable('currency')".to_owned(),
            problem: None,
            about: "The workspace's currency: records say none themselves.".to_owned(),
            is_required: true,
            unit: None,
            personal: None,
            adds_up: false,
        });
        Some(name)
    }
}

/// A field's value as a text.
fn text_of(path: &str) -> String {
    format!("r ->> '{}'", path.replace('\'', "''"))
}

fn told(field: &Field) -> String {
    field.names.join(".").chars().filter(|sign| !sign.is_control() && !matches!(sign, '"' | '\\')).collect()
}

/// `createdAt` and `Created At` as `created_at`.
pub fn snake(name: &str) -> String {
    let mut snake = String::new();
    let mut was_small = false;
    for sign in name.chars() {
        if !sign.is_ascii_alphanumeric() {
            snake.push('_');
        } else if sign.is_ascii_uppercase() && was_small {
            snake.push('_');
            snake.push(sign.to_ascii_lowercase());
        } else {
            snake.push(sign.to_ascii_lowercase());
        }
        was_small = sign.is_ascii_lowercase() || sign.is_ascii_digit();
    }
    let parts: Vec<&str> = snake.split('_').filter(|part| !part.is_empty()).collect();
    let snake: String = parts.join("_").chars().take(50).collect();
    if snake.starts_with(|sign: char| sign.is_ascii_digit()) { format!("n{snake}") } else { snake }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{fields, records};
    use super::*;
    use serde_json::{Value, json};

    fn of(body: &Value) -> DraftColumns {
        columns(&fields(&records(body, "$[*]")))
    }

    fn names(of: &DraftColumns) -> Vec<&str> {
        of.columns.iter().map(|column| column.name.as_str()).collect()
    }

    #[test]
    fn an_order_is_of_the_day_on_which_it_was_made_and_known_by_its_id() {
        let made = of(&json!([{"id": 1, "updatedAt": "2026-11-03T10:00:00Z", "createdAt": "2026-11-01T10:00:00Z",
            "total": 12.5, "currency": "USD", "order": 4, "customer": {"id": "c1", "email": "a@example.com", "phone": "1"}}]));
        assert_eq!(
            names(&made),
            ["id", "updated_at", "created_at", "total", "currency", "order_value", "customer_id", "person_key", "date"]
        );
        assert_eq!((made.day.as_str(), made.key.as_slice(), made.is_snapshot), ("date", &["id".to_owned()][..], false));
        assert!(made.columns.last().is_some_and(|day| day.value.contains("$.createdAt")));
        assert_eq!(made.currency.as_deref(), Some("currency"));
        assert_eq!(made.left_out, ["$.customer.phone"]);
        let personal: Vec<_> = made.columns.iter().filter_map(|column| column.personal).collect();
        assert_eq!(personal, ["customer_id", "person_key"]);
    }

    #[test]
    fn rows_without_an_id_are_known_by_their_texts_and_day_and_rates_do_not_add_up() {
        let made = of(&json!([
            {"date": "2026-11-01", "keyword": "a", "clicks": 3, "ctr": 0.5, "avg_position": 2.1, "price": 9.5},
            {"date": "2026-11-01", "keyword": "b", "clicks": 4, "ctr": 0.1, "avg_position": 7.0, "price": 9.5}
        ]));
        assert_eq!(made.key, ["date", "keyword"]);
        let sums: Vec<&str> = made.columns.iter().filter(|c| c.adds_up).map(|c| c.name.as_str()).collect();
        assert_eq!(sums, ["clicks"]);
        assert_eq!(made.currency.as_deref(), Some("currency"));
    }

    #[test]
    fn records_without_a_day_are_of_the_day_on_which_they_are_read() {
        let made = of(&json!([{"id": "a", "followers": 3}, {"id": "b", "followers": 4}]));
        assert!(made.is_snapshot);
        assert_eq!(made.key, ["id", "date"]);
    }
}
