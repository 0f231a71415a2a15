//! Names that have to exist elsewhere in the configuration.

use super::reader::Section;
use super::source::At;
use super::values::quoted;
use crate::support::nearest::unknown_remedy;
use std::collections::BTreeSet;

/// Checks `name` against what exists elsewhere; `None` there means that could not be read.
pub fn check_known(
    section: &Section<'_>,
    name: &At<String>,
    known: Option<&BTreeSet<String>>,
    what: &str,
    place: &str,
) {
    let Some(known) = known else { return };
    if known.contains(&name.value) {
        return;
    }
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    let message = format!("{}: {place} has no {what} {}", section.name, quoted(&name.value));
    section.problem(
        name.line,
        message.trim_start_matches(": "),
        &unknown_remedy(&name.value, &names, &format!("{what}s")),
    );
}
