//! Last words: errors with their causes, and faults of Daybook itself.

use super::out;
use crate::support::owner;
use std::panic::{PanicHookInfo, set_hook, take_hook};

/// An error with its causes. Many errors repeat their cause in their own words: a cause that was reported, and
/// what lies below it, is not reported again.
pub fn told(error: &anyhow::Error) -> String {
    let words = |cause: &(dyn std::error::Error + 'static)| match cause.downcast_ref() {
        Some(failed) => owner::why(failed),
        None => cause.to_string(),
    };
    let mut text = words(error.as_ref());
    let mut last = text.clone();
    for cause in error.chain().skip(1) {
        let words = words(cause);
        if last.contains(&words) {
            break;
        }
        text += &format!(": {words}");
        last = words;
    }
    text
}

/// A fault of Daybook itself is reported in a sentence; `RUST_BACKTRACE` asks for more.
pub fn tell_plainly() {
    let usual = take_hook();
    set_hook(Box::new(move |info| {
        if crate::support::environment::variable("RUST_BACKTRACE").is_some_and(|wish| wish != "0") {
            usual(info);
        } else {
            out::error_line(format_args!("{}", of_panic(info)));
        }
    }));
}

fn of_panic(info: &PanicHookInfo<'_>) -> String {
    let said = info.payload();
    let said = said.downcast_ref::<&str>().copied().or_else(|| said.downcast_ref::<String>().map(String::as_str));
    let place = info.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
    format!(
        "daybook: this is a fault of Daybook itself{place}: {}; nothing half done is kept; please report it with the command",
        said.unwrap_or("no words")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::AppError;
    use anyhow::Context;

    #[test]
    fn a_cause_is_reported_once() {
        let missing = || std::io::Error::from_raw_os_error(2);
        let own: anyhow::Error = AppError::Io { path: "/x".into(), source: missing() }.into();
        assert_eq!(told(&own), "/x: No such file or directory (os error 2)");
        let full: anyhow::Error =
            AppError::Io { path: "/x".into(), source: std::io::Error::from_raw_os_error(28) }.into();
        assert_eq!(told(&full), "/x: no space is left on the device: free some, then try again");
        let layered = Err::<(), _>(missing()).context("the draft").expect_err("an error");
        assert_eq!(told(&layered), "the draft: No such file or directory (os error 2)");
    }
}
