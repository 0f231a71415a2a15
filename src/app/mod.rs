//! The opened installation: settings joined with warehouse, engine and deliverers.

mod error;
pub mod file_modes;
mod horizons;
mod installation;
pub mod issue;
mod job_host;
pub mod lock;
pub mod opening;
mod planned;
mod reports;
mod rollups;
mod sources;
mod sunsets;

pub use error::AppError;
pub use horizons::{credential_ends, next_credential_ends};
pub use installation::{App, Selection, TEMPLATES, known_names, rollup_sql, template_problems};
pub use job_host::run_maintenance;
pub use opening::{database_file, person_key};
pub use planned::{dated_streams, planned_jobs};
pub use reports::prefer;
pub use sources::{SecretsAre, catalog, sources};
pub use sunsets::{version_ends, version_problems};
