//! The second pass: every row as canonical texts, or with what is wrong with it.

use super::judge::Judged;
use super::sift::{Sift, Sifted};
use crate::connectors::file::FileDrop;
use crate::connectors::file::column::{Meaning, Value};
use crate::connectors::file::shape::{Found, Refusal, Sink, shown, tidy};
use crate::connectors::file::summary::{self, Nameless};
use crate::support::nearest::nearest;
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufWriter, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// Raw rows are kept up to this many characters.
const LONGEST_RAW: usize = 20_000;

/// A line of JSON. Days are ISO, months their first day, quarters `2026-Q4`, numbers plain with a point.
struct Record<'a> {
    /// Which file of a load it is of.
    file: u32,
    /// The line, or the row of a workbook or Parquet file.
    line: u64,
    /// Equal where all columns of two rows are.
    hash: u64,
    names: &'a [&'static str],
    /// A canonical text a field.
    fields: &'a [Option<String>],
    problem: Option<&'a str>,
    /// The row as it came, where somebody may have to look at it.
    raw: Option<&'a str>,
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("k", &self.file)?;
        map.serialize_entry("n", &self.line)?;
        map.serialize_entry("h", &self.hash)?;
        for (name, value) in self.names.iter().zip(self.fields) {
            if let Some(value) = value {
                map.serialize_entry(name, value)?;
            }
        }
        if let Some(problem) = self.problem {
            map.serialize_entry("p", problem)?;
        }
        if let Some(raw) = self.raw {
            map.serialize_entry("raw", raw)?;
        }
        map.end()
    }
}

/// The name among ours that a text means: `Paid Search` is `paid_search`.
fn ours(known: &[String], text: &str) -> Result<String, String> {
    let name = tidy(text);
    if let Some(found) = known.iter().find(|ours| **ours == name || ours.eq_ignore_ascii_case(text.trim())) {
        return Ok(found.clone());
    }
    let list: Vec<&str> = known.iter().map(String::as_str).collect();
    let remedy = nearest(&name, &list).map_or_else(
        || format!("it is one of {}", list.iter().take(12).copied().collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean {near:?}?"),
    );
    Err(format!("{:?} is not known: {remedy}", shown(text)))
}

/// The text of a value as queries read it.
fn canonical(value: Value) -> Option<String> {
    match value {
        Value::None => None,
        Value::Text(text) => Some(text),
        Value::Number { value, .. } => Some(value.normalize().to_string()),
        Value::Day(day) | Value::Month(day) => Some(day.to_string()),
        Value::Quarter(first) => Some(format!("{}-Q{}", first.year(), first.quarter())),
    }
}

pub struct Writer<'a> {
    judged: &'a Judged,
    drop: &'a FileDrop,
    columns: &'a [String],
    /// Which file of a load it is.
    file: u32,
    out: BufWriter<NamedTempFile>,
    names: Vec<&'static str>,
    /// Whether a column's texts distinguish rows: those that are not read, and days and months, of which
    /// many instants and days are one.
    as_written: Vec<bool>,
    rows: u64,
    bad: u64,
    sift: Sift<'a>,
    named_totals: Vec<u64>,
    nameless: Nameless,
    /// The source of the first number of money, by which totals are known.
    amount: Option<usize>,
    /// The source of the currency.
    currency: Option<usize>,
    /// The source of the day, and the first and the last day seen.
    day: Option<usize>,
    days: Option<(NaiveDate, NaiveDate)>,
}

/// What a second pass yields.
pub struct Written {
    pub records: NamedTempFile,
    /// Rows, bad ones among them.
    pub rows: u64,
    /// Rows that are known to be bad.
    pub bad: u64,
    /// What was left out, in words.
    pub notes: Vec<String>,
    /// The first and the last day of the rows.
    pub days: Option<(NaiveDate, NaiveDate)>,
}

impl<'a> Writer<'a> {
    pub fn new(
        judged: &'a Judged,
        drop: &'a FileDrop,
        found: &'a Found,
        (file, scratch): (u32, &Path),
    ) -> Result<Self, Refusal> {
        let records = tempfile::Builder::new().prefix("records-").tempfile_in(scratch).map_err(|error| disk(&error))?;
        let sources = &judged.sources;
        let of = |wanted: Meaning| sources.iter().position(|source| source.field.meaning == wanted);
        let key = drop.preset.target.spec().key;
        let key = sources.iter().filter(|source| key.contains(&source.field.name)).flat_map(|source| &source.columns);
        Ok(Self {
            judged,
            drop,
            columns: &found.columns,
            file,
            out: BufWriter::with_capacity(1 << 18, records),
            names: sources.iter().map(|source| source.field.name).collect(),
            as_written: (0..found.columns.len()).map(|at| judged.is_as_written(at)).collect(),
            rows: 0,
            bad: 0,
            sift: Sift::new(&judged.sieves, &found.columns, key.copied().collect()),
            named_totals: Vec::new(),
            nameless: Nameless::default(),
            amount: of(Meaning::Amount),
            currency: of(Meaning::Currency),
            day: of(Meaning::Day),
            days: None,
        })
    }

    pub fn finish(mut self) -> Result<Written, Refusal> {
        let nameless = std::mem::take(&mut self.nameless);
        let (mut totals, others) = nameless.settle();
        for record in others {
            self.write_text(&record)?;
        }
        totals.append(&mut self.named_totals);
        totals.sort_unstable();
        // A line of a wide table is several rows.
        totals.dedup();
        let lines: Vec<String> = totals.iter().take(5).map(u64::to_string).collect();
        let mut notes = match totals.len() {
            0 => Vec::new(),
            1 => vec![format!("line {} is a total and is left out", lines[0])],
            count => vec![format!("{count} rows are totals and are left out: lines {}", lines.join(", "))],
        };
        notes.extend(self.sift.notes());
        let records = self.out.into_inner().map_err(|error| disk(error.error()))?;
        Ok(Written { records, rows: self.rows, bad: self.bad, notes, days: self.days })
    }

    fn write(&mut self, record: &Record<'_>) -> Result<(), Refusal> {
        self.rows += 1;
        self.bad += u64::from(record.problem.is_some());
        serde_json::to_writer(&mut self.out, record).map_err(|error| disk(&error.into()))?;
        self.out.write_all(b"\n").map_err(|error| disk(&error))
    }

    /// A record that was kept for later.
    fn write_text(&mut self, record: &str) -> Result<(), Refusal> {
        self.rows += 1;
        self.bad += 1;
        writeln!(self.out, "{record}").map_err(|error| disk(&error))
    }

    /// The values of a row's fields, the first amount, and what is wrong.
    fn fields(&mut self, values: &[Option<&str>]) -> (Vec<Option<String>>, Option<Decimal>, Vec<String>) {
        let sources = &self.judged.sources;
        let mut fields: Vec<Option<String>> = vec![None; sources.len()];
        let (mut amount, mut stated, mut problems) = (None, None, Vec::new());
        for (place, reading) in self.judged.places.iter().zip(&self.judged.readings) {
            // The first column of a field that is not blank answers.
            if fields[place.source].is_some() || place.is_part {
                continue;
            }
            let Some(text) = values.get(place.column).copied().flatten().filter(|text| !text.trim().is_empty()) else {
                continue;
            };
            let name = sources[place.source].field.name;
            match reading.read(text) {
                Ok(mut value) => {
                    if let (Value::Number { value, .. }, Some(factor)) = (&mut value, sources[place.source].factor) {
                        *value = value.saturating_mul(factor).round_dp(9);
                    }
                    match &value {
                        Value::Number { value, currency } => {
                            if Some(place.source) == self.amount {
                                amount = Some(*value);
                            }
                            let told = currency.as_deref().or(sources[place.source].currency);
                            stated = stated.or_else(|| told.map(str::to_owned));
                        }
                        Value::Day(day) if Some(place.source) == self.day => {
                            let (first, last) = self.days.unwrap_or((*day, *day));
                            self.days = Some((first.min(*day), last.max(*day)));
                        }
                        _ => {}
                    }
                    match (self.drop.known.get(name), canonical(value)) {
                        (Some(known), Some(text)) => match ours(known, &text) {
                            Ok(ours) => fields[place.source] = Some(ours),
                            Err(problem) => problems.push(format!("{name}: {problem}")),
                        },
                        (_, text) => fields[place.source] = text,
                    }
                }
                Err(problem) => problems.push(format!("{name}: {problem}")),
            }
        }
        for (index, source) in sources.iter().enumerate().filter(|(_, source)| !source.joined.is_empty()) {
            if fields[index].is_none() {
                fields[index] = self.joined(index, values);
            }
            if fields[index].is_none() {
                let parts: Vec<String> = source.joined.iter().map(|at| shown(&self.columns[*at])).collect();
                problems.push(format!("{}: one of {} is missing", source.field.name, parts.join(", ")));
            }
        }
        for (field, source) in fields.iter_mut().zip(sources) {
            if field.is_none() {
                field.clone_from(&source.constant);
            }
        }
        if let (Some(at), Some(stated)) = (self.currency, stated) {
            match &fields[at] {
                Some(known) if !known.eq_ignore_ascii_case(&stated) => {
                    problems.push(format!("an amount is in {stated}, though the row's currency is {known}"));
                }
                _ => fields[at] = Some(stated),
            }
        }
        (fields, amount, problems)
    }

    /// The parts of a value with strokes between them, if all are there.
    fn joined(&self, source: usize, values: &[Option<&str>]) -> Option<String> {
        let places = self.judged.places.iter().zip(&self.judged.readings);
        let parts = places.filter(|(place, _)| place.is_part && place.source == source);
        let texts = parts.map(|(place, reading)| {
            let text = values.get(place.column).copied().flatten()?;
            reading.read(text).ok().and_then(canonical)
        });
        texts.collect::<Option<Vec<String>>>().map(|parts| parts.join("|"))
    }

    /// Whether a row lacks what it is about: the name of a campaign, or all that would name it.
    fn is_nameless(&self, fields: &[Option<String>]) -> bool {
        let sources = self.judged.sources.iter().zip(fields);
        let mut naming = sources.filter(|(source, _)| source.field.is_required && source.constant.is_none());
        let is_name = |meaning| matches!(meaning, Meaning::Text | Meaning::Id);
        let mut names = naming.clone().filter(|(source, _)| is_name(source.field.meaning)).peekable();
        match names.peek() {
            Some(_) => names.any(|(_, value)| value.is_none()),
            None => naming.all(|(source, value)| source.field.meaning.is_number() || value.is_none()),
        }
    }

    /// The fields that say what a row is about: their names, constants and values.
    fn naming<'f>(
        &'f self,
        fields: &'f [Option<String>],
    ) -> impl Iterator<Item = (&'static str, Option<&'f str>, Option<&'f str>)> {
        let pairs = self.judged.sources.iter().zip(fields);
        pairs
            .filter(|(source, _)| source.field.is_required && !source.field.meaning.is_number())
            .map(|(source, value)| (source.field.name, source.constant.as_deref(), value.as_deref()))
    }

    /// Equal for rows that say the same, however they write it.
    fn hash(&self, values: &[Option<&str>], fields: &[Option<String>]) -> u64 {
        let mut hasher = DefaultHasher::new();
        fields.hash(&mut hasher);
        for (at, value) in values.iter().enumerate() {
            if self.as_written.get(at).copied().unwrap_or(true) {
                value.map(str::trim).unwrap_or_default().hash(&mut hasher);
            }
        }
        hasher.finish()
    }

    /// The row as it came, by the columns' names.
    fn raw(&self, values: &[Option<&str>]) -> String {
        let mut map = serde_json::Map::new();
        for (index, name) in self.columns.iter().enumerate() {
            let value = values.get(index).copied().flatten().unwrap_or_default();
            let name = if map.contains_key(name) { format!("{name} (column {})", index + 1) } else { name.clone() };
            map.insert(name, value.into());
        }
        cut(&serde_json::Value::Object(map).to_string())
    }
}

fn cut(raw: &str) -> String {
    raw.chars().take(LONGEST_RAW).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect()
}

impl Sink for Writer<'_> {
    fn header(&mut self, _: &Found) -> Result<(), Refusal> {
        Ok(())
    }

    fn row(&mut self, line: u64, values: &[Option<&str>]) -> Result<(), Refusal> {
        if summary::is_named_total(values) {
            self.named_totals.push(line);
            return Ok(());
        }
        let unknown = match self.sift.judge(values) {
            Sifted::LeftOut => return Ok(()),
            Sifted::Counts => None,
            Sifted::Unknown(problem) => Some(problem),
        };
        let (fields, amount, mut problems) = self.fields(values);
        problems.extend(unknown);
        if self.naming(&fields).filter_map(|(_, _, text)| text).any(summary::is_total) {
            self.named_totals.push(line);
            return Ok(());
        }
        let hash = self.hash(values, &fields);
        let pairs = self.judged.sources.iter().zip(&fields);
        let is_whole = pairs.clone().all(|(source, text)| text.is_some() || !source.field.is_required);
        let total = amount.filter(|_| problems.is_empty() && self.nameless.has_room() && self.is_nameless(&fields));
        let is_blank = pairs.clone().all(|(source, text)| source.field.meaning.is_number() || *text == source.constant);
        if is_blank && amount.is_some() && problems.is_empty() {
            problems.push("the row names nothing that its numbers are about".to_owned());
        }
        let problem = (!problems.is_empty()).then(|| problems.join("; "));
        let raw = (problem.is_some() || !is_whole).then(|| self.raw(values));
        let names = std::mem::take(&mut self.names);
        let record = Record {
            file: self.file,
            line,
            hash,
            names: &names,
            fields: &fields,
            problem: problem.as_deref(),
            raw: raw.as_deref(),
        };
        let written = match total {
            Some(amount) => {
                let record = serde_json::to_string(&record).map_err(|error| disk(&error.into()))?;
                self.nameless.keep(line, amount, record);
                Ok(())
            }
            None => {
                self.nameless.add(amount);
                self.write(&record)
            }
        };
        self.names = names;
        written
    }

    fn bad(&mut self, line: u64, reason: &str, raw: &str) -> Result<(), Refusal> {
        let record = Record {
            file: self.file,
            line,
            hash: 0,
            names: &[],
            fields: &[],
            problem: Some(reason),
            raw: Some(&cut(raw)),
        };
        self.write(&record)
    }
}

fn disk(error: &std::io::Error) -> Refusal {
    Refusal::new(None, format!("its rows cannot be written to the disk ({error})"), "look whether the disk is full")
        .because(error)
}
