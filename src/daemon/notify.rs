//! What systemd is told, where it asks: that the daemon is ready, that its heart beats, that it stops.

use super::scheduler::Status;
use chrono::{DateTime, TimeDelta, Utc};
use sd_notify::NotifyState;

/// A heartbeat older than this is no longer vouched for: the watchdog then ends the process.
const OLDEST_BEAT: TimeDelta = TimeDelta::seconds(90);

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

    /// Feeds the watchdog, if the heart has beaten lately.
    pub fn alive(self, status: &Status, now: DateTime<Utc>) {
        if is_alive(status, now) {
            tell(&[NotifyState::Watchdog]);
        }
    }
}

/// Whether the last beat is recent, or none is due yet.
pub fn is_alive(status: &Status, now: DateTime<Utc>) -> bool {
    status.last_beat_at.is_none_or(|at| now - at < OLDEST_BEAT)
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(error = %error, "the service manager does not listen");
    }
}
