//! What each way to prove who asks has to say.

use super::exchange::Exchange;
use super::render::{Render, Signer};
use crate::connectors::error::ConnectorError;
use crate::support::secret::Secret;

/// What a request carries of a proof.
#[derive(Clone, Debug)]
pub enum Part {
    Header { name: String, value: Secret },
    Query { name: String, value: Secret },
}

impl Part {
    /// `Authorization: <scheme> <value>`.
    pub fn authorization(scheme: &str, value: &str) -> Self {
        // Alone, it is a secret as well.
        let _known = Secret::fetched(value);
        Self::Header { name: "Authorization".to_owned(), value: Secret::new(format!("{scheme} {value}")) }
    }
}

/// What a request carries, or how to get it. The texts are secrets.
pub enum Proof {
    /// The same with each request.
    Fixed(Vec<Part>),
    /// A token that an endpoint gives.
    Exchange(Box<Exchange>),
    /// A token that is signed here, good for so many seconds.
    Signed { sign: Signer, lifetime_secs: i64 },
}

/// The template of a key file: what it names is read and never sent, and has several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFile<'a> {
    /// The JSON file of a Google service account.
    ServiceAccount(&'a str),
    /// A private key in PEM form.
    Pem(&'a str),
}

impl<'a> KeyFile<'a> {
    /// The template.
    pub fn template(self) -> &'a str {
        match self {
            Self::ServiceAccount(template) | Self::Pem(template) => template,
        }
    }
}

/// A way to prove who asks.
pub trait Scheme {
    /// What its requests carry.
    fn proof(&self, render: &Render<'_>) -> Result<Proof, ConnectorError>;

    /// All its templates.
    fn templates(&self) -> Vec<&str>;

    /// What is read and never sent.
    fn key_file(&self) -> Option<KeyFile<'_>> {
        None
    }

    /// Names of what of the token's answer requests may use: `{{ auth.<name> }}`.
    fn values(&self) -> Vec<&str> {
        Vec::new()
    }
}
