//! What befalls payments and people after the day they came: holds captured late, refunds that fail,
//! disputes, deletions. It has its own chance, so that the rest of a life stays as it was drawn.

use super::company::Tenant;
use super::lives::Lives;
use super::payments::Dispute;
use super::random::Chance;
use super::rates::{amount, hundredths, rate_of_day};
use crate::domain::money::{Currency, cross_rate};
use chrono::{NaiveDate, TimeDelta};
use std::collections::BTreeSet;

/// Draws what befalls those who came since `known` (contacts, charges, refunds before).
pub fn befall(chance: &mut Chance, tenant: &Tenant, known: (usize, usize, usize), lives: &mut Lives) {
    let (contacts, charges, refunds) = known;
    for contact in lives.contacts.iter_mut().skip(contacts) {
        let mut bin = |probability| {
            let days = chance.between(1, 150);
            chance.happens(probability).then(|| contact.created + TimeDelta::days(days))
        };
        (contact.archived_at, contact.deal_archived_at) = (bin(0.03), bin(0.04));
        contact.deal_archived_at = contact.deal_archived_at.filter(|_| contact.deal.is_some());
    }
    for refund in lives.refunds.iter_mut().skip(refunds) {
        refund.has_failed = chance.happens(0.08);
        let hours = if refund.has_failed { chance.between(24, 24 * 14) } else { chance.between(1, 48) };
        refund.answered_at = refund.created + TimeDelta::hours(hours);
    }
    let returned: BTreeSet<String> = lives.refunds.iter().skip(refunds).map(|refund| refund.charge.clone()).collect();
    for charge in lives.charges.iter_mut().skip(charges) {
        if charge.is_paid && charge.captured_at.is_none() && chance.happens(0.6) {
            charge.captured_at = Some(charge.created + TimeDelta::hours(chance.between(20, 24 * 6)));
        }
        if charge.captured_at != Some(charge.created) || returned.contains(&charge.id) || !chance.happens(0.015) {
            continue;
        }
        let created = charge.created + TimeDelta::hours(chance.between(24 * 3, 24 * 60));
        let [is_inquiry, is_answered, is_won] = [0.2, 0.85, 0.45].map(|probability| chance.happens(probability));
        let days = chance.between(18, 75);
        lives.disputes.push(Dispute {
            id: format!("dp_{}", &charge.id[3..]),
            charge: charge.id.clone(),
            created,
            amount: charge.amount,
            currency: charge.currency,
            reason: ["fraudulent", "product_not_received", "general"][chance.pick(&[0.5, 0.3, 0.2])],
            is_inquiry,
            settled: settled(charge.amount, charge.currency, tenant.currency, created.date_naive()),
            settled_in: tenant.currency,
            answered_at: created + TimeDelta::days(5),
            ends: is_answered.then(|| (created + TimeDelta::days(days), is_won)),
        });
    }
}

/// An amount in the settlement currency, in its minor units.
fn settled(of: i64, currency: &str, own: Currency, date: NaiveDate) -> i64 {
    let from = Currency::new(currency).ok().and_then(|currency| rate_of_day(currency, date));
    let rate = from.zip(rate_of_day(own, date)).and_then(|(from, to)| cross_rate(from, to)).unwrap_or_default();
    hundredths(amount(of, currency) * rate)
}
