//! Asks token endpoints (RFC 6749).

use super::refusal::remedy;
use super::token::Grant;
use crate::connectors::connection::Connection;
use crate::connectors::connection_error::unreachable;
use crate::connectors::error::ConnectorError;
use crate::connectors::spec::Grantee;
use crate::support::secret::Secret;
use crate::support::shown::cut_line;
use crate::support::soft_json::readable;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// Bytes of a token endpoint's answer.
const LARGEST_ANSWER: usize = 64 << 10;

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<String>,
    #[serde(default)]
    expires_in: Value,
    error: Option<String>,
    error_description: Option<String>,
}

/// How long a token lives that does not say so sensibly.
const USUAL_SECS: i64 = 3600;

/// The seconds that an answer states, as a number or a text. What is no time at all says nothing of the
/// token, which is tried: a refusal renews it.
fn stated_secs(stated: &Value) -> i64 {
    let secs = match stated {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    // A float too large for a whole number becomes the largest.
    secs.filter(|secs: &f64| *secs >= 1.0).map_or(USUAL_SECS, |secs| secs as i64)
}

/// Whether a header can carry the token.
fn is_sendable(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

/// Asks a token endpoint. `invalid_grant` and its kin are final: only a person can mend them.
pub async fn token(
    client: &reqwest::Client,
    connection: &Connection,
    url: &str,
    (grantee, form): (Grantee, &[(&str, String)]),
) -> Result<Grant, ConnectorError> {
    let unavailable = |why: &str| ConnectorError::Unavailable { note: format!("the token endpoint {why}") };
    let limit = Duration::from_secs(connection.connector.spec.limits.timeout_secs);
    let asked = tokio::time::timeout(limit, async {
        let mut response = client
            .post(url)
            .form(form)
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
        Ok((response.status(), body))
    });
    let (status, body) = asked
        .await
        .unwrap_or_else(|_| Err(unavailable(&format!("gave no complete answer within {} s", limit.as_secs()))))?;
    let answer: Option<TokenAnswer> = serde_json::from_slice(&readable(body)).ok();
    match answer {
        Some(TokenAnswer { access_token: Some(token), .. }) if status.is_success() && !is_sendable(&token) => {
            Err(unavailable("gives a token that no request can carry"))
        }
        Some(TokenAnswer { access_token: Some(token), expires_in, .. }) if status.is_success() => {
            Ok(Grant { token: Secret::fetched(token), expires_in_secs: stated_secs(&expires_in) })
        }
        Some(TokenAnswer { error: Some(error), error_description, .. }) if is_final(status.as_u16()) => {
            let (error, why) = (cut_line(&error, 200), cut_line(&error_description.unwrap_or_default(), 200));
            let remedy = remedy(grantee, &error, &why);
            let note = format!("the vendor grants no access ({error}: {why}): {remedy}");
            Err(ConnectorError::Unauthorized { note: connection.redact(&note) })
        }
        _ => Err(unavailable(&format!("answers HTTP {} without a token", status.as_u16()))),
    }
}

/// Too many requests, or too slow ones, are no word on the credential.
fn is_final(status: u16) -> bool {
    (400..500).contains(&status) && !matches!(status, 408 | 425 | 429)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// simstudioai/sim#6099, openclaw/openclaw#144082: an odd lifetime made the token useless, or had it
    /// fetched for each request.
    #[test]
    fn a_lifetime_in_any_spelling_is_read_and_none_at_all_is_the_usual_one() {
        for (stated, secs) in [
            (json!(600), 600),
            (json!("600"), 600),
            (json!(" 599.9 "), 599),
            (json!(600.5), 600),
            (json!(1e308), i64::MAX),
            (json!(0), USUAL_SECS),
            (json!(-5), USUAL_SECS),
            (json!("soon"), USUAL_SECS),
            (json!("NaN"), USUAL_SECS),
            (json!([1]), USUAL_SECS),
            (Value::Null, USUAL_SECS),
        ] {
            assert_eq!(stated_secs(&stated), secs, "{stated}");
        }
        assert!(is_sendable("ya29.a0-_~+/=") && !is_sendable("a\r\nX: 1") && !is_sendable("") && !is_sendable("é"));
    }
}
