//! Copies of the database, each proved equal to what it was made from; backups among them.

pub mod backup;
pub mod checksum;
pub mod copy;
