//! What befalls subscriptions and holds: plans go up, collection pauses, trials are given later, coupons stack,
//! holds expire or are taken in part. Chosen by the number in an id, so that it stays as time passes.

use super::lives::Lives;
use super::payments::{Charge, Refund};
use super::subscription::{Changes, Discount, Subscription};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// A hold that nobody takes ends after so many days.
const HOLD_DAYS: i64 = 7;

/// Lets it happen. A sync at `planted_at` sees what the vendor still reports; what leaves no trace begins after it.
pub fn befall(lives: &mut Lives, first: NaiveDate, planted_at: DateTime<Utc>) {
    for subscription in &mut lives.subscriptions {
        change(subscription, planted_at);
    }
    let mut papers = Vec::new();
    for charge in lives.charges.iter_mut().filter(|charge| charge.is_paid && charge.captured_at != Some(charge.created))
    {
        let paper = |tag: &str, created, amount| Refund {
            id: format!("re_{tag}_{}", &charge.id[3..]),
            charge: charge.id.clone(),
            created,
            amount,
            currency: charge.currency,
            answered_at: created,
            has_failed: false,
            is_on_paper: true,
        };
        match charge.captured_at {
            None => papers.push(paper("expired", charge.created + TimeDelta::days(HOLD_DAYS), charge.amount)),
            // Some currencies want a zero at the end.
            Some(at) if number(&charge.id).is_multiple_of(3) => {
                let rest = charge.amount / 40 * 10;
                papers.push(paper("rest", at, rest));
                charge.captured_amount -= rest;
            }
            Some(_) => {}
        }
    }
    lives.refunds.extend(papers);
    let earlier = earlier_payments(&lives.charges, first, planted_at);
    lives.charges.extend(earlier);
}

fn change(subscription: &mut Subscription, planted_at: DateTime<Utc>) {
    let is_plain = subscription.trial_end.is_none() && subscription.end.is_none() && !subscription.is_paused;
    if !is_plain || !subscription.discounts.is_empty() {
        return;
    }
    let after = |hours| planted_at + TimeDelta::hours(hours);
    let changes = &mut subscription.changes;
    match number(&subscription.id) % 11 {
        1 => subscription.discounts = vec![Discount::Percent(10), Discount::Percent(25)],
        2 => subscription.discounts = vec![Discount::Amount(500), Discount::Percent(20)],
        3 => subscription.customer_percent_off = Some(15),
        4 => {
            let from = subscription.start + TimeDelta::days(45);
            changes.later_trial = Some((from, from + TimeDelta::days(14)));
        }
        _ if subscription.start >= planted_at => {}
        5 => changes.upgrade = Some((after(24 * 3), subscription.unit_amount * 2)),
        6 => changes.pause = Some((after(4), after(24 * 6))),
        7 => changes.later_trial = Some((after(5), after(24 * 7))),
        _ => {}
    }
}

/// Some who pay had paid long before the first day. Nobody's past changes as time passes.
fn earlier_payments(charges: &[Charge], first: NaiveDate, planted_at: DateTime<Utc>) -> Vec<Charge> {
    let mut known = BTreeSet::new();
    let mut first_of: BTreeMap<&str, &Charge> = BTreeMap::new();
    for charge in charges.iter().filter(|charge| charge.captured_at.is_some()) {
        let place = first_of.entry(&charge.customer).or_insert(charge);
        if charge.created < place.created {
            *place = charge;
        }
    }
    let wanted = first_of.into_values().filter(|charge| number(&charge.id) % 23 == 5 && charge.created < planted_at);
    wanted
        .filter(|charge| known.insert(charge.email.to_lowercase()))
        .map(|charge| {
            let days = 20 + i64::try_from(number(&charge.id) % 300).unwrap_or_default();
            let created = first.and_time(chrono::NaiveTime::MIN).and_utc() - TimeDelta::days(days);
            let id = format!("ch_old{}", &charge.id[3..]);
            Charge { id, created, captured_at: Some(created), captured_amount: charge.amount, ..charge.clone() }
        })
        .collect()
}

/// The number that an id ends with.
fn number(id: &str) -> u64 {
    id.rsplit(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

/// How often each has happened before an instant.
pub fn counts(lives: &Lives, first: NaiveDate, at: DateTime<Utc>) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    let mut add = |what: &'static str, count: usize| {
        counts.insert(what, u64::try_from(count).unwrap_or_default());
    };
    let having = |is: &dyn Fn(&Subscription, Changes) -> bool| {
        lives.subscriptions.iter().filter(|of| is(of, of.changes.before(at))).count()
    };
    add("stacked coupons", having(&|of, _| of.discounts.len() > 1));
    add("customer-wide discounts", having(&|of, _| of.customer_percent_off.is_some()));
    add("trials given later", having(&|_, changes| changes.later_trial.is_some()));
    add("upgrades", having(&|_, changes| changes.upgrade.is_some()));
    add("pauses", having(&|_, changes| changes.pause.is_some()));
    let papers = |tag: &str| lives.refunds.iter().filter(|refund| refund.id.starts_with(tag)).count();
    add("expired holds", papers("re_expired"));
    add("partial captures", papers("re_rest"));
    add("payers from before", lives.charges.iter().filter(|charge| charge.created.date_naive() < first).count());
    counts
}
