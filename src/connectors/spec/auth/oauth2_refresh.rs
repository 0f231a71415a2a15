//! OAuth 2 with a refresh token (RFC 6749, 6).

use super::exchange::{Exchange, Grantee, Refresh, TokenCall};
use super::render::Render;
use super::scheme::{Proof, Scheme};
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;
use crate::support::secret::Secret;

/// OAuth 2 with a refresh token. A new one in an answer is kept and sent from then on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oauth2Refresh {
    pub call: TokenCall,
    pub refresh_token: String,
    pub rotates: bool,
}

impl Oauth2Refresh {
    pub const WORD: &str = "oauth2_refresh";
    pub const ABOUT: &str = "OAuth 2 with a refresh token. A new one in an answer is kept below data_dir and sent \
                 from then on.";

    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            call: TokenCall::read(section),
            refresh_token: fields::text(section, "refresh_token", "\"{{ secrets.refresh_token }}\"", "A template."),
            rotates: fields::boolean(
                section,
                "rotates",
                "Each answer brings a new refresh token and ends the one that was sent: the vendor is not asked where \
                 the new one could not be kept.",
            ),
        }
    }
}

impl Scheme for Oauth2Refresh {
    fn proof(&self, render: &Render<'_>) -> Result<Proof, ConnectorError> {
        let exchange = self.call.exchange(render, (Grantee::Person, "refresh_token"))?;
        let client_id = self.call.client_id.as_deref().map(render).transpose()?.unwrap_or_default();
        let configured = Secret::new(render(&self.refresh_token)?);
        let refresh = Refresh { configured, client_id, rotates: self.rotates };
        Ok(Proof::Exchange(Box::new(Exchange { refresh: Some(refresh), ..exchange })))
    }

    fn templates(&self) -> Vec<&str> {
        let own = self.call.templates();
        own.into_iter().chain([self.refresh_token.as_str()]).collect()
    }

    fn values(&self) -> Vec<&str> {
        self.call.values()
    }
}
