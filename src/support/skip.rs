//! Tests that cannot run here say so.

use std::io::Write;

/// Says why a test, or a part of it, does not run. To standard error itself: what a passing test prints by a macro,
/// the test harness keeps to itself.
pub fn skip(reason: &str) {
    let thread = std::thread::current();
    let line = format!("SKIPPED: {}: {reason}\n", thread.name().unwrap_or("a test"));
    // Where nobody listens there is nobody to tell.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
