//! Simulated companies and their vendors' APIs on loopback: what the demo syncs from and what
//! tests measure against. The daemon reaches it as it would the real vendors: over HTTP.

mod billing;
mod company;
mod drops;
mod faults;
mod google;
pub mod hostile;
mod hubspot;
mod identities;
mod later;
mod misbehave;
mod mishaps;
mod pages;
mod people;
mod random;
mod server;
mod stripe;
mod traffic;
mod troubles;
mod truth;

pub use company::{SHOP, SOFTWARE, Tenant, tenants, with_odd_names};
pub use drops::{write_drop_files, write_growing_drop_files};
pub use faults::{Armed, Fault, Faults};
pub use server::{Credentials, Sandbox, SandboxError, SandboxOptions};
pub use troubles::{Troubles, Vendor};
pub use truth::{Day, Records, TenantTruth, Truth};
