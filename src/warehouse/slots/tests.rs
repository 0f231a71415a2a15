//! The ledger holds what the planner enters, across processes.

use super::*;
use crate::domain::schedule::{Expression, PlannedJob, Planner, Policy, Schedule};
use crate::warehouse::Warehouse;
use chrono_tz::Tz;
use std::collections::BTreeMap;

const ME: &str = "first process";

fn instant(text: &str) -> DateTime<Utc> {
    format!("{text}:00Z").parse().expect("an instant")
}

fn hourly() -> Vec<PlannedJob> {
    let schedule = Schedule { expression: Expression::parse("0 * * * *").expect("an expression"), zone: Tz::UTC };
    let pair = Pair::new("sync", "acme");
    vec![PlannedJob { pair, schedule, policy: Policy::default(), days_zone: Tz::UTC }]
}

fn open(warehouse: &Warehouse, me: &str, now: &str) -> (Planner, SlotLedger) {
    let mut ledger = SlotLedger::new(warehouse.clone(), BTreeMap::new());
    let heart = Planner::open(hourly(), &mut ledger, me, instant(now)).expect("opened");
    (heart, ledger)
}

#[test]
fn a_slot_and_its_runs_are_kept_with_outcome_and_reason() {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let (mut heart, mut ledger) = open(&warehouse, ME, "2026-11-20T07:30");
    for (now, outcome) in [("2026-11-20T08:00", Outcome::Failed), ("2026-11-20T08:02", Outcome::Succeeded)] {
        let due = heart.tick(&mut ledger, instant(now)).expect("a beat");
        assert_eq!(due.len(), 1, "at {now}");
        heart.claim(&mut ledger, &due[0], ME, instant(now)).expect("claimed").expect("a slot");
        let detail = if outcome == Outcome::Failed { "the vendor is down" } else { "12 rows" };
        heart.finish(&mut ledger, &due[0].key, outcome, detail, instant(now)).expect("finished").expect("a slot");
    }
    let slots = warehouse.read_blocking(|reader| list(reader, None, Some("acme"), 10)).expect("slots");
    let [slot] = slots.as_slice() else { panic!("{slots:?}") };
    assert_eq!(
        (slot.state, slot.attempts, slot.reason.as_str(), slot.detail.as_str()),
        (SlotState::Succeeded, 2, "done", "12 rows")
    );
    assert_eq!((slot.claimed_by.as_deref(), slot.ended_at), (None, Some(instant("2026-11-20T08:02"))));
    let found = warehouse.read_blocking(|reader| runs(reader, Some("sync"), None, 10)).expect("runs");
    let told: Vec<_> =
        found.iter().map(|run| (run.attempt, run.reason.as_str(), run.outcome.as_str(), run.detail.as_str())).collect();
    assert_eq!(told, [(2, "retry", "succeeded", "12 rows"), (1, "due", "failed", "the vendor is down")]);
    assert!(found.iter().all(|run| run.ended_at.is_some() && run.subject == "2026-11-20T08:00Z"));
}

#[test]
fn a_slot_is_claimed_once() {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let (mut one, mut ledger) = open(&warehouse, ME, "2026-11-20T07:30");
    let due = one.tick(&mut ledger, instant("2026-11-20T08:00")).expect("a beat");
    let mut other = one.clone();
    let first = one.claim(&mut ledger, &due[0], ME, instant("2026-11-20T08:00")).expect("claimed");
    let second = other.claim(&mut ledger, &due[0], "second", instant("2026-11-20T08:00")).expect("refused");
    assert!(first.is_some() && second.is_none());
    assert_eq!(warehouse.read_blocking(|reader| runs(reader, None, None, 10)).expect("runs").len(), 1);
}

/// Extra-Chill/homeboy#14750: a retention that failed 106 times in a row was reported nowhere.
#[test]
fn a_job_that_failed_for_good_is_reported_until_a_later_run_succeeds() {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let (mut heart, mut ledger) = open(&warehouse, ME, "2026-11-20T07:30");
    let mut run = |at: &str, outcome: Outcome| {
        let now = instant(at);
        let due = heart.tick(&mut ledger, now).expect("a beat");
        let key = due[0].key.clone();
        heart.claim(&mut ledger, &due[0], ME, now).expect("claimed");
        heart.finish(&mut ledger, &key, outcome, "the disk is gone", now).expect("ended");
        let told = warehouse.read_blocking(given_up).expect("slots");
        told.into_iter().map(|slot| slot.detail).collect::<Vec<_>>()
    };
    assert_eq!(run("2026-11-20T08:00", Outcome::Refused), ["the disk is gone"]);
    assert_eq!(run("2026-11-21T08:00", Outcome::Succeeded), Vec::<String>::new());
}

#[test]
fn what_a_crashed_process_had_claimed_is_recovered_and_reported() {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let (mut heart, mut ledger) = open(&warehouse, ME, "2026-11-20T07:30");
    let due = heart.tick(&mut ledger, instant("2026-11-20T08:00")).expect("a beat");
    heart.claim(&mut ledger, &due[0], ME, instant("2026-11-20T08:00")).expect("claimed");
    drop((heart, ledger));
    let (mut heart, mut ledger) = open(&warehouse, "second process", "2026-11-20T08:10");
    let reaped = heart.reap(&mut ledger, "second process", instant("2026-11-20T08:10")).expect("reaped");
    assert_eq!(reaped.len(), 1);
    let found = warehouse.read_blocking(|reader| runs(reader, None, None, 10)).expect("runs");
    assert_eq!(
        (found[0].outcome.as_str(), found[0].detail.as_str()),
        ("lost", "the process that was at it is gone (first process)")
    );
    let due = heart.tick(&mut ledger, instant("2026-11-20T08:10")).expect("a beat");
    assert_eq!(due.iter().map(|due| due.attempt).collect::<Vec<_>>(), [2]);
}

#[test]
fn what_is_remembered_of_a_job_survives_a_restart() {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let (mut heart, mut ledger) = open(&warehouse, ME, "2026-11-20T07:30");
    for now in ["2026-11-20T08:00", "2026-11-20T09:00"] {
        let due = heart.tick(&mut ledger, instant(now)).expect("a beat");
        heart.claim(&mut ledger, &due[0], ME, instant(now)).expect("claimed");
        heart.finish(&mut ledger, &due[0].key, Outcome::Refused, "no access", instant(now)).expect("finished");
    }
    let before = heart.mark(&Pair::new("sync", "acme")).expect("a mark");
    let (heart, _) = open(&warehouse, "second", "2026-11-20T09:30");
    let after = heart.mark(&Pair::new("sync", "acme")).expect("a mark");
    assert_eq!((after.failures, after.first_seen_at), (before.failures, before.first_seen_at));
    assert_eq!(after.failures.in_row, 2);
}

#[test]
fn a_skipped_slot_becomes_planned_but_a_finished_one_never() {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let (mut heart, mut ledger) = open(&warehouse, ME, "2026-11-20T07:30");
    heart.tick(&mut ledger, instant("2026-11-20T09:30")).expect("a beat");
    let slots = |warehouse: &Warehouse| warehouse.read_blocking(|reader| list(reader, None, None, 10)).expect("slots");
    let both = slots(&warehouse);
    assert_eq!(both.iter().map(|slot| slot.state).collect::<Vec<_>>(), [SlotState::Planned, SlotState::Skipped]);
    let again: Vec<Slot> =
        both.iter().map(|slot| Slot { state: SlotState::Planned, ended_at: None, ..slot.clone() }).collect();
    let taken = warehouse.write_ledger_blocking(move |connection| plan(connection, &again, &[])).expect("entered");
    assert_eq!(taken, [false, true]);
    assert!(slots(&warehouse).iter().all(|slot| slot.state == SlotState::Planned));
}
