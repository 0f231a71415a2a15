//! What a token endpoint answers. Pure.

use crate::delivery::one_line;
use crate::support::secret::Secret;
use serde::Deserialize;
use std::time::Duration;

/// A token lasts so long if nobody says.
const HOUR: u64 = 3600;

/// Why there is no token.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// Only a person can put it right: `invalid_grant: the token was revoked`.
    Refused(String),
    /// The endpoint's own trouble.
    Odd,
}

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    expires_in: Option<serde_json::Value>,
    error: Option<String>,
    error_description: Option<String>,
}

/// The token and how long it lasts.
pub fn read(status: u16, body: &[u8]) -> Result<(Secret, Duration), Fault> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_| Fault::Odd)?;
    match answer {
        Answer { access_token: Some(token), expires_in, .. } if status == 200 && is_token(&token) => {
            // Some endpoints write the seconds in quotes.
            let secs = expires_in.and_then(|secs| secs.as_u64().or_else(|| secs.as_str()?.parse().ok()));
            Ok((Secret::fetched(token), Duration::from_secs(secs.unwrap_or(HOUR).min(24 * HOUR))))
        }
        Answer { error: Some(error), error_description, .. } if is_final(status) => {
            Err(Fault::Refused(one_line(&format!("{error}: {}", error_description.unwrap_or_default()))))
        }
        _ => Err(Fault::Odd),
    }
}

/// A token goes into a line of its own protocol: RFC 6750, section 2.1.
fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte))
}

/// Too many requests, or too slow ones, are no word on the credential.
fn is_final(status: u16) -> bool {
    (400..500).contains(&status) && !matches!(status, 408 | 425 | 429)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_refusals_are_distinguished() {
        let lasts =
            |body: &str| read(200, body.as_bytes()).map(|(token, lasts)| (token.expose().to_owned(), lasts.as_secs()));
        assert_eq!(
            lasts(r#"{"access_token":"ya29.a0-_~+/=","expires_in":3599}"#),
            Ok(("ya29.a0-_~+/=".to_owned(), 3599))
        );
        assert_eq!(lasts(r#"{"access_token":"x","expires_in":"3599"}"#), Ok(("x".to_owned(), 3599)));
        assert_eq!(lasts(r#"{"access_token":"x"}"#), Ok(("x".to_owned(), 3600)));
        assert_eq!(lasts("{\"access_token\":\"x\\u0001auth=Bearer y\"}"), Err(Fault::Odd));
        let refused =
            read(400, br#"{"error":"invalid_grant","error_description":"AADSTS700082: expired\r\nTrace ID: 1"}"#);
        assert_eq!(
            refused.expect_err("refused"),
            Fault::Refused("invalid_grant: AADSTS700082: expired  Trace ID: 1".to_owned())
        );
        for (status, body) in
            [(429, r#"{"error":"slow_down"}"#), (503, "<html>"), (200, "<html>"), (302, ""), (500, r#"{"error":"x"}"#)]
        {
            assert_eq!(read(status, body.as_bytes()).expect_err("none"), Fault::Odd, "{status} {body}");
        }
    }
}
