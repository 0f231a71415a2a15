//! A column of a fact: its type, what it means, and what its values must be.

use crate::domain::metric::Unit;
use rust_decimal::Decimal;
use std::fmt;

/// A column of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: ColumnType,
    pub unit: Option<Unit>,
    /// What it holds, in a sentence.
    pub about: String,
    /// Whether a row without it is quarantined.
    pub is_required: bool,
    /// Whether its values of several rows of a day have a sum: people, scores and averages have none, and no metric
    /// reads them as they stand.
    pub adds_up: bool,
    /// The least value, included.
    pub min: Option<Decimal>,
    /// The greatest value, included.
    pub max: Option<Decimal>,
    /// A regular expression of the whole value.
    pub format: Option<String>,
    /// The fact and column whose rows of the same connection it points to; each must exist.
    pub references: Option<(String, String)>,
    pub personal: Option<Personal>,
    /// Whose it is, where rows name several people: columns of one role are of one person.
    pub person_role: Option<String>,
}

/// Types that facts may use, as DuckDB spells them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnType {
    Varchar,
    Boolean,
    Integer,
    Bigint,
    Double,
    /// Digits in all, digits after the point.
    Decimal(u8, u8),
    Date,
    Timestamp,
    /// A list of texts.
    VarcharList,
    /// Another type of DuckDB; built-in facts only.
    Other(String),
}

/// The kind of identifier a personal column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Personal {
    /// A keyed hash of an address, as `pseudonym(…)` makes it.
    PersonKey,
    /// The id of a contact at the vendor.
    ContactId,
    /// The id of a customer at the vendor.
    CustomerId,
}

/// Columns that name a person in the tables that Daybook derives: the name, its kind, and whether it is a list of one
/// person's identifiers. Facts declare theirs, whatever they are called; one with such a name must say so.
pub const PERSONAL: [(&str, Personal, bool); 5] = [
    ("person_key", Personal::PersonKey, false),
    ("contact_id", Personal::ContactId, false),
    ("customer_id", Personal::CustomerId, false),
    ("merged_contact_ids", Personal::ContactId, true),
    ("other_person_keys", Personal::PersonKey, true),
];

impl ColumnType {
    /// The type of that spelling; spaces and case do not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
        Some(match plain.as_str() {
            "VARCHAR" | "TEXT" => Self::Varchar,
            "BOOLEAN" => Self::Boolean,
            "INTEGER" => Self::Integer,
            "BIGINT" => Self::Bigint,
            "DOUBLE" => Self::Double,
            "DATE" => Self::Date,
            "TIMESTAMP" => Self::Timestamp,
            "VARCHAR[]" => Self::VarcharList,
            _ => {
                let (digits, scale) = plain.strip_prefix("DECIMAL(")?.strip_suffix(')')?.split_once(',')?;
                let (digits, scale): (u8, u8) = (digits.parse().ok()?, scale.parse().ok()?);
                ((1..=38).contains(&digits) && scale <= digits).then_some(Self::Decimal(digits, scale))?
            }
        })
    }

    pub fn is_number(&self) -> bool {
        matches!(self, Self::Integer | Self::Bigint | Self::Double | Self::Decimal(..))
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Varchar => out.write_str("VARCHAR"),
            Self::Boolean => out.write_str("BOOLEAN"),
            Self::Integer => out.write_str("INTEGER"),
            Self::Bigint => out.write_str("BIGINT"),
            Self::Double => out.write_str("DOUBLE"),
            Self::Decimal(digits, scale) => write!(out, "DECIMAL({digits}, {scale})"),
            Self::Date => out.write_str("DATE"),
            Self::Timestamp => out.write_str("TIMESTAMP"),
            Self::VarcharList => out.write_str("VARCHAR[]"),
            Self::Other(text) => out.write_str(text),
        }
    }
}

impl Personal {
    /// Every kind with the word it is written as.
    pub const WORDS: [(&'static str, Self); 3] =
        [("person_key", Self::PersonKey), ("contact_id", Self::ContactId), ("customer_id", Self::CustomerId)];

    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_they_are_written() {
        for text in ["VARCHAR", "BIGINT", "DECIMAL(18, 6)", "DATE", "TIMESTAMP", "BOOLEAN", "VARCHAR[]", "DOUBLE"] {
            assert_eq!(ColumnType::parse(text).map(|kind| kind.to_string()).as_deref(), Some(text));
        }
        assert_eq!(ColumnType::parse("decimal(18,6)"), Some(ColumnType::Decimal(18, 6)));
        for text in ["DECIMAL(39, 2)", "DECIMAL(4, 5)", "DECIMAL", "FLOAT", "BIGINT); DROP TABLE x"] {
            assert_eq!(ColumnType::parse(text), None, "{text}");
        }
    }
}
