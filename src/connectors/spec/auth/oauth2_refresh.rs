//! OAuth 2 with a refresh token (RFC 6749, 6).

use super::scheme::{Grantee, Proof, Render, Scheme};
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;

/// OAuth 2 with a stored refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oauth2Refresh {
    pub token_url: String,
    pub client_id: String,
    pub client_secret: String,
    pub refresh_token: String,
}

impl Oauth2Refresh {
    pub const WORD: &str = "oauth2_refresh";
    pub const ABOUT: &str = "OAuth 2 with a stored refresh token.";

    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
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
}

impl Scheme for Oauth2Refresh {
    fn proof(&self, render: &Render<'_>) -> Result<Proof, ConnectorError> {
        let form = vec![
            ("grant_type", "refresh_token".to_owned()),
            ("client_id", render(&self.client_id)?),
            ("client_secret", render(&self.client_secret)?),
            ("refresh_token", render(&self.refresh_token)?),
        ];
        let url = render(&self.token_url)?;
        Ok(Proof::Exchange { url, grantee: Grantee::Person, form: Box::new(move |_| Ok(form.clone())) })
    }
}
