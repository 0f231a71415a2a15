//! What an admin asks of an installation: one file a question, each a plain function that returns a value. The
//! command line prints it; `--json` and the pages of the daemon serialise the same value.

mod failed_jobs;
pub mod scheduler;
pub mod status;
pub mod transports;
pub mod unmatched;
