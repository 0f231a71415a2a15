//! Rollups that are asked for while one runs wait together, and one statement then computes them all: the writer is
//! asked once an hour for a thousand workspaces, not a thousand times.

use crate::domain::channel::ChannelRules;
use crate::domain::workspace::Workspace;
use crate::warehouse::rollup::{RolledUp, RollupSql, rollup_all};
use crate::warehouse::{Warehouse, WarehouseError};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot;

/// Workspaces of one transaction at most: a first load of each touches hundreds of days.
const MOST: usize = 250;

type Done = Result<RolledUp, WarehouseError>;

/// Who waits for a rollup, in the order of asking.
#[derive(Debug, Default)]
pub struct Rollups {
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Waiting {
    workspace: Workspace,
    today: NaiveDate,
    answer: oneshot::Sender<Done>,
}

impl Rollups {
    /// Computes what is due of a workspace, together with those that others ask for meanwhile.
    ///
    /// # Errors
    /// As the rollup of this workspace fails; that of another is none of it.
    pub async fn run(
        &self,
        warehouse: &Warehouse,
        (workspace, today): (&Workspace, NaiveDate),
        rules: &ChannelRules,
        sql: &RollupSql,
    ) -> Done {
        let (answer, mut answered) = oneshot::channel();
        self.waiting().push(Waiting { workspace: workspace.clone(), today, answer });
        loop {
            let turn = self.turn.lock().await;
            if let Ok(done) = answered.try_recv() {
                return done;
            }
            let mut batch = std::mem::take(&mut *self.waiting());
            if !batch.iter().any(|one| one.workspace.id == workspace.id) {
                // Who had taken it was stopped before it answered.
                let (answer, other) = oneshot::channel();
                answered = other;
                batch.push(Waiting { workspace: workspace.clone(), today, answer });
            }
            while !batch.is_empty() {
                let rest = batch.split_off(batch.len().min(MOST));
                compute(warehouse, batch, rules, sql).await;
                batch = rest;
            }
            drop(turn);
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Computes a batch and answers each. Where it fails, each is computed by itself: a fault is that of one workspace.
async fn compute(warehouse: &Warehouse, batch: Vec<Waiting>, rules: &ChannelRules, sql: &RollupSql) {
    let asked: BTreeMap<&str, (Workspace, NaiveDate)> =
        batch.iter().map(|one| (one.workspace.id.as_str(), (one.workspace.clone(), one.today))).collect();
    let of =
        |done: &BTreeMap<String, RolledUp>, workspace: &Workspace| done.get(&workspace.id).copied().unwrap_or_default();
    // Who asked may be gone, so that nobody takes the answer.
    match together(warehouse, asked.into_values().collect(), rules, sql).await {
        Ok(done) => batch.into_iter().for_each(|one| drop(one.answer.send(Ok(of(&done, &one.workspace))))),
        Err(error) => match <[Waiting; 1]>::try_from(batch) {
            Ok([one]) => drop(one.answer.send(Err(error))),
            Err(batch) => {
                for one in batch {
                    let done = together(warehouse, vec![(one.workspace.clone(), one.today)], rules, sql).await;
                    drop(one.answer.send(done.map(|done| of(&done, &one.workspace))));
                }
            }
        },
    }
}

async fn together(
    warehouse: &Warehouse,
    asked: Vec<(Workspace, NaiveDate)>,
    rules: &ChannelRules,
    sql: &RollupSql,
) -> Result<BTreeMap<String, RolledUp>, WarehouseError> {
    let (rules, sql) = (rules.clone(), sql.clone());
    warehouse.write(move |connection| rollup_all(connection, &asked, &rules, &sql)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;
    use crate::warehouse::Context;
    use std::sync::Arc;

    fn workspace(id: &str) -> Workspace {
        Workspace {
            id: id.to_owned(),
            name: id.to_owned(),
            time_zone: chrono_tz::UTC,
            currency: Currency::new("EUR").expect("a currency"),
            week_starts_on: chrono::Weekday::Mon,
            fiscal_year: Default::default(),
        }
    }

    /// Twenty ask at once, one of them with an amount that no sum can hold: the others are computed all the same, and
    /// it alone is refused.
    #[tokio::test]
    async fn many_are_computed_together_and_a_fault_is_that_of_one() {
        let warehouse = Warehouse::in_memory().expect("a warehouse");
        let load = "INSERT INTO core.ad_daily BY NAME
             SELECT 'w' || n AS workspace, 'ads' AS connection, 'a' AS account_id, '1' AS campaign_id, 'Brand' AS campaign_name,
                 '' AS campaign_status, '' AS campaign_type, '' AS ad_group_id, '' || i AS ad_id, '' AS device, '' AS country,
                 DATE '2026-11-01' AS date, 'google' AS source, 'cpc' AS medium, 'EUR' AS currency, 1 AS impressions,
                 CASE WHEN n = 7 THEN 9223372036854775807 ELSE 1 END AS clicks, 10 AS cost, 0 AS conversions,
                 0 AS conversion_value, 'l' AS load_id
             FROM range(20) AS n(n), range(2) AS i(i);
             INSERT INTO ops.touched_day SELECT DISTINCT workspace, date, 'l' FROM core.ad_daily";
        warehouse.write(|c| c.execute_batch(load).context(|| load.to_owned())).await.expect("loaded");
        let (rollups, rules) = (Arc::new(Rollups::default()), ChannelRules::new(&[]).expect("no rules"));
        let today = NaiveDate::from_ymd_opt(2026, 11, 2).expect("a day");
        let sql = RollupSql::shipped();
        let asked = (0..20).map(|n| {
            let (rollups, warehouse, rules, sql) = (rollups.clone(), &warehouse, &rules, &sql);
            async move { rollups.run(warehouse, (&workspace(&format!("w{n}")), today), rules, sql).await }
        });
        let done = futures_util::future::join_all(asked).await;
        for (n, done) in done.into_iter().enumerate() {
            match n {
                7 => assert!(done.is_err(), "{done:?}"),
                _ => assert_eq!(done.expect("computed"), RolledUp { days: 1, rows: 1 }, "w{n}"),
            }
        }
    }
}
