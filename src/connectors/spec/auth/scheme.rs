//! What each way to prove who asks has to say.

use crate::connectors::error::ConnectorError;
use chrono::{DateTime, Utc};

/// Fills in a template.
pub type Render<'a> = dyn Fn(&str) -> Result<String, ConnectorError> + 'a;

/// The fields of a request to a token endpoint, made when a token is needed.
pub type Form = Box<dyn Fn(DateTime<Utc>) -> Result<Vec<(&'static str, String)>, ConnectorError> + Send + Sync>;

/// What a request carries, or how to get it. The texts are secrets.
pub enum Proof {
    Header {
        name: String,
        value: String,
    },
    Query {
        name: String,
        value: String,
    },
    Bearer {
        token: String,
    },
    /// A token that this endpoint gives for the form.
    Exchange {
        url: String,
        grantee: Grantee,
        form: Form,
    },
}

/// How the connection proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grantee {
    /// A person who once connected an account.
    Person,
    /// A service account with its key.
    ServiceAccount,
}

/// A way to prove who asks.
pub trait Scheme {
    /// What its requests carry.
    fn proof(&self, render: &Render<'_>) -> Result<Proof, ConnectorError>;

    /// The template of a key file: what it names is read and never sent.
    fn key_file(&self) -> Option<&str> {
        None
    }
}
