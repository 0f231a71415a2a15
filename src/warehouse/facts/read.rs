//! Reads a contract from `<fact>.toml`: all mistakes at once, each with its line and remedy.

use crate::domain::fact::{
    Column, ColumnType, Contribution, Dimension, Fact, Measure, Money, Origin, PERSONAL, Personal, Retention,
};
use crate::domain::metric::Unit;
use crate::settings::kinds::{boolean, decimal, id, list_of, one_of, text};
use crate::settings::values::quoted;
use crate::settings::{At, Kind, Names, Section, fault, unknown_remedy};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Columns that every fact has.
pub const COMMON: [&str; 3] = ["workspace", "connection", "load_id"];
/// Columns that every contribution yields, and that no measure may be called.
pub const ORIGIN: [&str; 7] = ["workspace", "date", "hour", "channel", "source", "medium", "campaign"];

/// Where a contract comes from, and the query of its contribution if there is one.
#[derive(Clone, Debug)]
pub struct Written {
    pub id: String,
    pub origin: Origin,
    /// The file of the query, and its text.
    pub query: Option<(PathBuf, String)>,
}

/// Reads the contract; `None` after noting what is wrong.
pub fn read_top(mut top: Section<'_>, written: Written) -> Option<Fact> {
    let is_own = written.origin != Origin::BuiltIn;
    top.about("A table of facts: what its rows are, what they are known by, and what they add to the metrics.");
    let about =
        top.required("about", "\"Mailings by campaign and day.\"", text().about("What a row is, in a sentence."));
    let day = top.optional(
        "day",
        id().about("The column of the day that retention and reports go by; none for what has a state and no day."),
    );
    let hour = top.optional("hour", id().about("The column of the hour, 0 to 23, where rows are by hour."));
    let key =
        top.required("key", "[\"campaign_id\", \"date\"]", list_of(id()).about("Columns that a row is known by."));
    let fallback = top.entries(
        "key_fallback",
        &Names::Ids("a column name"),
        id().about("Where the first column is empty, the second tells rows apart."),
    );
    let across = top.optional(
        "is_unique_across_connections",
        boolean().about("Two connections of a workspace must not hold the same row."),
    );
    let retentions = [("months", Retention::Months), ("keep", Retention::Keep)];
    let retention = top
        .optional("retention", one_of(&retentions).about("months: as [retention] says (the default); keep: for good."));
    let mut columns: Vec<(usize, Column)> = top
        .named_sections("columns", "The columns by name, in their order.", &Names::Ids("a column name"))
        .into_iter()
        .filter_map(|(name, section)| Some((name.line, column(section, name.value, is_own)?)))
        .collect();
    columns.sort_by_key(|(line, _)| *line);
    let columns: Vec<Column> = columns.into_iter().map(|(_, column)| column).collect();
    let money: Vec<Money> = top.list("money").into_iter().filter_map(|section| money(section, &columns)).collect();
    let dimensions = top.optional(
        "dimensions",
        list_of(one_of(&Dimension::WORDS)).about("Columns of the query that the measures are told apart by."),
    );
    let measures = top.entries(
        "measures",
        &Names::Ids("a measure"),
        column_type(false).about("What the query beside adds to the unified metrics, by name; sums."),
    );

    let known: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    for named in day
        .iter()
        .chain(&hour)
        .map(|at| (at.line, at.value.as_str()))
        .chain(key.iter().flat_map(|at| at.value.iter().map(|name| (at.line, name.as_str()))))
    {
        if !known.contains(&named.1) {
            let message = format!("there is no column {}", quoted(named.1));
            top.problem(named.0, &message, &unknown_remedy(named.1, &known, "columns"));
        }
    }
    let of_type = |name: &At<String>, wanted: ColumnType| {
        let column = columns.iter().find(|column| column.name == name.value);
        if column.is_some_and(|column| column.kind != wanted) {
            let message = format!("{} is not of the type {wanted}", quoted(&name.value));
            top.problem(name.line, &message, "name another column, or give it that type");
        }
    };
    if let Some(day) = &day {
        of_type(day, ColumnType::Date);
    }
    if let Some(hour) = &hour {
        of_type(hour, ColumnType::Integer);
    }
    if day.is_none() && hour.is_some() {
        top.problem(top.line, "rows by hour need a day as well", "add day = \"date\"");
    }
    let contribution = contribution(&top, &written, measures, dimensions, day.is_some());
    top.finish();
    Some(Fact {
        id: written.id,
        about: about?.value,
        day: day.map(|at| at.value),
        hour: hour.map(|at| at.value),
        key: key?.value,
        key_fallback: fallback.into_iter().map(|(name, other)| (name, other.value)).collect(),
        is_unique_across_connections: across.is_some_and(|at| at.value),
        money,
        retention: retention.map(|at| at.value).unwrap_or_default(),
        columns,
        contribution,
        origin: written.origin,
    })
}

fn column(mut section: Section<'_>, name: String, is_own: bool) -> Option<Column> {
    section.about("A column of the table.");
    let kind = section.required("type", "\"VARCHAR\"", column_type(!is_own).about("Its type, as DuckDB spells it."));
    let unit = section.optional("unit", one_of(&Unit::WORDS).about("What a number is, and how it is written."));
    let about = section.required("about", "\"What it holds.\"", text().about("What it holds, in a sentence."));
    let required = section.optional("required", boolean().about("A row without it is quarantined."));
    let adds_up = section.optional(
        "adds_up",
        boolean().about("Whether its values of several rows of a day have a sum; they do if left out. No metric reads those that do not."),
    );
    let min = section.optional("min", decimal().about("The least value, included."));
    let max = section.optional("max", decimal().about("The greatest value, included."));
    let format = section.optional("format", text().about("A regular expression of the whole value."));
    let references = section.optional("references", text().about("<fact>.<column> whose row must exist."));
    let personal = section.optional("personal", one_of(&Personal::WORDS).about("The kind of identifier it holds."));
    let role = section.optional(
        "person_role",
        id().about(
            "Whose it is, where rows name several people, e.g. referrer: columns of one role are of one person.",
        ),
    );
    if let (Some(role), None) = (&role, &personal) {
        let remedy = "leave it out, or add personal = \"contact_id\"";
        section.problem(role.line, "person_role: the column is not personal", remedy);
    }
    if COMMON.contains(&name.as_str()) {
        section.problem(section.line, &format!("every fact has {name} already"), "leave the column out");
    }
    if let (Some(min), Some(max)) = (&min, &max)
        && min.value > max.value
    {
        section.problem(max.line, "max is less than min", "write the least value as min");
    }
    if let (Some(bound), Some(kind)) = (min.as_ref().or(max.as_ref()), &kind)
        && !kind.value.is_number()
    {
        section.problem(bound.line, "only numbers have a least and a greatest value", "leave it out, or use format");
    }
    if let Some(format) = &format
        && let Err(error) = regex::Regex::new(&format.value)
    {
        let message = format!("format: {}", error.to_string().lines().last().unwrap_or_default());
        section.problem(format.line, &message, "write a regular expression, e.g. \"[A-Z]{3}\"");
    }
    let refers = references.as_ref().map(|at| (at.line, at.value.split_once('.')));
    if let Some((line, None)) = refers {
        section.problem(line, "references: it names no column", "write <fact>.<column>");
    }
    check_personal(&section, &name, kind.as_ref(), personal.as_ref());
    section.finish();
    Some(Column {
        name,
        kind: kind?.value,
        unit: unit.map(|at| at.value),
        about: about?.value,
        is_required: required.is_some_and(|at| at.value),
        adds_up: adds_up.is_none_or(|at| at.value),
        min: min.map(|at| at.value),
        max: max.map(|at| at.value),
        format: format.map(|at| at.value),
        references: refers.and_then(|(_, named)| named).map(|(fact, column)| (fact.to_owned(), column.to_owned())),
        personal: personal.map(|at| at.value),
        person_role: role.map(|at| at.value),
    })
}

/// Search and erasure of a person go by what contracts declare: a column of identifiers is text, and the names that
/// Daybook's own tables have for one say so.
fn check_personal(section: &Section<'_>, name: &str, kind: Option<&At<ColumnType>>, personal: Option<&At<Personal>>) {
    match personal {
        Some(at) => {
            let is_text = |kind: &ColumnType| matches!(kind, ColumnType::Varchar | ColumnType::VarcharList);
            if let Some(kind) = kind.filter(|kind| !is_text(&kind.value)) {
                let message = format!("personal: a {} takes no word in the place of an erased person", kind.value);
                let remedy =
                    "give it the type VARCHAR, or VARCHAR[] for several, and cast it in the query that fills it";
                section.problem(at.line, &message, remedy);
            }
        }
        None => {
            if let Some((_, wanted, _)) = PERSONAL.iter().find(|(known, ..)| *known == name) {
                let remedy = format!("add personal = \"{}\", or call the column otherwise", wanted.word());
                section.problem(section.line, &format!("{name} names a person"), &remedy);
            }
        }
    }
}

fn money(mut section: Section<'_>, columns: &[Column]) -> Option<Money> {
    section.about("An amount and the column of its currency.");
    let amount = section.required("amount", "\"cost\"", id().about("The column of the amount, a DECIMAL."));
    let currency = section.required("currency", "\"currency\"", id().about("The column of its ISO 4217 code."));
    let condition = section.optional("where", text().about("A condition in SQL under which a row counts."));
    let is_converted = section.optional(
        "is_converted",
        boolean().about("Reports convert it, so that each of its days needs an exchange rate."),
    );
    let find = |at: &At<String>| columns.iter().find(|column| column.name == at.value);
    let known: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    for at in amount.iter().chain(&currency).filter(|at| find(at).is_none()) {
        let message = format!("[[money]]: there is no column {}", quoted(&at.value));
        section.problem(at.line, &message, &unknown_remedy(&at.value, &known, "columns"));
    }
    if let Some(at) = amount.as_ref().filter(|at| find(at).is_some_and(|c| !matches!(c.kind, ColumnType::Decimal(..))))
    {
        section.problem(at.line, "[[money]]: an amount of money is a decimal", "give it the type \"DECIMAL(18, 6)\"");
    }
    section.finish();
    Some(Money {
        amount: amount?.value,
        currency: currency?.value,
        condition: condition.map(|at| at.value),
        is_converted: is_converted.is_some_and(|at| at.value),
    })
}

fn contribution(
    top: &Section<'_>,
    written: &Written,
    measures: Vec<(String, At<ColumnType>)>,
    dimensions: Option<At<Vec<Dimension>>>,
    has_day: bool,
) -> Option<Contribution> {
    let beside = format!("{}.metrics.sql", written.id);
    for (name, at) in &measures {
        let is_taken = ORIGIN.contains(&name.as_str()) || Dimension::WORDS.iter().any(|(word, _)| word == name);
        if is_taken {
            top.problem(at.line, &format!("measures: {name} is a column of every contribution"), "name it otherwise");
        }
        if !at.value.is_number() || at.value == ColumnType::Double {
            let message = format!("measures: {name} is not an exact number");
            top.problem(at.line, &message, "use \"BIGINT\" for counts, \"DECIMAL(38, 6)\" for amounts");
        }
    }
    match (&written.query, measures.is_empty()) {
        (None, true) => {
            if let Some(at) = &dimensions {
                top.problem(at.line, "dimensions: nothing is added to the metrics", &format!("write {beside} as well"));
            }
            None
        }
        (None, false) => {
            let line = measures.first().map_or(top.line, |(_, at)| at.line);
            top.problem(line, &format!("measures: there is no {beside}"), "write the query beside this file");
            None
        }
        (Some(_), true) => {
            let message = format!("{beside} yields measures that are not named here");
            top.problem(top.line, &message, "add [measures] with each name and type");
            None
        }
        (Some(_), false) if !has_day => {
            top.problem(top.line, "measures: they are summed by day, and the fact has none", "add day = \"date\"");
            None
        }
        (Some((file, sql)), false) => {
            let mut measures: Vec<(usize, Measure)> =
                measures.into_iter().map(|(name, at)| (at.line, Measure { name, kind: at.value })).collect();
            measures.sort_by_key(|(line, _)| *line);
            let dimensions: BTreeSet<Dimension> = dimensions.into_iter().flat_map(|at| at.value).collect();
            Some(Contribution {
                file: file.clone(),
                sql: sql.clone(),
                measures: measures.into_iter().map(|(_, measure)| measure).collect(),
                dimensions: dimensions.into_iter().collect(),
            })
        }
    }
}

/// A type of DuckDB; any for built-in facts.
fn column_type<'k>(is_open: bool) -> Kind<'k, ColumnType> {
    const WORDS: &str = "VARCHAR, BIGINT, INTEGER, DECIMAL(18, 6), DATE, TIMESTAMP, BOOLEAN, DOUBLE, VARCHAR[]";
    Kind::text(json!({ "examples": WORDS.split(", ").collect::<Vec<_>>() }), move |value| {
        let found = value.as_str().unwrap_or_default();
        match ColumnType::parse(found) {
            Some(kind) => Ok(kind),
            None if is_open => Ok(ColumnType::Other(found.to_owned())),
            None => {
                Err(fault(format!("{} is not a type that facts use", quoted(found)), format!("use one of {WORDS}")))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Problems, Source, read_toml};
    use std::path::Path;

    fn told(column: &str) -> Vec<String> {
        let problems = Problems::default();
        let text = format!(
            "about = \"Orders.\"\nkey = [\"order_id\"]\n[columns]\n{column}\norder_id = {{ type = \"VARCHAR\", about = \"x.\" }}\n"
        );
        let written =
            Written { id: "shop_order".to_owned(), origin: Origin::File(PathBuf::from("fact.toml")), query: None };
        let source = Source { file: Path::new("fact.toml"), text: &text, problems: &problems };
        read_toml(source, |top| read_top(top, written));
        problems.into_sorted().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn any_column_of_text_may_be_personal_and_says_so() {
        let sound = [
            "buyer_hash = { type = \"VARCHAR\", personal = \"person_key\", about = \"x.\" }",
            "guests = { type = \"VARCHAR[]\", personal = \"contact_id\", person_role = \"guest\", about = \"x.\" }",
            "customer_id = { type = \"VARCHAR\", personal = \"contact_id\", about = \"x.\" }",
        ];
        assert_eq!(sound.map(told).concat(), Vec::<String>::new());
        assert_eq!(
            told("buyer = { type = \"BIGINT\", personal = \"customer_id\", about = \"x.\" }"),
            [
                "fact.toml:4: personal: a BIGINT takes no word in the place of an erased person — give it the type VARCHAR, \
              or VARCHAR[] for several, and cast it in the query that fills it"
            ]
        );
        assert_eq!(
            told("customer_id = { type = \"VARCHAR\", about = \"x.\" }"),
            ["fact.toml:4: customer_id names a person — add personal = \"customer_id\", or call the column otherwise"]
        );
        assert_eq!(
            told("buyer = { type = \"VARCHAR\", person_role = \"buyer\", about = \"x.\" }"),
            ["fact.toml:4: person_role: the column is not personal — leave it out, or add personal = \"contact_id\""]
        );
    }
}
