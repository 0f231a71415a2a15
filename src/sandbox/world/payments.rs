//! Payments, and what comes back of them.

use crate::domain::money::Currency;
use chrono::{DateTime, Utc};

/// A payment: charge, with the refund that may follow.
#[derive(Clone, Debug)]
pub struct Charge {
    pub id: String,
    pub created: DateTime<Utc>,
    pub customer: String,
    pub email: String,
    /// Minor units, as Stripe counts them.
    pub amount: i64,
    pub currency: &'static str,
    pub is_paid: bool,
    /// When the money was taken: mostly at once; a hold is captured days later or never.
    pub captured_at: Option<DateTime<Utc>>,
    /// How much of it, if it is taken: the rest of a hold may be let go.
    pub captured_amount: i64,
    /// What the shop's checkout noted; the software company's invoices carry none.
    pub utm: Option<(&'static str, &'static str, &'static str)>,
}

/// Money given back.
#[derive(Clone, Debug)]
pub struct Refund {
    pub id: String,
    pub charge: String,
    pub created: DateTime<Utc>,
    pub amount: i64,
    pub currency: &'static str,
    /// The card's bank answers later: until then it is pending.
    pub answered_at: DateTime<Utc>,
    /// The bank sent the money back.
    pub has_failed: bool,
    /// No money moved: a hold was let go, in whole or part.
    pub is_on_paper: bool,
}

impl Refund {
    /// As Stripe words it at an instant.
    pub fn status(&self, at: DateTime<Utc>) -> &'static str {
        match (self.answered_at < at, self.has_failed) {
            (false, _) => "pending",
            (true, true) => "failed",
            (true, false) => "succeeded",
        }
    }
}

/// The fee of a dispute in hundredths of the settlement currency, given back when it is won.
pub const DISPUTE_FEE: i64 = 1500;

/// A payment that a cardholder disputes.
#[derive(Clone, Debug)]
pub struct Dispute {
    pub id: String,
    pub charge: String,
    pub created: DateTime<Utc>,
    /// Of the charge.
    pub amount: i64,
    pub currency: &'static str,
    pub reason: &'static str,
    /// An inquiry moves no money.
    pub is_inquiry: bool,
    /// In minor units of the settlement currency, at the rate of the day it was opened.
    pub settled: i64,
    pub settled_in: Currency,
    pub answered_at: DateTime<Utc>,
    /// When it ends, and whether the merchant wins; some never do.
    pub ends: Option<(DateTime<Utc>, bool)>,
}

impl Dispute {
    /// As Stripe words it at an instant.
    pub fn status(&self, at: DateTime<Utc>) -> &'static str {
        match (self.is_inquiry, self.ends.filter(|(end, _)| *end < at)) {
            (true, Some(_)) => "warning_closed",
            (true, None) => "warning_needs_response",
            (false, Some((_, true))) => "won",
            (false, Some((_, false))) => "lost",
            (false, None) if self.answered_at < at => "under_review",
            (false, None) => "needs_response",
        }
    }

    /// What it took (below zero) and gave back before an instant: when, amount, fee.
    pub fn movements(&self, at: DateTime<Utc>) -> Vec<(DateTime<Utc>, i64, i64)> {
        if self.is_inquiry {
            return Vec::new();
        }
        let mut all = vec![(self.created, -self.settled, DISPUTE_FEE)];
        if let Some((end, true)) = self.ends.filter(|(end, _)| *end < at) {
            all.push((end, self.settled, -DISPUTE_FEE));
        }
        all
    }
}
