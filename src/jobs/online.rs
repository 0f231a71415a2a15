//! Tries every way in and out as it is configured: each vendor's account with one small request a
//! stream, the mail server up to its login, channels as far as they can be asked. Loads and sends nothing.

use crate::connectors::error::ConnectionError;
use crate::connectors::parts_of::PartOf;
use crate::connectors::{Connection, ConnectorError, Engine, Probed};
use crate::delivery::{Deliverers, DeliveryError, ProbeResult};
use crate::domain::money::Currency;
use futures_util::StreamExt;
use serde::Serialize;

/// Accounts that are tried side by side.
const AT_ONCE: usize = 8;
/// At most so many refusals of an account are reported.
const MOST_TOLD: usize = 5;

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Good,
    /// All answers, but something differs from the settings.
    Warning,
    /// The other side does not take the credential.
    CredentialRefused,
    /// The credential is taken, and may not read or do this.
    RightLacking,
    Unreachable,
    /// Answered, but not as it should.
    Failing,
    /// Cannot be tried without somebody noticing.
    Untried,
}

/// What was found of one way in or out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// e.g. `acme/google_ads` or `mail`.
    pub subject: String,
    pub standing: Standing,
    pub says: String,
    pub remedy: Option<String>,
    /// Where the secrets in question are named: `access_token at config/workspaces/acme.toml:12`.
    pub secrets: Vec<String>,
}

/// A vendor's account to be tried.
#[derive(Clone, Debug)]
pub struct Account {
    pub connection: Connection,
    /// The workspace's.
    pub currency: Currency,
    /// As in [`Finding::secrets`].
    pub secrets: Vec<String>,
}

/// Tries each account; as many findings in the same order.
pub async fn vendors(engine: &Engine, accounts: &[Account]) -> Vec<Finding> {
    futures_util::stream::iter(accounts.iter().map(|account| try_account(engine, account)))
        .buffered(AT_ONCE)
        .collect()
        .await
}

async fn try_account(engine: &Engine, account: &Account) -> Finding {
    let connection = &account.connection;
    let subject = format!("{}/{}", connection.workspace, connection.id);
    let (mut asked, mut notes, mut warnings): (usize, Vec<String>, Vec<String>) = Default::default();
    let mut errors: Vec<(String, ConnectorError)> = Vec::new();
    'streams: for (id, stream) in &connection.connector.spec.streams {
        let parts = match engine.parts_of(connection, stream).await {
            Ok(parts) => parts,
            Err(error) => {
                errors.push((id.clone(), error));
                break;
            }
        };
        for PartOf { partition, refused } in parts {
            if let Some(note) = refused {
                errors.push((format!("{id} of {partition}"), ConnectorError::Configuration { note }));
                continue;
            }
            asked += 1;
            let place = if partition.is_empty() { id.clone() } else { format!("{id} of {partition}") };
            match engine.probe(connection, id, &partition).await {
                Ok(Probed { note, warning, currency }) => {
                    let other = currency.filter(|code| !code.eq_ignore_ascii_case(account.currency.code()));
                    warnings.extend(other.map(|code| {
                        let own = account.currency;
                        format!("{place}: the account is in {code}, the workspace in {own}: amounts need a rate of each day (a drop folder with preset \"fx\")")
                    }));
                    notes.extend(note.map(|note| format!("{place}: {note}")));
                    warnings.extend(warning.map(|warning| format!("{place}: {warning}")));
                }
                Err(error) => {
                    // What concerns the whole account needs no second asking.
                    let is_last = !matches!(standing(&error), Standing::RightLacking | Standing::Failing);
                    errors.push((place, error));
                    if is_last {
                        break 'streams;
                    }
                }
            }
        }
    }
    for (label, others) in engine.unnamed(connection) {
        warnings.push(format!("{} {label} are not read: {}", others.len(), others.join(", ")));
    }
    // What concerns the whole account was found last, and comes first.
    let of_all =
        |(_, error): &(String, ConnectorError)| matches!(standing(error), Standing::RightLacking | Standing::Failing);
    errors.sort_by_key(of_all);
    let Some((_, worst)) = errors.first() else {
        let told = |told: &[String]| if told.is_empty() { String::new() } else { format!("; {}", told.join("; ")) };
        let answered = format!("{asked} {} answered", if asked == 1 { "request" } else { "requests" });
        let says = format!("{answered}{}{}", told(&warnings), told(&notes));
        let (standing, remedy) = match warnings.is_empty() {
            true => (Standing::Good, None),
            false => (Standing::Warning, Some("set it in the connection's settings".to_owned())),
        };
        return Finding { subject, standing, says, remedy, secrets: Vec::new() };
    };
    let standing = standing(worst);
    let concerns_secrets = matches!(standing, Standing::CredentialRefused | Standing::RightLacking);
    let told: Vec<String> = errors.iter().take(MOST_TOLD).map(|(place, error)| format!("{place}: {error}")).collect();
    let more = errors.len().saturating_sub(MOST_TOLD);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    Finding {
        subject,
        standing,
        says: told.join("; ") + &more,
        remedy: Some(remedy(worst).to_owned()),
        secrets: if concerns_secrets { account.secrets.clone() } else { Vec::new() },
    }
}

fn standing(error: &ConnectorError) -> Standing {
    match error {
        ConnectorError::Unauthorized { .. } | ConnectorError::Rejected { status: 401, .. } => {
            Standing::CredentialRefused
        }
        ConnectorError::Rejected { status: 403, .. } => Standing::RightLacking,
        ConnectorError::Unreachable { .. } => Standing::Unreachable,
        _ => Standing::Failing,
    }
}

/// What to do about it.
pub fn remedy(error: &ConnectorError) -> &'static str {
    match error {
        ConnectorError::Unauthorized { .. } | ConnectorError::Rejected { status: 401, .. } => {
            "do what is said there; a credential that was revoked, deleted or has expired needs a new one where the secret is kept"
        }
        ConnectorError::Rejected { status: 403, .. } => "give the credential this right at the vendor",
        ConnectorError::Rejected { .. } | ConnectorError::Configuration { .. } => {
            "look at the connection's settings: an id may be wrong, or an API version over"
        }
        ConnectorError::Unreachable { obstacle, .. } => match obstacle {
            ConnectionError::Name => "look at the address in the settings, and at this machine's DNS",
            ConnectionError::Refused => "look at the address and port in the settings",
            ConnectionError::Tls => "look at this machine's clock and certificates; a proxy may stand in between",
            ConnectionError::Silence | ConnectionError::Network => "look at this machine's network, firewall and proxy",
        },
        ConnectorError::RateLimited { .. } | ConnectorError::QuotaSpent { .. } => {
            "the credential works; ask again when the vendor's quota has returned"
        }
        ConnectorError::Cut { .. } => "the credential works; the connector has to ask for less at once",
        ConnectorError::Unavailable { .. } => "the trouble is at the vendor's: ask again later",
        ConnectorError::UnexpectedPayload { .. } => "look at the address in the settings: something else answers there",
        ConnectorError::RanShort { .. } | ConnectorError::Landing { .. } => "look at this machine's disk",
    }
}

/// Tries the ways out; `secrets` gives where a way's secrets are named.
pub async fn ways_out(deliverers: &Deliverers, secrets: &(dyn Fn(&str) -> Vec<String> + Sync)) -> Vec<Finding> {
    let tried = deliverers.try_ways().await;
    tried.into_iter().map(|(way, tried)| way_out(&way, tried, secrets(&way))).collect()
}

fn way_out(way: &str, tried: ProbeResult, secrets: Vec<String>) -> Finding {
    let subject = way.to_owned();
    match tried {
        ProbeResult::Well(says) => {
            Finding { subject, standing: Standing::Good, says, remedy: None, secrets: Vec::new() }
        }
        ProbeResult::Never(says, remedy) => {
            Finding { subject, standing: Standing::Untried, says, remedy: Some(remedy), secrets: Vec::new() }
        }
        ProbeResult::Failed(error) => {
            let (standing, remedy) = match &error {
                DeliveryError::Misconfigured { .. } | DeliveryError::Permanent { .. } => {
                    (Standing::Failing, "mend the section [delivery] of config/daybook.toml")
                }
                _ => (Standing::Unreachable, "look at host and port, DNS, and this machine's firewall"),
            };
            Finding { subject, standing, says: error.to_string(), remedy: Some(remedy.to_owned()), secrets: Vec::new() }
        }
        ProbeResult::LoginRefused(says) => {
            let remedy = Some("put the right credential where the secret is kept".to_owned());
            Finding { subject, standing: Standing::CredentialRefused, says, remedy, secrets }
        }
    }
}

impl Standing {
    /// Whether somebody should look.
    pub fn is_bad(self) -> bool {
        !matches!(self, Self::Good | Self::Warning | Self::Untried)
    }
}
