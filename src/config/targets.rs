//! `[[targets]]` of a workspace: by month, quarter, year or a date.

use super::Known;
use crate::domain::fiscal::FiscalYear;
use crate::domain::period::Period;
use crate::domain::target::{Target, Term};
use crate::settings::Kind;
use crate::settings::check_known;
use crate::settings::kinds::{date, decimal, id, month};
use crate::settings::reader::{At, Section, fault};
use crate::settings::values::{expected, quoted};
use chrono::{Days, NaiveDate};
use serde_json::json;

pub(super) fn read(top: &mut Section<'_>, year: FiscalYear, known: &Known) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    for mut section in top.list("targets") {
        section.about("What a metric should reach in a month, a quarter, a year, or by a date.");
        let days = days(&mut section, year);
        let metric = section.required("metric", "\"leads\"", id().about("A metric of jobs/metrics.toml."));
        let amount =
            section.required("amount", "\"300\"", decimal().about("In the metric's unit; percentages as fractions."));
        let line = section.line;
        if let Some(metric) = &metric {
            check_known(&section, metric, known.metrics.as_ref(), "metric", "jobs/metrics.toml");
        }
        section.finish();
        let (Some((term, period)), Some(metric), Some(amount)) = (days, metric, amount) else { continue };
        let target = Target { metric: metric.value, amount: amount.value, term, period };
        let last = period.last_day();
        let is_same =
            |other: &Target| (&other.metric, other.term, other.period.last_day()) == (&target.metric, term, last);
        if targets.iter().any(is_same) {
            let what = if term == Term::By { "date" } else { term.key() };
            let message = format!("[[targets]]: {} has a second target for that {what}", target.metric);
            top.problem(line, &message, "keep one of the two");
        }
        targets.push(target);
    }
    targets
}

/// The term of a target and its days.
fn days(section: &mut Section<'_>, year: FiscalYear) -> Option<(Term, Period)> {
    let given = section.exclusive_keys(&["month", "quarter", "year", "by"]);
    let month = section.optional("month", month().about("Year and month."));
    let quarter =
        section.optional("quarter", named(QUARTER).about("A quarter as 2026-Q4; 2026/27-Q4 where years begin later."));
    let of_year = section.optional("year", named(YEAR).about("A year as 2026; 2026/27 where years begin later."));
    let by = section.optional("by", date().about("The last day."));
    let from = section.optional("from", date().about("With by, the first day; that of its fiscal year if left out."));
    if given != 1 {
        let message = "[[targets]]: exactly one of month, quarter, year and by must be given";
        section.problem(section.line, message, "add month = \"2026-11\"");
        return None;
    }
    if let (Some(from), None) = (&from, &by) {
        section.problem(from.line, "[[targets]]: from belongs to a target by a date", "remove it, or write by = …");
    }
    let told = |at: &At<String>, noun: &str, example: String| {
        let message = format!("[[targets]]: {} is no {noun} of this workspace", quoted(&at.value));
        section.problem(at.line, &message, &format!("write it as {example}, by the fiscal year"));
    };
    let example = year.year_name(year.year_of(EXAMPLE));
    if let Some(month) = month {
        return Some((Term::Month, Period::month_of(month.value)));
    }
    if let Some(at) = quarter {
        let quarter = year.quarter_named(&at.value);
        if quarter.is_none() {
            told(&at, "quarter", format!("\"{}-Q1\"", example));
        }
        return Some((Term::Quarter, quarter?));
    }
    if let Some(at) = of_year {
        let named = year.year_named(&at.value);
        if named.is_none() {
            told(&at, "year", format!("\"{}\"", example));
        }
        return Some((Term::Year, named?));
    }
    let by = by?;
    let start = from.as_ref().map_or_else(|| year.year_of(by.value).start, |from| from.value);
    let period = Period::new(start, by.value + Days::new(1));
    if period.is_none() {
        let line = from.map_or(by.line, |from| from.line);
        section.problem(line, "[[targets]]: from is after by", "write the first day before the last");
    }
    Some((Term::By, period?))
}

/// A day of the year that remedies name.
const EXAMPLE: NaiveDate = match NaiveDate::from_ymd_opt(2026, 12, 31) {
    Some(date) => date,
    None => NaiveDate::MIN,
};
const YEAR: &str = "^[0-9]{4}(/[0-9]{2})?$";
const QUARTER: &str = "^[0-9]{4}(/[0-9]{2})?-Q[1-4]$";

/// A name of a year or quarter, to be read by the fiscal year.
fn named<'k>(pattern: &'static str) -> Kind<'k, String> {
    Kind::text(json!({ "pattern": pattern }), |value| match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None if value.is_integer() => Err(fault("it is a number", "put it in quotes")),
        None => Err(expected(value, "a text", "put it in quotes")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::reader::{Problems, Source, read_toml};
    use std::path::Path;

    fn read_from(text: &str, first_month: u32) -> (Vec<Target>, Vec<String>) {
        let problems = Problems::default();
        let source = Source { file: Path::new("acme.toml"), text, problems: &problems };
        let year = FiscalYear::from_month(first_month);
        let targets = read_toml(source, |mut top| {
            let targets = read(&mut top, year, &Known::default());
            top.finish();
            targets
        });
        let told = problems.into_sorted().iter().map(|problem| format!("{problem:?}")).collect();
        (targets.unwrap_or_default(), told)
    }

    fn days(stated: &str, first_month: u32) -> String {
        let (targets, told) =
            read_from(&format!("[[targets]]\nmetric = \"leads\"\namount = \"1\"\n{stated}"), first_month);
        assert!(told.is_empty(), "{told:?}");
        targets[0].period.to_string()
    }

    #[test]
    fn a_target_is_of_a_month_a_quarter_a_year_or_by_a_date() {
        assert_eq!(days("month = \"2026-11\"", 4), "2026-11-01 to 2026-11-30");
        assert_eq!(days("quarter = \"2026-Q4\"", 1), "2026-10-01 to 2026-12-31");
        assert_eq!(days("quarter = \"2026/27-Q4\"", 4), "2027-01-01 to 2027-03-31");
        assert_eq!(days("year = \"2026\"", 1), "2026-01-01 to 2026-12-31");
        assert_eq!(days("by = 2026-12-24", 1), "2026-01-01 to 2026-12-24");
        assert_eq!(days("by = 2026-12-24", 4), "2026-04-01 to 2026-12-24");
        assert_eq!(days("by = 2026-12-24\nfrom = 2026-11-01", 4), "2026-11-01 to 2026-12-24");
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused_with_the_way_to_write_it() {
        let told = |stated: &str, first_month: u32| {
            let text = format!("[[targets]]\nmetric = \"leads\"\namount = \"1\"\n{stated}");
            read_from(&text, first_month).1.concat()
        };
        assert!(told("year = \"2026\"", 4).contains("is no year of this workspace"));
        assert!(told("quarter = \"2026-Q4\"", 4).contains("-Q1"));
        assert!(told("year = 2026", 1).contains("put it in quotes"));
        assert!(told("month = \"2026-11\"\nyear = \"2026\"", 1).contains("exactly one of month"));
        assert!(told("", 1).contains("exactly one of month"));
        assert!(told("by = 2026-01-01\nfrom = 2026-02-01", 1).contains("from is after by"));
        assert!(told("month = \"2026-11\"\nfrom = 2026-02-01", 1).contains("belongs to a target by a date"));
    }

    #[test]
    fn two_targets_by_one_date_would_share_a_row_and_are_refused() {
        let of = |from: &str, by: &str| {
            format!("[[targets]]\nmetric = \"leads\"\namount = \"1\"\nfrom = {from}\nby = {by}\n")
        };
        let told = |second: &str| read_from(&(of("2026-02-01", "2026-12-31") + second), 1).1.concat();
        assert!(told(&of("2026-03-01", "2026-12-31")).contains("a second target for that date"));
        assert_eq!(told(&of("2026-02-01", "2026-11-30")), "");
        assert_eq!(told("[[targets]]\nmetric = \"leads\"\namount = \"1\"\nyear = \"2026\"\n"), "", "a year is no date");
    }
}
