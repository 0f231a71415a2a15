//! One beat in UTC from tokio-cron-scheduler, supervised: it only ticks, and where it falls silent it
//! is made anew. It is known to stop for good (its issue #113) and computes its next beat from the
//! machine's clock, so that a clock set back by an hour would silence it for an hour. It looks at the
//! clock twice a second only: it is asked for a second early, and the rest is slept.

use crate::support::clock::Clock;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// Seconds, minutes, hours, days, months, weekdays.
const EARLY_EVERY_FIVE_SECONDS: &str = "4/5 * * * * *";
/// From one tick to the next, each at a whole five seconds of UTC.
const EVERY: Duration = Duration::from_secs(5);
/// Three beats missed, and a little for a busy machine.
const SILENCE: Duration = Duration::from_secs(16);

/// Knocks about every five seconds.
pub struct Ticker {
    scheduler: Option<JobScheduler>,
    /// The instants that beats are due at.
    ticks: mpsc::Receiver<DateTime<Utc>>,
    heard_at: Instant,
    /// The beat that has been knocked for and is still ahead.
    due: Option<DateTime<Utc>>,
    clock: Clock,
    silence: Duration,
    restarts: u64,
}

impl Ticker {
    /// Beats at each whole five seconds of the clock.
    pub fn new(clock: Clock) -> Self {
        Self::patient_for(SILENCE, clock)
    }

    fn patient_for(silence: Duration, clock: Clock) -> Self {
        // Its sender is gone: nothing comes from it.
        let (_, ticks) = mpsc::channel(1);
        Self { scheduler: None, ticks, heard_at: Instant::now(), due: None, clock, silence, restarts: 0 }
    }

    /// Ends when the next beat is due, or after a silence that was mended. Answers the instant it was
    /// due at; none after a silence. Safe to be dropped and called anew.
    pub async fn next(&mut self) -> Option<DateTime<Utc>> {
        if self.scheduler.is_none() {
            self.begin().await;
        }
        if self.due.is_some() {
            return self.mark().await;
        }
        match tokio::time::timeout_at(self.heard_at + self.silence, self.ticks.recv()).await {
            Ok(Some(due)) => {
                self.heard_at = Instant::now();
                self.due = Some(due);
                self.mark().await
            }
            Ok(None) | Err(_) => {
                tracing::warn!(
                    heartbeat.silent_secs = self.heard_at.elapsed().as_secs(),
                    heartbeat.restarts = self.restarts + 1,
                    "the heartbeat fell silent; it is made anew"
                );
                self.restarts += 1;
                self.end().await;
                self.heard_at = Instant::now();
                None
            }
        }
    }

    /// Sleeps until the beat that was knocked for is due. A clock that was set back meanwhile makes
    /// nobody wait longer than from one beat to the next.
    async fn mark(&mut self) -> Option<DateTime<Utc>> {
        // No sleep where it is due already: that would give way to whoever asks at the same time, again and
        // again.
        if let Ok(ahead) = (self.due? - self.clock.now()).to_std() {
            tokio::time::sleep(ahead.min(EVERY)).await;
        }
        self.due.take()
    }

    async fn begin(&mut self) {
        let (tick, ticks) = mpsc::channel(1);
        match start(tick, self.clock.clone()).await {
            Ok(scheduler) => {
                self.scheduler = Some(scheduler);
                self.ticks = ticks;
            }
            // The silence that follows makes it begin again.
            Err(error) => tracing::error!(error = %error, "the heartbeat cannot be started"),
        }
    }

    /// Ends the beat for good.
    pub async fn end(&mut self) {
        if let Some(mut scheduler) = self.scheduler.take()
            && let Err(error) = scheduler.shutdown().await
        {
            tracing::warn!(error = %error, "the old heartbeat does not end");
        }
    }
}

/// The whole five seconds nearest to an instant.
fn nearest_mark(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_round(TimeDelta::seconds(5)).unwrap_or(at)
}

async fn start(tick: mpsc::Sender<DateTime<Utc>>, clock: Clock) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let job = Job::new_async(EARLY_EVERY_FIVE_SECONDS, move |_, _| {
        // A tick that nobody has answered yet stands for this one too.
        let _ = tick.try_send(nearest_mark(clock.now()));
        Box::pin(async {})
    })?;
    scheduler.add(job).await?;
    scheduler.start().await?;
    Ok(scheduler)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_early_and_a_late_knock_are_for_the_nearest_mark() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
        for (tick, mark) in [("08:00:04.0", "08:00:05"), ("08:00:04.5", "08:00:05"), ("08:00:06.9", "08:00:05")] {
            assert_eq!(nearest_mark(at(&format!("2026-11-20T{tick}Z"))), at(&format!("2026-11-20T{mark}Z")), "{tick}");
        }
    }

    #[tokio::test]
    async fn a_beat_that_is_due_comes_at_once() {
        let clock = Clock::fixed("2026-11-20T08:00:06Z".parse().expect("an instant"));
        let mut ticker = Ticker::patient_for(SILENCE, clock.clone());
        ticker.due = Some(nearest_mark(clock.now()));
        let first = futures_util::FutureExt::now_or_never(ticker.mark());
        assert_eq!(first.flatten(), Some(nearest_mark(clock.now())));
    }

    #[tokio::test]
    async fn a_scheduler_that_falls_silent_is_made_anew() {
        let mut ticker = Ticker::patient_for(Duration::from_secs(8), Clock::System);
        ticker.next().await;
        assert_eq!(ticker.restarts, 0, "it ticks by itself");
        // As if the package had stopped for good.
        let mut inner = ticker.scheduler.clone().expect("a scheduler");
        inner.shutdown().await.expect("ended");
        while ticker.restarts == 0 {
            ticker.next().await;
        }
        let before = Instant::now();
        ticker.next().await;
        assert_eq!(ticker.restarts, 1, "the new one ticks");
        assert!(before.elapsed() < Duration::from_secs(8));
        ticker.end().await;
    }
}
