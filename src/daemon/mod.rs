//! The running installation: settings joined with warehouse, engine and deliverers.

pub mod app;
mod telemetry;

pub use app::{App, AppError, Selection};
pub use telemetry::start_log;
