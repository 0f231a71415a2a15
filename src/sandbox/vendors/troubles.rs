//! Vendors in trouble for as long as somebody wants to see it: what an admin meets in the field.

use super::fault::Fault;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// A vendor, called as the demo's connections to it are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vendor {
    GoogleAds,
    GoogleAnalytics,
    Hubspot,
    MicrosoftAds,
    Stripe,
}

impl Vendor {
    pub const ALL: [Self; 5] =
        [Self::GoogleAds, Self::GoogleAnalytics, Self::Hubspot, Self::MicrosoftAds, Self::Stripe];

    /// The id of its connections, which its addresses begin with too.
    pub const fn id(self) -> &'static str {
        match self {
            Self::GoogleAds => "google_ads",
            Self::GoogleAnalytics => "google_analytics",
            Self::Hubspot => "hubspot",
            Self::MicrosoftAds => "microsoft_ads",
            Self::Stripe => "stripe",
        }
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
