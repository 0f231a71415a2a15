//! What is reported to systemd, where it asks: that the daemon is ready, that its scheduler runs, that it stops.

use crate::queries::scheduler::Status;
use crate::support::clock::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use sd_notify::NotifyState;
use std::time::Duration;

/// A beat that began longer ago than this is not waited for: the watchdog is not fed, and the service
/// manager ends the process.
const OLDEST_BEAT: TimeDelta = TimeDelta::seconds(90);
/// The same while maintenance is at work: nothing is written while the database file is replaced.
const OLDEST_BEAT_IN_MAINTENANCE: TimeDelta = TimeDelta::minutes(30);
/// The watchdog is fed at least this often.
const FEED_EVERY: Duration = Duration::from_secs(10);

/// Longer than the time between two words of one who waits.
const LONGEST_WAIT_USEC: u32 = 60_000_000;

/// The line to the service manager; silent where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Notify;

impl Notify {
    /// The jobs run.
    pub fn ready(self, what: &str) {
        tell(&[NotifyState::Ready, NotifyState::Status(what)]);
    }

    /// The start waits for `what`; the service manager gives it time until the next word.
    pub fn waiting(self, what: &str) {
        tell(&[NotifyState::Status(what), NotifyState::ExtendTimeoutUsec(LONGEST_WAIT_USEC)]);
    }

    /// The configuration is read again; [`Notify::ready`] ends this.
    pub fn reloading(self) {
        let mut states = vec![NotifyState::Reloading];
        states.extend(NotifyState::monotonic_usec_now().ok());
        tell(&states);
    }

    /// The daemon is on its way out.
    pub fn stopping(self) {
        tell(&[NotifyState::Stopping]);
    }

    /// Feeds the watchdog for as long as beats begin; never ends. It is a task beside the scheduler, so
    /// that a beat that waits for the ledger starves nobody, and one of the runtime, so that a runtime
    /// that does not answer feeds nobody.
    pub async fn feed_watchdog(self, status: impl Fn() -> Status, clock: Clock) {
        let Some(limit) = sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero()) else {
            return std::future::pending().await;
        };
        let every = FEED_EVERY.min(limit / 3).max(Duration::from_millis(1));
        feed(every, status, clock, || tell(&[NotifyState::Watchdog])).await;
    }
}

async fn feed(every: Duration, status: impl Fn() -> Status, clock: Clock, tell: impl Fn()) {
    let mut was_alive = true;
    loop {
        let is_alive = is_alive(&status(), clock.now());
        if is_alive {
            tell();
        } else if was_alive {
            tracing::error!("no beat has begun for too long: the watchdog is not fed");
        }
        was_alive = is_alive;
        tokio::time::sleep(every).await;
    }
}

/// Whether a beat began lately, or none is due yet.
pub fn is_alive(status: &Status, now: DateTime<Utc>) -> bool {
    let oldest = if status.is_maintaining { OLDEST_BEAT_IN_MAINTENANCE } else { OLDEST_BEAT };
    status.beat_began_at.is_none_or(|at| now - at < oldest)
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(error = %error, "the service manager does not listen");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn now() -> DateTime<Utc> {
        "2026-11-20T08:00:00Z".parse().expect("an instant")
    }

    fn began(ago: TimeDelta, is_maintaining: bool) -> Status {
        Status { beat_began_at: Some(now() - ago), is_maintaining, ..Status::default() }
    }

    async fn fed(status: Status) -> usize {
        let count = AtomicUsize::new(0);
        let feeding = feed(
            Duration::from_millis(5),
            || status.clone(),
            Clock::fixed(now()),
            || {
                count.fetch_add(1, Ordering::Relaxed);
            },
        );
        drop(tokio::time::timeout(Duration::from_millis(200), feeding).await);
        count.into_inner()
    }

    #[tokio::test]
    async fn a_beat_that_waits_for_a_minute_starves_no_watchdog() {
        assert!(fed(began(TimeDelta::seconds(60), false)).await > 1);
        assert!(fed(Status::default()).await > 1, "none is due yet");
    }

    #[tokio::test]
    async fn a_stuck_scheduler_is_not_vouched_for() {
        assert_eq!(fed(began(TimeDelta::seconds(90), false)).await, 0);
        assert_eq!(fed(began(TimeDelta::minutes(30), true)).await, 0, "not even in maintenance");
    }

    #[tokio::test]
    async fn maintenance_may_keep_a_beat_waiting_for_minutes() {
        assert!(fed(began(TimeDelta::minutes(10), true)).await > 1);
    }
}
