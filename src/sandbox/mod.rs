//! Simulated companies and their vendors' APIs on loopback: what the demo syncs from and what
//! tests measure against. The daemon reaches it as it would the real vendors: over HTTP.

mod drops;
mod server;
mod vendors;
mod world;

pub use drops::{write_drop_files, write_growing_drop_files};
pub use server::{Sandbox, SandboxError};
pub use vendors::{Armed, Credentials, Fault, Faults, SandboxOptions, Troubles, Vendor};
pub use world::{Day, Records, SHOP, SOFTWARE, Tenant, TenantTruth, Truth, hostile, tenants, with_odd_names};
