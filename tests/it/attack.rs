//! Faults and attacks: wrong clocks, lost files, hostile bytes.

mod clock;
mod past;
mod small;
