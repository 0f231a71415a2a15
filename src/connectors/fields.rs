//! How the keys of a connector's tables are read. Texts may be empty and of several lines, unlike those of other
//! settings: a query is a text. What is missing or wrong is noted and stands as an empty value; the whole is then
//! refused.

use crate::settings::reader::unknown_remedy;
use crate::settings::values::{expected, quoted};
use crate::settings::{Kind, Names, Section, fault, kinds};
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use toml::de::DeValue;

/// A word, what it means, and what it stands for.
pub type Word<T> = (&'static str, &'static str, T);

/// One of the forms that a table may have, as its key `kind` says.
pub struct Variant<T> {
    word: &'static str,
    about: &'static str,
    read: Read<T>,
}

enum Read<T> {
    Plain(fn() -> T),
    Keys(fn(&mut Section<'_>) -> T),
    Lenient(fn(&mut Section<'_>) -> T),
}

impl<T> Variant<T> {
    /// A form without keys of its own. Keys of other forms are ignored, as they always were.
    pub const fn plain(word: &'static str, about: &'static str, value: fn() -> T) -> Self {
        Self { word, about, read: Read::Plain(value) }
    }

    /// A form that once had no keys: those of other forms are ignored.
    pub const fn lenient(word: &'static str, about: &'static str, read: fn(&mut Section<'_>) -> T) -> Self {
        Self { word, about, read: Read::Lenient(read) }
    }

    /// A form with keys.
    pub const fn new(word: &'static str, about: &'static str, read: fn(&mut Section<'_>) -> T) -> Self {
        Self { word, about, read: Read::Keys(read) }
    }
}

/// Reads a table by its `kind`.
pub fn tagged<T>(mut section: Section<'_>, variants: &[Variant<T>]) -> Option<T> {
    let choices: Vec<Word<usize>> =
        variants.iter().enumerate().map(|(at, variant)| (variant.word, variant.about, at)).collect();
    let schemas = || choices.iter().map(|choice| (constant(choice), choice.2)).collect();
    let kind = words_of(&choices);
    let example = format!("{:?}", variants.first()?.word);
    let taken = section.variant("kind", &example, kind, schemas)?;
    match &variants.get(taken.value)?.read {
        Read::Plain(value) => Some(value()),
        Read::Lenient(read) => Some(read(&mut section)),
        Read::Keys(read) => {
            let value = read(&mut section);
            section.finish();
            Some(value)
        }
    }
}

/// A text that must be there.
pub fn text(section: &mut Section<'_>, key: &'static str, example: &str, about: &'static str) -> String {
    section.required(key, example, any_text().about(about)).map(|at| at.value).unwrap_or_default()
}

pub fn optional_text(section: &mut Section<'_>, key: &'static str, about: &'static str) -> Option<String> {
    section.optional(key, any_text().about(about)).map(|at| at.value)
}

/// A list of texts; empty if absent.
pub fn texts(section: &mut Section<'_>, key: &'static str, about: &'static str) -> Vec<String> {
    section.optional(key, list_of(any_text()).about(about)).map(|at| at.value).unwrap_or_default()
}

/// The same, but it must be there.
pub fn required_texts(section: &mut Section<'_>, key: &'static str, example: &str, about: &'static str) -> Vec<String> {
    section.required(key, example, list_of(any_text()).about(about)).map(|at| at.value).unwrap_or_default()
}

/// Texts by name.
pub fn text_map(section: &mut Section<'_>, key: &'static str, about: &'static str) -> BTreeMap<String, String> {
    let entries = section.entries(key, &Names::Any, any_text().about(about));
    entries.into_iter().map(|(name, at)| (name, at.value)).collect()
}

/// Pairs of texts, in order.
pub fn pairs(section: &mut Section<'_>, key: &'static str, about: &'static str) -> Vec<(String, String)> {
    section.optional(key, list_of(pair()).about(about)).map(|at| at.value).unwrap_or_default()
}

/// Whether it is so; not, if absent.
pub fn boolean(section: &mut Section<'_>, key: &'static str, about: &'static str) -> bool {
    section.optional(key, kinds::boolean().about(about)).is_some_and(|at| at.value)
}

/// A whole number that must be there.
pub fn number<N: TryFrom<u64> + Default>(
    section: &mut Section<'_>,
    key: &'static str,
    example: &str,
    about: &'static str,
) -> N {
    let number = section.required(key, example, whole_number::<N>().about(about));
    number.and_then(|at| N::try_from(at.value).ok()).unwrap_or_default()
}

pub fn optional_number<N: TryFrom<u64>>(
    section: &mut Section<'_>,
    key: &'static str,
    about: &'static str,
) -> Option<N> {
    section.optional(key, whole_number::<N>().about(about)).and_then(|at| N::try_from(at.value).ok())
}

/// A list of whole numbers; empty if absent.
pub fn numbers<N: TryFrom<u64>>(section: &mut Section<'_>, key: &'static str, about: &'static str) -> Vec<N> {
    let list = section.optional(key, list_of(whole_number::<N>()).about(about));
    list.into_iter().flat_map(|at| at.value).filter_map(|number| N::try_from(number).ok()).collect()
}

/// A day that must be there.
pub fn day(section: &mut Section<'_>, key: &'static str, example: &str, about: &'static str) -> NaiveDate {
    section.required(key, example, kinds::date().about(about)).map(|at| at.value).unwrap_or_default()
}

/// One of a few words that must be there.
pub fn word<T: Copy>(
    section: &mut Section<'_>,
    key: &'static str,
    about: &'static str,
    words: &[Word<T>],
) -> Option<T> {
    let example = format!("{:?}", words.first()?.0);
    section.required(key, &example, words_of(words).about(about)).map(|at| at.value)
}

pub fn optional_word<T: Copy>(
    section: &mut Section<'_>,
    key: &'static str,
    about: &'static str,
    words: &[Word<T>],
) -> Option<T> {
    section.optional(key, words_of(words).about(about)).map(|at| at.value)
}

/// Any value.
pub fn optional_value(section: &mut Section<'_>, key: &'static str, about: &'static str) -> Option<toml::Value> {
    section.optional(key, kinds::any_value().about(about)).map(|at| at.value)
}

/// A table.
pub fn table<T>(
    section: &mut Section<'_>,
    key: &'static str,
    about: &'static str,
    read: fn(Section<'_>) -> T,
) -> Option<T> {
    section.section(key).map(|table| described(table, about, read))
}

/// A table that must be there.
pub fn required_table<T>(
    section: &mut Section<'_>,
    key: &'static str,
    about: &'static str,
    read: fn(Section<'_>) -> T,
) -> Option<T> {
    section.required_section(key).map(|table| described(table, about, read))
}

/// A list of tables; empty if absent.
pub fn tables<T>(
    section: &mut Section<'_>,
    key: &'static str,
    about: &'static str,
    read: fn(Section<'_>) -> T,
) -> Vec<T> {
    section.list(key).into_iter().map(|table| described(table, about, read)).collect()
}

/// A list of tables that must be there.
pub fn required_tables<T>(
    section: &mut Section<'_>,
    key: &'static str,
    about: &'static str,
    read: fn(Section<'_>) -> T,
) -> Vec<T> {
    section.required_list(key).into_iter().map(|table| described(table, about, read)).collect()
}

fn described<T>(table: Section<'_>, about: &'static str, read: fn(Section<'_>) -> T) -> T {
    table.about(about);
    read(table)
}

/// Tables by name.
pub fn named<T>(
    section: &mut Section<'_>,
    key: &'static str,
    about: &'static str,
    read: fn(Section<'_>) -> T,
) -> BTreeMap<String, T> {
    section.named_sections(key, about, &Names::Any).into_iter().map(|(name, table)| (name.value, read(table))).collect()
}

/// The same, but the key must be there.
pub fn required_named<T>(
    section: &mut Section<'_>,
    key: &'static str,
    about: &'static str,
    read: fn(Section<'_>) -> T,
) -> BTreeMap<String, T> {
    let Some(tables) = section.required_section(key) else { return BTreeMap::new() };
    tables.about(about);
    tables.into_sections(&Names::Any).into_iter().map(|(name, table)| (name.value, read(table))).collect()
}

/// Any text.
pub fn any_text<'k>() -> Kind<'k, String> {
    let schema = || json!({ "type": "string" });
    Kind::new(schema, |value| {
        value.as_str().map(str::to_owned).ok_or_else(|| expected(value, "a text", "put it in quotes"))
    })
}

fn pair<'k>() -> Kind<'k, (String, String)> {
    let schema = || json!({ "type": "array", "items": [{ "type": "string" }, { "type": "string" }], "minItems": 2, "maxItems": 2 });
    Kind::new(schema, |value| {
        const REMEDY: &str = "write [\"name\", \"value\"]";
        let both = value.as_array().map(|items| items.iter().map(|item| item.get_ref().as_str()).collect::<Vec<_>>());
        match both.as_deref() {
            Some([Some(name), Some(value)]) => Ok(((*name).to_owned(), (*value).to_owned())),
            Some(_) => Err(fault("this is not a name and its value", REMEDY)),
            None => Err(expected(value, "a name and its value", REMEDY)),
        }
    })
}

/// From 0 to the largest that both TOML and `N` can hold.
fn whole_number<'k, N: TryFrom<u64>>() -> Kind<'k, u64> {
    let sizes = [i64::MAX.unsigned_abs(), u64::from(u32::MAX), u64::from(u16::MAX)];
    let most = sizes.into_iter().find(|most| N::try_from(*most).is_ok()).unwrap_or_default();
    kinds::whole_number(0, most)
}

/// A list that may repeat itself.
pub fn list_of<'k, T: 'k>(item: Kind<'k, T>) -> Kind<'k, Vec<T>> {
    let item = std::rc::Rc::new(item);
    let of_schema = item.clone();
    let schema = move || json!({ "type": "array", "items": of_schema.schema() });
    Kind::new(schema, move |value| {
        let items = value.as_array().ok_or_else(|| expected(value, "a list", "write it in [ ], even a single one"))?;
        let read = |(index, value): (usize, &toml::Spanned<DeValue<'_>>)| {
            item.read(value.get_ref())
                .map_err(|wrong| fault(format!("item {}: {}", index + 1, wrong.message), wrong.remedy))
        };
        items.iter().enumerate().map(read).collect()
    })
}

/// One of a few words, each with its meaning in the schema.
fn words_of<'k, T: Copy>(words: &'k [Word<T>]) -> Kind<'k, T> {
    let names = || words.iter().map(|(word, ..)| *word).collect::<Vec<&str>>();
    let schema = move || json!({ "oneOf": words.iter().map(constant).collect::<Vec<_>>() });
    Kind::new(schema, move |value| {
        let remedy = || format!("write one of \"{}\"", names().join("\", \""));
        let text = value.as_str().ok_or_else(|| expected(value, "a text", &remedy()))?;
        let found = words.iter().find(|(word, ..)| *word == text).map(|(.., value)| *value);
        found
            .ok_or_else(|| fault(format!("unknown choice {}", quoted(text)), unknown_remedy(text, &names(), "choices")))
    })
}

fn constant<T>((word, about, _): &Word<T>) -> Value {
    json!({ "const": word, "description": about })
}
