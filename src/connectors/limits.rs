//! What a vendor allows, shared by every job of the process that uses the same credential.

use super::spec::AllowanceSpec;
use governor::clock::DefaultClock;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Buckets by credential and kind of request.
#[derive(Debug, Default)]
pub struct Limits {
    buckets: Mutex<HashMap<Place, Arc<Bucket>>>,
    /// Until when a credential's next request waits, as its vendor asked.
    held: Mutex<HashMap<String, Instant>>,
}

/// A credential, and the kind of request that has an allowance of its own.
type Place = (String, Option<String>);

#[derive(Debug)]
struct Bucket {
    rate: RateLimiter<NotKeyed, InMemoryState, DefaultClock>,
    running: Arc<Semaphore>,
}

impl Limits {
    /// Waits until one more request of `credential` is allowed, of this kind if one is named; the
    /// permit is held while it runs. Who needs two permits asks for that of the kind first.
    pub async fn admit(
        &self,
        credential: &str,
        kind: Option<&str>,
        spec: AllowanceSpec,
    ) -> Option<OwnedSemaphorePermit> {
        let bucket = {
            let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
            let place = (credential.to_owned(), kind.map(str::to_owned));
            Arc::clone(buckets.entry(place).or_insert_with(|| Arc::new(Bucket::new(spec))))
        };
        let permit = Arc::clone(&bucket.running).acquire_owned().await.ok();
        bucket.rate.until_ready().await;
        while let Some(until) = self.held_until(credential) {
            tokio::time::sleep_until(until).await;
        }
        permit
    }

    /// Lets the next request of `credential` wait.
    pub fn hold(&self, credential: &str, wait: Duration) {
        let until = Instant::now() + wait;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.entry(credential.to_owned()).and_modify(|at| *at = (*at).max(until)).or_insert(until);
    }

    fn held_until(&self, credential: &str) -> Option<Instant> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(credential).copied().filter(|until| *until > Instant::now())
    }
}

impl Bucket {
    fn new(spec: AllowanceSpec) -> Self {
        let burst = NonZeroU32::new(spec.requests).unwrap_or(NonZeroU32::MIN);
        let interval = Duration::from_secs(u64::from(spec.per_secs.max(1))) / burst.get();
        let quota = Quota::with_period(interval).unwrap_or(Quota::per_second(NonZeroU32::MIN)).allow_burst(burst);
        Self { rate: RateLimiter::direct(quota), running: Arc::new(Semaphore::new(spec.concurrency.max(1))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_credential_that_is_held_waits_and_another_does_not() {
        let limits = Limits::default();
        let spec = AllowanceSpec { requests: 100, per_secs: 1, concurrency: 2 };
        let begun = Instant::now();
        limits.hold("one", Duration::from_millis(80));
        limits.hold("one", Duration::from_millis(10));
        drop(limits.admit("two", None, spec).await);
        assert!(begun.elapsed() < Duration::from_millis(80), "{:?}", begun.elapsed());
        drop(limits.admit("one", None, spec).await);
        assert!(begun.elapsed() >= Duration::from_millis(80), "{:?}", begun.elapsed());
    }
}
