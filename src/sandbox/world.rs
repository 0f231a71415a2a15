//! What the simulated companies did, without anything that is read or sent: from a seed, a first day and an instant.

mod billing;
mod company;
mod contact;
mod creators;
pub mod hostile;
mod identities;
mod later;
mod lives;
pub mod mishaps;
mod pages;
mod payments;
mod people;
mod random;
mod rates;
mod simulation;
mod subscription;
mod traffic;
mod truth;
mod visit;
mod worlds;

pub use company::{SHOP, SOFTWARE, Tenant, tenants, with_odd_names};
pub use contact::{Contact, modified};
pub use creators::posts;
pub use lives::Lives;
pub use payments::{Charge, Dispute, Refund};
pub use rates::stated_rate;
pub use simulation::Simulation;
pub use subscription::{Discount, Subscription};
pub use traffic::AdDay;
pub use truth::{Day, Records, TenantTruth, Truth};
pub use visit::Visit;
pub use worlds::worlds;
