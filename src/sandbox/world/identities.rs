//! Who people are: payers under another address or without one, contacts that are merged, restored
//! from the recycle bin or deleted for good, deals that are merged, contacts the search index does not
//! have yet. It has its own chance, so that the rest of a life stays as it was drawn.

use super::contact::Contact;
use super::lives::Lives;
use super::random::Chance;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// The search index finds some contacts only so many hours after they came.
const INDEXED_AFTER_HOURS: i64 = 30;

/// Draws the fates of those who came since `known` (contacts, charges before).
pub fn draw(chance: &mut Chance, (contacts, charges): (usize, usize), lives: &mut Lives) {
    let days = |chance: &mut Chance, most: i64| TimeDelta::hours(chance.between(24, most * 24));
    for index in contacts..lives.contacts.len() {
        let before = (index > contacts).then(|| {
            let other = &lives.contacts[index - 1];
            let is_there = other.archived_at.is_none() && other.fate.gone_at.is_none() && other.fate.merged.is_none();
            let deal = other.deal_opened_at().filter(|_| other.fate.deal_merged.is_none());
            (other.id, other.created, is_there, deal)
        });
        let contact = &mut lives.contacts[index];
        let fate = &mut contact.fate;
        fate.is_indexed_late = chance.happens(0.04);
        let [is_gone, is_restored, is_merged, is_deal_merged] =
            [0.03, 0.05, 0.12, 0.3].map(|probability| chance.happens(probability));
        if is_gone {
            fate.gone_at = Some(contact.created + days(chance, 60));
        } else if is_restored {
            let archived_at = contact.archived_at.unwrap_or(contact.created + days(chance, 60));
            contact.archived_at = Some(archived_at);
            fate.restored_at = Some(archived_at + days(chance, 20));
        }
        let Some((other, created, is_there, opened)) = before.filter(|_| contact.archived_at.is_none() && !is_gone)
        else {
            continue;
        };
        if is_merged && is_there {
            fate.merged = Some((created.max(contact.created) + days(chance, 60), other));
        } else if is_deal_merged && let (Some(own), Some(opened)) = (contact.deal_opened_at(), opened) {
            contact.fate.deal_merged = Some((own.max(opened) + days(chance, 30), other));
        }
    }
    // The first payment of each customer says who they are.
    for charge in lives.charges.iter_mut().skip(charges).filter(|charge| !charge.id.ends_with("00")) {
        match chance.pick(&[0.94, 0.03, 0.03]) {
            0 => {}
            1 => charge.email = format!("other.{}", charge.email.to_lowercase()),
            _ => charge.email = String::new(),
        }
    }
}

/// Leaves of the contacts what the CRM holds at an instant.
pub fn settle(lives: &mut Lives, as_of: DateTime<Utc>) {
    let mut heirs: BTreeMap<u64, Vec<(DateTime<Utc>, u64, String)>> = BTreeMap::new();
    let mut deals: BTreeMap<u64, Vec<(DateTime<Utc>, u64)>> = BTreeMap::new();
    for contact in &mut lives.contacts {
        let fate = &mut contact.fate;
        fate.merged = fate.merged.filter(|(at, _)| *at < as_of);
        fate.deal_merged = fate.deal_merged.filter(|(at, _)| *at < as_of);
        if fate.restored_at.is_some_and(|at| at < as_of) {
            contact.archived_at = None;
        }
        if let Some((at, into)) = fate.merged {
            heirs.entry(into).or_default().push((at, contact.id, contact.email.clone()));
        }
        if let Some((at, into)) = fate.deal_merged {
            deals.entry(into).or_default().push((at, contact.id));
        }
    }
    for contact in &mut lives.contacts {
        for (at, id, email) in heirs.remove(&contact.id).unwrap_or_default() {
            contact.merged.push(id);
            contact.fate.other_emails.push(email);
            contact.fate.changed_at = contact.fate.changed_at.max(Some(at));
        }
        for (at, id) in deals.remove(&contact.id).unwrap_or_default() {
            contact.fate.merged_deals.push(id);
            contact.fate.changed_at = contact.fate.changed_at.max(Some(at));
        }
        // The merged deal went with its new owner.
        if contact.fate.deal_merged.is_some() {
            contact.deal = None;
        }
    }
    let is_there = |contact: &Contact| {
        contact.fate.merged.is_none() && contact.fate.gone_at.is_none_or(|gone_at| gone_at >= as_of)
    };
    (lives.contacts, lives.former) = std::mem::take(&mut lives.contacts).into_iter().partition(is_there);
}

/// Who pays as a customer: after a merge the person who is left.
pub fn person<'a>(customer: &'a str, merged: &BTreeMap<String, String>) -> std::borrow::Cow<'a, str> {
    merged.get(customer).map_or(customer.into(), |into| into.clone().into())
}

/// Customers whose contacts were merged, with whom they are one.
pub fn merged_customers(lives: &Lives) -> BTreeMap<String, String> {
    let of = |id: u64| format!("cus_{id}");
    lives.former.iter().filter_map(|loser| Some((of(loser.id), of(loser.fate.merged?.1)))).collect()
}

impl Contact {
    /// Whether the search index has it.
    pub fn is_indexed(&self, as_of: DateTime<Utc>) -> bool {
        !self.fate.is_indexed_late || self.created + TimeDelta::hours(INDEXED_AFTER_HOURS) < as_of
    }
}
