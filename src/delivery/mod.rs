//! Messages out of the house: what goes where, and what the other side answered.

pub mod config;
