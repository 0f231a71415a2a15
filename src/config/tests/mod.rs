//! The shipped files must load; mistakes must be told.

mod doubts;
mod folders;
mod mistakes;
mod schemas;
mod shipped;
