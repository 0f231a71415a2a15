//! Refresh tokens that came in place of configured ones, as `daybook doctor` reports them.

use crate::app::{SecretsAre, catalog, sources};
use crate::config::Settings;
use crate::connectors::auth::kept::{FOLDER, Kept, all};
use crate::connectors::auth::kept_id;
use crate::warehouse::maintenance::doctor::Finding;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

const SUBJECT: &str = "refresh tokens";

/// What is kept, and what no connection uses any more. When tokens end is told with all credentials.
pub fn findings(settings: &Settings, now: DateTime<Utc>) -> Vec<Finding> {
    let folder = settings.data_dir.join(FOLDER);
    let found = all(&folder);
    let in_use = in_use(settings, now);
    let (mut findings, mut renewed) = (Vec::new(), Vec::new());
    for (id, kept) in &found {
        let path = folder.join(format!("{id}.json"));
        match kept {
            Err(error) => findings.push(Finding::bad(
                SUBJECT,
                format!("{} cannot be read: {error}", path.display()),
                "remove it, connect the account again and put the new refresh token where the secret is kept",
            )),
            Ok(_) if in_use.as_ref().is_some_and(|ids| !ids.contains(id)) => findings.push(Finding::warning(
                SUBJECT,
                format!("no connection uses {} any more", path.display()),
                format!("rm {}", path.display()),
            )),
            Ok(kept) => renewed.extend(kept.refresh_token.is_some().then_some(kept)),
        }
    }
    let last = |kept: &&&Kept| kept.renewed_at;
    if let (Some(oldest), Some(newest)) = (renewed.iter().min_by_key(last), renewed.iter().max_by_key(last)) {
        let at = |kept: &Kept| format!("{} at {}", kept.connection, kept.renewed_at.format("%Y-%m-%d %H:%M UTC"));
        let says = format!(
            "{} that changed are kept in {}, which no backup of Daybook's holds; renewed last: {}; longest ago: {}",
            renewed.len(),
            folder.display(),
            at(newest),
            at(oldest)
        );
        findings.push(Finding::good(SUBJECT, says));
    }
    findings
}

/// The files that connections use; `None` where that is not known.
fn in_use(settings: &Settings, now: DateTime<Utc>) -> Option<BTreeSet<String>> {
    let catalog = catalog(&settings.root).ok()?;
    let mut ids = BTreeSet::new();
    for workspace in &settings.workspaces {
        let (found, problems) = sources(settings, workspace, &catalog, now.date_naive(), SecretsAre::Needed);
        if !problems.is_empty() {
            return None;
        }
        ids.extend(found.iter().filter_map(|source| kept_id(&source.connection)));
    }
    Some(ids)
}
