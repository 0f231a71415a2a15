//! Sums of the unified metrics, of windows and of rows, with levels and distinct counts of days.

use super::{Column, Source, patterns};
use crate::domain::metric::{Daily, Window};
use crate::domain::period::Period;
use crate::report::data::{Span, Sums, Windows};
use crate::warehouse::error::{Context, WarehouseError};
use chrono::NaiveDate;
use duckdb::types::FromSql;
use duckdb::{Row, params};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// What `within` means in SQL; both patterns are bound twice.
const PART: &str = "(? = '' OR regexp_full_match(channel, ?)) AND (? = '' OR regexp_full_match(campaign, ?))";

const DAILY: &str = "mart.metric_daily";

fn sums_sql(columns: &[Column]) -> String {
    columns.iter().map(|column| format!(", CAST({} AS DECIMAL(38, 6))", column.sql)).collect()
}

fn sums(row: &Row<'_>, columns: &[Column]) -> Result<Sums, duckdb::Error> {
    let mut sums = Sums::new();
    for (index, column) in columns.iter().enumerate() {
        if let Some(value) = row.get::<_, Option<Decimal>>(1 + index)? {
            sums.insert(column.name.clone(), value.normalize());
        }
    }
    Ok(sums)
}

impl Source<'_> {
    pub(super) fn span(&self, period: Period) -> Result<Span, WarehouseError> {
        let mut span = Span {
            total: self.sums_by::<String>("''", period, &self.summed)?.remove("").unwrap_or_default(),
            channels: self.sums_by("channel", period, &self.summed)?,
            campaigns: self.sums_by("campaign", period, &self.summed)?,
            windows: Windows {
                channels: self.of_windows("channel", period)?,
                campaigns: self.of_windows("campaign", period)?,
            },
            ..Span::default()
        };
        span.total.extend(self.of_windows("''", period)?.remove("").unwrap_or_default());
        if self.filter.is_all() {
            span.total.extend(self.levels(Period::day(period.last_day()))?.into_values().flatten());
            if period.days() == 1 {
                span.total.extend(self.distinct(period)?.into_values().flatten());
            }
        }
        Ok(span)
    }

    /// Sums of the period and of each window that ends with it, from a relation like `mart.metric_daily`.
    pub(super) fn grouped_in(
        &self,
        from: &str,
        key: &str,
        period: Period,
    ) -> Result<BTreeMap<String, Sums>, WarehouseError> {
        let mut groups: BTreeMap<String, Sums> = self.sums_in(from, key, period, &self.summed)?;
        for (group, sums) in self.of_windows_in(from, key, period)? {
            groups.entry(group).or_default().extend(sums);
        }
        Ok(groups)
    }

    /// Sums of each window that ends with the period.
    fn of_windows(&self, key: &str, period: Period) -> Result<BTreeMap<String, Sums>, WarehouseError> {
        self.of_windows_in(DAILY, key, period)
    }

    fn of_windows_in(&self, from: &str, key: &str, period: Period) -> Result<BTreeMap<String, Sums>, WarehouseError> {
        let mut groups: BTreeMap<String, Sums> = BTreeMap::new();
        for (window, columns) in &self.windows {
            let days = window.days(period.last_day(), self.year);
            for (group, sums) in self.sums_in::<String>(from, key, days, columns)? {
                groups.entry(group).or_default().extend(sums);
            }
        }
        Ok(groups)
    }

    fn sums_by<K: FromSql + Ord>(
        &self,
        key: &str,
        period: Period,
        columns: &[Column],
    ) -> Result<BTreeMap<K, Sums>, WarehouseError> {
        self.sums_in(DAILY, key, period, columns)
    }

    fn sums_in<K: FromSql + Ord>(
        &self,
        from: &str,
        key: &str,
        period: Period,
        columns: &[Column],
    ) -> Result<BTreeMap<K, Sums>, WarehouseError> {
        let step = || format!("summing by {key}");
        let sql = format!(
            "SELECT {key}{} FROM {from} WHERE workspace = ? AND date >= ? AND date < ? AND {PART} GROUP BY 1",
            sums_sql(columns)
        );
        let (channels, campaigns) = patterns(self.filter);
        let mut statement = self.reader.prepare_cached(&sql).context(step)?;
        let values = params![self.workspace, period.start, period.end, channels, channels, campaigns, campaigns];
        let rows = statement.query_map(values, |row| Ok((row.get(0)?, sums(row, columns)?))).context(step)?;
        rows.collect::<Result<_, _>>().context(step)
    }

    pub(super) fn days(&self, period: Period) -> Result<BTreeMap<NaiveDate, Sums>, WarehouseError> {
        let mut days: BTreeMap<NaiveDate, Sums> = self.sums_by("date", period, &self.summed)?;
        for (window, columns) in &self.windows {
            self.windows_of_days(period, *window, columns, &mut days)?;
        }
        if self.filter.is_all() {
            for (date, values) in self.levels(period)?.into_iter().chain(self.distinct(period)?) {
                days.entry(date).or_default().extend(values);
            }
        }
        Ok(days)
    }

    /// The sums of the window that ends with each day. Days without a row are days of the window like others.
    fn windows_of_days(
        &self,
        period: Period,
        window: Window,
        columns: &[Column],
        days: &mut BTreeMap<NaiveDate, Sums>,
    ) -> Result<(), WarehouseError> {
        let whole = Period { start: window.days(period.start, self.year).start, end: period.end };
        let by_day: BTreeMap<NaiveDate, Sums> = self.sums_by("date", whole, columns)?;
        for column in columns {
            // What had come in before each day, and on how many days: a window is the difference of two.
            let mut before: BTreeMap<NaiveDate, (u32, Decimal)> = BTreeMap::new();
            let mut so_far = (0, Decimal::ZERO);
            for date in whole.dates() {
                before.insert(date, so_far);
                if let Some(value) = by_day.get(&date).and_then(|sums| sums.get(&column.name)) {
                    so_far = (so_far.0 + 1, so_far.1 + value);
                }
            }
            before.insert(whole.end, so_far);
            for date in period.dates() {
                let of = window.days(date, self.year);
                let (Some(start), Some(end)) = (before.get(&of.start), before.get(&of.end)) else { continue };
                if end.0 > start.0 {
                    days.entry(date).or_default().insert(column.name.clone(), (end.1 - start.1).normalize());
                }
            }
        }
        Ok(())
    }

    /// Levels at the end of each day.
    fn levels(&self, period: Period) -> Result<BTreeMap<NaiveDate, Vec<(String, Decimal)>>, WarehouseError> {
        self.by_date(&self.levels, "sum", "", period)
    }

    /// Distinct counts of each day. Several properties may share people, so they have none together.
    fn distinct(&self, period: Period) -> Result<BTreeMap<NaiveDate, Vec<(String, Decimal)>>, WarehouseError> {
        self.by_date(&self.distinct, "any_value", " HAVING count(*) = 1", period)
    }

    /// Each table is asked once for all of its columns.
    fn by_date(
        &self,
        columns: &BTreeSet<Daily>,
        function: &str,
        having: &str,
        period: Period,
    ) -> Result<BTreeMap<NaiveDate, Vec<(String, Decimal)>>, WarehouseError> {
        let mut tables: BTreeMap<(&str, &str, &str), Vec<&Daily>> = BTreeMap::new();
        for daily in columns {
            tables.entry((&daily.schema, &daily.table, &daily.day)).or_default().push(daily);
        }
        let mut days: BTreeMap<NaiveDate, Vec<(String, Decimal)>> = BTreeMap::new();
        for ((schema, table, day), columns) in tables {
            let step = || format!("reading {schema}.{table}");
            let values: String =
                columns.iter().map(|daily| format!(", CAST({function}({}) AS DECIMAL(38, 6))", daily.column)).collect();
            let sql = format!(
                "SELECT {day}{values} FROM {schema}.{table} WHERE workspace = ? AND {day} >= ? AND {day} < ? GROUP BY {day}{having}"
            );
            let mut statement = self.reader.prepare_cached(&sql).context(step)?;
            let rows = statement
                .query_map(params![self.workspace, period.start, period.end], |row| {
                    let mut values = Vec::new();
                    for (index, daily) in columns.iter().enumerate() {
                        if let Some(value) = row.get::<_, Option<Decimal>>(index + 1)? {
                            values.push((daily.name(), value.normalize()));
                        }
                    }
                    Ok((row.get::<_, NaiveDate>(0)?, values))
                })
                .context(step)?;
            for row in rows {
                let (date, values) = row.context(step)?;
                days.entry(date).or_default().extend(values);
            }
        }
        Ok(days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::metric::Registry;
    use crate::report::data::{Needs, ReportData};
    use crate::warehouse::report_data::report_data;
    use crate::warehouse::report_data::tests::workspace;
    use chrono::Days;
    use duckdb::Connection;

    const METRICS: &str = "[cost]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'neither'\nsum = 'cost'\n\
        [search]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'neither'\nsum = 'cost'\n\
        where = { channel = 'paid_search' }\n\
        [mtd]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'neither'\nof = 'cost'\nwindow = 'month_to_date'\n\
        [search_ytd]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'neither'\nof = 'search'\nwindow = 'year_to_date'\n\
        [week]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'neither'\nof = 'cost'\nwindow = 'rolling_7'\n\
        [weeks]\nlabel = 'x'\nabout = 'x'\nunit = 'money'\nbetter = 'neither'\nof = 'cost'\nwindow = 'rolling_28'\n";

    /// The days of a period and the period, from rows of day, channel and cost.
    fn data(rows: &str, period: Period) -> (Registry, ReportData) {
        let connection = Connection::open_in_memory().expect("a database");
        let insert = format!(
            "CREATE SCHEMA mart; CREATE TABLE mart.mrr_daily (workspace VARCHAR, date DATE);
             CREATE TABLE mart.metric_daily AS SELECT 'w' AS workspace, day AS date, channel, 's' AS source,
                 '' AS campaign, cost FROM (VALUES {rows}) AS v(day, channel, cost)"
        );
        connection.execute_batch(&insert).expect("rows");
        let summed = [("cost".to_owned(), Vec::new())].into();
        let columns = crate::domain::metric::Columns { summed, ..Default::default() };
        let metrics = Registry::new(toml::from_str(METRICS).expect("TOML"), &columns).expect("metrics");
        let needs = Needs { days: Some(period), spans: [period].into(), ..Needs::default() };
        let data = report_data(&connection, &workspace(), &metrics, &needs).expect("read");
        (metrics, data)
    }

    /// A metric of each day of the period, and of the period.
    fn read(rows: &str, period: Period, metric: &str) -> (Vec<String>, String) {
        let (metrics, data) = data(rows, period);
        let text = |sums: Option<&Sums>| {
            let value = metrics.value(metric, &|name| sums?.get(name).copied());
            value.map_or_else(|| "none".to_owned(), |value| value.to_string())
        };
        (
            period.dates().map(|day| text(data.days.get(&day))).collect(),
            text(data.spans.get(&period).map(|span| &span.total)),
        )
    }

    fn days(first: &str, last: &str) -> Period {
        let date = |text: &str| text.parse::<NaiveDate>().expect("a date");
        Period { start: date(first), end: date(last) + Days::new(1) }
    }

    // metabase/metabase#34990: on days without rows a running sum was empty instead of what it had been the day before.
    #[test]
    fn a_day_without_rows_keeps_what_came_in_before() {
        let rows = "(DATE '2026-11-02', 'email', 5), (DATE '2026-11-04', 'email', 7)";
        let period = days("2026-11-01", "2026-11-05");
        assert_eq!(
            read(rows, period, "mtd"),
            (["none", "5", "5", "12", "12"].map(str::to_owned).to_vec(), "12".to_owned())
        );
        // Nothing is carried over into the next month.
        assert_eq!(read(rows, days("2026-11-30", "2026-12-01"), "mtd").0, ["12", "none"]);
    }

    // dbt-labs/docs.getdbt.com#4549: a range of days was cut before the window was summed, so its first days were too low.
    #[test]
    fn the_first_days_of_a_range_count_the_days_before_it() {
        let rows = (1..=20).map(|day| format!("(DATE '2026-11-{day:02}', 'email', 1)")).collect::<Vec<_>>().join(", ");
        assert_eq!(read(&rows, days("2026-11-10", "2026-11-12"), "week").0, ["7", "7", "7"]);
        assert_eq!(read(&rows, days("2026-11-03", "2026-11-04"), "week").0, ["3", "4"], "what there is");
    }

    // cube-js/cube#9205: a filtered sum of the year to date; one row a month on the 13th, as reported there.
    #[test]
    fn a_filtered_sum_of_the_year_to_date_starts_anew_with_the_year() {
        let row = |year: u32, month: u32| {
            format!("(DATE '{year}-{month:02}-13', 'paid_search', 100), (DATE '{year}-{month:02}-13', 'email', 1)")
        };
        let rows = (11..=12).map(|month| row(2023, month)).chain((1..=7).map(|month| row(2024, month)));
        let rows = rows.collect::<Vec<_>>().join(", ");
        assert_eq!(
            read(&rows, days("2024-07-13", "2024-07-13"), "search_ytd"),
            (vec!["700".to_owned()], "700".to_owned())
        );
        assert_eq!(read(&rows, days("2023-12-31", "2024-01-13"), "search_ytd").0[13], "100");
    }

    // cube-js/cube#1736: the last 28 days of a month are those that end with it, not a sum of what each day was.
    #[test]
    fn a_rolling_sum_of_a_month_is_that_of_its_last_day() {
        let rows = (1..=31).map(|day| format!("(DATE '2026-10-{day:02}', 'email', 2)")).collect::<Vec<_>>().join(", ");
        assert_eq!(read(&rows, days("2026-10-01", "2026-10-31"), "weeks").1, "56", "28 days at 2");
    }

    // A budget's channel without rows in the month has spent nothing of it, whatever it had in the year.
    #[test]
    fn a_channel_with_rows_in_a_window_alone_is_no_channel_of_the_period() {
        let rows =
            "(DATE '2026-03-02', 'paid_social', 7), (DATE '2026-11-04', 'email', 5), (DATE '2026-11-03', 'email', 4)";
        let period = days("2026-11-04", "2026-11-04");
        let (metrics, data) = data(rows, period);
        let span = &data.spans[&period];
        assert_eq!(span.channels.keys().collect::<Vec<_>>(), ["email"]);
        let columns: Vec<&String> = span.channels["email"].keys().collect();
        assert_eq!(columns, ["cost", "cost where channel = \"paid_search\""], "of the period alone");
        let of = |metric: &str, channel: &str| {
            let reading = crate::report::receipt::Reading::of_channel(metric, period, channel);
            data.read(&metrics, &crate::report::receipt::DataPoint::Metric(reading)).map(|value| value.to_string())
        };
        assert_eq!(of("mtd", "email"), Some("9".to_owned()));
        assert_eq!((of("mtd", "paid_social"), of("cost", "paid_social")), (None, None));
        assert_eq!(of("search_ytd", "paid_social"), Some("0".to_owned()), "there are rows in the year");
        let names: Vec<String> = span.channels_and_windows().into_keys().collect();
        assert_eq!(names, ["email", "paid_social"]);
    }
}
