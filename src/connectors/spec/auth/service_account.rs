//! A signed assertion (RFC 7523) of a service account.

use super::exchange::{Exchange, Grantee, TokenCall};
use super::jwt_bearer::GRANT_TYPE;
use super::render::Render;
use super::scheme::{KeyFile, Proof, Scheme};
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;
use crate::support::service_account;
use crate::support::signed_jwt::KeyError;
use chrono::{DateTime, Utc};

/// A signed assertion exchanged for a token (RFC 7523, RS256), from a Google service-account key file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccount {
    pub token_url: String,
    pub key_json: String,
    pub scope: String,
}

impl ServiceAccount {
    pub const WORD: &str = "service_account";
    pub const ABOUT: &str = "A signed assertion exchanged for a token (RFC 7523, RS256), from a Google \
                 service-account key file.";

    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            token_url: fields::text(
                section,
                "token_url",
                "\"https://vendor.example/token\"",
                "Where the assertion is exchanged, a template.",
            ),
            key_json: fields::text(section, "key_json", "\"{{ secrets.key_json }}\"", "The key file, a template."),
            scope: fields::text(
                section,
                "scope",
                "\"https://vendor.example/auth/read\"",
                "What the token may be used for, a template.",
            ),
        }
    }
}

impl Scheme for ServiceAccount {
    fn proof(&self, render: &Render<'_>) -> Result<Proof, ConnectorError> {
        let call = TokenCall { token_url: self.token_url.clone(), ..TokenCall::default() };
        let exchange = call.exchange(render, (Grantee::ServiceAccount, GRANT_TYPE))?;
        let (key, scope, audience) = (render(&self.key_json)?, render(&self.scope)?, exchange.url.clone());
        let sign = move |now| assertion(&key, &scope, &audience, now);
        Ok(Proof::Exchange(Box::new(Exchange { assertion: Some(Box::new(sign)), ..exchange })))
    }

    fn templates(&self) -> Vec<&str> {
        vec![&self.token_url, &self.key_json, &self.scope]
    }

    fn key_file(&self) -> Option<KeyFile<'_>> {
        Some(KeyFile::ServiceAccount(&self.key_json))
    }
}

/// The signed assertion of a service account, good for an hour
/// (developers.google.com/identity/protocols/oauth2/service-account).
fn assertion(key_json: &str, scope: &str, audience: &str, now: DateTime<Utc>) -> Result<String, ConnectorError> {
    let wrong = |what: KeyError| ConnectorError::Configuration { note: format!("the service-account key {what}") };
    let account = service_account::ServiceAccount::parse(key_json);
    account.and_then(|account| account.assertion(None, scope, audience, now)).map_err(wrong)
}
