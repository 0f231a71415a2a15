//! What rollups read among the facts and one another: which days their rows are made of, and what they rest on.

use super::rollup::NO_PERSONS;
use super::{Facts, FactsProblem, Rollup};
use std::collections::BTreeSet;

/// Tables of `mart` with days that Daybook fills.
const SHIPPED: [&str; 4] = ["metric_daily", "mrr_daily", "fx_cross", "metric_hourly"];
/// Those without.
const DAYLESS: [&str; 3] = ["subscription_value", "metric_weekly", "metric_monthly"];

impl Rollup {
    /// What is wrong with it beside the facts and the other rollups.
    pub fn check(&self, facts: &Facts) -> Vec<FactsProblem> {
        let mut found = Vec::new();
        let mut tell = |message: String, remedy: &str| found.push(FactsProblem { message, remedy: remedy.to_owned() });
        let is_of_a_fact = facts.iter().any(|fact| fact.id == self.id || format!("{}_by", fact.id) == self.id);
        if is_of_a_fact || SHIPPED.iter().chain(&DAYLESS).any(|table| *table == self.id) {
            tell(format!("{} is a table of Daybook or of a fact", self.id), "give the file another name");
        }
        let is_personal = |name: &str| {
            let columns = facts.iter().flat_map(|fact| &fact.columns);
            columns.filter(|column| column.personal.is_some()).any(|column| column.name == name)
        };
        for (name, _) in self.columns.iter().filter(|(name, _)| is_personal(name)) {
            tell(format!("Columns: {name:?} names a person in a fact"), NO_PERSONS);
        }
        for input in &self.inputs {
            if day_of(input, facts).is_none() {
                let remedy = "name core.<fact> of a fact with a day, mart.<fact>_by, mart.metric_daily or the table of another rollup; `daybook tables` lists facts";
                tell(format!("Inputs: there is no {input} with days"), remedy);
            }
        }
        found
    }

    /// The facts that its rows are made of in the end.
    pub fn rests_on(&self, facts: &Facts) -> BTreeSet<String> {
        let own = |input: &String| -> BTreeSet<String> {
            let Some((schema, table)) = input.split_once('.') else { return BTreeSet::new() };
            let all = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
            let adding = facts.iter().filter(|fact| fact.contribution.is_some());
            match (schema, table) {
                ("core", fact) => all(&[fact]),
                (_, "metric_daily") => adding.map(|fact| fact.id.clone()).collect(),
                (_, "metric_hourly") => adding.filter(|fact| fact.hour.is_some()).map(|fact| fact.id.clone()).collect(),
                (_, "mrr_daily") => all(&["subscription", "subscription_event"]),
                (_, "fx_cross") => all(&["fx_rate"]),
                (_, table) => match facts.rollups().iter().find(|rollup| rollup.id == table) {
                    Some(rollup) => rollup.rests_on(facts),
                    None => table.strip_suffix("_by").map(|fact| all(&[fact])).unwrap_or_default(),
                },
            }
        };
        self.inputs.iter().flat_map(own).collect()
    }

    /// Days up to its own that a row is made of in the end, through the rollups that it reads.
    pub fn days_of_rows(&self, facts: &Facts) -> u32 {
        let of = |input: &String| {
            let read = input.strip_prefix("mart.")?;
            facts.rollups().iter().find(|rollup| rollup.id == read).map(|rollup| rollup.days_of_rows(facts) - 1)
        };
        self.window_days + self.inputs.iter().filter_map(of).max().unwrap_or(0)
    }
}

/// The column of the day of an input; none where there is no such table, or it has no days.
pub fn day_of<'a>(input: &str, facts: &'a Facts) -> Option<&'a str> {
    let (schema, table) = input.split_once('.')?;
    match schema {
        "core" => facts.get(table)?.day.as_deref(),
        "mart" => {
            let has_dimensions = |fact: &str| {
                facts
                    .get(fact)
                    .and_then(|fact| fact.contribution.as_ref())
                    .is_some_and(|adds| !adds.dimensions.is_empty())
            };
            let is_known = SHIPPED.contains(&table)
                || table.strip_suffix("_by").is_some_and(has_dimensions)
                || facts.rollups().iter().any(|rollup| rollup.id == table);
            is_known.then_some("date")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn rows_are_made_of_the_windows_of_all_rollups_below() {
        let of = |id: &str, input: &str, window_days: u32| {
            let header = format!(
                "-- Rollup: Views.\n-- Table: mart.{id}\n-- Grain: workspace, date\n-- Columns: views BIGINT\n\
                 -- Inputs: {input}\n-- Window: {window_days} days\n"
            );
            Rollup::read(id, PathBuf::from("jobs/rollups/views.sql"), &header).expect("sound")
        };
        let all = vec![of("daily", "core.page_daily", 1), of("week", "mart.daily", 7), of("month", "mart.week", 28)];
        let mut facts = Facts::default();
        facts.set_rollups(all.clone());
        let days: Vec<u32> = all.iter().map(|rollup| rollup.days_of_rows(&facts)).collect();
        assert_eq!(days, [1, 7, 34], "the first of 28 weeks begins six days before");
    }
}
