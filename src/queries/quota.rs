//! What vendors allow, what they said is left of it, and what is not asked before an instant.

use crate::app::{App, AppError};
use crate::warehouse::allowances::{Hold, StatedAllowance, holds, pages_since, stated};
use chrono::{DateTime, NaiveTime, Utc};
use serde::Serialize;

/// Every account of every workspace.
#[derive(Clone, Debug, Serialize)]
pub struct Quotas {
    /// UTC.
    pub at: DateTime<Utc>,
    pub accounts: Vec<AccountQuota>,
}

/// A connection's account.
#[derive(Clone, Debug, Serialize)]
pub struct AccountQuota {
    pub workspace: String,
    pub connection: String,
    /// As printed.
    pub vendor: String,
    /// At most so many requests in so many seconds, and at once, by all jobs that use the credential.
    pub requests: u32,
    pub per_secs: u32,
    pub at_once: usize,
    /// Pages read since midnight UTC.
    pub pages_today: u64,
    /// As the vendor stated them last.
    pub allowances: Vec<StatedAllowance>,
    /// What is used up.
    pub held: Vec<Hold>,
}

/// What is known of each account, of one workspace if it is named.
///
/// # Errors
/// A workspace that is not configured, or the ledger cannot be read.
pub fn quotas(app: &App, wanted: Option<&str>) -> Result<Quotas, AppError> {
    let now = app.clock.now();
    let today = now.date_naive().and_time(NaiveTime::MIN).and_utc();
    let (stated, held, pages) = app
        .warehouse
        .snapshot_blocking(|reader| Ok((stated(reader)?, holds(reader, now)?, pages_since(reader, today)?)))?;
    if let Some(id) = wanted.filter(|id| app.settings.workspace(id).is_none()) {
        return Err(AppError::Usage(format!("there is no workspace {id:?}")));
    }
    let mut accounts = Vec::new();
    for workspace in &app.settings.workspaces {
        let id = &workspace.workspace.id;
        if wanted.is_some_and(|wanted| wanted != id) {
            continue;
        }
        for own in &workspace.connections {
            let Some(connector) = app.catalog().get(&own.connector) else { continue };
            let pace = connector.spec.limits.allowance();
            let is_own = |workspace: &str, connection: &str| workspace == id && connection == own.id;
            accounts.push(AccountQuota {
                workspace: id.clone(),
                connection: own.id.clone(),
                vendor: connector.spec.label.clone(),
                requests: pace.requests,
                per_secs: pace.per_secs,
                at_once: pace.concurrency,
                pages_today: pages.get(&(id.clone(), own.id.clone())).copied().unwrap_or_default(),
                allowances: stated.iter().filter(|one| is_own(&one.workspace, &one.connection)).cloned().collect(),
                held: held.iter().filter(|one| is_own(&one.workspace, &one.connection)).cloned().collect(),
            });
        }
    }
    Ok(Quotas { at: now, accounts })
}
