//! When the versions of an API end that a setting may hold.

use crate::connectors::fields;
use crate::settings::{Names, Section, kinds};
use chrono::{Months, NaiveDate};
use std::collections::BTreeMap;

/// From the day on which a version ends the vendor refuses it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SunsetSpec {
    /// The day by version.
    pub sunsets: BTreeMap<String, NaiveDate>,
    /// Of versions that are months, such as 202511: how many months after its own a version ends.
    pub lives_months: Option<u32>,
}

impl SunsetSpec {
    /// Reads the keys of a setting.
    pub fn read(section: &mut Section<'_>) -> Self {
        let about = "Where it holds an API version: the day on which a version ends, by version. Warned of 90, 30 and 7 \
                     days ahead.";
        let sunsets = section.entries("sunsets", &Names::Any, kinds::date().about(about));
        Self {
            sunsets: sunsets.into_iter().map(|(version, at)| (version, at.value)).collect(),
            lives_months: fields::optional_number(
                section,
                "lives_months",
                "Where it holds an API version that is a month, such as 202511: how many months after its own a \
                 version ends that `sunsets` does not name.",
            ),
        }
    }

    /// The day on which a version ends, where that is known.
    pub fn ends(&self, version: &str) -> Option<NaiveDate> {
        if let Some(day) = self.sunsets.get(version) {
            return Some(*day);
        }
        let digits: String = version.chars().filter(char::is_ascii_digit).collect();
        let month = NaiveDate::parse_from_str(&format!("{digits}01"), "%Y%m%d").ok().filter(|_| digits.len() == 6)?;
        month.checked_add_months(Months::new(self.lives_months?))
    }

    /// The version that ends last, of those that are named.
    pub fn newest(&self) -> Option<&str> {
        self.sunsets.iter().max_by_key(|(_, day)| **day).map(|(version, _)| version.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_ends_on_its_day_or_some_months_after_its_own() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        // developers.google.com/ads/blog: v21 sunset on August 5, 2026; OWOX/owox-data-marts#1504: it failed from then.
        let named = SunsetSpec { sunsets: BTreeMap::from([("v21".to_owned(), day("2026-08-05"))]), lives_months: None };
        assert_eq!(named.ends("v21"), Some(day("2026-08-05")));
        assert_eq!(named.ends("v25"), None);
        // singer-io/tap-linkedin-ads#56: a version that is a month lives a year.
        let months = SunsetSpec { lives_months: Some(12), ..SunsetSpec::default() };
        assert_eq!(months.ends("202511"), Some(day("2026-11-01")));
        assert_eq!(months.ends("2025-11"), Some(day("2026-11-01")));
        assert_eq!((months.ends("v25"), months.ends("202513")), (None, None));
    }
}
