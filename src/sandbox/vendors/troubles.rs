//! Vendors in trouble for as long as somebody wants to see it: what an admin meets in the field.

use super::fault::Fault;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// A vendor, called as the demo's connections to it are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vendor {
    Ecb,
    GoogleAds,
    GoogleAnalytics,
    Hubspot,
    LinkedinAds,
    MetaAds,
    MicrosoftAds,
    SearchConsole,
    Stripe,
    TiktokAds,
}

impl Vendor {
    pub const ALL: [Self; 10] = [
        Self::Ecb,
        Self::GoogleAds,
        Self::GoogleAnalytics,
        Self::Hubspot,
        Self::LinkedinAds,
        Self::MetaAds,
        Self::MicrosoftAds,
        Self::SearchConsole,
        Self::Stripe,
        Self::TiktokAds,
    ];

    /// The id of its connections, which its addresses begin with too.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Ecb => "ecb",
            Self::GoogleAds => "google_ads",
            Self::GoogleAnalytics => "google_analytics",
            Self::Hubspot => "hubspot",
            Self::LinkedinAds => "linkedin_ads",
            Self::MetaAds => "meta_ads",
            Self::MicrosoftAds => "microsoft_ads",
            Self::SearchConsole => "search_console",
            Self::Stripe => "stripe",
            Self::TiktokAds => "tiktok_ads",
        }
    }

    /// Whether it wants to know who asks.
    pub const fn has_credential(self) -> bool {
        !matches!(self, Self::Ecb)
    }

    /// Whether whom it asks to wait waits for minutes: it does not by itself.
    pub const fn asks_for_minutes(self) -> bool {
        matches!(self, Self::Ecb | Self::LinkedinAds | Self::MetaAds | Self::MicrosoftAds | Self::SearchConsole)
    }

    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|vendor| vendor.id() == id)
    }
}

/// Which vendors are in trouble, and in which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Troubles {
    /// They refuse the credential that their connections have.
    pub wrong_token: BTreeSet<Vendor>,
    /// They answer 503, 500 and half a body by turns.
    pub broken: BTreeSet<Vendor>,
    /// They know nothing later than an instant.
    pub late: BTreeSet<Vendor>,
    /// That instant; without it nobody is late.
    pub late_as_of: Option<DateTime<Utc>>,
}

impl Troubles {
    /// Those of them that were there from the first day on.
    pub fn only_late(self) -> Self {
        Self { late: self.late, late_as_of: self.late_as_of, ..Self::default() }
    }

    /// How the broken vendor that is the first part of an address answers its `count`th request.
    pub fn failure(&self, vendor: &str, count: u64) -> Option<Fault> {
        const TURNS: [Fault; 3] = [Fault::Unavailable, Fault::Failure, Fault::CutBody];
        let is_broken = Vendor::of(vendor).is_some_and(|vendor| self.broken.contains(&vendor));
        is_broken.then(|| TURNS[(count % 3) as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_vendor_fails_in_each_way_and_the_others_never() {
        let troubles = Troubles { broken: [Vendor::Stripe].into(), ..Troubles::default() };
        let ways: Vec<_> = (1..=3).filter_map(|count| troubles.failure("stripe", count)).collect();
        assert_eq!(ways, [Fault::Failure, Fault::CutBody, Fault::Unavailable]);
        assert!(["google_ads", "oauth2", ""].iter().all(|vendor| troubles.failure(vendor, 1).is_none()));
    }

    #[test]
    fn every_vendor_is_found_by_its_id() {
        assert!(Vendor::ALL.iter().all(|vendor| Vendor::of(vendor.id()) == Some(*vendor)));
        assert_eq!(Vendor::of("fx_files"), None);
    }
}
