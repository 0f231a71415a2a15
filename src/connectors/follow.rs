//! Asks for objects that a listing only names, within the same slice: what events say has changed,
//! what belongs to each listed object.

use super::connection::Connection;
use super::engine::{Engine, Outcome, request};
use super::error::ConnectorError;
use super::landing::{Landing, PageRecord, read_page};
use super::slice::Window;
use super::spec::{FollowSpec, IdPlace};
use super::template::{Cursor, Renderer};
use crate::support::blocking::off_thread;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::collections::HashSet;
use std::io::Read;
use std::path::PathBuf;

/// A page that names objects is read into memory; none of this kind is larger.
const LARGEST_LISTING: u64 = 64 << 20;

impl Engine {
    /// Adds the pages of the objects that are named to `landing`.
    pub(super) async fn follow(
        &self,
        connection: &Connection,
        spec: &FollowSpec,
        renderer: &Renderer<'_>,
        landing: &mut Landing,
        on_page: &(dyn Fn(u64) + Sync),
    ) -> Result<(), ConnectorError> {
        let own = landing.pages().len();
        let mut held = HashSet::new();
        if let Some(place) = &spec.held {
            held.extend(ids(landing, 0, place).await?);
        }
        if let Some(listing) = &spec.listing {
            self.walk(connection, (&listing.request, &listing.paging, None), renderer, landing, on_page).await?;
        }
        let first = if spec.listing.is_some() { own } else { 0 };
        let named = ids(landing, first, &spec.ids).await?;
        landing.truncate(own);
        let wanted: Vec<String> = named.into_iter().filter(|id| held.insert(id.clone())).collect();
        let mut gone = 0;
        for batch in wanted.chunks(spec.batch.max(1)) {
            let cursor = Cursor { ids: batch.to_vec(), ..Cursor::default() };
            let request = request(&spec.request, renderer, &cursor)?;
            match self.page(connection, &request, &[], landing).await {
                Ok(Outcome::Page { bytes, page, .. }) => {
                    on_page(bytes);
                    landing.keep_packing(page).await?;
                }
                Ok(Outcome::Nothing { note }) => landing.note(note),
                Ok(Outcome::Restart { note }) => return Err(ConnectorError::Unavailable { note }),
                Err(ConnectorError::Rejected { status: 404, .. }) if spec.batch <= 1 => gone += 1,
                // Where many are asked for at once, it is the place that is not there, however few they are.
                Err(ConnectorError::Rejected { status: 404, note }) => {
                    let place = connection.redact(&request.url);
                    let note = format!("{place}, asked for {} objects at once: {note}", batch.len());
                    return Err(ConnectorError::Rejected { status: 404, note });
                }
                Err(error) => return Err(error),
            }
        }
        landing.settle().await?;
        if gone > 0 {
            landing.note(format!("{gone} objects were named but are gone by now"));
        }
        Ok(())
    }
}

/// Whether a listing that is kept so many days can tell news in a window: it is asked only for what
/// happened since objects were read last.
pub(super) fn is_news(window: &Window, now: DateTime<Utc>, kept_days: u32, since: Option<DateTime<Utc>>) -> bool {
    let Some(since) = since else { return false };
    let first = since.max(now - TimeDelta::days(i64::from(kept_days)));
    match *window {
        Window::Whole => false,
        Window::Instants { end, .. } => end > first,
        Window::Days { period } => period.end > first.date_naive(),
    }
}

/// The ids in the kept pages from number `from` on, in order, with repeats.
async fn ids(landing: &Landing, from: usize, place: &IdPlace) -> Result<Vec<String>, ConnectorError> {
    let pages: Vec<(PathBuf, PageRecord)> =
        landing.pages()[from..].iter().map(|page| (landing.path(page), page.clone())).collect();
    let place = place.clone();
    off_thread(move || {
        let mut ids = Vec::new();
        for (path, page) in pages {
            if page.bytes > LARGEST_LISTING {
                let note = format!("a listing of {} MB is too large to follow", page.bytes >> 20);
                return Err(ConnectorError::UnexpectedPayload { note });
            }
            let mut body = String::new();
            let unreadable = |_| ConnectorError::Landing { note: format!("{} cannot be read back", page.file) };
            read_page(&path)?.read_to_string(&mut body).map_err(unreadable)?;
            ids.extend(ids_of(&body, &place));
        }
        Ok(ids)
    })
    .await
}

fn ids_of(body: &str, place: &IdPlace) -> Vec<String> {
    let Ok(body) = serde_json::from_str::<Value>(body) else { return Vec::new() };
    let records = body.pointer(&place.records_pointer).and_then(Value::as_array).map(Vec::as_slice);
    let id = |record: &Value| {
        place.id_pointers.iter().find_map(|pointer| match record.pointer(pointer)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    };
    records.unwrap_or_default().iter().filter_map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_pointer_that_holds_an_id_counts() {
        let place = IdPlace {
            records_pointer: "/data".to_owned(),
            id_pointers: vec!["/data/object/charge".to_owned(), "/data/object/id".to_owned()],
        };
        let body = r#"{"data": [{"data": {"object": {"id": "dp_1", "charge": "ch_1"}}},
            {"data": {"object": {"id": "ch_2", "charge": null}}}, {"data": {}}, {"data": {"object": {"id": 7}}}]}"#;
        assert_eq!(ids_of(body, &place), ["ch_1", "ch_2", "7"]);
        assert_eq!(ids_of("[]", &place), Vec::<String>::new());
    }

    #[test]
    fn news_is_asked_for_where_the_vendor_still_keeps_it() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1000);
        let window = |from, to| Window::Instants { start: now - TimeDelta::days(from), end: now - TimeDelta::days(to) };
        let is_news = |window, since| is_news(&window, now, 30, Some(now - TimeDelta::days(since)));
        assert!(is_news(window(2, 0), 2) && is_news(window(60, 29), 300));
        assert!(!is_news(window(60, 31), 300), "the vendor has forgotten");
        assert!(!is_news(window(60, 20), 10), "all was read after it");
        assert!(!super::is_news(&window(2, 0), now, 30, None), "all is being read");
    }
}
