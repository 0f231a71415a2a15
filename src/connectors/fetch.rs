//! Fetches a slice of a stream: its pages, the count they are held against, and the objects that they name.

use super::connection::Connection;
use super::count;
use super::decode::Form;
use super::engine::Engine;
use super::error::ConnectorError;
use super::follow::is_news;
use super::landing::{LandedSlice, Landing, Manifest, PageLabel};
use super::pending_job::PendingJobs;
use super::question::Question;
use super::slice::Slice;
use super::spec::{ListingSpec, StreamSpec};
use super::template::Renderer;
use chrono::{DateTime, Utc};

impl Engine {
    /// Fetches `slice` of a stream. `on_page` receives the bytes of each page. On error nothing stays.
    /// Of objects read before, changes since `news_since` are asked about; none where it is absent.
    /// Where the vendor still makes an answer that a call before asked for, the slice that is landed ends where that
    /// one did.
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
        let pending = PendingJobs::of(self.landing_root(), connection, stream_id);
        let now = self.clock().now();
        let resumed = stream.job.as_ref().and_then(|_| pending.resumed(slice, "", now));
        let slice = resumed.as_ref().unwrap_or(slice);
        let manifest = Manifest::begun(connection, stream_id, slice.clone(), now);
        let mut landing = Landing::begin(self.landing_root(), manifest)?;
        if let Some(error) = self.spent().of(&landing.place(), self.clock().now()) {
            return Err(error);
        }
        let asked = Asked { stream, slice, pending: &pending, news_since };
        self.pages(connection, asked, &mut landing, on_page).await?;
        landing.finish()
    }

    async fn pages(
        &self,
        connection: &Connection,
        Asked { stream, slice, pending, news_since }: Asked<'_>,
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
        let form = form(stream, connection);
        let list = stream.list_pointer();
        let own = Question {
            part: "",
            request: &stream.request,
            paging: &stream.paging,
            job: stream.job.as_ref(),
            folded: &stream.folded_pointers,
            counted: stream.count.as_ref().map(|count| count.records_pointer.as_str()),
            form: &form,
            pending,
            list: list.as_deref(),
        };
        match self.answer(connection, &own, slice, landing, on_page).await {
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
        for part in &stream.parts {
            landing.label(PageLabel::of_part(&part.name)).await?;
            let further = Question {
                part: &part.name,
                request: &part.request,
                paging: &part.paging,
                job: part.job.as_ref(),
                folded: &[],
                counted: None,
                ..own
            };
            landing.settle().await?;
            let held = landing.count();
            match (self.answer(connection, &further, slice, landing, on_page).await, &part.if_refused) {
                (Err(ConnectorError::Rejected { status: 403, .. }), Some(lacks)) => {
                    landing.settle().await?;
                    landing.truncate(held);
                    landing.note(lacks.clone());
                }
                (answered, _) => drop(answered?),
            }
        }
        landing.label(PageLabel::default()).await?;
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

/// What is asked of a stream.
#[derive(Clone, Copy)]
struct Asked<'a> {
    stream: &'a StreamSpec,
    slice: &'a Slice,
    pending: &'a PendingJobs,
    news_since: Option<DateTime<Utc>>,
}

/// How a stream's answers are read.
pub fn form(stream: &StreamSpec, connection: &Connection) -> Form {
    let max_bytes = connection.connector.spec.limits.max_body_mb << 20;
    Form { kind: stream.body, table: stream.table.clone(), max_bytes }
}
