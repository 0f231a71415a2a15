//! A preset as its TOML file describes it.

use super::column::{Mark, Meaning};
use super::own_target::Targets;
use super::preset::{COUNTS, Column, Filter, NONE, Preset, Question, Unpivot, Written};
use super::shape::tidy;
use super::target::{Field, TargetSpec};
use crate::domain::dropped::Repeats;
use crate::support::nearest::nearest;
use crate::support::shown::fault;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use toml::Spanned;

/// A preset that cannot be used: its file, the line if known, what is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetProblem {
    /// Its name in the folder.
    pub file: String,
    pub line: Option<usize>,
    pub message: String,
    pub remedy: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PresetFile {
    about: String,
    target: Spanned<String>,
    repeats: Option<Spanned<RepeatsFile>>,
    #[serde(default)]
    constants: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    columns: BTreeMap<Spanned<String>, Headers>,
    /// What numbers are multiplied by, as text: "0.000001" for millionths.
    #[serde(default)]
    factors: BTreeMap<Spanned<String>, Decimal>,
    #[serde(default)]
    questions: BTreeMap<String, Vec<Spanned<String>>>,
    #[serde(default)]
    filters: Vec<FilterFile>,
    unpivot: Option<UnpivotFile>,
    decimal_mark: Option<Spanned<String>>,
    date_format: Option<String>,
    zone: Option<Spanned<String>>,
    encoding: Option<Spanned<String>>,
    delimiter: Option<Spanned<String>>,
    header_line: Option<u64>,
    sheet: Option<String>,
    range: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum RepeatsFile {
    Word(String),
    Newest { newest_by: String },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Headers {
    Joined { join: Vec<String> },
    Names(Vec<Header>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Header {
    One(String),
    Joined { join: Vec<String> },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilterFile {
    columns: Vec<String>,
    #[serde(default)]
    counts: Vec<String>,
    #[serde(default)]
    leaves_out: Vec<String>,
    /// Whether a file without the column is refused; it is by default.
    #[serde(default = "yes")]
    needed: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnpivotFile {
    names: Spanned<String>,
    values: Spanned<String>,
}

/// What is wrong with a file, reported with lines.
struct Faults<'a> {
    file: String,
    text: &'a str,
    found: Vec<PresetProblem>,
}

impl Faults<'_> {
    fn add(&mut self, at: Option<usize>, message: impl Into<String>, remedy: impl Into<String>) {
        let line = at.map(|at| self.text[..at.min(self.text.len())].matches('\n').count() + 1);
        let (message, remedy) = (fault(&message.into()), remedy.into());
        self.found.push(PresetProblem { file: self.file.clone(), line, message, remedy });
    }

    fn field(&mut self, spec: &TargetSpec, name: &Spanned<String>) -> Option<&'static Field> {
        let found = spec.field(name.get_ref());
        if found.is_none() {
            let known: Vec<&str> = spec.fields.iter().map(|field| field.name).collect();
            let message = format!("{} has no field {:?}", spec.name, name.get_ref());
            self.add(Some(name.span().start), message, one_of(name.get_ref(), &known));
        }
        found
    }

    /// One of a few words.
    fn word<T: Copy>(&mut self, word: &Spanned<String>, what: &str, words: &[(&str, T)]) -> Option<T> {
        let found = words.iter().find(|(known, _)| known == word.get_ref()).map(|(_, meant)| *meant);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let message = format!("{what} {:?} is not known", word.get_ref());
            self.add(Some(word.span().start), message, one_of(word.get_ref(), &known));
        }
        found
    }
}

fn one_of(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("write one of {}", known.join(", ")),
    }
}

/// Reads one, or says all that is wrong with it.
pub fn read(name: &str, text: &str, targets: &Targets) -> Result<Preset, Vec<PresetProblem>> {
    let mut faults = Faults { file: format!("{name}.toml"), text, found: Vec::new() };
    let file: PresetFile = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let at = error.span().map(|span| span.start);
            faults.add(at, error.message(), "see the shipped presets in the README's section on dropped files");
            return Err(faults.found);
        }
    };
    let Some(target) = faults.word(&file.target, "the target", targets.all()) else { return Err(faults.found) };
    let spec = target.spec();
    if file.about.trim().is_empty() || file.about.chars().count() > 120 {
        faults.add(None, "about must be one sentence of at most 120 characters", "say which export it is");
    }
    let mut columns = columns(&file, spec, &mut faults);
    columns.sort_by_key(|column| spec.fields.iter().position(|field| field.name == column.field.name));
    let unpivot = file.unpivot.as_ref().and_then(|unpivot| {
        let (names, values) = (faults.field(spec, &unpivot.names), faults.field(spec, &unpivot.values));
        Some(Unpivot { names: names?, values: values? })
    });
    for field in spec.fields.iter().filter(|field| field.is_required) {
        let is_there = columns.iter().any(|column| column.field.name == field.name)
            || unpivot.as_ref().is_some_and(|wide| wide.names.name == field.name || wide.values.name == field.name);
        if !is_there {
            let message = format!("nothing says where {:?} is found, which {} needs", field.name, spec.name);
            faults.add(None, message, "name its headers in [columns], or give it a value in [constants]");
        }
    }
    let questions = questions(&file, spec, &mut faults);
    let repeats = repeats(&file, spec, &mut faults);
    let written = written(&file, &mut faults);
    let tidied = |words: &[String]| words.iter().map(|word| tidy(word)).collect();
    let filters = file.filters.iter().map(|filter| Filter {
        headers: filter.columns.clone(),
        counts: tidied(&filter.counts),
        leaves_out: tidied(&filter.leaves_out),
        is_needed: filter.needed,
        is_strict: true,
    });
    let preset = Preset {
        name: name.to_owned(),
        about: file.about.trim().to_owned(),
        target,
        repeats: repeats.unwrap_or_default(),
        columns,
        questions,
        ignored: Vec::new(),
        filters: filters.collect(),
        unpivot,
        written,
    };
    if faults.found.is_empty() { Ok(preset) } else { Err(faults.found) }
}

fn columns(file: &PresetFile, spec: &TargetSpec, faults: &mut Faults<'_>) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (name, headers) in &file.columns {
        let Some(field) = faults.field(spec, name) else { continue };
        let mut column = Column::new(field);
        match headers {
            Headers::Joined { join } => column.joined.clone_from(join),
            Headers::Names(headers) => {
                for header in headers {
                    match header {
                        Header::One(header) => column.headers.push(header.clone()),
                        Header::Joined { join } => column.joined.clone_from(join),
                    }
                }
            }
        }
        for header in &column.headers {
            // A row's last day may stand where its day does: a report by day has both, one by month has not.
            let is_end = field.name == "date_end";
            if let Some(other) = seen.insert(tidy(header), field.name.to_owned())
                && !is_end
                && other != "date_end"
            {
                let message = format!("the header {header:?} stands for {other} and for {}", field.name);
                faults.add(Some(name.span().start), message, "keep one of the two, or ask in [questions]");
            }
        }
        columns.push(column);
    }
    for (name, value) in &file.constants {
        let Some(field) = faults.field(spec, name) else { continue };
        match columns.iter_mut().find(|column| column.field.name == field.name) {
            Some(column) => column.constant = Some(value.clone()),
            None => columns.push(Column { constant: Some(value.clone()), ..Column::new(field) }),
        }
    }
    for (name, factor) in &file.factors {
        let Some(field) = faults.field(spec, name) else { continue };
        match columns.iter_mut().find(|column| column.field.name == field.name) {
            Some(column) => column.factor = Some(*factor),
            None => faults.add(
                Some(name.span().start),
                format!("{} has a factor and no column", field.name),
                "name its headers in [columns]",
            ),
        }
    }
    columns
}

fn questions(file: &PresetFile, spec: &TargetSpec, faults: &mut Faults<'_>) -> Vec<Question> {
    let mut questions = Vec::new();
    for (header, fields) in &file.questions {
        for field in fields.iter().filter(|field| ![NONE, COUNTS].contains(&field.get_ref().as_str())) {
            faults.field(spec, field);
        }
        let fields = fields.iter().map(|field| field.get_ref().clone()).collect();
        questions.push(Question { header: header.clone(), fields });
    }
    questions
}

fn repeats(file: &PresetFile, spec: &TargetSpec, faults: &mut Faults<'_>) -> Option<Repeats> {
    let given = file.repeats.as_ref()?;
    let at = Some(given.span().start);
    match given.get_ref() {
        RepeatsFile::Word(word) => match word.as_str() {
            "sum" => Some(Repeats::Sum),
            "items" => Some(Repeats::Items),
            "same" => Some(Repeats::Same),
            "quarantine" => Some(Repeats::Quarantine),
            _ => {
                let remedy = "write sum, items, same, quarantine or { newest_by = \"field\" }";
                faults.add(at, format!("repeats {word:?} is not known"), remedy);
                None
            }
        },
        RepeatsFile::Newest { newest_by } => {
            let column = spec.field(newest_by).filter(|field| field.meaning == Meaning::Day).map(|field| field.name);
            if column.is_none() && spec.field(newest_by).is_some() {
                faults.add(at, format!("{newest_by:?} is no day"), "name a field of days, such as metrics_as_of");
            } else if column.is_none() {
                let known: Vec<&str> = spec.fields.iter().map(|field| field.name).collect();
                faults.add(at, format!("{} has no field {newest_by:?}", spec.name), one_of(newest_by, &known));
            }
            column.map(|name| Repeats::Last(Cow::Borrowed(name)))
        }
    }
}

fn written(file: &PresetFile, faults: &mut Faults<'_>) -> Written {
    let marks = [(".", Mark::Point), (",", Mark::Comma)];
    let delimiters = [(",", b','), (";", b';'), ("\t", b'\t'), ("|", b'|')];
    let zone = file.zone.as_ref().and_then(|zone| {
        let found = zone.get_ref().parse::<Tz>().ok();
        if found.is_none() {
            let message = format!("{:?} is no time zone", zone.get_ref());
            faults.add(Some(zone.span().start), message, "write a name such as Europe/Berlin or UTC");
        }
        found
    });
    if let Some(encoding) = &file.encoding
        && encoding_rs::Encoding::for_label(encoding.get_ref().as_bytes()).is_none()
    {
        let message = format!("{:?} is no encoding that is known", encoding.get_ref());
        faults.add(Some(encoding.span().start), message, "write utf-8, utf-16le, windows-1252 or another label");
    }
    Written {
        decimal_mark: file.decimal_mark.as_ref().and_then(|word| faults.word(word, "the decimal mark", &marks)),
        date_format: file.date_format.clone(),
        zone,
        encoding: file.encoding.as_ref().map(|encoding| encoding.get_ref().clone()),
        delimiter: file.delimiter.as_ref().and_then(|word| faults.word(word, "the delimiter", &delimiters)),
        header_line: file.header_line,
        sheet: file.sheet.clone(),
        range: file.range.clone(),
    }
}
