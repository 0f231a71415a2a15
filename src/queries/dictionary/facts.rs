//! What each table of facts holds.

use crate::app::catalog;
use crate::config::Settings;
use crate::connectors::Catalog;
use crate::domain::fact::{Column, Contribution, Fact, Money, Origin};
use crate::support::shown::fault;
use rust_decimal::Decimal;
use serde::Serialize;
use std::path::PathBuf;

/// A fact with all that its contract says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FactEntry {
    pub fact: String,
    /// With its schema, `core.<fact>`.
    pub table: String,
    /// What a row is, in a sentence.
    pub about: String,
    /// The column of the day, in the zone of the vendor's account.
    pub day: Option<String>,
    /// The column of the hour from 0 to 23 in the same zone.
    pub hour: Option<String>,
    /// Columns that a row is known by.
    pub key: Vec<String>,
    pub is_unique_across_connections: bool,
    pub money: Vec<MoneyEntry>,
    pub adds: Option<ContributionEntry>,
    /// Connectors with their streams, and presets of files, that load it.
    pub filled_by: Vec<String>,
    /// The contract of a fact of the installation, relative to its root; absent for one that ships.
    pub file: Option<PathBuf>,
    pub columns: Vec<ColumnEntry>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnEntry {
    pub name: String,
    /// As DuckDB spells it.
    #[serde(rename = "type")]
    pub kind: String,
    pub unit: Option<&'static str>,
    /// What it holds, in a sentence.
    pub about: String,
    /// Whether a row without it is quarantined.
    pub required: bool,
    /// The least and the greatest value, both included.
    pub min: Option<Decimal>,
    pub max: Option<Decimal>,
    /// A regular expression of the whole value.
    pub format: Option<String>,
    /// `fact.column` whose rows of the same connection it points to.
    pub references: Option<String>,
    /// What of a person it holds.
    pub personal: Option<&'static str>,
    /// Whose it is, where rows name several people.
    pub person_role: Option<String>,
}

/// An amount and the column of its currency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MoneyEntry {
    pub amount: String,
    pub currency: String,
    /// A condition in SQL under which a row counts.
    #[serde(rename = "where")]
    pub condition: Option<String>,
    /// Whether reports convert it at the rate of its day.
    pub is_converted: bool,
}

/// What it adds to `mart.metric_daily`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContributionEntry {
    pub file: PathBuf,
    pub sql: String,
    pub measures: Vec<MeasureEntry>,
    pub dimensions: Vec<&'static str>,
}

/// A column of the unified metrics.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeasureEntry {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
}

impl ColumnEntry {
    /// The sentence with what the values must be.
    pub fn sentence(&self) -> String {
        let unit = self.unit.map(|unit| format!(" Unit: {unit}."));
        let min = self.min.map(|min| format!(" At least {min}."));
        let max = self.max.map(|max| format!(" At most {max}."));
        let form = self.format.as_ref().map(|form| format!(" Form: {form}."));
        let refers = self.references.as_ref().map(|column| format!(" Refers to {column}."));
        let personal = self.personal.map(|_| " Names a person.".to_owned());
        let more: String = [unit, min, max, form, refers, personal].into_iter().flatten().collect();
        format!("{}{more}", fault(&self.about))
    }
}

/// Every fact, those of the installation as well.
pub fn facts(settings: &Settings) -> Vec<FactEntry> {
    // A catalog with mistakes is reported by `check`; the contracts can be read all the same.
    let catalog = catalog(&settings.root).ok();
    settings.facts.iter().map(|fact| entry(fact, filled_by(settings, catalog.as_ref(), fact))).collect()
}

fn entry(fact: &Fact, filled_by: Vec<String>) -> FactEntry {
    FactEntry {
        fact: fact.id.clone(),
        table: format!("core.{}", fact.id),
        about: fact.about.clone(),
        day: fact.day.clone(),
        hour: fact.hour.clone(),
        key: fact.key.clone(),
        is_unique_across_connections: fact.is_unique_across_connections,
        money: fact.money.iter().map(money).collect(),
        adds: fact.contribution.as_ref().map(contribution),
        filled_by,
        file: match &fact.origin {
            Origin::BuiltIn => None,
            Origin::File(file) => Some(file.clone()),
        },
        columns: fact.columns.iter().map(column).collect(),
    }
}

fn column(column: &Column) -> ColumnEntry {
    ColumnEntry {
        name: column.name.clone(),
        kind: column.kind.to_string(),
        unit: column.unit.map(|unit| unit.word()),
        about: column.about.clone(),
        required: column.is_required,
        min: column.min,
        max: column.max,
        format: column.format.clone(),
        references: column.references.as_ref().map(|(fact, at)| format!("{fact}.{at}")),
        personal: column.personal.map(|personal| personal.word()),
        person_role: column.person_role.clone(),
    }
}

fn money(money: &Money) -> MoneyEntry {
    MoneyEntry {
        amount: money.amount.clone(),
        currency: money.currency.clone(),
        condition: money.condition.clone(),
        is_converted: money.is_converted,
    }
}

fn contribution(adds: &Contribution) -> ContributionEntry {
    let measure = |name: &str, kind: String| MeasureEntry { name: name.to_owned(), kind };
    ContributionEntry {
        file: adds.file.clone(),
        sql: adds.sql.clone(),
        measures: adds.measures.iter().map(|own| measure(&own.name, own.kind.to_string())).collect(),
        dimensions: adds.dimensions.iter().map(|dimension| dimension.word()).collect(),
    }
}

fn filled_by(settings: &Settings, catalog: Option<&Catalog>, fact: &Fact) -> Vec<String> {
    let Some(catalog) = catalog else { return Vec::new() };
    let connectors = catalog.names().filter_map(|name| catalog.get(name)).collect::<Vec<_>>();
    let streams = connectors.iter().flat_map(|connector| {
        let streams = connector.spec.streams.iter();
        let of = streams.filter(|(_, stream)| stream.loads.iter().any(|load| load.table == fact.id));
        of.map(|(id, _)| format!("{} {id}", connector.spec.name))
    });
    let presets = settings.presets.all().filter(|preset| preset.target.spec().table == fact.id);
    streams.chain(presets.map(|preset| format!("files by {}", preset.name))).collect()
}
