//! The parts of a mail put together: `mixed(related(alternative(text, html), images), attachments)`.

mod named;
mod smaller;

pub use smaller::{Smaller, smaller};

use super::{Attachment, InlineChart, MailContext, MailError};
use crate::report::document::Document;
use crate::report::render::words::shortened;
use crate::support::ids::stable_id;
use lettre::Message;
use lettre::message::header::{ContentId, ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use named::{NamedDisposition, NamedType, safe_name};
use std::time::SystemTime;

pub(super) fn assemble(
    document: &Document,
    subject: &str,
    text: &str,
    html: &str,
    images: &[(String, &InlineChart)],
    attachments: &[Attachment],
    context: &MailContext,
) -> Result<Vec<u8>, MailError> {
    let domain = domain(&context.message_id_domain)?;
    let id = stable_id("m", &[&document.id, &context.to]);
    // `=_` cannot stand in quoted-printable or base64 text, so no body can contain a border.
    let border = |name: &str| format!("=_{name}_{id}");

    let alternative = MultiPart::alternative()
        .boundary(border("alternative"))
        .singlepart(quoted(ContentType::TEXT_PLAIN, text))
        .singlepart(quoted(ContentType::TEXT_HTML, html));
    let mut body = alternative;
    if !images.is_empty() {
        body = MultiPart::related().boundary(border("related")).multipart(body);
        for (cid, image) in images {
            body = body.singlepart(inline(cid, image)?);
        }
    }
    if !attachments.is_empty() {
        body = MultiPart::mixed().boundary(border("mixed")).multipart(body);
        for attachment in attachments {
            body = body.singlepart(attached(attachment)?);
        }
    }

    let mut message = Message::builder()
        .from(mailbox("the sender", &context.from)?)
        .to(mailbox("the recipient", &context.to)?)
        .subject(subject)
        .date(SystemTime::from(document.issued_at))
        .message_id(Some(format!("<{id}@{domain}>")))
        .raw_header(header("Auto-Submitted", "auto-generated".to_owned()))
        // Exchange answers with out-of-office notes but for this header.
        .raw_header(header("X-Auto-Response-Suppress", "All".to_owned()))
        .raw_header(header("List-Id", list_id(document, domain)));
    if let Some(reply_to) = &context.reply_to {
        message = message.reply_to(mailbox("the reply address", reply_to)?);
    }
    let targets = context.list_unsubscribe.iter().map(|target| unsubscribe(target)).collect::<Result<Vec<_>, _>>()?;
    if !targets.is_empty() {
        message = message.raw_header(header("List-Unsubscribe", format!("<{}>", targets.join(">, <"))));
        // RFC 8058; without an address that takes the POST the promise would be false.
        if targets.iter().any(|target| target.starts_with("https://")) {
            let value = "List-Unsubscribe=One-Click".to_owned();
            message = message.raw_header(header("List-Unsubscribe-Post", value));
        }
    }
    Ok(message.multipart(body)?.formatted())
}

fn quoted(kind: ContentType, text: &str) -> SinglePart {
    SinglePart::builder().header(kind).header(ContentTransferEncoding::QuotedPrintable).body(text.to_owned())
}

fn inline(cid: &str, image: &InlineChart) -> Result<SinglePart, MailError> {
    let name = safe_name(&format!("{}.png", image.chart_id));
    Ok(SinglePart::builder()
        .header(NamedType::new("image/png", &name)?)
        .header(ContentId::from(format!("<{cid}>")))
        .header(NamedDisposition::new("inline", &name))
        .header(ContentTransferEncoding::Base64)
        .body(image.png.clone()))
}

fn attached(attachment: &Attachment) -> Result<SinglePart, MailError> {
    let name = safe_name(&attachment.file_name);
    Ok(SinglePart::builder()
        .header(NamedType::new(&attachment.media_type, &name)?)
        .header(NamedDisposition::new("attachment", &name))
        .header(ContentTransferEncoding::Base64)
        .body(attachment.bytes.clone()))
}

/// One list per report and workspace, so that readers can file them by rule.
fn list_id(document: &Document, domain: &str) -> String {
    let label = |text: &str| -> String {
        let kept = text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
        kept.take(60).collect()
    };
    format!("<{}.{}.{domain}>", label(&document.report), label(&document.workspace_id))
}

fn mailbox(what: &'static str, value: &str) -> Result<Mailbox, MailError> {
    crate::support::mailbox::mailbox(value).ok_or_else(|| MailError::Invalid { what, value: shortened(value, 200) })
}

fn domain(value: &str) -> Result<&str, MailError> {
    let good = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-');
    if good && !value.is_empty() && value.len() <= 253 {
        Ok(value)
    } else {
        Err(MailError::Invalid { what: "the Message-ID domain", value: shortened(value, 200) })
    }
}

fn unsubscribe(value: &str) -> Result<&str, MailError> {
    let leads_somewhere = value.starts_with("mailto:") || value.starts_with("https://");
    let good = leads_somewhere && value.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>,".contains(&byte));
    if good {
        Ok(value)
    } else {
        Err(MailError::Invalid { what: "the unsubscribe address", value: shortened(value, 200) })
    }
}

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}
