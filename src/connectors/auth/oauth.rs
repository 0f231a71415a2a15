//! Asks token endpoints (RFC 6749).

use super::answer::{Answer, Tokens, read};
use crate::connectors::connection::Connection;
use crate::connectors::connection_error::unreachable;
use crate::connectors::error::ConnectorError;
use crate::connectors::spec::{Exchange, TokenBody};
use reqwest::header::{ACCEPT, AUTHORIZATION};
use serde_json::{Map, Value};
use std::time::Duration;

/// Bytes of a token endpoint's answer.
const LARGEST_ANSWER: usize = 64 << 10;

/// Why there is no token.
#[derive(Debug)]
pub enum NoToken {
    /// The vendor's code and words: only a person can mend it.
    Refused {
        code: String,
        message: String,
    },
    Failed(ConnectorError),
}

/// Asks a token endpoint with these fields.
pub async fn ask(
    client: &reqwest::Client,
    connection: &Connection,
    exchange: &Exchange,
    fields: &[(String, String)],
) -> Result<Tokens, NoToken> {
    let limit = Duration::from_secs(connection.connector.spec.limits.timeout_secs);
    let answered = tokio::time::timeout(limit, send(client, exchange, fields)).await;
    let answered =
        answered.unwrap_or_else(|_| Err(unavailable(&format!("gave no complete answer within {} s", limit.as_secs()))));
    let (status, body) = answered.map_err(NoToken::Failed)?;
    match read(status, body, &exchange.answer) {
        Answer::Token(tokens) => Ok(tokens),
        Answer::Refused { code, message } => Err(NoToken::Refused { code, message }),
        Answer::Unusable(why) => Err(NoToken::Failed(unavailable(&why))),
        Answer::Incomplete(why) => {
            let note = connection.redact(&format!("the token endpoint {why}"));
            Err(NoToken::Failed(ConnectorError::UnexpectedPayload { note }))
        }
    }
}

fn unavailable(why: &str) -> ConnectorError {
    ConnectorError::Unavailable { note: format!("the token endpoint {why}") }
}

async fn send(
    client: &reqwest::Client,
    exchange: &Exchange,
    fields: &[(String, String)],
) -> Result<(u16, Vec<u8>), ConnectorError> {
    // Some vendors answer with a form unless they are asked for JSON.
    let mut request = client.post(&exchange.url).header(ACCEPT, "application/json");
    if let Some(basic) = &exchange.basic {
        request = request.header(AUTHORIZATION, format!("Basic {basic}"));
    }
    request = match exchange.body {
        TokenBody::Form => request.form(fields),
        TokenBody::Json => {
            let object: Map<String, Value> =
                fields.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
            request.json(&object)
        }
    };
    let mut response = request
        .send()
        .await
        .map_err(|error| unreachable(&error).unwrap_or_else(|| unavailable("cannot be reached")))?;
    // A token is short; what is longer is none, however well it was packed.
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| unavailable("breaks off its answer"))? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(unavailable("sends more than a token"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((response.status().as_u16(), body))
}
