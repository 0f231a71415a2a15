//! What a token endpoint answers. Pure.

use crate::connectors::connection::is_safe_url;
use crate::connectors::spec::AnswerSpec;
use crate::support::redact::quoted;
use crate::support::secret::Secret;
use crate::support::soft_json::readable;
use serde_json::Value;
use std::collections::BTreeMap;

/// An answer, by what can be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Token(Tokens),
    /// Only a person can mend it: the code and the vendor's words.
    Refused {
        code: String,
        message: String,
    },
    /// No token, and no word on the credential; what follows `the token endpoint`.
    Unusable(String),
    /// A token without what requests need of the answer; what follows `the token endpoint`.
    Incomplete(String),
}

/// A token and what came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    pub token: Secret,
    pub expires_in_secs: i64,
    pub refresh_token: Option<Secret>,
    pub refresh_expires_in_secs: Option<i64>,
    pub values: BTreeMap<String, String>,
}

/// How long a token lives that does not say so sensibly.
const USUAL_SECS: i64 = 3600;

/// Codes of a vendor that cannot answer now, whatever the status.
const PASSING: [&str; 3] = ["temporarily_unavailable", "server_error", "slow_down"];

/// Where vendors that do not follow RFC 6749 say why they refuse: HubSpot in `status`, others in `code`.
const OTHER_CODES: [&str; 3] = ["/status", "/code", "/error_code"];
const OTHER_MESSAGES: [&str; 3] = ["/message", "/error/message", "/error_message"];

/// Reads an answer.
pub fn read(status: u16, body: Vec<u8>, spec: &AnswerSpec) -> Answer {
    let body: Value = serde_json::from_slice(&readable(body)).unwrap_or(Value::Null);
    let at = |pointer: &str| body.pointer(pointer);
    let is_success = (200..300).contains(&status);
    let token = at(&spec.token).and_then(Value::as_str);
    match token {
        Some(token) if is_success && !is_sendable(token) => {
            Answer::Unusable("gives a token that no request can carry".to_owned())
        }
        Some(token) if is_success => match values(&body, &spec.values) {
            Err(lack) => Answer::Incomplete(lack),
            Ok(values) => Answer::Token(Tokens {
                token: Secret::fetched(token),
                expires_in_secs: at(&spec.expires_in).and_then(stated_secs).unwrap_or(USUAL_SECS),
                refresh_token: text(at(&spec.refresh_token)).map(Secret::fetched),
                refresh_expires_in_secs: at(&spec.refresh_expires_in).and_then(stated_secs),
                values,
            }),
        },
        _ => refused(status, &body, spec)
            .unwrap_or_else(|| Answer::Unusable(format!("answers HTTP {status} without a token"))),
    }
}

/// Some vendors refuse with a status of success.
fn refused(status: u16, body: &Value, spec: &AnswerSpec) -> Option<Answer> {
    if !(200..300).contains(&status) && !is_final(status) {
        return None;
    }
    let message_at = |places: &[&str]| places.iter().find_map(|place| text(body.pointer(place)));
    let own = code(body.pointer(&spec.error));
    let message = message_at(&[&spec.message]).or_else(|| message_at(&OTHER_MESSAGES));
    let code = match own {
        Some(code) => code,
        None if is_final(status) && message.is_some() => {
            OTHER_CODES.iter().find_map(|place| code(body.pointer(place))).unwrap_or_else(|| format!("HTTP {status}"))
        }
        None => return None,
    };
    if PASSING.contains(&code.as_str()) {
        return Some(Answer::Unusable(format!("answers {code}")));
    }
    Some(Answer::Refused { code: quoted(&code, 200), message: quoted(&message.unwrap_or_default(), 200) })
}

/// Too many requests, or too slow ones, are no word on the credential.
fn is_final(status: u16) -> bool {
    (400..500).contains(&status) && !matches!(status, 408 | 425 | 429)
}

/// A code as a text; numbers and objects with one of their own count as well, and nothing, zero and false do not.
fn code(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Object(fields) => ["code", "type", "status"].iter().find_map(|name| code(fields.get(*name))),
        Value::Number(number) => Some(number.to_string()).filter(|number| number != "0"),
        Value::Bool(true) => Some("error".to_owned()),
        other => text(Some(other)),
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    value?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// What of the answer requests use. An address must be one that may carry a credential.
fn values(body: &Value, wanted: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    for (name, pointer) in wanted {
        let value = match body.pointer(pointer) {
            Some(Value::String(text)) if is_sendable(text) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return Err(format!("answers without {pointer}, which requests are made of")),
        };
        let is_address = value.contains("://");
        if is_address && !is_safe_url(&value) {
            return Err(format!("answers with an address in {pointer} that is not https://"));
        }
        found.insert(name.clone(), if is_address { value.trim_end_matches('/').to_owned() } else { value });
    }
    Ok(found)
}

/// The seconds that an answer states, as a number or a text. What is no time at all says nothing of the
/// token, which is tried: a refusal renews it.
fn stated_secs(stated: &Value) -> Option<i64> {
    let secs = match stated {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    // A float too large for a whole number becomes the largest.
    secs.filter(|secs: &f64| *secs >= 1.0).map(|secs| secs as i64)
}

/// Whether a header can carry the token.
fn is_sendable(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(status: u16, body: Value, spec: &AnswerSpec) -> Answer {
        read(status, body.to_string().into_bytes(), spec)
    }

    fn refusal(status: u16, body: Value) -> Option<(String, String)> {
        match answer(status, body, &AnswerSpec::default()) {
            Answer::Refused { code, message } => Some((code, message)),
            _ => None,
        }
    }

    /// simstudioai/sim#6099, openclaw/openclaw#144082: an odd lifetime made the token useless, or had it
    /// fetched for each request.
    #[test]
    fn a_lifetime_in_any_spelling_is_read_and_none_at_all_is_the_usual_one() {
        for (stated, secs) in [
            (json!(600), Some(600)),
            (json!("600"), Some(600)),
            (json!(" 599.9 "), Some(599)),
            (json!(600.5), Some(600)),
            (json!(1e308), Some(i64::MAX)),
            (json!(0), None),
            (json!(-5), None),
            (json!("soon"), None),
            (json!("NaN"), None),
            (json!([1]), None),
            (Value::Null, None),
        ] {
            assert_eq!(stated_secs(&stated), secs, "{stated}");
        }
        assert!(is_sendable("ya29.a0-_~+/=") && !is_sendable("a\r\nX: 1") && !is_sendable("") && !is_sendable("é"));
        let Answer::Token(tokens) = answer(200, json!({"access_token": "abc"}), &AnswerSpec::default()) else {
            panic!("no token")
        };
        assert_eq!((tokens.expires_in_secs, tokens.refresh_token), (USUAL_SECS, None));
    }

    #[test]
    fn a_wrapped_answer_is_read_at_its_pointers() {
        let spec = AnswerSpec {
            token: "/data/access_token".to_owned(),
            refresh_token: "/data/refresh_token".to_owned(),
            expires_in: "/data/expires_in".to_owned(),
            error: "/code".to_owned(),
            message: "/message".to_owned(),
            ..AnswerSpec::default()
        };
        let body = json!({"code": 0, "message": "OK", "data": {"access_token": "a1", "refresh_token": "r2", "expires_in": 86400}});
        let Answer::Token(tokens) = answer(200, body, &spec) else { panic!("no token") };
        assert_eq!((tokens.expires_in_secs, tokens.refresh_token), (86_400, Some(Secret::new("r2"))));
        let refused = answer(200, json!({"code": 40105, "message": "Access token is revoked.", "data": {}}), &spec);
        let told = Answer::Refused { code: "40105".to_owned(), message: "Access token is revoked.".to_owned() };
        assert_eq!(refused, told);
    }

    // lelylan/simple-oauth2#459, speakeasy-api/gram#6088: GitHub refuses with HTTP 200.
    #[test]
    fn a_refusal_with_a_status_of_success_is_one() {
        let body = json!({"error": "bad_refresh_token", "error_description": "The refresh token passed is incorrect or expired."});
        assert_eq!(refusal(200, body).map(|(code, _)| code).as_deref(), Some("bad_refresh_token"));
        assert_eq!(refusal(200, json!({"token_type": "Bearer"})), None);
    }

    // HGData/mk-node-hubspot#64, supaglue-labs/supaglue#1935: a code outside `error`, in the vendor's own form.
    #[test]
    fn a_refusal_in_another_form_is_one() {
        let body = json!({"status": "BAD_REFRESH_TOKEN", "message": "missing or invalid refresh token"});
        let told = ("BAD_REFRESH_TOKEN".to_owned(), "missing or invalid refresh token".to_owned());
        assert_eq!(refusal(400, body), Some(told));
        let nested = json!({"error": {"message": "Session has expired.", "type": "OAuthException", "code": 190}});
        assert_eq!(refusal(400, nested), Some(("190".to_owned(), "Session has expired.".to_owned())));
        // Too many requests say nothing of the credential, nor does a page of HTML.
        assert_eq!(refusal(429, json!({"error": "rate_limited", "message": "slow"})), None);
        assert!(matches!(read(403, b"<html>".to_vec(), &AnswerSpec::default()), Answer::Unusable(_)));
    }

    // Azure/azure-sdk-for-python#14241, Azure-Samples/active-directory-angularjs-singlepageapp-dotnet-webapi#13
    #[test]
    fn a_vendor_that_cannot_answer_now_is_asked_again() {
        let body = json!({"error": "temporarily_unavailable", "error_description": "AADSTS90033: A transient error has occurred."});
        for status in [200, 400, 503] {
            assert!(matches!(answer(status, body.clone(), &AnswerSpec::default()), Answer::Unusable(_)), "{status}");
        }
    }

    #[test]
    fn requests_go_to_an_address_of_the_answer_only_where_it_is_safe() {
        let values = BTreeMap::from([("instance_url".to_owned(), "/instance_url".to_owned())]);
        let spec = AnswerSpec { values, ..AnswerSpec::default() };
        let of = |address: Value| answer(200, json!({"access_token": "a", "instance_url": address}), &spec);
        let Answer::Token(tokens) = of(json!("https://acme.my.vendor.example/")) else { panic!("no token") };
        assert_eq!(tokens.values["instance_url"], "https://acme.my.vendor.example");
        assert!(matches!(of(json!("http://acme.my.vendor.example")), Answer::Incomplete(_)));
        assert!(matches!(of(Value::Null), Answer::Incomplete(_)));
        assert!(matches!(of(json!("http://127.0.0.1:8080")), Answer::Token(_)));
    }
}
