//! The numbers that figures are computed from: each is read, none computed.

use crate::domain::fact::Dimension;
use crate::domain::period::Period;
use crate::report::definition::Filter;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

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

/// Why monthly recurring revenue changed within a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    Opening,
    /// What the opening is worth more or less at the closing day's exchange rates.
    ExchangeRates,
    New,
    Reactivation,
    Expansion,
    Contraction,
    Churned,
    Closing,
    /// Customers, not money: those who paid at the start, at the end, and those lost in between.
    OpeningCustomers,
    PayingCustomers,
    LostCustomers,
}

/// A number that is read and not computed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DataPoint {
    Metric(Reading),
    Plan {
        plan: Plan,
        name: String,
        month: NaiveDate,
    },
    Recurring {
        movement: Movement,
        period: Period,
    },
    /// Events of one hour of the week, e.g. payments on Mondays (1) from 09:00 to 10:00 local time.
    Hour {
        #[serde(rename = "rhythm")]
        event: HourlyCount,
        period: Period,
        weekday: u32,
        hour: u32,
    },
    /// A creator's post of a period: what it cost or brought.
    Post {
        platform: String,
        post_key: String,
        measure: Measure,
        period: Period,
    },
    /// Sessions that began on a page; on any page where none is named.
    Page {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        page: Option<String>,
        measure: PageMeasure,
        period: Period,
    },
    /// A number that somebody wrote into a file, as it stood when the report was issued.
    #[serde(rename = "stated")]
    Constant {
        value: Decimal,
        by: String,
    },
}

/// What an hour by weekday map counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HourlyCount {
    Payments,
    Leads,
}

/// What is known of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    Views,
    Engagements,
    Clicks,
    /// Fee and gifts, in the workspace's currency.
    Cost,
}

/// What is known of the sessions that began on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageMeasure {
    Sessions,
    EngagedSessions,
    Pageviews,
    KeyEvents,
}

impl HourlyCount {
    /// The fact it is read from.
    pub fn fact(self) -> &'static str {
        match self {
            Self::Payments => "payment",
            Self::Leads => "contact_stage",
        }
    }

    /// As printed in the middle of a sentence.
    pub fn label(self) -> &'static str {
        match self {
            Self::Payments => "payments",
            Self::Leads => "leads",
        }
    }
}

impl Measure {
    /// Its column in the query of posts.
    pub fn column(self) -> &'static str {
        match self {
            Self::Views => "views",
            Self::Engagements => "engagements",
            Self::Clicks => "clicks",
            Self::Cost => "cost",
        }
    }
}

impl PageMeasure {
    /// In the order of the query of pages.
    pub const ALL: [Self; 4] = [Self::Sessions, Self::EngagedSessions, Self::Pageviews, Self::KeyEvents];

    /// Its column in `core.page_daily`.
    pub fn column(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::EngagedSessions => "engaged_sessions",
            Self::Pageviews => "pageviews",
            Self::KeyEvents => "key_events",
        }
    }
}

impl Movement {
    /// Those of money, in the order in which they lead from the opening to the closing.
    pub const ALL: [Self; 8] = [
        Self::Opening,
        Self::ExchangeRates,
        Self::New,
        Self::Reactivation,
        Self::Expansion,
        Self::Contraction,
        Self::Churned,
        Self::Closing,
    ];

    /// As printed.
    pub fn label(self) -> &'static str {
        match self {
            Self::Opening => "At the start",
            Self::ExchangeRates => "Exchange rates",
            Self::New => "New",
            Self::Reactivation => "Came back",
            Self::Expansion => "Expansion",
            Self::Contraction => "Contraction",
            Self::Churned => "Churned",
            Self::Closing => "At the end",
            Self::OpeningCustomers => "Paying customers at the start",
            Self::PayingCustomers => "Paying customers at the end",
            Self::LostCustomers => "Customers lost",
        }
    }

    /// Its column in the query of movements.
    pub fn column(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::ExchangeRates => "exchange_rates",
            Self::New => "new",
            Self::Reactivation => "reactivation",
            Self::Expansion => "expansion",
            Self::Contraction => "contraction",
            Self::Churned => "churned",
            Self::Closing => "closing",
            Self::OpeningCustomers => "opening_customers",
            Self::PayingCustomers => "paying_customers",
            Self::LostCustomers => "lost_customers",
        }
    }
}
