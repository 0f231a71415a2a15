//! A file that is read: its text, by which lines are counted, and where its problems go.

use super::problems::Problem;
use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;

/// Collects the problems of all files.
#[derive(Debug, Default)]
pub struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    /// Notes a problem.
    pub fn add(&self, file: &Path, line: Option<usize>, message: &str, remedy: &str) {
        self.0.borrow_mut().push(Problem::new(file, line, message, remedy));
    }

    /// How many there are so far.
    pub fn count(&self) -> usize {
        self.0.borrow().len()
    }

    /// All of them by file and line, without repeats.
    pub fn into_sorted(self) -> Vec<Problem> {
        let mut problems = self.0.into_inner();
        problems.sort();
        problems.dedup();
        problems
    }
}

/// A value and the line it was written on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    pub value: T,
    pub line: usize,
}

/// What a file's lines are counted by.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    pub file: &'a Path,
    pub text: &'a str,
    pub problems: &'a Problems,
}

impl Source<'_> {
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.as_bytes().get(..span.start).unwrap_or(self.text.as_bytes());
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    }

    /// Notes a problem of this file.
    pub fn problem(&self, line: usize, message: &str, remedy: &str) {
        self.problems.add(self.file, Some(line), message, remedy);
    }
}
