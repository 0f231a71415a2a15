//! Connections of each kind against a vendor on loopback that gives tokens and looks at what requests carry.

mod double;
mod grants;
mod rotation;
