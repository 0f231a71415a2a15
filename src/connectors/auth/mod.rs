//! How requests prove who they are. Tokens are shared by everything that uses a credential.
//!
//! # Adding one
//!
//! A scheme is a file in `src/connectors/spec/auth/` (its keys, templates of settings and secrets, and the proof that
//! it makes of them) and its name in the list of `src/connectors/spec/auth.rs`. Where a token endpoint is asked, its
//! keys are a `TokenCall` and its proof an `Exchange`: asking, tokens that expire and refresh tokens that change are
//! then taken care of here (`oauth.rs`, [`TokenCache`], `renewal.rs`). Write the schema again
//! (`the_committed_schemas_are_current` says how). Refusals get their remedy in `src/connectors/auth/refusal.rs`,
//! where `each_refusal_has_the_remedy_that_helps` tells what is due.

mod answer;
pub mod kept;
mod oauth;
mod refusal;
mod renewal;
mod token;

#[cfg(test)]
mod tests;

use super::connection::Connection;
use super::error::ConnectorError;
use super::spec::{Part, Proof};
use super::template::Renderer;
use crate::support::clock::Clock;
use crate::support::secret::Secret;
use std::collections::BTreeMap;
pub use token::TokenCache;
use token::{Current, Grant};

/// What a request carries.
#[derive(Clone, Debug)]
pub enum Credentials {
    None,
    /// `generation` distinguishes a token from its successor; 0 where there is none.
    Carried {
        parts: Vec<Part>,
        generation: u64,
    },
}

impl Credentials {
    /// Which token it is, where another can be had.
    pub fn generation(&self) -> Option<u64> {
        match self {
            Self::Carried { generation, .. } if *generation > 0 => Some(*generation),
            _ => None,
        }
    }
}

/// Finds the proof for a connection's next request; `refused` is the generation of a token that the
/// vendor has just refused.
pub async fn proof(
    tokens: &TokenCache,
    client: &reqwest::Client,
    clock: &Clock,
    connection: &Connection,
    refused: Option<u64>,
) -> Result<Credentials, ConnectorError> {
    let renderer = Renderer::new(connection);
    let Some(scheme) = connection.scheme() else { return Ok(Credentials::None) };
    let credential = connection.credential();
    Ok(match scheme.proof(&|template| renderer.render(template, None))? {
        Proof::Fixed(parts) => Credentials::Carried { parts, generation: 0 },
        Proof::Signed { sign, lifetime_secs } => {
            let signed = async || {
                let token = Secret::fetched(sign(clock.now())?);
                Ok(Grant { token, expires_in_secs: lifetime_secs, values: BTreeMap::new() })
            };
            carried(tokens.get(&credential, clock, refused, signed).await?, None)
        }
        Proof::Exchange(exchange) => {
            let ask = async || renewal::grant(tokens.kept(), client, clock, connection, &exchange).await;
            let current = tokens.get(&credential, clock, refused, ask).await?;
            connection.note_answer(&current.values);
            carried(current, exchange.header.as_deref())
        }
    })
}

/// Names the file of the connection's refresh token, where it proves itself by one; see [`kept`].
pub fn kept_id(connection: &Connection) -> Option<String> {
    let renderer = Renderer::new(connection);
    match connection.scheme()?.proof(&|template| renderer.render(template, None)).ok()? {
        Proof::Exchange(exchange) => exchange.refresh.as_ref().map(kept::id),
        _ => None,
    }
}

fn carried(current: Current, header: Option<&str>) -> Credentials {
    let part = match header {
        Some(name) => Part::Header { name: name.to_owned(), value: current.token },
        None => Part::authorization("Bearer", current.token.expose()),
    };
    Credentials::Carried { parts: vec![part], generation: current.generation }
}
