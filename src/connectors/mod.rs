//! The declarative HTTP engine. A vendor is data: `connector.toml` says how to fetch, SQL how to
//! read. Nothing here knows a vendor's name.

pub mod auth;
pub mod catalog;
pub mod client;
pub mod connection;
pub mod connection_error;
pub mod count;
pub mod cursor;
pub mod decode;
pub mod engine;
mod environment;
pub mod error;
mod fetch;
mod fields;
pub mod file;
mod follow;
pub mod incidents;
mod inside;
mod job;
pub mod landed;
pub mod landing;
pub mod lanes;
pub mod limits;
pub mod paging;
mod pending_job;
mod probe;
mod question;
mod rest;
pub mod rules;
pub mod slice;
pub mod spec;
pub mod template;
pub mod timing;

pub use catalog::{Catalog, Connector};
pub use connection::Connection;
pub use engine::Engine;
pub use error::ConnectorError;
pub use fetch::form;
pub use landing::{LandedSlice, Manifest};
pub use probe::Probed;
pub use slice::{Slice, Window};
