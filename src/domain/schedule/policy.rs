//! What a job wants done about missed, overlapping, failing and waiting slots.

use chrono::TimeDelta;

/// Everything but the time of day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub catch_up: CatchUp,
    pub overlap: Overlap,
    pub retries: RetryPolicy,
    pub circuit: CircuitPolicy,
    /// How long an attempt may take.
    pub timeout: TimeDelta,
    /// A slot begins up to so much after its instant, always as much for the same job and workspace.
    pub jitter: TimeDelta,
    /// Jobs whose last slot, at or before this one's instant, must have succeeded.
    pub after: Vec<String>,
    /// Connections whose days must be whole through the day before the slot's.
    pub after_coverage: Vec<String>,
    /// How long after its instant a slot waits for those before it runs without them.
    pub deadline: TimeDelta,
}

/// What to do about slots whose time passed while nobody looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatchUp {
    /// They are skipped.
    None,
    /// The last one runs, unless one that is on time follows.
    Latest,
    /// Each runs that is no older than this.
    All { within: TimeDelta },
}

/// What to do about a slot that comes due while an earlier one is not finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// It is skipped. Slots that are caught up wait nevertheless.
    Skip,
    /// It waits its turn.
    Queue,
}

/// How often, when and for how long an attempt is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The first one included; 1 means no retry.
    pub attempts: u32,
    /// Before the second attempt; doubled before each further one.
    pub first_wait: TimeDelta,
    pub longest_wait: TimeDelta,
    /// No attempt begins later than so much after the first.
    pub budget: TimeDelta,
}

/// When a job that keeps failing is only probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitPolicy {
    /// Failed attempts in a row that open the circuit; at least 1.
    pub failures: u32,
    /// How long after a failure an open circuit is tried again. It is never given up.
    pub probe_every: TimeDelta,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            catch_up: CatchUp::Latest,
            overlap: Overlap::Queue,
            retries: RetryPolicy::default(),
            circuit: CircuitPolicy::default(),
            timeout: TimeDelta::minutes(60),
            jitter: TimeDelta::zero(),
            after: Vec::new(),
            after_coverage: Vec::new(),
            deadline: TimeDelta::minutes(120),
        }
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            first_wait: TimeDelta::minutes(1),
            longest_wait: TimeDelta::minutes(30),
            budget: TimeDelta::minutes(120),
        }
    }
}

impl Default for CircuitPolicy {
    fn default() -> Self {
        Self { failures: 30, probe_every: TimeDelta::minutes(60) }
    }
}
