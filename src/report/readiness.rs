//! Whether a report may be issued: a pure decision over what its sources cover, with its reason.

use crate::domain::coverage::Standing;
use crate::domain::period::Period;
use crate::report::format::Locale;
use chrono::{DateTime, Days, NaiveDate, Utc};
use std::collections::BTreeSet;
use std::fmt;

/// What a job wants done when data is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatePolicy {
    /// Wait until the deadline, then send with the gaps named on top.
    Hold,
    /// Send at once and name the gaps on top.
    SendWithBanner,
    /// Send at once without what lacks data.
    DropSection,
}

/// What is held of one source: a stream of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFreshness {
    /// Connection and stream, e.g. `google_ads/ad_daily`.
    pub source: String,
    /// e.g. `Google Ads: cost by campaign`.
    pub label: String,
    /// The fact it fills, e.g. `ad_daily`.
    pub fact: String,
    /// Every part that is expected, e.g. each account, whether it was ever read or not.
    pub parts: Vec<SectionFreshness>,
    pub last_success_at: Option<DateTime<Utc>>,
    pub settles_after_days: u32,
    pub expected: Expected,
}

/// What can be expected of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A vendor is asked for every day: a report waits for it.
    EveryDay,
    /// A vendor has a day as a whole only some days after its end: up to this day one is waited for, and later ones are
    /// named.
    DaysThrough(NaiveDate),
    /// Files come when somebody drops them: a day that they do not reach is named, and holds no report.
    /// They may say nothing of a day for want of events, so the last day is that of the newest file then.
    Files {
        /// The last day that a row speaks of.
        through: NaiveDate,
    },
}

/// What is held of one part of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SectionFreshness {
    /// Empty if the source has no parts.
    pub name: String,
    /// The first day that is expected.
    pub from: NaiveDate,
    /// Runs of whole days, in order, in the account's zone.
    pub whole: Vec<Period>,
    /// Runs of days that stand otherwise than read, in order, with the reason.
    pub open: Vec<(Period, Standing, String)>,
    /// What the source says of its own answers, by runs of days.
    pub caveats: Vec<(Period, String)>,
}

/// Days in a row that are expected of a part and not there as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// Empty if the source has no parts.
    pub part: String,
    pub period: Period,
    /// How the days stand and why, where that is known.
    pub why: Option<(Standing, String)>,
}

impl SectionFreshness {
    /// The expected days of `period` that are not whole.
    pub fn holes(&self, period: Period) -> Vec<Hole> {
        let mut holes: Vec<Hole> = Vec::new();
        let Some(expected) = Period::new(period.start.max(self.from), period.end) else { return holes };
        let is_whole = |date| self.whole.iter().any(|run| run.contains(date));
        for date in expected.dates().filter(|date| !is_whole(*date)) {
            let why = self.open.iter().find(|(run, ..)| run.contains(date));
            let why = why.map(|(_, standing, reason)| (*standing, reason.clone()));
            match holes.last_mut() {
                Some(last) if last.period.end == date && last.why == why => last.period.end = date + Days::new(1),
                _ => holes.push(Hole { part: self.name.clone(), period: Period::day(date), why }),
            }
        }
        holes
    }

    /// The newest whole day.
    pub fn whole_through(&self) -> Option<NaiveDate> {
        self.whole.last().map(Period::last_day)
    }
}

impl SourceFreshness {
    /// Whether every expected day of `period` is there as a whole.
    pub fn covers(&self, period: Period) -> bool {
        !self.parts.is_empty() && self.parts.iter().all(|part| part.holes(period).is_empty())
    }

    /// Whether all that a period lacks comes later with this vendor.
    pub fn is_not_due(&self, period: Period) -> bool {
        matches!(self.expected, Expected::DaysThrough(_)) && !self.covers(period) && !self.is_late(period)
    }

    /// The holes of all parts.
    pub fn holes(&self, period: Period) -> Vec<Hole> {
        self.parts.iter().flat_map(|part| part.holes(period)).collect()
    }

    /// Whether a report waits for what it lacks of a period.
    pub fn is_late(&self, period: Period) -> bool {
        match self.expected {
            Expected::EveryDay => !self.covers(period),
            Expected::DaysThrough(last) => {
                let end = last.succ_opt().unwrap_or(last);
                Period::new(period.start, period.end.min(end)).is_some_and(|due| !self.covers(due))
            }
            Expected::Files { .. } => false,
        }
    }

    /// The last day that every part has whole; `None` where one was never read.
    pub fn whole_through(&self) -> Option<NaiveDate> {
        if let Expected::Files { through } = self.expected {
            return Some(through);
        }
        self.parts.iter().map(SectionFreshness::whole_through).min().flatten()
    }

    /// What limits the figures of a period though its days are there: the source's own words, and days
    /// that are held and not confirmed. Each once.
    pub fn limits(&self, period: Period) -> Vec<String> {
        let mut limits = Vec::new();
        for part in &self.parts {
            let of =
                if part.name.is_empty() || self.parts.len() == 1 { String::new() } else { format!("{}: ", part.name) };
            let caveats =
                part.caveats.iter().filter(|(run, _)| overlap(*run, period)).map(|(_, caveat)| caveat.clone());
            let unsure =
                part.open.iter().filter(|(run, ..)| overlap(*run, period)).filter_map(|(run, standing, reason)| {
                    let days = Locale::STANDARD.days_text(*run);
                    match standing {
                        Standing::Unconfirmed => Some(format!("{days} not confirmed: {reason}")),
                        Standing::Accepted => Some(format!("{days} accepted without an answer: {reason}")),
                        _ => None,
                    }
                });
            for limit in caveats.chain(unsure).map(|limit| format!("{of}{limit}")) {
                if !limits.contains(&limit) {
                    limits.push(limit);
                }
            }
        }
        limits
    }

    /// What a period lacks of dropped files: the days before the first and after the last that they speak of.
    fn lack_of_files(&self, period: Period, through: NaiveDate, locale: Locale) -> Option<String> {
        let first = self.parts.iter().filter_map(|part| part.whole.first()).map(|run| run.start).min()?;
        let missing = self.holes(period).iter().map(|hole| hole.period.days()).sum::<i64>();
        let of = format!("{missing} of {} days are missing", period.days());
        match (period.start < first, missing > 0) {
            (_, false) => None,
            (true, _) if through < period.start || first >= period.end => {
                Some(format!("{}: its rows begin on {}", self.label, locale.date_text(first)))
            }
            (true, _) => Some(format!("{}: its rows begin on {}, {of}", self.label, locale.date_text(first))),
            (false, _) => Some(format!("{}: its last row is of {}, {of}", self.label, locale.date_text(through))),
        }
    }

    /// What a period lacks, in words, or `None` where it lacks nothing.
    pub fn lack_text(&self, period: Period, locale: Locale) -> Option<String> {
        let holes = self.holes(period);
        if let Expected::Files { through } = self.expected {
            return self.lack_of_files(period, through, locale);
        }
        if self.parts.is_empty() {
            return Some(format!("{} has not been read yet", self.label));
        }
        let last = holes.last()?;
        // Everything ends on the same day, and nobody says why.
        let is_late = holes
            .iter()
            .all(|hole| hole.why.is_none() && hole.period.end >= period.end && hole.period.start == last.period.start);
        if is_late && holes.len() == self.parts.len() {
            return Some(match self.whole_through() {
                Some(through) => format!("{} reaches only to {}", self.label, locale.date_text(through)),
                None => format!("{} has not been read yet", self.label),
            });
        }
        let told = holes.iter().take(MOST_HOLES).map(|hole| {
            let part = self.parts.iter().find(|part| part.name == hole.part);
            let was_read = part.is_some_and(|part| !part.whole.is_empty());
            let name = if hole.part.is_empty() { String::new() } else { format!("{} ", hole.part) };
            let days = locale.days_text(hole.period);
            match &hole.why {
                None if !was_read => format!("{name}has not been read yet"),
                None => format!("{name}lacks {days}"),
                Some((Standing::Doubted | Standing::Accepting, reason)) => {
                    format!("{name}{days} is doubted ({reason})")
                }
                Some((_, reason)) => format!("{name}lacks {days} ({reason})"),
            }
        });
        let more = holes.len().saturating_sub(MOST_HOLES);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        Some(format!("{}: {}{more}", self.label, told.collect::<Vec<_>>().join(", ")))
    }
}

/// At most so many holes of a source are named one by one.
const MOST_HOLES: usize = 6;

fn overlap(one: Period, other: Period) -> bool {
    one.start < other.end && other.start < one.end
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub policy: LatePolicy,
    /// When a held report goes out nevertheless.
    pub deadline: DateTime<Utc>,
    pub now: DateTime<Utc>,
    pub period: Period,
    pub sources: &'a [SourceFreshness],
    /// Claims about the data that do not hold, in words.
    pub broken: &'a [String],
    /// A person asks for the report in spite of gaps.
    pub is_insisted_on: bool,
}

/// What becomes of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub action: Action,
    pub reason: Reason,
    /// What late sources lack, in words.
    pub late: Vec<String>,
    /// Claims about the data that do not hold, in words.
    pub broken: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Build and send it; gaps, if there are any, are named on top.
    Issue,
    /// Build and send it without what rests on these facts.
    IssueWithout { facts: BTreeSet<String> },
    /// Wait; ask again when data has come, or at this instant at the latest.
    Hold { until: DateTime<Utc> },
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Every source covers the period.
    Complete,
    /// Data is late or wrong and the deadline has not come.
    WaitingForData,
    /// Data is late and the deadline has passed.
    DeadlinePassed,
    /// Data is late and the job says to send with a banner.
    GapsAreNamed,
    /// Data is late and the job says to leave out what lacks it.
    SectionsAreDropped,
    /// Data is late and a person asked for the report nevertheless.
    AskedForNevertheless,
}

/// Decides.
pub fn decide(question: &Question<'_>) -> Decision {
    let late: Vec<&SourceFreshness> =
        question.sources.iter().filter(|source| source.is_late(question.period)).collect();
    let is_past = question.now >= question.deadline;
    let (action, reason) = match question.policy {
        _ if late.is_empty() && question.broken.is_empty() => (Action::Issue, Reason::Complete),
        // A section that lacks data can be left out; one whose data is wrong is named.
        LatePolicy::DropSection if !late.is_empty() => {
            let facts = late.iter().map(|source| source.fact.clone()).collect();
            (Action::IssueWithout { facts }, Reason::SectionsAreDropped)
        }
        _ if question.is_insisted_on => (Action::Issue, Reason::AskedForNevertheless),
        LatePolicy::SendWithBanner | LatePolicy::DropSection => (Action::Issue, Reason::GapsAreNamed),
        LatePolicy::Hold if is_past => (Action::Issue, Reason::DeadlinePassed),
        LatePolicy::Hold => (Action::Hold { until: question.deadline }, Reason::WaitingForData),
    };
    let late = late.into_iter().filter_map(|source| source.lack_text(question.period, Locale::STANDARD)).collect();
    Decision { action, reason, late, broken: question.broken.to_vec() }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Complete => "every source covers the period",
            Self::WaitingForData => "data is late or wrong and the deadline has not come",
            Self::DeadlinePassed => "data is late or wrong and the deadline has passed",
            Self::GapsAreNamed => "data is late; the job sends at once and names the gaps",
            Self::SectionsAreDropped => "data is late; the job leaves out what lacks it",
            Self::AskedForNevertheless => "data is late; the report was asked for nevertheless",
        })
    }
}

impl Decision {
    /// What is late, in words: `Google Ads: campaigns reaches only to Wed 18 Nov 2026`.
    pub fn late_text(&self) -> String {
        let words = self.late.iter().cloned();
        words
            .chain(self.broken.iter().map(|claim| claim.trim_end_matches('.').to_owned()))
            .collect::<Vec<_>>()
            .join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, TimeZone};

    fn date(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).expect("a day")
    }

    fn source(fact: &str, through: Option<NaiveDate>) -> SourceFreshness {
        SourceFreshness {
            source: format!("vendor/{fact}"),
            label: format!("Vendor: {fact}"),
            fact: fact.to_owned(),
            parts: vec![SectionFreshness {
                whole: through.map(until).into_iter().collect(),
                ..SectionFreshness::default()
            }],
            last_success_at: None,
            settles_after_days: 0,
            expected: Expected::EveryDay,
        }
    }

    fn until(through: NaiveDate) -> Period {
        Period { start: date(1), end: through + Days::new(1) }
    }

    /// Asked an hour before the deadline about 20 November.
    fn ask(policy: LatePolicy, sources: &[SourceFreshness], after: TimeDelta, is_insisted_on: bool) -> Decision {
        let deadline = Utc.with_ymd_and_hms(2026, 11, 21, 10, 0, 0).single().expect("an instant");
        let now = deadline + after;
        decide(&Question { policy, deadline, now, period: Period::day(date(20)), sources, broken: &[], is_insisted_on })
    }

    const BEFORE: TimeDelta = TimeDelta::hours(-1);

    #[test]
    fn days_that_a_vendor_completes_later_are_waited_for_only_once_they_are_due() {
        let lagging = |through: u32, due: u32| SourceFreshness {
            expected: Expected::DaysThrough(date(due)),
            ..source("search_daily", Some(date(through)))
        };
        let yesterday = Period::day(date(19));
        assert!(source("ad_daily", Some(date(16))).is_late(yesterday));
        assert!(!lagging(16, 16).is_late(yesterday), "not due yet, and named");
        assert!(!lagging(16, 16).covers(yesterday) && lagging(16, 16).lack_text(yesterday, Locale::STANDARD).is_some());
        let week = Period { start: date(13), end: date(20) };
        assert!(!lagging(16, 16).is_late(week) && lagging(16, 16).is_not_due(week));
        assert!(lagging(15, 16).is_late(week), "the 16th is due");
    }

    #[test]
    fn a_report_whose_sources_cover_its_days_is_issued_under_every_policy() {
        let sources = [source("payment", Some(date(20))), source("ad_daily", Some(date(21)))];
        for policy in [LatePolicy::Hold, LatePolicy::SendWithBanner, LatePolicy::DropSection] {
            let decision = ask(policy, &sources, BEFORE, false);
            assert_eq!((decision.action, decision.reason), (Action::Issue, Reason::Complete));
        }
    }

    #[test]
    fn a_held_report_waits_until_its_deadline_and_not_a_second_longer() {
        let sources = [source("payment", Some(date(20))), source("ad_daily", Some(date(18)))];
        let decision = ask(LatePolicy::Hold, &sources, BEFORE, false);
        assert!(matches!(decision.action, Action::Hold { .. }), "{decision:?}");
        assert_eq!(decision.late_text(), "Vendor: ad_daily reaches only to Wed 18 Nov 2026");
        assert_eq!(ask(LatePolicy::Hold, &sources, TimeDelta::seconds(-1), false).reason, Reason::WaitingForData);
        let decision = ask(LatePolicy::Hold, &sources, TimeDelta::zero(), false);
        assert_eq!((decision.action, decision.reason), (Action::Issue, Reason::DeadlinePassed));
    }

    #[test]
    fn a_banner_goes_out_at_once_and_a_dropped_section_names_its_facts() {
        let sources = [source("contact_stage", None), source("payment", Some(date(20)))];
        let decision = ask(LatePolicy::SendWithBanner, &sources, BEFORE, false);
        assert_eq!((decision.action, decision.reason), (Action::Issue, Reason::GapsAreNamed));
        let decision = ask(LatePolicy::DropSection, &sources, BEFORE, false);
        let facts = BTreeSet::from(["contact_stage".to_owned()]);
        assert_eq!((decision.action, decision.reason), (Action::IssueWithout { facts }, Reason::SectionsAreDropped));
    }

    #[test]
    fn a_claim_that_does_not_hold_holds_the_report_like_late_data() {
        let sources = [source("payment", Some(date(20)))];
        let deadline = Utc.with_ymd_and_hms(2026, 11, 21, 10, 0, 0).single().expect("an instant");
        let broken = ["A check found a fault.".to_owned()];
        let ask = |policy, now| {
            let period = Period::day(date(20));
            let question =
                Question { policy, deadline, now, period, sources: &sources, broken: &broken, is_insisted_on: false };
            decide(&question)
        };
        let held = ask(LatePolicy::Hold, deadline + BEFORE);
        assert!(matches!(held.action, Action::Hold { .. }), "{held:?}");
        assert_eq!(held.late_text(), "A check found a fault");
        assert_eq!(ask(LatePolicy::Hold, deadline).reason, Reason::DeadlinePassed);
        assert_eq!(ask(LatePolicy::DropSection, deadline + BEFORE).action, Action::Issue, "there is nothing to drop");
    }

    #[test]
    fn a_person_may_have_a_held_report_at_once() {
        let sources = [source("payment", None)];
        let decision = ask(LatePolicy::Hold, &sources, BEFORE, true);
        assert_eq!((decision.action, decision.reason), (Action::Issue, Reason::AskedForNevertheless));
    }
}
