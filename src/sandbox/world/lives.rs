//! Everything that people did.

use super::contact::Contact;
use super::payments::{Charge, Dispute, Refund};
use super::subscription::Subscription;

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
