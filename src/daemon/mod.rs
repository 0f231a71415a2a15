//! The running daemon: its scheduler and its life cycle.

pub mod admin;
pub mod control;
pub mod notify;
pub mod reload;
pub mod scheduler;
mod serve;
mod telemetry;

pub use serve::{DaemonHandle, serve, wait_for_room};
pub use telemetry::start_log;
