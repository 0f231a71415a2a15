//! What befalls accounts and answers at Google as time passes, and is over before the last planted day:
//! whoever reads only then sees nothing of it.

use super::simulation::Simulation;
use chrono::{Days, NaiveDate, Timelike};

/// In the words of `truth.json`.
pub const EVENTS: [&str; 5] = [
    "customerhappy: the second Google Ads account is not enabled from 20 to 16 days back; its past is not gone",
    "customerhappy: the Analytics property has no tokens left 18 days back, from 08:00 UTC on",
    "customerhappy: Analytics states a fiftieth of the sessions of the day 30 days back, until it repairs them 6 days later",
    "northwind_shop: Analytics answers without rows by source 12 days back, between 09:00 and 11:00 UTC",
    "northwind_shop: the Analytics property is set to Los Angeles 10 days back, for a day",
];

/// The day so many days before the last planted one.
fn back(world: &Simulation, days: u64) -> NaiveDate {
    world.planted_through - Days::new(days)
}

fn today(world: &Simulation) -> NaiveDate {
    world.as_of.date_naive()
}

/// Whether an ad account is not enabled.
pub fn is_suspended(world: &Simulation, account: &str) -> bool {
    world.tenant.accounts.get(1) == Some(&account) && (back(world, 20)..back(world, 15)).contains(&today(world))
}

/// Whether a property's tokens of the day are used up.
pub fn is_out_of_tokens(world: &Simulation) -> bool {
    world.tenant.has_crm && today(world) == back(world, 18) && world.as_of.hour() >= 8
}

/// What the sessions of a day by source are divided by.
pub fn shrinks_by(world: &Simulation, date: NaiveDate) -> u64 {
    let broken = back(world, 30);
    let is_broken = world.tenant.has_crm && date == broken && today(world) < broken + Days::new(6);
    if is_broken { 50 } else { 1 }
}

/// Whether a report by source has no rows.
pub fn is_empty(world: &Simulation) -> bool {
    !world.tenant.has_crm && today(world) == back(world, 12) && (9..11).contains(&world.as_of.hour())
}

/// The zone that a property states.
pub fn zone(world: &Simulation) -> &'static str {
    let is_moved = !world.tenant.has_crm && today(world) == back(world, 10);
    if is_moved { "America/Los_Angeles" } else { world.tenant.zone.name() }
}
