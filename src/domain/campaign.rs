//! Campaigns that somebody planned: money, dates and targets to hold results against.

use crate::domain::period::Period;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Where a campaign stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    Completed,
    Archived,
}

/// A planned campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// As ad platforms and links name it.
    pub name: String,
    /// As printed; the name where there is none.
    pub label: Option<String>,
    pub status: Status,
    /// The first day that counts.
    pub start: NaiveDate,
    /// The last day that counts; open where absent.
    pub end: Option<NaiveDate>,
    /// In the workspace's currency.
    pub budget: Option<Decimal>,
    /// What a metric should reach over the whole campaign, by metric.
    pub targets: BTreeMap<String, Decimal>,
}

impl Campaign {
    /// As printed.
    pub fn title(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }

    /// Its days up to the end of `period`, if it has begun by then.
    pub fn days_until(&self, period: Period) -> Option<Period> {
        let last = self.end.map_or(period.last_day(), |end| end.min(period.last_day()));
        Period::new(self.start, last + chrono::Days::new(1))
    }

    /// Whether any of its days lies in `period`, and it is not put away.
    pub fn runs_in(&self, period: Period) -> bool {
        self.status != Status::Archived && self.start < period.end && self.end.is_none_or(|end| end >= period.start)
    }
}
