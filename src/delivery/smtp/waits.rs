//! How long each step may take.

use std::time::Duration;

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

/// What RFC 5321, section 4.5.3.2, asks of clients. Servers that look into a mail before they take it need
/// some of it, and a client that hangs up first will send a mail twice or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    pub greeting: Duration,
    /// Commands but DATA, and the handshake of TLS.
    pub command: Duration,
    pub data: Duration,
    /// Until a piece of the mail was taken.
    pub block: Duration,
    /// For the answer to the whole mail.
    pub end: Duration,
    /// For all up to the last line of the mail: shorter than a claim's lease less the longest end.
    pub before_end: Duration,
}

impl Waits {
    /// The usual waits, none longer than the bound where there is one.
    pub fn within(bound: Option<Duration>) -> Self {
        let least = |wait: Duration| bound.map_or(wait, |bound| wait.min(bound));
        Self {
            greeting: least(minutes(5)),
            command: least(minutes(5)),
            data: least(minutes(2)),
            block: least(minutes(3)),
            end: least(minutes(10)),
            before_end: minutes(35),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D06; bluetiger9/SmtpClient-for-Qt#16, chatmail/core#5115: 30 and 60 seconds after the last line.
    #[test]
    fn a_bound_shortens_every_wait_for_an_answer_and_lengthens_none() {
        let (usual, bound) = (Waits::within(None), Waits::within(Some(minutes(4))));
        assert_eq!((usual.end, usual.data), (minutes(10), minutes(2)));
        assert_eq!((bound.end, bound.greeting, bound.data), (minutes(4), minutes(4), minutes(2)));
        assert!(usual.before_end + usual.end < minutes(50), "the longest sending of jobs::deliver");
    }
}
