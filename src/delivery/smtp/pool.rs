//! The connections to one server: how many at once, which of them wait for a next mail, and what one mail
//! leaves for the others.

use super::session::Session;
use crate::delivery::{Accepted, DeliveryError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Readers in a row whose relay is refused, and none taken, before it counts as refused for all.
const BARRED_FOR_ALL: u32 = 3;
/// How servers say that we hold too many connections: Gmail's `421 4.7.0 Too many concurrent SMTP connections`,
/// Microsoft's `432 4.3.2 Concurrent connections limit exceeded` and `sender thread limit exceeded`, Postfix'
/// `421 4.7.0 Error: too many connections from`.
const CROWDED: [&str; 5] =
    ["too many con", "too many simultaneous", "concurrent", "thread limit exceeded", "connection limit"];

/// The connections that one server is given.
pub(super) struct Pool {
    free: Semaphore,
    state: Mutex<State>,
}

struct State {
    /// Mails that may be under way at once.
    width: u32,
    idle: Vec<Session>,
    /// Readers the server took a mail for, or would have.
    taken: u32,
    barred: u32,
    /// Counts what kept every mail from going.
    troubles: u64,
    last_trouble: Option<DeliveryError>,
}

impl Pool {
    pub fn new(width: u32) -> Self {
        let state = State { width, idle: Vec::new(), taken: 0, barred: 0, troubles: 0, last_trouble: None };
        Self { free: Semaphore::new(width as usize), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be given to [`Self::enter`] by whoever begins now.
    pub fn troubles(&self) -> u64 {
        self.state().troubles
    }

    /// Waits for a turn. Who waited while another found that nothing can go need not try as well.
    pub async fn enter(&self, since: u64) -> Result<SemaphorePermit<'_>, DeliveryError> {
        let closed = |_| DeliveryError::Unavailable { reason: "no more mails are sent".to_owned(), retry_after: None };
        let turn = self.free.acquire().await.map_err(closed)?;
        let state = self.state();
        match state.last_trouble.clone().filter(|_| state.troubles != since) {
            Some(trouble) => Err(trouble),
            None => Ok(turn),
        }
    }

    /// A connection that carried a mail before.
    pub fn take(&self) -> Option<Session> {
        self.state().idle.pop()
    }

    pub fn give_back(&self, session: Session) {
        self.state().idle.push(session);
    }

    /// Whether an error says no more than that we hold too many connections: then there is one less from now
    /// on, and the mail, which was not taken, can go on another; its turn is gone then, and stays its own otherwise.
    /// `is_open` where the connection was there.
    pub fn narrow(&self, error: &DeliveryError, is_open: bool, turn: &mut Option<SemaphorePermit<'_>>) -> bool {
        let DeliveryError::Unavailable { reason, .. } = error else { return false };
        let mut state = self.state();
        let at_work = state.width.saturating_sub(u32::try_from(self.free.available_permits()).unwrap_or(u32::MAX));
        let others = at_work.saturating_sub(1) as usize + state.idle.len();
        // Where a server takes others' mails, it refuses a new connection for their number.
        if others == 0 || state.width < 2 || (is_open && !is_crowded(reason)) {
            return false;
        }
        state.width -= 1;
        if let Some(turn) = turn.take() {
            turn.forget();
        }
        tracing::warn!(connections = state.width, reason, "the mail server takes fewer connections at once");
        true
    }

    /// Counts how a mail ended. A refused relay is one reader's trouble where others are taken, and everybody's
    /// where nobody is.
    pub fn weigh(&self, result: Result<Accepted, DeliveryError>) -> Result<Accepted, DeliveryError> {
        let mut state = self.state();
        let result = match result {
            Err(DeliveryError::Barred { reason }) if state.taken > 0 => Err(DeliveryError::Permanent { reason }),
            Err(DeliveryError::Barred { reason }) => {
                state.barred += 1;
                match state.barred >= BARRED_FOR_ALL {
                    true => Err(DeliveryError::Misconfigured {
                        reason: format!("{reason} ({} readers in a row)", state.barred),
                    }),
                    false => Err(DeliveryError::Barred { reason }),
                }
            }
            Ok(accepted) => {
                state.taken += 1;
                Ok(accepted)
            }
            result => result,
        };
        if let Err(error) = &result
            && error.concerns_all()
        {
            state.troubles += 1;
            state.last_trouble = Some(error.clone());
        }
        result
    }

    /// Sends QUIT on every connection that waits for a next mail.
    pub async fn leave(&self) {
        let idle = std::mem::take(&mut self.state().idle);
        futures_util::future::join_all(idle.into_iter().map(Session::quit)).await;
    }
}

fn is_crowded(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    CROWDED.iter().any(|words| reason.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unavailable(reason: &str) -> DeliveryError {
        DeliveryError::Unavailable { reason: reason.to_owned(), retry_after: None }
    }

    /// Answers as servers give them to one connection too many.
    #[tokio::test]
    async fn one_connection_too_many_is_no_trouble_of_the_mails() {
        for words in [
            "421 4.7.0 Too many concurrent SMTP connections; please try again later",
            "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending",
            "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
            "421 4.7.0 mail.example.com Error: too many connections from 192.0.2.1",
            "421 Too many simultaneous connections",
        ] {
            let pool = Pool::new(2);
            let since = pool.troubles();
            let mut first = Some(pool.enter(since).await.expect("a turn"));
            let mut second = Some(pool.enter(since).await.expect("a turn"));
            assert!(pool.narrow(&unavailable(words), true, &mut second) && second.is_none(), "{words}");
            assert!(!pool.narrow(&unavailable(words), true, &mut first), "the last one is kept: {words}");
            assert!(first.is_some(), "its turn is its own until its trouble is counted");
        }
        let pool = Pool::new(2);
        let since = pool.troubles();
        let _first = pool.enter(since).await.expect("a turn");
        let mut second = Some(pool.enter(since).await.expect("a turn"));
        let shut = unavailable("421 4.3.2 shutting down");
        assert!(!pool.narrow(&shut, true, &mut second), "that is everybody's trouble");
    }

    #[tokio::test]
    async fn who_waits_while_a_server_fails_does_not_try_it_too() {
        let pool = Pool::new(1);
        let since = pool.troubles();
        let turn = pool.enter(since).await.expect("a turn");
        let failed = pool.weigh(Err(unavailable("421 going down")));
        drop(turn);
        assert_eq!(pool.enter(since).await.map(drop), failed.map(drop));
        assert!(pool.enter(pool.troubles()).await.is_ok(), "who comes later does");
    }
}
