//! The ways to prove who asks.

use super::fields::{self, Variant};
use crate::settings::Section;

/// How requests prove who they are. All values are templates.
#[derive(Clone, Debug, PartialEq)]
pub enum AuthSpec {
    None,
    /// A key in a header or a query parameter.
    ApiKey {
        header: Option<String>,
        query: Option<String>,
        value: String,
    },
    /// `Authorization: Bearer …` with a token that does not expire.
    Bearer {
        token: String,
    },
    /// OAuth 2 with a stored refresh token.
    Oauth2Refresh {
        token_url: String,
        client_id: String,
        client_secret: String,
        refresh_token: String,
    },
    /// A signed assertion exchanged for a token (RFC 7523, RS256), from a Google service-account key file.
    ServiceAccount {
        token_url: String,
        key_json: String,
        scope: String,
    },
}

/// The schemes, a line each.
const SCHEMES: &[Variant<AuthSpec>] = &[
    Variant::plain("none", "Nothing is proved.", || AuthSpec::None),
    Variant::new("api_key", "A key in a header or a query parameter.", api_key),
    Variant::new("bearer", "`Authorization: Bearer …` with a token that does not expire.", bearer),
    Variant::new("oauth2_refresh", "OAuth 2 with a stored refresh token.", oauth2_refresh),
    Variant::new(
        "service_account",
        "A signed assertion exchanged for a token (RFC 7523, RS256), from a Google \
                 service-account key file.",
        service_account,
    ),
];

impl AuthSpec {
    /// Reads its table.
    pub fn read(section: Section<'_>) -> Self {
        fields::tagged(section, SCHEMES).unwrap_or(Self::None)
    }
}

fn api_key(section: &mut Section<'_>) -> AuthSpec {
    AuthSpec::ApiKey {
        header: fields::optional_text(
            section,
            "header",
            "The header that carries the key; a template is not possible here.",
        ),
        query: fields::optional_text(section, "query", "The query parameter that carries it, instead of a header."),
        value: fields::text(section, "value", "\"{{ secrets.api_key }}\"", "The key, a template."),
    }
}

fn bearer(section: &mut Section<'_>) -> AuthSpec {
    AuthSpec::Bearer { token: fields::text(section, "token", "\"{{ secrets.token }}\"", "The token, a template.") }
}

fn oauth2_refresh(section: &mut Section<'_>) -> AuthSpec {
    AuthSpec::Oauth2Refresh {
        token_url: fields::text(
            section,
            "token_url",
            "\"https://vendor.example/token\"",
            "Where tokens are given, a template.",
        ),
        client_id: fields::text(section, "client_id", "\"{{ secrets.client_id }}\"", "A template."),
        client_secret: fields::text(section, "client_secret", "\"{{ secrets.client_secret }}\"", "A template."),
        refresh_token: fields::text(section, "refresh_token", "\"{{ secrets.refresh_token }}\"", "A template."),
    }
}

fn service_account(section: &mut Section<'_>) -> AuthSpec {
    AuthSpec::ServiceAccount {
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
