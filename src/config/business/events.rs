//! `[[events]]`: known events.

use super::{CHANNEL, METRIC, check_all};
use crate::config::Known;
use crate::domain::business::{COUNTRIES, EventKind, KnownEvent};
use crate::settings::Kind;
use crate::settings::kinds::{boolean, date, id, list_of, one_of};
use crate::settings::reader::{Section, fault, unknown_remedy};
use crate::settings::values::{quoted, read_text};
use serde_json::json;

/// Reports name events within sentences.
const MOST_CHARS: usize = 160;

pub(super) fn read(top: &mut Section<'_>, known: &Known) -> Vec<KnownEvent> {
    let mut events: Vec<KnownEvent> = Vec::new();
    for section in top.list("events") {
        let line = section.line;
        let Some(event) = event(section, known) else { continue };
        if events.contains(&event) {
            let message = format!("[[events]]: {} is there twice", quoted(&event.text));
            top.problem(line, &message, "keep one of the two");
        }
        events.push(event);
    }
    events
}

fn event(mut section: Section<'_>, known: &Known) -> Option<KnownEvent> {
    section.about("Something known to have changed figures, or that will.");
    let from = section.required("from", "2026-11-12", date().about("The first day, in the workspace's zone."));
    let to = section.optional("to", date().about("The last day that counts; the first if left out."));
    let text = section.required("text", "\"consent banner live\"", note().about("What happened, in a few words."));
    let kind = section
        .optional("kind", one_of(&EventKind::ALL).about("other if left out."))
        .map_or(EventKind::Other, |at| at.value);
    let channels = section.optional("channels", list_of(id()).about("Only these channels; all if left out."));
    let countries = section.optional("countries", list_of(country()).about("Only these countries; all if left out."));
    let metrics = section.optional("metrics", list_of(id()).about("Only these metrics; all if left out."));
    let mute = section.optional("mute", boolean().about("Whether reports leave it out; false if left out."));
    if let (Some(from), Some(to)) = (&from, &to)
        && to.value < from.value
    {
        section.problem(to.line, "[[events]]: to lies before from", "write the last day that counts");
    }
    let channels = check_all(&section, channels, known.channels.as_ref(), CHANNEL);
    let metrics = check_all(&section, metrics, known.metrics.as_ref(), METRIC);
    section.finish();
    let from = from?.value;
    Some(KnownEvent {
        from,
        to: to.map_or(from, |at| at.value),
        text: text?.value,
        kind,
        channels,
        countries: countries.map(|at| at.value).unwrap_or_default(),
        metrics,
        is_muted: mute.is_some_and(|at| at.value),
    })
}

fn note<'k>() -> Kind<'k, String> {
    Kind::text(json!({ "maxLength": MOST_CHARS }), |value| {
        let text = read_text(value)?;
        let count = text.chars().count();
        if count > MOST_CHARS {
            return Err(fault(
                format!("the text has {count} characters; at most {MOST_CHARS} fit in a report"),
                "shorten it",
            ));
        }
        Ok(text)
    })
}

fn country<'k>() -> Kind<'k, String> {
    Kind::text(json!({ "enum": COUNTRIES.as_slice() }), |value| {
        let text = read_text(value)?;
        if COUNTRIES.contains(&text.as_str()) {
            return Ok(text);
        }
        let upper = text.to_uppercase();
        let remedy = match upper.as_str() {
            "UK" => "did you mean \"GB\"?".to_owned(),
            upper if COUNTRIES.contains(&upper) => format!("did you mean \"{upper}\"?"),
            upper => match unknown_remedy(upper, &COUNTRIES, "countries") {
                near if near.starts_with("did you mean") => near,
                _ => "use a two-letter ISO 3166 code such as \"DE\"".to_owned(),
            },
        };
        Err(fault(format!("{} is not a country", quoted(&text)), remedy))
    })
}
