//! The days that slices speak for, and the day on which they were asked for.

use super::Slice;
use crate::warehouse::load::LoadRequest;
use chrono::NaiveDate;
use chrono_tz::Tz;

/// The days of all slices, `[start, end)`.
pub(super) fn days_of(slices: &[Slice<'_>]) -> (NaiveDate, NaiveDate) {
    let windows = slices.iter().filter_map(|slice| slice.request.window);
    windows.fold((NaiveDate::MAX, NaiveDate::MIN), |(first, last), (start, end)| (first.min(start), last.max(end)))
}

/// The day of the settings' zone on which the vendor was asked.
pub(super) fn own_today(request: &LoadRequest) -> NaiveDate {
    let zone: Tz = request.time_zone.parse().unwrap_or(Tz::UTC);
    request.fetched_at.with_timezone(&zone).date_naive()
}
