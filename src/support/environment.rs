//! The only place that reads environment variables: what a process depends on beside its files is found from here.

use std::ffi::OsString;

/// The value of a variable, whatever its bytes; none where it is not set.
#[expect(clippy::disallowed_methods, reason = "the one place that may read the environment")]
pub fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The value of a variable as a text; none where it is not set or is no Unicode.
pub fn text(name: &str) -> Option<String> {
    variable(name)?.into_string().ok()
}
