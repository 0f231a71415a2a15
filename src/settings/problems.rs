//! What is wrong with the configuration, where, and what to do about it: for a terminal and as JSON.

use crate::support::shown::fault;
use serde::{Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;
use std::path::{Path, PathBuf};

/// One mistake in one file. Texts never hold a secret's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Relative to the root folder.
    #[serde(serialize_with = "lossy")]
    pub file: PathBuf,
    /// Counts from 1; `None` where the file as a whole is meant.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl Problem {
    /// A problem whose texts are cleaned of control characters and cut to a readable length.
    pub fn new(file: &Path, line: Option<usize>, message: &str, remedy: &str) -> Self {
        Self { file: file.to_owned(), line, message: fault(message), remedy: fault(remedy) }
    }

    /// `file:line`, or the file alone.
    pub fn place(&self) -> String {
        let file = fault(&self.file.display().to_string());
        self.line.map_or(file.clone(), |line| format!("{file}:{line}"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place(), self.message)?;
        if self.remedy.is_empty() { Ok(()) } else { write!(out, " — {}", self.remedy) }
    }
}

impl std::error::Error for Problem {}

impl Ord for Problem {
    /// By file, then from top to bottom.
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.file, self.line, &self.message, &self.remedy).cmp(&(
            &other.file,
            other.line,
            &other.message,
            &other.remedy,
        ))
    }
}

impl PartialOrd for Problem {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The problems for a terminal `width` columns wide (80 suits most): the place on a line of its own,
/// then what is wrong and what to do, indented; a count at the end.
pub fn for_terminal(problems: &[Problem], width: usize) -> String {
    listed(problems, width, "problem")
}

/// The same for what may be meant.
pub fn warnings_for_terminal(warnings: &[Problem], width: usize) -> String {
    listed(warnings, width, "warning")
}

fn listed(problems: &[Problem], width: usize, noun: &str) -> String {
    let mut out = String::new();
    for problem in problems {
        out.push_str(&problem.place());
        out.push('\n');
        wrap(&mut out, "  ", "  ", &problem.message, width);
        if !problem.remedy.is_empty() {
            wrap(&mut out, "  → ", "    ", &problem.remedy, width);
        }
        out.push('\n');
    }
    let files: std::collections::BTreeSet<&PathBuf> = problems.iter().map(|problem| &problem.file).collect();
    out.push_str(&format!("{} in {}\n", counted(problems.len(), noun), counted(files.len(), "file")));
    out
}

fn lossy<S: Serializer>(file: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&file.to_string_lossy())
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn wrap(out: &mut String, first: &str, rest: &str, text: &str, width: usize) {
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let columns = unicode_width::UnicodeWidthStr::width(format!("{line} {word}").as_str());
        if !is_empty && columns > width {
            out.push_str(&line);
            out.push('\n');
            rest.clone_into(&mut line);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    out.push_str(&line);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(file: &str, line: Option<usize>, message: &str, remedy: &str) -> Problem {
        Problem::new(Path::new(file), line, message, remedy)
    }

    #[test]
    fn a_problem_reads_as_one_line() {
        let typo = problem("config/daybook.toml", Some(12), "unknown key \"prot\"", "did you mean \"port\"?");
        assert_eq!(typo.to_string(), "config/daybook.toml:12: unknown key \"prot\" — did you mean \"port\"?");
        assert_eq!(problem("jobs", None, "unreadable", "").to_string(), "jobs: unreadable");
    }

    #[test]
    fn the_terminal_gets_lines_no_wider_than_asked() {
        let long = "the channel \"paid_serach\" of this budget is not among those of config/channels.toml";
        let text = for_terminal(&[problem("a.toml", Some(3), long, "did you mean \"paid_search\"?")], 60);
        assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
        assert!(text.starts_with("a.toml:3\n  the channel"), "{text}");
        assert!(text.contains("\n  → did you mean"), "{text}");
        assert!(text.ends_with("\n1 problem in 1 file\n"), "{text}");
    }

    #[test]
    fn a_hostile_name_cannot_forge_a_line() {
        let forged = problem("a.toml", None, "unknown key \"x\n\u{1b}[32mall is well\u{202e}\"", "");
        assert!(!forged.to_string().chars().any(char::is_control), "{forged}");
        assert!(!forged.to_string().contains('\u{202e}'));
    }

    #[test]
    fn json_keeps_place_and_remedy_apart() {
        let json = serde_json::to_value([problem("a.toml", Some(3), "wrong", "right")]).expect("JSON");
        assert_eq!(json, serde_json::json!([{ "file": "a.toml", "line": 3, "message": "wrong", "remedy": "right" }]));
    }
}
