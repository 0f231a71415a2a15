//! A token endpoint (RFC 6749): how it is asked and how it answers, which all grants have in common.

use super::render::{Render, Signer};
use crate::connectors::error::ConnectorError;
use crate::connectors::fields::{self, Word};
use crate::settings::Section;
use crate::support::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// How the connection proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grantee {
    /// A person who once connected an account.
    Person,
    /// A service account with its key.
    ServiceAccount,
    /// An application with its secret.
    Client,
    /// An application that signs with its key.
    Signer,
}

/// The keys that every grant has.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TokenCall {
    pub token_url: String,
    pub client_id: Option<String>,
    pub client_secret: Option<String>,
    pub client_auth: ClientAuth,
    pub body: TokenBody,
    /// In place of fields of the same name; one that renders empty is left out.
    pub fields: BTreeMap<String, String>,
    pub answer: AnswerSpec,
    /// The header that carries the token, in place of `Authorization: Bearer`.
    pub header: Option<String>,
}

/// Where the client says who it is (RFC 6749, 2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    #[default]
    Body,
    Basic,
}

/// How the fields are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenBody {
    #[default]
    Form,
    Json,
}

/// JSON pointers into the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerSpec {
    pub token: String,
    pub expires_in: String,
    pub refresh_token: String,
    pub refresh_expires_in: String,
    pub error: String,
    pub message: String,
    /// By the name that templates use.
    pub values: BTreeMap<String, String>,
}

impl Default for AnswerSpec {
    fn default() -> Self {
        let text = str::to_owned;
        Self {
            token: text("/access_token"),
            expires_in: text("/expires_in"),
            refresh_token: text("/refresh_token"),
            refresh_expires_in: text("/refresh_token_expires_in"),
            error: text("/error"),
            message: text("/error_description"),
            values: BTreeMap::new(),
        }
    }
}

/// A question to a token endpoint, rendered.
pub struct Exchange {
    pub url: String,
    pub grantee: Grantee,
    pub body: TokenBody,
    /// The credentials of the client, where a header carries them.
    pub basic: Option<String>,
    pub fields: Vec<(String, String)>,
    /// What the field `assertion` holds.
    pub assertion: Option<Signer>,
    pub refresh: Option<Refresh>,
    pub answer: AnswerSpec,
    pub header: Option<String>,
}

/// The refresh token as it is configured. The one that grew out of it is sent in its place.
#[derive(Clone, Debug)]
pub struct Refresh {
    pub configured: Secret,
    pub client_id: String,
    /// Each answer brings a new one and ends the one that was sent.
    pub rotates: bool,
}

const CLIENT_AUTHS: &[Word<ClientAuth>] = &[
    ("body", "Among the fields.", ClientAuth::Body),
    ("basic", "In the header Authorization, encoded as RFC 6749 (2.3.1) says.", ClientAuth::Basic),
];

const BODIES: &[Word<TokenBody>] =
    &[("form", "As a form.", TokenBody::Form), ("json", "As a JSON object of texts.", TokenBody::Json)];

impl TokenCall {
    /// Reads its keys.
    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            token_url: fields::text(
                section,
                "token_url",
                "\"https://vendor.example/token\"",
                "Where tokens are given, a template.",
            ),
            client_id: fields::optional_text(
                section,
                "client_id",
                "A template; left out where the vendor calls it otherwise and `fields` has it.",
            ),
            client_secret: fields::optional_text(
                section,
                "client_secret",
                "A template; public clients have none, and one that renders empty is not sent.",
            ),
            client_auth: fields::optional_word(
                section,
                "client_auth",
                "Where the client says who it is; \"body\" if absent.",
                CLIENT_AUTHS,
            )
            .unwrap_or_default(),
            ..Self::read_rest(section)
        }
    }

    /// The keys of an endpoint that knows the client otherwise.
    pub fn read_rest(section: &mut Section<'_>) -> Self {
        Self {
            body: fields::optional_word(section, "body", "How the fields are written; \"form\" if absent.", BODIES)
                .unwrap_or_default(),
            fields: fields::text_map(
                section,
                "fields",
                "Further fields, such as `scope`, by name; the values are templates. One takes the place of a usual \
                 field of the same name; one that renders empty is left out.",
            ),
            answer: fields::table(
                section,
                "answer",
                "Where the answer holds what, as JSON pointers, if the vendor does not answer as RFC 6749 says.",
                AnswerSpec::read,
            )
            .unwrap_or_default(),
            header: fields::optional_text(
                section,
                "header",
                "The header that carries the token, in place of `Authorization: Bearer`.",
            ),
            ..Self::default()
        }
    }

    /// All templates.
    pub fn templates(&self) -> Vec<&str> {
        let client = self.client_id.iter().chain(&self.client_secret);
        let own = std::iter::once(&self.token_url).chain(client).chain(self.fields.values());
        own.map(String::as_str).collect()
    }

    /// Names of what requests may use of the answer.
    pub fn values(&self) -> Vec<&str> {
        self.answer.values.keys().map(String::as_str).collect()
    }

    /// The question for a token with the fields of a grant.
    pub fn exchange(
        &self,
        render: &Render<'_>,
        (grantee, grant_type): (Grantee, &str),
    ) -> Result<Exchange, ConnectorError> {
        let optional = |template: &Option<String>| template.as_deref().map(render).transpose();
        let client_id = optional(&self.client_id)?.filter(|id| !id.is_empty());
        let client_secret = optional(&self.client_secret)?.filter(|secret| !secret.is_empty());
        let mut all = vec![("grant_type".to_owned(), grant_type.to_owned())];
        let basic = match (self.client_auth, &client_id) {
            (ClientAuth::Basic, Some(id)) => Some(basic(id, client_secret.as_deref().unwrap_or_default())),
            (ClientAuth::Basic, None) => {
                let note = "client_auth = \"basic\" needs client_id".to_owned();
                return Err(ConnectorError::Configuration { note });
            }
            (ClientAuth::Body, _) => {
                all.extend(client_id.map(|id| ("client_id".to_owned(), id)));
                all.extend(client_secret.map(|secret| ("client_secret".to_owned(), secret)));
                None
            }
        };
        for (name, template) in &self.fields {
            put(&mut all, name, render(template)?);
        }
        Ok(Exchange {
            url: render(&self.token_url)?,
            grantee,
            body: self.body,
            basic,
            fields: all,
            assertion: None,
            refresh: None,
            answer: self.answer.clone(),
            header: self.header.clone(),
        })
    }
}

/// Sets a field, which takes the place of one of the same name; an empty value takes it out.
pub fn put(all: &mut Vec<(String, String)>, name: &str, value: String) {
    match all.iter().position(|(known, _)| known == name) {
        Some(at) if value.is_empty() => drop(all.remove(at)),
        Some(at) => all[at].1 = value,
        None if value.is_empty() => {}
        None => all.push((name.to_owned(), value)),
    }
}

/// The credentials of a client in a header: both are form-urlencoded first (RFC 6749, 2.3.1 and appendix B).
fn basic(id: &str, secret: &str) -> String {
    STANDARD.encode(format!("{}:{}", form_encoded(id), form_encoded(secret)))
}

fn form_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

impl AnswerSpec {
    /// Reads its table.
    pub fn read(mut section: Section<'_>) -> Self {
        let usual = Self::default();
        let mut at = |key: &'static str, about: &'static str, usual: String| {
            fields::optional_text(&mut section, key, about).unwrap_or(usual)
        };
        let read = Self {
            token: at("token", "The token; \"/access_token\" if absent.", usual.token),
            expires_in: at("expires_in", "Its seconds; \"/expires_in\" if absent.", usual.expires_in),
            refresh_token: at("refresh_token", "A new one; \"/refresh_token\" if absent.", usual.refresh_token),
            refresh_expires_in: at(
                "refresh_expires_in",
                "Seconds until the refresh token ends; \"/refresh_token_expires_in\" if absent.",
                usual.refresh_expires_in,
            ),
            error: at("error", "Why there is none; \"/error\" if absent.", usual.error),
            message: at("message", "The same in words; \"/error_description\" if absent.", usual.message),
            values: fields::text_map(
                &mut section,
                "values",
                "What of the answer requests use, as `{{ auth.<name> }}`: a JSON pointer by name.",
            ),
        };
        section.finish();
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // openid/AppAuth-Android#337
    #[test]
    fn a_client_in_a_header_is_form_encoded_before_base64() {
        let wanted =
            "MVBwRyUyRlErMTp6JTJGdFo5VndGWnFBcG1JUSUyQlpIMUk1cExrJTJGdUI0dWQlM0FYMiUyRjhiTCUyQndmRlR0MXJGdyUzRA==";
        assert_eq!(basic("1PpG/Q 1", "z/tZ9VwFZqApmIQ+ZH1I5pLk/uB4ud:X2/8bL+wfFTt1rFw="), wanted);
        // requests/requests-oauthlib#568: a plus sign would be read as a blank.
        assert_eq!(form_encoded("a+b c~é"), "a%2Bb+c%7E%C3%A9");
    }

    #[test]
    fn a_field_takes_the_place_of_the_usual_one_and_an_empty_one_takes_it_out() {
        let mut all = vec![("grant_type".to_owned(), "client_credentials".to_owned())];
        put(&mut all, "grant_type", "member_app".to_owned());
        put(&mut all, "scope", "read".to_owned());
        put(&mut all, "resource", String::new());
        assert_eq!(all.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["grant_type", "scope"]);
        assert_eq!(all[0].1, "member_app");
        put(&mut all, "scope", String::new());
        assert_eq!(all.len(), 1);
    }

    #[test]
    fn a_public_client_sends_no_secret_and_basic_leaves_both_out_of_the_body() {
        let render = |template: &str| Ok(template.to_owned());
        let call = TokenCall { client_id: Some("app".to_owned()), ..TokenCall::default() };
        let names = |call: &TokenCall| -> Vec<String> {
            let exchange = call.exchange(&render, (Grantee::Person, "refresh_token")).expect("rendered");
            exchange.fields.into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names(&call), ["grant_type", "client_id"]);
        let call = TokenCall { client_auth: ClientAuth::Basic, client_secret: Some("s".to_owned()), ..call };
        assert_eq!(names(&call), ["grant_type"]);
        let exchange = call.exchange(&render, (Grantee::Client, "client_credentials")).expect("rendered");
        assert_eq!(exchange.basic.as_deref(), Some("YXBwOnM="));
        let nobody = TokenCall { client_id: None, ..call };
        assert!(nobody.exchange(&render, (Grantee::Client, "client_credentials")).is_err());
    }
}
