//! The daemon's loop: a knock or an end makes a beat, a wish to stop ends it.

use super::scheduler::{Knocker, Scheduler};
use super::{App, AppError};
use std::sync::Arc;

/// Runs the jobs on their schedule until somebody asks to stop. Answers how many runs had to be cut
/// off.
pub async fn serve(app: Arc<App>) -> Result<usize, AppError> {
    let (stop, clock) = (app.sync.stop.clone(), app.clock.clone());
    let within = app.settings.schedule.stop_within;
    let mut scheduler = Scheduler::open(app, clock.now()).await?;
    let mut knocker = Knocker::default();
    while !stop.is_set() {
        if let Err(error) = scheduler.tick(clock.now()).await {
            tracing::error!(error = %error, "the books cannot be used; the next beat tries again");
        }
        tokio::select! {
            biased;
            () = stop.wait() => {}
            () = scheduler.ended() => {}
            () = knocker.next() => {}
        }
    }
    knocker.end().await;
    Ok(scheduler.stop(within).await)
}
