//! What a report says and how it looks. Pure: a document is built from readings that a job
//! carries in, and every format renders the same document.

pub mod data;
pub mod definition;
pub mod document;
pub mod format;
pub mod look;
pub mod posts;
pub mod preview;
pub mod questions;
pub mod readiness;
pub mod receipt;
pub mod render;
pub mod sample;
pub mod sections;
pub mod templates;
