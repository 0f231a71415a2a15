//! Quarters as plans write them: `Q4 2026`, `4Q26`, `4. Quartal 2026`, `T4 2026`; and the other times that
//! are longer than a month, which no plan can be read from.

use chrono::NaiveDate;

/// A time longer than a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Its first day. Of the calendar: what a company calls its fourth quarter is not guessed.
    Quarter(NaiveDate),
    /// A quarter without a year.
    Yearless,
    Half,
    Year,
    /// A fiscal year, or a part of one.
    Fiscal,
}

const QUARTERS: [&str; 7] = ["q", "t", "qtr", "quarter", "quartal", "trim", "trimestre"];
const HALVES: [&str; 7] = ["h", "hj", "s", "half", "halbjahr", "semester", "semestre"];
const FISCAL: [&str; 5] = ["fy", "gj", "fiscal", "geschäftsjahr", "wirtschaftsjahr"];
const ORDINALS: [&str; 9] = ["st", "nd", "rd", "th", "e", "er", "ème", "º", "o"];
const FILLERS: [&str; 4] = ["de", "del", "of", "the"];
const ROMAN: [(&str, &str); 4] = [("i", "1"), ("ii", "2"), ("iii", "3"), ("iv", "4")];

/// No such text is longer.
const LONGEST: usize = 60;

/// The time that a tidied text names, in any case; `None` if it is none of these.
pub fn scan(text: &str) -> Option<Span> {
    if text.len() > LONGEST {
        return None;
    }
    let lower = text.to_lowercase();
    let parts = parts(&lower)?;
    let has = |words: &[&str]| parts.iter().any(|part| words.contains(part));
    let has_digit = parts.iter().any(|part| is_number(part));
    if has(&FISCAL) {
        return has_digit.then_some(Span::Fiscal);
    }
    match parts.as_slice() {
        [year] if year.len() == 4 => (is_number(year) && ("1990"..="2099").contains(year)).then_some(Span::Year),
        [one, other] => part_of_year(&[*one, *other, "2000"], &QUARTERS, 4).map(|_| Span::Yearless),
        [one, two, three] => {
            let parts = [*one, *two, *three];
            let quarter = || {
                let (quarter, year) = part_of_year(&parts, &QUARTERS, 4)?;
                NaiveDate::from_ymd_opt(year, quarter * 3 - 2, 1).map(Span::Quarter)
            };
            quarter().or_else(|| part_of_year(&parts, &HALVES, 2).map(|_| Span::Half))
        }
        _ => None,
    }
}

/// Runs of letters and of digits, without ordinal endings and words that fill.
fn parts(text: &str) -> Option<Vec<&str>> {
    let kind = |c: char| (c.is_ascii_digit(), c.is_alphabetic());
    let is_split = |c: char| c.is_whitespace() || matches!(c, '-' | '–' | '/' | '.' | ',' | '_' | '\'' | '’');
    if !text.starts_with(char::is_alphanumeric) || !text.ends_with(char::is_alphanumeric) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    let (mut rest, mut was_number) = (text, false);
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|next| kind(next) != kind(first)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        let is_ordinal = was_number && ORDINALS.contains(&part);
        let is_sign = kind(first) == (false, false);
        if is_sign && (part.chars().count() > 3 || !part.chars().all(is_split)) {
            return None;
        }
        if !is_sign && !is_ordinal && !FILLERS.contains(&part) {
            parts.push(part);
        }
        (rest, was_number) = (after, first.is_ascii_digit());
    }
    Some(parts)
}

/// Which of `most` parts of which year: the word before or behind the part's one digit, the year of four
/// or two digits before or behind both.
fn part_of_year(parts: &[&str; 3], words: &[&str], most: u32) -> Option<(u32, i32)> {
    let is_word = |part: &str| words.contains(&part);
    let roman = |part: &str| ROMAN.iter().find(|(roman, _)| *roman == part).map(|(_, digit)| *digit);
    // A lone letter beside a Roman number would be anything.
    let has_long_word = parts.iter().any(|part| is_word(part) && part.len() > 2);
    let plain = parts.map(|part| roman(part).filter(|_| has_long_word).unwrap_or(part));
    let (part, year) = match plain {
        [word, part, year] if is_word(word) => (part, year),
        [year, part, word] if is_word(word) => (part, year),
        [part, word, year] if is_word(word) && part.len() == 1 => (part, year),
        [year, word, part] if is_word(word) => (part, year),
        _ => return None,
    };
    let is_good = part.len() == 1 && is_number(part) && matches!(year.len(), 2 | 4) && is_number(year);
    let (part, short) = (part.parse().ok().filter(|part| (1..=most).contains(part))?, year.len() == 2);
    let year: i32 = year.parse().ok()?;
    is_good.then_some((part, if short { 2000 + year } else { year }))
}

fn is_number(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_are_known_as_plans_of_four_languages_write_them() {
        let texts = [
            "Q4 2026",
            "2026-Q4",
            "2026 Q4",
            "Q4/2026",
            "Q4-26",
            "4Q26",
            "4Q2026",
            "Q4 26",
            "Q4'26",
            "q4 2026",
            "2026Q4",
            "4. Quartal 2026",
            "4.Quartal 2026",
            "IV. Quartal 2026",
            "Quartal 4 2026",
            "Quartal 4/2026",
            "T4 2026",
            "4T 2026",
            "2026-T4",
            "4e trimestre 2026",
            "4ème trimestre 2026",
            "4º trimestre de 2026",
            "Trim. 4 2026",
            "Quarter 4 2026",
            "4th quarter 2026",
            "4th Quarter of 2026",
            "Qtr 4 2026",
            "QTR4 2026",
            "26-Q4",
            "2026/4Q",
            "Q4 – 2026",
        ];
        let first = NaiveDate::from_ymd_opt(2026, 10, 1).expect("a day");
        for text in texts {
            assert_eq!(scan(text), Some(Span::Quarter(first)), "{text}");
        }
        let third = NaiveDate::from_ymd_opt(2026, 7, 1).expect("a day");
        assert_eq!(scan("3rd quarter 2026"), Some(Span::Quarter(third)));
    }

    #[test]
    fn other_spans_are_called_what_they_are() {
        for text in ["H1 2026", "1H26", "2026-H2", "1. Halbjahr 2026", "S1 2026", "HJ 2 2026"] {
            assert_eq!(scan(text), Some(Span::Half), "{text}");
        }
        for text in ["FY26", "FY 2026", "Q4 FY26", "FY2026-Q4", "fiscal 2026", "GJ 2026/27", "2026 fiscal Q1"] {
            assert_eq!(scan(text), Some(Span::Fiscal), "{text}");
        }
        assert_eq!(["2026", "Q4", "4Q"].map(scan), [Some(Span::Year), Some(Span::Yearless), Some(Span::Yearless)]);
    }

    #[test]
    fn what_is_no_span_is_none() {
        let texts = [
            "",
            "Q5 2026",
            "Q0 2026",
            "H3 2026",
            "Q4 202",
            "Q4 20266",
            "Q42026",
            "Q 26 4",
            "Q4 2026 Q1",
            "Q4/2026/27",
            "Q4-2026-",
            "(Q4 2026)",
            "Q4.... 2026",
            "٤Q26",
            "Nov 2026",
            "2026-11",
            "202611",
            "1889",
            "Total",
            "FY",
            "IV 2026",
            "Q IV 2026",
            "Q4 2O26",
            "4 2026",
            "11Q26",
            "q²2026",
        ];
        for text in texts {
            assert_eq!(scan(text), None, "{text}");
        }
        assert_eq!(scan(&"Q4 ".repeat(1 << 20)), None);
    }
}
