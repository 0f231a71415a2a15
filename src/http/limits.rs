//! Bounds of one listener.

use std::time::Duration;

/// What a request may take. No bound is a setting: whoever needs more is no client that a listener is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For the head of a request.
    pub head: Duration,
    /// For its body, once the head is there.
    pub body: Duration,
    /// For a request, its answer, and the reading of that.
    pub whole: Duration,
    /// For what is being answered when the listener stops.
    pub drain: Duration,
    /// The longest head, in bytes; at least 8,192.
    pub head_bytes: usize,
    /// The longest body, in bytes.
    pub body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            whole: Duration::from_secs(180),
            drain: Duration::from_secs(5),
            head_bytes: 16 << 10,
            body_bytes: 64 << 10,
        }
    }
}
