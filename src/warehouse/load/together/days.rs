//! The days that slices speak for, and the day on which they were asked for.

use super::Slice;
use crate::warehouse::load::LoadRequest;
use crate::warehouse::load::closing::{Said, first_open_day};
use chrono::NaiveDate;
use chrono_tz::Tz;

/// The days of all slices, `[start, end)`.
pub(super) fn days_of(slices: &[Slice<'_>]) -> (NaiveDate, NaiveDate) {
    let windows = slices.iter().filter_map(|slice| slice.request.window);
    windows.fold((NaiveDate::MAX, NaiveDate::MIN), |(first, last), (start, end)| (first.min(start), last.max(end)))
}

/// The first day of the settings' zone that had not ended when the vendor was asked.
pub(super) fn own_today(request: &LoadRequest) -> NaiveDate {
    first_open_day(request, request.time_zone.parse().unwrap_or(Tz::UTC), Said::default())
}
