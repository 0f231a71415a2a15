//! Each night every figure of the last weeks is computed from its facts again: the rollup must hold the same.

use crate::delivery::{Route, note};
use crate::domain::channel::ChannelRules;
use crate::domain::metric::Registry;
use crate::domain::workspace::Workspace;
use crate::support::ids::stable_id;
use crate::warehouse::agreement::{Agreement, compare};
use crate::warehouse::outbox::{Kind, NewMessage, enqueue, is_known};
use crate::warehouse::rollup::RollupSql;
use crate::warehouse::{Warehouse, WarehouseError};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Differences named one by one.
const NAMED: usize = 5;

/// What figures are computed by.
#[derive(Clone, Debug)]
pub struct FigureCheck {
    pub workspaces: Vec<Workspace>,
    pub rules: ChannelRules,
    pub sql: RollupSql,
    pub metrics: Arc<Registry>,
}

/// Compares the figures of every workspace; blocking. Each has the database to itself for its own turn only.
///
/// # Errors
/// The differences, in words; or what kept a workspace from being compared.
pub fn check(warehouse: &Warehouse, of: &FigureCheck, now: DateTime<Utc>) -> Result<String, String> {
    let (mut compared, mut waiting, mut wrong) = (0, 0, Vec::new());
    for workspace in &of.workspaces {
        let (own, of) = (workspace.clone(), of.clone());
        let today = now.with_timezone(&workspace.time_zone).date_naive();
        let found = warehouse
            .write_blocking(move |connection| compare(connection, &own, (&of.rules, &of.sql, &of.metrics), today));
        match found {
            Ok(Agreement { days: None, .. }) => waiting += 1,
            Ok(found) => {
                compared += found.figures;
                wrong.extend(told(workspace, &found));
            }
            Err(error) => wrong.push(format!("{}: the figures could not be compared: {error}", workspace.id)),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.join("; "));
    }
    let waits = if waiting == 0 { String::new() } else { format!("; {waiting} workspaces wait for their rollup") };
    Ok(format!("{compared} figures are the same in the rollup and by their facts{waits}"))
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

/// Tells the operator, once for the same differences; how many messages that is. Without an operator they stay in
/// `daybook status` and `daybook doctor`.
pub async fn tell(
    warehouse: &Warehouse,
    operator: &[Route],
    says: &str,
    now: DateTime<Utc>,
) -> Result<usize, WarehouseError> {
    let subject = "[Daybook] figures differ from their facts";
    let mut messages = Vec::new();
    for route in operator {
        let Ok(written) = serde_json::to_string(route) else { continue };
        let message_id = stable_id("msg", &["figures", says, &written]);
        let id = message_id.clone();
        if warehouse.read(move |reader| is_known(reader, &id)).await? {
            continue;
        }
        match note::payload(route, subject, &says.replace("; ", "\n"), &message_id, now) {
            Ok(payload) => {
                messages.push(NewMessage {
                    message_id,
                    route: written,
                    payload,
                    locale: None,
                    refused: None,
                    made_with: None,
                });
            }
            Err(error) => tracing::error!(error = %error, "the operator cannot be told"),
        }
    }
    let count = messages.len();
    if count > 0 {
        warehouse
            .write_ledger(move |connection| enqueue(connection, Kind::Notice, "operator", "", &messages, now))
            .await?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::metric::{Difference, Grain};
    use rust_decimal::dec;

    #[tokio::test]
    async fn the_operator_hears_of_the_same_differences_once() {
        let warehouse = Warehouse::in_memory().expect("a warehouse");
        let operator = [Route::Slack { hook: "ops".to_owned() }];
        let now = "2026-11-27T04:40:00Z".parse().expect("an instant");
        let told = async |says: &str| tell(&warehouse, &operator, says, now).await.expect("told");
        assert_eq!(told("acme: cost of 2026-11-20 is 10.01 in the rollup and 10 by its facts").await, 1);
        assert_eq!(told("acme: cost of 2026-11-20 is 10.01 in the rollup and 10 by its facts").await, 0);
        assert_eq!(told("acme: cost of 2026-11-21 is 10.01 in the rollup and 10 by its facts").await, 1);
        assert_eq!(tell(&warehouse, &[], "acme: cost", now).await.expect("nobody to tell"), 0);
    }

    #[test]
    fn differences_are_told_with_the_days_to_compute_again() {
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
            says.starts_with("acme: cost of 2026-11-01 is 10.01 in the rollup and 10 by its facts, cost of"),
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
