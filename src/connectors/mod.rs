//! The declarative HTTP engine: a spec says how to fetch, SQL how to read.

pub mod spec;
