//! The facts that are part of Daybook.

use super::read::{Written, read_top};
use crate::domain::fact::{Facts, Origin};
use crate::settings::{Problems, Source, read_toml};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// A fact of the folder, with the query of its contribution.
macro_rules! fact {
    ($id:literal) => {
        ($id, include_str!(concat!($id, ".toml")), None)
    };
    ($id:literal, adds) => {
        ($id, include_str!(concat!($id, ".toml")), Some(include_str!(concat!($id, ".metrics.sql"))))
    };
}

/// The id, the contract and the query of each.
const FILES: [(&str, &str, Option<&str>); 54] = [
    fact!("ad_account_daily"),
    fact!("ad_action_daily", adds),
    fact!("ad_conversion_daily"),
    fact!("ad_daily", adds),
    fact!("ad_device_daily"),
    fact!("ad_geo_daily"),
    fact!("ad_hourly"),
    fact!("ad_reach_daily"),
    fact!("ad_region_daily"),
    fact!("article"),
    fact!("audience_daily", adds),
    fact!("audience_level"),
    fact!("audience_monthly"),
    fact!("budget"),
    fact!("calendar_item"),
    fact!("campaign_member"),
    fact!("campaign_reach_daily"),
    fact!("contact"),
    fact!("contact_stage", adds),
    fact!("customer"),
    fact!("customer_discount"),
    fact!("deal"),
    fact!("deal_contact"),
    fact!("deal_stage"),
    fact!("dispute"),
    fact!("dispute_movement", adds),
    fact!("earlier_payer"),
    fact!("fx_rate"),
    fact!("influencer_post", adds),
    fact!("keyword_daily", adds),
    fact!("ledger_entry"),
    fact!("list_member"),
    fact!("mail", adds),
    fact!("mail_automation_daily"),
    fact!("offline_conversion", adds),
    fact!("page_daily"),
    fact!("payment", adds),
    fact!("refund", adds),
    fact!("sales_order", adds),
    fact!("sales_return", adds),
    fact!("search_daily", adds),
    fact!("search_part_daily", adds),
    fact!("search_term_daily"),
    fact!("subscription"),
    fact!("subscription_event"),
    fact!("target"),
    fact!("ticket"),
    fact!("web_campaign_daily", adds),
    fact!("web_custom_daily"),
    fact!("web_daily", adds),
    fact!("web_device_daily"),
    fact!("web_event_daily"),
    fact!("web_hourly"),
    fact!("web_visitors_daily"),
];

static BUILT_IN: LazyLock<Arc<Facts>> = LazyLock::new(|| {
    let (facts, problems) = read();
    // A test holds the files against the reader.
    debug_assert!(problems.is_empty(), "{problems:?}");
    Arc::new(facts)
});

/// The facts that are part of Daybook.
pub fn builtin() -> Arc<Facts> {
    BUILT_IN.clone()
}

fn read() -> (Facts, Vec<String>) {
    let problems = Problems::default();
    let mut facts = Facts::default();
    for (id, text, query) in FILES {
        let file = PathBuf::from(format!("{id}.toml"));
        let query = query.map(|sql| (PathBuf::from(format!("{id}.metrics.sql")), sql.to_owned()));
        let written = Written { id: id.to_owned(), origin: Origin::BuiltIn, query };
        let source = Source { file: &file, text, problems: &problems };
        if let Some(Some(fact)) = read_toml(source, |top| read_top(top, written)) {
            for problem in facts.add(fact).err().into_iter().flatten() {
                problems.add(Path::new(id), None, &problem.message, &problem.remedy);
            }
        }
    }
    for (fact, problem) in facts.missing_references() {
        problems.add(Path::new(&fact.id), None, &problem.message, &problem.remedy);
    }
    let told = problems.into_sorted().iter().map(ToString::to_string).collect();
    (facts, told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fact::ColumnType;
    use crate::warehouse::Warehouse;
    use std::collections::BTreeSet;

    #[test]
    fn every_contract_is_sound() {
        let (facts, problems) = read();
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(facts.iter().count(), FILES.len());
        for fact in facts.iter() {
            assert!(fact.columns.iter().all(|column| column.about.ends_with('.')), "{}", fact.id);
        }
    }

    /// Migrations make the tables of built-in facts: contract and table say the same.
    #[test]
    fn every_table_of_core_is_as_its_contract_says() {
        let warehouse = Warehouse::in_memory().expect("a database");
        let found: BTreeSet<(String, String, String, bool)> = warehouse
            .read_blocking(|reader| {
                let sql = "SELECT table_name, column_name, data_type, NOT is_nullable FROM duckdb_columns()
                    WHERE database_name = current_database() AND schema_name = 'core' ORDER BY ALL";
                let mut statement = reader.prepare(sql).expect("a query");
                let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
                Ok(rows.expect("rows").collect::<Result<_, _>>().expect("columns"))
            })
            .expect("read");
        let plain = |kind: &ColumnType| {
            kind.to_string().replace(", ", ",").replace(",amount", ", amount").replace(",mrr", ", mrr")
        };
        let mut stated = BTreeSet::new();
        for fact in builtin().iter() {
            for name in super::super::COMMON {
                stated.insert((fact.id.clone(), name.to_owned(), "VARCHAR".to_owned(), true));
            }
            for column in &fact.columns {
                stated.insert((fact.id.clone(), column.name.clone(), plain(&column.kind), column.is_required));
            }
        }
        assert_eq!(found.difference(&stated).collect::<Vec<_>>(), Vec::<&_>::new(), "tables without a contract");
        assert_eq!(stated.difference(&found).collect::<Vec<_>>(), Vec::<&_>::new(), "contracts without a table");
    }
}
