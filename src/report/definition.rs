//! What a report is made of: how often, which sections, against what, for which part of a workspace.

use crate::domain::period::Period;
use chrono::{Days, Months, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

/// How long a report's period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cadence {
    Daily,
    Weekly,
    Monthly,
}

/// Ids of the reports with their cadence and title.
pub const REPORTS: [(&str, Cadence, &str); 3] = [
    ("daily_performance", Cadence::Daily, "Daily performance"),
    ("weekly_performance", Cadence::Weekly, "Weekly performance"),
    ("monthly_overview", Cadence::Monthly, "Monthly overview"),
];

/// What figures are set against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compare {
    /// The day, week or month before.
    Previous,
    /// The same weekday a week before; for daily reports.
    SameWeekday,
    /// The same days a year before: 52 weeks back, so that weekdays agree, or the month of last year.
    LastYear,
    /// The month's target, or the period's share of it.
    Target,
}

/// A part of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Headline,
    /// What earlier reports said that is another figure now.
    Restated,
    Trend,
    Goals,
    Channels,
    Roi,
    Campaigns,
    /// Campaigns that somebody planned, against their budget and targets.
    Plans,
    Budget,
    Funnel,
    Leads,
    Content,
    Benchmarks,
    Subscriptions,
    Hours,
}

/// Every part by the id that job files name.
pub const PARTS: [(&str, Part); 15] = [
    ("headline", Part::Headline),
    ("restated", Part::Restated),
    ("trend", Part::Trend),
    ("goals", Part::Goals),
    ("channels", Part::Channels),
    ("roi", Part::Roi),
    ("campaigns", Part::Campaigns),
    ("plans", Part::Plans),
    ("budget", Part::Budget),
    ("funnel", Part::Funnel),
    ("leads", Part::Leads),
    ("content", Part::Content),
    ("benchmarks", Part::Benchmarks),
    ("subscriptions", Part::Subscriptions),
    ("hours", Part::Hours),
];

/// A part of the workspace: all of it where both lists are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Within {
    /// Ids of channels; all if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
    /// Names of campaigns, `*` standing for anything; all, and what has none, if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub campaigns: Vec<String>,
}

impl Within {
    /// Whether it is the whole workspace.
    pub fn is_all(&self) -> bool {
        self.channels.is_empty() && self.campaigns.is_empty()
    }
}

/// An edition of a report for some readers, with sections of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edition {
    /// Part of ids and file names; empty for the only one.
    pub id: String,
    /// Printed after the report's title; empty for none.
    pub title: String,
    pub parts: Vec<Part>,
}

/// A row of parameters: a report of its own for a region, client or channel group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Part of ids and file names; empty for the whole workspace.
    pub id: String,
    /// Printed after the report's title.
    pub title: String,
    pub within: Within,
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
    pub row: Row,
}

impl Definition {
    /// The whole workspace with the default parts.
    pub fn standard(report: &str) -> Option<Self> {
        let (id, cadence, title) = REPORTS.into_iter().find(|(id, ..)| *id == report)?;
        Some(Self {
            report: id.to_owned(),
            title: title.to_owned(),
            cadence,
            compare: cadence.comparisons().to_vec(),
            edition: Edition { parts: cadence.parts().to_vec(), ..Edition::default() },
            row: Row::default(),
        })
    }

    /// As printed: `Weekly performance · Executives · North`.
    pub fn full_title(&self) -> String {
        let more = [&self.edition.title, &self.row.title].into_iter().filter(|title| !title.is_empty());
        std::iter::once(&self.title).chain(more).cloned().collect::<Vec<_>>().join(" · ")
    }

    /// Tells editions and rows apart, e.g. `executives-north`; empty for the standard one.
    pub fn variant(&self) -> String {
        let parts = [self.edition.id.as_str(), self.row.id.as_str()];
        parts.into_iter().filter(|id| !id.is_empty()).collect::<Vec<_>>().join("-")
    }

    /// The name of the files of a period, without ending: `weekly-2026-11-15-executives`.
    pub fn file_stem(&self, period: Period) -> String {
        let when = match self.cadence {
            Cadence::Daily | Cadence::Weekly => period.last_day().to_string(),
            Cadence::Monthly => period.start.format("%Y-%m").to_string(),
        };
        let variant = self.variant();
        let gap = if variant.is_empty() { "" } else { "-" };
        format!("{}-{when}{gap}{variant}", self.cadence.adjective())
    }
}

impl Cadence {
    /// The period that holds `date`; weeks begin on `first`.
    pub fn period_of(self, date: NaiveDate, first: Weekday) -> Period {
        match self {
            Self::Daily => Period::day(date),
            Self::Weekly => Period::week_of(date, first),
            Self::Monthly => Period::month_of(date),
        }
    }

    /// The last period that had ended when `today` began.
    pub fn last_whole(self, today: NaiveDate, first: Weekday) -> Period {
        let current = self.period_of(today, first);
        self.period_of(current.start - Days::new(1), first)
    }

    /// The period before.
    pub fn before(self, period: Period) -> Period {
        match self {
            Self::Daily => period.back(1),
            Self::Weekly => period.back(7),
            Self::Monthly => Period::month_of(period.start - Days::new(1)),
        }
    }

    /// The same period of last year.
    pub fn year_before(self, period: Period) -> Period {
        match self {
            Self::Daily | Self::Weekly => period.back(364),
            Self::Monthly => Period::month_of(period.start - Months::new(12)),
        }
    }

    /// `daily`, as files begin.
    pub fn adjective(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }

    /// `day`, `week` or `month`.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Daily => "day",
            Self::Weekly => "week",
            Self::Monthly => "month",
        }
    }

    /// What figures are set against where the job does not say.
    pub fn comparisons(self) -> &'static [Compare] {
        match self {
            Self::Daily => &[Compare::Previous, Compare::SameWeekday, Compare::Target],
            Self::Weekly | Self::Monthly => &[Compare::Previous, Compare::LastYear, Compare::Target],
        }
    }

    /// What a report holds where the job does not say.
    pub fn parts(self) -> &'static [Part] {
        use Part::*;
        match self {
            Self::Daily => &[Headline, Restated, Trend, Channels, Campaigns, Budget, Funnel, Content],
            Self::Weekly => &[
                Headline, Restated, Trend, Goals, Channels, Campaigns, Plans, Budget, Funnel, Leads, Content,
                Benchmarks, Hours,
            ],
            Self::Monthly => &[
                Headline,
                Restated,
                Trend,
                Goals,
                Roi,
                Channels,
                Plans,
                Campaigns,
                Budget,
                Subscriptions,
                Funnel,
                Leads,
                Content,
                Benchmarks,
                Hours,
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn the_last_whole_period_ended_before_today() {
        let of = |cadence: Cadence, today| cadence.last_whole(date(today), Weekday::Mon).to_string();
        assert_eq!(of(Cadence::Daily, "2026-11-20"), "2026-11-19");
        assert_eq!(of(Cadence::Weekly, "2026-11-16"), "2026-11-09 to 2026-11-15", "a Monday");
        assert_eq!(of(Cadence::Weekly, "2026-11-22"), "2026-11-09 to 2026-11-15", "a Sunday: its week is not over");
        assert_eq!(of(Cadence::Monthly, "2026-12-01"), "2026-11-01 to 2026-11-30");
        assert_eq!(of(Cadence::Monthly, "2026-11-30"), "2026-10-01 to 2026-10-31");
    }

    #[test]
    fn a_year_before_keeps_weekdays_or_the_month() {
        let week = Cadence::Weekly.period_of(date("2026-11-15"), Weekday::Mon);
        assert_eq!(Cadence::Weekly.year_before(week).to_string(), "2025-11-10 to 2025-11-16");
        let month = Cadence::Monthly.period_of(date("2028-02-29"), Weekday::Mon);
        assert_eq!(Cadence::Monthly.year_before(month).to_string(), "2027-02-01 to 2027-02-28");
        assert_eq!(Cadence::Monthly.before(month).to_string(), "2028-01-01 to 2028-01-31");
    }

    #[test]
    fn variants_have_files_of_their_own() {
        let mut definition = Definition::standard("monthly_overview").expect("a report");
        let month = Period::month_of(date("2026-10-03"));
        assert_eq!(definition.file_stem(month), "monthly-2026-10");
        definition.edition = Edition { id: "board".to_owned(), title: "Board".to_owned(), parts: Vec::new() };
        definition.row = Row { id: "north".to_owned(), title: "North".to_owned(), within: Within::default() };
        assert_eq!(definition.file_stem(month), "monthly-2026-10-board-north");
        assert_eq!(definition.full_title(), "Monthly overview · Board · North");
    }

    #[test]
    fn every_default_part_has_an_id() {
        for cadence in [Cadence::Daily, Cadence::Weekly, Cadence::Monthly] {
            assert!(cadence.parts().iter().all(|part| PARTS.iter().any(|(_, known)| known == part)));
        }
    }
}
