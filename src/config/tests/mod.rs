//! The shipped files must load; mistakes must be told.

mod mistakes;
mod schemas;
mod shipped;
