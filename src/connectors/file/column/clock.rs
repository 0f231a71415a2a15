//! The time of day and the offset that follow a day, and the day of an instant in a time zone.

use chrono::{Duration, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;

/// Where the clock stood that an instant was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    Fixed(FixedOffset),
    Named(Tz),
}

/// A time of day, and the offset written beside it.
pub type Clock = (NaiveTime, Option<Zone>);

/// Abbreviations that mean one offset wherever they are used, in hours; `CST`, `IST` and `BST` do not.
const ABBREVIATIONS: [(&str, i32); 10] = [
    ("CET", 1),
    ("CEST", 2),
    ("EET", 2),
    ("EEST", 3),
    ("EST", -5),
    ("EDT", -4),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
    ("WEST", 1),
];

/// The day's text and the time that follows it; `None` where a colon stands in a text that is no time.
pub fn split(text: &str) -> Option<(&str, Option<Clock>)> {
    let Some(colon) = text.find(':') else { return compact(text).or(Some((text, None))) };
    let hour = text[..colon].bytes().rev().take_while(u8::is_ascii_digit).count();
    let start = colon.checked_sub(hour).filter(|_| (1..=2).contains(&hour))?;
    let before = &text[..start];
    let day = before.trim_end();
    let day = match day.strip_suffix(['T', 't']) {
        Some(day) if day.len() + 1 == before.len() && day.ends_with(|c: char| c.is_ascii_digit()) => day,
        _ if before.len() == day.len() && !day.ends_with(',') => return None,
        _ => day,
    };
    let words = [",", " at", " um", " à", " -"];
    let day = words.iter().find_map(|word| day.strip_suffix(word)).unwrap_or(day).trim_end();
    Some((day, Some(time(&text[start..])?)))
}

/// ISO 8601 without signs: `20261102T233000Z`.
fn compact(text: &str) -> Option<(&str, Option<Clock>)> {
    let (day, rest) = text.split_once('T').filter(|(day, _)| day.len() == 8)?;
    let digits = rest.get(..6).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let part = |at: usize| digits.get(at..at + 2).and_then(|part| part.parse().ok());
    let time = NaiveTime::from_hms_opt(part(0)?, part(2)?, part(4)?)?;
    Some((day, Some((time, zone(rest.get(6..)?)?))))
}

fn time(text: &str) -> Option<Clock> {
    let (hour, rest) = text.split_once(':')?;
    let (minute, mut rest) = two_digits(rest)?;
    let mut second = 0;
    if let Some(after) = rest.strip_prefix(':') {
        (second, rest) = two_digits(after)?;
        if let Some(fraction) = rest.strip_prefix(['.', ',']) {
            rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if rest.len() == fraction.len() {
                return None;
            }
        }
    }
    let rest = rest.trim_start();
    let rest = rest.strip_suffix("Uhr").unwrap_or(rest).trim_end();
    let halves = [("a.m.", 0), ("p.m.", 12), ("am", 0), ("pm", 12)];
    let half = halves.iter().find_map(|(word, hours)| {
        let head = rest.get(..word.len())?;
        let after = &rest[word.len()..];
        // `America/New_York` is a zone, not a morning.
        let is_word = head.eq_ignore_ascii_case(word) && !after.starts_with(char::is_alphabetic);
        is_word.then_some((*hours, after))
    });
    let hour: u32 = hour.parse().ok()?;
    let (hour, rest) = match half {
        Some((more, rest)) => ((1..=12).contains(&hour).then_some(hour % 12 + more)?, rest),
        None => (hour, rest),
    };
    // A leap second belongs to the minute it ends.
    let time = NaiveTime::from_hms_opt(hour, minute, second.min(if second == 60 { 59 } else { second }))?;
    Some((time, zone(rest)?))
}

fn two_digits(text: &str) -> Option<(u32, &str)> {
    let digits = text.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some((digits.parse().ok()?, &text[2..]))
}

/// The offset a text names; the inner `None` where there is none, the outer where it is not understood.
pub fn zone(text: &str) -> Option<Option<Zone>> {
    let text = text.trim();
    // As in `GMT+0100 (Central European Standard Time)`.
    let text = text.split_once(" (").filter(|(_, note)| note.ends_with(')')).map_or(text, |(offset, _)| offset);
    if text.is_empty() {
        return Some(None);
    }
    if text.eq_ignore_ascii_case("z") {
        return Some(Some(Zone::Fixed(FixedOffset::east_opt(0)?)));
    }
    let after = |word: &str| text.get(..3).filter(|head| head.eq_ignore_ascii_case(word)).map(|_| &text[3..]);
    if let Some(rest) = after("utc").or_else(|| after("gmt")) {
        return if rest.is_empty() { Some(Some(Zone::Fixed(FixedOffset::east_opt(0)?))) } else { offset(rest) };
    }
    if let Some((_, hours)) = ABBREVIATIONS.iter().find(|(name, _)| text == *name) {
        return Some(Some(Zone::Fixed(FixedOffset::east_opt(hours * 3600)?)));
    }
    if text.contains('/') {
        return text.parse().ok().map(|zone| Some(Zone::Named(zone)));
    }
    offset(text)
}

/// `+02:00`, `+0200`, `+02`, `+2`.
fn offset(text: &str) -> Option<Option<Zone>> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' | '\u{2212}' => -1,
        _ => return None,
    };
    let digits = text.trim_start_matches(['+', '-', '\u{2212}']);
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) if minutes.len() == 2 => (hours, minutes),
        Some(_) => return None,
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let number = |text: &str, most: i32| -> Option<i32> {
        let is_good = matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_good.then(|| text.parse().ok()).flatten().filter(|number| *number <= most)
    };
    let seconds = sign * (number(hours, 14)? * 3600 + number(minutes, 59)? * 60);
    FixedOffset::east_opt(seconds).map(|offset| Some(Zone::Fixed(offset)))
}

/// The zone that a column's header names: `Created date (UTC)`, `Time [GMT+02:00]`.
pub fn of_header(header: &str) -> Option<Zone> {
    let upper = header.to_ascii_uppercase();
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let at = ["UTC", "GMT"].iter().find_map(|word| {
        let stands_alone = |(at, _): &(usize, &str)| {
            is_edge(upper[..*at].chars().next_back()) && is_edge(upper[at + 3..].chars().next())
        };
        upper.match_indices(word).find(stands_alone).map(|(at, _)| at)
    })?;
    let is_offset = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | ':');
    let rest = &upper[at + 3..];
    let end = rest.find(|c| !is_offset(c)).unwrap_or(rest.len());
    let stated = Some(&rest[..end]).filter(|rest| rest.contains(|c: char| c.is_ascii_digit()));
    // An offset that is not understood must not be read as UTC.
    stated.map_or_else(|| zone("UTC"), offset).flatten()
}

/// The day, in the workspace's zone, of an instant whose clock stood in `zone`.
pub fn day(written: NaiveDateTime, zone: Zone, workspace: Tz) -> NaiveDate {
    let utc = match zone {
        Zone::Fixed(offset) => written - Duration::seconds(i64::from(offset.local_minus_utc())),
        Zone::Named(zone) => to_utc(written, zone),
    };
    workspace.from_utc_datetime(&utc).date_naive()
}

/// A time that a clock shows twice, or skips, is the earlier of the two instants.
fn to_utc(written: NaiveDateTime, zone: Tz) -> NaiveDateTime {
    // The longest gap is a day: Samoa had no 30 December 2011.
    let half_hours = (0..=50).map(|count| Duration::minutes(30 * count));
    half_hours
        .filter_map(|later| match zone.from_local_datetime(&(written + later)) {
            LocalResult::Single(instant) => Some(instant.naive_utc() - later),
            LocalResult::Ambiguous(one, other) => Some(one.naive_utc().min(other.naive_utc()) - later),
            LocalResult::None => None,
        })
        .next()
        .unwrap_or(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America::New_York, Europe::Berlin, Pacific::Apia};

    fn read(text: &str) -> Option<String> {
        let (day, time) = split(text)?;
        let (time, zone) = time?;
        let zone = match zone {
            Some(Zone::Fixed(offset)) => offset.to_string(),
            Some(Zone::Named(zone)) => zone.to_string(),
            None => "local".to_owned(),
        };
        Some(format!("{day}|{time}|{zone}"))
    }

    #[test]
    fn times_and_offsets_of_many_programs_are_read() {
        let times = [
            ("2026-11-02 23:30", "2026-11-02|23:30:00|local"),
            ("2026-11-02T23:30:00.123Z", "2026-11-02|23:30:00|+00:00"),
            ("2026-11-02T02:30:00-05:00", "2026-11-02|02:30:00|-05:00"),
            ("2026-11-02 10:00:00 +0000", "2026-11-02|10:00:00|+00:00"),
            ("2026-11-02 10:00:00+02", "2026-11-02|10:00:00|+02:00"),
            ("2026-11-02 10:00 UTC", "2026-11-02|10:00:00|+00:00"),
            ("11/2/2026, 11:30 PM", "11/2/2026|23:30:00|local"),
            ("11/2/2026 12:05:00 a.m.", "11/2/2026|00:05:00|local"),
            ("2026-11-02 10:00 America/New_York", "2026-11-02|10:00:00|America/New_York"),
            ("Mon Nov 02 2026 10:00:00 GMT+0100 (CET)", "Mon Nov 02 2026|10:00:00|+01:00"),
            ("20261102T233000Z", "20261102|23:30:00|+00:00"),
            ("2. November 2026 um 14:30 Uhr", "2. November 2026|14:30:00|local"),
            ("Nov 2, 2026 at 9:05am PST", "Nov 2, 2026|09:05:00|-08:00"),
        ];
        for (text, right) in times {
            assert_eq!(read(text).as_deref(), Some(right), "{text}");
        }
        let wrong =
            ["2026-11-0210:00", "a 25:00", "d 10:5", "d 13:00 PM", "d 10:00 CST", "d 10:00 +25:00", ":", "d 1:00:0٣"];
        assert!(wrong.iter().all(|text| read(text).is_none()), "{wrong:?}");
    }

    #[test]
    fn a_header_may_name_the_zone() {
        let utc = zone("UTC").flatten();
        assert_eq!(of_header("Created date (UTC)"), utc);
        assert_eq!(of_header("created_at_utc"), utc);
        assert_eq!(of_header("Time [GMT+02:00]"), zone("+02:00").flatten());
        assert_eq!(of_header("UTC-99"), None);
        assert_eq!(of_header("outcome"), None);
        assert_eq!(of_header("ſutcſ"), None);
    }

    #[test]
    fn a_skipped_or_doubled_hour_is_the_earlier_instant() {
        let at = |text: &str| text.parse::<NaiveDateTime>().expect("an instant");
        assert_eq!(to_utc(at("2026-03-29T02:30:00"), Berlin), at("2026-03-29T00:30:00"));
        assert_eq!(to_utc(at("2026-10-25T02:30:00"), Berlin), at("2026-10-25T00:30:00"));
        assert_eq!(to_utc(at("2011-12-30T12:00:00"), Apia), at("2011-12-29T22:00:00"));
        let late = day(at("2026-11-02T23:30:00"), Zone::Fixed(FixedOffset::east_opt(0).expect("UTC")), New_York);
        assert_eq!(late.to_string(), "2026-11-02");
    }
}
