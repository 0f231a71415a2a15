//! Receipts as this and earlier versions stored them: what a question answers today had a kind of its own each.

use super::data_point::{DataPoint, Plan, Reading};
use crate::domain::period::Period;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A data point in any form that was ever stored.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StoredPoint {
    Metric(Reading),
    Plan {
        plan: Plan,
        name: String,
        month: NaiveDate,
    },
    Answer {
        question: String,
        #[serde(default)]
        keys: BTreeMap<String, String>,
        measure: String,
        period: Period,
    },
    Stated {
        value: Decimal,
        by: String,
    },
    /// Until version 30 of the database.
    Recurring {
        movement: String,
        period: Period,
    },
    Hour {
        rhythm: String,
        period: Period,
        weekday: u32,
        hour: u32,
    },
    Post {
        platform: String,
        post_key: String,
        measure: String,
        period: Period,
    },
    Page {
        #[serde(default)]
        page: Option<String>,
        measure: String,
        period: Period,
    },
}

impl From<StoredPoint> for DataPoint {
    fn from(stored: StoredPoint) -> Self {
        let answer = |question: &str, keys: Vec<(&str, String)>, measure: String, period| {
            let keys = keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            Self::Answer { question: question.to_owned(), keys, measure, period }
        };
        match stored {
            StoredPoint::Metric(reading) => Self::Metric(reading),
            StoredPoint::Plan { plan, name, month } => Self::Plan { plan, name, month },
            StoredPoint::Answer { question, keys, measure, period } => Self::Answer { question, keys, measure, period },
            StoredPoint::Stated { value, by } => Self::Constant { value, by },
            StoredPoint::Recurring { movement, period } => answer("mrr_movements", Vec::new(), movement, period),
            StoredPoint::Hour { rhythm, period, weekday, hour } => {
                let keys = vec![("weekday", weekday.to_string()), ("hour", hour.to_string())];
                answer(&format!("{rhythm}_by_hour"), keys, "events".to_owned(), period)
            }
            StoredPoint::Post { platform, post_key, measure, period } => {
                answer("posts", vec![("platform", platform), ("post_key", post_key)], measure, period)
            }
            StoredPoint::Page { page, measure, period } => {
                answer("pages", page.into_iter().map(|page| ("page", page)).collect(), measure, period)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::metric::Registry;
    use crate::report::receipt::Expression;

    /// Points as earlier versions wrote them, and as they were worded in receipts.
    const STORED: [(&str, &str); 6] = [
        (r#"{"kind":"recurring","movement":"exchange_rates","period":P}"#, "MRR: exchange rates"),
        (
            r#"{"kind":"hour","rhythm":"payments","period":P,"weekday":1,"hour":9}"#,
            "payments on a Monday from 9:00 to before 10:00",
        ),
        (
            r#"{"kind":"hour","rhythm":"leads","period":P,"weekday":7,"hour":23}"#,
            "leads on a Sunday from 23:00 to before 24:00",
        ),
        (
            r#"{"kind":"post","platform":"instagram","post_key":"{page}","measure":"views","period":P}"#,
            "views of the instagram post {page}",
        ),
        (
            r#"{"kind":"page","page":"/pricing","measure":"engaged_sessions","period":P}"#,
            "sum(engaged_sessions) of the sessions that began on /pricing",
        ),
        (r#"{"kind":"page","measure":"sessions","period":P}"#, "sum(sessions) of the sessions of all pages"),
    ];

    #[test]
    fn what_earlier_versions_stored_reads_as_a_question_and_is_worded_as_it_was() {
        let metrics = Registry::default();
        for (text, worded) in STORED {
            let text = text.replace(":P", r#":{"start":"2026-11-01","end":"2026-12-01"}"#);
            let point: DataPoint = serde_json::from_str(&text).expect("a data point");
            assert_eq!(Expression::Read(point.clone()).definition(&metrics), worded);
            let again = serde_json::to_string(&point).expect("JSON");
            assert_eq!(serde_json::from_str::<DataPoint>(&again).expect("the same"), point, "{again}");
        }
    }
}
