//! Tokens that are signed with a private key (RFC 7519).

use super::redact;
use chrono::{DateTime, Utc};
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Map, Value};

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA with SHA-256.
    RS256,
    /// ECDSA with P-256 and SHA-256.
    ES256,
}

/// A private key that signs.
#[derive(Clone)]
pub struct SigningKey {
    key: EncodingKey,
    header: Header,
}

/// What is wrong with a key, in words that follow its name, e.g. `holds no RSA private key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("is not the JSON file Google gave")]
    NotTheFile,
    #[error("holds no RSA private key")]
    NoRsaKey,
    #[error("holds no private key of the curve P-256 in PKCS #8 (openssl pkcs8 -topk8 -nocrypt converts one)")]
    NoEcKey,
    #[error("is protected by a password: keep it without one (openssl pkcs8 -topk8 -nocrypt)")]
    Encrypted,
    #[error("cannot sign")]
    CannotSign,
}

impl SigningKey {
    /// Reads a key in PEM form. Where a variable of the environment holds it on one line, `\n` stands for the breaks.
    pub fn parse(algorithm: Algorithm, pem: &str, key_id: Option<String>) -> Result<Self, KeyError> {
        let pem = match pem.trim() {
            text if text.contains('\n') => text.to_owned(),
            text => text.replace("\\r", "").replace("\\n", "\n"),
        };
        if pem.contains("BEGIN ENCRYPTED") || pem.contains("Proc-Type: 4,ENCRYPTED") {
            return Err(KeyError::Encrypted);
        }
        let (algorithm, key) = match algorithm {
            Algorithm::RS256 => (
                jsonwebtoken::Algorithm::RS256,
                EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| KeyError::NoRsaKey),
            ),
            Algorithm::ES256 => (
                jsonwebtoken::Algorithm::ES256,
                EncodingKey::from_ec_pem(pem.as_bytes()).map_err(|_| KeyError::NoEcKey),
            ),
        };
        Ok(Self { key: key?, header: Header { kid: key_id, ..Header::new(algorithm) } })
    }

    /// The signed token, good for `lifetime_secs` from `now`.
    pub fn sign(
        &self,
        claims: &Map<String, Value>,
        now: DateTime<Utc>,
        lifetime_secs: i64,
    ) -> Result<String, KeyError> {
        let mut claims = claims.clone();
        claims.insert("iat".to_owned(), Value::from(now.timestamp()));
        claims.insert("exp".to_owned(), Value::from(now.timestamp() + lifetime_secs));
        let token = jsonwebtoken::encode(&self.header, &claims, &self.key).map_err(|_| KeyError::CannotSign)?;
        redact::keep_token(&token);
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use jsonwebtoken::{DecodingKey, Validation, decode};

    /// Made for this test; they open nothing.
    const EC_KEY: &str = include_str!("../../tests/fixtures/keys/ec_private.pem");
    const EC_PUBLIC: &str = include_str!("../../tests/fixtures/keys/ec_public.pem");
    const RSA_KEY: &str = include_str!("../../tests/fixtures/keys/rsa_private.pem");
    const RSA_PUBLIC: &str = include_str!("../../tests/fixtures/keys/rsa_public.pem");

    fn signed(algorithm: Algorithm, pem: &str) -> Result<String, KeyError> {
        let mut claims = Map::new();
        claims.insert("iss".to_owned(), Value::from("app"));
        let now = Utc.with_ymd_and_hms(2026, 11, 20, 8, 0, 0).single().expect("an instant");
        SigningKey::parse(algorithm, pem, Some("k1".to_owned()))?.sign(&claims, now, 300)
    }

    fn read(token: &str, algorithm: jsonwebtoken::Algorithm, key: &DecodingKey) -> (Option<String>, Value) {
        let mut validation = Validation::new(algorithm);
        validation.validate_exp = false;
        let token = decode::<Value>(token, key, &validation).expect("a sound signature");
        (token.header.kid, token.claims)
    }

    #[test]
    fn keys_of_both_kinds_sign_what_the_public_key_confirms() {
        let rsa = DecodingKey::from_rsa_pem(RSA_PUBLIC.as_bytes()).expect("a key");
        let ec = DecodingKey::from_ec_pem(EC_PUBLIC.as_bytes()).expect("a key");
        let of_rsa = signed(Algorithm::RS256, RSA_KEY).expect("signed");
        let of_ec = signed(Algorithm::ES256, EC_KEY).expect("signed");
        for (kid, claims) in
            [read(&of_rsa, jsonwebtoken::Algorithm::RS256, &rsa), read(&of_ec, jsonwebtoken::Algorithm::ES256, &ec)]
        {
            assert_eq!((kid.as_deref(), claims["iss"].as_str()), (Some("k1"), Some("app")));
            assert_eq!(claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat), Some(300));
        }
    }

    // auth0/node-jsonwebtoken#517, octokit/app.js#40: a variable of the environment holds a key on one line.
    #[test]
    fn a_key_on_one_line_is_read_and_another_kind_is_named() {
        assert!(signed(Algorithm::RS256, &RSA_KEY.replace('\n', "\\n")).is_ok());
        assert_eq!(signed(Algorithm::RS256, EC_KEY), Err(KeyError::NoRsaKey));
        assert_eq!(signed(Algorithm::ES256, RSA_KEY), Err(KeyError::NoEcKey));
        let protected = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----";
        assert_eq!(signed(Algorithm::RS256, protected), Err(KeyError::Encrypted));
    }
}
