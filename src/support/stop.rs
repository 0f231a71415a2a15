//! A wish to stop that many parts can see and wait for.

use std::sync::Arc;
use tokio::sync::watch;

/// Clones share the wish. Once uttered it stays.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Asks everybody to stop.
    pub fn set(&self) {
        self.0.send_replace(true);
    }

    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends once somebody has asked to stop.
    pub async fn wait(&self) {
        let mut wish = self.0.subscribe();
        // The sender lives as long as `self`.
        drop(wish.wait_for(|is_set| *is_set).await);
    }
}
