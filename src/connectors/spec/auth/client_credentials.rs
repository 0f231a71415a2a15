//! An application that asks in its own name (RFC 6749, 4.4).

use super::exchange::{Grantee, TokenCall};
use super::render::Render;
use super::scheme::{Proof, Scheme};
use crate::connectors::error::ConnectorError;
use crate::settings::Section;

/// OAuth 2 with the application's own credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCredentials {
    pub call: TokenCall,
}

impl ClientCredentials {
    pub const WORD: &str = "client_credentials";
    pub const ABOUT: &str = "OAuth 2 with the application's own credentials (RFC 6749, 4.4).";

    pub fn read(section: &mut Section<'_>) -> Self {
        Self { call: TokenCall::read(section) }
    }
}

impl Scheme for ClientCredentials {
    fn proof(&self, render: &Render<'_>) -> Result<Proof, ConnectorError> {
        let exchange = self.call.exchange(render, (Grantee::Client, "client_credentials"))?;
        Ok(Proof::Exchange(Box::new(exchange)))
    }

    fn templates(&self) -> Vec<&str> {
        self.call.templates()
    }

    fn values(&self) -> Vec<&str> {
        self.call.values()
    }
}
