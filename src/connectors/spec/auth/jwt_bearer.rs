//! A token that the application signs (RFC 7519), sent as it is or exchanged for another (RFC 7523, 2.1).

use super::exchange::{Exchange, Grantee, TokenCall};
use super::render::{Render, Signer};
use super::scheme::{KeyFile, Proof, Scheme};
use crate::connectors::error::ConnectorError;
use crate::connectors::fields::{self, Word};
use crate::settings::Section;
use crate::support::secret::Secret;
use crate::support::signed_jwt::{Algorithm, SigningKey};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Seconds that a signed token is good for if nothing else is said; some vendors take no more.
const LIFETIME_SECS: u32 = 300;

/// A signed token with claims of the connector's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwtBearer {
    /// Without an address the signed token itself is sent.
    pub call: TokenCall,
    pub algorithm: Algorithm,
    pub private_key: String,
    pub key_id: Option<String>,
    pub claims: BTreeMap<String, String>,
    pub lifetime_secs: u32,
}

const ALGORITHMS: &[Word<Algorithm>] =
    &[("RS256", "An RSA key.", Algorithm::RS256), ("ES256", "A key of the curve P-256, in PKCS #8.", Algorithm::ES256)];

/// The grant by which an assertion is exchanged.
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

impl JwtBearer {
    pub const WORD: &str = "jwt_bearer";
    pub const ABOUT: &str = "A token that is signed with a private key: exchanged for another (RFC 7523) where \
                 `token_url` is given, else sent as it is.";

    pub fn read(section: &mut Section<'_>) -> Self {
        let token_url = fields::optional_text(
            section,
            "token_url",
            "Where the signed token is exchanged, a template; without it, it is sent as it is.",
        );
        Self {
            algorithm: fields::optional_word(section, "algorithm", "\"RS256\" if absent.", ALGORITHMS)
                .unwrap_or(Algorithm::RS256),
            private_key: fields::text(
                section,
                "private_key",
                "\"{{ secrets.private_key }}\"",
                "The key in PEM form, a template.",
            ),
            key_id: fields::optional_text(section, "key_id", "What the vendor calls the key (`kid`), a template."),
            claims: fields::text_map(
                section,
                "claims",
                "Claims by name, such as `iss`, `sub` and `aud`; the values are templates, and one that renders empty \
                 is left out. `iat` and `exp` are added.",
            ),
            lifetime_secs: fields::optional_number(
                section,
                "lifetime_secs",
                "Seconds that the signed token is good for; 300 if absent.",
            )
            .unwrap_or(LIFETIME_SECS),
            call: TokenCall { token_url: token_url.unwrap_or_default(), ..TokenCall::read_rest(section) },
        }
    }

    fn signer(&self, render: &Render<'_>) -> Result<Signer, ConnectorError> {
        let wrong = |why| ConnectorError::Configuration { note: format!("the private key {why}") };
        let key_id = self.key_id.as_deref().map(render).transpose()?.filter(|id| !id.is_empty());
        let (algorithm, private_key) = (self.algorithm, Secret::new(render(&self.private_key)?));
        let mut claims = Map::new();
        for (name, template) in &self.claims {
            let value = render(template)?;
            if !value.is_empty() {
                claims.insert(name.clone(), Value::from(value));
            }
        }
        let lifetime = i64::from(self.lifetime_secs);
        Ok(Box::new(move |now| {
            let key = SigningKey::parse(algorithm, private_key.expose(), key_id.clone());
            key.and_then(|key| key.sign(&claims, now, lifetime)).map_err(wrong)
        }))
    }
}

impl Scheme for JwtBearer {
    fn proof(&self, render: &Render<'_>) -> Result<Proof, ConnectorError> {
        let sign = self.signer(render)?;
        if self.call.token_url.is_empty() {
            return Ok(Proof::Signed { sign, lifetime_secs: i64::from(self.lifetime_secs) });
        }
        let exchange = self.call.exchange(render, (Grantee::Signer, GRANT_TYPE))?;
        Ok(Proof::Exchange(Box::new(Exchange { assertion: Some(sign), ..exchange })))
    }

    fn templates(&self) -> Vec<&str> {
        let own = std::iter::once(&self.private_key).chain(&self.key_id).chain(self.claims.values());
        own.map(String::as_str).chain(self.call.templates()).collect()
    }

    fn key_file(&self) -> Option<KeyFile<'_>> {
        Some(KeyFile::Pem(&self.private_key))
    }

    fn values(&self) -> Vec<&str> {
        self.call.values()
    }
}
