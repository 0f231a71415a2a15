//! The engine against vendors that answer by a script: jobs, bodies, windows, parts.

mod bodies;
mod jobs;
mod parents;
mod parts;
pub mod vendor;
mod windows;
