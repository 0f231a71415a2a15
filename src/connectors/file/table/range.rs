//! The days that the lines above a header speak of, held against the days of the rows: a report of a
//! month that was not split by day has one row a campaign, dated with the month's first day.

use crate::connectors::file::shape::{Refusal, shown};
use chrono::NaiveDate;
use regex::Regex;
use std::sync::LazyLock;

static DAY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[./](\d{1,2})[./](\d{4}))\b").ok());

/// Refuses a file that speaks of several days above its header, where every row is of the first of them.
pub fn check(above: &[String], days: Option<(NaiveDate, NaiveDate)>, rows: u64) -> Result<(), Refusal> {
    let Some((first, last)) = days.filter(|(first, last)| first == last && rows > 0) else { return Ok(()) };
    for (start, end) in above.iter().flat_map(|line| ranges(line)) {
        if start == first && end > last {
            let message = format!("the lines above the header speak of {start} to {end}, but every row is of {start}");
            return Err(Refusal::new(None, message, "export it by day, or drop one file a day"));
        }
    }
    two_lines(above, first)
}

/// `Start: 2026-11-01` in one line and `End: 2026-11-30` in the next.
fn two_lines(above: &[String], first: NaiveDate) -> Result<(), Refusal> {
    for pair in above.windows(2) {
        let is = |line: &str, words: [&str; 2]| words.iter().any(|word| line.to_lowercase().contains(word));
        if !is(&pair[0], ["start", "from"]) || !is(&pair[1], ["end", "to"]) {
            continue;
        }
        for (start, end) in both(&found(&pair[0]), &found(&pair[1])) {
            if start == first && end > start {
                let message = format!("{:?} stands above the header, but every row is of {start}", shown(&pair[1]));
                return Err(Refusal::new(None, message, "export it by day, or drop one file a day"));
            }
        }
    }
    Ok(())
}

/// The two days of a line that has exactly two, in either order of day and month.
fn ranges(line: &str) -> Vec<(NaiveDate, NaiveDate)> {
    match found(line).as_slice() {
        [start, end] => both(std::slice::from_ref(start), std::slice::from_ref(end)),
        _ => Vec::new(),
    }
}

fn both(start: &[[Option<NaiveDate>; 2]], end: &[[Option<NaiveDate>; 2]]) -> Vec<(NaiveDate, NaiveDate)> {
    let (Some(start), Some(end)) = (start.first(), end.first()) else { return Vec::new() };
    (0..2).filter_map(|order| Some((start[order]?, end[order]?))).collect()
}

/// The days of a line: with the day before the month, and the month before the day.
fn found(line: &str) -> Vec<[Option<NaiveDate>; 2]> {
    let Some(pattern) = DAY.as_ref() else { return Vec::new() };
    let line: String = line.chars().take(500).collect();
    let days = pattern.captures_iter(&line).map(|found| {
        let number = |group: usize| found.get(group).and_then(|text| text.as_str().parse::<u32>().ok());
        let day = |year: Option<u32>, month: Option<u32>, day: Option<u32>| {
            NaiveDate::from_ymd_opt(i32::try_from(year?).ok()?, month?, day?)
        };
        match number(1) {
            Some(_) => [day(number(1), number(2), number(3)); 2],
            None => [day(number(6), number(5), number(4)), day(number(6), number(4), number(5))],
        }
    });
    days.take(4).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_that_lies_on_its_first_day_is_refused() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let (first, second) = (day("2026-11-01"), day("2026-11-02"));
        let check = |above: &[&str], days| {
            let above: Vec<String> = above.iter().map(|line| (*line).to_owned()).collect();
            super::check(&above, Some(days), 3).is_err()
        };
        let one = (first, first);
        assert!(check(&["Campaign Performance Report (in UTC)", "Date range: 11/1/2026 - 11/30/2026"], one));
        assert!(check(&["01.11.2026 – 30.11.2026"], one) && check(&["2026-11-01 to 2026-11-30"], one));
        assert!(check(&["Report Start: November 1, 2026", "Report Start: 11/01/2026", "Report End: 11/30/2026"], one));
        assert!(!check(&["11/1/2026 - 11/30/2026"], (first, second)), "by day");
        assert!(!check(&["11/1/2026 - 11/1/2026", "Date generated: 11/02/2026"], one), "a single day");
        assert!(!check(&["Date generated: 11/30/2026, 10:01 AM"], one));
    }
}
