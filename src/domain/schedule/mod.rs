//! When jobs are due, what becomes of a due slot, and why: pure, with time as an argument.
//!
//! # Two kinds of expressions
//!
//! A cron expression is of one of two kinds, distinguished by its hour field alone:
//!
//! - **Wall clock** (`30 2 * * *`, `30 2,14 * * *`, `*/15 8-18 * * 1-5`, `0 0-23/6 * * *`): the hour field
//!   names hours. Each wall time runs once: where the clock skips it (spring), at the first valid
//!   instant after the gap; where the clock shows it twice (autumn), at the first.
//! - **Interval** (`*/15 * * * *`, `5 * * * *`, `0 */6 * * *`): the hour field is `*` or `*/n`. It follows
//!   elapsed time: it runs at every real minute whose wall clock matches, in both passes of a
//!   repeated hour because that time really passes. A match that the clock skips is made up for after as
//!   much elapsed time as if the clock had gone on (02:00 in a gap of half an hour is 02:30), unless
//!   that minute runs anyway; so a change of clocks never swallows the only run of a day at midnight.
//!
//! Two wall times that fall on one instant are one fire: an instant of a job is a slot, and unique.
//!
//! # From a fire to a decision
//!
//! [`Schedule::fires`] lists instants; [`catch_up::plan`] says which become work after a pause; [`decide::decide`]
//! says of a planned slot whether it runs, waits or is skipped; [`decide::after_attempt`] says what follows
//! an attempt. [`Planner`] ties them to a [`Ledger`].

pub mod catch_up;
pub mod decide;
mod expression;
pub mod forecast;
#[cfg(test)]
mod in_memory;
pub mod jitter;
mod ledger;
mod local_time;
mod planner;
mod policy;
mod slot;

#[cfg(test)]
mod tests;

pub use decide::{Decision, DecisionReason};
pub use expression::{Expression, ExpressionError, Fire, FireReason, Kind, Schedule};
pub use ledger::{Ledger, Mark};
pub use planner::{PlannedJob, Planner, SlotToRun};
pub use policy::{CatchUp, CircuitPolicy, Overlap, Policy, RetryPolicy};
pub use slot::{Outcome, Pair, Slot, SlotKey, SlotState};
