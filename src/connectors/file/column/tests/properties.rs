//! Tables of random values in random dialects come back exactly or are refused; no text makes a panic.

use super::*;
use chrono::{DateTime, FixedOffset};
use proptest::prelude::*;

/// A decimal mark with a sign between groups, and the size of the groups before the last three.
const MARKS: [(char, &str, usize); 12] = [
    ('.', ",", 3),
    (',', ".", 3),
    ('.', "", 3),
    (',', "", 3),
    ('.', " ", 3),
    (',', " ", 3),
    ('.', "'", 3),
    (',', "\u{a0}", 3),
    (',', "\u{202f}", 3),
    ('.', "\u{2009}", 3),
    ('.', "’", 3),
    ('.', ",", 2),
];

/// Before and behind a positive and a negative number.
const SIGNS: [(&str, &str, &str, &str); 12] = [
    ("", "", "-", ""),
    ("", "", "−", ""),
    ("", "", "(", ")"),
    ("", "", "", "-"),
    ("$", "", "($", ")"),
    ("", " €", "-", " €"),
    ("EUR ", "", "EUR -", ""),
    ("'", "", "'-", ""),
    ("+", "", "-", ""),
    ("CHF ", "", "CHF(", ")"),
    ("", " zł", "– ", " zł"),
    ("\u{a0}US$", "", "-US$", "\u{a0}"),
];

const DAYS: [&str; 14] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%-d/%-m/%Y",
    "%-m/%-d/%Y",
    "%d.%m.%Y",
    "%-d.%-m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%-d. %b %Y",
    "%B %-d, %Y",
    "%a, %d %b %Y",
];

fn grouped(digits: &str, sign: &str, size: usize) -> String {
    if sign.is_empty() || digits.len() <= 3 {
        return digits.to_owned();
    }
    let (head, last) = digits.split_at(digits.len() - 3);
    let mut groups: Vec<&str> =
        head.as_bytes().rchunks(size).map(|group| std::str::from_utf8(group).expect("digits")).collect();
    groups.reverse();
    format!("{}{sign}{last}", groups.join(sign))
}

fn number(units: i64, decimals: u32, (mark, group, size): (char, &str, usize), signs: usize) -> (String, Decimal) {
    let value = Decimal::new(units, decimals);
    let digits = format!("{:0>1$}", units.unsigned_abs(), decimals as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals as usize);
    let mut text = grouped(whole, group, size);
    if decimals > 0 {
        text = format!("{text}{mark}{fraction}");
    }
    let (before, behind, minus_before, minus_behind) = SIGNS[signs];
    let text =
        if units < 0 { format!("{minus_before}{text}{minus_behind}") } else { format!("{before}{text}{behind}") };
    (text, value)
}

fn gathered(meaning: Meaning, header: &str, texts: &[String]) -> Evidence {
    let mut evidence = Evidence::new(meaning, header);
    (2..).zip(texts).for_each(|(line, text)| evidence.see(line, text));
    evidence
}

fn text() -> impl Strategy<Value = String> {
    let near = "[-+(]{0,2}[$€0-9.,' \u{a0}eE%/:TZ<>=\"Novkr\u{202e}٣１-]{0,24}[)%-]?";
    prop_oneof![near, "\\PC{0,40}", "[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}( [0-9]{1,2}:[0-9]{2})?", any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn amounts_and_days_of_any_dialect_are_exact_or_refused(
        rows in prop::collection::vec(
            (prop_oneof![-999_999i64..999_999, -999_999_999_999i64..999_999_999_999, (-999i64..999).prop_map(|n| n * 1000)], 0i32..36_000, 0usize..12),
            1..8,
        ),
        dialect in 0usize..12,
        other in 0usize..12,
        decimals in 0u32..7,
        form in 0usize..14,
        is_mixed in prop::bool::weighted(0.2),
        stated in prop_oneof![Just(None), Just(Some(Mark::Point)), Just(Some(Mark::Comma))],
    ) {
        let first = chrono::NaiveDate::from_ymd_opt(1991, 1, 1).expect("a day");
        let mut columns: [Vec<String>; 3] = Default::default();
        let mut right = Vec::new();
        for (at, (units, day, signs)) in rows.iter().enumerate() {
            let marks = MARKS[if is_mixed && at % 2 == 1 { other } else { dialect }];
            let (amount, value) = number(*units, decimals, marks, *signs);
            let count = units.unsigned_abs();
            let day = first + chrono::Duration::days(i64::from(*day));
            columns[0].push(amount);
            columns[1].push(grouped(&count.to_string(), marks.1, marks.2));
            columns[2].push(day.format(DAYS[form]).to_string());
            right.push((value, Decimal::from(count), day));
        }
        let evidence = [
            gathered(Meaning::Amount, "amount", &columns[0]),
            gathered(Meaning::Count, "count", &columns[1]),
            gathered(Meaning::Day, "day", &columns[2]),
        ];
        // A mark that somebody states is only right if it is the file's: nothing else could show it.
        let is_right = |mark: Mark| rows.iter().enumerate().all(|(at, _)| {
            let (sign, group, _) = MARKS[if is_mixed && at % 2 == 1 { other } else { dialect }];
            mark.sign() == sign && group != mark.sign().to_string()
        });
        let hints = Hints { decimal_mark: stated.filter(|mark| is_right(*mark)), ..hints() };
        let Ok(readings) = decide(&evidence, &hints) else { return Ok(()) };
        for (row, (value, count, day)) in right.into_iter().enumerate() {
            // In a file of two dialects at once nothing distinguishes 1.234 from 1,234: those are refused or are
            // as one reads them.
            if !is_mixed {
                if let Ok(Value::Number { value: read, .. }) = readings[0].read(&columns[0][row]) {
                    prop_assert_eq!(read, value, "{}", &columns[0][row]);
                }
                if let Ok(Value::Number { value: read, .. }) = readings[1].read(&columns[1][row]) {
                    prop_assert_eq!(read, count, "{}", &columns[1][row]);
                }
            }
            if let Ok(read) = readings[2].read(&columns[2][row]) {
                prop_assert_eq!(read, Value::Day(day), "{}", &columns[2][row]);
            }
        }
    }

    #[test]
    fn plain_files_are_not_refused(units in prop::collection::vec(-9_999_999i64..9_999_999, 1..6), dialect in 0usize..12, signs in 0usize..12) {
        let texts: Vec<String> = units.iter().map(|units| number(*units, 2, MARKS[dialect], signs).0).collect();
        let readings = decide(&[gathered(Meaning::Amount, "amount", &texts)], &hints());
        let readings = readings.map_err(|doubt| TestCaseError::fail(doubt.message))?;
        for (text, units) in texts.iter().zip(&units) {
            let is_read = matches!(readings[0].read(text), Ok(Value::Number { value, .. }) if value == Decimal::new(*units, 2));
            prop_assert!(is_read, "{text:?} {:?}", readings[0].read(text));
        }
    }

    #[test]
    fn instants_with_offsets_lie_on_the_workspace_s_day(
        second in 700_000_000i64..4_000_000_000,
        minutes in -840i32..840,
        form in prop::sample::select(vec!["%Y-%m-%dT%H:%M:%S%:z", "%Y-%m-%d %H:%M:%S %z", "%-d. %B %Y %H:%M:%S%:z", "%b %-d, %Y, %I:%M:%S %p %:z"]),
        zone in prop::sample::select(vec![Berlin, chrono_tz::America::Los_Angeles, chrono_tz::Asia::Kolkata, chrono_tz::Pacific::Apia]),
    ) {
        let offset = FixedOffset::east_opt(minutes * 60).expect("an offset");
        let instant = DateTime::from_timestamp(second, 0).expect("an instant");
        let text = instant.with_timezone(&offset).format(form).to_string();
        let hints = Hints { workspace_zone: zone, ..hints() };
        let readings = decide(&[gathered(Meaning::Day, "at", std::slice::from_ref(&text))], &hints).expect("decided");
        prop_assert_eq!(readings[0].read(&text), Ok(Value::Day(instant.with_timezone(&zone).date_naive())));
    }

    #[test]
    fn no_text_makes_a_panic(
        texts in prop::collection::vec(text(), 1..6),
        header in text(),
        date_format in prop_oneof![Just(None), "(%[a-zA-Z:#+-]{1,2}[ ./-]?){0,4}".prop_map(Some), text().prop_map(Some), Just(Some("%d/%m/%Y".to_owned()))],
        decimal_mark in prop_oneof![Just(None), Just(Some(Mark::Point)), Just(Some(Mark::Comma))],
        zone in prop_oneof![Just(None), Just(Some(chrono_tz::Pacific::Apia))],
    ) {
        use Meaning::{Amount, Count, Currency, Day, Id, Month, Plan, Ratio, Text};
        let hints = Hints { decimal_mark, date_format, zone, ..hints() };
        for meaning in [Text, Id, Amount, Count, Ratio, Day, Month, Plan, Currency] {
            let decided = decide(&[gathered(meaning, &header, &texts)], &hints);
            let Ok(readings) = decided else { continue };
            let _ = readings[0].told();
            for text in &texts {
                if let Err(reason) = readings[0].read(text) {
                    let is_clean = !reason.chars().any(words::is_invisible);
                    prop_assert!(is_clean, "{:?}", reason);
                }
            }
        }
    }
}

#[test]
fn megabytes_are_quoted_briefly() {
    for part in ["9", "1/", "é", ",", "(", "$", "\u{202e}", "E+9", "12:", "-", " "] {
        let long = part.repeat(1 << 20);
        for meaning in [Meaning::Id, Meaning::Amount, Meaning::Day, Meaning::Month, Meaning::Plan, Meaning::Currency] {
            let evidence = gathered(meaning, &long, std::slice::from_ref(&long));
            let readings = decide(&[evidence], &hints()).expect("decided");
            let told = readings[0].read(&long).err().unwrap_or_default();
            assert!(told.chars().count() < 900, "{}", told.len());
        }
    }
}
