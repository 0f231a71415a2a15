//! Refresh tokens that came in place of configured ones, as `daybook doctor` reports them.

use crate::app::{SecretsAre, catalog, sources};
use crate::config::Settings;
use crate::connectors::auth::kept::{FOLDER, Kept, all};
use crate::connectors::auth::kept_id;
use crate::warehouse::maintenance::doctor::Finding;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;

const SUBJECT: &str = "refresh tokens";

/// A person has to connect the account again by then, which may need another person.
const AHEAD: TimeDelta = TimeDelta::days(30);

/// An end that was noted so lately is moved on by the next use.
const MOVES_WITHIN: TimeDelta = TimeDelta::days(2);

/// What is kept, what ends soon, and what no connection uses any more.
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
            Ok(kept) => {
                findings.extend(ending(kept, now));
                renewed.extend(kept.refresh_token.is_some().then_some(kept));
            }
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

/// A refresh token that ends however often it is used. The end of others moves on with each use.
fn ending(kept: &Kept, now: DateTime<Utc>) -> Option<Finding> {
    let moves = now - kept.renewed_at < MOVES_WITHIN;
    let ends_at = kept.ends_at.filter(|ends_at| *ends_at - now < if moves { TimeDelta::zero() } else { AHEAD })?;
    let day = ends_at.format("%Y-%m-%d");
    let says = match ends_at > now {
        true => format!("that of {} ends on {day}", kept.connection),
        false => format!("that of {} ended on {day}", kept.connection),
    };
    let remedy = "connect the account again and put the new refresh token where the secret is kept";
    Some(Finding::warning(SUBJECT, says, remedy))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::maintenance::doctor::Health;

    #[test]
    fn a_token_that_ends_is_told_a_month_ahead() {
        let now = "2026-11-20T12:00:00Z".parse().expect("an instant");
        let told = |noted_at: &str, ends_at: &str| {
            let kept = Kept {
                connector: "linkedin_ads".to_owned(),
                connection: "shop/linkedin".to_owned(),
                refresh_token: None,
                renewed_at: noted_at.parse().expect("an instant"),
                ends_at: Some(ends_at.parse().expect("an instant")),
            };
            ending(&kept, now).map(|finding| (finding.health, finding.says))
        };
        let long_ago = "2025-12-19T12:00:00Z";
        assert_eq!(told(long_ago, "2026-12-21T12:00:00Z"), None);
        let soon = "that of shop/linkedin ends on 2026-12-19".to_owned();
        assert_eq!(told(long_ago, "2026-12-19T12:00:00Z"), Some((Health::Warning, soon)));
        assert!(told(long_ago, "2026-11-19T12:00:00Z").is_some_and(|(_, says)| says.contains("ended on 2026-11-19")));
        assert_eq!(
            told("2026-11-20T08:00:00Z", "2026-12-04T08:00:00Z"),
            None,
            "one of two weeks that each use prolongs"
        );
    }
}
