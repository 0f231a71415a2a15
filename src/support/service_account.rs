//! A service account's key file, and the signed assertion that is exchanged for a token
//! (RFC 7523; developers.google.com/identity/protocols/oauth2/service-account).

use super::redact;
use super::secret::Secret;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};

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

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    scope: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

/// What is wrong with a key, in words that follow its name, e.g. `holds no RSA private key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("is not the JSON file Google gave")]
    NotTheFile,
    #[error("holds no RSA private key")]
    NoKey,
    #[error("cannot sign")]
    CannotSign,
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
        let signer = EncodingKey::from_rsa_pem(self.private_key.expose().as_bytes()).map_err(|_| KeyError::NoKey)?;
        let mut header = Header::new(Algorithm::RS256);
        header.kid.clone_from(&self.key_id);
        let iat = now.timestamp();
        let claims = Claims { iss: &self.email, sub: subject, scope, aud: audience, iat, exp: iat + LIFETIME };
        let assertion = jsonwebtoken::encode(&header, &claims, &signer).map_err(|_| KeyError::CannotSign)?;
        redact::keep_token(&assertion);
        Ok(assertion)
    }
}
