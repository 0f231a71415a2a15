//! "Complete" and "final" are promises: no report makes them about days that are not.

use super::*;
use crate::domain::coverage::Standing;
use crate::report::document::FreshnessState;
use crate::report::readiness::{Action, LatePolicy, Question, SectionFreshness, SourceFreshness, decide};
use proptest::prelude::*;

/// What became of a day of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Read,
    /// Read, and the source limits its answer.
    Limited,
    Unasked,
    Stands(Standing),
}

impl Fate {
    fn is_whole(self) -> bool {
        matches!(self, Self::Read | Self::Limited | Self::Stands(Standing::Unconfirmed | Standing::Accepted))
    }

    /// Whether its figures may be called final.
    fn is_sound(self) -> bool {
        self == Self::Read
    }
}

fn fate() -> impl Strategy<Value = Fate> {
    use Standing::{Accepted, Accepting, Doubted, Failed, Refused, Unconfirmed};
    let rare =
        [Failed, Refused, Doubted, Unconfirmed, Accepting, Accepted].map(|standing| Just(Fate::Stands(standing)));
    let [a, b, c, d, e, f] = rare;
    prop_oneof![40 => Just(Fate::Read), 1 => Just(Fate::Limited), 1 => Just(Fate::Unasked), 1 => a, 1 => b, 1 => c, 1 => d, 1 => e, 1 => f]
}

/// The parts of a source with the fates of their days from 1 November on.
fn source(fates: &[Vec<Fate>], settles_after_days: u32) -> SourceFreshness {
    let day = |place: usize| Period::day(date("2026-11-01") + chrono::Days::new(place as u64));
    let part = |(number, fates): (usize, &Vec<Fate>)| {
        let of = |wanted: &dyn Fn(Fate) -> bool| -> Vec<Period> {
            fates.iter().enumerate().filter(|(_, fate)| wanted(**fate)).map(|(place, _)| day(place)).collect()
        };
        SectionFreshness {
            name: format!("account {number}"),
            from: date("2026-11-01"),
            whole: of(&Fate::is_whole),
            open: fates
                .iter()
                .enumerate()
                .filter_map(|(place, fate)| match fate {
                    Fate::Stands(standing) => Some((day(place), *standing, "for a reason".to_owned())),
                    _ => None,
                })
                .collect(),
            caveats: of(&|fate| fate == Fate::Limited).into_iter().map(|day| (day, "sampled".to_owned())).collect(),
        }
    };
    SourceFreshness {
        source: "ads/ad_daily".to_owned(),
        label: "Ads: ad daily".to_owned(),
        fact: "ad_daily".to_owned(),
        parts: fates.iter().enumerate().map(part).collect(),
        last_success_at: None,
        settles_after_days,
        expected: crate::report::readiness::Expected::EveryDay,
    }
}

proptest! {
    #[test]
    fn no_report_says_complete_or_final_about_days_that_are_not(
        fates in prop::collection::vec(prop::collection::vec(fate(), 20), 0..4),
        first in 0usize..20, length in 1usize..10, settles in 0u32..40,
    ) {
        let last = (first + length).min(20);
        let start = date("2026-11-01") + chrono::Days::new(first as u64);
        let period = Period { start, end: date("2026-11-01") + chrono::Days::new(last as u64) };
        let inside = || fates.iter().flat_map(|fates| &fates[first..last]).copied();
        let is_whole = !fates.is_empty() && inside().all(Fate::is_whole);
        let is_sound = !fates.is_empty() && inside().all(Fate::is_sound);

        let mut readings = readings("daily_performance", SectionKind::Standard("headline"), period);
        readings.reach = vec![source(&fates, settles)];
        readings.data.spans.insert(period, Span { total: sums(&[("cost", dec!(10)), ("clicks", dec!(5))]), ..Span::default() });
        let (document, _) = build(&readings, &registry());
        let said = &document.freshness[0];
        prop_assert_eq!(matches!(said.state, FreshnessState::Complete | FreshnessState::Provisional), is_sound, "{:?}", said);
        prop_assert_eq!(said.state == FreshnessState::Late, !is_whole, "{:?}", said);
        prop_assert!(is_sound || !said.remark.contains("complete"), "{:?}", said);
        prop_assert!(!said.remark.contains("final") || said.state == FreshnessState::Complete);
        prop_assert_eq!(document.gaps.is_empty(), is_sound, "{:?}", document.gaps);
        prop_assert_eq!(document.is_late(), !is_whole, "{:?}", document.gaps);
        let completeness = &document.lead.as_ref().expect("a lead").complete;
        let says_complete = completeness.contains("complete") && !completeness.contains("not complete");
        prop_assert_eq!(says_complete, is_sound, "{}", completeness);
        for (path, figure) in document.figures() {
            let rests_on_it = path.ends_with("cost") || path.ends_with("clicks");
            let may_be_final = is_sound && (settles == 0 || period.last_day() + chrono::Days::new(u64::from(settles)) < date("2026-12-01"));
            prop_assert!(!rests_on_it || figure.value.is_none() || figure.provisional != may_be_final, "{path} {figure:?}");
        }

        let deadline = Utc.with_ymd_and_hms(2026, 12, 1, 12, 0, 0).single().expect("an instant");
        let decision = decide(&Question {
            policy: LatePolicy::Hold, deadline, now: deadline - chrono::TimeDelta::hours(1), period,
            sources: &readings.reach, broken: &[], is_insisted_on: false,
        });
        prop_assert_eq!(decision.action == Action::Issue, is_whole, "{:?}", decision);
        prop_assert_eq!(decision.late.is_empty(), is_whole, "{:?}", decision);
    }
}

#[test]
fn a_report_with_one_of_two_accounts_says_so_on_top_with_its_name() {
    // airbytehq/airbyte#12486, PostHog/posthog#78187
    let day = Period::day(date("2026-11-09"));
    let mut readings = readings("daily_performance", SectionKind::Standard("headline"), day);
    let mut reach = source(&[vec![Fate::Read; 20], vec![Fate::Stands(Standing::Refused); 20]], 0);
    reach.parts[1].open = vec![(november(), Standing::Refused, "no access to this account".to_owned())];
    readings.reach = vec![reach];
    let (document, _) = build(&readings, &registry());
    assert_eq!(
        document.gaps,
        [
            "Ads: ad daily: account 1 lacks Mon 9 Nov 2026 (no access to this account): figures of Mon 9 Nov 2026 that rest on it are incomplete."
        ]
    );
    assert_eq!(document.freshness[0].remark, "late: account 1 was never read");
}

/// Search Console completes a day within three: daily reports that print nothing of it were called incomplete every day.
#[test]
fn a_source_that_completes_days_later_is_a_gap_of_what_rests_on_it_alone() {
    let day = Period::day(date("2026-11-19"));
    let told = |fact: &str| {
        let mut readings = readings("daily_performance", SectionKind::Standard("headline"), day);
        let sums = Span { total: sums(&[("cost", dec!(10)), ("clicks", dec!(5))]), ..Span::default() };
        readings.data.spans.insert(day, sums);
        let mut search = source(&[vec![Fate::Read; 15]], 3);
        (search.label, search.fact) = ("Search: searches".to_owned(), fact.to_owned());
        search.expected = crate::report::readiness::Expected::DaysThrough(date("2026-11-15"));
        readings.reach = vec![source(&[vec![Fate::Read; 20]], 0), search];
        let (document, _) = build(&readings, &registry());
        let remark = document.freshness[1].remark.clone();
        (document.gaps, document.lead.expect("a lead").complete, remark)
    };
    let (gaps, complete, remark) = told("search_daily");
    assert_eq!(gaps, [""; 0]);
    assert!(complete.starts_with("Data is complete (Ads)"), "{complete}");
    assert_eq!(remark, "not complete yet: 1 day missing");

    let (gaps, complete, _) = told("ad_daily");
    assert_eq!(
        gaps,
        [
            "Search: searches reaches only to Sun 15 Nov 2026, for its days are complete later: figures of Thu 19 Nov 2026 that rest on it are not."
        ]
    );
    assert_eq!(complete, "Data is not complete yet: days of Search are complete later.");
}
