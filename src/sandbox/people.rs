//! People: those who became leads or bought, with everything that follows from it. Their whole life
//! is drawn on the day they come, so that a later day only shows more of it.

use super::billing::Changes;
use super::company::{Origin, Tenant};
use super::identities::{self, Fate};
use super::later::{self, Dispute};
use super::random::Chance;
use crate::connectors::slice::start_of_day;
use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};

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

/// A coupon, for as long as the subscription runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discount {
    Percent(i64),
    /// Minor units an invoice.
    Amount(i64),
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

/// A person in the CRM.
#[derive(Clone, Debug)]
pub struct Contact {
    pub id: u64,
    pub email: String,
    pub created: DateTime<Utc>,
    /// Lifecycle stages with the instants they are entered.
    pub stages: Vec<(&'static str, DateTime<Utc>)>,
    pub origin: Origin,
    /// Ids of contacts merged into this one.
    pub merged: Vec<u64>,
    /// Deal name, amount as text, closed at, won.
    pub deal: Option<(String, String, Option<DateTime<Utc>>, bool)>,
    /// Since when it, or its deal, lies in the recycle bin.
    pub archived_at: Option<DateTime<Utc>>,
    pub deal_archived_at: Option<DateTime<Utc>>,
    pub fate: Fate,
}

impl Contact {
    /// When its deal was opened, if it has come to that.
    pub fn deal_opened_at(&self) -> Option<DateTime<Utc>> {
        let opened = self.stages.iter().find(|(stage, _)| *stage == "opportunity").map(|(_, at)| *at);
        opened.filter(|_| self.deal.is_some())
    }
}

/// Everything people did.
#[derive(Clone, Debug, Default)]
pub struct Lives {
    pub contacts: Vec<Contact>,
    /// Contacts that were merged into others or are gone for good; their deals stay.
    pub former: Vec<Contact>,
    pub charges: Vec<Charge>,
    pub refunds: Vec<Refund>,
    pub disputes: Vec<Dispute>,
    pub subscriptions: Vec<Subscription>,
}

impl Lives {
    /// Contacts who have, or had, a deal of their own.
    pub fn with_deals(&self) -> impl Iterator<Item = &Contact> {
        self.contacts.iter().chain(&self.former).filter(|contact| contact.deal_opened_at().is_some())
    }
}

/// The lives that begin on `date` by `count` conversions of an origin.
pub fn begin(seed: u64, tenant: &Tenant, origin_index: usize, date: NaiveDate, count: u64, lives: &mut Lives) {
    let origin = tenant.origins[origin_index];
    let mut chance = Chance::new(seed, tenant.id, date, &format!("people {origin_index}"));
    let midnight = start_of_day(date, tenant.zone);
    let known = (lives.contacts.len(), lives.charges.len(), lives.refunds.len());
    for number in 0..count {
        let at = midnight + TimeDelta::seconds(chance.between(0, 82_800));
        let tag = format!("{}{origin_index:02}{number:03}", date.format("%y%m%d"));
        let email = format!("person{tag}@example.com");
        if tenant.has_crm {
            lead(&mut chance, origin, at, &tag, &email, lives);
        } else {
            order(&mut chance, origin, at, &tag, &email, lives);
        }
    }
    later::befall(&mut Chance::new(seed, tenant.id, date, &format!("later {origin_index}")), tenant, known, lives);
    let mut chance = Chance::new(seed, tenant.id, date, &format!("identities {origin_index}"));
    identities::draw(&mut chance, (known.0, known.1), lives);
}

fn lead(chance: &mut Chance, origin: Origin, at: DateTime<Utc>, tag: &str, email: &str, lives: &mut Lives) {
    let id: u64 = tag.parse().unwrap_or(0);
    let mut stages = vec![("lead", at)];
    let mut now = at;
    for (stage, probability, longest_hours) in [
        ("marketingqualifiedlead", 0.42, 72),
        ("salesqualifiedlead", 0.55, 140),
        ("opportunity", 0.62, 240),
        ("customer", 0.55, 500),
    ] {
        if !chance.happens(probability) {
            break;
        }
        now += TimeDelta::seconds(chance.between(600, longest_hours * 3600));
        stages.push((stage, now));
    }
    let entered = |name| stages.iter().find(|(stage, _)| *stage == name).map(|(_, at)| *at);
    let customer_at = entered("customer");
    let deal = entered("opportunity").map(|_| {
        let amount = chance.between(5, 120) * 100;
        let amount = if chance.happens(0.5) { format!("{amount}") } else { format!("{amount}.00") };
        (format!("Deal {tag}"), amount, customer_at, customer_at.is_some())
    });
    let merged = if chance.happens(0.01) { vec![id + 500] } else { Vec::new() };
    if let Some(start) = customer_at {
        subscribe(chance, start, tag, email, lives);
    }
    lives.contacts.push(Contact {
        id,
        email: email.to_owned(),
        created: at,
        stages,
        origin,
        merged,
        deal,
        archived_at: None,
        deal_archived_at: None,
        fate: Fate::default(),
    });
}

fn subscribe(chance: &mut Chance, start: DateTime<Utc>, tag: &str, email: &str, lives: &mut Lives) {
    let customer = format!("cus_{tag}");
    let is_yearly = chance.happens(0.15);
    let plan = [2900, 7900, 19_900][chance.pick(&[0.55, 0.33, 0.12])];
    let unit_amount = if is_yearly { plan * 10 } else { plan };
    let quantity = chance.between(1, 5);
    let currency = if chance.happens(0.12) { "eur" } else { "usd" };
    let percent_off = chance.happens(0.06).then_some(20);
    let trial_end = chance.happens(0.3).then(|| start + TimeDelta::days(14));
    let end = chance.happens(0.35).then(|| start + TimeDelta::hours(chance.between(20 * 24, 300 * 24)));
    let is_paused = end.is_none() && chance.happens(0.02);
    let full = unit_amount * quantity;
    let amount = full - percent_off.map_or(0, |off| full * off / 100);
    let first = trial_end.unwrap_or(start);
    for period in 0..40u32 {
        let months = if is_yearly { period * 12 } else { period };
        let Some(at) = first.checked_add_months(Months::new(months)) else { break };
        if end.is_some_and(|end| at >= end) || (is_paused && period > 2) {
            break;
        }
        let id = format!("ch_{tag}{period:02}");
        // Customers type their address in their own way; it is the same person.
        let shown = if chance.happens(0.2) { email.to_uppercase() } else { email.to_owned() };
        let is_paid = !chance.happens(0.03);
        let utm = None;
        let (created, customer) = (at, customer.clone());
        lives.charges.push(Charge {
            id,
            created,
            customer,
            email: shown,
            amount,
            currency,
            is_paid,
            captured_at: is_paid.then_some(at),
            captured_amount: amount,
            utm,
        });
        refund(chance, 0.02, lives);
    }
    let id = format!("sub_{tag}");
    lives.subscriptions.push(Subscription {
        id,
        customer,
        start,
        trial_end,
        end,
        unit_amount,
        quantity,
        is_yearly,
        currency,
        discounts: percent_off.map(Discount::Percent).into_iter().collect(),
        customer_percent_off: None,
        is_paused,
        changes: Changes::default(),
    });
}

fn order(chance: &mut Chance, origin: Origin, at: DateTime<Utc>, tag: &str, email: &str, lives: &mut Lives) {
    let currency = ["eur", "usd", "jpy", "kwd"][chance.pick(&[0.88, 0.07, 0.03, 0.02])];
    let cents = chance.between(1900, 18_000);
    let amount = match currency {
        "jpy" => cents * 3 / 2,
        // Kuwait's last digit is always zero.
        "kwd" => cents / 3 * 10,
        _ => cents,
    };
    let utm = (origin.medium != "(none)").then_some((origin.source, origin.medium, origin.campaign));
    let mut buy = |id: String, created, amount, chance: &mut Chance| {
        let is_paid = !chance.happens(0.02);
        let captured_at = (is_paid && !chance.happens(0.01)).then_some(created);
        let (customer, email) = (format!("cus_{tag}"), email.to_owned());
        let captured_amount = amount;
        lives.charges.push(Charge {
            id,
            created,
            customer,
            email,
            amount,
            currency,
            is_paid,
            captured_at,
            captured_amount,
            utm,
        });
        refund(chance, 0.06, lives);
    };
    buy(format!("ch_{tag}00"), at, amount, chance);
    if chance.happens(0.25) {
        let again = at + TimeDelta::hours(chance.between(24 * 10, 24 * 120));
        buy(format!("ch_{tag}01"), again, amount / 20 * 10, chance);
    }
}

/// Sometimes the last charge is given back, in part or whole, some days later.
fn refund(chance: &mut Chance, probability: f64, lives: &mut Lives) {
    let Some(charge) = lives.charges.last() else { return };
    if charge.captured_at.is_some() && chance.happens(probability) {
        let amount = if chance.happens(0.5) { charge.amount } else { charge.amount / 20 * 10 };
        let created = charge.created + TimeDelta::hours(chance.between(2, 24 * 12));
        let id = format!("re_{}", &charge.id[3..]);
        let (charge, currency) = (charge.id.clone(), charge.currency);
        let (answered_at, has_failed, is_on_paper) = (created, false, false);
        lives.refunds.push(Refund { id, charge, created, amount, currency, answered_at, has_failed, is_on_paper });
    }
}
