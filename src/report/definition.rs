//! What a report is made of: how often, which sections, against what, for which part of a workspace.

pub use crate::domain::comparison::{Cadence, Compare};
use crate::domain::fact::Dimension;
use crate::domain::period::Period;
use serde::{Deserialize, Serialize};

/// Ids of the reports with their cadence and title.
pub const REPORTS: [(&str, Cadence, &str); 4] = [
    ("daily_performance", Cadence::Daily, "Daily performance"),
    ("weekly_performance", Cadence::Weekly, "Weekly performance"),
    ("monthly_overview", Cadence::Monthly, "Monthly overview"),
    ("quarterly_overview", Cadence::Quarterly, "Quarterly overview"),
];

/// A section of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SectionKind {
    /// One that ships, by its id.
    Standard(&'static str),
    /// One of the edition's own, by its place.
    Metrics(usize),
}

/// A part of the workspace: all of it where both lists are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Filter {
    /// Ids of channels; all if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
    /// Names of campaigns, `*` standing for anything; all, and what has none, if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub campaigns: Vec<String>,
}

impl Filter {
    /// Whether it is the whole workspace.
    pub fn is_all(&self) -> bool {
        self.channels.is_empty() && self.campaigns.is_empty()
    }

    /// What is in both; `None` where that is nothing, or no filter can say it.
    pub fn and(&self, other: &Self) -> Option<Self> {
        let channels = match (self.channels.is_empty(), other.channels.is_empty()) {
            (true, _) => other.channels.clone(),
            (_, true) => self.channels.clone(),
            _ => {
                let both: Vec<String> =
                    self.channels.iter().filter(|channel| other.channels.contains(channel)).cloned().collect();
                if both.is_empty() {
                    return None;
                }
                both
            }
        };
        let campaigns = match (self.campaigns.is_empty(), other.campaigns.is_empty()) {
            (true, _) => other.campaigns.clone(),
            (_, true) => self.campaigns.clone(),
            _ if self.campaigns == other.campaigns => self.campaigns.clone(),
            _ => return None,
        };
        Some(Self { channels, campaigns })
    }
}

/// A section of metrics that the job names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricsSection {
    /// In CSV files and links; unique in the edition.
    pub id: String,
    pub title: String,
    pub metrics: Vec<String>,
    /// Beside the total.
    pub by: Option<GroupBy>,
    pub filter: Filter,
    pub chart: Option<MetricsChart>,
}

/// What the rows of a section of metrics are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    Channel,
    Campaign,
    Dimension(Dimension),
}

/// The chart of a section of metrics, of its first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsChart {
    /// Its course by day, week or month.
    Line,
    /// A bar for each row.
    Bars,
}

/// An edition of a report for some readers, with sections of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edition {
    /// Part of ids and file names; empty for the only one.
    pub id: String,
    /// Printed after the report's title; empty for none.
    pub title: String,
    pub parts: Vec<SectionKind>,
    /// Sections of metrics, which `parts` name by their place.
    pub own: Vec<MetricsSection>,
    /// Whether pages leave out freshness by stream, notes and receipts.
    pub is_brief: bool,
}

/// A part of a workspace: a report of its own for a region, client or channel group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Part of ids and file names; empty for the whole workspace.
    pub id: String,
    /// Printed after the report's title.
    pub title: String,
    pub filter: Filter,
}

/// One document to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// e.g. `daily_performance`.
    pub report: String,
    pub title: String,
    pub cadence: Cadence,
    pub compare: Vec<Compare>,
    pub edition: Edition,
    pub split: Split,
}

impl Definition {
    /// As printed: `Weekly performance · Executives · North`; what is not over says `month to date`.
    pub fn full_title(&self, period: Period) -> String {
        let to_date = match self.cadence {
            Cadence::Daily => None,
            cadence => (!cadence.is_whole(period)).then(|| format!("{} to date", cadence.noun())),
        };
        let more = [&self.edition.title, &self.split.title].into_iter().filter(|title| !title.is_empty()).cloned();
        std::iter::once(self.title.clone()).chain(to_date).chain(more).collect::<Vec<_>>().join(" · ")
    }

    /// Distinguishes editions and splits, e.g. `executives-north`; empty for the standard one.
    pub fn variant(&self) -> String {
        let parts = [self.edition.id.as_str(), self.split.id.as_str()];
        parts.into_iter().filter(|id| !id.is_empty()).collect::<Vec<_>>().join("-")
    }

    /// The name of the files of a period, without ending: `weekly-2026-11-15-executives`.
    pub fn file_stem(&self, period: Period) -> String {
        let when = match self.cadence {
            Cadence::Daily if period.days() > 1 => format!("{}-to-{}", period.start, period.last_day()),
            Cadence::Daily => period.start.to_string(),
            Cadence::Weekly if self.cadence.is_whole(period) => period.last_day().to_string(),
            Cadence::Monthly if self.cadence.is_whole(period) => period.start.format("%Y-%m").to_string(),
            // Quarters have names that a workspace's own year gives; months are the same for all.
            Cadence::Quarterly if self.cadence.is_whole(period) => {
                format!("{}-to-{}", period.start.format("%Y-%m"), period.last_day().format("%Y-%m"))
            }
            Cadence::Weekly | Cadence::Monthly | Cadence::Quarterly => format!("to-date-{}", period.last_day()),
        };
        let variant = self.variant();
        let gap = if variant.is_empty() { "" } else { "-" };
        format!("{}-{when}{gap}{variant}", self.cadence.adjective())
    }
}

impl Edition {
    /// Whether it holds a section that ships.
    pub fn has(&self, id: &str) -> bool {
        self.parts.iter().any(|part| matches!(part, SectionKind::Standard(own) if *own == id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn variants_have_files_of_their_own() {
        let mut definition = Definition {
            report: "monthly_overview".to_owned(),
            title: "Monthly overview".to_owned(),
            cadence: Cadence::Monthly,
            compare: Vec::new(),
            edition: Edition::default(),
            split: Split::default(),
        };
        let month = Period::month_of(date("2026-10-03"));
        assert_eq!(definition.file_stem(month), "monthly-2026-10");
        definition.edition = Edition { id: "board".to_owned(), title: "Board".to_owned(), ..Edition::default() };
        definition.split = Split { id: "north".to_owned(), title: "North".to_owned(), filter: Filter::default() };
        assert_eq!(definition.file_stem(month), "monthly-2026-10-board-north");
        assert_eq!(definition.full_title(month), "Monthly overview · Board · North");
        let so_far = Period { end: date("2026-10-25"), ..month };
        assert_eq!(definition.full_title(so_far), "Monthly overview · month to date · Board · North");
        assert_eq!(definition.file_stem(so_far), "monthly-to-date-2026-10-24-board-north");
    }
}
