//! The opened installation: settings joined with warehouse, engine and deliverers.

pub mod file_modes;
mod installation;
pub mod issue;
pub mod lock;
pub mod opening;
mod planned;
mod reports;
mod rollups;

pub use installation::{
    App, AppError, SecretsAre, Selection, catalog, database_file, known_names, person_key, rollup_sql, sources,
    template_problems,
};
pub use planned::{dated_streams, planned_jobs};
pub use reports::prefer;
