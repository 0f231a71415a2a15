//! One beat in UTC from tokio-cron-scheduler, supervised: it only knocks, and where it falls silent it
//! is made anew. It is known to stop for good (its issue #113) and computes its next beat from the
//! machine's clock, so that a clock set back by an hour would silence it for an hour. It looks at the
//! clock twice a second only: it is asked for a second early, and the rest is slept.

use crate::support::clock::Clock;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// Seconds, minutes, hours, days, months, weekdays.
const EARLY_EVERY_FIVE_SECONDS: &str = "4/5 * * * * *";
/// From one knock to the next, each at a whole five seconds of UTC.
pub(super) const EVERY: Duration = Duration::from_secs(5);
/// Three beats missed, and a little for a busy machine.
const SILENCE: Duration = Duration::from_secs(16);

/// Knocks about every five seconds.
pub struct Knocker {
    scheduler: Option<JobScheduler>,
    knocks: mpsc::Receiver<()>,
    heard_at: Instant,
    /// When the beat is due that has been knocked for.
    due_at: Option<Instant>,
    clock: Clock,
    silence: Duration,
    restarts: u64,
}

impl Knocker {
    /// Beats at each whole five seconds of the clock.
    pub fn new(clock: Clock) -> Self {
        Self::patient_for(SILENCE, clock)
    }

    fn patient_for(silence: Duration, clock: Clock) -> Self {
        // Its sender is gone: nothing comes from it.
        let (_, knocks) = mpsc::channel(1);
        Self { scheduler: None, knocks, heard_at: Instant::now(), due_at: None, clock, silence, restarts: 0 }
    }

    /// Ends at the next knock, or after a silence that was mended; whether it was a knock. Safe to be
    /// dropped and called anew.
    pub async fn next(&mut self) -> bool {
        if self.scheduler.is_none() {
            self.begin().await;
        }
        if let Some(due_at) = self.due_at {
            tokio::time::sleep_until(due_at).await;
            self.due_at = None;
            return true;
        }
        match tokio::time::timeout_at(self.heard_at + self.silence, self.knocks.recv()).await {
            Ok(Some(())) => {
                self.heard_at = Instant::now();
                let due_at = self.heard_at + self.to_the_mark();
                self.due_at = Some(due_at);
                tokio::time::sleep_until(due_at).await;
                self.due_at = None;
                true
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
                false
            }
        }
    }

    /// What the clock lacks to the next whole five seconds. A knock that comes late, just after one,
    /// stands for that one.
    fn to_the_mark(&self) -> Duration {
        let every = EVERY.as_millis() as u64;
        let past = self.clock.now().timestamp_millis().unsigned_abs() % every;
        if past < every / 2 { Duration::ZERO } else { Duration::from_millis(every - past) }
    }

    async fn begin(&mut self) {
        let (knock, knocks) = mpsc::channel(1);
        match start(knock).await {
            Ok(scheduler) => {
                self.scheduler = Some(scheduler);
                self.knocks = knocks;
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

async fn start(knock: mpsc::Sender<()>) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let job = Job::new_async(EARLY_EVERY_FIVE_SECONDS, move |_, _| {
        // A knock that nobody has answered yet stands for this one too.
        let _ = knock.try_send(());
        Box::pin(async {})
    })?;
    scheduler.add(job).await?;
    scheduler.start().await?;
    Ok(scheduler)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_heartbeat_that_falls_silent_is_made_anew() {
        let mut knocker = Knocker::patient_for(Duration::from_secs(8), Clock::System);
        knocker.next().await;
        assert_eq!(knocker.restarts, 0, "it knocks by itself");
        // As if the package had stopped for good.
        let mut inner = knocker.scheduler.clone().expect("a scheduler");
        inner.shutdown().await.expect("ended");
        while knocker.restarts == 0 {
            knocker.next().await;
        }
        let before = Instant::now();
        knocker.next().await;
        assert_eq!(knocker.restarts, 1, "the new one knocks");
        assert!(before.elapsed() < Duration::from_secs(8));
        knocker.end().await;
    }
}
