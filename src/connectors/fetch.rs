//! Fetches a slice of a stream: its pages, the count they are held against, and the objects that they name.

use super::connection::Connection;
use super::count;
use super::engine::{Engine, Walk};
use super::error::ConnectorError;
use super::follow::is_news;
use super::landing::{LandedSlice, Landing, Manifest};
use super::slice::Slice;
use super::spec::{ListingSpec, StreamSpec};
use super::template::Renderer;
use chrono::{DateTime, Utc};

impl Engine {
    /// Fetches `slice` of a stream. `on_page` receives the bytes of each page. On error nothing stays.
    /// Of objects read before, changes since `news_since` are asked about; none where it is absent.
    pub async fn fetch(
        &self,
        connection: &Connection,
        stream_id: &str,
        slice: &Slice,
        news_since: Option<DateTime<Utc>>,
        on_page: &(dyn Fn(u64) + Sync),
    ) -> Result<LandedSlice, ConnectorError> {
        let stream = connection.stream(stream_id)?;
        self.introduce(connection).await?;
        let manifest = Manifest::begun(connection, stream_id, slice.clone(), self.clock().now());
        let mut landing = Landing::begin(self.landing_root(), manifest)?;
        self.pages(connection, stream, (slice, news_since), &mut landing, on_page).await?;
        landing.finish()
    }

    async fn pages(
        &self,
        connection: &Connection,
        stream: &StreamSpec,
        (slice, news_since): (&Slice, Option<DateTime<Utc>>),
        landing: &mut Landing,
        on_page: &(dyn Fn(u64) + Sync),
    ) -> Result<(), ConnectorError> {
        let renderer = Renderer::for_slice(connection, slice);
        let total = match &stream.count {
            // A list is worth having without it; many are then not believed to be gone.
            Some(count) => match self.total(connection, count, &renderer, landing).await {
                Ok(total) => total,
                Err(error) => {
                    landing.note(format!("{}: {error}", count::UNPROVEN));
                    None
                }
            },
            None => None,
        };
        let own = Walk {
            request: &stream.request,
            paging: &stream.paging,
            folded: &stream.folded_pointers,
            counted: stream.count.as_ref().map(|count| count.records_pointer.as_str()),
        };
        match self.walk(connection, own, &renderer, landing, on_page).await {
            Err(ConnectorError::Rejected { status: 403 | 404, .. }) if stream.if_refused.is_some() => {
                landing.settle().await?;
                landing.truncate(0);
                landing.refuse(stream.if_refused.clone().unwrap_or_default());
                return Ok(());
            }
            walked => {
                let listed = walked?;
                if stream.count.is_some() {
                    count::hold_against(landing, listed, total);
                }
            }
        }
        for follow in stream.follow.iter().chain(&stream.follow_also) {
            let is_wanted =
                |listing: &ListingSpec| is_news(&slice.window, self.clock().now(), listing.kept_days, news_since);
            if follow.listing.as_ref().is_none_or(is_wanted) {
                self.follow(connection, follow, &renderer, landing, on_page).await?;
            }
        }
        Ok(())
    }
}
