//! Logs to standard error, as text or JSON. Field names are dotted and the same everywhere:
//! `workspace.id`, `connection.id`, `stream.id`, `slice.id`, `message.id`, `duration_ms`.

use crate::config::{LogConfig, LogFormat};
use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;

/// Starts logging. `RUST_LOG` comes before the configured level.
pub fn start_log(config: &LogConfig) {
    // A logo may name a typeface that is not here; usvg warns of each letter.
    let usual = format!("warn,usvg=error,daybook={}", config.level);
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        // A file or a pipe that is read later should hold words alone; `NO_COLOR` says so for terminals.
        .with_ansi(io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    // A second start, as in tests, leaves the first in place.
    let _ = match config.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}
