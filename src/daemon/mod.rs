//! The running installation: settings joined with warehouse, engine and deliverers.

pub mod app;
pub mod control;
pub mod lock;
pub mod issue;
pub mod notify;
mod planned;
pub mod scheduler;
mod serve;
pub mod status;
mod telemetry;

pub use app::{App, AppError, Selection};
pub use planned::{dated_streams, planned_jobs};
pub use serve::serve;
pub use telemetry::start_log;
