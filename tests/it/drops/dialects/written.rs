//! Tables of random values, written as people and programs of many countries would.

use chrono::NaiveDate;
use proptest::prelude::*;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// How a table is written down.
#[derive(Clone, Debug)]
pub struct Dialect {
    /// The decimal mark and the sign between groups.
    pub marks: (char, &'static str),
    pub currency: Currency,
    pub negative: Negative,
    /// `12.50` is written `12.5`, and `12.00` as `12`.
    pub is_trimmed: bool,
    /// As strftime writes it.
    pub day: &'static str,
    pub delimiter: char,
    pub encoding: Encoding,
    pub line_end: &'static str,
    /// Lines above the header, with `{d}` for the delimiter.
    pub above: Vec<&'static str>,
    pub total: Total,
    pub quotes_all: bool,
    /// No line end behind the last row.
    pub is_open: bool,
    pub has_currency_column: bool,
    /// By how many places the columns are turned around.
    pub turn: usize,
    pub habits: Habits,
}

/// What some programs do besides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Habits {
    /// `sep=;` in the first line.
    pub has_hint: bool,
    /// A delimiter behind the last value, and none above the header.
    pub is_trailing: bool,
    /// A row of nothing below every third.
    pub has_gaps: bool,
    /// Blanks around values, which are no part of them.
    pub is_padded: bool,
    /// Ids as `="0012"`.
    pub has_formulas: bool,
    /// The header once more in the middle.
    pub repeats_header: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Currency {
    None,
    SignBefore,
    SignBehind,
    CodeBefore,
    CodeBehind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Negative {
    Before,
    Behind,
    Brackets,
    /// U+2212
    Typographic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf8Marked,
    Utf16Le,
    Utf16LeMarked,
    Utf16Be,
    Utf16BeMarked,
    Windows1252,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    None,
    /// The first value says so.
    Named(&'static str),
    /// The row has its sum and nothing else.
    Nameless,
}

pub const MARKS: [(char, &str); 12] = [
    ('.', ","),
    (',', "."),
    ('.', ""),
    (',', ""),
    ('.', " "),
    (',', " "),
    ('.', "'"),
    ('.', "’"),
    (',', "\u{a0}"),
    ('.', "\u{a0}"),
    (',', "\u{202f}"),
    ('.', "\u{202f}"),
];

/// The last one is refused, unless somebody states it: its years have two digits.
pub const DAYS: [&str; 16] = [
    "%d%b%Y",
    "%s",
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%-d.%-m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%-m/%-d/%Y",
    "%Y%m%d",
    "%Y/%m/%d",
    "%d-%m-%Y",
    "%b %-d, %Y",
    "%d %B %Y",
    "%Y-%m-%d %H:%M:%S",
    "%-d-%b-%y",
    "%d/%m/%y",
];

const ABOVE: [&str; 12] = [
    "Date{d}2026-11-01",
    "Month: 2026-11{d}{d}",
    "currency",
    "Conversions of all accounts",
    "",
    "Period: 2026-01-01 - 2026-06-30",
    "Account{d}123-456-7890",
    "Created by \"Muller & Co\", for internal use; not binding",
    "Currency{d}EUR",
    "{d}{d}{d}",
    "02/11/2026 10:15",
    "Total{d}12{d}34",
];

pub fn dialect() -> impl Strategy<Value = Dialect> {
    let numbers = (
        0..MARKS.len(),
        prop_oneof![
            3 => Just(Currency::None),
            1 => Just(Currency::SignBefore),
            1 => Just(Currency::SignBehind),
            1 => Just(Currency::CodeBefore),
            1 => Just(Currency::CodeBehind),
        ],
        prop::sample::select(vec![Negative::Before, Negative::Behind, Negative::Brackets, Negative::Typographic]),
        prop::bool::weighted(0.25),
        prop_oneof![20 => 0..DAYS.len() - 1, 1 => Just(DAYS.len() - 1)],
        any::<bool>(),
    );
    use Encoding::{Utf8, Utf8Marked, Utf16Be, Utf16BeMarked, Utf16Le, Utf16LeMarked, Windows1252};
    let texts = (
        prop::sample::select(vec![',', ';', '\t', '|']),
        prop_oneof![
            3 => Just(Utf8),
            2 => prop::sample::select(vec![Utf8Marked, Windows1252]),
            2 => prop::sample::select(vec![Utf16Be, Utf16BeMarked, Utf16Le, Utf16LeMarked]),
        ],
        prop::sample::select(vec!["\n", "\r\n", "\r"]),
        prop::collection::vec(prop::sample::select(ABOVE.to_vec()), 0..9),
        prop::sample::select(vec![
            Total::None,
            Total::Named("Total"),
            Total::Named("Summe"),
            Total::Named("Grand total:"),
            Total::Nameless,
        ]),
        (any::<bool>(), any::<bool>(), 0..6usize),
        prop::array::uniform6(prop::bool::weighted(0.1)).prop_map(|on| Habits {
            has_hint: on[0],
            is_trailing: on[1],
            has_gaps: on[2],
            is_padded: on[3],
            has_formulas: on[4],
            repeats_header: on[5],
        }),
    );
    (numbers, texts).prop_map(|((marks, currency, mut negative, is_trimmed, day, has_currency_column), texts)| {
        let (delimiter, encoding, line_end, above, total, (quotes_all, is_open, turn), mut habits) = texts;
        // Nobody quotes around blanks that are not meant.
        habits.is_padded &= !quotes_all;
        let mut marks = MARKS[marks];
        // What windows-1252 cannot write, no file of it has.
        if encoding == Windows1252 {
            marks.1 = if marks.1 == "\u{202f}" { "\u{a0}" } else { marks.1 };
            negative = if negative == Negative::Typographic { Negative::Before } else { negative };
        }
        let day = DAYS[day];
        Dialect {
            marks,
            currency,
            negative,
            is_trimmed,
            day,
            delimiter,
            encoding,
            line_end,
            above,
            total,
            quotes_all,
            is_open,
            has_currency_column,
            turn,
            habits,
        }
    })
}

impl Dialect {
    /// An amount of `units`, of which there are ten to the power of `decimals` in one.
    pub fn number(&self, units: i64, decimals: u32, currency: &str) -> String {
        let scale = 10u64.pow(decimals);
        let (whole, rest) = (units.unsigned_abs() / scale, units.unsigned_abs() % scale);
        let digits = whole.to_string();
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at) % 3 == 0 {
                text += self.marks.1;
            }
            text.push(digit);
        }
        let fraction = format!("{rest:0width$}", width = decimals as usize);
        let fraction = if self.is_trimmed { fraction.trim_end_matches('0') } else { &fraction };
        if !fraction.is_empty() {
            text.push(self.marks.0);
            text += fraction;
        }
        let sign = match currency {
            "EUR" => "€",
            "GBP" => "£",
            "USD" => "$",
            other => other,
        };
        let blank = if self.delimiter == ';' { "\u{a0}" } else { " " };
        let signed = match (units < 0, self.negative) {
            (true, Negative::Before) => format!("-{text}"),
            (true, Negative::Behind) => format!("{text}-"),
            (true, Negative::Brackets) => format!("({text})"),
            (true, Negative::Typographic) => format!("\u{2212}{text}"),
            (false, _) => text,
        };
        match self.currency {
            Currency::None => signed,
            Currency::SignBefore if sign.len() == 3 && sign.is_ascii() => format!("{sign} {signed}"),
            Currency::SignBefore => format!("{sign}{signed}"),
            Currency::SignBehind => format!("{signed}{blank}{sign}"),
            Currency::CodeBefore => format!("{currency} {signed}"),
            Currency::CodeBehind => format!("{signed} {currency}"),
        }
    }

    /// Whether the column's name states the currency, since nothing else does.
    pub fn names_currency(&self) -> bool {
        self.currency == Currency::None && !self.has_currency_column && self.turn % 2 == 1
    }

    /// What an amount of `currency` states of it.
    pub fn told(&self, currency: &str) -> Option<String> {
        let is_told = match self.currency {
            Currency::None => self.names_currency(),
            Currency::SignBefore | Currency::SignBehind => currency != "USD",
            Currency::CodeBefore | Currency::CodeBehind => true,
        };
        is_told.then(|| currency.to_owned())
    }

    fn value(&self, text: &str) -> String {
        let text = if self.habits.is_padded { text.trim() } else { text };
        if self.quotes_all || text.contains([self.delimiter, '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    }

    fn encoded(&self, text: &str) -> Vec<u8> {
        let marked = |text: &str| format!("\u{feff}{text}");
        let wide = |text: &str, to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect();
        match self.encoding {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf8Marked => marked(text).into_bytes(),
            Encoding::Utf16Le => wide(text, u16::to_le_bytes),
            Encoding::Utf16LeMarked => wide(&marked(text), u16::to_le_bytes),
            Encoding::Utf16Be => wide(text, u16::to_be_bytes),
            Encoding::Utf16BeMarked => wide(&marked(text), u16::to_be_bytes),
            Encoding::Windows1252 => text
                .chars()
                .map(|letter| match letter {
                    '€' => 0x80,
                    '’' => 0x92,
                    '–' => 0x96,
                    other => u8::try_from(u32::from(other)).expect("a sign of windows-1252"),
                })
                .collect(),
        }
    }

    /// The bytes of a file with this header, these rows, and below them a total; and the line of each row.
    pub fn file(&self, header: &[&str], rows: &[Vec<String>], total: Option<(usize, String)>) -> (Vec<u8>, Vec<u64>) {
        let width = header.len();
        let turned = |row: Vec<String>| -> String {
            let row: Vec<String> = (0..width).map(|at| self.value(&row[(at + self.turn) % width])).collect();
            let (joint, end) =
                (self.delimiter, if self.habits.is_trailing { self.delimiter.to_string() } else { String::new() });
            row.join(&if self.habits.is_padded { format!(" {joint} ") } else { joint.to_string() }) + &end
        };
        let mut lines: Vec<String> =
            self.above.iter().map(|line| line.replace("{d}", &self.delimiter.to_string())).collect();
        if self.habits.has_hint {
            lines.insert(0, format!("sep={}", self.delimiter));
        }
        lines.push(turned(header.iter().map(|name| (*name).to_owned()).collect()));
        let first = lines.len();
        let mut at = Vec::new();
        for (count, row) in rows.iter().enumerate() {
            if self.habits.has_gaps && count % 3 == 2 {
                lines.push(self.delimiter.to_string().repeat(width - 1));
            }
            if self.habits.repeats_header && count * 2 == rows.len() {
                lines.push(lines[first - 1].clone());
            }
            at.push(lines.len());
            lines.push(turned(row.clone()));
        }
        if let (Some((place, sum)), kind) = (total, self.total)
            && kind != Total::None
        {
            let mut row = vec![String::new(); width];
            row[place] = sum;
            if let Total::Named(word) = kind {
                // Where the row begins, or behind its sum.
                let start = self.turn % width;
                row[if start == place { (start + 1) % width } else { start }] = word.to_owned();
            }
            lines.push(turned(row));
        }
        let mut line = 1;
        let mut places = Vec::new();
        for text in &lines {
            places.push(line);
            line += 1 + text.matches('\n').count() as u64;
        }
        let text = lines.join(self.line_end) + if self.is_open { "" } else { self.line_end };
        (self.encoded(&text), at.into_iter().map(|at| places[at]).collect())
    }
}

/// A row as it must come back: its line, and a text a field.
pub type Row = (u64, BTreeMap<&'static str, Option<String>>);

pub fn decimal(units: i64, decimals: u32) -> String {
    Decimal::new(units, decimals).normalize().to_string()
}

/// A day in one of eight months.
pub fn day(offset: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 9).expect("a day") + chrono::Duration::days(offset)
}

/// Texts with everything that belongs between values or around them.
pub fn text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "Frühling",
        "sale",
        "50 %",
        "Ä",
        "été",
        "3\"",
        "say \"hi\"",
        "niño",
        "A&B",
        "x",
        "Straße",
        "«deux»",
        "O’Neill",
    ]);
    let joint = prop::sample::select(vec![" ", ", ", "; ", "|", "\n", " - ", "/", ",", ";", "\t"]);
    prop::collection::vec((word, joint), 1..4).prop_map(|parts| {
        let mut text = String::new();
        for (at, (word, joint)) in parts.iter().enumerate() {
            text += if at > 0 { joint } else { "" };
            text += word;
        }
        text
    })
}
