//! People: those who became leads or bought, with everything that follows from it. Their whole life
//! is drawn on the day they come, so that a later day only shows more of it.

use super::company::{Origin, Tenant};
use super::contact::{Contact, Fate};
use super::lives::Lives;
use super::payments::{Charge, Refund};
use super::random::Chance;
use super::subscription::{Changes, Discount, Subscription};
use super::{identities, later};
use crate::connectors::slice::start_of_day;
use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};

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
