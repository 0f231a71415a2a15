//! Live syncs go before backfills: both share each vendor's quota.

use tokio::sync::watch;

/// Counts the live syncs under way.
#[derive(Debug)]
pub struct Lanes {
    live: watch::Sender<usize>,
}

/// A live sync under way; ends when dropped.
#[derive(Debug)]
pub struct Live<'a> {
    lanes: &'a Lanes,
}

impl Default for Lanes {
    fn default() -> Self {
        Self { live: watch::Sender::new(0) }
    }
}

impl Lanes {
    /// Registers a live sync.
    pub fn live(&self) -> Live<'_> {
        self.live.send_modify(|count| *count += 1);
        Live { lanes: self }
    }

    /// Returns once no live sync is under way.
    pub async fn wait_for_live(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        drop(self.live.subscribe().wait_for(|count| *count == 0).await);
    }
}

impl Drop for Live<'_> {
    fn drop(&mut self) {
        self.lanes.live.send_modify(|count| *count = count.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn a_backfill_waits_until_the_last_live_sync_ends() {
        let lanes = Lanes::default();
        let (first, second) = (lanes.live(), lanes.live());
        let waits = async || tokio::time::timeout(Duration::from_millis(5), lanes.wait_for_live()).await.is_err();
        assert!(waits().await);
        drop(first);
        assert!(waits().await);
        drop(second);
        lanes.wait_for_live().await;
    }
}
