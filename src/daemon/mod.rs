//! The running installation: settings joined with warehouse, engine and deliverers.

pub mod admin;
pub mod app;
mod connections;
pub mod control;
mod failed_jobs;
pub mod file_modes;
pub mod issue;
pub mod lock;
pub mod notify;
pub mod opening;
mod planned;
pub mod reload;
mod reports;
mod rollups;
pub mod scheduler;
mod serve;
pub mod status;
mod telemetry;
pub mod transports;
pub mod unmatched;

pub use app::{App, AppError, Selection, known_names};
pub use planned::{dated_streams, planned_jobs};
pub use reports::prefer;
pub use serve::{DaemonHandle, serve, wait_for_room};
pub use telemetry::start_log;
