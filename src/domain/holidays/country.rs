//! What a country file holds, and the holidays that follow from it.

use super::Holiday;
use super::day::shifted;
use super::rules::{Move, Rule, Target};
use chrono::{Datelike, NaiveDate, Weekday};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A country with its subdivisions and holidays.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Country {
    /// ISO 3166-1 code of two letters.
    pub code: String,
    /// In English.
    pub name: String,
    /// Code to name. Codes are those of ISO 3166-2 without the country, and names for other areas.
    #[serde(default)]
    pub subdivisions: BTreeMap<String, String>,
    #[serde(rename = "holiday")]
    rules: Vec<Rule>,
}

/// A country file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountryError(pub String);

/// A holiday of a rule on a date.
struct Found<'c> {
    rule: &'c Rule,
    date: NaiveDate,
}

impl Country {
    /// Reads a country file. Fails on unknown keys, words that are no day, unknown subdivisions and rules
    /// that contradict themselves.
    pub fn read(text: &str) -> Result<Self, CountryError> {
        let country: Self = toml::from_str(text).map_err(|error| CountryError(error.to_string()))?;
        for (index, rule) in country.rules.iter().enumerate() {
            let at = |problem: &str| CountryError(format!("holiday {} ({}): {problem}", index + 1, rule.name));
            if let Some(mistake) = rule.mistake() {
                return Err(at(mistake));
            }
            let is_known = |code: &str| code == country.code || country.subdivisions.contains_key(code);
            if let Some(unknown) = rule.only.iter().chain(&rule.except).find(|code| !is_known(code)) {
                return Err(at(&format!("unknown subdivision {unknown:?}")));
            }
        }
        Ok(country)
    }

    /// The holidays of a year in order, one for each date. Where several fall on a date, their names are
    /// joined by " / ". A subdivision that the file lacks has what all of them share.
    pub fn holidays(&self, subdivision: Option<&str>, year: i32) -> Vec<Holiday> {
        let code = subdivision.unwrap_or(&self.code);
        let rules: Vec<&Rule> = self.rules.iter().filter(|rule| rule.holds_in(code)).collect();
        // A holiday of the neighbouring years may move into this one.
        let found = (year.saturating_sub(1)..=year.saturating_add(1))
            .flat_map(|near| {
                rules.iter().flat_map(move |rule| rule.dates(near).into_iter().map(move |date| (*rule, date)))
            })
            .map(|(rule, date)| Found { rule, date })
            .filter(|found| !found.rule.is_lost_on(found.date.weekday()))
            .collect();
        let named = observed(found).into_iter().filter(|(date, _)| date.year() == year);
        named.map(|(date, names)| Holiday { date, name: names.join(" / ") }).collect()
    }
}

/// The days off with their names: each holiday's own date, and the days it moves to.
fn observed(mut found: Vec<Found<'_>>) -> BTreeMap<NaiveDate, Vec<String>> {
    // Which workday is the next one free depends on the holidays before.
    found.sort_by_key(|found| found.date);
    let mut names: BTreeMap<NaiveDate, Vec<String>> = BTreeMap::new();
    let mut add = |date: NaiveDate, name: String| {
        let of_date = names.entry(date).or_default();
        if !of_date.contains(&name) {
            of_date.push(name);
        }
    };
    let mut to_workday = BTreeMap::<NaiveDate, Vec<&str>>::new();
    for Found { rule, date } in &found {
        let moved = rule.moved.on(date.weekday());
        if moved.is_none() {
            add(*date, rule.name.clone());
        }
        let is_shared = || found.iter().filter(|other| other.date == *date).count() > 1;
        let also = || rule.also.on(date.weekday()).or_else(|| rule.also.shared.filter(|_| is_shared()));
        match moved.or_else(also) {
            Some(Move::Days(days)) => {
                if let Some(day) = shifted(*date, days) {
                    add(day, format!("{} (observed)", rule.name));
                }
            }
            Some(Move::To(Target::Workday)) => to_workday.entry(*date).or_default().push(&rule.name),
            None => {}
        }
    }
    let mut taken: BTreeSet<NaiveDate> = names.keys().copied().collect();
    for (date, of_date) in to_workday {
        if let Some(day) = next_workday(date, &taken) {
            taken.insert(day);
            let observed = of_date.iter().map(|name| format!("{name} (observed)"));
            names.entry(day).or_default().extend(observed);
        }
    }
    names
}

fn next_workday(date: NaiveDate, taken: &BTreeSet<NaiveDate>) -> Option<NaiveDate> {
    let is_free = |day: &NaiveDate| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !taken.contains(day);
    date.iter_days().skip(1).find(is_free)
}

impl std::fmt::Display for CountryError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for CountryError {}
