//! The vendors' APIs over the simulated companies, with what goes wrong there.

mod ad_breakdowns;
mod ad_rows;
mod credentials;
pub mod ecb;
mod fault;
mod faults;
pub mod google;
pub mod google_ads;
pub mod hubspot;
pub mod linkedin_ads;
mod linkedin_rows;
pub mod meta_ads;
mod meta_rows;
pub mod microsoft_ads;
mod microsoft_reports;
mod microsoft_rows;
pub mod misbehave;
mod options;
pub mod search_console;
mod shared;
mod shares;
mod social;
pub mod stripe;
pub mod tiktok_ads;
mod tiktok_rows;
mod tokens;
mod troubles;
mod web_breakdowns;

pub use credentials::Credentials;
pub use fault::Fault;
pub use faults::{Armed, Faults};
pub use options::SandboxOptions;
pub use shared::Shared;
pub use troubles::{Troubles, Vendor};
