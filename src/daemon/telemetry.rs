//! Logs to standard error, as text or JSON. Field names are dotted and the same everywhere:
//! `workspace.id`, `connection.id`, `stream.id`, `slice.id`, `message.id`, `duration_ms`.

use crate::config::{LogConfig, LogFormat};
use crate::support::redact::Redacting;
use crate::support::shown::is_steering;
use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;

/// Standard error for words of others too: what hides or turns the direction of a line is shown as such. The
/// formatter escapes control characters itself, and may add colours.
struct Plain(io::Stderr);

impl io::Write for Plain {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let clean = |c: char| if !c.is_control() && is_steering(c) { '\u{fffd}' } else { c };
        let text: String = text.chars().map(clean).collect();
        self.0.write_all(text.as_bytes()).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Starts logging. `RUST_LOG` comes before the configured level.
pub fn start_log(config: &LogConfig) {
    // A logo may name a typeface that is not here; usvg warns of each letter.
    let usual = format!("warn,usvg=error,daybook={}", config.level);
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // A full disk behind the log is no reason to fail.
        .log_internal_errors(false)
        // Whatever library wrote the line, at whatever level.
        .with_writer(|| Redacting(Plain(io::stderr())))
        // A file or a pipe that is read later should hold words alone; `NO_COLOR` says so for terminals.
        .with_ansi(io::stderr().is_terminal() && crate::support::environment::variable("NO_COLOR").is_none());
    // A second start, as in tests, leaves the first in place.
    let _ = match config.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}
