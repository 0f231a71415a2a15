//! A workspace: one tenant, with the zone its days are counted in and the currency it reports in.

use crate::domain::comparison::Calendar;
use crate::domain::fiscal::FiscalYear;
use crate::domain::money::Currency;
use chrono::Weekday;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// The facts about a tenant that every number depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// snake_case, unique; names folders and rows.
    pub id: String,
    /// As printed on reports.
    pub name: String,
    /// Reporting days are this zone's calendar days.
    pub time_zone: Tz,
    /// Money is converted to this currency at the rate of its day.
    pub currency: Currency,
    pub week_starts_on: Weekday,
    /// Quarters and years of targets and windows are those of it.
    #[serde(default)]
    pub fiscal_year: FiscalYear,
}

impl Workspace {
    /// How it counts weeks and years.
    pub fn calendar(&self) -> Calendar {
        Calendar { week_starts_on: self.week_starts_on, fiscal_year: self.fiscal_year }
    }
}

#[cfg(test)]
impl Workspace {
    /// One for tests: in UTC, with weeks from Monday and the year of the calendar.
    pub fn sample(id: &str, currency: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: "W".to_owned(),
            time_zone: chrono_tz::UTC,
            currency: Currency::new(currency).expect("a currency"),
            week_starts_on: Weekday::Mon,
            fiscal_year: FiscalYear::default(),
        }
    }
}
