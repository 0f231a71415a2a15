//! One holiday as a country file states it: on which day, in which years and subdivisions, and what
//! happens when it falls on a weekend.
//!
//! ```toml
//! [[holiday]]
//! name = "Labour Day"
//! day = "1st Monday of May"      # in the words of `day.rs`
//! on = ["2020-05-08"]            # instead of `day` in the years of these dates; alone, all there are
//! from = 1978                    # the first year of `day`, and `until` the last one
//! every = 4                      # only each fourth year, counted from `from`
//! skip = [2012]                  # not in these years; `years` lists the only ones
//! only = ["BY", "DE"]            # not elsewhere; the country's code means no subdivision
//! except = ["BY"]                # everywhere else; not beside `only`
//! clash = { with = "Easter + 1", days = 1 }    # a day later if `day` is Easter Monday
//! not_on = ["Sun"]               # no holiday at all where it falls on a Sunday
//! moved = { sat = 2, sun = 1 }   # on a weekend Monday is free instead
//! also = { sun = "workday" }     # after a Sunday the next workday without a holiday is free as well
//! ```
//!
//! A rule that changes over time, or differs between subdivisions, is several tables of the same name.

use super::day::{Day, shifted};
use chrono::{Datelike, NaiveDate, Weekday};
use serde::Deserialize;

/// A `[[holiday]]` table. Either `day`, a rule for every year, or `on`, a list of dates, or both: then
/// the list replaces the rule in the years it names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// In English.
    pub name: String,
    day: Option<Day>,
    #[serde(default)]
    on: Vec<NaiveDate>,
    /// The first year of the rule; counts for `day` as the next four do.
    from: Option<i32>,
    /// Its last year.
    until: Option<i32>,
    /// Every so many years, counted from `from`.
    every: Option<i32>,
    /// In these years alone.
    #[serde(default)]
    years: Vec<i32>,
    /// Not in these years.
    #[serde(default)]
    skip: Vec<i32>,
    /// In these subdivisions alone. The country's own code stands for the country without a subdivision.
    #[serde(default)]
    pub(super) only: Vec<String>,
    /// Everywhere but in these subdivisions.
    #[serde(default)]
    pub(super) except: Vec<String>,
    /// If it falls on the same day as another, it moves.
    clash: Option<Clash>,
    /// On these weekdays the holiday is lost.
    #[serde(default)]
    not_on: Vec<Weekday>,
    /// On these weekdays another day is free instead.
    #[serde(default)]
    pub(super) moved: Moves,
    /// On these weekdays another day is free as well.
    #[serde(default)]
    pub(super) also: Moves,
}

/// A day that the holiday gives way to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Clash {
    with: Day,
    /// By how many days the holiday then moves.
    days: i64,
}

/// By weekday, where a holiday moves to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Moves {
    mon: Option<Move>,
    tue: Option<Move>,
    wed: Option<Move>,
    thu: Option<Move>,
    fri: Option<Move>,
    sat: Option<Move>,
    sun: Option<Move>,
    /// On any other weekday, if another holiday falls on the same day.
    pub(super) shared: Option<Move>,
}

/// How far a holiday moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a number of days, or \"workday\" for the next day that is free of holidays")]
pub enum Move {
    Days(i64),
    To(Target),
}

/// Where to, if it depends on other holidays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The next day that is neither Saturday, Sunday nor a holiday of the region.
    Workday,
}

impl Moves {
    /// What holds for a weekday.
    pub fn on(&self, weekday: Weekday) -> Option<Move> {
        match weekday {
            Weekday::Mon => self.mon,
            Weekday::Tue => self.tue,
            Weekday::Wed => self.wed,
            Weekday::Thu => self.thu,
            Weekday::Fri => self.fri,
            Weekday::Sat => self.sat,
            Weekday::Sun => self.sun,
        }
    }
}

impl Rule {
    /// Whether it holds in a region, given by the subdivision's code or the country's own.
    pub fn holds_in(&self, code: &str) -> bool {
        let names = |list: &[String]| list.iter().any(|listed| listed == code);
        (self.only.is_empty() || names(&self.only)) && !names(&self.except)
    }

    /// The dates in a year, before weekends are looked at.
    pub fn dates(&self, year: i32) -> Vec<NaiveDate> {
        let listed: Vec<NaiveDate> = self.on.iter().copied().filter(|date| date.year() == year).collect();
        if listed.is_empty() { self.by_rule(year).into_iter().collect() } else { listed }
    }

    /// Whether the holiday is lost on a weekday.
    pub fn is_lost_on(&self, weekday: Weekday) -> bool {
        self.not_on.contains(&weekday)
    }

    fn by_rule(&self, year: i32) -> Option<NaiveDate> {
        let date = self.day.as_ref().filter(|_| self.holds_in_year(year))?.in_year(year)?;
        match &self.clash {
            Some(clash) if clash.with.in_year(year) == Some(date) => shifted(date, clash.days),
            _ => Some(date),
        }
    }

    fn holds_in_year(&self, year: i32) -> bool {
        let since = self.from.map_or(0, |from| i64::from(year) - i64::from(from));
        self.from.is_none_or(|from| from <= year)
            && self.until.is_none_or(|until| year <= until)
            && self.every.is_none_or(|every| since % i64::from(every) == 0)
            && (self.years.is_empty() || self.years.contains(&year))
            && !self.skip.contains(&year)
    }

    /// What contradicts itself, if anything.
    pub fn mistake(&self) -> Option<&'static str> {
        let has_years = self.from.is_some() || self.until.is_some() || !self.years.is_empty() || !self.skip.is_empty();
        if self.name.trim().is_empty() {
            Some("its name is empty")
        } else if self.day.is_none() && self.on.is_empty() {
            Some("it has neither `day` nor `on`")
        } else if self.day.is_none() && (has_years || self.clash.is_some()) {
            Some("`from`, `until`, `years`, `skip` and `clash` need a `day`")
        } else if self.from.zip(self.until).is_some_and(|(from, until)| until < from) {
            Some("`until` lies before `from`")
        } else if self.every.is_some_and(|every| every < 1) || (self.every.is_some() && self.from.is_none()) {
            Some("`every` must be at least 1 and counts from `from`, which is missing")
        } else if !self.only.is_empty() && !self.except.is_empty() {
            Some("it has both `only` and `except`")
        } else if self.moved.shared.is_some() {
            Some("`moved` knows no `shared`; `also` does")
        } else if self.on.windows(2).any(|pair| pair[0] >= pair[1]) {
            Some("the dates of `on` are not in order")
        } else {
            None
        }
    }
}
