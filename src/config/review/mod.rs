//! What can be read but is hardly meant: files beside those that are read, accounts that count twice,
//! reports that go to nobody, rules that are never reached, amounts a hundred times too large.
//!
//! The readers refuse what cannot be understood, one file at a time. Here the finished settings are
//! looked at as a whole. What cannot be meant is an error; what may be meant is a warning.

mod accounts;
mod amounts;
mod cover;
mod cron;
mod currencies;
mod dates;
mod folders;
mod places;
mod recipients;
mod rights;
mod rollups;
mod rules;
mod schedules;
mod secret_values;
mod tags;
mod unread;
mod windows;

pub use currencies::{RATES, has_rates};
pub use rights::rights;
pub use secret_values::secrets;

use super::{Problem, Settings};
use chrono::{DateTime, Utc};
use places::{Places, Step};
use std::cell::RefCell;
use std::path::Path;

/// What was found, each list by file and line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// Cannot be meant.
    pub errors: Vec<Problem>,
    /// May be meant.
    pub warnings: Vec<Problem>,
}

/// What cannot be meant; the same at any time.
pub(super) fn errors(settings: &Settings) -> Vec<Problem> {
    let found = Findings::new(&settings.root);
    accounts::refuse(settings, &found);
    amounts::review(settings, &found);
    folders::refuse(settings, &found);
    recipients::refuse(settings, &found);
    rules::refuse(settings, &found);
    windows::refuse(settings, &found);
    found.sorted().errors
}

/// What may be meant at `now`, but should be looked at.
pub fn warnings(settings: &Settings, now: DateTime<Utc>) -> Vec<Problem> {
    let found = Findings::new(&settings.root);
    unread::review(settings, &found);
    accounts::review(settings, &found);
    amounts::review(settings, &found);
    cron::review(settings, &found);
    currencies::review(settings, &found);
    dates::review(settings, now, &found);
    recipients::review(settings, &found);
    rollups::review(settings, &found);
    rules::review(settings, &found);
    schedules::review(settings, now, &found);
    tags::review(settings, &found);
    found.sorted().warnings
}

/// Collects what is found; lines are looked up in the files.
struct Findings<'a> {
    places: Places<'a>,
    found: RefCell<Review>,
}

impl<'a> Findings<'a> {
    fn new(root: &'a Path) -> Self {
        Self { places: Places::new(root), found: RefCell::default() }
    }

    /// Notes what cannot be meant, at the line of `steps`.
    fn refuse(&self, file: &Path, steps: &[Step<'_>], message: &str, remedy: &str) {
        self.refuse_at(file, self.places.line(file, steps), message, remedy);
    }

    /// Notes what cannot be meant, at a line that is known.
    fn refuse_at(&self, file: &Path, line: Option<usize>, message: &str, remedy: &str) {
        self.found.borrow_mut().errors.push(Problem::new(file, line, message, remedy));
    }

    /// Notes what may be meant, at the line of `steps`.
    fn warn(&self, file: &Path, steps: &[Step<'_>], message: &str, remedy: &str) {
        self.warn_at(file, self.places.line(file, steps), message, remedy);
    }

    /// Notes what may be meant, at a line that is known.
    fn warn_at(&self, file: &Path, line: Option<usize>, message: &str, remedy: &str) {
        self.found.borrow_mut().warnings.push(Problem::new(file, line, message, remedy));
    }

    fn sorted(self) -> Review {
        let mut review = self.found.into_inner();
        for list in [&mut review.errors, &mut review.warnings] {
            list.sort();
            list.dedup();
        }
        review
    }
}
