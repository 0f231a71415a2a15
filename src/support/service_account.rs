//! A service account's key file, and the signed assertion that is exchanged for a token
//! (RFC 7523; developers.google.com/identity/protocols/oauth2/service-account).

use super::secret::Secret;
use super::signed_jwt::{Algorithm, KeyError, SigningKey};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Seconds that an assertion is good for.
const LIFETIME: i64 = 3600;

/// What of a key file is used.
#[derive(Clone, Debug)]
pub struct ServiceAccount {
    email: String,
    private_key: Secret,
    key_id: Option<String>,
}

#[derive(Deserialize)]
struct KeyFile {
    client_email: String,
    private_key: String,
    private_key_id: Option<String>,
}

impl ServiceAccount {
    /// Reads a key file.
    pub fn parse(key_json: &str) -> Result<Self, KeyError> {
        let file: KeyFile = serde_json::from_str(key_json).map_err(|_| KeyError::NotTheFile)?;
        let private_key = Secret::new(file.private_key);
        Ok(Self { email: file.client_email, private_key, key_id: file.private_key_id })
    }

    /// Whose key it is.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// The signed assertion, good for an hour; for `subject` where the account acts for somebody.
    pub fn assertion(
        &self,
        subject: Option<&str>,
        scope: &str,
        audience: &str,
        now: DateTime<Utc>,
    ) -> Result<String, KeyError> {
        let mut claims = Map::new();
        let own =
            [("iss", Some(self.email.as_str())), ("sub", subject), ("scope", Some(scope)), ("aud", Some(audience))];
        for (name, value) in own.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            claims.insert(name.to_owned(), Value::from(value));
        }
        let key = SigningKey::parse(Algorithm::RS256, self.private_key.expose(), self.key_id.clone())?;
        key.sign(&claims, now, LIFETIME)
    }
}
