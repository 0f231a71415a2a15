//! The running daemon: its scheduler and its life cycle.

pub mod admin;
pub mod control;
mod handle;
pub mod notify;
pub mod reload;
pub mod scheduler;
mod serve;
mod telemetry;

pub use handle::DaemonHandle;
pub use serve::{serve, wait_for_room};
pub use telemetry::start_log;
