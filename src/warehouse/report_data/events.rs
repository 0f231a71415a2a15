//! Single events that a report shows: movements of recurring revenue, hours, posts and pages.

use super::{MOVEMENTS, POSTS, Source};
use crate::domain::period::Period;
use crate::report::data::{Pages, Post, Week};
use crate::report::receipt::{HourlyCount, Measure, Movement, PageMeasure};
use crate::warehouse::error::{Context, WarehouseError};
use chrono::{Days, NaiveDate};
use duckdb::{OptionalExt, params};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

const MEASURES: [Measure; 4] = [Measure::Views, Measure::Engagements, Measure::Clicks, Measure::Cost];
/// The columns of [`MOVEMENTS`], in its order.
const MOVED: [Movement; 11] = [
    Movement::Opening,
    Movement::ExchangeRates,
    Movement::New,
    Movement::Reactivation,
    Movement::Expansion,
    Movement::Contraction,
    Movement::Churned,
    Movement::Closing,
    Movement::OpeningCustomers,
    Movement::PayingCustomers,
    Movement::LostCustomers,
];

impl Source<'_> {
    pub(super) fn movements(&self, period: Period) -> Result<BTreeMap<Movement, Decimal>, WarehouseError> {
        let step = || "reading how recurring revenue moved".to_owned();
        let opening = period.start - Days::new(1);
        let found = self
            .reader
            .query_row(MOVEMENTS, params![self.workspace, opening, period.last_day()], |row| {
                let mut moved = BTreeMap::new();
                for (index, movement) in MOVED.iter().enumerate() {
                    if let Some(amount) = row.get::<_, Option<Decimal>>(index)? {
                        moved.insert(*movement, amount.normalize());
                    }
                }
                Ok(moved)
            })
            .optional()
            .context(step)?;
        let moved = found.unwrap_or_default();
        Ok(if moved.contains_key(&Movement::Closing) { moved } else { BTreeMap::new() })
    }

    pub(super) fn hours(&self, event: HourlyCount, period: Period) -> Result<Week, WarehouseError> {
        let step = || format!("reading the hours of {}", event.label());
        let sql = format!("{} GROUP BY 1, 2", hours_sql(event, "?", "?", "?"));
        let mut statement = self.reader.prepare(&sql).context(step)?;
        let rows = statement
            .query_map(params![self.workspace, period.start, period.end], |row| {
                Ok(((row.get(0)?, row.get(1)?), Decimal::from(row.get::<_, u64>(2)?)))
            })
            .context(step)?;
        rows.collect::<Result<_, _>>().context(step)
    }

    pub(super) fn posts(&self, period: Period) -> Result<Vec<Post>, WarehouseError> {
        let step = || "reading posts".to_owned();
        let mut statement = self.reader.prepare(POSTS).context(step)?;
        let rows = statement
            .query_map(params![self.workspace, period.start, period.end], |row| {
                let mut values = BTreeMap::new();
                for (index, measure) in MEASURES.iter().enumerate() {
                    if let Some(value) = row.get::<_, Option<Decimal>>(5 + index)? {
                        values.insert(*measure, value.normalize());
                    }
                }
                Ok(Post {
                    platform: row.get(0)?,
                    handle: row.get(1)?,
                    campaign: row.get(2)?,
                    post_key: row.get(3)?,
                    posted_date: row.get(4)?,
                    values,
                })
            })
            .context(step)?;
        rows.collect::<Result<_, _>>().context(step)
    }

    pub(super) fn pages(&self, period: Period) -> Result<Pages, WarehouseError> {
        let step = || "reading pages".to_owned();
        let sums = PageMeasure::ALL.map(|measure| format!("CAST(sum({}) AS DECIMAL(38, 6))", measure.column()));
        let sql = pages_sql(&format!("page, {}", sums.join(", ")), "?", "?", "?") + " GROUP BY page";
        let mut statement = self.reader.prepare(&sql).context(step)?;
        let rows = statement
            .query_map(params![self.workspace, period.start, period.end], |row| {
                let mut values = BTreeMap::new();
                for (index, measure) in PageMeasure::ALL.into_iter().enumerate() {
                    values.insert(measure, row.get::<_, Decimal>(1 + index)?.normalize());
                }
                Ok((row.get(0)?, values))
            })
            .context(step)?;
        rows.collect::<Result<_, _>>().context(step)
    }

    pub(super) fn pages_from(&self) -> Result<Option<NaiveDate>, WarehouseError> {
        let sql = "SELECT min(date) FROM core.page_daily WHERE workspace = ?";
        let found = self.reader.query_row(sql, params![self.workspace], |row| row.get(0));
        found.context(|| "reading since when pages are known".to_owned())
    }
}

/// Columns of the sessions by the page they began on; the three values are placeholders or literals.
pub fn pages_sql(columns: &str, workspace: &str, start: &str, end: &str) -> String {
    format!(
        "SELECT {columns}
FROM core.page_daily WHERE workspace = {workspace} AND date >= {start} AND date < {end}"
    )
}

/// Events by weekday and hour, without its grouping; the three values are placeholders or literals.
pub fn hours_sql(event: HourlyCount, workspace: &str, start: &str, end: &str) -> String {
    let (fact, at, day, which) = match event {
        HourlyCount::Payments => ("payment", "created_at", "date", "e.is_captured AND e.status = 'succeeded'"),
        // Of contacts that were deleted or merged into others none counts.
        HourlyCount::Leads => (
            "contact_stage",
            "entered_at",
            "entered_date",
            "e.stage = 'lead' AND EXISTS (SELECT 1 FROM core.contact AS c WHERE c.workspace = e.workspace
    AND c.connection = e.connection AND c.contact_id = e.contact_id AND c.archived_at IS NULL)",
        ),
    };
    format!(
        "SELECT CAST(isodow(e.{day}) AS UINTEGER) AS weekday, CAST(local_hour(e.{at}, w.time_zone) AS UINTEGER) AS hour,
    CAST(count(*) AS UBIGINT) AS events
FROM core.{fact} AS e JOIN ops.workspace AS w USING (workspace)
WHERE e.workspace = {workspace} AND e.{day} >= {start} AND e.{day} < {end} AND {which}"
    )
}
