//! One document, several formats.

pub mod chart;
pub mod csv;
pub mod pdf;
pub mod slack;
pub mod typeface;
