//! What serves requests over sockets: one kit for all listeners, with bounds of time, size and number, an id for each
//! request, an access log and a stop that lets answers end. Pages and interfaces are routers that are given to it.
//!
//! What axum's own loop lacks is here: it waits for slow clients without end and takes any number of them.

mod access;
mod bodies;
pub mod connections;
mod limits;
mod server;
#[cfg(test)]
mod tests;

pub use access::{REQUEST_ID, RequestId};
pub use limits::Limits;
pub use server::Server;
