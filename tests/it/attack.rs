//! Wrong clocks, lost files, full disks, foreign bytes and slow clients: nothing is silently lost, sent twice
//! or kept.

mod clock;
mod edges;
mod kills;
mod past;
mod persons;
mod safe_names;
mod secrets;
mod slices;
pub mod small;
mod soak;
mod templates;
