//! Where the edges meet: each job is a plain function that carries data from one to the other.

pub mod backfill;
pub mod deliver;
pub mod files;
pub mod report;
pub mod sync;
