//! What a vendor answers that repeats all it was sent.

use super::MARK;
use crate::contract::script::{is_for_a_token, zipped};
use crate::engine::vendor::{Answer, Asked};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

/// Somebody whom a vendor names in its messages.
pub const PERSON: &str = "jo.canary@example.com";

/// How all of it is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Within pages that are data.
    Pages,
    /// The same, but that reports come in archives.
    Archives,
    /// In refusals with this status.
    Refusals(u16),
    /// In the refusal of a token.
    NoTokens,
}

/// All that was sent, as it came and as it reads.
pub fn sent(asked: &Asked) -> String {
    let headers = asked.headers.iter().filter_map(|(name, value)| Some(format!("{name}: {}", value.to_str().ok()?)));
    let headers: Vec<String> = headers.collect();
    let raw = format!("{} {} {}", asked.line, headers.join("; "), asked.body);
    let read = percent_decode_str(&raw).decode_utf8_lossy().into_owned();
    format!("{raw} | {read}")
}

/// The user and the password of basic authentication, which are sent encoded; empty without them.
pub fn decoded_pair(asked: &Asked) -> String {
    let basic = asked.headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
    let pair = basic.and_then(|pair| STANDARD.decode(pair).ok()).unwrap_or_default();
    String::from_utf8_lossy(&pair).into_owned()
}

/// What proves who asks, where it stands in a header of its own.
fn proof(asked: &Asked) -> String {
    let of = |name: &str| asked.headers.get(name)?.to_str().ok().map(str::to_owned);
    let value =
        of("authorization").or_else(|| of("access-token")).or_else(|| of("x-shopify-access-token")).unwrap_or_default();
    value.rsplit(' ').next().unwrap_or_default().to_owned()
}

/// A new token: that of a refresh is marked as well, and so is the next refresh token.
fn token(id: &str, asked: &Asked) -> Answer {
    let body = json!({
        "access_token": format!("{MARK}{id}-access-{}/x+y=z", asked.before), "expires_in": 3600, "token_type": "Bearer",
        "refresh_token": format!("{MARK}{id}-renewed-{}/x+y=z", asked.before)
    });
    (200, Vec::new(), body.to_string().into_bytes())
}

fn no_token(all: &str) -> Answer {
    let body = json!({"error": "invalid_grant", "error_description": format!("{PERSON} sent {all}")});
    (400, Vec::new(), body.to_string().into_bytes())
}

/// What is answered; `page` is of the stream's own, and `empty` one that ends a list.
pub fn answer(id: &str, manner: Manner, base: &str, asked: &Asked, (page, empty): (&Value, &Value)) -> Answer {
    let all = sent(asked);
    if is_for_a_token(asked) {
        return if manner == Manner::NoTokens { no_token(&all) } else { token(id, asked) };
    }
    let link = ("link", format!("<{base}/next?access_token={}>; rel=\"next\"", proof(asked).replace(['\r', '\n'], "")));
    if let Manner::Refusals(status) = manner {
        // Messages are cut somewhere, and the person is named first.
        let all = format!("{PERSON}: {all}");
        let body = json!({
            "error": {"message": all, "code": status, "error_user_msg": all, "details": [{"errors": [{"message": all}]}]},
            "message": all, "code": 40002, "request_id": all, "error_description": all,
            "context": {"requiredGranularScopes": [all]},
            "OperationErrors": [{"Code": 100, "Details": all, "Message": all}]
        });
        return (status, vec![link], body.to_string().into_bytes());
    }
    // Another list of the vendor's, which counts its own.
    let path = asked.line.split([' ', '?']).nth(1).unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let nothing = json!({"total_items": 0});
    let is_other = page.get("total_items").is_some()
        && page.as_object().is_some_and(|page| !page.keys().any(|list| last.ends_with(list.as_str())));
    let page = match asked.before {
        0 if is_other => &nothing,
        0 => page,
        _ => empty,
    };
    let is_of_a_job = asked.line.contains("/download") || asked.line.contains("/results");
    if let Some(text) = page.as_str().filter(|_| is_of_a_job) {
        let line = all.replace('"', "'").replace(['\r', '\n'], " ");
        let text = text.replace("Shoes", &line).replace("Report Filter: ", &format!("Report Filter: {line}"));
        let bytes = if manner == Manner::Archives { zipped(&text) } else { text.into_bytes() };
        // A result says which part of it is the last.
        return (200, vec![link, ("sforce-locator", "null".to_owned())], bytes);
    }
    let mut page = if page.is_string() { json!({}) } else { page.clone() };
    let marks = json!({
        "echo": all, "slashed": "SLASHED", "next_page": format!("{base}/next?access_token={}&all={all}", proof(asked)),
        "id": "77", "state": "JobComplete", "report_run_id": "77", "async_status": "Job Completed", "ReportRequestId": "77",
        "ReportRequestStatus": {"Status": "Success", "ReportDownloadUrl": format!("{base}/download?sig={}", proof(asked))},
    });
    repeat(&mut page, &all, true);
    let first = if page.is_array() { page.get_mut(0) } else { Some(&mut page) };
    if let (Some(Value::Object(first)), Value::Object(marks)) = (first, marks) {
        first.extend(marks);
    }
    let quoted = json!(all).to_string().replace('/', "\\/");
    (200, vec![link], page.to_string().replace("\"SLASHED\"", &quoted).into_bytes())
}

/// In every record, and in place of names.
fn repeat(value: &mut Value, all: &str, is_top: bool) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| repeat(value, all, false)),
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                match name.as_str() {
                    "campaign_name" | "campaignName" => *value = json!(all),
                    _ => repeat(value, all, false),
                }
            }
            if !is_top {
                fields.insert("echo".to_owned(), json!(all));
            }
        }
        _ => {}
    }
}
