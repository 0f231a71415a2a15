//! Time zones that differ by name alone, and the names that vendors give them.

use chrono::{DateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use std::collections::BTreeMap;

/// Whether two zones have had the same days for a year before `at`: many zones have several names.
pub fn are_alike(one: Tz, other: Tz, at: DateTime<Utc>) -> bool {
    (0..=12).all(|month| {
        let at = (at - TimeDelta::days(30 * month)).naive_utc();
        one.offset_from_utc_datetime(&at).fix() == other.offset_from_utc_datetime(&at).fix()
    })
}

/// The zone that a vendor names: by IANA's name, or by one of its own `names`, of which letters and digits count. What
/// stands before a name in parentheses, as `(GMT-08:00)`, is no part of it.
pub fn named(text: &str, names: &BTreeMap<String, String>) -> Option<Tz> {
    let text = text.trim();
    if let Ok(zone) = text.parse() {
        return Some(zone);
    }
    let bare = text.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(text, |(_, name)| name);
    let letters: String = bare.chars().filter(char::is_ascii_alphanumeric).collect();
    names.get(&letters)?.parse().ok()
}

/// A vendor's name of a zone, or of one that had the same days for a year before `at`.
pub fn name_of(zone: Tz, at: DateTime<Utc>, names: &BTreeMap<String, String>) -> Option<&str> {
    let is = |same: &dyn Fn(Tz) -> bool| {
        let found = names.iter().find(|(_, own)| own.parse().is_ok_and(same));
        found.map(|(name, _)| name.as_str())
    };
    is(&|own| own == zone).or_else(|| is(&|own| are_alike(own, zone, at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendors_own_name_is_a_zone_however_it_is_written() {
        let names = BTreeMap::from(
            [
                ("AmsterdamBerlinBernRomeStockholmVienna", "Europe/Berlin"),
                ("PacificTimeUSCanadaTijuana", "America/Los_Angeles"),
            ]
            .map(|(name, zone)| (name.to_owned(), zone.to_owned())),
        );
        for (text, zone) in [
            ("(GMT-08:00) Pacific Time (US & Canada); Tijuana", Some(Tz::America__Los_Angeles)),
            ("PacificTimeUSCanadaTijuana", Some(Tz::America__Los_Angeles)),
            ("(GMT+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", Some(Tz::Europe__Berlin)),
            ("Europe/Vienna", Some(Tz::Europe__Vienna)),
            ("(GMT+03:00) Atlantis", None),
            ("", None),
        ] {
            assert_eq!(named(text, &names), zone, "{text}");
        }
        let at = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        assert_eq!(name_of(Tz::Europe__Zurich, at, &names), Some("AmsterdamBerlinBernRomeStockholmVienna"));
        assert_eq!(name_of(Tz::America__Phoenix, at, &names), None, "no summer time there");
    }
}
