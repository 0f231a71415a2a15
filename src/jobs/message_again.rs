//! A message as it went out: its payload, or the same made again from the document that was issued. Today's
//! data have no part in it.

use super::report::{Audience, Formats, MadeWith, Rendered, ReportError, mail};
use super::stored_report::StoredReport;
use crate::delivery::Route;
use crate::report::document::Document;
use crate::report::format::Locale;
use crate::report::templates::Templates;
use crate::support::ids::hex;
use crate::support::secret::Secret;
use crate::warehouse::outbox::StoredMessage;
use crate::warehouse::{Warehouse, WarehouseError};
use sha2::{Digest, Sha256};

/// A message's bytes, and how sure it is that they are those that went out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageBytes {
    pub payload: Vec<u8>,
    pub origin: Origin,
}

/// Where a message's bytes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// They were kept.
    Kept,
    /// Rendered again, and their sum is the one that was kept.
    RenderedAlike,
    /// Rendered again, with other bytes: why.
    RenderedOtherwise { why: String },
}

impl Origin {
    /// For people.
    pub fn text(&self) -> String {
        match self {
            Self::Kept => "the bytes that went out".to_owned(),
            Self::RenderedAlike => {
                "rendered again from the issued document: the same bytes as went out, by their sum".to_owned()
            }
            Self::RenderedOtherwise { why } => format!(
                "rendered again from the issued document: other bytes than went out, as {why}; the figures are the same"
            ),
        }
    }
}

/// The bytes of a message; blocking. `None` where nothing can be made of it any more: it was erased, or its report's
/// document is gone.
///
/// # Errors
/// Where the warehouse or a template fails.
pub fn bytes_of(
    warehouse: &Warehouse,
    message: &StoredMessage,
    templates: &Templates,
    unsubscribe_key: Option<Secret>,
) -> Result<Option<MessageBytes>, ReportError> {
    if let Some(payload) = message.payload.clone() {
        return Ok(Some(MessageBytes { payload, origin: Origin::Kept }));
    }
    let Some(sum) = &message.lacking_sha256 else { return Ok(None) };
    let found = warehouse.read_blocking(|reader| StoredReport::read(reader, &message.report_id))?;
    let Some(report) = found else { return Ok(None) };
    let locale = message.locale.clone().unwrap_or_else(|| Locale::STANDARD.to_string());
    let Some((document, rendered)) = report.render(&locale, templates)? else { return Ok(None) };
    let payload = made_again(message, (&document, rendered), templates, unsubscribe_key)?;
    let origin = match hex(&Sha256::digest(&payload)) == *sum {
        true => Origin::RenderedAlike,
        false => Origin::RenderedOtherwise { why: report.why_other(templates) },
    };
    Ok(Some(MessageBytes { payload, origin }))
}

/// The route and the bytes of a mail as if `sender` had been configured when it was made; blocking. `None` for what is
/// no mail or has that sender, and where its report is not kept any more.
///
/// # Errors
/// Where the warehouse or a template fails.
pub fn from_sender(
    warehouse: &Warehouse,
    message: &StoredMessage,
    sender: &str,
    templates: &Templates,
    unsubscribe_key: Option<Secret>,
) -> Result<Option<(String, Vec<u8>)>, ReportError> {
    let Ok(Route::Mail { from, to }) = serde_json::from_str(&message.route) else { return Ok(None) };
    if from == sender {
        return Ok(None);
    }
    let route = serde_json::to_string(&Route::Mail { from: sender.to_owned(), to })?;
    // Without bytes of its own it is rendered.
    let lacking_sha256 = Some(String::new());
    let bare = StoredMessage { route: route.clone(), payload: None, lacking_sha256, ..message.clone() };
    let made = bytes_of(warehouse, &bare, templates, unsubscribe_key)?;
    Ok(made.map(|made| (route, made.payload)))
}

fn made_again(
    message: &StoredMessage,
    (document, rendered): (&Document, Rendered),
    templates: &Templates,
    unsubscribe_key: Option<Secret>,
) -> Result<Vec<u8>, ReportError> {
    let route: Route = serde_json::from_str(&message.route)?;
    Ok(match &route {
        Route::Mail { from, to } => {
            let made: MadeWith =
                message.made_with.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
            let audience = Audience {
                formats: made.formats,
                reply_to: made.reply_to,
                unsubscribe: made.unsubscribe,
                unsubscribe_key,
                ..Audience::default()
            };
            mail(document, &rendered, &audience, templates, (from, to))?.raw
        }
        Route::Channel(channel) => rendered.post(&channel.kind)?,
        Route::ChannelFile { .. } => rendered.pdf,
        Route::File { path } => {
            let ending = path.rsplit('.').next().unwrap_or_default();
            let found = rendered.files(Formats::ALL).into_iter().find(|(one, ..)| *one == ending);
            let found = found.ok_or_else(|| WarehouseError::Invalid(format!("no file of a report ends so: {path}")))?;
            found.2.to_vec()
        }
    })
}
