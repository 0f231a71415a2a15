//! The shipped files must load; mistakes must be told.

mod doubts;
mod mistakes;
mod schemas;
mod shipped;
