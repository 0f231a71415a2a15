//! Pages within an object: what an answer to a question for named objects cuts off is asked for in turn.

use super::connection::Connection;
use super::cursor::Cursor;
use super::engine::{Engine, Outcome, request};
use super::error::ConnectorError;
use super::landing::{Landing, read_page};
use super::spec::{FollowSpec, RestSpec};
use super::template::Renderer;
use crate::support::blocking::in_pool;
use crate::support::soft_json::readable;
use serde_json::Value;
use std::collections::HashSet;
use std::io::Read;
use std::path::PathBuf;

/// A larger page is not looked into: what it cuts off is for its own notes to report.
const LARGEST_PAGE: u64 = 64 << 20;

impl Engine {
    /// Adds to `landing` what its pages from number `from` on cut off of their objects. One that is cut
    /// at the same place again is left as it is.
    pub(super) async fn rest(
        &self,
        connection: &Connection,
        spec: &FollowSpec,
        renderer: &Renderer<'_>,
        (landing, mut from): (&mut Landing, usize),
        on_page: &(dyn Fn(u64) + Sync),
    ) -> Result<(), ConnectorError> {
        let Some(rest) = &spec.rest else { return Ok(()) };
        let mut asked = HashSet::new();
        loop {
            landing.settle().await?;
            let cut = cut_off(landing, from, rest).await?;
            from = landing.pages().len();
            let open: Vec<_> = cut.into_iter().filter(|one| asked.insert(one.clone())).collect();
            if open.is_empty() {
                return Ok(());
            }
            for batch in open.chunks(spec.batch.max(1)) {
                let (ids, tokens) = batch.iter().cloned().unzip();
                let request = request(&spec.request, renderer, &Cursor { ids, tokens, ..Cursor::default() })?;
                match self.page(connection, &request, &[], landing).await? {
                    Outcome::Page { bytes, page, .. } => {
                        on_page(bytes);
                        landing.keep_packing(page).await?;
                    }
                    Outcome::Nothing { note } => landing.note(note),
                    Outcome::Restart { note } => return Err(ConnectorError::Unavailable { note }),
                }
            }
        }
    }
}

/// Ids of objects that are cut off in the kept pages, each with where it goes on.
async fn cut_off(landing: &Landing, from: usize, rest: &RestSpec) -> Result<Vec<(String, String)>, ConnectorError> {
    let pages: Vec<(PathBuf, u64)> =
        landing.pages()[from..].iter().map(|page| (landing.path(page), page.bytes)).collect();
    let rest = rest.clone();
    in_pool(move || {
        let mut found = Vec::new();
        for (path, _) in pages.into_iter().filter(|(_, bytes)| *bytes <= LARGEST_PAGE) {
            let mut body = Vec::new();
            let unreadable = |_| ConnectorError::Landing { note: format!("{} cannot be read back", path.display()) };
            read_page(&path)?.read_to_end(&mut body).map_err(unreadable)?;
            found.extend(in_body(&readable(body), &rest));
        }
        Ok(found)
    })
    .await
}

fn in_body(body: &[u8], rest: &RestSpec) -> Vec<(String, String)> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let text = |value: &Value| match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let objects = body.pointer(&rest.records_pointer).and_then(Value::as_array).into_iter().flatten();
    let cut =
        |object: &Value| Some((text(object.pointer(&rest.id_pointer)?)?, text(object.pointer(&rest.token_pointer)?)?));
    objects.filter_map(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_that_go_on_are_named_with_where() {
        let rest = RestSpec {
            records_pointer: "/results".to_owned(),
            id_pointer: "/from/id".to_owned(),
            token_pointer: "/paging/next/after".to_owned(),
        };
        let body =
            br#"{"results":[{"from":{"id":"501"},"to":[],"paging":{"next":{"after":"MTA%3D"}}},{"from":{"id":"502"}},
            {"from":{"id":503},"paging":{"next":{"after":7}}}]}"#;
        let pair = |id: &str, token: &str| (id.to_owned(), token.to_owned());
        assert_eq!(in_body(body, &rest), [pair("501", "MTA%3D"), pair("503", "7")]);
        assert_eq!(in_body(b"{}", &rest), []);
    }
}
