//! Access tokens for mail servers that take no password: Microsoft 365, Google, or any token endpoint.
//!
//! <https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth>,
//! <https://developers.google.com/workspace/gmail/imap/xoauth2-protocol>.

mod answer;

use crate::delivery::settings::{MicrosoftGrant, OauthConfig};
use crate::delivery::{BuildError, DeliveryError, one_line};
use crate::support::clock::Clock;
use crate::support::secret::Secret;
use crate::support::service_account::ServiceAccount;
use answer::Fault;
use reqwest::{Client, Url};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

const MICROSOFT_APP_SCOPE: &str = "https://outlook.office365.com/.default";
const MICROSOFT_USER_SCOPE: &str = "https://outlook.office.com/SMTP.Send offline_access";
const GOOGLE_SCOPE: &str = "https://mail.google.com/";
/// Bytes of a token endpoint's answer.
const ANSWER_BYTES: usize = 64 * 1024;
const WAIT: Duration = Duration::from_secs(30);
/// A token is renewed so long before it ends: a connection may wait for its login.
const MARGIN: Duration = Duration::from_secs(300);

/// Where tokens come from.
#[derive(Clone, Debug)]
pub struct Tokens {
    url: Url,
    /// Sent as it is; the values that are secrets never print.
    form: Vec<(&'static str, Secret)>,
    /// The key that signs, and the mailbox it writes as.
    account: Option<(ServiceAccount, String)>,
    client: Client,
    clock: Clock,
}

/// Tokens outlive the ways out, which are built anew for each pass.
static KEPT: Mutex<BTreeMap<Key, Kept>> = Mutex::new(BTreeMap::new());

/// A sum of who asks whom and with what.
type Key = [u8; 32];

struct Kept {
    token: Secret,
    until: Instant,
}

/// A token, and whether it was asked for just now.
#[derive(Clone, Debug)]
pub struct Token {
    pub secret: Secret,
    pub is_new: bool,
}

impl Tokens {
    /// Reads the secrets; asks nobody. `mailbox` is who logs in.
    pub fn build(config: &OauthConfig, mailbox: &str, config_dir: &Path, client: Client) -> Result<Self, BuildError> {
        let invalid = |why: String| BuildError::Invalid(format!("[delivery.mail.oauth]: {why}"));
        let plain = |text: &str| Secret::new(text);
        let url = Url::parse(&config.token_url()).map_err(|_| invalid("the token's address is no URL".to_owned()))?;
        if !crate::delivery::http::is_protected(&url) {
            return Err(invalid("the token's address does not start with https://".to_owned()));
        }
        let (mut form, mut account) = (Vec::new(), None);
        match config {
            OauthConfig::Microsoft { client_id, grant, .. } => {
                form.push(("client_id", plain(client_id)));
                let (kind, scope) = match grant {
                    MicrosoftGrant::ClientSecret(secret) => {
                        form.push(("client_secret", secret.resolve(config_dir)?));
                        ("client_credentials", MICROSOFT_APP_SCOPE)
                    }
                    MicrosoftGrant::RefreshToken(token) => {
                        form.push(("refresh_token", token.resolve(config_dir)?));
                        ("refresh_token", MICROSOFT_USER_SCOPE)
                    }
                };
                form.extend([("grant_type", plain(kind)), ("scope", plain(scope))]);
            }
            OauthConfig::Google { client_id, client_secret, refresh_token, .. } => form.extend([
                ("grant_type", plain("refresh_token")),
                ("client_id", plain(client_id)),
                ("client_secret", client_secret.resolve(config_dir)?),
                ("refresh_token", refresh_token.resolve(config_dir)?),
            ]),
            OauthConfig::GoogleServiceAccount { key, .. } => {
                let text = key.resolve(config_dir)?;
                let key = ServiceAccount::parse(text.expose());
                let key = key.map_err(|what| invalid(format!("the service account's key {what}")))?;
                form.push(("grant_type", plain("urn:ietf:params:oauth:grant-type:jwt-bearer")));
                account = Some((key, mailbox.to_owned()));
            }
            OauthConfig::RefreshToken { client_id, client_secret, refresh_token, scope, .. } => {
                form.extend([("grant_type", plain("refresh_token")), ("client_id", plain(client_id))]);
                form.push(("refresh_token", refresh_token.resolve(config_dir)?));
                if let Some(secret) = client_secret {
                    form.push(("client_secret", secret.resolve(config_dir)?));
                }
                form.extend(scope.as_ref().map(|scope| ("scope", plain(scope))));
            }
        }
        Ok(Self { url, form, account, client, clock: Clock::System })
    }

    /// The token in use, or a new one shortly before that ends.
    pub async fn current(&self) -> Result<Token, DeliveryError> {
        let kept = {
            let mut all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|_, kept| Instant::now() < kept.until);
            all.get(&self.key()).map(|kept| kept.token.clone())
        };
        match kept {
            Some(secret) => Ok(Token { secret, is_new: false }),
            None => self.renewed().await,
        }
    }

    /// A new token, whatever is kept.
    pub async fn renewed(&self) -> Result<Token, DeliveryError> {
        let (secret, lasts) = self.ask().await?;
        let until = Instant::now() + lasts.saturating_sub(MARGIN);
        let kept = Kept { token: secret.clone(), until };
        KEPT.lock().unwrap_or_else(PoisonError::into_inner).insert(self.key(), kept);
        Ok(Token { secret, is_new: true })
    }

    fn key(&self) -> Key {
        let mut hash = Sha256::new();
        let account = self.account.iter().flat_map(|(key, subject)| [subject.as_str(), key.email()]);
        let words = self.form.iter().flat_map(|(name, value)| [*name, value.expose()]);
        for word in std::iter::once(self.url.as_str()).chain(words).chain(account) {
            hash.update(word.len().to_be_bytes());
            hash.update(word);
        }
        hash.finalize().into()
    }

    async fn ask(&self) -> Result<(Secret, Duration), DeliveryError> {
        let mut form: Vec<(&str, String)> =
            self.form.iter().map(|(name, value)| (*name, value.expose().to_owned())).collect();
        if let Some(account) = &self.account {
            form.push(("assertion", self.assertion(account)?));
        }
        let host = self.url.host_str().unwrap_or_default().to_owned();
        let unavailable = |why: &str, retry_after| DeliveryError::Unavailable {
            reason: format!("{host} gave no token: {why}"),
            retry_after,
        };
        // The error's own words may hold the address, but nothing that was sent.
        let asked = self.client.post(self.url.clone()).timeout(WAIT).form(&form).send().await;
        let response = asked.map_err(|error| {
            unavailable(if error.is_timeout() { "no answer in time" } else { "it cannot be reached" }, None)
        })?;
        let status = response.status().as_u16();
        let retry_after = crate::delivery::http::retry_after(&response);
        let body = crate::delivery::http::read_bounded(response, ANSWER_BYTES).await;
        answer::read(status, &body).map_err(|fault| match fault {
            Fault::Refused(words) => {
                let public = ["grant_type", "scope", "client_id"];
                let secrets = self.form.iter().filter(|(name, _)| !public.contains(name));
                let words = secrets.fold(words, |text, (_, secret)| secret.redact(&text));
                let reason = format!("{host} grants no token ({words}): {}", remedy(&words));
                DeliveryError::Misconfigured { reason: one_line(&reason) }
            }
            Fault::Odd => unavailable(&format!("it answered HTTP {status} without one"), retry_after),
        })
    }

    fn assertion(&self, (key, subject): &(ServiceAccount, String)) -> Result<String, DeliveryError> {
        let signed = key.assertion(Some(subject), GOOGLE_SCOPE, self.url.as_str(), self.clock.now());
        signed.map_err(|what| DeliveryError::Misconfigured {
            reason: format!("the service account's key {what}: download a new one at Google"),
        })
    }
}

/// What to do about an endpoint's refusal.
fn remedy(words: &str) -> &'static str {
    if words.starts_with("invalid_client") || words.contains("AADSTS7000222") {
        "put the right client secret where it is kept; it may have expired"
    } else if words.starts_with("invalid_grant") {
        "sign in once more and keep the new refresh token, or let the service account write as the mailbox"
    } else {
        "compare [delivery.mail.oauth] with the app at the provider"
    }
}

#[cfg(test)]
mod tests;
