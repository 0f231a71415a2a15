//! Posts of creators, which a company pays for.

use super::company::SHOP;
use super::random::Chance;
use super::simulation::Simulation;
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

const POSTS: u64 = 40;

/// A creator's post.
pub struct Post {
    pub handle: String,
    pub date: NaiveDate,
    pub fee: Decimal,
    pub currency: &'static str,
    pub clicks: u64,
}

pub fn posts(world: &Simulation) -> Vec<Post> {
    if world.tenant.id != SHOP {
        return Vec::new();
    }
    let mut chance = Chance::new(7, world.tenant.id, world.first, "influencer");
    let span = (world.planted_through - world.first).num_days().max(1);
    (0..POSTS)
        .map(|number| Post {
            handle: format!("creator_{number:02}"),
            date: world.first + Days::new(u64::try_from(chance.between(0, span)).unwrap_or(0)),
            fee: Decimal::new(chance.between(150, 2600), 0),
            currency: if number % 7 == 0 { "USD" } else { "EUR" },
            clicks: 40 + number,
        })
        .collect()
}

/// What creators' posts cost and brought: day, fee, currency, clicks.
pub fn creator_days(world: &Simulation) -> Vec<(NaiveDate, Decimal, &'static str, u64)> {
    posts(world).into_iter().map(|post| (post.date, post.fee, post.currency, post.clicks)).collect()
}
