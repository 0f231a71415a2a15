//! A table written in any dialect comes back to the cent, or is refused; never with other values. What is
//! refused is read once the settings that its refusal asks for are stated.

mod written;

use chrono::NaiveDate;
use daybook::connectors::file::shape::{self, Sink};
use daybook::connectors::file::{FileDrop, Mark, Presets, Shape, Written, read};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::BufRead;
use written::{Currency, Dialect, Encoding, Row, Total, day, decimal, dialect, text};

/// So many tables of each kind; DAYBOOK_LONG asks for more, DIALECT_CASES for any number.
fn cases() -> u32 {
    let usual = if crate::support::is_long() { 3000 } else { 300 };
    daybook::support::environment::text("DIALECT_CASES").and_then(|count| count.parse().ok()).unwrap_or(usual)
}

/// A folder of files of a preset that is built in.
fn folder_of(preset: &str) -> FileDrop {
    FileDrop::new("/drops".into(), Presets::built_in().get(preset).expect("a preset"))
}

/// A file, and what it says.
struct File {
    bytes: Vec<u8>,
    rows: Vec<Row>,
}

/// The rows of a file, or why it is refused. A row that is set aside counts as a refusal of the file.
fn load(file: &File, drop: &FileDrop) -> Result<Vec<Row>, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.csv");
    std::fs::write(&path, &file.bytes).expect("written");
    let ask = drop.ask("a.csv");
    let pass = |sink: &mut dyn Sink| shape::read(&path, Shape::Delimited, &ask, sink);
    let table = read("a.csv", drop, chrono_tz::Europe::Berlin, &pass, (0, folder.path()));
    let table = table.map_err(|error| error.to_string())?;
    let records = std::io::BufReader::new(std::fs::File::open(table.records.path()).expect("records"));
    let mut rows = Vec::new();
    for record in records.lines() {
        let record: serde_json::Value = serde_json::from_str(&record.expect("a line")).expect("a record");
        if record.get("p").is_some() || record.get("raw").is_some() {
            return Err(format!("a row is set aside: {}", record["p"].as_str().unwrap_or("it lacks a field")));
        }
        let names = table.sources.iter().map(|source| source.field.name);
        let fields = names.map(|name| (name, record.get(name).and_then(|text| text.as_str()).map(str::to_owned)));
        rows.push((record["n"].as_u64().expect("a line"), fields.collect()));
    }
    Ok(rows)
}

/// What a person would state who knows the dialect.
fn stated(drop: &FileDrop, dialect: &Dialect) -> FileDrop {
    let mark = if dialect.marks.0 == '.' { Mark::Point } else { Mark::Comma };
    let label = match dialect.encoding {
        Encoding::Utf8 | Encoding::Utf8Marked => "utf-8",
        Encoding::Utf16Le | Encoding::Utf16LeMarked => "utf-16le",
        Encoding::Utf16Be | Encoding::Utf16BeMarked => "utf-16be",
        Encoding::Windows1252 => "windows-1252",
    };
    let written = Written {
        decimal_mark: Some(mark),
        // Seconds since 1970 are in no need of a form.
        date_format: Some(dialect.day.to_owned()).filter(|day| day != "%s"),
        encoding: Some(label.to_owned()),
        delimiter: Some(u8::try_from(dialect.delimiter).expect("ASCII")),
        header_line: Some(dialect.above.len() as u64 + 1 + u64::from(dialect.habits.has_hint)),
        ..Written::default()
    };
    FileDrop { written, ..drop.clone() }
}

/// Reads tables of a strategy; counts those that are refused among those of at least 12 rows.
fn check<T: std::fmt::Debug>(
    what: &str,
    drop: &FileDrop,
    tables: impl Strategy<Value = (T, Dialect)>,
    write: impl Fn(&T, &Dialect) -> File,
) -> (u32, u32) {
    let counts = RefCell::new((0, 0, 0, BTreeMap::<String, (u32, String)>::new()));
    let config = Config { cases: cases(), failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&tables, |(table, dialect)| {
        let file = write(&table, &dialect);
        let mut counts = counts.borrow_mut();
        let is_long = file.rows.len() >= 12;
        counts.0 += u32::from(is_long);
        match load(&file, drop) {
            Ok(rows) => prop_assert_eq!(rows, file.rows),
            Err(refusal) => {
                counts.1 += u32::from(is_long);
                if is_long {
                    let kind = kind(&refusal);
                    let example = format!("{refusal} | {dialect:?}");
                    counts.3.entry(kind).or_insert((0, example)).0 += 1;
                }
                match load(&file, &stated(drop, &dialect)) {
                    Ok(rows) => prop_assert_eq!(rows, file.rows),
                    Err(again) if is_long => {
                        counts.2 += 1;
                        let example = format!("{again} | {dialect:?}");
                        counts.3.entry(format!("STATED {}", kind(&again))).or_insert((0, example)).0 += 1;
                    }
                    Err(_) => {}
                }
            }
        }
        Ok(())
    });
    let (tables, refused, again, kinds) = counts.into_inner();
    println!("{what}: {tables} tables of 12 rows or more, {refused} refused, {again} also when all is stated");
    for (kind, (count, example)) in kinds {
        println!("  {count} {kind}\n      {example}");
    }
    if let Err(error) = outcome {
        panic!("{what}: {error}");
    }
    (tables, refused)
}

/// A refusal without the values in it.
fn kind(refusal: &str) -> String {
    let mut is_quoted = false;
    let plain: String = refusal
        .chars()
        .filter(|c| {
            is_quoted ^= *c == '"';
            !is_quoted && !c.is_ascii_digit()
        })
        .collect();
    plain.chars().take(110).collect()
}

/// An id, the days after the first, a text, cents, and a currency.
type Conversion = (String, i64, String, i64, &'static str);

/// Conversions, with so many decimals in their amounts.
type Conversions = (Vec<Conversion>, u32);

fn conversions() -> impl Strategy<Value = Conversions> {
    let id =
        prop_oneof!["INV-[0-9]{4}", "00[0-9]{3,6}", "9[0-9]{16}[1-9]", "[a-f]{2}[0-9]{2}-[a-f0-9]{4}", "[1-9][0-9]{6}"];
    let cents = prop_oneof![
        4 => -99_999i64..99_999,
        3 => 100_000i64..9_999_999,
        1 => -999_999_999i64..-100_000,
        1 => (-9i64..2000).prop_map(|whole| whole * 100),
    ];
    let currency = prop::sample::select(vec!["EUR", "GBP", "USD", "CHF"]);
    let decimals = prop_oneof![12 => Just(2u32), 1 => 0u32..7];
    (prop::collection::vec((id, 0i64..240, text(), cents, currency), 1..40), decimals)
}

fn write_conversions((rows, decimals): &Conversions, dialect: &Dialect) -> File {
    let is_named = dialect.names_currency();
    let value = if is_named { "Value (EUR)" } else { "VALUE" };
    let mut header = vec!["Order ID", "Date", "Conversion name", value, "Comment"];
    header.extend(dialect.has_currency_column.then_some("currency"));
    let written = |(id, offset, text, cents, currency): &Conversion| {
        let day = day(*offset).and_hms_opt(0, 0, 0).expect("midnight");
        let amount = dialect.number(*cents, *decimals, currency);
        let id = if dialect.habits.has_formulas { format!("=\"{id}\"") } else { id.clone() };
        let mut row = vec![id, day.format(dialect.day).to_string(), text.clone(), amount, text.clone()];
        row.extend(dialect.has_currency_column.then(|| (*currency).to_owned()));
        row
    };
    let texts: Vec<Vec<String>> = rows.iter().map(written).collect();
    let plain = Dialect { currency: Currency::None, ..dialect.clone() };
    let sum = plain.number(rows.iter().map(|row| row.3).sum(), *decimals, "");
    let (bytes, lines) = dialect.file(&header, &texts, Some((3, sum)));
    let right = |(line, (id, offset, text, cents, currency)): (u64, &Conversion)| {
        let currency = match dialect.has_currency_column {
            true => Some((*currency).to_owned()),
            false => dialect.told(if is_named { "EUR" } else { currency }),
        };
        let fields = [
            ("conversion_id", Some(id.clone())),
            ("date", Some(day(*offset).to_string())),
            ("kind", Some(text.clone())),
            ("amount", Some(decimal(*cents, *decimals))),
            ("currency", currency),
        ];
        (line, fields.into_iter().collect())
    };
    File { bytes, rows: lines.into_iter().zip(rows).map(right).collect() }
}

#[test]
fn long_tables_in_any_dialect_come_back_to_the_cent_or_are_refused() {
    let drop = folder_of("offline_conversions");
    let tables = (conversions(), dialect());
    let (tables, refused) = check("long", &drop, tables, write_conversions);
    assert!(refused * 100 < tables * 15, "{refused} of {tables} are refused");
}

/// Days of posts and of their measures, followers (none below zero), and a fee in cents.
type Post = (i64, i64, i64, i64);

fn posts() -> impl Strategy<Value = Vec<Post>> {
    let followers = prop_oneof![1 => Just(-1i64), 4 => 0i64..2_000, 4 => 2_000i64..4_000_000];
    prop::collection::vec((0i64..240, 0i64..20, followers, -1_000i64..900_000), 1..40)
}

#[test]
fn tables_of_counts_and_two_columns_of_days_come_back_exactly_or_are_refused() {
    let drop = folder_of("influencer");
    let header = ["Network", "Creator", "Program", "Live date", "Audience", "Fee", "Snapshot date", "currency"];
    let write = |rows: &Vec<Post>, dialect: &Dialect| {
        let whole = Dialect { currency: Currency::None, is_trimmed: false, ..dialect.clone() };
        let written = |offset: i64| day(offset).and_hms_opt(0, 0, 0).expect("midnight").format(dialect.day).to_string();
        let followers = |count: i64| match count {
            -1 => ["", "-", "n/a"][dialect.turn % 3].to_owned(),
            count => whole.number(count, 0, ""),
        };
        let texts: Vec<Vec<String>> = rows
            .iter()
            .zip(0..)
            .map(|((posted, later, count, fee), at)| {
                let fee = dialect.number(*fee, 2, "EUR");
                let (posted, measured) = (written(*posted), written(posted + later));
                let row = ["youtube", "", "Launch", &posted, &followers(*count), &fee, &measured, "EUR"];
                let mut row = row.map(str::to_owned).to_vec();
                row[1] = format!("@creator{at}");
                row
            })
            .collect();
        let (bytes, lines) = dialect.file(&header, &texts, None);
        let right = |((line, (posted, later, count, fee)), at): ((u64, &Post), i32)| {
            let some = |text: &str| Some(text.to_owned());
            let fields = [
                ("platform", some("youtube")),
                ("handle", Some(format!("@creator{at}"))),
                ("campaign", some("Launch")),
                ("posted_at", Some(day(*posted).to_string())),
                ("followers", (*count >= 0).then(|| count.to_string())),
                ("fee", Some(decimal(*fee, 2))),
                ("currency", some("EUR")),
                ("metrics_as_of", Some(day(posted + later).to_string())),
            ];
            (line, fields.into_iter().collect())
        };
        File { bytes, rows: lines.into_iter().zip(rows).zip(0..).map(right).collect() }
    };
    let (tables, refused) = check("posts", &drop, (posts(), dialect()), write);
    assert!(refused * 100 < tables * 15, "{refused} of {tables} are refused");
}

const CODES: [&str; 8] = ["USD", "GBP", "CHF", "JPY", "SEK", "PLN", "HUF", "ISK"];

/// Rates of a day: the days after the first, and a rate a currency, none where it is zero.
fn rates() -> impl Strategy<Value = (usize, Vec<(i64, Vec<i64>)>)> {
    (2..=CODES.len()).prop_flat_map(|width| {
        let rate = prop_oneof![1 => Just(0), 8 => 5_000i64..20_000, 2 => 1_000_000i64..4_500_000];
        let row = (0i64..240, prop::collection::vec(rate, width));
        (Just(width), prop::collection::vec(row, 1..30))
    })
}

#[test]
fn wide_tables_of_rates_come_back_exactly_or_are_refused() {
    let drop = folder_of("fx");
    let write = |(width, rows): &(usize, Vec<(i64, Vec<i64>)>), dialect: &Dialect| {
        let plain = Dialect { currency: Currency::None, turn: 0, ..dialect.clone() };
        let header: Vec<&str> = ["Date"].into_iter().chain(CODES.into_iter().take(*width)).collect();
        let blank = |rate: i64| if rate == 0 { String::new() } else { plain.number(rate, 4, "") };
        let texts: Vec<Vec<String>> = rows
            .iter()
            .map(|(offset, rates)| {
                let day = day(*offset).and_hms_opt(0, 0, 0).expect("midnight").format(dialect.day).to_string();
                std::iter::once(day).chain(rates.iter().map(|rate| blank(*rate))).collect()
            })
            .collect();
        let (bytes, lines) = plain.file(&header, &texts, None);
        let mut right = Vec::new();
        for (line, (offset, rates)) in lines.into_iter().zip(rows) {
            for (code, rate) in CODES.iter().zip(rates).filter(|(_, rate)| **rate != 0) {
                let fields = [
                    ("date", Some(day(*offset).to_string())),
                    ("currency", Some((*code).to_owned())),
                    ("rate", Some(decimal(*rate, 4))),
                ];
                right.push((line, fields.into_iter().collect()));
            }
        }
        File { bytes, rows: right }
    };
    let (tables, refused) = check("rates", &drop, (rates(), dialect()), write);
    assert!(refused * 100 < tables * 15, "{refused} of {tables} are refused");
}

/// How months are written above their columns, and quarters.
const MONTHS: [&str; 9] = ["%Y-%m", "%b-%y", "%m/%Y", "%B %Y", "%b %Y", "%m.%Y", "Q%q %Y", "%q. Quartal %Y", "%Y-Q%q"];

type Plan = (usize, usize, bool, Vec<(String, Vec<i64>)>);

fn budgets() -> impl Strategy<Value = Plan> {
    (0..MONTHS.len(), 2..14usize, any::<bool>()).prop_flat_map(|(form, width, has_total)| {
        let cents =
            prop_oneof![1 => Just(0), 6 => 1_000i64..9_999_999, 1 => (1i64..20_000).prop_map(|whole| whole * 100)];
        let row = (text(), prop::collection::vec(cents, width));
        (Just(form), Just(width), Just(has_total), prop::collection::vec(row, 1..20))
    })
}

#[test]
fn wide_tables_of_budgets_come_back_to_the_cent_or_are_refused() {
    let drop = folder_of("budgets");
    let month = |form: usize, at: usize| {
        let first = NaiveDate::from_ymd_opt(2026, 4, 1).expect("a day");
        let months = if MONTHS[form].contains("%q") { 3 } else { 1 };
        first + chrono::Months::new(months * u32::try_from(at).expect("few"))
    };
    let write = |(form, width, has_total, rows): &Plan, dialect: &Dialect| {
        let names: Vec<String> = (0..*width).map(|at| month(*form, at).format(MONTHS[*form]).to_string()).collect();
        let mut header: Vec<&str> = ["Channel"].into_iter().chain(names.iter().map(String::as_str)).collect();
        header.extend(has_total.then_some("Total"));
        let dialect = Dialect { turn: dialect.turn * 3, ..dialect.clone() };
        let plain = Dialect { currency: Currency::None, ..dialect.clone() };
        let blank = |cents: i64| if cents == 0 { String::new() } else { dialect.number(cents, 2, "EUR") };
        let texts: Vec<Vec<String>> = rows
            .iter()
            .map(|(text, amounts)| {
                let sum = has_total.then(|| plain.number(amounts.iter().sum(), 2, ""));
                std::iter::once(text.clone()).chain(amounts.iter().map(|cents| blank(*cents))).chain(sum).collect()
            })
            .collect();
        // The word for it stands where the row begins.
        let place = if dialect.turn % header.len() == 1 { 2 } else { 1 };
        let sum = plain.number(rows.iter().map(|(_, amounts)| amounts[place - 1]).sum(), 2, "");
        let total = Some((place, sum)).filter(|_| dialect.total != Total::Nameless);
        let (bytes, lines) = dialect.file(&header, &texts, total);
        let canonical = if MONTHS[*form].contains("%q") { "%Y-Q%q" } else { "%Y-%m-%d" };
        let mut right = Vec::new();
        for (line, (text, amounts)) in lines.into_iter().zip(rows) {
            // In the order of the columns as they were turned.
            let order = (0..header.len()).map(|at| (at + dialect.turn) % header.len());
            for at in order.filter(|at| (1..=*width).contains(at) && amounts[at - 1] != 0) {
                let fields = [
                    ("month", Some(month(*form, at - 1).format(canonical).to_string())),
                    ("channel", Some(text.clone())),
                    ("amount", Some(decimal(amounts[at - 1], 2))),
                    ("currency", Dialect { turn: 0, ..dialect.clone() }.told("EUR")),
                ];
                right.push((line, fields.into_iter().collect()));
            }
        }
        File { bytes, rows: right }
    };
    let (tables, refused) = check("budgets", &drop, (budgets(), dialect()), write);
    assert!(refused * 100 < tables * 15, "{refused} of {tables} are refused");
}
