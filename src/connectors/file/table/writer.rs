//! The second pass: every row as canonical texts, or with what is wrong with it.

use super::judge::Judged;
use super::summary::{self, Nameless};
use crate::connectors::file::FileDrop;
use crate::connectors::file::column::{Meaning, Value};
use crate::connectors::file::shape::{Found, Refusal, Sink, shown, tidy};
use crate::support::nearest::nearest;
use rust_decimal::Decimal;
use serde::Serialize;
use std::io::{BufWriter, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// Raw rows are kept up to this many characters.
const LONGEST_RAW: usize = 20_000;

/// A JSON line a row. Days are ISO, months their first day, numbers plain with a point.
#[derive(Debug, Serialize)]
pub struct PlainRow<'a> {
    /// The line, or the row of a workbook or Parquet file.
    pub n: u64,
    /// As the file has them, a text a column.
    pub v: &'a [Option<&'a str>],
    /// A canonical text a field, in the order of the sources.
    pub f: &'a [Option<String>],
    /// What is wrong with the values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p: Option<String>,
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
fn canonical(value: &Value) -> Option<String> {
    match value {
        Value::None => None,
        Value::Text(text) => Some(text.clone()),
        Value::Number { value, .. } => Some(value.normalize().to_string()),
        Value::Day(day) | Value::Month(day) => Some(day.to_string()),
    }
}

pub struct Writer<'a> {
    judged: &'a Judged,
    drop: &'a FileDrop,
    out: BufWriter<NamedTempFile>,
    rows: u64,
    named_totals: Vec<u64>,
    nameless: Nameless,
    /// The source of the first number of money, by which totals are known.
    amount: Option<usize>,
    /// The source of the currency.
    currency: Option<usize>,
}

impl<'a> Writer<'a> {
    pub fn new(judged: &'a Judged, drop: &'a FileDrop, scratch: &Path) -> Result<Self, Refusal> {
        let file = tempfile::Builder::new().prefix("records-").tempfile_in(scratch).map_err(|error| disk(&error))?;
        let fields = drop.preset.spec().fields;
        let meaning = |name: &str| fields.iter().find(|field| field.name == name).map(|field| field.meaning);
        let of = |wanted: Meaning| judged.sources.iter().position(|source| meaning(source.field) == Some(wanted));
        let (amount, currency) = (of(Meaning::Amount), of(Meaning::Currency));
        let out = BufWriter::with_capacity(1 << 18, file);
        let (named_totals, nameless) = (Vec::new(), Nameless::default());
        Ok(Self { judged, drop, out, rows: 0, named_totals, nameless, amount, currency })
    }

    /// The scratch file, the number of rows, and what was left out, in words.
    pub fn finish(mut self) -> Result<(NamedTempFile, u64, Vec<String>), Refusal> {
        let nameless = std::mem::take(&mut self.nameless);
        let (mut totals, others) = nameless.settle();
        for (line, raw) in others {
            self.rows += 1;
            self.line(
                &serde_json::json!({"n": line, "e": "the row names nothing that its numbers are about", "raw": raw}),
            )?;
        }
        totals.append(&mut self.named_totals);
        totals.sort_unstable();
        let lines: Vec<String> = totals.iter().take(5).map(u64::to_string).collect();
        let notes = match totals.len() {
            0 => Vec::new(),
            1 => vec![format!("line {} is a total and is left out", lines[0])],
            count => vec![format!("{count} rows are totals and are left out: lines {}", lines.join(", "))],
        };
        let file = self.out.into_inner().map_err(|error| disk(error.error()))?;
        Ok((file, self.rows, notes))
    }

    fn line(&mut self, record: &impl Serialize) -> Result<(), Refusal> {
        serde_json::to_writer(&mut self.out, record).map_err(|error| disk(&error.into()))?;
        self.out.write_all(b"\n").map_err(|error| disk(&error))
    }

    /// The values of a row's fields, the first amount, and what is wrong.
    fn fields(&self, values: &[Option<&str>]) -> (Vec<Option<String>>, Option<Decimal>, Vec<String>) {
        let sources = &self.judged.sources;
        let mut fields: Vec<Option<String>> = vec![None; sources.len()];
        let (mut amount, mut stated, mut problems) = (None, None, Vec::new());
        for (place, reading) in self.judged.places.iter().zip(&self.judged.readings) {
            // The first column of a field that is not blank answers.
            if fields[place.source].is_some() {
                continue;
            }
            let Some(text) = values.get(place.column).copied().flatten().filter(|text| !text.trim().is_empty()) else {
                continue;
            };
            match reading.read(text) {
                Ok(value) => {
                    if let Value::Number { value, currency } = &value {
                        if Some(place.source) == self.amount {
                            amount = Some(*value);
                        }
                        stated = stated.or_else(|| currency.clone());
                    }
                    let text = canonical(&value);
                    match (self.drop.known.get(sources[place.source].field), text) {
                        (Some(known), Some(text)) => match ours(known, &text) {
                            Ok(name) => fields[place.source] = Some(name),
                            Err(problem) => problems.push(format!("{}: {problem}", sources[place.source].field)),
                        },
                        (_, text) => fields[place.source] = text,
                    }
                }
                Err(problem) => problems.push(format!("{}: {problem}", sources[place.source].field)),
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

    /// Whether a field says what a row is about.
    fn names_the_row(&self, field: &str) -> bool {
        let mut fields = self.drop.preset.spec().fields.iter();
        fields.any(|known| known.name == field && known.is_required && !known.meaning.is_number())
    }

    /// Whether nothing that names a row is there.
    fn is_nameless(&self, fields: &[Option<String>]) -> bool {
        let naming = self.judged.sources.iter().zip(fields).filter(|(source, _)| self.names_the_row(source.field));
        let mut naming = naming.peekable();
        naming.peek().is_some() && naming.all(|(source, value)| value.is_none() || source.constant == *value)
    }
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
        let (fields, amount, problems) = self.fields(values);
        let named = self.judged.sources.iter().zip(&fields).filter(|(source, _)| self.names_the_row(source.field));
        if named.filter_map(|(_, text)| text.as_deref()).any(summary::is_total) {
            self.named_totals.push(line);
            return Ok(());
        }
        if amount.is_some() && self.is_nameless(&fields) {
            let raw = values.iter().map(|value| value.unwrap_or_default()).collect::<Vec<_>>().join(",");
            match self.nameless.keep(line, amount, raw) {
                None => return Ok(()),
                Some(raw) => return self.bad(line, "the row names nothing that its numbers are about", &raw),
            }
        }
        self.nameless.add(amount);
        self.rows += 1;
        let problem = (!problems.is_empty()).then(|| problems.join("; "));
        self.line(&PlainRow { n: line, v: values, f: &fields, p: problem })
    }

    fn bad(&mut self, line: u64, reason: &str, raw: &str) -> Result<(), Refusal> {
        self.rows += 1;
        let raw: String = raw.chars().take(LONGEST_RAW).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect();
        self.line(&serde_json::json!({"n": line, "e": reason, "raw": raw}))
    }
}

fn disk(error: &std::io::Error) -> Refusal {
    Refusal::new(None, format!("its rows cannot be written to the disk ({error})"), "look whether the disk is full")
}
