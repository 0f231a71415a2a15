//! What metrics are read from in the end: numbers of one column, of some rows and some days.

use super::{Daily, Window};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// A number that is read, and of what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    pub number: Number,
    pub scope: Scope,
}

/// A column that metrics read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Number {
    /// The sum of a column of `mart.metric_daily`.
    Sum(String),
    /// As it stands at the end of the last day.
    Level(Daily),
    /// As the vendor counted it for a day.
    Distinct(Daily),
}

/// The rows and days of a number, within those that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    pub rows: RowFilter,
    /// The days of the period if absent.
    pub window: Option<Window>,
}

/// Rows of `mart.metric_daily` by their origin: all conditions must hold; all rows without one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(from = "BTreeMap<Origin, Words>")]
pub struct RowFilter {
    pub conditions: Vec<Condition>,
}

/// The origin is one of some names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    pub origin: Origin,
    /// At least one; of campaigns `*` stands for anything.
    pub names: Vec<String>,
}

/// A column of `mart.metric_daily` that distinguishes rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Channel,
    Source,
    Campaign,
}

impl Origin {
    pub fn word(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Source => "source",
            Self::Campaign => "campaign",
        }
    }
}

/// A name or a list of names.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Some(Vec<String>),
}

impl From<BTreeMap<Origin, Words>> for RowFilter {
    fn from(stated: BTreeMap<Origin, Words>) -> Self {
        let names = |words| match words {
            Words::One(name) => vec![name],
            Words::Some(names) => names,
        };
        Self::new(stated.into_iter().map(|(origin, words)| Condition { origin, names: names(words) }))
    }
}

impl RowFilter {
    pub fn new(conditions: impl IntoIterator<Item = Condition>) -> Self {
        let mut conditions: Vec<Condition> = conditions.into_iter().collect();
        conditions.sort();
        conditions.dedup();
        Self { conditions }
    }

    pub fn is_all(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Rows that both hold.
    pub fn and(&self, other: &Self) -> Self {
        Self::new(self.conditions.iter().chain(&other.conditions).cloned())
    }

    /// Two conditions on one origin that no row can meet together.
    pub fn contradiction(&self) -> Option<(&Condition, &Condition)> {
        let mut pairs = self.conditions.iter().enumerate().flat_map(|(index, one)| {
            self.conditions[index + 1..]
                .iter()
                .filter(|other| other.origin == one.origin)
                .map(move |other| (one, other))
        });
        pairs.find(|(one, other)| !one.meets(other))
    }

    fn text(&self, name_text: &dyn Fn(&String) -> String) -> String {
        let one = |Condition { origin, names }: &Condition| {
            format!("{} = {}", origin.word(), names.iter().map(name_text).collect::<Vec<_>>().join(" or "))
        };
        self.conditions.iter().map(one).collect::<Vec<_>>().join(" and ")
    }
}

/// In words; names that could be read as several are in quotes.
impl fmt::Display for RowFilter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text(&|name| if is_plain(name) { name.to_owned() } else { format!("{name:?}") }))
    }
}

/// Whether a name cannot be taken for several names or conditions.
fn is_plain(name: &str) -> bool {
    let is_a_word_of_filters = |word: &str| ["or", "and", "="].contains(&word);
    name.trim() == name && !name.contains('"') && !name.split_whitespace().any(is_a_word_of_filters)
}

impl Condition {
    /// Whether a row may meet both; two patterns may always. Case does not matter.
    fn meets(&self, other: &Self) -> bool {
        let is_pattern = |name: &String| self.origin == Origin::Campaign && name.contains('*');
        let lower = |names: &[String]| names.iter().map(|name| name.to_lowercase()).collect::<Vec<_>>();
        let (own, others) = (lower(&self.names), lower(&other.names));
        own.iter().any(|one| {
            others.iter().any(|another| match (is_pattern(one), is_pattern(another)) {
                (true, true) => true,
                (true, false) => matches_pattern(one, another),
                (false, true) => matches_pattern(another, one),
                (false, false) => one == another,
            })
        })
    }
}

/// Whether a name is one of a pattern in which `*` stands for anything.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
}

impl Scope {
    /// What is asked of a metric within this scope.
    pub fn within(&self, rows: &RowFilter, window: Option<Window>) -> Self {
        Self { rows: self.rows.and(rows), window: self.window.or(window) }
    }
}

impl Number {
    /// As values are kept under.
    pub fn name(&self) -> String {
        match self {
            Self::Sum(column) => column.clone(),
            Self::Level(daily) | Self::Distinct(daily) => daily.name(),
        }
    }
}

impl Part {
    /// A level is the same at the end of a window as at the end of the period.
    pub fn new(number: Number, scope: Scope) -> Self {
        let scope = if matches!(number, Number::Level(_)) { Scope::default() } else { scope };
        Self { number, scope }
    }

    /// The key of its value: the name of the column, and what else it is of. No two parts share one, whatever the
    /// names of campaigns are.
    pub fn name(&self) -> String {
        let mut name = self.number.name();
        if !self.scope.rows.is_all() {
            name += &format!(" where {}", self.scope.rows.text(&|name| format!("{name:?}")));
        }
        if let Some(window) = self.scope.window {
            name += &format!(" {}", window.word());
        }
        name
    }

    /// What it is, in names of columns.
    pub fn definition(&self) -> String {
        let number = match &self.number {
            Number::Sum(column) => format!("sum({column})"),
            Number::Level(daily) => format!("{} at the end of the last day", daily.column),
            Number::Distinct(daily) => format!("{} as the vendor counted them", daily.column),
        };
        let rows = match self.scope.rows.is_all() {
            true => String::new(),
            false => format!(" where {}", self.scope.rows),
        };
        let window = self.scope.window.map(|window| format!(" {}", window.words())).unwrap_or_default();
        number + &rows + &window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_stated_by_one_name_or_several() {
        let read = |text: &str| serde_json::from_str::<RowFilter>(text).map(|rows| rows.to_string());
        assert_eq!(
            read(r#"{"channel": "paid_search", "campaign": ["Brand *", "Winter"]}"#).expect("rows"),
            "channel = paid_search and campaign = Brand * or Winter"
        );
        assert!(read(r#"{"medium": "cpc"}"#).is_err(), "the unified metrics keep no medium");
    }

    #[test]
    fn a_number_is_kept_under_what_it_is_of() {
        let rows = RowFilter::new([Condition { origin: Origin::Channel, names: vec!["email".to_owned()] }]);
        let scope = Scope { rows, window: Some(Window::Rolling7) };
        let part = |number| Part::new(number, scope.clone()).name();
        assert_eq!(part(Number::Sum("revenue".to_owned())), "revenue where channel = \"email\" rolling_7");
        assert_eq!(part(Number::Level(Daily::new("mart", "mrr_daily", "date", "mrr"))), "mrr_daily.mrr");
    }

    fn of_campaigns(names: &[&str], window: Option<Window>) -> Part {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let rows = RowFilter::new([Condition { origin: Origin::Campaign, names }]);
        Part::new(Number::Sum("cost".to_owned()), Scope { rows, window })
    }

    #[test]
    fn parts_of_other_names_have_other_keys_and_definitions() {
        let all = [
            of_campaigns(&["Brand or Generic"], None),
            of_campaigns(&["Brand", "Generic"], None),
            of_campaigns(&["Brand or", "Generic"], None),
            of_campaigns(&["Brand\" or \"Generic"], None),
            of_campaigns(&["Brand rolling_7"], None),
            of_campaigns(&["Brand"], Some(Window::Rolling7)),
        ];
        let distinct = |text: &dyn Fn(&Part) -> String| {
            let mut all: Vec<String> = all.iter().map(text).collect();
            all.sort();
            all.dedup();
            all.len()
        };
        assert_eq!((distinct(&Part::name), distinct(&Part::definition)), (all.len(), all.len()));
        assert_eq!(all[1].definition(), "sum(cost) where campaign = Brand or Generic", "as in reports of before");
        assert_eq!(all[0].definition(), "sum(cost) where campaign = \"Brand or Generic\"");
    }

    #[test]
    fn conditions_on_one_origin_may_exclude_each_other() {
        let both = |one: &[&str], other: &[&str]| {
            let rows = of_campaigns(one, None).scope.rows.and(&of_campaigns(other, None).scope.rows);
            rows.contradiction().is_none()
        };
        assert!(both(&["Brand", "Spring"], &["Spring"]) && both(&["Brand *"], &["Brand Berlin"]));
        assert!(both(&["*ran*Ber*in"], &["Brand Berlin"]) && both(&["A *"], &["B *"]), "two patterns may meet");
        assert!(both(&["Brand"], &["brand"]) && both(&["brand *"], &["Brand Berlin"]), "in any case");
        assert!(!both(&["Brand"], &["Generic"]) && !both(&["Brand *"], &["Spring"]));
    }
}
