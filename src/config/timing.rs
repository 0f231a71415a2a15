//! What a job wants done about missed, overlapping, failing and waiting slots: the keys every kind of
//! job may have.

use crate::domain::schedule::{CatchUp, CircuitPolicy, Overlap, Policy, RetryPolicy};
use crate::settings::check_known;
use crate::settings::kinds::{id, list_of, one_of, whole_number};
use crate::settings::reader::{At, Section};
use chrono::TimeDelta;
use std::collections::BTreeSet;

const DAY_MINUTES: u64 = 24 * 60;

/// What was read, and where the ids of other jobs stand: they are checked once all jobs are known.
pub(super) struct Timing {
    pub policy: Policy,
    pub after_line: Option<usize>,
}

/// Reads the keys; those left out are as in `default`. `connections` are those of the job's workspaces,
/// `None` where they could not be read.
pub(super) fn read(top: &mut Section<'_>, default: Policy, connections: Option<&BTreeSet<String>>) -> Timing {
    let overlaps = [("skip", Overlap::Skip), ("queue", Overlap::Queue)];
    let after = top.optional("after", list_of(id()).about("Jobs whose slot before this one must have succeeded."));
    let after_coverage =
        top.optional("after_coverage", list_of(id()).about("Connections whose day must be whole first."));
    for connection in after_coverage.iter().flat_map(|list| &list.value) {
        let line = after_coverage.as_ref().map_or(top.line, |list| list.line);
        let name = At { value: connection.clone(), line };
        check_known(top, &name, connections, "vendor's connection", "the job's workspaces");
    }
    let minutes = |at: Option<At<u64>>, default| at.and_then(|at| minutes(at.value)).unwrap_or(default);
    let policy = Policy {
        catch_up: catch_up(top).unwrap_or(default.catch_up),
        overlap: top
            .optional("overlap", one_of(&overlaps).about("While the last run is at work: skip this slot, or queue it."))
            .map_or(default.overlap, |at| at.value),
        retries: top.section("retries").map_or(default.retries, |section| retries(section, default.retries)),
        circuit: top.section("circuit").map_or(default.circuit, |section| circuit(section, default.circuit)),
        timeout: minutes(
            top.optional("timeout_minutes", whole_number(1, DAY_MINUTES).about("What runs longer is stopped.")),
            default.timeout,
        ),
        jitter: top
            .optional(
                "jitter_secs",
                whole_number(0, 3600).about("Each workspace begins up to so much later, always as much."),
            )
            .map_or(default.jitter, |at| secs(at.value)),
        deadline: minutes(
            top.optional(
                "deadline_minutes",
                whole_number(1, DAY_MINUTES).about("Waiting ends so long after the slot."),
            ),
            default.deadline,
        ),
        after: Vec::new(),
        after_coverage: after_coverage.map(|at| at.value).unwrap_or_default(),
    };
    let after_line = after.as_ref().map(|at| at.line);
    Timing { policy: Policy { after: after.map(|at| at.value).unwrap_or_default(), ..policy }, after_line }
}

/// `"none"`, `"latest"` or `{ kind = "all", within_hours = 48 }`.
fn catch_up(top: &mut Section<'_>) -> Option<CatchUp> {
    #[derive(Clone, Copy)]
    enum Kind {
        None,
        Latest,
        All,
    }
    let kinds = [("none", Kind::None), ("latest", Kind::Latest), ("all", Kind::All)];
    if !top.is_table("catch_up") {
        let at = top.optional(
            "catch_up",
            one_of(&kinds).without("all").about("What is done about slots that a pause missed."),
        )?;
        return match at.value {
            Kind::None => Some(CatchUp::None),
            Kind::Latest => Some(CatchUp::Latest),
            Kind::All => {
                let remedy = "write catch_up = { kind = \"all\", within_hours = 48 }";
                top.problem(at.line, "catch_up: \"all\" needs the age up to which slots are caught up", remedy);
                None
            }
        };
    }
    let mut section = top.section("catch_up")?;
    let kind = section.choice("kind", "\"none\", \"latest\" or \"all\"", "Which slots are caught up.", &kinds);
    let policy = match kind?.value {
        Kind::None => Some(CatchUp::None),
        Kind::Latest => Some(CatchUp::Latest),
        Kind::All => section
            .required("within_hours", "48", whole_number(1, 24 * 31).about("The age up to which slots are caught up."))
            .and_then(|at| Some(CatchUp::All { within: TimeDelta::try_hours(i64::try_from(at.value).ok()?)? })),
    };
    section.finish();
    policy
}

fn retries(mut section: Section<'_>, default: RetryPolicy) -> RetryPolicy {
    section.about("How failed attempts are repeated.");
    let attempts = section.optional("attempts", whole_number(1, 100).about("The first included.")).map(|at| at.value);
    let longest =
        section.optional("longest_wait_secs", whole_number(1, DAY_MINUTES * 60).about("Waits grow no longer."));
    let first = section.optional(
        "first_wait_secs",
        whole_number(1, DAY_MINUTES * 60).about("The wait before the second attempt; it doubles."),
    );
    let budget = section
        .optional(
            "budget_minutes",
            whole_number(0, DAY_MINUTES).about("No attempt begins later than this after the first."),
        )
        .and_then(|at| minutes(at.value));
    let duration = |at: &Option<At<u64>>, default| at.as_ref().map_or(default, |at| secs(at.value));
    let policy = RetryPolicy {
        attempts: attempts.and_then(|attempts| u32::try_from(attempts).ok()).unwrap_or(default.attempts),
        first_wait: duration(&first, default.first_wait),
        longest_wait: duration(&longest, default.longest_wait),
        budget: budget.unwrap_or(default.budget),
    };
    if policy.first_wait > policy.longest_wait {
        let line = first.or(longest).map_or(section.line, |at| at.line);
        section.problem(
            line,
            &format!(
                "[retries]: the first wait ({} s) is longer than the longest ({} s)",
                policy.first_wait.num_seconds(),
                policy.longest_wait.num_seconds()
            ),
            "make longest_wait_secs at least first_wait_secs",
        );
    }
    section.finish();
    policy
}

fn circuit(mut section: Section<'_>, default: CircuitPolicy) -> CircuitPolicy {
    section.about("A job that keeps failing is only probed; nothing is switched off.");
    let failures = section
        .optional("failures", whole_number(1, 1000).about("Failures in a row that open the circuit."))
        .map(|at| at.value);
    let probe = section
        .optional("probe_minutes", whole_number(1, DAY_MINUTES).about("How often an open circuit is tried."))
        .and_then(|at| minutes(at.value));
    section.finish();
    CircuitPolicy {
        failures: failures.and_then(|failures| u32::try_from(failures).ok()).unwrap_or(default.failures),
        probe_every: probe.unwrap_or(default.probe_every),
    }
}

fn minutes(value: u64) -> Option<TimeDelta> {
    TimeDelta::try_minutes(i64::try_from(value).ok()?)
}

fn secs(value: u64) -> TimeDelta {
    i64::try_from(value).ok().and_then(TimeDelta::try_seconds).unwrap_or(TimeDelta::zero())
}
