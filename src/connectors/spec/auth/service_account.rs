//! A signed assertion (RFC 7523) of a service account.

use super::scheme::{Grantee, Proof, Render, Scheme};
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;
use crate::support::service_account::{self, KeyError};
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
        let (url, key, scope) = (render(&self.token_url)?, render(&self.key_json)?, render(&self.scope)?);
        let audience = url.clone();
        let form = move |now| {
            let grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned();
            Ok(vec![("grant_type", grant_type), ("assertion", assertion(&key, &scope, &audience, now)?)])
        };
        Ok(Proof::Exchange { url, grantee: Grantee::ServiceAccount, form: Box::new(form) })
    }

    fn key_file(&self) -> Option<&str> {
        Some(&self.key_json)
    }
}

/// The signed assertion of a service account, good for an hour
/// (developers.google.com/identity/protocols/oauth2/service-account).
fn assertion(key_json: &str, scope: &str, audience: &str, now: DateTime<Utc>) -> Result<String, ConnectorError> {
    let wrong = |what: KeyError| ConnectorError::Configuration { note: format!("the service-account key {what}") };
    let account = service_account::ServiceAccount::parse(key_json);
    account.and_then(|account| account.assertion(None, scope, audience, now)).map_err(wrong)
}
