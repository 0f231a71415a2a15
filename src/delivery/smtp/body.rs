//! A mail handed to the SMTP library piece by piece, so that after a cut connection it is known whether
//! the last line can have reached the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const PIECE: usize = 32 * 1024;

/// The pieces of a mail. The library asks for the next one after it has written the last, and writes the
/// closing dot once there is none.
pub(super) struct Body<'a> {
    rest: &'a [u8],
    written: Written,
}

/// Whether the library has begun to write the closing dot.
#[derive(Clone, Default)]
pub(super) struct Written(Arc<AtomicBool>);

impl<'a> Body<'a> {
    pub fn new(mail: &'a [u8]) -> Self {
        Self { rest: mail, written: Written::default() }
    }

    pub fn written(&self) -> Written {
        self.written.clone()
    }
}

impl Written {
    pub fn is_whole(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl<'a> Iterator for Body<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            self.written.0.store(true, Ordering::Relaxed);
            return None;
        }
        let (piece, rest) = self.rest.split_at(self.rest.len().min(PIECE));
        self.rest = rest;
        Some(piece)
    }
}
