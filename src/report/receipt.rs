//! What a printed figure is computed from, kept with the report so that the figure can be computed
//! again: a metric of a period, a plan, or a small formula over such parts.

use crate::domain::metric::{Formula, Kind, Registry};
use crate::domain::period::Period;
use crate::report::definition::Within;
use crate::report::format::Wording;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A metric of some days, of one channel or campaign or of all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reading {
    pub metric: String,
    pub period: Period,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// The part of the workspace that the report is about.
    #[serde(default, skip_serializing_if = "Within::is_all")]
    pub within: Within,
}

impl Reading {
    /// A metric of all channels.
    pub fn of_all(metric: &str, period: Period) -> Self {
        Self { metric: metric.to_owned(), period, channel: None, campaign: None, within: Within::default() }
    }

    pub fn of_channel(metric: &str, period: Period, channel: &str) -> Self {
        Self { channel: Some(channel.to_owned()), ..Self::of_all(metric, period) }
    }

    pub fn of_campaign(metric: &str, period: Period, campaign: &str) -> Self {
        Self { campaign: Some(campaign.to_owned()), ..Self::of_all(metric, period) }
    }
}

/// What somebody planned, in the configuration or a dropped file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    /// Money for a channel in a month.
    Budget,
    /// What a metric should reach in a month.
    Target,
}

/// Why monthly recurring revenue changed within a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    Opening,
    /// What the opening is worth more or less at the closing day's exchange rates.
    ExchangeRates,
    New,
    Reactivation,
    Expansion,
    Contraction,
    Churned,
    Closing,
    /// Customers, not money: those who paid at the start, at the end, and those lost in between.
    OpeningCustomers,
    PayingCustomers,
    LostCustomers,
}

/// A number that is read and not computed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Leaf {
    Metric(Reading),
    Plan {
        plan: Plan,
        name: String,
        month: NaiveDate,
    },
    Recurring {
        movement: Movement,
        period: Period,
    },
    /// Events of one hour of the week, e.g. payments on Mondays (1) from 09:00 to 10:00 local time.
    Hour {
        rhythm: Rhythm,
        period: Period,
        weekday: u32,
        hour: u32,
    },
    /// A creator's post of a period: what it cost or brought.
    Post {
        platform: String,
        post_key: String,
        measure: Measure,
        period: Period,
    },
    /// Sessions that began on a page; on any page where none is named.
    Page {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        page: Option<String>,
        measure: PageMeasure,
        period: Period,
    },
    /// A number that somebody wrote into a file, as it stood when the report was issued.
    Stated {
        value: Decimal,
        by: String,
    },
}

/// What an hour by weekday map counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rhythm {
    Payments,
    Leads,
}

/// What is known of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    Views,
    Engagements,
    Clicks,
    /// Fee and gifts, in the workspace's currency.
    Cost,
}

/// What is known of the sessions that began on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageMeasure {
    Sessions,
    EngagedSessions,
    Pageviews,
    KeyEvents,
}

impl Rhythm {
    /// The fact it is read from.
    pub fn fact(self) -> &'static str {
        match self {
            Self::Payments => "payment",
            Self::Leads => "contact_stage",
        }
    }

    /// As printed in the middle of a sentence.
    pub fn label(self) -> &'static str {
        match self {
            Self::Payments => "payments",
            Self::Leads => "leads",
        }
    }
}

impl Measure {
    /// Its column in the query of posts.
    pub fn column(self) -> &'static str {
        match self {
            Self::Views => "views",
            Self::Engagements => "engagements",
            Self::Clicks => "clicks",
            Self::Cost => "cost",
        }
    }
}

impl PageMeasure {
    /// In the order of the query of pages.
    pub const ALL: [Self; 4] = [Self::Sessions, Self::EngagedSessions, Self::Pageviews, Self::KeyEvents];

    /// Its column in `core.page_daily`.
    pub fn column(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::EngagedSessions => "engaged_sessions",
            Self::Pageviews => "pageviews",
            Self::KeyEvents => "key_events",
        }
    }
}

/// What a figure is computed from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    Read(Leaf),
    /// A formula over named parts, e.g. `spent / planned`.
    Calculated {
        formula: String,
        parts: BTreeMap<String, Basis>,
    },
    /// The relative change `(value - base) / |base|`.
    Change {
        value: Box<Basis>,
        base: Box<Basis>,
    },
}

impl Basis {
    pub fn metric(reading: Reading) -> Self {
        Self::Read(Leaf::Metric(reading))
    }

    pub fn stated(value: Decimal, by: &str) -> Self {
        Self::Read(Leaf::Stated { value: value.normalize(), by: by.to_owned() })
    }

    /// A formula over named parts; names are lower-case letters, digits and `_`.
    pub fn calculated<const N: usize>(formula: &str, parts: [(&str, Self); N]) -> Self {
        let parts = parts.into_iter().map(|(name, part)| (name.to_owned(), part)).collect();
        Self::Calculated { formula: formula.to_owned(), parts }
    }

    pub fn change(value: Self, base: Self) -> Self {
        Self::Change { value: Box::new(value), base: Box::new(base) }
    }

    /// The value; `None` where a part is absent or a denominator zero.
    pub fn evaluate(&self, read: &dyn Fn(&Leaf) -> Option<Decimal>) -> Option<Decimal> {
        match self {
            Self::Read(leaf) => read(leaf),
            Self::Calculated { formula, parts } => {
                calculated(formula, &|name| parts.get(name).and_then(|part| part.evaluate(read)))
            }
            Self::Change { value, base } => relative(value.evaluate(read)?, base.evaluate(read)?),
        }
    }

    /// Every leaf, each once.
    pub fn leaves(&self) -> BTreeSet<&Leaf> {
        match self {
            Self::Read(leaf) => BTreeSet::from([leaf]),
            Self::Calculated { parts, .. } => parts.values().flat_map(Self::leaves).collect(),
            Self::Change { value, base } => value.leaves().into_iter().chain(base.leaves()).collect(),
        }
    }

    /// A query that gives the value again; `leaf_sql` writes the one of a leaf.
    pub fn sql(&self, leaf_sql: &dyn Fn(&Leaf) -> String) -> String {
        let part = |name: &str, part: &Self| format!("    ({}) AS {name}", part.sql(leaf_sql).replace('\n', "\n    "));
        match self {
            Self::Read(leaf) => leaf_sql(leaf),
            Self::Calculated { formula, parts } => {
                let expression = Formula::parse(formula)
                    .map_or_else(|_| "NULL".to_owned(), |formula| formula.to_sql(&str::to_owned));
                if parts.is_empty() {
                    return format!("SELECT {expression}");
                }
                let parts: Vec<String> = parts.iter().map(|(name, basis)| part(name, basis)).collect();
                format!("SELECT {expression} FROM (SELECT\n{})", parts.join(",\n"))
            }
            Self::Change { value, base } => format!(
                "SELECT (value - base) / NULLIF(abs(base), 0) FROM (SELECT\n{},\n{})",
                part("value", value),
                part("base", base)
            ),
        }
    }

    /// What it says in words and names, e.g. `spent / planned`.
    pub fn definition(&self, registry: &Registry) -> String {
        match self {
            Self::Read(Leaf::Metric(reading)) => {
                let column = |kind: &Kind| match kind {
                    Kind::Sum { column } => format!("sum({column})"),
                    Kind::Level { column } => format!("{column} at the end of the last day"),
                    Kind::Distinct { column } => format!("{column} as the vendor counted them"),
                    Kind::Formula(_) => String::new(),
                };
                registry.sql(&reading.metric, &column).unwrap_or_else(|| "(no longer defined)".to_owned())
            }
            Self::Read(Leaf::Plan { plan: Plan::Budget, name, month }) => {
                format!("budget of {name} for {}", month.format("%B %Y"))
            }
            Self::Read(Leaf::Plan { plan: Plan::Target, name, month }) => {
                format!("target of {name} for {}", month.format("%B %Y"))
            }
            Self::Read(Leaf::Recurring { movement, .. }) => format!("MRR: {}", movement.label().to_lowercase()),
            Self::Read(Leaf::Hour { rhythm, weekday, hour, .. }) => {
                let day = Wording::STANDARD.weekday_text(*weekday);
                format!("{} on a {day} from {hour}:00 to before {}:00", rhythm.label(), hour + 1)
            }
            Self::Read(Leaf::Post { platform, post_key, measure, .. }) => {
                format!("{} of the {platform} post {post_key}", measure.column())
            }
            Self::Read(Leaf::Page { page: Some(page), measure, .. }) => {
                format!("sum({}) of the sessions that began on {page}", measure.column())
            }
            Self::Read(Leaf::Page { page: None, measure, .. }) => {
                format!("sum({}) of the sessions of all pages", measure.column())
            }
            Self::Read(Leaf::Stated { value, by }) => format!("{value}, as {by} says"),
            Self::Calculated { formula, parts } if parts.is_empty() => formula.clone(),
            Self::Calculated { formula, parts } => {
                let parts: Vec<String> =
                    parts.iter().map(|(name, part)| format!("{name} = {}", part.definition(registry))).collect();
                format!("{formula}, where {}", parts.join("; "))
            }
            Self::Change { value, .. } => format!("change of {}", value.definition(registry)),
        }
    }
}

impl Movement {
    /// Those of money, in the order in which they lead from the opening to the closing.
    pub const ALL: [Self; 8] = [
        Self::Opening,
        Self::ExchangeRates,
        Self::New,
        Self::Reactivation,
        Self::Expansion,
        Self::Contraction,
        Self::Churned,
        Self::Closing,
    ];

    /// As printed.
    pub fn label(self) -> &'static str {
        match self {
            Self::Opening => "At the start",
            Self::ExchangeRates => "Exchange rates",
            Self::New => "New",
            Self::Reactivation => "Came back",
            Self::Expansion => "Expansion",
            Self::Contraction => "Contraction",
            Self::Churned => "Churned",
            Self::Closing => "At the end",
            Self::OpeningCustomers => "Paying customers at the start",
            Self::PayingCustomers => "Paying customers at the end",
            Self::LostCustomers => "Customers lost",
        }
    }

    /// Its column in the query of movements.
    pub fn column(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::ExchangeRates => "exchange_rates",
            Self::New => "new",
            Self::Reactivation => "reactivation",
            Self::Expansion => "expansion",
            Self::Contraction => "contraction",
            Self::Churned => "churned",
            Self::Closing => "closing",
            Self::OpeningCustomers => "opening_customers",
            Self::PayingCustomers => "paying_customers",
            Self::LostCustomers => "lost_customers",
        }
    }
}

/// The relative change; none against zero.
pub fn relative(value: Decimal, base: Decimal) -> Option<Decimal> {
    (value - base).checked_div(base.abs())
}

/// A formula's value over named parts.
pub fn calculated(formula: &str, value_of: &dyn Fn(&str) -> Option<Decimal>) -> Option<Decimal> {
    Formula::parse(formula).ok()?.evaluate(value_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn day() -> Period {
        Period::day(NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day"))
    }

    fn spent() -> Basis {
        Basis::metric(Reading::of_channel("cost", day(), "paid_search"))
    }

    fn planned() -> Basis {
        let month = Period::month_of(day().start).start;
        Basis::Read(Leaf::Plan { plan: Plan::Budget, name: "paid_search".to_owned(), month })
    }

    fn value(basis: &Basis, planned: Decimal) -> Option<Decimal> {
        basis.evaluate(&|leaf| match leaf {
            Leaf::Metric(_) => Some(dec!(30)),
            Leaf::Plan { .. } => Some(planned),
            _ => None,
        })
    }

    fn used() -> Basis {
        let parts = BTreeMap::from([("spent".to_owned(), spent()), ("planned".to_owned(), planned())]);
        Basis::Calculated { formula: "spent / planned".to_owned(), parts }
    }

    #[test]
    fn a_calculated_figure_is_computed_from_its_parts_again() {
        assert_eq!(value(&used(), dec!(120)), Some(dec!(0.25)));
        assert_eq!(value(&used(), dec!(0)), None, "no share of nothing");
        let change = Basis::Change { value: Box::new(spent()), base: Box::new(planned()) };
        assert_eq!(value(&change, dec!(-60)), Some(dec!(1.5)));
        assert_eq!(used().leaves().len(), 2);
    }

    #[test]
    fn what_is_kept_reads_back_the_same() {
        let text = serde_json::to_string(&used()).expect("JSON");
        assert_eq!(serde_json::from_str::<Basis>(&text).expect("a basis"), used());
    }
}
