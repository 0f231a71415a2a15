//! API versions that end: which step of their end has come, and the notice to the operator, once for each step.

use super::deliver::notice;
use crate::delivery::Route;
use crate::warehouse::outbox::{Kind, enqueue};
use crate::warehouse::{Warehouse, WarehouseError};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use std::path::PathBuf;

/// How near the end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SunsetStep {
    /// Within 90 days.
    Far,
    /// Within 30 days.
    Near,
    /// Within 7 days.
    Close,
    /// The day has come: the vendor refuses it.
    Over,
}

impl SunsetStep {
    /// The step of `today`; `None` where there are more than 90 days.
    pub fn on(today: NaiveDate, ends: NaiveDate) -> Option<Self> {
        match (ends - today).num_days() {
            ..=0 => Some(Self::Over),
            1..=7 => Some(Self::Close),
            8..=30 => Some(Self::Near),
            31..=90 => Some(Self::Far),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Far => "90",
            Self::Near => "30",
            Self::Close => "7",
            Self::Over => "over",
        }
    }
}

/// A connection's API version that ends soon, or has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VersionEnd {
    pub workspace: String,
    pub connection: String,
    /// As printed.
    pub vendor: String,
    pub setting: String,
    pub version: String,
    pub ends: NaiveDate,
    pub step: SunsetStep,
    pub says: String,
    pub remedy: String,
    /// Where the connection or the setting is written.
    #[serde(skip)]
    pub place: (PathBuf, usize),
}

impl VersionEnd {
    /// Whether the vendor refuses it already.
    pub fn is_over(&self) -> bool {
        self.step == SunsetStep::Over
    }
}

/// Notifies the operator of each version's step once; how many messages that is.
pub async fn tell(
    warehouse: &Warehouse,
    operator: &[Route],
    ends: &[VersionEnd],
    now: DateTime<Utc>,
) -> Result<usize, WarehouseError> {
    let mut messages = Vec::new();
    for end in ends {
        let subject = match end.is_over() {
            true => format!("[Daybook] {} {} has ended", end.vendor, end.version),
            false => format!("[Daybook] {} {} ends on {}", end.vendor, end.version, end.ends),
        };
        let text = format!("{}/{}: {}\n{}", end.workspace, end.connection, end.says, end.remedy);
        let day = end.ends.to_string();
        let key = ["sunset", &end.workspace, &end.connection, &end.setting, &end.version, &day, end.step.word()];
        messages.extend(notice::messages(operator, &key, &subject, &text, now));
    }
    warehouse.write_ledger(move |connection| enqueue(connection, Kind::Notice, notice::OWNER, "", &messages, now)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::ChannelRef;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn the_steps_are_ninety_thirty_and_seven_days_before_and_the_day_itself() {
        let ends = day("2026-12-31");
        let on = |text| SunsetStep::on(day(text), ends);
        assert_eq!((on("2026-10-01"), on("2026-10-02")), (None, Some(SunsetStep::Far)));
        assert_eq!((on("2026-11-30"), on("2026-12-01")), (Some(SunsetStep::Far), Some(SunsetStep::Near)));
        assert_eq!((on("2026-12-23"), on("2026-12-24")), (Some(SunsetStep::Near), Some(SunsetStep::Close)));
        assert_eq!((on("2026-12-30"), on("2026-12-31")), (Some(SunsetStep::Close), Some(SunsetStep::Over)));
    }

    #[tokio::test]
    async fn the_operator_is_told_once_a_step() {
        let warehouse = Warehouse::in_memory().expect("a warehouse");
        let operator = [Route::Channel(ChannelRef::new("slack", "ops"))];
        let end = |today: &str| VersionEnd {
            workspace: "acme".to_owned(),
            connection: "ads".to_owned(),
            vendor: "Vendor".to_owned(),
            setting: "version".to_owned(),
            version: "v1".to_owned(),
            ends: day("2026-12-31"),
            step: SunsetStep::on(day(today), day("2026-12-31")).expect("a step"),
            says: "it ends".to_owned(),
            remedy: "set a newer one".to_owned(),
            place: Default::default(),
        };
        let told = async |today: &str| {
            let now = day(today).and_time(chrono::NaiveTime::MIN).and_utc();
            tell(&warehouse, &operator, &[end(today)], now).await.expect("told")
        };
        assert_eq!((told("2026-10-02").await, told("2026-10-03").await), (1, 0));
        assert_eq!((told("2026-12-01").await, told("2026-12-24").await), (1, 1));
        assert_eq!((told("2026-12-31").await, told("2027-02-01").await), (1, 0));
    }
}
