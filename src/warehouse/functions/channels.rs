//! `channel(source, medium, campaign)` inside DuckDB: the rules live in Rust, the rollup in SQL, and
//! no origin is listed beforehand.

use super::arguments::column;
use crate::domain::channel::ChannelRules;
use crate::warehouse::error::{Context, WarehouseError};
use duckdb::Connection;
use duckdb::arrow::array::{Array, RecordBatch, StringArray, UInt64Array};
use duckdb::arrow::datatypes::DataType;
use duckdb::vscalar::{ArrowFunctionSignature, VArrowScalar};
use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

/// The rules that a rollup now running goes by. A function inside DuckDB is passed a number, not a value
/// of ours; several databases of one process may each have a rollup under way.
static IN_USE: Mutex<BTreeMap<u64, Arc<ChannelRules>>> = Mutex::new(BTreeMap::new());

/// Rules that SQL may ask, until this is dropped.
#[derive(Debug)]
pub struct RulesInUse(u64);

impl RulesInUse {
    /// Makes `channel(source, medium, campaign)` answer by `rules` on this connection.
    pub fn new(connection: &Connection, rules: &ChannelRules) -> Result<Self, WarehouseError> {
        let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        let number = in_use.last_key_value().map_or(0, |(last, _)| last + 1);
        in_use.insert(number, Arc::new(rules.clone()));
        drop(in_use);
        let this = Self(number);
        connection
            .execute_batch(&format!(
                "CREATE OR REPLACE TEMP MACRO channel(source, medium, campaign) AS
                 channel_by({number}::UBIGINT, source, medium, campaign)"
            ))
            .context(|| "telling SQL the channel rules".to_owned())?;
        Ok(this)
    }
}

impl Drop for RulesInUse {
    fn drop(&mut self) {
        IN_USE.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// `channel_by(rules UBIGINT, source VARCHAR, medium VARCHAR, campaign VARCHAR) -> VARCHAR`: the
/// channel of an origin. NULL where a part of the origin is; rules no longer in use fail the query.
#[derive(Debug)]
pub struct ChannelBy;

impl VArrowScalar for ChannelBy {
    type State = ();

    fn invoke((): &(), input: RecordBatch) -> Result<Arc<dyn Array>, Box<dyn Error>> {
        let numbers = column::<UInt64Array>(&input, 0)?;
        let [sources, mediums, campaigns] =
            [column::<StringArray>(&input, 1)?, column::<StringArray>(&input, 2)?, column::<StringArray>(&input, 3)?];
        if input.num_rows() == 0 {
            return Ok(Arc::new(StringArray::from(Vec::<Option<&str>>::new())));
        }
        let number = numbers.value(0);
        let rules = IN_USE.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned();
        let rules = rules.ok_or("channel() answers only while a rollup runs")?;
        // A few origins fill a chunk: the patterns are tried once for each.
        let mut known: HashMap<[&str; 3], &str> = HashMap::new();
        let channels = (0..input.num_rows()).map(|row| {
            let is_null = sources.is_null(row) || mediums.is_null(row) || campaigns.is_null(row);
            (!is_null).then(|| {
                let origin = [sources.value(row), mediums.value(row), campaigns.value(row)];
                *known.entry(origin).or_insert_with(|| rules.channel(origin[0], origin[1], origin[2]))
            })
        });
        Ok(Arc::new(channels.collect::<StringArray>()))
    }

    fn signatures() -> Vec<ArrowFunctionSignature> {
        let text = || DataType::Utf8;
        vec![ArrowFunctionSignature::exact(vec![DataType::UInt64, text(), text(), text()], text())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::ChannelRuleSpec;
    use crate::warehouse::functions::register;

    fn rules(channel: &str) -> ChannelRules {
        let spec = ChannelRuleSpec {
            channel: channel.to_owned(),
            source: Some("google".to_owned()),
            medium: Some("cpc".to_owned()),
            campaign: None,
        };
        ChannelRules::new(&[spec]).expect("rules")
    }

    #[test]
    fn sql_asks_the_rules_of_its_own_rollup() {
        let open = || {
            let connection = Connection::open_in_memory().expect("a database");
            register(&connection).expect("registered");
            connection
        };
        let (one, other) = (open(), open());
        let first = RulesInUse::new(&one, &rules("paid_search")).expect("told");
        let second = RulesInUse::new(&other, &rules("ads")).expect("told");
        let ask = |connection: &Connection, source: &str| -> Result<Option<String>, duckdb::Error> {
            connection.query_row(&format!("SELECT channel({source}, 'cpc', '')"), [], |row| row.get(0))
        };
        assert_eq!(ask(&one, "'Google'").expect("an answer").as_deref(), Some("paid_search"));
        assert_eq!(ask(&other, "'google'").expect("an answer").as_deref(), Some("ads"));
        assert_eq!(ask(&one, "'bing'").expect("an answer").as_deref(), Some("unassigned"));
        assert_eq!(ask(&one, "NULL::VARCHAR").expect("an answer"), None);
        drop(first);
        assert!(ask(&one, "'google'").expect_err("no rules").to_string().contains("while a rollup runs"));
        drop(second);
    }
}
