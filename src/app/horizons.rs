//! The credentials of an installation's connections that end: as vendors say it, as an admin wrote it down, and as
//! refresh tokens were given for a time.

use super::sources::{SecretsAre, sources};
use crate::config::connections::ConnectionSettings;
use crate::config::{Settings, WorkspaceSettings};
use crate::connectors::auth::kept::{FOLDER, all};
use crate::connectors::auth::kept_id;
use crate::connectors::{Catalog, Connector};
use crate::jobs::horizon::{CredentialEnd, HorizonStep};
use crate::warehouse::credential_ends::StatedEnd;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An end that was noted so lately is moved on by the next use.
const MOVES_WITHIN: TimeDelta = TimeDelta::days(2);

/// Every credential that ends within 14 days or has ended; `stated` is what vendors said.
pub fn credential_ends(
    settings: &Settings,
    catalog: &Catalog,
    stated: &[StatedEnd],
    now: DateTime<Utc>,
) -> Vec<CredentialEnd> {
    let each = |(own, secret, ends_at): (Place<'_>, Option<&String>, DateTime<Utc>)| own.end(secret, ends_at, now);
    known(settings, catalog, stated, now).into_iter().filter_map(each).collect()
}

/// The next end of each connection's credentials, by workspace and connection, however far ahead.
pub fn next_credential_ends(
    settings: &Settings,
    catalog: &Catalog,
    stated: &[StatedEnd],
    now: DateTime<Utc>,
) -> BTreeMap<(String, String), DateTime<Utc>> {
    let mut next: BTreeMap<(String, String), DateTime<Utc>> = BTreeMap::new();
    for (own, _, ends_at) in known(settings, catalog, stated, now) {
        let key = (own.workspace.workspace.id.clone(), own.own.id.clone());
        next.entry(key).and_modify(|at| *at = (*at).min(ends_at)).or_insert(ends_at);
    }
    next
}

/// Every end that is known, with its connection, and its secret where one alone ends.
fn known<'a>(
    settings: &'a Settings,
    catalog: &Catalog,
    stated: &[StatedEnd],
    now: DateTime<Utc>,
) -> Vec<(Place<'a>, Option<&'a String>, DateTime<Utc>)> {
    let (kept, today) = (all(&settings.data_dir.join(FOLDER)), now.date_naive());
    let mut found = Vec::new();
    for workspace in &settings.workspaces {
        let id = &workspace.workspace.id;
        let is_known = !kept.is_empty() || stated.iter().any(|end| end.workspace == *id && end.ends_at.is_some());
        // Only what is said of the secrets that are configured now counts.
        let (in_use, _) = match is_known {
            true => sources(settings, workspace, catalog, today, SecretsAre::Needed),
            false => Default::default(),
        };
        for own in &workspace.connections {
            let Some(connector) = catalog.get(&own.connector) else { continue };
            let place = Place { workspace, own, connector };
            for source in in_use.iter().filter(|source| source.connection.id == own.id) {
                let (token, credential) = (kept_id(&source.connection), source.connection.credential());
                let given =
                    kept.iter().filter(|(id, _)| token.as_ref() == Some(id)).filter_map(|(_, kept)| kept.as_ref().ok());
                let given = given.filter(|kept| now - kept.renewed_at >= MOVES_WITHIN).filter_map(|kept| kept.ends_at);
                let said = stated
                    .iter()
                    .filter(|end| end.workspace == *id && end.connection == own.id && end.credential == credential);
                let ends = said.filter_map(|end| end.ends_at).chain(given);
                found.extend(ends.map(|ends_at| (place.clone(), None, ends_at)));
            }
            // Which hour is not known: it may be the first.
            let day = |day: &NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
            found.extend(own.secret_ends.iter().map(|(secret, ends)| (place.clone(), Some(secret), day(ends))));
        }
    }
    found
}

/// A connection in its file.
#[derive(Clone)]
struct Place<'a> {
    workspace: &'a WorkspaceSettings,
    own: &'a ConnectionSettings,
    connector: Arc<Connector>,
}

impl Place<'_> {
    fn end(&self, secret: Option<&String>, ends_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<CredentialEnd> {
        let step = HorizonStep::at(now, ends_at)?;
        let (vendor, own) = (&self.connector.spec.label, self.own);
        let what = secret.map_or_else(|| "the credential".to_owned(), |secret| format!("the secret {secret}"));
        let day = ends_at.format("%Y-%m-%d");
        let says = match step {
            HorizonStep::Over => format!("{what} for {vendor} ended on {day}: nothing new can be read with it"),
            _ => format!("{what} for {vendor} ends on {day}, {}", ahead(ends_at - now)),
        };
        let steps = self.connector.spec.horizon.as_ref().map(|horizon| horizon.renew.as_str());
        let steps = steps.unwrap_or("make a new one at the vendor");
        let then = match secret {
            Some(secret) => {
                format!("put it where the secret is kept, and set secret_ends.{secret} of {} to its own end", own.id)
            }
            None => "put it where the secret is kept; `daybook check --online` tries it".to_owned(),
        };
        let line = secret.and_then(|secret| own.lines.get(secret)).copied().unwrap_or(own.line);
        Some(CredentialEnd {
            workspace: self.workspace.workspace.id.clone(),
            connection: own.id.clone(),
            vendor: vendor.clone(),
            secret: secret.cloned(),
            ends_at,
            step,
            says,
            remedy: format!("{}; {then}", steps.trim_end_matches('.')),
            place: (self.workspace.file.clone(), line),
        })
    }
}

/// How far ahead, in words.
fn ahead(left: TimeDelta) -> String {
    match left.num_days() {
        0 => "within a day".to_owned(),
        1 => "in a day".to_owned(),
        days => format!("in {days} days"),
    }
}
