//! Targets of dropped files that follow from the contracts of an installation's own facts: a field for each column, and
//! the query that makes the table's rows of them.

use super::column::Meaning;
use super::target::{Field, Target, TargetSpec};
use crate::domain::fact::{Column, ColumnType, Fact, Facts, Origin, Personal};
use crate::domain::metric::Unit;
use crate::settings::values::{ID_PATTERN, quoted, read_text};
use crate::settings::{Kind, fault, unknown_remedy};
use rust_decimal::Decimal;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What dropped files may fill: what ships, and every fact of the installation's own.
#[derive(Clone, Debug)]
pub struct Targets(Vec<(&'static str, Target)>);

impl Default for Targets {
    fn default() -> Self {
        Self(Target::WORDS.to_vec())
    }
}

impl Targets {
    /// A fact with the name of a target that ships does not take its place.
    pub fn of(facts: &Facts) -> Self {
        let mut all = Self::default();
        for fact in facts.iter().filter(|fact| fact.origin != Origin::BuiltIn) {
            if all.named(&fact.id).is_none() {
                let spec = spec_of(fact);
                all.0.push((spec.name, Target::Own(spec)));
            }
        }
        all
    }

    pub fn named(&self, word: &str) -> Option<Target> {
        self.0.iter().find(|(known, _)| *known == word).map(|(_, target)| *target)
    }

    /// Each with its word.
    pub fn all(&self) -> &[(&'static str, Target)] {
        &self.0
    }

    pub fn words(&self) -> Vec<&'static str> {
        self.0.iter().map(|(word, _)| *word).collect()
    }

    /// One of them by its word.
    pub fn kind(&self) -> Kind<'_, Target> {
        Kind::new(
            || json!({ "anyOf": [{ "enum": self.words() }, { "type": "string", "pattern": ID_PATTERN }] }),
            |value| {
                let name = read_text(value)?;
                self.named(&name).ok_or_else(|| {
                    let remedy = unknown_remedy(&name, &self.words(), "targets");
                    fault(format!("there is no target {}", quoted(&name)), remedy)
                })
            },
        )
    }
}

/// Specs by contract. They live as long as the process, as those that ship do: a contract adds one when it is edited.
static KNOWN: Mutex<BTreeMap<String, &'static TargetSpec>> = Mutex::new(BTreeMap::new());

fn spec_of(fact: &Fact) -> &'static TargetSpec {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(format!("{fact:?}")).or_insert_with(|| Box::leak(Box::new(spec(fact))))
}

fn text(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn list<T>(all: Vec<T>) -> &'static [T] {
    Box::leak(all.into_boxed_slice())
}

fn spec(fact: &Fact) -> TargetSpec {
    let field = |column: &Column| {
        let is_currency = fact.money.iter().any(|money| money.currency == column.name);
        let is_needed =
            column.is_required || fact.key.contains(&column.name) || fact.day.as_ref() == Some(&column.name);
        // An amount may say its currency itself: the query asks for the rest.
        Field { name: text(&column.name), is_required: is_needed && !is_currency, meaning: meaning(fact, column) }
    };
    let numbers = fact.columns.iter().filter(|column| column.kind.is_number() && !fact.key.contains(&column.name));
    TargetSpec {
        name: text(&fact.id),
        about: text(&fact.about),
        table: text(&fact.id),
        sql: text(&query(fact)),
        key: list(fact.key.iter().map(|name| text(name)).collect()),
        touches: list(fact.day.iter().map(|name| text(name)).collect()),
        day: fact.day.as_deref().map_or(NO_DAY, text),
        measures: list(numbers.map(|column| text(&column.name)).collect()),
        is_whole: false,
        is_past: fact.contribution.is_some(),
        fields: list(fact.columns.iter().map(field).collect()),
    }
}

/// The day of rows that have none, as SQL.
pub const NO_DAY: &str = "CAST(NULL AS DATE)";

/// How the values of a column are written in files.
fn meaning(fact: &Fact, column: &Column) -> Meaning {
    let is_below = |bound: Option<Decimal>, limit: i64| bound.is_some_and(|bound| bound >= Decimal::from(limit));
    match &column.kind {
        _ if fact.money.iter().any(|money| money.currency == column.name) => Meaning::Currency,
        ColumnType::Date => match &column.format {
            Some(format) if format.ends_with("-01") => Meaning::Month,
            _ => Meaning::Day,
        },
        ColumnType::Integer | ColumnType::Bigint if is_below(column.min, 0) => Meaning::Count,
        // A share is written 12.5% or 0.125; a column from 0 to 100 holds the number as it stands.
        ColumnType::Decimal(..) | ColumnType::Double
            if column.unit == Some(Unit::Percent) && !is_below(column.max, 2) =>
        {
            Meaning::Ratio
        }
        ColumnType::Decimal(_, scale) if *scale > 6 => Meaning::Ratio,
        kind if kind.is_number() => Meaning::Amount,
        ColumnType::Varchar if column.personal.is_some_and(|kind| kind != Personal::PersonKey) => Meaning::Id,
        ColumnType::Varchar if column.personal.is_none() && is_id(fact, &column.name) => Meaning::Id,
        _ => Meaning::Text,
    }
}

/// Whether a text distinguishes rows, so that `1.2E+12` is a fault of the spreadsheet it went through.
fn is_id(fact: &Fact, name: &str) -> bool {
    name.ends_with("_id") || fact.key.iter().any(|key| key == name)
}

/// Over `page`, which has the fields as texts: days and months in ISO, numbers plain with a point.
fn query(fact: &Fact) -> String {
    let values: Vec<String> =
        fact.columns.iter().map(|column| format!("{} AS {}", value(column), column.name)).collect();
    let columns = fact.columns.iter().filter_map(problem);
    let currencies = fact.money.iter().map(|money| {
        format!(
            "CASE WHEN {currency} IS NULL AND {amount} IS NOT NULL THEN '{currency} is missing beside {amount}: write \
             constants = {{ {currency} = \"' || getvariable('currency') || '\" }} if all are in that' END",
            currency = money.currency,
            amount = money.amount
        )
    });
    let problems: Vec<String> = std::iter::once("problem".to_owned()).chain(columns).chain(currencies).collect();
    format!(
        "-- Table: core.{}\nSELECT\n    {},\n    page_no,\n    record_no,\n    problems([\n        {}\n    ]) AS problem\nFROM page\n",
        fact.id,
        values.join(",\n    "),
        problems.join(",\n        ")
    )
}

const TRUE: &str = "('true', 'yes', 'y', 't', '1', 'ja', 'wahr', 'oui', 'vrai', 'si', 'sí', 'x')";
const FALSE: &str = "('false', 'no', 'n', 'f', '0', 'nein', 'falsch', 'non', 'faux')";

fn value(column: &Column) -> String {
    let name = &column.name;
    let is_key = column.personal == Some(Personal::PersonKey);
    match &column.kind {
        // An address never reaches a table.
        ColumnType::Varchar if is_key => format!("pseudonym({name})"),
        ColumnType::Varchar | ColumnType::Other(_) => name.clone(),
        ColumnType::VarcharList => {
            let all = format!("list_filter(regexp_split_to_array({name}, '\\s*[;|,]\\s*'), lambda one: one <> '')");
            if is_key { format!("list_transform({all}, lambda one: pseudonym(one))") } else { all }
        }
        ColumnType::Boolean => {
            format!("CASE WHEN lower({name}) IN {TRUE} THEN true WHEN lower({name}) IN {FALSE} THEN false END")
        }
        kind => format!("TRY_CAST({name} AS {kind})"),
    }
}

/// SQL for what is wrong with a value; none where any text will do.
fn problem(column: &Column) -> Option<String> {
    let (name, kind) = (&column.name, &column.kind);
    let told = |test: String, what: &str| {
        format!("CASE WHEN {name} IS NOT NULL AND {test} THEN '{name}: \"' || left({name}, 80) || '\" {what}' END")
    };
    match kind {
        ColumnType::Varchar | ColumnType::VarcharList | ColumnType::Other(_) => None,
        ColumnType::Date => Some(format!("bad_date('{name}', {name})")),
        ColumnType::Timestamp => Some(told(
            format!(
                "coalesce(TRY_CAST({name} AS TIMESTAMP) NOT BETWEEN TIMESTAMP '1970-01-01' AND TIMESTAMP '2100-01-01', true)"
            ),
            "is no instant: write 2026-11-02 14:30:00 in UTC, or with its offset",
        )),
        ColumnType::Boolean => {
            Some(told(format!("lower({name}) NOT IN {TRUE} AND lower({name}) NOT IN {FALSE}"), "is neither yes nor no"))
        }
        ColumnType::Bigint => Some(format!("bad_whole('{name}', {name})")),
        ColumnType::Integer => Some(format!(
            "coalesce(bad_whole('{name}', {name}), {})",
            told(format!("TRY_CAST({name} AS INTEGER) IS NULL"), "is not below 2,147,483,648")
        )),
        ColumnType::Double | ColumnType::Decimal(..) => {
            Some(told(format!("TRY_CAST({name} AS {kind}) IS NULL"), &format!("does not fit {kind}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fact::{Money, Retention};

    fn column(name: &str, kind: ColumnType, is_required: bool) -> Column {
        Column {
            name: name.to_owned(),
            kind,
            unit: None,
            about: "A value.".to_owned(),
            adds_up: true,
            is_required,
            min: None,
            max: None,
            format: None,
            references: None,
            personal: None,
            person_role: None,
        }
    }

    #[test]
    fn fields_follow_from_the_contract_and_a_contract_has_one_spec() {
        let buyer = Column { personal: Some(Personal::PersonKey), ..column("buyer", ColumnType::Varchar, false) };
        let units = Column { min: Some(Decimal::ZERO), ..column("units", ColumnType::Bigint, true) };
        let share = Column { unit: Some(Unit::Percent), ..column("share", ColumnType::Decimal(9, 6), false) };
        let fact = Fact {
            id: "shop_order".to_owned(),
            about: "Orders.".to_owned(),
            day: Some("date".to_owned()),
            hour: None,
            key: vec!["order_id".to_owned()],
            key_fallback: Vec::new(),
            is_unique_across_connections: false,
            money: vec![Money {
                amount: "amount".to_owned(),
                currency: "currency".to_owned(),
                condition: None,
                is_converted: false,
            }],
            retention: Retention::Months,
            columns: vec![
                column("order_id", ColumnType::Varchar, true),
                column("date", ColumnType::Date, true),
                buyer,
                units,
                column("balance", ColumnType::Bigint, false),
                share,
                column("amount", ColumnType::Decimal(18, 6), true),
                column("currency", ColumnType::Varchar, true),
            ],
            contribution: None,
            origin: Origin::File("config/facts/shop_order.toml".into()),
        };
        let mut facts = Facts::default();
        facts.add(fact).expect("added");
        let target = Targets::of(&facts).named("shop_order").expect("a target");
        let spec = target.spec();
        let fields: Vec<_> = spec.fields.iter().map(|field| (field.name, field.is_required, field.meaning)).collect();
        assert_eq!(
            fields,
            [
                ("order_id", true, Meaning::Id),
                ("date", true, Meaning::Day),
                ("buyer", false, Meaning::Text),
                ("units", true, Meaning::Count),
                ("balance", false, Meaning::Amount),
                ("share", false, Meaning::Ratio),
                ("amount", true, Meaning::Amount),
                ("currency", false, Meaning::Currency),
            ]
        );
        assert!(spec.sql.contains("pseudonym(buyer) AS buyer"), "{}", spec.sql);
        assert_eq!(
            (spec.key, spec.touches, spec.measures),
            (&["order_id"][..], &["date"][..], &["units", "balance", "share", "amount"][..])
        );
        assert!(std::ptr::eq(spec, Targets::of(&facts).named("shop_order").expect("again").spec()));
        assert_eq!(Targets::of(&facts).named("ad_cost"), Some(Target::AdCost));
    }
}
