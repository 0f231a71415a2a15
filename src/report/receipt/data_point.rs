//! The numbers that figures are computed from: each is read, none computed.

use crate::domain::fact::Dimension;
use crate::domain::period::Period;
use crate::report::definition::Filter;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One value of a dimension: empty where no value is stated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Member {
    pub dimension: Dimension,
    pub value: String,
}

impl Member {
    /// As readers see it where nothing better is known.
    pub fn text(&self) -> &str {
        if self.value.is_empty() { NOT_STATED } else { &self.value }
    }
}

/// What a part without a value of its dimension is called.
pub const NOT_STATED: &str = "Not stated";

/// A metric of some days, of one channel, campaign or value of a dimension, or of all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reading {
    pub metric: String,
    pub period: Period,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Member>,
    /// The part of the workspace that the report is about.
    #[serde(rename = "within", default, skip_serializing_if = "Filter::is_all")]
    pub filter: Filter,
}

impl Reading {
    /// A metric of all channels.
    pub fn of_all(metric: &str, period: Period) -> Self {
        Self {
            metric: metric.to_owned(),
            period,
            channel: None,
            campaign: None,
            member: None,
            filter: Filter::default(),
        }
    }

    pub fn of_channel(metric: &str, period: Period, channel: &str) -> Self {
        Self { channel: Some(channel.to_owned()), ..Self::of_all(metric, period) }
    }

    pub fn of_member(metric: &str, period: Period, dimension: Dimension, value: &str) -> Self {
        let member = Member { dimension, value: value.to_owned() };
        Self { member: Some(member), ..Self::of_all(metric, period) }
    }

    pub fn of_campaign(metric: &str, period: Period, campaign: &str) -> Self {
        Self { campaign: Some(campaign.to_owned()), ..Self::of_all(metric, period) }
    }
}

/// What somebody planned, in the configuration or a dropped file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    /// Money for a channel in a month.
    Budget,
    /// What a metric should reach in a month.
    Target,
}

/// A number that is read and not computed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", from = "super::earlier::StoredPoint")]
pub enum DataPoint {
    Metric(Reading),
    Plan {
        plan: Plan,
        name: String,
        month: NaiveDate,
    },
    /// A value of a question's row, or of all rows where no key is named.
    Answer {
        question: String,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        keys: BTreeMap<String, String>,
        measure: String,
        period: Period,
    },
    /// A number that somebody wrote into a file, as it stood when the report was issued.
    #[serde(rename = "stated")]
    Constant {
        value: Decimal,
        by: String,
    },
}
