//! What serves requests over sockets.

pub mod connections;
