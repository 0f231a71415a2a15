//! A company's simulated year.

use super::company::Tenant;
use super::lives::Lives;
use super::payments::Charge;
use super::rates::{rate_of_day, six};
use super::traffic::AdDay;
use super::visit::Visit;
use crate::domain::money::{Currency, cross_rate};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

/// One tenant's simulated year as it stands at an instant.
#[derive(Clone, Debug)]
pub struct Simulation {
    pub tenant: Tenant,
    pub first: NaiveDate,
    /// The last whole day.
    pub last: NaiveDate,
    /// The last whole day when the year was planted: what is planted stays where it is as time passes.
    pub planted_through: NaiveDate,
    pub as_of: DateTime<Utc>,
    pub visits: Vec<Visit>,
    pub ads: Vec<AdDay>,
    pub lives: Lives,
    /// What vendors send beyond all that may be held; no part of the truth.
    pub excess: Excess,
}

/// What vendors send and nobody may count: beyond the largest amounts.
#[derive(Clone, Debug, Default)]
pub struct Excess {
    pub ads: Vec<AdDay>,
    pub charges: Vec<Charge>,
}

impl Simulation {
    /// The day of an instant in the company's zone.
    pub fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.tenant.zone).date_naive()
    }

    /// An amount in the workspace's currency at the rate of its day.
    pub fn converted(&self, amount: Decimal, currency: &str, date: NaiveDate) -> Decimal {
        if currency.eq_ignore_ascii_case(self.tenant.currency.code()) {
            return amount;
        }
        let from = Currency::new(currency).ok().and_then(|currency| rate_of_day(currency, date));
        let to = rate_of_day(self.tenant.currency, date);
        let rate = from.zip(to).and_then(|(from, to)| cross_rate(from, to));
        rate.map_or(Decimal::ZERO, |rate| six(amount * rate))
    }
}
