//! Whether a report may be issued: a pure decision over what its sources cover, with its reason.

use crate::domain::period::Period;
use crate::report::format::Wording;
use chrono::{DateTime, NaiveDate, Utc};
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

/// How far one source's data reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceReach {
    /// Connection and stream, e.g. `google_ads/ad_daily`.
    pub source: String,
    /// e.g. `Google Ads: campaigns`.
    pub label: String,
    /// The fact it fills, e.g. `ad_daily`.
    pub fact: String,
    /// The last day that is covered without a hole, in the workspace's zone.
    pub whole_through: Option<NaiveDate>,
    pub last_success_at: Option<DateTime<Utc>>,
    pub settles_after_days: u32,
}

impl SourceReach {
    /// Whether days up to `last` are covered.
    pub fn covers(&self, last: NaiveDate) -> bool {
        self.whole_through.is_some_and(|through| through >= last)
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub policy: LatePolicy,
    /// When a held report goes out nevertheless.
    pub deadline: DateTime<Utc>,
    pub now: DateTime<Utc>,
    pub period: Period,
    pub sources: &'a [SourceReach],
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
    /// Labels of late sources with the last day they cover.
    pub late: Vec<(String, Option<NaiveDate>)>,
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
    let last = question.period.last_day();
    let late: Vec<&SourceReach> = question.sources.iter().filter(|source| !source.covers(last)).collect();
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
    let late = late.into_iter().map(|source| (source.label.clone(), source.whole_through)).collect();
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
        let words = self.late.iter().map(|(label, through)| match through {
            Some(through) => format!("{label} reaches only to {}", Wording::STANDARD.date_text(*through)),
            None => format!("{label} has not been read yet"),
        });
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

    fn source(fact: &str, through: Option<NaiveDate>) -> SourceReach {
        SourceReach {
            source: format!("vendor/{fact}"),
            label: format!("Vendor: {fact}"),
            fact: fact.to_owned(),
            whole_through: through,
            last_success_at: None,
            settles_after_days: 0,
        }
    }

    /// Asked an hour before the deadline about 20 November.
    fn ask(policy: LatePolicy, sources: &[SourceReach], after: TimeDelta, is_insisted_on: bool) -> Decision {
        let deadline = Utc.with_ymd_and_hms(2026, 11, 21, 10, 0, 0).single().expect("an instant");
        let now = deadline + after;
        decide(&Question { policy, deadline, now, period: Period::day(date(20)), sources, broken: &[], is_insisted_on })
    }

    const BEFORE: TimeDelta = TimeDelta::hours(-1);

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
