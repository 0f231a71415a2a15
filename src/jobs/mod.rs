//! Where the edges meet: each job is a plain function that carries data from one to the other.

pub mod agreement;
pub mod backfill;
pub mod caveats;
pub mod deliver;
pub mod doctor;
pub mod explain;
pub mod files;
pub mod horizon;
pub mod issue;
pub mod maintenance;
pub mod message_again;
pub mod online;
pub mod payer_streams;
pub mod person;
pub mod preview;
pub mod readings;
pub mod report;
pub mod report_context;
pub mod restatement;
mod sent_files;
pub mod stored_report;
pub mod sunset;
pub mod sync;
pub mod template_trial;
