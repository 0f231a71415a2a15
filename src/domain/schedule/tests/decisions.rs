//! Retries, budgets, limits, overlap, catching up, waiting for others, circuits and crashes.

use super::{Bench, ME, at, job};
use crate::domain::schedule::decide::{Decision, DecisionReason};
use crate::domain::schedule::jitter::jitter;
use crate::domain::schedule::planner::Planner;
use crate::domain::schedule::policy::{CatchUp, CircuitPolicy, Overlap, Policy, RetryPolicy};
use crate::domain::schedule::slot::{Outcome, Pair, SlotState};
use chrono::TimeDelta;
use chrono_tz::Tz;

fn hourly(policy: Policy) -> Bench {
    Bench::open(vec![job("sync", "0 * * * *", Tz::UTC, policy)], "2026-11-20T07:30")
}

#[test]
fn a_slot_runs_once_at_its_time() {
    let mut bench = hourly(Policy::default());
    assert_eq!(bench.tick("2026-11-20T07:59"), []);
    let done = bench.run("2026-11-20T08:00", Outcome::Succeeded);
    assert_eq!((done.state, done.attempts), (SlotState::Succeeded, 1));
    assert_eq!(bench.tick("2026-11-20T08:01"), []);
    assert_eq!(bench.states(), [("20 08:00".to_owned(), "succeeded", "done")]);
}

#[test]
fn a_failure_is_tried_again_later_each_time_and_not_for_ever() {
    let mut bench = hourly(Policy::default());
    let first = bench.run("2026-11-20T08:00", Outcome::Failed);
    let wait = first.not_before.expect("a wait") - at("2026-11-20T08:00");
    assert!(TimeDelta::seconds(30) <= wait && wait <= TimeDelta::seconds(60), "{wait}");
    assert_eq!(bench.tick("2026-11-20T08:00"), [], "it waits first");
    let second = bench.run("2026-11-20T08:01", Outcome::TimedOut);
    let longer = second.not_before.expect("a wait") - at("2026-11-20T08:01");
    assert!(longer > wait, "{longer} after {wait}");
    bench.run("2026-11-20T08:10", Outcome::Failed);
    let last = bench.run("2026-11-20T08:20", Outcome::Failed);
    assert_eq!((last.state, last.reason.as_str(), last.attempts), (SlotState::Failed, "attempts_spent", 4));
    assert_eq!(bench.tick("2026-11-20T08:59"), []);
}

#[test]
fn no_attempt_begins_after_the_budget_is_spent() {
    let retries = RetryPolicy { attempts: 100, budget: TimeDelta::minutes(10), ..RetryPolicy::default() };
    let mut bench = hourly(Policy { retries, ..Policy::default() });
    bench.run("2026-11-20T08:00", Outcome::Failed);
    let late = bench.run("2026-11-20T08:09", Outcome::Failed);
    assert_eq!((late.state, late.reason.as_str()), (SlotState::Failed, "budget_spent"));
}

#[test]
fn what_only_a_person_can_mend_is_not_tried_again() {
    let mut bench = hourly(Policy::default());
    let ended = bench.run("2026-11-20T08:00", Outcome::Refused);
    assert_eq!((ended.state, ended.reason.as_str()), (SlotState::Failed, "needs_help"));
}

#[test]
fn an_attempt_that_was_asked_to_stop_is_not_counted() {
    let mut bench = hourly(Policy::default());
    let stopped = bench.run("2026-11-20T08:00", Outcome::Stopped);
    assert_eq!((stopped.state, stopped.attempts, stopped.not_before), (SlotState::Planned, 0, None));
    let done = bench.run("2026-11-20T08:05", Outcome::Succeeded);
    assert_eq!(done.attempts, 1);
}

#[test]
fn an_attempt_over_its_limit_is_named_and_can_be_tried_again() {
    let mut bench = hourly(Policy { timeout: TimeDelta::minutes(20), ..Policy::default() });
    let due = bench.tick("2026-11-20T08:00");
    bench.claim(&due[0], "2026-11-20T08:00");
    assert_eq!(bench.heart.overdue(at("2026-11-20T08:19")), []);
    assert_eq!(bench.heart.overdue(at("2026-11-20T08:20")), [due[0].key.clone()]);
    assert_eq!(bench.finish(&due[0], "2026-11-20T08:20", Outcome::TimedOut).state, SlotState::Planned);
}

#[test]
fn a_slot_that_comes_due_while_another_runs_is_skipped_or_queued_as_the_job_says() {
    for (overlap, expected) in [(Overlap::Skip, ("skipped", "overlapping")), (Overlap::Queue, ("planned", "due"))] {
        let mut bench = hourly(Policy { overlap, timeout: TimeDelta::hours(5), ..Policy::default() });
        let due = bench.tick("2026-11-20T08:00");
        bench.claim(&due[0], "2026-11-20T08:00");
        assert_eq!(bench.tick("2026-11-20T09:00"), [], "one at a time");
        assert_eq!(bench.states()[1], ("20 09:00".to_owned(), expected.0, expected.1));
        bench.finish(&due[0], "2026-11-20T09:10", Outcome::Succeeded);
        let after = bench.tick("2026-11-20T09:10");
        assert_eq!(after.len(), usize::from(overlap == Overlap::Queue));
    }
}

#[test]
fn missed_slots_are_caught_up_as_the_job_says() {
    let cases = [
        (CatchUp::None, vec!["missed", "missed", "missed", "missed"]),
        (CatchUp::Latest, vec!["superseded", "superseded", "superseded", "caught_up"]),
        (CatchUp::All { within: TimeDelta::minutes(150) }, vec!["too_old", "caught_up", "caught_up", "caught_up"]),
        (CatchUp::All { within: TimeDelta::hours(48) }, vec!["caught_up"; 4]),
    ];
    for (catch_up, expected) in cases {
        let mut bench = hourly(Policy { catch_up, ..Policy::default() });
        let runnable = bench.tick("2026-11-20T11:30").len();
        let reasons: Vec<&str> = bench.states().iter().map(|(_, _, reason)| *reason).collect();
        assert_eq!(reasons, expected, "{catch_up:?}");
        // Of several, the oldest begins; the others queue behind it.
        assert_eq!(runnable, usize::from(expected.contains(&"caught_up")));
    }
}

#[test]
fn a_busy_minute_is_no_outage() {
    let mut bench = hourly(Policy { catch_up: CatchUp::None, ..Policy::default() });
    assert_eq!(bench.tick("2026-11-20T08:05").len(), 1);
}

fn report_after(after: &[&str], coverage: &[&str]) -> Bench {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let policy = Policy {
        after: names(after),
        after_coverage: names(coverage),
        deadline: TimeDelta::hours(2),
        ..Policy::default()
    };
    let jobs = vec![
        job("report", "0 8 * * *", Tz::UTC, policy),
        job("rollup", "30 7 * * *", Tz::UTC, Policy { timeout: TimeDelta::hours(9), ..Policy::default() }),
    ];
    Bench::open(jobs, "2026-11-20T07:00")
}

fn report_decision(bench: &mut Bench, now: &str) -> Decision {
    let Ok(standing) = bench.heart.standing(&mut bench.books, at(now));
    standing.into_iter().find(|(slot, _)| slot.key.pair.job == "report").expect("the report's slot").1
}

#[test]
fn a_report_waits_for_the_rollup_before_it() {
    let mut bench = report_after(&["rollup"], &[]);
    let rollup = bench.tick("2026-11-20T07:30");
    bench.claim(&rollup[0], "2026-11-20T07:30");
    assert_eq!(bench.tick("2026-11-20T08:00"), []);
    assert!(matches!(
        report_decision(&mut bench, "2026-11-20T08:00"),
        Decision::Wait { why: DecisionReason::WaitsForJob, .. }
    ));
    bench.finish(&rollup[0], "2026-11-20T08:10", Outcome::Succeeded);
    let due = bench.tick("2026-11-20T08:10");
    assert_eq!(
        due.iter().map(|due| (due.key.pair.job.as_str(), due.why)).collect::<Vec<_>>(),
        [("report", DecisionReason::Due)]
    );
}

#[test]
fn a_report_waits_no_longer_than_its_deadline() {
    let mut bench = report_after(&["rollup"], &[]);
    let rollup = bench.tick("2026-11-20T07:30");
    bench.claim(&rollup[0], "2026-11-20T07:30");
    assert_eq!(bench.tick("2026-11-20T08:00"), []);
    assert_eq!(bench.tick("2026-11-20T09:59"), []);
    let due = bench.tick("2026-11-20T10:00");
    assert_eq!(due.iter().map(|due| due.why).collect::<Vec<_>>(), [DecisionReason::PastDeadline]);
}

#[test]
fn a_report_waits_until_yesterday_is_whole() {
    let mut bench = report_after(&[], &["ads"]);
    bench.run("2026-11-20T07:30", Outcome::Succeeded);
    let ads = ("acme".to_owned(), "ads".to_owned());
    bench.books.coverage.insert(ads.clone(), "2026-11-18".parse().expect("a day"));
    assert_eq!(bench.tick("2026-11-20T08:00"), []);
    bench.books.coverage.insert(ads, "2026-11-19".parse().expect("a day"));
    assert_eq!(bench.tick("2026-11-20T08:00").len(), 0, "it asks once a minute");
    assert_eq!(bench.tick("2026-11-20T08:01").len(), 1);
}

#[test]
fn nobody_waits_for_a_slot_that_never_was() {
    let mut bench = Bench::open(
        vec![
            job("report", "0 8 * * *", Tz::UTC, Policy { after: vec!["rollup".to_owned()], ..Policy::default() }),
            job("rollup", "30 7 * * *", Tz::UTC, Policy::default()),
        ],
        "2026-11-20T07:45",
    );
    assert_eq!(bench.tick("2026-11-20T08:00").len(), 1, "the rollup's slot was before Daybook's first start");
}

#[test]
fn an_open_circuit_is_probed_for_ever_and_closes_at_the_first_success() {
    let circuit = CircuitPolicy { failures: 3, probe_every: TimeDelta::minutes(30) };
    let retries = RetryPolicy { attempts: 1, ..RetryPolicy::default() };
    let mut bench = Bench::open(
        vec![job(
            "sync",
            "*/10 * * * *",
            Tz::UTC,
            Policy { circuit, retries, overlap: Overlap::Skip, ..Policy::default() },
        )],
        "2026-11-20T07:59",
    );
    for now in ["2026-11-20T08:00", "2026-11-20T08:10", "2026-11-20T08:20"] {
        bench.run(now, Outcome::Failed);
    }
    assert_eq!(bench.tick("2026-11-20T08:30"), []);
    let Ok(standing) = bench.heart.standing(&mut bench.books, at("2026-11-20T08:30"));
    assert!(matches!(standing[0].1, Decision::Wait { why: DecisionReason::CircuitOpen, .. }), "{standing:?}");
    assert_eq!(bench.tick("2026-11-20T08:40"), []);
    for day in 20..28 {
        let due = bench.tick(&format!("2026-11-{day}T08:50"));
        assert_eq!(due.iter().map(|due| due.why).collect::<Vec<_>>(), [DecisionReason::Probe], "day {day}");
        bench.claim(&due[0], &format!("2026-11-{day}T08:50"));
        bench.finish(&due[0], &format!("2026-11-{day}T08:50"), Outcome::Failed);
    }
    let mark = bench.heart.mark(&Pair::new("sync", "acme")).expect("a mark");
    assert_eq!(mark.failures.in_row, 11, "it stays visible");
    bench.run("2026-11-28T08:50", Outcome::Succeeded);
    assert_eq!(bench.heart.mark(&Pair::new("sync", "acme")).expect("a mark").failures.in_row, 0);
    bench.run("2026-11-28T09:00", Outcome::Succeeded);
}

#[test]
fn jitter_is_stable_bounded_and_different_for_each() {
    let most = TimeDelta::seconds(600);
    let all: Vec<TimeDelta> = (0..200).map(|index| jitter("sync", &format!("tenant_{index}"), most)).collect();
    assert_eq!(all, (0..200).map(|index| jitter("sync", &format!("tenant_{index}"), most)).collect::<Vec<_>>());
    assert!(all.iter().all(|delay| TimeDelta::zero() <= *delay && *delay <= most));
    let early = all.iter().filter(|delay| **delay < TimeDelta::seconds(300)).count();
    assert!((70..=130).contains(&early), "{early} of 200 in the first half");
    assert_eq!(jitter("sync", "acme", TimeDelta::zero()), TimeDelta::zero());
}

#[test]
fn a_slot_begins_after_its_jitter_and_keeps_its_instant() {
    let mut bench = hourly(Policy { jitter: TimeDelta::minutes(10), ..Policy::default() });
    let delay = jitter("sync", "acme", TimeDelta::minutes(10));
    let start = at("2026-11-20T08:00") + delay;
    let Ok(before) = bench.heart.tick(&mut bench.books, start - TimeDelta::seconds(1));
    assert_eq!(before, []);
    let Ok(due) = bench.heart.tick(&mut bench.books, start);
    assert_eq!(due.iter().map(|due| due.key.at).collect::<Vec<_>>(), [at("2026-11-20T08:00")]);
}

#[test]
fn what_a_crashed_process_was_at_is_taken_up_by_the_next() {
    let mut bench = hourly(Policy::default());
    let due = bench.tick("2026-11-20T08:00");
    bench.claim(&due[0], "2026-11-20T08:00");
    let mut books = bench.books.clone();
    let jobs: Vec<_> = bench.heart.jobs().cloned().collect();
    let Ok(mut heart) = Planner::open(jobs, &mut books, "the next", at("2026-11-20T08:02"));
    let Ok(reaped) = heart.reap(&mut books, "the next", at("2026-11-20T08:02"));
    assert_eq!(reaped.iter().map(|slot| (slot.state, slot.attempts)).collect::<Vec<_>>(), [(SlotState::Planned, 1)]);
    assert!(reaped[0].detail.contains(ME), "{}", reaped[0].detail);
    let mut bench = Bench { heart, books };
    let done = bench.run("2026-11-20T08:02", Outcome::Succeeded);
    assert_eq!((done.attempts, done.state), (2, SlotState::Succeeded));
    assert_eq!(
        bench.books.attempts.iter().map(|(_, n, outcome)| (*n, *outcome)).collect::<Vec<_>>(),
        [(1, Outcome::Lost), (2, Outcome::Succeeded)]
    );
}

#[test]
fn slots_of_a_job_that_was_removed_are_closed_with_that_reason() {
    let mut bench = hourly(Policy::default());
    bench.tick("2026-11-20T08:00");
    let Ok(_) = Planner::open(Vec::new(), &mut bench.books, ME, at("2026-11-20T08:01"));
    assert_eq!(bench.states(), [("20 08:00".to_owned(), "skipped", "gone")]);
}

#[test]
fn a_slot_at_work_ends_even_if_its_job_was_removed_meanwhile() {
    let mut bench = hourly(Policy::default());
    let due = bench.tick("2026-11-20T08:00");
    bench.claim(&due[0], "2026-11-20T08:00");
    let Ok(heart) = Planner::open(Vec::new(), &mut bench.books, ME, at("2026-11-20T08:01"));
    let mut bench = Bench { heart, books: bench.books };
    assert_eq!(bench.finish(&due[0], "2026-11-20T08:02", Outcome::Succeeded).state, SlotState::Succeeded);
}
