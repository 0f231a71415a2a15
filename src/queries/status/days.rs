//! Days that are expected of a source's streams: which are there, and what is wrong with the others.

use crate::connectors::kept::NotKept;
use crate::domain::coverage::{Standing, what_stays};
use crate::domain::period::Period;
use crate::report::readiness::SectionFreshness;
use chrono::{Days, NaiveDate};
use std::fmt;

/// How the days of a connection's streams stand.
#[derive(Debug, Default)]
pub(super) struct ExpectedDays {
    pub has_days: bool,
    /// The last day that every stream and part has whole.
    pub through: Option<NaiveDate>,
    is_unread: bool,
    /// Whether a stream or part ends before the day before the one that is due.
    pub is_behind: bool,
    /// Those before the last one that is due.
    pub missing: u64,
    pub doubted: u64,
    pub limits: u64,
    pub notes: Vec<String>,
    /// Days that are wanted, not held, and not to be had any more, in sentences.
    pub not_kept: Vec<String>,
    /// What is doubted, and how to accept it.
    pub first_doubt: Option<(String, String)>,
}

impl ExpectedDays {
    /// Notes days of a stream that the vendor has no longer.
    pub fn lacks_for_good(&mut self, stream: &str, gone: NotKept) {
        let told = format!("{}: {gone}", stream.replace('_', " "));
        // Once for all its parts.
        if !self.not_kept.contains(&told) {
            self.not_kept.push(told);
        }
    }

    /// Adds a part whose days are due through one: yesterday, or earlier where the vendor completes days later.
    pub fn add(
        &mut self,
        workspace: &str,
        connection: &str,
        stream: &str,
        part: &SectionFreshness,
        (lately, due): (NaiveDate, NaiveDate),
    ) {
        let through = part.whole_through();
        self.is_unread |= through.is_none();
        self.is_behind |= through.is_none_or(|day| day < due - Days::new(1));
        self.through = match (self.has_days, self.is_unread) {
            (_, true) => None,
            (false, false) => through,
            (true, false) => self.through.min(through),
        };
        self.has_days = true;
        let name = if part.name.is_empty() { String::new() } else { format!(" {}", part.name) };
        let place = format!("{}{name}", stream.replace('_', " "));
        // The last one may still be on its way.
        for hole in part.holes(Period { start: part.from, end: due + Days::new(1) }) {
            let (from, to) = (hole.period.start, hole.period.last_day());
            let slice = SliceName { workspace, connection, stream, partition: &part.name, period: hole.period };
            match &hole.why {
                Some((Standing::Doubted | Standing::Accepting, reason)) => {
                    self.doubted += hole.period.days().unsigned_abs();
                    let told = format!("{place} {} is doubted: {reason}{}", hole.period, what_stays(reason));
                    let remedy =
                        format!("asked for again by each sync; if it is right: daybook sources accept {slice}");
                    self.first_doubt.get_or_insert((told.clone(), remedy));
                    self.notes.push(format!("{told}; accept: daybook sources accept {slice}"));
                }
                why => {
                    let reason = why.as_ref().map_or(String::new(), |(_, reason)| format!(": {reason}"));
                    self.missing += hole.period.dates().filter(|date| *date < due).count() as u64;
                    // A past that is refused while the present is open may be older than the vendor keeps.
                    let is_refused = matches!(why, Some((Standing::Refused, _)));
                    let since = match is_refused && from == part.from && through.is_some_and(|through| through > to) {
                        true => format!("; if the source keeps no older days, set since = {}", hole.period.end),
                        false => String::new(),
                    };
                    if from < due {
                        self.notes.push(format!("{place} {} is missing{reason}{since}", hole.period));
                    }
                }
            }
        }
        for (run, standing, reason) in &part.open {
            if *standing == Standing::Unconfirmed {
                self.doubted += run.days().unsigned_abs();
                let slice = SliceName { workspace, connection, stream, partition: &part.name, period: *run };
                self.notes
                    .push(format!("{place} {run} is not confirmed: {reason}; accept: daybook sources accept {slice}"));
            }
        }
        for (run, caveat) in part.caveats.iter().filter(|(run, _)| run.end > lately) {
            self.limits += 1;
            self.notes.push(format!("{place} {run}: {caveat}"));
        }
    }
}

/// Names days of a stream's partition, as `daybook sources accept` takes them.
#[derive(Clone, Copy, Debug)]
pub struct SliceName<'a> {
    pub workspace: &'a str,
    pub connection: &'a str,
    pub stream: &'a str,
    /// Empty if the stream has none.
    pub partition: &'a str,
    pub period: Period,
}

impl fmt::Display for SliceName<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workspace, connection, stream, partition, period } = self;
        let partition = if partition.is_empty() { String::new() } else { format!("{partition}/") };
        write!(out, "{workspace}/{connection}/{stream}/{partition}{}..{}", period.start, period.last_day())
    }
}
