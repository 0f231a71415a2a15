//! Credentials that end: which step of their end has come, and the notice to the operator, once for each step.

use super::deliver::notice;
use crate::delivery::Route;
use crate::warehouse::outbox::{Kind, enqueue};
use crate::warehouse::{Warehouse, WarehouseError};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use std::path::PathBuf;

/// How near the end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HorizonStep {
    /// Within 14 days.
    Far,
    /// Within 7 days.
    Near,
    /// Within a day.
    Close,
    /// The vendor refuses it.
    Over,
}

impl HorizonStep {
    /// The step at `now`; `None` where there are more than 14 days.
    pub fn at(now: DateTime<Utc>, ends_at: DateTime<Utc>) -> Option<Self> {
        let left = ends_at - now;
        let within = |days| left <= TimeDelta::days(days);
        match () {
            () if left <= TimeDelta::zero() => Some(Self::Over),
            () if within(1) => Some(Self::Close),
            () if within(7) => Some(Self::Near),
            () if within(14) => Some(Self::Far),
            () => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Far => "14",
            Self::Near => "7",
            Self::Close => "1",
            Self::Over => "over",
        }
    }
}

/// A connection's credential that ends soon, or has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CredentialEnd {
    pub workspace: String,
    pub connection: String,
    /// As printed.
    pub vendor: String,
    /// The secret's name, where one is known to end; else all that the connection proves itself by.
    pub secret: Option<String>,
    pub ends_at: DateTime<Utc>,
    pub step: HorizonStep,
    pub says: String,
    pub remedy: String,
    /// Where the connection or the secret is written.
    #[serde(skip)]
    pub place: (PathBuf, usize),
}

impl CredentialEnd {
    /// Whether the vendor refuses it already.
    pub fn is_over(&self) -> bool {
        self.step == HorizonStep::Over
    }
}

/// Notifies the operator of each credential's step once; how many messages that is.
pub async fn tell(
    warehouse: &Warehouse,
    operator: &[Route],
    ends: &[CredentialEnd],
    now: DateTime<Utc>,
) -> Result<usize, WarehouseError> {
    let mut messages = Vec::new();
    for end in ends {
        let (place, day) = (format!("{}/{}", end.workspace, end.connection), end.ends_at.date_naive().to_string());
        let subject = match end.is_over() {
            true => format!("[Daybook] the credential of {place} has ended"),
            false => format!("[Daybook] the credential of {place} ends on {day}"),
        };
        let text = format!("{place}: {}\n{}", end.says, end.remedy);
        let secret = end.secret.as_deref().unwrap_or_default();
        let key = ["credential", &end.workspace, &end.connection, secret, &day, end.step.word()];
        messages.extend(notice::messages(operator, &key, &subject, &text, now));
    }
    warehouse.write_ledger(move |connection| enqueue(connection, Kind::Notice, notice::OWNER, "", &messages, now)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::ChannelRef;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    #[test]
    fn the_steps_are_fourteen_seven_and_one_day_before_and_the_end_itself() {
        let ends_at = instant("2026-12-31T12:00:00Z");
        let at = |text: &str| HorizonStep::at(instant(text), ends_at);
        assert_eq!((at("2026-12-17T11:59:59Z"), at("2026-12-17T12:00:00Z")), (None, Some(HorizonStep::Far)));
        assert_eq!(at("2026-12-24T12:00:00Z"), Some(HorizonStep::Near));
        assert_eq!(at("2026-12-30T12:00:00Z"), Some(HorizonStep::Close));
        assert_eq!(at("2026-12-31T12:00:00Z"), Some(HorizonStep::Over));
    }

    #[tokio::test]
    async fn the_operator_is_told_once_a_step_and_anew_of_a_new_end() {
        let warehouse = Warehouse::in_memory().expect("a warehouse");
        let operator = [Route::Channel(ChannelRef::new("slack", "ops"))];
        let told = async |now: &str, ends_at: &str| {
            let (now, ends_at) = (instant(now), instant(ends_at));
            let end = CredentialEnd {
                workspace: "acme".to_owned(),
                connection: "ads".to_owned(),
                vendor: "Vendor".to_owned(),
                secret: None,
                ends_at,
                step: HorizonStep::at(now, ends_at).expect("a step"),
                says: "it ends".to_owned(),
                remedy: "make a new one".to_owned(),
                place: Default::default(),
            };
            tell(&warehouse, &operator, &[end], now).await.expect("told")
        };
        let first = "2026-12-31T12:00:00Z";
        assert_eq!((told("2026-12-18T04:00:00Z", first).await, told("2026-12-19T04:00:00Z", first).await), (1, 0));
        assert_eq!((told("2026-12-25T04:00:00Z", first).await, told("2026-12-31T04:00:00Z", first).await), (1, 1));
        assert_eq!((told("2027-01-01T04:00:00Z", first).await, told("2027-01-02T04:00:00Z", first).await), (1, 0));
        assert_eq!(told("2027-02-20T04:00:00Z", "2027-03-01T12:00:00Z").await, 1, "of the new one");
    }
}
