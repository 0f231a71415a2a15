//! Asks for objects that a listing only names, within the same slice: what events say has changed,
//! what belongs to each listed object.

use super::connection::Connection;
use super::cursor::Cursor;
use super::engine::{Engine, Walk};
use super::error::ConnectorError;
use super::landing::{Landing, PageLabel, PageRecord, read_page};
use super::places::at;
use super::slice::Window;
use super::spec::{FailedSpec, FollowSpec, IdPlace, OnlyWith};
use super::template::Renderer;
use crate::support::blocking::in_pool;
use crate::support::soft_json::readable;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A page that names objects is read into memory; none of this kind is larger.
const LARGEST_LISTING: u64 = 64 << 20;
/// Objects in a row that may be refused by themselves.
const MOST_UNREAD: u32 = 10;

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
            held.extend(named(landing, 0, (place, None)).await?.into_iter().map(|named| named.id));
        }
        if let Some(listing) = &spec.listing {
            let list = Some(spec.ids.records_pointer.as_str());
            let of = Walk { list, ..Walk::listing(&listing.request, &listing.paging) };
            self.walk(connection, of, renderer, landing, on_page).await?;
        }
        let first = if spec.listing.is_some() { own } else { 0 };
        let named = named(landing, first, (&spec.ids, spec.from_part.as_deref())).await?;
        landing.truncate(own);
        let wanted: Vec<Named> = named.into_iter().filter(|named| held.insert(named.id.clone())).collect();
        let (mut gone, mut unread_in_row) = (0, 0);
        for batch in wanted.chunks(spec.batch.max(1)) {
            let given = given(batch);
            landing.label(label(spec, &given)).await?;
            let before = landing.count();
            let walk = Walk { given: &given, ..Walk::listing(&spec.request, &spec.paging) };
            match self.walk(connection, walk, renderer, landing, on_page).await {
                Ok(_) => {
                    unread_in_row = 0;
                    if let Some(failed) = &spec.failed {
                        failures(landing, before, failed).await?.into_iter().for_each(|(id, why)| {
                            let why = connection.redact(&why);
                            landing.unread(id, why);
                        });
                    }
                }
                Err(ConnectorError::Rejected { status: 404, .. }) if spec.batch <= 1 => gone += 1,
                // The key may lack the right to these objects alone.
                Err(ConnectorError::Rejected { status: 403, .. }) if spec.if_refused.is_some() => {
                    landing.note(spec.if_refused.clone().unwrap_or_default());
                    break;
                }
                // Where many are asked for at once, it is the place that is not there, however few they are.
                Err(ConnectorError::Rejected { status: 404, note }) => {
                    let place = connection.redact(&renderer.render(&spec.request.url, Some(&given))?);
                    let note = format!("{place}, asked for {} objects at once: {note}", batch.len());
                    return Err(ConnectorError::Rejected { status: 404, note });
                }
                // One object that cannot be read leaves the others; many in a row are the place's fault.
                Err(ConnectorError::Rejected { status, note })
                    if spec.batch <= 1 && status != 403 && unread_in_row < MOST_UNREAD =>
                {
                    unread_in_row += 1;
                    let id = given.ids.first().cloned().unwrap_or_default();
                    match spec.listing {
                        Some(_) => landing.unread(id, note),
                        None => landing.note(format!("{id} could not be read: {note}")),
                    }
                }
                Err(error) => return Err(error),
            }
        }
        landing.label(PageLabel::default()).await?;
        self.rest(connection, spec, renderer, (landing, own), on_page).await?;
        if gone > 0 {
            landing.note(format!("{gone} objects were named but are gone by now"));
        }
        Ok(())
    }
}

/// Whether a listing that is kept so many days can report news in a window: it is asked only for what
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

/// An object that a page names.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    id: String,
    /// The id that the page was asked for by.
    parent: String,
}

/// What requests for these objects see.
fn given(batch: &[Named]) -> Cursor {
    let parent = match batch {
        [only] => only.parent.clone(),
        _ => String::new(),
    };
    Cursor { ids: batch.iter().map(|named| named.id.clone()).collect(), parent, ..Cursor::default() }
}

fn label(spec: &FollowSpec, given: &Cursor) -> PageLabel {
    match given.ids.as_slice() {
        [only] if !spec.part.is_empty() => PageLabel { part: spec.part.clone(), parent: only.clone() },
        _ => PageLabel::of_part(&spec.part),
    }
}

/// The ids in the kept pages from number `from` on, of a part where one is named, in order, with repeats.
async fn named(
    landing: &Landing,
    from: usize,
    (place, part): (&IdPlace, Option<&str>),
) -> Result<Vec<Named>, ConnectorError> {
    let pages = landing.pages()[from..].iter().filter(|page| part.is_none_or(|part| page.label.part == part));
    let pages: Vec<(PathBuf, PageRecord)> = pages.map(|page| (landing.path(page), page.clone())).collect();
    let place = place.clone();
    in_pool(move || {
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        for (path, page) in pages {
            let body = read_back(&path, &page)?;
            let parent = page.label.parent;
            all.extend(ids_of(&body, &place, &mut seen).into_iter().map(|id| Named { id, parent: parent.clone() }));
        }
        Ok(all)
    })
    .await
}

/// The ids that all kept pages name, in order, with repeats.
pub(super) async fn named_ids(landing: &Landing, place: &IdPlace) -> Result<Vec<String>, ConnectorError> {
    Ok(named(landing, 0, (place, None)).await?.into_iter().map(|named| named.id).collect())
}

/// What the pages from number `from` on say of objects that they could not be given: the id, and why.
async fn failures(
    landing: &mut Landing,
    from: usize,
    place: &FailedSpec,
) -> Result<Vec<(String, String)>, ConnectorError> {
    landing.settle().await?;
    let pages: Vec<(PathBuf, PageRecord)> =
        landing.pages()[from..].iter().map(|page| (landing.path(page), page.clone())).collect();
    let place = place.clone();
    in_pool(move || {
        let mut all = Vec::new();
        for (path, page) in pages {
            all.extend(failures_of(&read_back(&path, &page)?, &place));
        }
        Ok(all)
    })
    .await
}

fn failures_of(body: &[u8], place: &FailedSpec) -> Vec<(String, String)> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let mut all = Vec::new();
    for failure in body.pointer(&place.records_pointer).and_then(Value::as_array).into_iter().flatten() {
        let why =
            failure.pointer(&place.message_pointer).and_then(text).unwrap_or_else(|| "no reason is given".to_owned());
        match failure.pointer(&place.id_pointer) {
            Some(Value::Array(ids)) => all.extend(ids.iter().filter_map(text).map(|id| (id, why.clone()))),
            id => all.push((id.and_then(text).unwrap_or_else(|| "an object".to_owned()), why)),
        }
    }
    all
}

/// A kept page as it may be read.
fn read_back(path: &Path, page: &PageRecord) -> Result<Vec<u8>, ConnectorError> {
    if page.bytes > LARGEST_LISTING {
        let note = format!("a listing of {} MB is too large to follow", page.bytes >> 20);
        return Err(ConnectorError::UnexpectedPayload { note });
    }
    let mut body = Vec::new();
    let unreadable = |_| ConnectorError::Landing { note: format!("{} cannot be read back", page.file) };
    read_page(path)?.read_to_end(&mut body).map_err(unreadable)?;
    Ok(readable(body))
}

/// `seen` is what stood at `one_for_each` in the pages before.
fn ids_of(body: &[u8], place: &IdPlace, seen: &mut HashSet<String>) -> Vec<String> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let records = match body.pointer(&place.records_pointer).and_then(Value::as_array) {
        Some(records) => records.as_slice(),
        None if body.is_object() => std::slice::from_ref(&body),
        None => &[],
    };
    let mut ids = Vec::new();
    for record in records {
        let holds = |only: &OnlyWith| match (&only.value, &only.other_than) {
            (Some(wanted), _) => {
                let is_wanted = |value: &&Value| value.as_bool().is_some_and(|truth| truth.to_string() == *wanted);
                words_at(record, &only.pointer).contains(wanted) || at(record, &only.pointer).iter().any(is_wanted)
            }
            (None, Some(other)) => {
                let others = words_at(record, other);
                words_at(record, &only.pointer).iter().any(|word| !others.contains(word))
            }
            (None, None) => !at(record, &only.pointer).is_empty(),
        };
        if !place.only_with.as_ref().is_none_or(holds) {
            continue;
        }
        if let Some(pointer) = &place.one_for_each {
            let news = at(record, pointer).into_iter().filter(|value| seen.insert(value.to_string())).count();
            if news == 0 {
                continue;
            }
        }
        let found = place.id_pointers.iter().map(|pointer| words_at(record, pointer)).find(|words| !words.is_empty());
        ids.extend(found.unwrap_or_default());
    }
    ids
}

/// The texts and numbers at a pointer.
fn words_at(record: &Value, pointer: &str) -> Vec<String> {
    let word = |value: &Value| match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    at(record, pointer).into_iter().filter_map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(records: &str, ids: &[&str]) -> IdPlace {
        let id_pointers = ids.iter().map(|id| (*id).to_owned()).collect();
        IdPlace { records_pointer: records.to_owned(), id_pointers, only_with: None, one_for_each: None }
    }

    fn ids(body: &str, place: &IdPlace) -> Vec<String> {
        ids_of(body.as_bytes(), place, &mut HashSet::new())
    }

    #[test]
    fn the_first_pointer_that_holds_an_id_counts() {
        let place = place("/data", &["/data/object/charge", "/data/object/id"]);
        let body = r#"{"data": [{"data": {"object": {"id": "dp_1", "charge": "ch_1"}}},
            {"data": {"object": {"id": "ch_2", "charge": null}}}, {"data": {}}, {"data": {"object": {"id": 7}}}]}"#;
        assert_eq!(ids(body, &place), ["ch_1", "ch_2", "7"]);
        assert_eq!(ids("[]", &place), Vec::<String>::new());
    }

    #[test]
    fn ids_within_lists_are_found_in_lists_of_records_and_in_single_ones() {
        let place = place("/data", &["/items/*/price/id"]);
        let one = r#"{"id": "s", "items": [{"price": {"id": "a"}}, {"price": null}, {"price": {"id": "b"}}]}"#;
        assert_eq!(ids(one, &place), ["a", "b"]);
        assert_eq!(ids(&format!(r#"{{"data": [{one}, {{"items": null}}]}}"#), &place), ["a", "b"]);
        let only = |value: &str| IdPlace {
            only_with: Some(OnlyWith {
                pointer: "/items/*/price/id".to_owned(),
                value: Some(value.to_owned()),
                other_than: None,
            }),
            ..place.clone()
        };
        assert_eq!((ids(one, &only("b")).len(), ids(one, &only("c")).len()), (2, 0));
    }

    #[test]
    fn of_many_records_with_the_same_coupon_one_is_asked_for() {
        let place = IdPlace {
            only_with: Some(OnlyWith { pointer: "/coupons/0".to_owned(), value: None, other_than: None }),
            one_for_each: Some("/coupons/*".to_owned()),
            ..place("/data", &["/id"])
        };
        let body = r#"{"data": [{"id": "1", "coupons": ["x"]}, {"id": "2", "coupons": []},
            {"id": "3", "coupons": ["x", "y"]}, {"id": "4", "coupons": ["y"]}]}"#;
        assert_eq!(ids(body, &place), ["1", "3"]);
    }

    #[test]
    fn a_record_whose_values_differ_is_found_and_objects_are_distinguished_as_a_whole() {
        let place = IdPlace {
            only_with: Some(OnlyWith {
                pointer: "/prices/*/currency".to_owned(),
                value: None,
                other_than: Some("/currency".to_owned()),
            }),
            ..place("/data", &["/id"])
        };
        let body = r#"{"data": [{"id": "1", "currency": "eur", "prices": [{"currency": "eur"}, {"currency": "usd"}]},
            {"id": "2", "currency": "eur", "prices": [{"currency": "eur"}]}, {"id": "3", "currency": "eur", "prices": []}]}"#;
        assert_eq!(ids(body, &place), ["1"]);
        let place = IdPlace { only_with: None, one_for_each: Some("/coupon".to_owned()), ..place };
        let body = r#"{"data": [{"id": "1", "coupon": {"id": "x", "off": 5}}, {"id": "2", "coupon": {"id": "x", "off": 5}},
            {"id": "3", "coupon": {"id": "x", "off": 2}}]}"#;
        assert_eq!(ids(body, &place), ["1", "3"]);
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
        assert!(
            super::is_news(&window(60, 29), now, 30, Some(DateTime::UNIX_EPOCH)),
            "objects from before the first day"
        );
    }
}
