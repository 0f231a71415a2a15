//! What the columns of a dropped file mean, decided over the whole file with evidence, and then each
//! value. Pure. A first pass shows every value to its column's [`Evidence`]; [`decide`] refuses the file
//! with a [`Doubt`] where a column may mean two things, or yields a [`Reading`] for each column; a second
//! pass reads the values, and what is wrong with a single one is that row's matter.

mod clock;
mod currency;
mod day_reading;
mod days;
mod format;
mod headers;
mod ids;
mod marks;
mod months;
mod names;
mod numbers;
mod order;
mod plans;
mod quarters;
mod shapes;
#[cfg(test)]
mod tests;
mod words;

pub use currency::of_header as header_currency;
pub use headers::names_a_value;

use chrono::NaiveDate;
use chrono_tz::Tz;
use day_reading::DayReading;
use marks::NumberProof;
use numbers::{Bad, Written};
use order::DayProof;
use rust_decimal::Decimal;
use std::fmt;
use words::quoted;

/// What a column's values are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Meaning {
    #[default]
    /// Words for unknown are no text; otherwise as it stands, without blanks around it.
    Text,
    /// A text that must be there and must be the same in every file.
    Id,
    /// Money or another number: below 10^12, six decimals, further ones rounded half away from zero.
    Amount,
    /// A whole number from 0, below 10^12.
    Count,
    /// A rate or a share; `12.5%` is 0.125. Below 10^9, nine decimals, as exchange rates need them.
    Ratio,
    /// A number whose unit another column states: `12.5%` is 0.125, beside `250,000`. As an amount.
    Figure,
    /// From 1990 to 2099; instants are days of the workspace's zone.
    Day,
    Month,
    /// What money is planned for: a month, a day of one, or a quarter of the calendar.
    Plan,
    /// An ISO code, or a sign of one currency only.
    Currency,
}

impl Meaning {
    /// Whether the values are numbers.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Amount | Self::Count | Self::Ratio | Self::Figure)
    }
}

/// The sign before decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Point,
    Comma,
}

/// What is known of a file beside its values.
#[derive(Clone, Debug)]
pub struct Hints {
    pub decimal_mark: Option<Mark>,
    /// In the signs of strftime, of days or of months.
    pub date_format: Option<String>,
    /// Of instants without an offset.
    pub zone: Option<Tz>,
    /// Whose days are meant.
    pub workspace_zone: Tz,
    pub is_semicolon_file: bool,
}

/// What the values of one column have shown. Its size does not depend on the file's.
#[derive(Clone, Debug)]
pub struct Evidence {
    meaning: Meaning,
    header: String,
    proof: Proof,
}

#[derive(Clone, Debug)]
enum Proof {
    Nothing,
    Ids(ids::IdProof),
    Numbers(NumberProof),
    Days(Box<DayProof>),
}

/// The first value that shows something; displayed as `line 7 has "4,2561"`.
#[derive(Clone, Debug)]
struct Seen {
    line: u64,
    quoted: String,
}

/// Why the file is refused: what a column means is uncertain, and what to write so that it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The place of the column among those decided.
    pub column: usize,
    pub line: Option<u64>,
    /// Names the line.
    pub message: String,
    pub remedy: String,
}

/// How the values of one column are read.
#[derive(Clone, Debug)]
pub struct Reading {
    meaning: Meaning,
    mark: Option<Mark>,
    days: Option<DayReading>,
    told: Vec<String>,
}

/// A value that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing, or a word for unknown.
    None,
    /// A text, an id, or an ISO code of a currency.
    Text(String),
    Number {
        value: Decimal,
        currency: Option<String>,
    },
    Day(NaiveDate),
    /// Its first day.
    Month(NaiveDate),
    /// Its first day.
    Quarter(NaiveDate),
}

impl Evidence {
    pub fn new(meaning: Meaning, header: &str) -> Self {
        let proof = match meaning {
            Meaning::Text | Meaning::Currency => Proof::Nothing,
            Meaning::Id => Proof::Ids(ids::IdProof::default()),
            Meaning::Amount | Meaning::Count | Meaning::Ratio | Meaning::Figure => {
                Proof::Numbers(NumberProof::default())
            }
            Meaning::Day | Meaning::Month | Meaning::Plan => Proof::Days(Box::default()),
        };
        Self { meaning, header: header.chars().take(200).collect(), proof }
    }

    /// Shows it the value that stands in `line`.
    pub fn see(&mut self, line: u64, text: &str) {
        match &mut self.proof {
            Proof::Nothing => {}
            Proof::Ids(proof) => proof.see(line, text),
            Proof::Numbers(proof) => known(text).into_iter().for_each(|text| proof.see(self.meaning, line, text)),
            Proof::Days(proof) => known(text).into_iter().for_each(|text| match self.meaning {
                Meaning::Plan => proof.see_plan(line, text),
                _ => proof.see(line, text),
            }),
        }
    }
}

/// Whether a value says that there is none: blank, `-`, `N/A`. An error of a spreadsheet, such as `#N/A`, says
/// that one was lost.
pub fn is_none(text: &str) -> bool {
    let text = words::tidy_cell(text);
    words::is_unknown(text) && !text.starts_with('#')
}

/// The tidied value, unless it stands for unknown.
fn known(text: &str) -> Option<&str> {
    let text = words::tidy_cell(text);
    (!words::is_unknown(text) && !words::is_sheet_error(text)).then_some(text)
}

/// Decides how each column of a file is read. The decimal mark is one for all its numbers; the order of
/// day and month is each column's own, but a column that proves it decides for those that do not.
pub fn decide(columns: &[Evidence], hints: &Hints) -> Result<Vec<Reading>, Doubt> {
    let mut numbers = Vec::new();
    let mut days: Vec<&DayProof> = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        match &column.proof {
            Proof::Nothing => {}
            Proof::Ids(proof) => proof.doubt(index).map_or(Ok(()), Err)?,
            Proof::Numbers(proof) => {
                proof.mixes_percents(index).map_or(Ok(()), Err)?;
                numbers.push((index, proof));
            }
            Proof::Days(proof) => days.push(proof),
        }
    }
    let mark = marks::decide(&numbers, hints)?;
    let reading = |(index, column): (usize, &Evidence)| {
        let mut reading = Reading { meaning: column.meaning, mark: None, days: None, told: Vec::new() };
        match &column.proof {
            Proof::Nothing | Proof::Ids(_) => {}
            Proof::Numbers(_) => {
                reading.mark = mark.as_ref().map(|(mark, _)| *mark);
                reading.told.extend(mark.as_ref().map(|(_, told)| told.clone()));
            }
            Proof::Days(proof) => {
                let (own, told) = order::decide(index, column, proof, &days, hints)?;
                reading.days = Some(own);
                reading.told = told;
            }
        }
        Ok(reading)
    };
    columns.iter().enumerate().map(reading).collect()
}

impl Reading {
    /// The value of one row, or what is wrong with it, with the value quoted.
    pub fn read(&self, text: &str) -> Result<Value, String> {
        if self.meaning == Meaning::Id {
            return ids::read(text).map(Value::Text);
        }
        // An apostrophe before a text may belong to it, as in 's-Hertogenbosch.
        let tidy = if self.meaning == Meaning::Text { words::tidy(text) } else { words::tidy_cell(text) };
        // NA names a region, a country or a channel in texts; in numbers and days it is no value.
        if words::is_unknown(tidy) && !(self.meaning == Meaning::Text && tidy == "NA") {
            return Ok(Value::None);
        }
        if words::is_sheet_error(tidy) {
            return Err(format!("{} is an error of a spreadsheet, not a value", quoted(text)));
        }
        match (self.meaning, &self.days) {
            (meaning, _) if meaning.is_number() => self.number(tidy),
            (Meaning::Currency, _) => currency::code_of(tidy)
                .map(|code| Value::Text(code.to_owned()))
                .ok_or_else(|| format!("{} is not a currency code such as EUR", quoted(text))),
            (Meaning::Day, Some(days)) => days.day(tidy).map(Value::Day),
            (Meaning::Month, Some(days)) => months::read(tidy, days).map(Value::Month),
            (Meaning::Plan, Some(days)) => plans::read(tidy, days),
            _ => Ok(Value::Text(tidy.to_owned())),
        }
    }

    fn number(&self, text: &str) -> Result<Value, String> {
        let wrong = |what: &str| format!("{} {what}", quoted(text));
        if numbers::is_bound(text) {
            return Ok(Value::None);
        }
        let written = numbers::scan(text).ok_or_else(|| wrong("is not a number"))?;
        if !self.meaning.allows(&written) {
            return Err(wrong(if written.is_percent { "has a percent sign" } else { "has a currency" }));
        }
        let (places, most) = if self.meaning == Meaning::Ratio { (9, 9) } else { (6, 12) };
        let (value, is_whole) = written.value(self.mark, places, most).map_err(|bad| match (bad, self.mark) {
            (Bad::TooLarge, _) => wrong(&format!("is out of range: it is not below 10^{most}")),
            (Bad::Mark, Some(mark)) => wrong(&format!("is not a number with a decimal {}", mark.word())),
            (Bad::Mark, None) => wrong("needs a decimal mark, which the file does not tell"),
        })?;
        if self.meaning == Meaning::Count && (!is_whole || value.is_sign_negative()) {
            return Err(wrong("is not a whole number from 0"));
        }
        Ok(Value::Number { value, currency: written.currency.code().map(str::to_owned) })
    }

    /// What was recognised, and why, for a person.
    pub fn told(&self) -> Option<String> {
        (!self.told.is_empty()).then(|| self.told.join("; "))
    }
}

impl Meaning {
    /// Whether a number may be written so in a column of this meaning.
    fn allows(self, written: &Written<'_>) -> bool {
        match self {
            Self::Figure => true,
            Self::Amount => !written.is_percent,
            Self::Ratio => written.currency == currency::Told::Nothing,
            _ => !written.is_percent && written.currency == currency::Told::Nothing,
        }
    }
}

impl Mark {
    pub fn sign(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }

    pub fn other(self) -> Self {
        match self {
            Self::Point => Self::Comma,
            Self::Comma => Self::Point,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Point => "point",
            Self::Comma => "comma",
        }
    }
}

impl Seen {
    fn new(line: u64, text: &str) -> Self {
        Self { line, quoted: quoted(text) }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} has {}", self.line, self.quoted)
    }
}
