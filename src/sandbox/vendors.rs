//! The vendors' APIs over the simulated companies, with what goes wrong there.

mod credentials;
pub mod ecb;
mod fault;
mod faults;
pub mod google;
pub mod hubspot;
pub mod misbehave;
mod options;
pub mod search_console;
mod shared;
pub mod stripe;
mod tokens;
mod troubles;

pub use credentials::Credentials;
pub use fault::Fault;
pub use faults::{Armed, Faults};
pub use options::SandboxOptions;
pub use shared::Shared;
pub use troubles::{Troubles, Vendor};
