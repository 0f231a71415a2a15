//! Room for those who ask over a socket. Everybody gets a seat while there are some; then whoever has sat
//! longest without a whole question makes way for the next one, so that a hundred silent connections keep
//! nobody from an answer, and no number of them takes the handles that the work itself needs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A question takes a moment to come in.
const GRACE: Duration = Duration::from_secs(1);
/// Of the files that the process may open, each door gets one part of so many.
const SHARE: u64 = 8;
const MOST: u64 = 256;

/// The seats behind one door; clones share them.
#[derive(Clone, Debug)]
pub struct Room(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    most: usize,
    /// Nobody is sent away sooner.
    grace: Duration,
    seats: Mutex<Seats>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Seats {
    next: u64,
    taken: BTreeMap<u64, Taken>,
}

#[derive(Debug)]
struct Taken {
    since: Instant,
    is_served: bool,
    leave: Arc<Notify>,
}

/// One who asks; the seat is free when this is dropped.
#[derive(Debug)]
pub struct Seat {
    room: Room,
    number: u64,
    leave: Arc<Notify>,
}

impl Room {
    pub(super) fn new(most: usize, grace: Duration) -> Self {
        Self(Arc::new(Inner { most, grace, seats: Mutex::default(), freed: Notify::new() }))
    }

    /// A room that leaves most of the process's file handles to its work.
    pub fn within_handles() -> Self {
        let handles = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
        Self::new(usize::try_from((handles / SHARE).clamp(2, MOST)).unwrap_or(2), GRACE)
    }

    /// A seat; waits while all of them are taken by questions that are being answered.
    pub async fn seat(&self) -> Seat {
        loop {
            let patience = match self.try_seat() {
                Ok(seat) => return seat,
                Err(patience) => patience,
            };
            // Either a seat is given back, or somebody has sat long enough.
            let _ = tokio::time::timeout(patience, self.0.freed.notified()).await;
        }
    }

    fn try_seat(&self) -> Result<Seat, Duration> {
        let mut seats = self.lock();
        if seats.taken.len() >= self.0.most {
            let waiting = seats.taken.iter().filter(|(_, taken)| !taken.is_served);
            let oldest = waiting.min_by_key(|(_, taken)| taken.since).map(|(number, taken)| (*number, taken.since));
            let Some((number, since)) = oldest else { return Err(self.0.grace) };
            let sat = since.elapsed();
            if sat < self.0.grace {
                return Err(self.0.grace - sat);
            }
            if let Some(taken) = seats.taken.remove(&number) {
                taken.leave.notify_one();
            }
        }
        let (number, leave) = (seats.next, Arc::new(Notify::new()));
        seats.next += 1;
        seats.taken.insert(number, Taken { since: Instant::now(), is_served: false, leave: leave.clone() });
        Ok(Seat { room: self.clone(), number, leave })
    }

    fn lock(&self) -> MutexGuard<'_, Seats> {
        self.0.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Says whether the whole question is there and being answered: then nobody is sent away for others.
    pub fn set_served(&self, is_served: bool) {
        if let Some(taken) = self.room.lock().taken.get_mut(&self.number) {
            taken.is_served = is_served;
            taken.since = Instant::now();
        }
    }

    /// Whether a whole question is being answered.
    pub fn is_served(&self) -> bool {
        self.room.lock().taken.get(&self.number).is_some_and(|taken| taken.is_served)
    }

    /// Ends when another one needs the seat.
    pub async fn left(&self) {
        self.leave.notified().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.room.lock().taken.remove(&self.number);
        self.room.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_longest_silent_one_makes_way_and_one_who_is_served_stays() {
        let grace = Duration::from_millis(100);
        let room = Room::new(2, grace);
        let (served, silent) = (room.seat().await, room.seat().await);
        served.set_served(true);
        let begun = Instant::now();
        let next = room.seat().await;
        assert!(begun.elapsed() >= grace, "nobody is sent away at once");
        silent.left().await;
        drop(silent);
        next.set_served(true);
        // Nobody can be sent away now: the next one waits until one goes.
        let waiting = tokio::spawn(async move { room.seat().await });
        tokio::time::sleep(grace * 3).await;
        assert!(!waiting.is_finished());
        drop(served);
        waiting.await.expect("a seat");
    }
}
