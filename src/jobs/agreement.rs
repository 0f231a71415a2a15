//! Each night every figure of the last weeks is computed from its facts again: the rollup must hold the same.

use super::deliver::notice;
use crate::delivery::Route;
use crate::domain::channel::ChannelRules;
use crate::domain::metric::Registry;
use crate::domain::workspace::Workspace;
use crate::warehouse::agreement::{Agreement, compare, last_compared, note};
use crate::warehouse::outbox::{Kind, enqueue};
use crate::warehouse::rollup::{RollupSql, rollup_all};
use crate::warehouse::{Warehouse, WarehouseError};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Differences of a workspace that are named one by one, and workspaces.
const NAMED: usize = 5;
const TOLD: usize = 20;
/// Workspaces that are compared by one statement.
const TOGETHER: usize = 50;
/// Days after which a workspace that could not be compared is reported.
const PATIENCE_DAYS: i64 = 3;

/// What figures are computed by.
#[derive(Clone, Debug)]
pub struct FigureCheck {
    pub workspaces: Vec<Workspace>,
    pub rules: ChannelRules,
    pub sql: RollupSql,
    pub metrics: Arc<Registry>,
}

/// Whether days that wait for a rollup are computed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    IsRolledUp,
    IsLeftOut,
}

/// Compares the figures of every workspace; blocking. It reads beside the writers; only what waits for its rollup is
/// rolled up by the thread that writes facts.
///
/// # Errors
/// The differences, in words; what kept workspaces from being compared; those that could not be for some days.
pub fn check(warehouse: &Warehouse, of: &FigureCheck, waiting: Waiting, now: DateTime<Utc>) -> Result<String, String> {
    let day = |workspace: &Workspace| now.with_timezone(&workspace.time_zone).date_naive();
    let mut asked: Vec<(Workspace, NaiveDate)> = of.workspaces.iter().map(|own| (own.clone(), day(own))).collect();
    let (mut figures, mut compared, mut wrong, mut queries) = (0, Vec::new(), Vec::new(), BTreeSet::new());
    for is_last in [waiting == Waiting::IsLeftOut, true] {
        let mut left_out = Vec::new();
        for (own, found) in compared_by_chunks(warehouse, of, &asked) {
            match found {
                Ok(Agreement { days: None, .. }) => left_out.push(own.clone()),
                Ok(found) => {
                    figures += found.figures;
                    compared.push(own.0.id.clone());
                    wrong.extend(told(&own.0, &found));
                    wrong.extend(found.repeated.iter().map(|other| format!("{}: {other}", own.0.id)));
                    wrong.extend(found.left_out.iter().map(|other| format!("{}: {other}", own.0.id)));
                    queries.extend(found.not_additive.iter().map(ToString::to_string));
                }
                Err(error) => wrong.push(format!("{}: the figures could not be compared: {error}", own.0.id)),
            }
        }
        asked = left_out;
        if is_last || asked.is_empty() {
            break;
        }
        for chunk in asked.chunks(TOGETHER) {
            let (chunk, rules, sql) = (chunk.to_vec(), of.rules.clone(), of.sql.clone());
            // A rollup that fails is reported by the job that is there for it; its workspaces stay left out.
            if let Err(error) = warehouse.write_blocking(move |facts| rollup_all(facts, &chunk, &rules, &sql)) {
                tracing::warn!(error = %error, "figures that wait for their rollup are not compared");
            }
        }
    }
    let left_out: Vec<String> = asked.iter().map(|(own, _)| own.id.clone()).collect();
    if waiting == Waiting::IsRolledUp {
        let (compared, left_out) = (compared, left_out.clone());
        let note = move |facts: &mut _| note(facts, (&compared, &left_out), now.date_naive());
        if let Err(error) = warehouse.write_blocking(note) {
            wrong.push(error.to_string());
        }
    }
    wrong.extend(queries);
    wrong.extend(long_left_out(warehouse, &left_out, now.date_naive()));
    if !wrong.is_empty() {
        return Err(in_bounds(wrong).join("; "));
    }
    let waits = match left_out.len() {
        0 => String::new(),
        1 => "; 1 workspace waits for its rollup".to_owned(),
        count => format!("; {count} workspaces wait for their rollup"),
    };
    Ok(format!("{figures} figures are the same in the rollup and computed from facts{waits}"))
}

type Compared<'a> = (&'a (Workspace, NaiveDate), Result<Agreement, WarehouseError>);

/// Compares some workspaces at a time; where that fails, each by itself.
fn compared_by_chunks<'a>(
    warehouse: &Warehouse,
    of: &FigureCheck,
    asked: &'a [(Workspace, NaiveDate)],
) -> Vec<Compared<'a>> {
    let of_some =
        |some: &[_]| warehouse.read_blocking(|reader| compare(reader, some, (&of.rules, &of.sql, &of.metrics)));
    let size = if of.sql.reads_one_workspace() { 1 } else { TOGETHER };
    let mut all = Vec::new();
    for chunk in asked.chunks(size) {
        match of_some(chunk) {
            Ok(mut found) => {
                all.extend(chunk.iter().map(|own| (own, Ok(found.remove(&own.0.id).unwrap_or_default()))));
            }
            Err(error) if chunk.len() == 1 => all.push((&chunk[0], Err(error))),
            Err(_) => all.extend(chunk.iter().map(|own| {
                let found = of_some(std::slice::from_ref(own));
                (own, found.map(|mut found| found.remove(&own.0.id).unwrap_or_default()))
            })),
        }
    }
    all
}

/// Workspaces that could not be compared for some days, in words.
fn long_left_out(warehouse: &Warehouse, left_out: &[String], today: NaiveDate) -> Vec<String> {
    let last = match warehouse.read_blocking(last_compared) {
        Ok(last) => last,
        Err(error) => return vec![error.to_string()],
    };
    let long = left_out.iter().filter_map(|id| Some((id, last.get(id)?)));
    long.filter(|(_, date)| (today - **date).num_days() >= PATIENCE_DAYS)
        .map(|(id, date)| {
            format!(
                "{id}: its figures were not compared with their facts since {date}: look why its rollup does not end"
            )
        })
        .collect()
}

/// The first of many, and how many more there are.
fn in_bounds(mut all: Vec<String>) -> Vec<String> {
    let more = all.len().saturating_sub(TOLD);
    if more > 0 {
        all.truncate(TOLD);
        all.push(format!("and {more} more workspaces"));
    }
    all
}

fn told(workspace: &Workspace, found: &Agreement) -> Option<String> {
    let (first, last) = (found.differences.first()?, found.differences.iter().map(|other| other.start).max()?);
    let mut named: Vec<String> = found.differences.iter().take(NAMED).map(ToString::to_string).collect();
    let more = found.differences.len().saturating_sub(NAMED);
    if more > 0 {
        named.push(format!("and {more} more figures"));
    }
    let (id, from) = (&workspace.id, first.start);
    Some(format!(
        "{id}: {}; compute them again with `daybook rollup -w {id} --from {from} --to {last}`, and correct what went \
         out with `daybook report --correct`",
        named.join(", ")
    ))
}

/// Notifies the operator, once for the same differences; how many messages that is. Without an operator they stay in
/// `daybook status` and `daybook doctor`.
pub async fn tell(
    warehouse: &Warehouse,
    operator: &[Route],
    says: &str,
    now: DateTime<Utc>,
) -> Result<usize, WarehouseError> {
    let subject = "[Daybook] figures are not confirmed by their facts";
    let messages = notice::messages(operator, &["figures", says], subject, &says.replace("; ", "\n"), now);
    warehouse.write_ledger(move |connection| enqueue(connection, Kind::Notice, notice::OWNER, "", &messages, now)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::ChannelRef;
    use crate::domain::metric::{Difference, Grain};
    use rust_decimal::dec;

    #[tokio::test]
    async fn the_operator_is_notified_of_the_same_differences_once() {
        let warehouse = Warehouse::in_memory().expect("a warehouse");
        let operator = [Route::Channel(ChannelRef::new("slack", "ops"))];
        let now = "2026-11-27T04:40:00Z".parse().expect("an instant");
        let told = async |says: &str| tell(&warehouse, &operator, says, now).await.expect("told");
        assert_eq!(told("acme: cost of 2026-11-20 is 10.01 in the rollup and 10 computed from facts").await, 1);
        assert_eq!(told("acme: cost of 2026-11-20 is 10.01 in the rollup and 10 computed from facts").await, 0);
        assert_eq!(told("acme: cost of 2026-11-21 is 10.01 in the rollup and 10 computed from facts").await, 1);
        assert_eq!(tell(&warehouse, &[], "acme: cost", now).await.expect("nobody to tell"), 0);
    }

    #[test]
    fn differences_are_reported_with_the_days_to_compute_again() {
        let workspace = Workspace {
            id: "acme".to_owned(),
            name: "Acme".to_owned(),
            time_zone: chrono_tz::UTC,
            currency: crate::domain::money::Currency::new("EUR").expect("a currency"),
            week_starts_on: chrono::Weekday::Mon,
            fiscal_year: Default::default(),
        };
        let of = |day: u32| Difference {
            metric: "cost".to_owned(),
            grain: Grain::Day,
            start: chrono::NaiveDate::from_ymd_opt(2026, 11, day).expect("a day"),
            stored: dec!(10.01),
            computed: dec!(10),
        };
        let found = Agreement { differences: (1..=7).map(of).collect(), ..Agreement::default() };
        let says = told(&workspace, &found).expect("a sentence");
        assert!(
            says.starts_with("acme: cost of 2026-11-01 is 10.01 in the rollup and 10 computed from facts, cost of"),
            "{says}"
        );
        assert!(
            says.contains(
                "and 2 more figures; compute them again with `daybook rollup -w acme --from 2026-11-01 --to 2026-11-07`"
            ),
            "{says}"
        );
        assert_eq!(told(&workspace, &Agreement::default()), None);
    }
}
