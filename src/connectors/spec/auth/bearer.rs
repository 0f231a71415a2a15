//! A token that does not expire, and a proof that its sender knows another secret.

use super::render::Render;
use super::scheme::{Part, Proof, Scheme};
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;
use crate::support::ids::hex;
use crate::support::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// `Authorization: Bearer …` with a token that does not expire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    pub token: String,
    pub hmac: Option<TokenHmac>,
}

/// A sum over the token with a key that is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHmac {
    pub query: String,
    pub key: String,
}

impl Bearer {
    pub const WORD: &str = "bearer";
    pub const ABOUT: &str = "`Authorization: Bearer …` with a token that does not expire.";

    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            token: fields::text(section, "token", "\"{{ secrets.token }}\"", "The token, a template."),
            hmac: fields::table(
                section,
                "hmac",
                "HMAC-SHA256 of the token, in hexadecimal digits, beside it.",
                TokenHmac::read,
            ),
        }
    }
}

impl TokenHmac {
    fn read(mut section: Section<'_>) -> Self {
        let read = Self {
            query: fields::text(
                &mut section,
                "query",
                "\"appsecret_proof\"",
                "The query parameter that carries the sum.",
            ),
            key: fields::text(
                &mut section,
                "key",
                "\"{{ secrets.app_secret }}\"",
                "The key, a template; where it renders empty nothing is added.",
            ),
        };
        section.finish();
        read
    }

    fn part(&self, token: &str, render: &Render<'_>) -> Result<Option<Part>, ConnectorError> {
        let key = render(&self.key)?;
        if key.is_empty() {
            return Ok(None);
        }
        let wrong = |_| ConnectorError::Configuration { note: "the key of the sum cannot be used".to_owned() };
        let mut sum = Hmac::<Sha256>::new_from_slice(key.as_bytes()).map_err(wrong)?;
        sum.update(token.as_bytes());
        let value = Secret::fetched(hex(&sum.finalize().into_bytes()));
        Ok(Some(Part::Query { name: self.query.clone(), value }))
    }
}

impl Scheme for Bearer {
    fn proof(&self, render: &Render<'_>) -> Result<Proof, ConnectorError> {
        let token = render(&self.token)?;
        let sum = self.hmac.as_ref().map(|hmac| hmac.part(&token, render)).transpose()?.flatten();
        Ok(Proof::Fixed(std::iter::once(Part::authorization("Bearer", &token)).chain(sum).collect()))
    }

    fn templates(&self) -> Vec<&str> {
        std::iter::once(&self.token).chain(self.hmac.iter().map(|hmac| &hmac.key)).map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_over_the_token_with_the_secret_as_key() {
        let hmac = TokenHmac { query: "appsecret_proof".to_owned(), key: "key".to_owned() };
        let of =
            |token: &str, key: &'static str| hmac.part(token, &move |_: &str| Ok(key.to_owned())).expect("rendered");
        // The known sum of HMAC_SHA256("key", "The quick brown fox jumps over the lazy dog").
        let Some(Part::Query { name, value }) = of("The quick brown fox jumps over the lazy dog", "key") else {
            panic!("no parameter")
        };
        assert_eq!(name, "appsecret_proof");
        assert_eq!(value.expose(), "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
        assert!(of("token", "").is_none(), "without a secret there is nothing to add");
    }
}
