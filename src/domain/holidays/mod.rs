//! Public holidays of countries and their subdivisions, as rules in data: one file a country in
//! `countries/`, in the format that `rules.rs` explains. Pure.
//!
//! The dates of the years [`PROVED_YEARS`] are compared day by day with the Python package `holidays`
//! (fixtures in `tests/fixtures/holidays`): its category "public", with observed days. In other years the
//! rules still apply, but nothing proves them: laws of those years may differ, and holidays kept as lists
//! of dates (lunar and Islamic ones, equinoxes) are missing. Dates of such lists that lie ahead are
//! estimates until the country announces them.
//!
//! # Adding one
//!
//! A country is `src/domain/holidays/countries/<CODE>.toml`, its line in the list of
//! `src/domain/holidays/shipped.rs`, and the reference dates `tests/fixtures/holidays/<CODE>.tsv`, which
//! `tests/fixtures/holidays/generate.py` writes. It is done when
//! `every_day_of_every_region_is_as_the_reference_has_it` passes.

mod country;
mod day;
mod easter;
mod region;
mod rules;
mod shipped;
#[cfg(test)]
mod tests;

pub use country::{Country, CountryError};
pub use region::{Known, Region, RegionError};

use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The years in which the dates of every region are proved.
pub const PROVED_YEARS: RangeInclusive<i32> = 2015..=2035;

/// A day off.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holiday {
    pub date: NaiveDate,
    /// In English. Days that stand for a holiday on a weekend end in "(observed)"; names of holidays that
    /// fall on the same date are joined by " / ".
    pub name: String,
}

/// A day off in at least one of several regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionalHoliday {
    pub date: NaiveDate,
    /// As in [`Holiday`].
    pub name: String,
    /// Those that have it by this name, in the order they were asked for.
    pub regions: Vec<Region>,
}

/// The holidays of a region in a year, in order, at most one for each date.
pub fn holidays(region: Region, year: i32) -> Vec<Holiday> {
    region.country().holidays(region.subdivision(), year)
}

/// The holidays on the days `[start, end)` in any of the regions, in order of date and name. A date that
/// regions call differently appears once for each name.
pub fn holidays_between(regions: &[Region], start: NaiveDate, end: NaiveDate) -> Vec<RegionalHoliday> {
    let mut found: BTreeMap<Holiday, Vec<Region>> = BTreeMap::new();
    if end <= start {
        return Vec::new();
    }
    for region in regions {
        let of_region = (start.year()..=end.year()).flat_map(|year| holidays(*region, year));
        for holiday in of_region.filter(|holiday| (start..end).contains(&holiday.date)) {
            let of_holiday = found.entry(holiday).or_default();
            if !of_holiday.contains(region) {
                of_holiday.push(*region);
            }
        }
    }
    let regional = |(Holiday { date, name }, regions): (Holiday, Vec<Region>)| RegionalHoliday { date, name, regions };
    found.into_iter().map(regional).collect()
}

/// Whether a day is a holiday of the region.
pub fn is_holiday(region: Region, date: NaiveDate) -> bool {
    holidays(region, date.year()).iter().any(|holiday| holiday.date == date)
}
