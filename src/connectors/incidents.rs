//! `incidents.toml` beside a connector: known errors in the vendor's figures, by days. Reports tell them where their figures
//! rest on such days.

use super::fields;
use crate::domain::incident::Incident;
use crate::domain::period::Period;
use crate::settings::{Problem, Problems, Section, Source, read_toml};
use std::path::Path;

/// The file's name.
pub const FILE: &str = "incidents.toml";

/// Reads the text of the file, called `file` in what is reported.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(file: &Path, text: &str) -> Result<Vec<Incident>, Vec<Problem>> {
    let problems = Problems::default();
    let read = read_toml(Source { file, text, problems: &problems }, read_top);
    let problems = problems.into_sorted();
    read.filter(|_| problems.is_empty()).ok_or(problems)
}

/// Reads the top level.
pub fn read_top(mut section: Section<'_>) -> Vec<Incident> {
    section.about("Known errors in a vendor's figures.");
    let found = fields::tables(&mut section, "incidents", "A known error, with its days.", incident);
    section.finish();
    found.into_iter().flatten().collect()
}

fn incident(mut section: Section<'_>) -> Option<Incident> {
    let line = section.line;
    let first = fields::day(&mut section, "first_day", "\"2026-01-01\"", "The first day whose figures are wrong.");
    let last = fields::day(&mut section, "last_day", "\"2026-01-31\"", "The last one.");
    let measures = fields::required_texts(
        &mut section,
        "measures",
        "[\"impressions\"]",
        "Columns of the unified metrics that are wrong; `daybook tables` lists them.",
    );
    let note = fields::text(
        &mut section,
        "note",
        "\"impressions of January are too high\"",
        "For readers of the figures, one sentence that names the vendor and the days.",
    );
    let days = last.succ_opt().and_then(|end| Period::new(first, end));
    if days.is_none() {
        section.problem(line, "last_day comes before first_day", "write the days in their order");
    }
    section.finish();
    Some(Incident { days: days?, measures: measures.into_iter().collect(), note })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_has_its_days_in_order_and_says_what_is_wrong() {
        let text = "[[incidents]]\nfirst_day = \"2026-04-27\"\nlast_day = \"2026-04-20\"\nmeasures = [\"impressions\"]\nnote = \"n\"\n";
        let told = parse(Path::new("incidents.toml"), text).expect_err("days in no order");
        assert!(told.iter().any(|problem| problem.message.contains("before first_day")), "{told:?}");
        let sound = parse(Path::new("incidents.toml"), &text.replace("04-20", "04-27")).expect("one");
        assert_eq!(sound.first().map(|incident| incident.days.days()), Some(1));
        let typo = parse(Path::new("incidents.toml"), &format!("{text}nots = 1\n")).expect_err("a typo");
        assert!(typo.iter().any(|problem| problem.message.contains("nots")), "{typo:?}");
    }
}
