//! A question about a window of time: asked as a whole, and in halves where the vendor refuses it for its size or cuts
//! the answer.

use super::connection::Connection;
use super::cursor::Cursor;
use super::decode::Form;
use super::engine::{Engine, Walk};
use super::error::ConnectorError;
use super::job::ByJob;
use super::landing::Landing;
use super::pending_job::PendingJobs;
use super::slice::{Slice, Window};
use super::spec::{JobSpec, PagingSpec, RequestSpec};
use super::template::Renderer;
use crate::domain::period::Period;
use chrono::Days;

/// The stream's own request, or one of its parts.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    /// Empty for the stream's own request.
    pub part: &'a str,
    pub request: &'a RequestSpec,
    pub paging: &'a PagingSpec,
    pub job: Option<&'a JobSpec>,
    /// Pointers to what says that rows were folded together.
    pub folded: &'a [String],
    /// Pointer to the list of records, where they are to be counted.
    pub counted: Option<&'a str>,
    /// Pointer to the list of records, where the pager does not name it.
    pub list: Option<&'a str>,
    pub form: &'a Form,
    pub pending: &'a PendingJobs,
}

impl Engine {
    /// All pages of the answer about a slice, each window whole or in halves; how many records there were, where they
    /// are counted. Pages of a window that failed midway are not kept.
    pub(super) async fn answer(
        &self,
        connection: &Connection,
        question: &Question<'_>,
        slice: &Slice,
        landing: &mut Landing,
        on_page: &(dyn Fn(u64) + Sync),
    ) -> Result<u64, ConnectorError> {
        let mut open = vec![slice.window];
        let mut records = 0;
        while let Some(window) = open.pop() {
            let of = Slice { partition: slice.partition.clone(), window };
            landing.settle().await?;
            let held = landing.count();
            let halves = halves(&window);
            // What the vendor gives of a window that cannot be cut further is kept, and not called whole.
            let keeps_cut = halves.is_none();
            records += match (self.asked(connection, question, (&of, keeps_cut), landing, on_page).await, halves) {
                (Err(ConnectorError::Cut { note, .. }), Some((first, second))) => {
                    landing.settle().await?;
                    landing.truncate(held);
                    tracing::debug!(connection = connection.id, note, "a window is asked for in halves");
                    open.extend([second, first]);
                    0
                }
                (answered, _) => answered?,
            };
        }
        Ok(records)
    }

    async fn asked(
        &self,
        connection: &Connection,
        question: &Question<'_>,
        (slice, keeps_cut): (&Slice, bool),
        landing: &mut Landing,
        on_page: &(dyn Fn(u64) + Sync),
    ) -> Result<u64, ConnectorError> {
        let renderer = Renderer::for_slice(connection, slice);
        let Question { part, request, paging, job, folded, counted, list, form, pending } = *question;
        let given = Cursor::default();
        let walk = Walk { request, paging, folded, counted, list, form, rules: &[], given: &given, keeps_cut };
        match job {
            None => self.walk(connection, walk, &renderer, landing, on_page).await,
            Some(spec) => {
                let of = ByJob { spec, walk, slice, part, pending };
                self.by_job(connection, of, &renderer, landing, on_page).await
            }
        }
    }
}

/// A window in two, the first as long as the second or shorter; `None` where a day or a second is left.
fn halves(window: &Window) -> Option<(Window, Window)> {
    match *window {
        Window::Whole => None,
        Window::Days { period } => {
            let middle = period.start + Days::new(u64::try_from(period.days() / 2).ok()?);
            let first = Period::new(period.start, middle)?;
            let second = Period::new(middle, period.end)?;
            Some((Window::Days { period: first }, Window::Days { period: second }))
        }
        Window::Instants { start, end } => {
            // Vendors compare whole seconds.
            let seconds = (end - start).num_seconds() / 2;
            let middle = start + chrono::TimeDelta::seconds(seconds);
            (seconds > 0).then_some((Window::Instants { start, end: middle }, Window::Instants { start: middle, end }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, NaiveDate, TimeDelta};

    #[test]
    fn a_window_is_halved_down_to_a_day_or_a_second_and_nothing_is_lost_between() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).expect("a day");
        let days = |first, end| Window::Days { period: Period::new(day(first), day(end)).expect("a period") };
        assert_eq!(halves(&days(1, 31 - 1)), Some((days(1, 15), days(15, 30))));
        assert_eq!(halves(&days(1, 4)), Some((days(1, 2), days(2, 4))));
        assert_eq!(halves(&days(1, 2)), None);
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let instants = |start, end| Window::Instants { start: at(start), end: at(end) };
        assert_eq!(halves(&instants(0, 5)), Some((instants(0, 2), instants(2, 5))));
        assert_eq!((halves(&instants(0, 1)), halves(&Window::Whole)), (None, None));
    }
}
