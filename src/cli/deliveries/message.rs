//! One message: the answers to it, its bytes, and sending it again.

use super::super::Outcome;
use super::super::out::{self, place};
use super::super::show::{bytes, plain};
use super::{done, to_text};
use crate::app::{App, AppError};
use crate::jobs::message_again::{MessageBytes, Origin, bytes_of, from_sender};
use crate::queries::deliveries::{MessageHistory, message};
use crate::support::secret::Secret;
use crate::warehouse::outbox::{self, DeliveryLine, StoredMessage};
use std::fmt::Write;
use std::path::Path;

fn state_text(line: &DeliveryLine) -> String {
    match (line.state.as_str(), line.not_before) {
        ("pending", Some(at)) if line.trouble.is_some() => {
            format!("needs you, tried again at {}, {} tries", at.format("%H:%M"), line.attempts)
        }
        ("pending", Some(at)) => format!("pending until {}, {} tries", at.format("%H:%M"), line.attempts),
        (state, _) if line.attempts > 1 => format!("{state}, {} tries", line.attempts),
        (state, _) => state.to_owned(),
    }
}

/// One message, every try, and where its bytes are.
pub fn show(app: &App, id: &str, to: Option<&Path>, json: bool) -> anyhow::Result<Outcome> {
    let Some(mut found) = message(app, id)? else {
        return Err(AppError::Usage(format!("no message has the id {id:?}")).into());
    };
    let made = match to {
        Some(to) => Some(written(app, id, to)?),
        None => None,
    };
    if json {
        found.written = made.as_ref().map(Origin::text);
        out::json(&found)?;
        return Ok(outcome_of(made.as_ref()));
    }
    let MessageHistory { message: line, attempts, .. } = found;
    let mut text = format!("{} of {} ({})\n", line.message_id, line.workspace, line.report_id);
    let _ = writeln!(text, "{}, {}: {}", to_text(&line), bytes(line.bytes), state_text(&line));
    for attempt in &attempts {
        let _ = writeln!(
            text,
            "\ntry {}, {} to {} UTC: {}{}",
            attempt.attempt,
            attempt.began_at.format("%Y-%m-%d %H:%M:%S"),
            attempt.ended_at.format("%H:%M:%S"),
            attempt.outcome,
            if attempt.bounce.is_some() { ", the address was refused" } else { "" }
        );
        if attempt.outcome != "sent" {
            let _ = writeln!(text, "  {}", attempt.detail);
        }
        for reply in &attempt.replies {
            let _ = writeln!(text, "  {}: {}", reply.step, reply.text);
        }
    }
    if let Some(at) = line.payload_dropped_at {
        let _ = writeln!(
            text,
            "\nits bytes were dropped on {}, as it had gone out long before; `--out FILE` renders them again from the \
             issued document",
            at.format("%Y-%m-%d")
        );
    }
    if let (Some(origin), Some(to)) = (&made, to) {
        let _ = writeln!(text, "\n{}: {}", to.display(), origin.text());
    }
    outln!("{}", plain(text.trim_end()));
    Ok(outcome_of(made.as_ref()))
}

/// Says by the exit code that what was written is not what went out.
fn outcome_of(origin: Option<&Origin>) -> Outcome {
    match origin {
        Some(Origin::RenderedOtherwise { .. }) => Outcome::Partly,
        _ => Outcome::Done,
    }
}

fn found(app: &App, id: &str) -> anyhow::Result<StoredMessage> {
    let found = app.warehouse.read_blocking(|reader| outbox::stored(reader, id))?;
    Ok(found.ok_or_else(|| AppError::Usage(format!("no message has the id {id:?}")))?)
}

/// The bytes of a message, kept or rendered again.
fn made(app: &App, message: &StoredMessage) -> anyhow::Result<MessageBytes> {
    let key = unsubscribe_key(app)?;
    let made = bytes_of(&app.warehouse, message, &app.templates(), key)?;
    Ok(made.ok_or_else(|| {
        AppError::Usage(format!(
            "nothing is left to make {} of: it was erased, could never be made, or its report is not kept any more",
            message.message_id
        ))
    })?)
}

fn unsubscribe_key(app: &App) -> Result<Option<Secret>, AppError> {
    let key = &app.settings.delivery.headers.unsubscribe_key;
    let read = key.as_ref().map(|key| key.resolve(&app.settings.config_dir())).transpose();
    read.map_err(|error| AppError::Usage(error.to_string()))
}

fn written(app: &App, id: &str, out: &Path) -> anyhow::Result<Origin> {
    let made = made(app, &found(app, id)?)?;
    let path = place(out);
    std::fs::write(&path, &made.payload).map_err(|source| AppError::Io { path, source })?;
    Ok(made.origin)
}

/// Makes a mail again whose sender is configured no more; says how. None for others, and where the report is not
/// kept any more.
fn with_sender_of_today(app: &App, message: &StoredMessage) -> anyhow::Result<Option<String>> {
    let Some(mail) = &app.settings.delivery.mail else { return Ok(None) };
    let (sender, key) = (mail.from(), unsubscribe_key(app)?);
    let found = from_sender(&app.warehouse, message, sender, &app.templates(), key)?;
    let Some((route, payload)) = found else { return Ok(None) };
    let id = message.message_id.clone();
    app.warehouse.write_ledger_blocking(move |ledger| outbox::remake(ledger, &id, &route, &payload))?;
    Ok(Some(format!("made again from the issued document, from {sender}")))
}

/// Makes a message again whose bytes are lost; says how. None where they are there, or never were.
fn replaced(app: &App, message: &StoredMessage) -> anyhow::Result<Option<String>> {
    if let Some(how) = with_sender_of_today(app, message)? {
        return Ok(Some(how));
    }
    if message.payload.is_some() || message.lacking_sha256.is_none() {
        return Ok(None);
    }
    let made = made(app, message)?;
    let (id, payload) = (message.message_id.clone(), made.payload);
    app.warehouse.write_ledger_blocking(move |ledger| outbox::replace_lost(ledger, &id, &payload))?;
    Ok(Some(made.origin.text()))
}

/// Has a message go out with the next delivery.
pub fn resend(app: &App, id: &str, again: bool, json: bool) -> anyhow::Result<Outcome> {
    let (own, now) = (id.to_owned(), app.clock.now());
    let message = app.warehouse.read_blocking(|reader| outbox::stored(reader, id))?;
    let is_sent = message.as_ref().is_some_and(|message| message.state == "sent");
    let Some(message) = message.as_ref().filter(|_| is_sent) else {
        let how = message.as_ref().map(|message| replaced(app, message)).transpose()?.flatten();
        let is_done = app.warehouse.write_ledger_blocking(move |ledger| outbox::requeue(ledger, &own, now))?;
        let how = how.map(|how| format!(": {how}")).unwrap_or_default();
        return done(is_done, json, &format!("{id} is sent again with the next delivery{how}"), || {
            format!("no failed, unknown or waiting message has the id {id:?}")
        });
    };
    if !again {
        return Err(AppError::Usage(format!(
            "{id} went out: the other side accepted it; to send it once more all the same, add --again"
        ))
        .into());
    }
    let made = made(app, message)?;
    let is_rendered = made.origin != Origin::Kept;
    let payload = made.payload;
    let is_done = app.warehouse.write_ledger_blocking(move |ledger| {
        outbox::send_again(ledger, &own, Some(payload.as_slice()).filter(|_| is_rendered), now)
    })?;
    tracing::info!(message.id = id, "a message that had gone out is sent again, by hand");
    let words = format!("{id} is sent once more with the next delivery: {}", made.origin.text());
    done(is_done, json, &words, || format!("{id} is not in the outbox any more as it was"))
}
