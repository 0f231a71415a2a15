//! What an admin asks of an installation: one file a question, each a plain function that returns a value. The
//! command line prints it; `--json` and the pages of the daemon serialise the same value.

pub mod changes;
pub mod channels;
pub mod check;
pub mod clock;
pub mod connector_described;
pub mod connector_draft;
pub mod connector_trial;
pub mod connectors;
pub mod coverage;
pub mod deliveries;
pub mod dictionary;
pub mod doctor;
pub mod events;
pub mod explain;
mod failed_jobs;
pub mod file_trial;
pub mod files;
mod kept_tokens;
pub mod loads;
pub mod monitoring;
pub mod plan;
pub mod quarantine;
pub mod quota;
pub mod restated;
pub mod runs;
pub mod scheduler;
pub mod status;
pub mod synced;
pub mod transports;
pub mod unmatched;
