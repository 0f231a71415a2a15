//! Files that replace the built-in templates.

use crate::config::Problem;
use crate::support::text_file;
use std::path::Path;

/// A fault of a template with the words it is about.
pub(super) fn said_better(root: &Path, problem: Problem) -> Problem {
    let text = text_file::text_or_nothing(&root.join(&problem.file));
    let line = problem.line.and_then(|line| text.lines().nth(line - 1)).unwrap_or_default().trim();
    let (message, remedy) = if problem.message.contains("undefined value") {
        let message = format!("{} is used here: {line}", problem.message);
        (
            message,
            "compare the names with those of the built-in template; a name that may be absent needs \"is defined\"",
        )
    } else if problem.message.contains("syntax error") {
        let message = format!("{} at: {line}", problem.message);
        (message, "close every {{ }} and {% %}; the one that is open may stand on a line before")
    } else {
        return problem;
    };
    Problem { message, remedy: remedy.to_owned(), ..problem }
}
