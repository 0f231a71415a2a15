//! People in the CRM.

use super::company::Origin;
use chrono::{DateTime, Utc};

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

/// What becomes of a contact's record besides its life.
#[derive(Clone, Debug, Default)]
pub struct Fate {
    /// Restored from the recycle bin; nothing at the record shows it.
    pub restored_at: Option<DateTime<Utc>>,
    /// Deleted for good: neither listed nor in the bin.
    pub gone_at: Option<DateTime<Utc>>,
    /// Merged into another contact, by its id.
    pub merged: Option<(DateTime<Utc>, u64)>,
    /// Its deal merged into another contact's.
    pub deal_merged: Option<(DateTime<Utc>, u64)>,
    pub is_indexed_late: bool,
    /// As of an instant: what others left it, and when.
    pub other_emails: Vec<String>,
    pub merged_deals: Vec<u64>,
    pub changed_at: Option<DateTime<Utc>>,
}

/// When a contact last changed.
pub fn modified(contact: &Contact) -> DateTime<Utc> {
    contact.stages.iter().map(|(_, at)| *at).chain(contact.fate.changed_at).max().unwrap_or(contact.created)
}
