//! The shipped files must load; mistakes must be reported.

mod doubts;
mod folders;
mod mistakes;
mod schemas;
mod shipped;
