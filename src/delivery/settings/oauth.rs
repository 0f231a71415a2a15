//! The section `[delivery.mail.oauth]`: where access tokens come from.

use crate::settings::kinds::{secret_ref, text};
use crate::settings::reader::{At, Section};
use crate::settings::values::quoted;
use crate::settings::{ReadContext, SecretPlace};
use crate::support::secret::SecretRef;

/// Where access tokens for the mail server come from.
#[derive(Clone, Debug, PartialEq)]
pub enum OauthConfig {
    Microsoft {
        /// The tenant's id or domain.
        tenant: String,
        client_id: String,
        grant: MicrosoftGrant,
        /// Where national clouds sign in.
        login_url: String,
    },
    Google {
        client_id: String,
        client_secret: SecretRef,
        refresh_token: SecretRef,
        token_url: String,
    },
    /// A service account that may write as the mailbox (domain-wide delegation).
    GoogleServiceAccount {
        /// The JSON file that Google gave.
        key: SecretRef,
        token_url: String,
    },
    /// Any other endpoint of RFC 6749, section 6.
    RefreshToken {
        token_url: String,
        client_id: String,
        client_secret: Option<SecretRef>,
        refresh_token: SecretRef,
        scope: Option<String>,
    },
}

/// How an app at Microsoft proves itself: by itself, or for a person who signed in.
#[derive(Clone, Debug, PartialEq)]
pub enum MicrosoftGrant {
    ClientSecret(SecretRef),
    RefreshToken(SecretRef),
}

/// Where Microsoft signs in.
pub const MICROSOFT_LOGIN: &str = "https://login.microsoftonline.com";
/// Where Google gives tokens.
pub const GOOGLE_TOKENS: &str = "https://oauth2.googleapis.com/token";

impl OauthConfig {
    pub fn token_url(&self) -> String {
        match self {
            Self::Microsoft { tenant, login_url, .. } => {
                format!("{}/{tenant}/oauth2/v2.0/token", login_url.trim_end_matches('/'))
            }
            Self::Google { token_url, .. }
            | Self::GoogleServiceAccount { token_url, .. }
            | Self::RefreshToken { token_url, .. } => token_url.clone(),
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Microsoft,
    Google,
    GoogleServiceAccount,
    RefreshToken,
}

pub(super) fn read(mut section: Section<'_>, context: &ReadContext<'_>) -> Option<OauthConfig> {
    section.about("Access tokens for a mail server that takes no password.");
    let kinds = [
        ("microsoft", Kind::Microsoft),
        ("google", Kind::Google),
        ("google_service_account", Kind::GoogleServiceAccount),
        ("refresh_token", Kind::RefreshToken),
    ];
    let kind = section.choice("kind", "\"microsoft\"", "Who gives the tokens.", &kinds)?;
    let config = match kind.value {
        Kind::Microsoft => microsoft(&mut section, context),
        Kind::Google => {
            let client_id = id(&mut section);
            let client_secret = secret(&mut section, context, "client_secret", "The app's secret.");
            let refresh_token = secret(
                &mut section,
                context,
                "refresh_token",
                "From a sign-in with the scope https://mail.google.com/.",
            );
            let token_url = url(&mut section, "token_url", "Where tokens are given.", GOOGLE_TOKENS);
            (|| {
                Some(OauthConfig::Google {
                    client_id: client_id?,
                    client_secret: client_secret?,
                    refresh_token: refresh_token?,
                    token_url,
                })
            })()
        }
        Kind::GoogleServiceAccount => {
            let key =
                secret(&mut section, context, "key", "The JSON file of a service account that may write as username.");
            let token_url = url(&mut section, "token_url", "Where tokens are given.", GOOGLE_TOKENS);
            key.map(|key| OauthConfig::GoogleServiceAccount { key, token_url })
        }
        Kind::RefreshToken => {
            let about = "Where tokens are given.";
            let token_url = section.required("token_url", "\"https://login.example.com/token\"", text().about(about));
            let client_id = id(&mut section);
            let client_secret =
                may_be_secret(&mut section, context, "client_secret", "The app's secret, if it has one.");
            let refresh_token = secret(
                &mut section,
                context,
                "refresh_token",
                "What a new token is asked for with; one that does not change with each use.",
            );
            let scope = section.optional("scope", text().about("What the token is for.")).map(|at| at.value);
            (|| {
                Some(OauthConfig::RefreshToken {
                    token_url: protected(&section, token_url?)?,
                    client_id: client_id?,
                    client_secret,
                    refresh_token: refresh_token?,
                    scope,
                })
            })()
        }
    };
    section.finish();
    config
}

fn microsoft(section: &mut Section<'_>, context: &ReadContext<'_>) -> Option<OauthConfig> {
    let tenant = section.required("tenant", "\"acme.onmicrosoft.com\"", text().about("The tenant's id or domain."));
    let client_id = id(section);
    let has_both = section.has("client_secret") && section.has("refresh_token");
    let client_secret =
        may_be_secret(section, context, "client_secret", "The secret of an app with the right SMTP.SendAsApp.");
    let refresh_token = may_be_secret(section, context, "refresh_token", "From a sign-in with the right SMTP.Send.");
    let login_url = url(section, "login_url", "Where a national cloud signs in.", MICROSOFT_LOGIN);
    if let Some(wrong) = tenant.as_ref().filter(|tenant| !is_tenant(&tenant.value)) {
        let message = format!("[delivery.mail.oauth]: {} is no tenant", quoted(&wrong.value));
        section.problem(wrong.line, &message, "write its id or domain, as \"acme.onmicrosoft.com\"");
    }
    let grant = match (client_secret, refresh_token) {
        (Some(secret), None) => MicrosoftGrant::ClientSecret(secret),
        (None, Some(token)) => MicrosoftGrant::RefreshToken(token),
        _ => {
            let message = if has_both {
                "has a client_secret and a refresh_token"
            } else {
                "has no client_secret or refresh_token"
            };
            let remedy = "write client_secret = { env = \"…\" } for an app by itself, or refresh_token for a person";
            section.problem(section.line, &format!("[delivery.mail.oauth]: {message}"), remedy);
            return None;
        }
    };
    Some(OauthConfig::Microsoft { tenant: tenant?.value, client_id: client_id?, grant, login_url })
}

fn is_tenant(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
}

fn id(section: &mut Section<'_>) -> Option<String> {
    let about = "The id of the app at the provider.";
    section.required("client_id", "\"00000000-0000-0000-0000-000000000000\"", text().about(about)).map(|at| at.value)
}

fn secret(
    section: &mut Section<'_>,
    context: &ReadContext<'_>,
    key: &'static str,
    about: &'static str,
) -> Option<SecretRef> {
    let found = section.required(key, "{ env = \"DAYBOOK_MAIL_OAUTH\" }", secret_ref().about(about));
    noted(section, context, found)
}

fn may_be_secret(
    section: &mut Section<'_>,
    context: &ReadContext<'_>,
    key: &'static str,
    about: &'static str,
) -> Option<SecretRef> {
    let found = section.optional(key, secret_ref().about(about));
    noted(section, context, found)
}

fn noted(section: &Section<'_>, context: &ReadContext<'_>, found: Option<At<SecretRef>>) -> Option<SecretRef> {
    found.map(|at| {
        context.secrets.add(SecretPlace::new(section, at.line, "mail", &at.value));
        at.value
    })
}

fn url(section: &mut Section<'_>, key: &'static str, about: &'static str, otherwise: &str) -> String {
    let found = section.optional(key, text().about(about));
    found.and_then(|found| protected(section, found)).unwrap_or_else(|| otherwise.to_owned())
}

/// Secrets go there, so nobody may read them on the way.
fn protected(section: &Section<'_>, url: At<String>) -> Option<String> {
    if url.value.starts_with("https://") || url.value.starts_with("http://127.0.0.1") {
        return Some(url.value);
    }
    let message = format!("[delivery.mail.oauth]: {} does not start with https://", quoted(&url.value));
    section.problem(url.line, &message, "write the provider's https:// address");
    None
}
