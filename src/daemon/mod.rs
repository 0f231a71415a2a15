//! The running installation: settings joined with warehouse, engine and deliverers.

pub mod app;
pub mod control;
pub mod lock;
mod planned;
mod telemetry;

pub use app::{App, AppError, Selection};
pub use planned::{dated_streams, planned_jobs};
pub use telemetry::start_log;
