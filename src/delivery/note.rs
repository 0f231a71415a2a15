//! Short messages of plain text: what the operator is notified of. Pure.

use super::{DeliveryError, Route, one_line};
use crate::report::posts;
use crate::support::ids::stable_id;
use crate::support::mailbox::mailbox;
use chrono::{DateTime, Utc};
use lettre::Message;
use lettre::message::SinglePart;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use std::time::SystemTime;

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
        Route::Channel(channel) => {
            let note = posts::note(&channel.kind, &one_line(subject), text);
            let note = note.ok_or_else(|| DeliveryError::Misconfigured {
                reason: format!("this version knows no channel of the kind {:?}", channel.kind),
            })?;
            Ok(note.to_string().into_bytes())
        }
        Route::File { .. } | Route::ChannelFile { .. } => Ok(text.as_bytes().to_vec()),
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
}
