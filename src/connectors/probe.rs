//! One request of a stream, as small as its slicing allows: does the vendor take the credential, and
//! may it read this?

use super::connection::Connection;
use super::engine::{Engine, Outcome, request};
use super::error::ConnectorError;
use super::landing::{Landing, Manifest};
use super::paging::Pager;
use super::slice::{Slice, Window};
use super::spec::{SlicingSpec, StreamSpec};
use super::template::Renderer;
use crate::domain::period::Period;
use chrono::{Days, TimeDelta};
use std::sync::Arc;

/// An answer is waited for no longer than this.
const PATIENCE_SECS: u64 = 30;

impl Engine {
    /// Asks once for the first page of today, or of the last minute; nothing of it stays. Gives the
    /// vendor's note where there is nothing to be had and that is fine.
    pub async fn probe(
        &self,
        connection: &Connection,
        stream_id: &str,
        partition: &str,
    ) -> Result<Option<String>, ConnectorError> {
        let connection = &impatient(connection);
        let stream = connection.stream(stream_id)?;
        let now = self.clock().now();
        let slice = Slice { partition: partition.to_owned(), window: narrowest(stream, connection, now) };
        let manifest = Manifest::begun(connection, stream_id, slice.clone(), now);
        let landing = Landing::begin(self.landing_root(), manifest)?;
        let pager = Pager::new(&stream.paging);
        let request = request(&stream.request, &Renderer::for_slice(connection, &slice), pager.cursor())?;
        // What it brings goes with `landing`: nobody loads it.
        Ok(match self.page(connection, &request, &pager, &landing).await? {
            Outcome::Page { .. } => None,
            Outcome::Nothing { note } | Outcome::Restart { note } => Some(note),
        })
    }
}

/// The connection with one attempt a request: who asks wants to know how it is now.
fn impatient(connection: &Connection) -> Connection {
    let mut connector = (*connection.connector).clone();
    connector.spec.limits.attempts = 1;
    connector.spec.limits.timeout_secs = connector.spec.limits.timeout_secs.min(PATIENCE_SECS);
    Connection { connector: Arc::new(connector), ..connection.clone() }
}

fn narrowest(stream: &StreamSpec, connection: &Connection, now: chrono::DateTime<chrono::Utc>) -> Window {
    match stream.slicing {
        SlicingSpec::Whole => Window::Whole,
        SlicingSpec::Instants { .. } | SlicingSpec::Before { .. } => {
            Window::Instants { start: now - TimeDelta::minutes(1), end: now }
        }
        SlicingSpec::Days { .. } => {
            let zone = connection.time_zone(stream.time_zone_setting.as_deref());
            let today = now.with_timezone(&zone).date_naive();
            Period::new(today, today + Days::new(1)).map_or(Window::Whole, |period| Window::Days { period })
        }
    }
}
