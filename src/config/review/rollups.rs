//! A query of the installation in place of what facts add together: what it does not have is zero in every report.

use super::Findings;
use crate::config::Settings;

pub(super) fn review(settings: &Settings, found: &Findings<'_>) {
    for file in settings.rollups.iter().filter(|file| file.name == "metric_daily") {
        let words: Vec<&str> = file.text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        let measures = settings.facts.measures().into_iter().map(|measure| measure.name);
        let missing: Vec<String> = measures.filter(|name| !words.contains(&name.as_str())).collect();
        if !missing.is_empty() {
            let message =
                format!("it stands for what facts add and lacks {}: they are 0 in every report", missing.join(", "));
            found.warn_at(
                &file.path,
                None,
                &message,
                "add them to its SELECT, or remove the file: facts add up by themselves",
            );
        }
    }
}
