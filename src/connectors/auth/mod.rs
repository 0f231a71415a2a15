//! How requests prove who they are. Tokens are shared by everything that uses a credential.
//!
//! # Adding one
//!
//! A scheme is a variant of `AuthSpec` in `src/connectors/spec.rs`, whose fields are templates of settings and
//! secrets, and its arm in [`proof`]. What is asked of a token endpoint is a function in
//! `src/connectors/auth/oauth.rs`; a token that expires goes through [`TokenCache`]. Write the schema again
//! (`the_committed_schemas_are_current` says how). Refusals get their remedy in `src/connectors/auth/refusal.rs`,
//! where `each_refusal_has_the_remedy_that_helps` tells what is due.

mod oauth;
mod refusal;
mod token;

use super::connection::Connection;
use super::error::ConnectorError;
use super::spec::AuthSpec;
use super::template::Renderer;
use crate::support::clock::Clock;
use crate::support::secret::Secret;
use refusal::Grantee;
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
    let render = |template: &str| renderer.render(template, None);
    Ok(match &connection.connector.spec.auth {
        AuthSpec::None => Credentials::None,
        AuthSpec::ApiKey { header, query, value } => {
            let value = Secret::fetched(render(value)?);
            match (header, query) {
                (Some(name), None) => Credentials::Header { name: name.clone(), value },
                (None, Some(name)) => Credentials::Query { name: name.clone(), value },
                _ => {
                    let note = "api_key needs exactly one of `header` and `query`".to_owned();
                    return Err(ConnectorError::Configuration { note });
                }
            }
        }
        AuthSpec::Bearer { token } => Credentials::Bearer { token: Secret::fetched(render(token)?), generation: 0 },
        AuthSpec::Oauth2Refresh { token_url, client_id, client_secret, refresh_token } => {
            let url = render(token_url)?;
            let form = [
                ("grant_type", "refresh_token".to_owned()),
                ("client_id", render(client_id)?),
                ("client_secret", render(client_secret)?),
                ("refresh_token", render(refresh_token)?),
            ];
            let ask = async || oauth::token(client, connection, &url, (Grantee::Person, &form)).await;
            tokens.get(&connection.credential(), clock, refused, ask).await?
        }
        AuthSpec::ServiceAccount { token_url, key_json, scope } => {
            let (url, key, scope) = (render(token_url)?, render(key_json)?, render(scope)?);
            let ask = async || {
                let assertion = oauth::assertion(&key, &scope, &url, clock.now())?;
                let form = [
                    ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()),
                    ("assertion", assertion),
                ];
                oauth::token(client, connection, &url, (Grantee::ServiceAccount, &form)).await
            };
            tokens.get(&connection.credential(), clock, refused, ask).await?
        }
    })
}
