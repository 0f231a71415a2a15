//! The first pass: finds the fields' columns and gathers what their values show.

use crate::connectors::file::FileDrop;
use crate::connectors::file::column::{Doubt, Evidence, Hints, Meaning, Reading, decide};
use crate::connectors::file::columns::{Resolved, Sieve, Source, resolve};
use crate::connectors::file::shape::{Found, Refusal, Sink, shown};
use crate::connectors::file::summary;
use chrono_tz::Tz;

/// A column that a field is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Among the sources.
    pub source: usize,
    /// Among the file's columns.
    pub column: usize,
    /// Whether it is only a part of the value.
    pub is_part: bool,
}

/// How a file is read, decided.
#[derive(Debug)]
pub struct Judged {
    pub sources: Vec<Source>,
    /// Every column that is read, with its reading in the same order; parts come after whole values.
    pub places: Vec<Place>,
    pub readings: Vec<Reading>,
    pub sieves: Vec<Sieve>,
    pub notes: Vec<String>,
}

impl Judged {
    /// Whether what stands in a column may say more than what is read of it.
    pub fn is_as_written(&self, column: usize) -> bool {
        let mut of = self.places.iter().filter(|place| place.column == column);
        let is_day = |meaning| matches!(meaning, Meaning::Day | Meaning::Month | Meaning::Plan);
        of.clone().next().is_none() || of.any(|place| is_day(self.sources[place.source].field.meaning))
    }
}

pub struct Judge<'a> {
    name: &'a str,
    drop: &'a FileDrop,
    resolved: Resolved,
    places: Vec<Place>,
    evidence: Vec<Evidence>,
}

impl<'a> Judge<'a> {
    pub fn new(name: &'a str, drop: &'a FileDrop) -> Self {
        Self { name, drop, resolved: Resolved::default(), places: Vec::new(), evidence: Vec::new() }
    }

    /// Decides what the columns mean; instants without an offset are those of the stated zone, of the
    /// one that stands above the header, or of the workspace.
    pub fn decide(self, found: &Found, workspace_zone: Tz) -> Result<Judged, Refusal> {
        let written = &self.drop.written;
        let hints = Hints {
            decimal_mark: written.decimal_mark,
            date_format: written.date_format.clone(),
            zone: written.zone.or_else(|| found.above.iter().find_map(|line| zone_above(line))),
            workspace_zone,
            is_semicolon_file: found.delimiter == Some(';'),
        };
        let readings = decide(&self.evidence, &hints).map_err(|doubt| {
            // The message names the line itself.
            let Doubt { column, message, remedy, .. } = doubt;
            let header = self.places.get(column).and_then(|place| found.columns.get(place.column));
            let column = header.map_or(String::new(), |header| format!("the column {:?}: ", shown(header)));
            Refusal::new(None, format!("{column}{message}"), remedy)
        })?;
        let Self { resolved: Resolved { sources, sieves, notes }, places, .. } = self;
        Ok(Judged { sources, places, readings, sieves, notes })
    }
}

impl Sink for Judge<'_> {
    fn header(&mut self, found: &Found) -> Result<(), Refusal> {
        let mut resolved = resolve(self.name, found, &self.drop.preset)?;
        let fields = self.drop.preset.target.spec().fields;
        // An amount may say its currency where no column does.
        if let Some(field) = fields.iter().find(|field| field.meaning == Meaning::Currency)
            && !resolved.sources.iter().any(|source| source.field.name == field.name)
        {
            resolved.sources.push(Source::new(field, Vec::new()));
        }
        for is_part in [false, true] {
            for (index, source) in resolved.sources.iter().enumerate() {
                let columns = if is_part { &source.joined } else { &source.columns };
                for column in columns {
                    let meaning = if is_part { Meaning::Text } else { source.field.meaning };
                    self.places.push(Place { source: index, column: *column, is_part });
                    self.evidence.push(Evidence::new(meaning, &found.columns[*column]));
                }
            }
        }
        self.resolved = resolved;
        Ok(())
    }

    fn row(&mut self, line: u64, values: &[Option<&str>]) -> Result<(), Refusal> {
        // A total says nothing of how days and ids are written.
        if summary::is_named_total(values) {
            return Ok(());
        }
        for (place, evidence) in self.places.iter().zip(&mut self.evidence) {
            if let Some(value) = values.get(place.column).copied().flatten() {
                evidence.see(line, value);
            }
        }
        Ok(())
    }

    fn bad(&mut self, _: u64, _: &str, _: &str) -> Result<(), Refusal> {
        Ok(())
    }
}

/// `Parameters:TimeZone=Europe/Berlin`, as Google's own template has it.
fn zone_above(line: &str) -> Option<Tz> {
    let (_, zone) = line.split_once("TimeZone=")?;
    let zone: String = zone.chars().take_while(|c| !matches!(c, ';' | ',' | '\t' | '"')).collect();
    zone.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_of_googles_template_is_read_from_above_the_header() {
        assert_eq!(zone_above("Parameters:TimeZone=America/New_York;"), Some(Tz::America__New_York));
        assert_eq!(zone_above("Parameters:TimeZone=+0100"), None);
        assert_eq!(zone_above("Title"), None);
    }
}
