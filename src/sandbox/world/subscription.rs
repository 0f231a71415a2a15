//! Subscriptions: their course, and what they are worth.

use super::rates::{amount, six};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// A subscription with its whole course.
#[derive(Clone, Debug)]
pub struct Subscription {
    pub id: String,
    pub customer: String,
    pub start: DateTime<Utc>,
    pub trial_end: Option<DateTime<Utc>>,
    pub end: Option<DateTime<Utc>>,
    pub unit_amount: i64,
    pub quantity: i64,
    pub is_yearly: bool,
    pub currency: &'static str,
    /// Taken off in this order.
    pub discounts: Vec<Discount>,
    /// On all subscriptions of the customer that have none of their own.
    pub customer_percent_off: Option<i64>,
    pub is_paused: bool,
    pub changes: Changes,
}

/// A coupon, for as long as the subscription runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discount {
    Percent(i64),
    /// Minor units an invoice.
    Amount(i64),
}

/// Something that changes what a subscription is worth, from an instant on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// A trial long after the start, from and until.
    pub later_trial: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Nothing is collected, from and until.
    pub pause: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Another price, in minor units.
    pub upgrade: Option<(DateTime<Utc>, i64)>,
}

impl Changes {
    /// Those that have begun at an instant.
    pub fn before(&self, at: DateTime<Utc>) -> Self {
        Self {
            later_trial: self.later_trial.filter(|(from, _)| *from < at),
            pause: self.pause.filter(|(from, _)| *from < at),
            upgrade: self.upgrade.filter(|(from, _)| *from < at),
        }
    }
}

impl Subscription {
    /// What it is worth a month at a price: each discount is taken from what the one before left, those of
    /// the customer where it has none of its own.
    pub fn monthly(&self, unit_amount: i64) -> Decimal {
        let mut invoice = amount(unit_amount * self.quantity, self.currency);
        let of_customer = self.customer_percent_off.filter(|_| self.discounts.is_empty()).map(Discount::Percent);
        for discount in self.discounts.iter().copied().chain(of_customer) {
            invoice = match discount {
                Discount::Percent(off) => invoice * Decimal::from(100 - off) / Decimal::ONE_HUNDRED,
                Discount::Amount(off) => (invoice - amount(off, self.currency)).max(Decimal::ZERO),
            };
        }
        six(if self.is_yearly { invoice / Decimal::from(12) } else { invoice })
    }

    pub fn has_ended(&self, at: DateTime<Utc>) -> bool {
        self.end.is_some_and(|end| end < at)
    }

    /// As Stripe words it at an instant.
    pub fn status(&self, at: DateTime<Utc>) -> &'static str {
        if self.has_ended(at) {
            "canceled"
        } else if self.trial_end.is_some_and(|end| end >= at)
            || self.changes.before(at).later_trial.is_some_and(|(_, end)| end >= at)
        {
            "trialing"
        } else {
            "active"
        }
    }
}
