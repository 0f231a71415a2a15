//! Small tools every part may use: the clock, secrets, ids, near words, the way off the async threads.

pub mod blocking;
pub mod clock;
pub mod device;
pub mod environment;
pub mod ids;
pub mod mailbox;
pub mod names;
pub mod nearest;
pub mod owner;
pub mod redact;
pub mod regular_file;
pub mod same_folder;
pub mod secret;
pub mod service_account;
pub mod shown;
pub mod signed_jwt;
#[cfg(test)]
pub mod skip;
pub mod soft_json;
pub mod spelling;
pub mod split_json;
pub mod text_file;
pub mod zones;
