//! How files that admins write are read: key by key, with the line of each, all mistakes at once, each with its
//! remedy; and the JSON Schema of a file from the code that reads it.

mod aliases;
mod fault;
pub mod files;
mod kind;
pub mod kinds;
mod known_names;
pub mod problems;
pub mod reader;
mod schema_recorder;
mod secrets;
mod source;
pub mod values;

pub use aliases::describe as describe_aliases;
pub use aliases::earlier_key;
pub use kind::{Kind, Names, with};
pub use known_names::check_known;
pub use problems::Problem;
pub use reader::{At, Fault, Problems, Section, Source, fault, read_toml, unknown_remedy};
pub use schema_recorder::{SchemaRecorder, explore};
pub use secrets::{ReadContext, SecretPlace, Secrets};
