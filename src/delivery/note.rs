//! Short messages of plain text: what the operator is notified of. Pure.

use super::{DeliveryError, Route, one_line};
use crate::support::ids::stable_id;
use crate::support::mailbox::mailbox;
use chrono::{DateTime, Utc};
use lettre::Message;
use lettre::message::SinglePart;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use std::time::SystemTime;

/// Slack's own limit is 3,000 characters a section; the escapes need room.
const SLACK_CHARS: usize = 2_500;

/// A note as a route wants it. `key` makes the same note the same message.
pub fn payload(
    route: &Route,
    subject: &str,
    text: &str,
    key: &str,
    now: DateTime<Utc>,
) -> Result<Vec<u8>, DeliveryError> {
    match route {
        Route::Mail { from, to } => mail(from, to, subject, text, key, now),
        Route::Slack { .. } => Ok(slack(subject, text)),
        Route::File { .. } | Route::SlackFile { .. } => Ok(text.as_bytes().to_vec()),
    }
}

fn mail(
    from: &str,
    to: &str,
    subject: &str,
    text: &str,
    key: &str,
    now: DateTime<Utc>,
) -> Result<Vec<u8>, DeliveryError> {
    let refused = |what: &str| DeliveryError::Permanent { reason: format!("the note has no {what}") };
    let sender = mailbox(from).ok_or_else(|| refused("sender"))?;
    let id = format!("<{}@{}>", stable_id("m", &[key, to]), sender.email.domain());
    let message = Message::builder()
        .to(mailbox(to).ok_or_else(|| refused("recipient"))?)
        .from(sender)
        .subject(one_line(subject))
        .date(SystemTime::from(now))
        .message_id(Some(id))
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
        // Exchange answers with out-of-office notes but for this header.
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"), "All".to_owned()))
        .singlepart(
            SinglePart::builder()
                .header(ContentType::TEXT_PLAIN)
                .header(ContentTransferEncoding::QuotedPrintable)
                .body(text.to_owned()),
        )
        .map_err(|_| refused("body"))?;
    Ok(message.formatted())
}

fn slack(subject: &str, text: &str) -> Vec<u8> {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut cut: String = text.chars().take(SLACK_CHARS / 5).collect();
    // Most text needs no escape and may be as long as the limit.
    if escaped(text).chars().count() <= SLACK_CHARS {
        cut = text.to_owned();
    } else if cut.len() < text.len() {
        cut.push('…');
    }
    let (head, body) = (escaped(&one_line(subject)), escaped(&cut));
    serde_json::json!({
        "text": format!("{head}\n{body}"),
        "blocks": [
            { "type": "section", "text": { "type": "mrkdwn", "text": format!("*{head}*"), "verbatim": true } },
            { "type": "section", "text": { "type": "plain_text", "text": cut, "emoji": false } },
        ],
    })
    .to_string()
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use mail_parser::MessageParser;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 21, 8, 0, 0).single().expect("an instant")
    }

    #[test]
    fn a_note_adds_no_header_whatever_it_says() {
        let route = Route::Mail { from: "Daybook <d@example.com>".to_owned(), to: "ops@example.com".to_owned() };
        let raw = payload(&route, "x\r\nBcc: all@example.com", "one\r\n.\r\ntwo ü", "k", now()).expect("a mail");
        let read = MessageParser::default().parse(&raw).expect("a mail");
        assert!(read.bcc().is_none());
        assert_eq!(read.subject(), Some("x  Bcc: all@example.com"));
        assert_eq!(read.body_text(0).as_deref().map(str::trim_end), Some("one\r\n.\r\ntwo ü"));
        assert_eq!(read.message_id().map(|id| id.ends_with("@example.com")), Some(true));
    }

    #[test]
    fn a_note_to_slack_pings_nobody_and_keeps_the_limits() {
        let text = format!("<!channel> {}", "&".repeat(9000));
        let raw = payload(&Route::Slack { hook: "ops".to_owned() }, "<!here>", &text, "k", now()).expect("a message");
        let value: serde_json::Value = serde_json::from_slice(&raw).expect("JSON");
        assert!(!value["text"].as_str().expect("text").contains('<'));
        assert_eq!(value["blocks"][0]["text"]["text"], "*&lt;!here&gt;*");
        assert_eq!(value["blocks"][1]["text"]["type"], "plain_text");
        assert!(value["blocks"][1]["text"]["text"].as_str().expect("text").chars().count() <= 3000);
    }
}
