//! How requests prove who they are. Tokens are shared by everything that uses a credential.
//!
//! # Adding one
//!
//! A scheme is a file in `src/connectors/spec/auth/` (its keys, templates of settings and secrets, and the proof that
//! it makes of them) and its name in the list of `src/connectors/spec/auth.rs`. What is asked of a token endpoint is a
//! function in `src/connectors/auth/oauth.rs`; a token that expires goes through [`TokenCache`]. Write the schema again
//! (`the_committed_schemas_are_current` says how). Refusals get their remedy in `src/connectors/auth/refusal.rs`,
//! where `each_refusal_has_the_remedy_that_helps` tells what is due.

mod oauth;
mod refusal;
mod token;

use super::connection::Connection;
use super::error::ConnectorError;
use super::spec::Proof;
use super::template::Renderer;
use crate::support::clock::Clock;
use crate::support::secret::Secret;
pub use token::TokenCache;

/// What a request carries.
#[derive(Clone, Debug)]
pub enum Credentials {
    None,
    Header {
        name: String,
        value: Secret,
    },
    Query {
        name: String,
        value: Secret,
    },
    /// A bearer token; `generation` distinguishes an old one from its successor.
    Bearer {
        token: Secret,
        generation: u64,
    },
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
    let Some(scheme) = connection.connector.spec.auth.scheme() else { return Ok(Credentials::None) };
    Ok(match scheme.proof(&|template| renderer.render(template, None))? {
        Proof::Header { name, value } => Credentials::Header { name, value: Secret::fetched(value) },
        Proof::Query { name, value } => Credentials::Query { name, value: Secret::fetched(value) },
        Proof::Bearer { token } => Credentials::Bearer { token: Secret::fetched(token), generation: 0 },
        Proof::Exchange { url, grantee, form } => {
            let ask = async || oauth::token(client, connection, &url, (grantee, &form(clock.now())?)).await;
            tokens.get(&connection.credential(), clock, refused, ask).await?
        }
    })
}
